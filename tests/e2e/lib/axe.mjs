// Asks axe-core what keeps people with assistive technology out of a page.
// @ts-check
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

import { until } from "./webdriver.mjs";

const require = createRequire(import.meta.url);
const AXE = require.resolve("axe-core/axe.min.js");

/** What the product promises: WCAG 2.2 at A and AA. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/**
 * What axe finds against the page that is shown, one line for each kind of finding, with the elements.
 * @param {import("./webdriver.mjs").Browser} window
 * @returns {Promise<string[]>}
 */
export async function violations(window) {
  if (!(await window.run("return typeof window.axe === 'object'"))) {
    // The page freezes the prototype of all objects, and axe gives some of its own a `toString`.
    const source = await readFile(AXE, "utf8");
    // As the script's own text: the page lets nothing evaluate a string.
    await window.run(`(function () {\n${source}\n}).call(window);`);
  }
  // What is still fading in has not the colours yet that it is read in.
  await until("what appears to have appeared", () =>
    window.run(
      "return document.getAnimations().every((one) => one.playState !== 'running' || one.effect?.getComputedTiming().endTime === Infinity)",
    ),
  );
  return window.runAsync(
    `const done = arguments[arguments.length - 1];
    const isToBeTold = (id, element) => {
      // A description is read after the name, and need not be in it.
      if (id === "label-content-name-mismatch") return !element?.hasAttribute("aria-describedby");
      // While the list of a combo box is open the page around it is hidden; the list closes before the keyboard gets there.
      if (id === "aria-hidden-focus") return document.querySelector("[role=combobox][aria-expanded=true]") === null;
      return true;
    };
    window.axe.run(document, { runOnly: { type: "tag", values: arguments[0] }, resultTypes: ["violations"] }).then(
      ({ violations }) =>
        done(violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.filter(({ target }) => isToBeTold(id, document.querySelector(target[0]))) })).filter(({ nodes }) => nodes.length > 0).map(({ id, help, nodes }) => id + ": " + help + "\\n" + nodes.map((node) => "    " + node.target.join(" ") + "  " + node.html.slice(0, 160) + "\\n      " + (node.any.concat(node.all, node.none)[0]?.message ?? "")).join("\\n"))),
      (error) => done(["axe: " + error]),
    );`,
    TAGS,
  );
}
