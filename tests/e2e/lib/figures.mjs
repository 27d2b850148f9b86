// Figures of the benchmarks that need a window.
// @ts-check

/** @param {number} value */
export const rounded = (value) => Math.round(value * 1000) / 1000;

/** @param {number[]} values @param {number} share */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round((sorted.length - 1) * share)] ?? 0;
}

/** @param {number[]} values */
export const median = (values) => quantile(values, 0.5);

/** What is said of a figure beside its values. @typedef {{ least?: number, most?: number, of?: string, peer?: number, note?: string }} Said */

/**
 * What prints the figures of a benchmark: a line of JSON for programs, a row for people.
 * @param {string} bench
 */
export function figures(bench) {
  return (/** @type {string} */ name, /** @type {number[]} */ values, /** @type {string} */ unit, /** @type {Said} */ { least, most, of, peer, note = "" } = {}) => {
    const value = median(values);
    const target = least ?? most ?? null;
    const met = least !== undefined ? value >= least : most !== undefined ? value <= most : null;
    console.log(
      JSON.stringify({ bench, figure: name, value: rounded(value), unit, of: of ?? null, peer: peer === undefined ? null : rounded(peer), runs: values.length, target, met }),
    );
    const wanted = least !== undefined ? `>= ${least}` : most !== undefined ? `<= ${most}` : "";
    const word = met === null ? "" : met ? "met" : "MISSED";
    const column = of === undefined ? "" : `of ${of}${peer === undefined ? "" : ` (${rounded(peer)})`}`;
    console.error(`${name.padEnd(54)} ${String(rounded(value)).padStart(8)} ${unit.padEnd(6)} ${column.padEnd(20)} ${String(values.length).padStart(4)} runs  ${wanted.padEnd(7)} ${word}`);
    console.error(`    ${rounded(quantile(values, 0))} to ${rounded(quantile(values, 1))}${note === "" ? "" : `; ${note}`}`);
  };
}
