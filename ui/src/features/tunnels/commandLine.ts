/** A command line as a list of words, and back. No shell sees it: nothing is replaced but quotation. */

/** Words, or `null` where a quotation mark is not closed. */
export function splitCommand(text: string): string[] | null {
  const found: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    const next = text.charAt(at + 1);
    if (quote !== null) {
      if (sign === quote) {
        quote = null;
      } else if (sign === "\\" && quote === '"' && (next === '"' || next === "\\")) {
        word = (word ?? "") + next;
        at += 1;
      } else {
        word = (word ?? "") + sign;
      }
    } else if (sign === '"' || sign === "'") {
      quote = sign;
      word ??= "";
    } else if (/\s/.test(sign)) {
      if (word !== null) {
        found.push(word);
        word = null;
      }
    } else if (sign === "\\" && /["'\s]/.test(next)) {
      // Only before what would otherwise mean something: the paths of Windows have backslashes of their own.
      word = (word ?? "") + next;
      at += 1;
    } else {
      word = (word ?? "") + sign;
    }
  }
  if (quote !== null) {
    return null;
  }
  return word === null ? found : [...found, word];
}

/** The command line that splits into these words. */
export function joinCommand(words: readonly string[]): string {
  return words
    .map((word) => {
      if (word !== "" && !/["'\s]/.test(word) && !word.endsWith("\\")) {
        return word;
      }
      return word.includes("'") ? `"${word.replaceAll(/\\(?=["\\]|$)|"/g, String.raw`\$&`)}"` : `'${word}'`;
    })
    .join(" ");
}
