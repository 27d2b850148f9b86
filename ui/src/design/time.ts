/** Times in words. */

/** How long ago: "just now", "2 min ago". */
export function ago(then: number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - then) / 1000));
  if (seconds < 45) {
    return "just now";
  }
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) {
    return `${minutes} min ago`;
  }
  const hours = Math.round(minutes / 60);
  if (hours < 24) {
    return `${hours} h ago`;
  }
  const days = Math.round(hours / 24);
  return days === 1 ? "yesterday" : `${days} days ago`;
}

/** Milliseconds after which `ago` may say something else: within the hour exactly then, later once a minute. */
export function nextAgo(then: number, now: number): number {
  const since = Math.max(0, now - then);
  return since < 45_000 ? 45_000 - since : 60_000 - ((since + 30_000) % 60_000);
}

/** A duration: "3 s", "1 min 20 s". */
export function lasting(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) {
    return `${seconds} s`;
  }
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A moment, exactly. */
export function exactly(then: number): string {
  return new Date(then).toLocaleString();
}
