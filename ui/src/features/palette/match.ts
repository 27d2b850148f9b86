/** Which commands a typed text means. */

/** Whether every word of the text begins a word of the label. */
export function matches(label: string, text: string): boolean {
  const labelWords = label.toLowerCase().split(/\s+/);
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "")
    .every((word) => labelWords.some((known) => known.startsWith(word)));
}
