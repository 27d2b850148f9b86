/** Amounts in words: as a decimal, for the short columns of lists. */

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** An amount of bytes with at most three figures: "84 kB", "1.1 MB". */
export function bytes(count: number): string {
  let value = Math.max(0, count);
  let unit = 0;
  // What would round up to a thousand is one of the next unit.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const figures = unit > 0 && value < 9.95 ? value.toFixed(1) : String(Math.round(value));
  return `${figures} ${UNITS[unit]}`;
}

/** Bytes per second: "1.1 MB/s"; nothing is "0". */
export function rate(perSecond: number): string {
  return perSecond < 0.5 ? "0" : `${bytes(perSecond)}/s`;
}
