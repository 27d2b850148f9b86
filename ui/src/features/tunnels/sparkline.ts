/** The line of a tunnel's last minute. */

/** Points of a full line: one for each second of a minute. */
export const POINTS = 60;

/**
 * The path through `values`, the newest at the right end of a box of `width` by `height`; empty while there
 * are fewer than two. The scale is the line's own, so that quiet tunnels show their shape too.
 */
export function sparklinePath(values: readonly number[], width: number, height: number): string {
  const shown = values.slice(-POINTS);
  if (shown.length < 2) {
    return "";
  }
  const most = Math.max(...shown);
  const step = width / (POINTS - 1);
  const start = width - (shown.length - 1) * step;
  return shown
    .map((value, index) => {
      const x = start + index * step;
      const y = most <= 0 ? height : height - (Math.max(0, value) / most) * height;
      return `${index === 0 ? "M" : "L"}${trim(x)} ${trim(y)}`;
    })
    .join("");
}

function trim(value: number): string {
  return String(Math.round(value * 10) / 10);
}
