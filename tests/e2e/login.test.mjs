// The app as it starts at login: in the tray, with what was chosen to begin there. Run by `cargo xtask test`.
// @ts-check
import assert from "node:assert/strict";
import { readFile, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import "./lib/failures.mjs";
import { picture, startApp, startAppLater, startCloud } from "./lib/app.mjs";
import { appWindows } from "./lib/display.mjs";
import { enterWeb1, forward, invoke, reaches, signIn, tunnelReaches, waitLine } from "./lib/steps.mjs";
import { TrayHost } from "./lib/tray.mjs";
import { below, drawsPage } from "./lib/used.mjs";
import { Key, until } from "./lib/webdriver.mjs";

/** @type {TrayHost} */
let tray;
/** @type {Awaited<ReturnType<typeof startCloud>>} */
let cloud;
/** The home that the app has all the time. */
let home = "";
/** The app in which it is chosen what starts at login. @type {Awaited<ReturnType<typeof startApp>> | undefined} */
let chooser;
/** @type {Awaited<ReturnType<typeof startAppLater>> | undefined} */
let app;
/** The command that the session runs at login, word by word. @type {string[]} */
let command = [];

before(async () => {
  tray = await TrayHost.start();
  cloud = await startCloud();
});

after(async () => {
  await chooser?.leave();
  await end();
  cloud?.stop();
  tray?.stop();
  await rm(home, { recursive: true, force: true });
});

/** Starts the app as the session does at login. */
async function logIn() {
  const [, ...args] = command;
  app = await startAppLater({ cloud: cloud.url, home, args });
  return app;
}

/** Quits the app from the tray; what is live is agreed to. */
async function end() {
  if (app === undefined) return;
  const { root, opened } = app;
  app = undefined;
  await until("the app to end", async () => {
    if (!(await below(root)).some(({ name }) => name === "adit-app")) return true;
    // Asked once more it ends with what is live.
    await tray.clickNow(/^Quit Adit$/);
    return false;
  });
  await opened.then((window) => window.close()).catch(() => {});
}

/** @param {string} name @param {object} target @param {object} action */
const atLogin = (name, target, action) => ({ id: null, profile: { name, target, action, start: "atLogin" } });
/** @param {string} zone @param {string} name */
const vm = (zone, name) => ({ kind: "instance", instance: { project: "acme-prod", zone, name } });

test("the setting writes an entry that starts the app in the background", async () => {
  chooser = await startApp({ cloud: cloud.url });
  const { window } = chooser;
  home = chooser.home;
  await window.resize(1280, 800);
  await signIn(chooser, /Ana/);
  await enterWeb1(window);
  await forward(window, 7);
  await tunnelReaches(window, "web-1:7", ["listening"]);
  await invoke(window, "profile_save", atLogin("Morning", vm("europe-west1-b", "web-1"), { kind: "ssh" }));
  await invoke(window, "profile_save", atLogin("Asks", vm("europe-west1-b", "web-2"), { kind: "ssh" }));
  await invoke(window, "profile_save", atLogin("Cache", vm("europe-west1-c", "cache-1"), { kind: "forward", forward: { port: 6379 } }));
  await invoke(window, "profile_save", atLogin("Gone", vm("europe-west1-b", "gone-1"), { kind: "ssh" }));
  await invoke(window, "profile_save", atLogin("Lost", { kind: "search", text: "no-such-vm" }, { kind: "ssh" }));
  await window.chord(Key.control, ",");
  await (await window.find('[data-testid="setting-app.startAtLogin"]')).click();
  const entry = await until("the entry", () => readFile(join(home, "config/autostart/Adit.desktop"), "utf8").catch(() => ""));
  await picture("start-at-login");
  command = /^Exec="(.*)" (.*)$/m.exec(entry)?.slice(1) ?? [];
  assert.equal(await realpath(command[0] ?? ""), await realpath(join(process.env.ADIT_PROGRAMS ?? "target/debug", "adit-app")));
  assert.deepEqual(command.slice(1), ["--background"]);
  await chooser.leave();
  chooser = undefined;
});

test("at login there is the tray and no window, and all that was chosen begins", async () => {
  const { root } = await logIn();
  await tray.row(/^Morning – open$/);
  await tray.row(/^Cache – running$/);
  await tray.row(/^web-1:7 – running/);
  assert.equal(await drawsPage(root), false);
  await appWindows(0);
});

test("what cannot begin there, or asks, is told with what can be done", async () => {
  await tray.says("NeedsAttention");
  await tray.row(/^Gone – failed/);
  const gone = await tray.notice(/^Gone did not start$/);
  assert.deepEqual(gone.actions, ["default", "Open", "0", "Start again", "1", "Show"]);
  await tray.notice(/^Asks has a question$/);
  // Each once.
  assert.equal(new Set(tray.notices.map(({ title }) => title)).size, tray.notices.length);
  await appWindows(0);
});

test("a click on a notice leads to what it is about, and the window says what else has failed", async () => {
  assert.ok(app);
  await tray.notice(/^Lost did not start$/);
  await tray.clickNotice(await tray.notice(/^Gone did not start$/));
  await appWindows(1);
  const window = await app.opened;
  await window.waitText(".toast", /Lost did not start/);
  await window.find('[data-testid="profile-row-Gone"][aria-selected="true"]');
  await picture("login-notice");
  // Whoever has seen it need not be told.
  await tray.noNotice(/^Lost did not start$/);
});

test("a second start raises the window and hands over what it was asked for", async () => {
  assert.ok(app);
  assert.equal(await app.again("adit://forward/acme-prod/europe-west1-b/web-1?port=22"), 0);
  await appWindows(1);
  const window = await app.opened;
  await window.waitText('[data-testid="offer"]', /acme-prod\/europe-west1-b\/web-1/);
  await picture("login-offer");
  await (await window.find('[data-testid="offer-accept"]')).click();
  await window.find('[data-testid="tunnel-form"]');
  await window.chord(Key.escape);
  await window.waitGone('[data-testid="tunnel-form"]');
});

test("the answer to a question takes its notice back, and then nobody is needed any more", async () => {
  assert.ok(app);
  const window = await app.opened;
  const asks = await tray.notice(/^Asks has a question$/);
  await tray.click(/^Asks – has a question$/);
  const trust = await window.find('[data-testid="trust-host-key"]');
  assert.ok(tray.notices.includes(asks), "the question is still open");
  await trust.click();
  await reaches(window, "web-2", ["live"]);
  await waitLine(window, "web-2", /\$ ?$/);
  await tray.isTakenBack(asks);
  await tray.row(/^Gone – failed/);
  await tray.says("Active");
  await end();
});

test("an account that has to sign in again is told at login, and signs in from there", async () => {
  await cloud.faults({ token: "revoked" });
  const { address } = await logIn();
  const notice = await tray.notice(/^Sign in again as ana@acme\.example$/);
  await tray.row(/^Sign in again as ana@acme\.example$/);
  await tray.says("NeedsAttention");
  await cloud.faults({});
  await tray.clickNotice(notice, "Sign in");
  assert.match(await address(), /^http:\/\/127\.0\.0\.1:\d+\//);
  await appWindows(1);
});
