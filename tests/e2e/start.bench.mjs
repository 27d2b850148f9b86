// What Adit costs before anybody has done anything: its start, its memory, its processor time at rest, its size. Run by
// `cargo xtask bench start`.
//
// A start is the time from the driver's command to start the program until the page shows what it is for: for Adit, the
// tree of a person who is signed in; for the empty window beside it, its one word. Both are asked through the same
// driver, in turns.
// @ts-check
import { execFile } from "node:child_process";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { startApp, startCloud } from "./lib/app.mjs";
import { figures, median, rounded } from "./lib/figures.mjs";
import { expand, signIn } from "./lib/steps.mjs";
import { TrayHost } from "./lib/tray.mjs";
import { drawsPage, memory, processor } from "./lib/used.mjs";
import { Browser, until } from "./lib/webdriver.mjs";

const run = promisify(execFile);
const figure = figures("start");
const programs = process.env.ADIT_PROGRAMS ?? "target/release";
const rounds = Number(process.env.ADIT_BENCH_ROUNDS ?? 7);
/** How long the processor time at rest is watched, in seconds. */
const WATCH = Number(process.env.ADIT_BENCH_SECONDS ?? 60);
/** What a start leaves to do is done after so many seconds. */
const SETTLE = 15;

/** @param {number} seconds */
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Waits until the page has it, asking again at once. @param {Browser} window @param {string} css */
async function shown(window, css) {
  const end = performance.now() + 30_000;
  while (!(await window.run("return document.querySelector(arguments[0]) !== null", css).catch(() => false))) {
    if (performance.now() > end) throw new Error(`${css} did not appear`);
  }
}

const cloud = await startCloud();
const first = await startApp({ cloud: cloud.url });
await signIn(first, /Ana/);
await expand(first.window, "acme-prod");
await pause(3);
await first.leave();
const { home } = first;

/** One start of Adit, in seconds. */
async function adit() {
  const began = performance.now();
  const app = await startApp({ cloud: cloud.url, home });
  await shown(app.window, '[data-testid="tree-row-acme-prod"]');
  const took = (performance.now() - began) / 1000;
  await app.leave();
  return took;
}

/** One start of the empty window, in seconds. */
async function empty() {
  const began = performance.now();
  const window = await Browser.start({ binary: join(programs, "examples", "empty_window") });
  await shown(window, "#nothing");
  const took = (performance.now() - began) / 1000;
  await window.close();
  return took;
}

/** Empties what the system remembers of files, where it may be. */
async function forget() {
  await run("sync");
  await writeFile("/proc/sys/vm/drop_caches", "3");
}

/** @param {() => Promise<unknown>} before */
async function starts(before) {
  /** @type {{ adit: number[], empty: number[] }} */
  const times = { adit: [], empty: [] };
  for (let round = 0; round < rounds; round += 1) {
    await before();
    times.empty.push(await empty());
    await before();
    times.adit.push(await adit());
  }
  return times;
}

await adit();
await empty();
const warm = await starts(async () => {});
const above = warm.adit.map((time, at) => time - (warm.empty[at] ?? 0));
figure("warm start above an empty window", above, "s", { most: 0.5, note: `Adit ${rounded(median(warm.adit))} s, empty window ${rounded(median(warm.empty))} s` });
try {
  await forget();
  const cold = await starts(forget);
  figure("cold start", cold.adit, "s", { of: "empty window", peer: median(cold.empty) });
} catch (error) {
  console.error(`cold start: not measured, the system's memory of files cannot be emptied here (${error instanceof Error ? error.message : error})`);
}

const tray = await TrayHost.start();
const app = await startApp({ cloud: cloud.url, home });
const { window } = app;
const root = window.driver.pid ?? 0;
await shown(window, '[data-testid="tree-row-acme-prod"]');
await window.run('return window.__TAURI_INTERNALS__.invoke("setting_set", { scope: { kind: "everywhere" }, key: "app.close", value: "tray" })');

/** Memory and processor time of all the app's processes. @param {string} where @param {{ memory?: number }} [targets] */
async function rest(where, targets = {}) {
  await pause(SETTLE);
  const before = await processor(root);
  await pause(WATCH);
  const after = await processor(root);
  const used = await memory(root);
  const share = (after.app + after.page - before.app - before.page) / WATCH;
  figure(`memory ${where}`, [used.app + used.page], "MB", { most: targets.memory, note: `app ${rounded(used.app)}, page ${rounded(used.page)}` });
  figure(`processor ${where}`, [share * 100], "%", { most: 0.3, note: `over ${WATCH} s` });
}

await rest("with a window");
await window.run("setTimeout(() => window.__TAURI_INTERNALS__.invoke('window_close'), 0)");
await until("the page's process to go", async () => !(await drawsPage(root)));
await rest("in the tray", { memory: 120 });
tray.stop();
await app.stop().catch(() => {});
cloud.stop();

for (const [kind, ending] of [["deb", ".deb"], ["rpm", ".rpm"]]) {
  const folder = join(programs, "bundle", kind ?? "");
  const name = (await readdir(folder).catch(() => [])).find((file) => file.endsWith(ending ?? ""));
  if (name === undefined) {
    console.error(`size of the ${ending}: not measured, make it first with cargo xtask bundle`);
    continue;
  }
  const path = join(folder, name);
  figure(`size of the ${ending}`, [(await stat(path)).size / 1e6], "MB", { most: 25 });
  if (kind === "deb") {
    const { stdout } = await run("dpkg-deb", ["--field", path, "Installed-Size"]);
    figure("size when installed", [(Number(stdout) * 1024) / 1e6], "MB");
  }
}
