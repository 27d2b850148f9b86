/** One topic of the help. */
export interface Topic {
  title: string;
  /** What it means, a paragraph each. */
  means: readonly string[];
  /** What the person can check or do, the likeliest first. */
  check: readonly string[];
  /** What to ask, and of whom; empty where nobody else can help. */
  ask: string;
}
