// The first run: the demo by a click and back again, the choice of projects, and diagnostics. Run by `cargo xtask test`.
// @ts-check
import assert from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import "./lib/failures.mjs";
import { picture, startApp } from "./lib/app.mjs";
import { violations } from "./lib/axe.mjs";
import { enterWeb1, pickUser, typeLine, waitLine } from "./lib/steps.mjs";
import { below } from "./lib/used.mjs";
import { Key, until } from "./lib/webdriver.mjs";

/** @type {Awaited<ReturnType<typeof startApp>>} */
let app;

before(async () => {
  // No cloud is named: the app is as a newcomer finds it.
  app = await startApp({ cloud: "" });
  await app.window.resize(1280, 800);
});

after(async () => {
  // It was killed by the last test: the driver has nothing left to end.
  await app?.stop().catch(() => {});
});

/** The clouds of the demo that run for this app. */
async function clouds() {
  const all = await below(app.root);
  const commands = await Promise.all(all.map(({ pid }) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return all.filter((_, at) => /\badit\0cloud\0--until-stdin-closes/.test(commands[at] ?? "")).map(({ pid }) => pid);
}

/** The demo's folders that are there. The tests have a place of their own for temporary files. */
async function homes() {
  return (await readdir(tmpdir())).filter((name) => name.startsWith("adit-demo-")).length;
}

/** @param {string} id */
async function press(id) {
  await (await app.window.find(`[data-testid="${id}"]`)).click();
}

/** Waits until the page offers the demo. */
async function firstScreen() {
  await app.window.find('[data-testid="demo-start"]');
}

test("a newcomer is offered the demo beside the sign-in", async () => {
  await firstScreen();
  assert.equal((await app.window.texts('[data-testid="demo-mark"]')).length, 0);
  await picture("first-run");
  assert.deepEqual(await violations(app.window), []);
});

test("the demo signs in by the app's own way and asks which projects", async () => {
  const { window } = app;
  await press("demo-start");
  await pickUser(await app.address(), /Ana/);
  await window.find('[data-testid="first-projects"]');
  await window.findText('[role="option"]', /acme-playground/);
  await picture("first-projects");
  assert.deepEqual(await violations(window), []);
  assert.equal((await clouds()).length, 1);
  assert.equal(await homes(), 1);
  await press("projects-none");
  await press("project-acme-prod");
  await press("project-acme-staging");
  await press("projects-done");
});

test("only the chosen projects are shown and searched", async () => {
  const { window } = app;
  await window.findText('[role="treeitem"]', /acme-prod/);
  await until("two projects", async () => {
    const rows = await window.texts('[role="treeitem"]');
    return rows.length === 2 && rows.every((row) => /acme-(prod|staging)/.test(row));
  });
  await press("choose-projects");
  await window.find('[data-testid="projects-search"]');
  await picture("choose-projects");
  await press("projects-done");
  await window.waitGone('[data-testid="projects"]');
});

test("a terminal in the demo is a terminal", async () => {
  const { window } = app;
  await enterWeb1(window);
  await typeLine(window, "web-1", "echo $((6*7))");
  await waitLine(window, "web-1", /^42$/);
  await picture("demo-terminal");
});

test("diagnostics are copied as they are shown, without names unless they are asked for", async () => {
  const { window } = app;
  await (await window.find('[data-testid="search-field"]')).click();
  await window.waitFocus('[data-testid="palette"] input');
  await window.type(`diagnostics${Key.enter}`);
  const text = async () => (await window.texts('[data-testid="diagnostics-text"]'))[0] ?? "";
  await until("the diagnostics", async () => /1 SSH live/.test(await text()));
  const shown = await text();
  assert.match(shown, /^Adit +\d/);
  assert.match(shown, /Web view +\d+\.\d+/);
  assert.match(shown, /explorer\.projects has 2/);
  assert.doesNotMatch(shown, /ana@|acme-prod/);
  await picture("diagnostics");
  assert.deepEqual(await violations(window), []);
  await press("diagnostics-copy");
  await window.waitText('[data-testid="diagnostics-copy"]', /Copied/);
  const copied = await window.runAsync(
    "const done = arguments[0]; window.__TAURI_INTERNALS__.invoke('clipboard_read').then(done, (error) => done(String(error)))",
  );
  assert.equal(copied.trim(), (await text()).trim());
  await window.type(Key.escape);
  await window.waitGone('[data-testid="diagnostics"]');
});

test("the way back leads to the first screen, and nothing of the demo stays", async () => {
  const { window } = app;
  await press("demo-mark");
  await window.find('[data-testid="demo-leave"]');
  await picture("demo-mark");
  await press("demo-leave");
  await firstScreen();
  assert.equal((await window.texts('[role="treeitem"]')).length, 0);
  await until("the demo's cloud to end", async () => (await clouds()).length === 0);
  await until("the demo's folder to go", async () => (await homes()) === 0);
});

test("the log is the person's alone, and names nobody", async () => {
  const file = join(app.home, "data", "adit", "log", "adit.log");
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const text = await readFile(file, "utf8");
  assert.match(text, /INFO adit_core::log: Adit starts/);
  assert.doesNotMatch(text, /ana@|acme\.example/);
});

test("the demo's cloud ends with the app, however that ends", async () => {
  await press("demo-start");
  await app.window.find('[data-testid="signin-cancel"]');
  const [cloud] = await until("the demo's cloud", async () => {
    const found = await clouds();
    return found.length === 1 && found;
  });
  process.kill(await app.pid(), "SIGKILL");
  // Not by its parent, which it has not any more.
  await until("the demo's cloud to end", async () => {
    const stat = await readFile(`/proc/${cloud}/stat`, "utf8").catch(() => "");
    return stat === "" || /\) Z /.test(stat);
  });
});
