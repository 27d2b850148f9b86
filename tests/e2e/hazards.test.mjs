// What may happen to an app that stays open: it is stopped dead with twenty sessions, the machine sleeps, and its files
// cannot be written any more. Run by `cargo xtask test`.
// @ts-check
import assert from "node:assert/strict";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import "./lib/failures.mjs";
import { picture, startApp, startCloud } from "./lib/app.mjs";
import { enterWeb1, noteRemarks, signIn, typeLine, waitLine } from "./lib/steps.mjs";
import { until } from "./lib/webdriver.mjs";

const MANY = 20;
/** Longer than any pause that is not taken for a sleep of the machine. */
const NIGHT = 9000;

/** @type {Awaited<ReturnType<typeof startCloud>>} */
let cloud;
/** @type {Awaited<ReturnType<typeof startApp>>} */
let app;

before(async () => {
  cloud = await startCloud();
  app = await startApp({ cloud: cloud.url, env: { ADIT_LOG: "adit=debug" } });
  await app.window.resize(1280, 800);
  await signIn(app, /Ana/);
});

after(async () => {
  await app?.stop();
  cloud?.stop();
});

/** What the app has logged. */
const log = () => readFile(join(app.home, "data", "adit", "log", "adit.log"), "utf8");

/** How many tabs are in each state. @returns {Promise<Record<string, number>>} */
const states = () =>
  app.window.runAsync(
    `const done = arguments[0];
    window.__TAURI_INTERNALS__.invoke("snapshot").then(({ sessions }) => {
      const states = {};
      for (const { state } of sessions) states[state.kind] = (states[state.kind] ?? 0) + 1;
      done(states);
    });`,
  );

test("a machine that slept finds its sessions as they were, and what came meanwhile", async () => {
  const { window } = app;
  await enterWeb1(window);
  await typeLine(window, "web-1", "clear; mark=$((6*7)); sleep 3; echo night $mark");
  await new Promise((resolve) => setTimeout(resolve, 500));
  const programs = await window.programs();
  assert.ok(programs.length > 0);
  for (const program of programs) process.kill(program, "SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, NIGHT));
  for (const program of programs) process.kill(program, "SIGCONT");
  await waitLine(window, "web-1", /^night 42$/);
  await typeLine(window, "web-1", "echo morning $mark");
  await waitLine(window, "web-1", /^morning 42$/);
  assert.deepEqual(await states(), { live: 1 });
  await until("the sleep to be noticed", async () => (await log()).includes("the machine woke up"));
});

test("a config folder that cannot be written any more is told, and costs nothing", async () => {
  const { window } = app;
  const folder = join(app.home, "config/adit");
  const star = '[data-testid="star-web-1"]';
  const starred = () => window.run("return document.querySelector(arguments[0])?.dataset.starred === 'true'", star);
  await rename(folder, `${folder}.away`);
  // Rights would not keep root out: what stands in the folder's place does.
  await writeFile(folder, "");
  const remarks = await noteRemarks(window);
  await window.run("document.querySelector(arguments[0]).click()", star);
  await until("the remark", async () => (await remarks()).some((remark) => /favourites could not be written/.test(remark)));
  await picture("config-folder-gone");
  assert.equal(await starred(), false);
  await typeLine(window, "web-1", "echo still $((6*7))");
  await waitLine(window, "web-1", /^still 42$/);
  assert.deepEqual(await states(), { live: 1 });
  await rm(folder);
  await rename(`${folder}.away`, folder);
  await window.run("document.querySelector(arguments[0]).click()", star);
  await until("the star", starred);
  assert.match(await readFile(join(folder, "favourites.json"), "utf8"), /web-1/);
});

test("after a crash all twenty sessions are offered, and come back on a click", async () => {
  const { window } = app;
  for (let count = 1; count < MANY; count += 1) {
    await window.run(
      `return window.__TAURI_INTERNALS__.invoke("session_open", {
        instance: { project: "acme-prod", zone: "europe-west1-b", name: "web-1" },
        start: { protocol: "ssh", cols: 80, rows: 24 },
      })`,
    );
  }
  await until("all to be open", async () => (await states()).live === MANY, 60);
  await until("them to be written down", async () => {
    const { windows } = JSON.parse(await readFile(join(app.home, "data/adit/desks.json"), "utf8"));
    return windows.main.sessions.length === MANY;
  });
  await window.crash();
  app = await startApp({ cloud: cloud.url, home: app.home });
  await app.window.resize(1280, 800);
  await app.window.waitText('[data-testid="offers"]', new RegExp(`${MANY}`));
  await picture("offers-many");
  assert.deepEqual(await states(), {});
  await (await app.window.find('[data-testid="offers-connect"]')).click();
  await until("all to be open again", async () => (await states()).live === MANY, 60);
  await app.window.waitGone('[data-testid="offers"]');
});
