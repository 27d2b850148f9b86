/** What may go into a terminal by pasting, and what is asked about first. */

/** Several lines run several commands, and a line break at the end runs the last one at once. */
export function asksBeforePaste(text: string, bracketed: boolean): boolean {
  const clean = cleanPaste(text);
  return pastedLines(clean).length > 1 || (!bracketed && /[\r\n]$/.test(clean));
}

/** The lines as they are shown: no empty one after the last line break. */
export function pastedLines(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.length > 1 && lines.at(-1) === "") {
    lines.pop();
  }
  return lines;
}

/**
 * Without control characters but tab and line breaks: an escape in the text could end a bracketed paste
 * and run what follows.
 */
export function cleanPaste(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  return text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, "");
}
