// Tabs in several groups and several windows, and what comes back after the app has ended. Run by `cargo xtask test`.
// @ts-check
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isDeepStrictEqual } from "node:util";

import "./lib/failures.mjs";
import { picture, startApp, startCloud } from "./lib/app.mjs";
import { violations } from "./lib/axe.mjs";
import { appWindows, raise } from "./lib/display.mjs";
import { canvasPicture, connect, desktopPainted, expand, invoke, noteRemarks, reaches, signIn, signInto, trustCertificate, typeLine, waitLine } from "./lib/steps.mjs";
import { Key, until } from "./lib/webdriver.mjs";

const DESKTOP = "win-jump-1";
const host = process.env.ADIT_RDP_HOST ?? "tests/rdp-host/target/debug/rdp-host";
/** @type {Awaited<ReturnType<typeof startCloud>>} */
let cloud;
/** @type {Awaited<ReturnType<typeof startApp>>} */
let app;
/** The main window. */
let main = "";

before(async () => {
  cloud = await startCloud("--rdp-host", host);
  app = await startApp({ cloud: cloud.url });
  await app.window.resize(1280, 800);
  await signIn(app, /Ana/);
  main = (await app.window.windows())[0];
});

after(async () => {
  await app?.stop();
  cloud?.stop();
});

/** Waits until there are so many windows. @param {number} count */
const count = (count) => until(`${count} windows`, async () => (await app.window.windows()).length === count);

/** The window that is not the main one. */
async function further() {
  await count(2);
  const other = (await app.window.windows()).find((handle) => handle !== main);
  assert.ok(other);
  await app.window.turnTo(other);
}

/** What makes the driver's window go: it may be gone before the driver has its answer. @param {Promise<unknown>} done */
const going = (done) => done.catch((error) => assert.match(String(error), /no such window|Could not parse script result/));

/** What the groups of tabs hold, in the order of their first tabs' names. @returns {Promise<string[][]>} */
const groups = () =>
  app.window.run(
    `return [...document.querySelectorAll(".dv-groupview")].map((group) =>
      [...group.querySelectorAll(".dv-tab .tab-name")].map((name) => name.textContent)).sort();`,
  );

/** Waits until the groups hold that. @param {string[][]} tabs */
async function groupsAre(tabs) {
  /** @type {string[][]} */
  let seen = [];
  await until(`the groups to be ${JSON.stringify(tabs)}`, async () => {
    seen = await groups();
    return isDeepStrictEqual(seen, tabs);
  }, undefined, () => seen);
}

test("tabs are split, moved and stepped through by keys", async () => {
  const { window } = app;
  await expand(window, "acme-prod");
  await expand(window, "europe-west1-b");
  for (const vm of ["web-1", "web-2"]) {
    await connect(window, vm);
    if ((await reaches(window, vm, ["live", "asking"])) === "asking") {
      // This one announces no host key.
      await (await window.find('[data-testid="trust-host-key"]')).click();
      await reaches(window, vm, ["live"]);
    }
    await waitLine(window, vm, /\$ ?$/);
  }
  await groupsAre([["web-1", "web-2"]]);
  await window.chord(Key.control, Key.shift, "d");
  await groupsAre([["web-1"], ["web-2"]]);
  await picture("split");
  await window.chord(Key.control, Key.shift, "o");
  await until("one group", async () => (await groups()).length === 1);
  const front = () => window.run("return document.querySelector('.dv-active-group .dv-active-tab .tab-name')?.textContent");
  const was = await front();
  await window.chord(Key.control, "\uE00A", "\uE00F");
  await until("the other tab in front", async () => (await front()) !== was);
});

test("a tab takes a name and a colour, which its VM's name stands behind", async () => {
  const { window } = app;
  await (await window.find('[data-testid="tab-web-1"]')).click();
  await window.chord(Key.control, Key.shift, "r");
  await (await window.find('[data-testid="tab-name"]')).fill("primary");
  await (await window.find('.tab-colour[data-colour="violet"]')).click();
  await (await window.find('[data-testid="tab-naming-save"]')).click();
  await window.waitText('[data-testid="tab-web-1"] .tab-name', /^primary$/);
  await window.find('[data-testid="tab-web-1"][data-colour="violet"]');
});

