// What is left of a test that failed, for whoever was not there: a picture of the display, and what the apps logged last.
// Imported for that alone.
// @ts-check
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach } from "node:test";

import { homes, picture } from "./app.mjs";

/** How many lines of each log are shown. */
const LINES = 40;

afterEach(async (context) => {
  const { name, passed } = /** @type {{ name: string, passed: boolean }} */ (/** @type {unknown} */ (context));
  if (passed) return;
  await picture(`failed-${name.replaceAll(/[^A-Za-z0-9]+/g, "-").slice(0, 80)}`).catch((error) => console.log(`# no picture: ${error}`));
  for (const home of homes) {
    const log = await readFile(join(home, "data", "adit", "log", "adit.log"), "utf8").catch(() => "");
    for (const line of log.trimEnd().split("\n").slice(-LINES)) console.log(`# ${line}`);
  }
});
