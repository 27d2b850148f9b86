/** Small pictures of what sessions show: a desktop's canvas scaled down, a terminal's last lines as text. */

/** How often a picture is made anew while it is seen, in milliseconds. */
export const EVERY = 2000;
/** Width of a desktop's small picture in pixels; twice what it has on the page, for sharp displays. */
const WIDTH = 480;
/** Lines and columns of a terminal's small picture. */
export const LINES = 14;
export const COLUMNS = 72;

/** Draws a desktop's picture into a small canvas. `"nothing"` while there is none. */
export function shrink(from: HTMLCanvasElement, to: HTMLCanvasElement): "drawn" | "nothing" {
  if (from.width === 0 || from.height === 0) {
    return "nothing";
  }
  to.width = WIDTH;
  to.height = Math.max(1, Math.round((WIDTH * from.height) / from.width));
  to.getContext("2d")?.drawImage(from, 0, 0, to.width, to.height);
  return "drawn";
}

/** The last lines that have something in them, cut to what fits. */
export function lastLines(lines: readonly string[]): string {
  const end = lines.findLastIndex((line) => line.trim() !== "") + 1;
  return lines
    .slice(Math.max(0, end - LINES), end)
    .map((line) => line.slice(0, COLUMNS))
    .join("\n");
}