test("a tab is torn off into a window of its own, and the session knows nothing of it", async () => {
  const { window } = app;
  // It asks where the cursor is, once: drawn again in another window, that is not to be answered into the shell.
  await typeLine(window, "web-1", "clear; read -rsd R -p $'\\e[6n'; mark=$((6*7)); echo before $mark");
  await waitLine(window, "web-1", /^before 42$/);
  await window.chord(Key.control, Key.shift, "n");
  await further();
  await window.find('[data-testid="tab-web-1"][data-colour="violet"]');
  // What was on its screen is there again, and the same shell goes on.
  await waitLine(window, "web-1", /^before 42$/);
  await typeLine(window, "web-1", "echo after $mark");
  await waitLine(window, "web-1", /^after 42$/);
  await groupsAre([["primary"]]);
  assert.deepEqual(await violations(window), []);
  await picture("torn-off");
  await window.turnTo(main);
  await groupsAre([["web-2"]]);
});

test("it comes back by the same keys, and its window goes", async () => {
  const { window } = app;
  await further();
  await window.run("document.querySelector(arguments[0])?.focus()", '[data-testid="terminal-web-1"] textarea');
  // The window goes while the keys come up again.
  await going(window.chord(Key.control, Key.shift, "n"));
  await count(1);
  await window.turnTo(main);
  // Those that did not come up would make a control character of each letter.
  await window.letModifiersGo();
  await waitLine(window, "web-1", /^after 42$/);
  await typeLine(window, "web-1", "echo home $mark");
  await waitLine(window, "web-1", /^home 42$/);
});

test("a window that is closed gives its sessions to the main one, with a word", async () => {
  const { window } = app;
  const remarks = await noteRemarks(window);
  await window.chord(Key.control, Key.shift, "n");
  await further();
  await waitLine(window, "web-1", /^home 42$/);
  await going(window.run("setTimeout(() => window.__TAURI_INTERNALS__.invoke('window_close'), 0)"));
  await count(1);
  await window.turnTo(main);
  await until("the remark", async () => (await remarks()).some((remark) => /1 session moved here/.test(remark)));
  // Drawn by this window from what the terminal had: only then does it listen to keys.
  await waitLine(window, "web-1", /^home 42$/);
  await typeLine(window, "web-1", "echo still $mark");
  await waitLine(window, "web-1", /^still 42$/);
});

test("what was open when the app ended is offered in its place, and connects on a click alone", async () => {
  await app.window.chord(Key.control, Key.shift, "d");
  await until("two groups", async () => (await groups()).length === 2);
  const left = await groups();
  await until("the windows to be written down", async () => {
    const { windows } = JSON.parse(await readFile(join(app.home, "data/adit/desks.json"), "utf8"));
    return windows.main.sessions.length === 2 && windows.main.dock.split('"type":"leaf"').length === 3;
  });
  await app.leave();
  app = await startApp({ cloud: cloud.url, home: app.home });
  const { window } = app;
  await window.resize(1280, 800);
  main = (await window.windows())[0];
  await window.find('[data-testid="offers"]');
  await picture("offers");
  await groupsAre(left);
  assert.deepEqual(await violations(window), []);
  assert.deepEqual(await window.texts('[data-testid="session-state"]'), []);
  await (await window.find('[data-testid="offers-connect"]')).click();
  for (const vm of ["web-1", "web-2"]) {
    await reaches(window, vm, ["live"]);
  }
  await window.waitGone('[data-testid="offers"]');
  await groupsAre(left);
});

test("the page of all sessions shows what is in other windows, a terminal and a desktop", async () => {
  const { window } = app;
  const [shown = ""] = await appWindows(1);
  await waitLine(window, "web-1", /\$ ?$/);
  await typeLine(window, "web-1", "echo seen $((6*7))");
  await waitLine(window, "web-1", /^seen 42$/);
  await expand(window, "acme-prod");
  await expand(window, "europe-west1-c");
  await connect(window, DESKTOP);
  await signInto(window, "ana", "Quiet-Harbour-27");
  await trustCertificate(window);
  await reaches(window, DESKTOP, ["live"]);
  await desktopPainted(window, DESKTOP);
  const { sessions } = await invoke(window, "snapshot");
  for (const name of ["web-1", DESKTOP]) {
    const { id } = sessions.find((/** @type {any} */ { instance }) => instance.name === name);
    await invoke(window, "session_move", { id, to: { kind: "new", at: null } });
    await window.waitGone(`[data-testid="tab-${name}"]`);
  }
  await count(3);
  await window.chord(Key.control, Key.shift, "a");
  await window.waitText('[data-testid="overview-web-1"] .overview-text', /^seen 42$/m);
  await until(`a picture of ${DESKTOP}`, async () => {
    const seen = await canvasPicture(window, `[data-testid="overview-elsewhere-${DESKTOP}"]`);
    return seen.paper > 0.3 && seen;
  });
  await raise(shown);
  await picture("overview-elsewhere");
  assert.deepEqual(await violations(window), []);
});
