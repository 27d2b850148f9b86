// A remote desktop over the computer's displays, of which the server has two that differ: xtask's `Display::start_two`.
// Run by `cargo xtask test`.
// @ts-check
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import "./lib/failures.mjs";
import { picture, startApp, startCloud } from "./lib/app.mjs";
import { windowArea } from "./lib/display.mjs";
import { connect, desktopPainted, desktopPicture, expand, invoke, reaches, signIn, signInto, trustCertificate } from "./lib/steps.mjs";
import { Key, until } from "./lib/webdriver.mjs";

const VM = "win-jump-1";
const host = process.env.ADIT_RDP_HOST ?? "tests/rdp-host/target/debug/rdp-host";
const [LEFT, RIGHT] = [{ x: 0, y: 0, width: 1280, height: 800 }, { x: 1280, y: 0, width: 1280, height: 1024 }];
/** As high as the lower of the two. */
const BOTH = { x: 0, y: 0, width: 2560, height: 800 };

/** @type {Awaited<ReturnType<typeof startCloud>>} */
let cloud;
/** @type {Awaited<ReturnType<typeof startApp>>} */
let app;

before(async () => {
  cloud = await startCloud("--rdp-host", host);
  app = await startApp({ cloud: cloud.url });
  await app.window.resize(1000, 700);
  await signIn(app, /Ana/);
  await expand(app.window, "acme-prod");
  await expand(app.window, "europe-west1-c");
  await connect(app.window, VM);
  await signInto(app.window, "ana", "Quiet-Harbour-27");
  await trustCertificate(app.window);
  await reaches(app.window, VM, ["live"]);
  await desktopPainted(app.window, VM);
});

after(async () => {
  await app?.stop();
  cloud?.stop();
});

/** Chooses in the menu of the full screen. @param {RegExp} entry */
async function fill(entry) {
  const { window } = app;
  await (await window.find('[data-testid="desktop-full"]')).click();
  await (await window.findText('[role="menuitem"]', entry)).click();
}

/** Waits until the window is there, and the desktop as large. @param {typeof BOTH} area */
async function fills(area) {
  /** @type {any} */
  let seen;
  await until(`the window to fill ${JSON.stringify(area)}`, async () => {
    seen = { window: await windowArea("Adit"), desktop: await desktopPicture(app.window, VM) };
    const { window, desktop } = seen;
    return Object.entries(area).every(([edge, value]) => window[edge] === value)
      && desktop.width === area.width && desktop.height === area.height && desktop.paper > 0.3;
  }, undefined, () => seen);
}

/** Ends the full screen by its keys. */
async function leave() {
  const { window } = app;
  await window.waitFocus(`[data-testid="desktop-${VM}"]`);
  await window.chord(Key.control, Key.alt, Key.enter);
}

test("both displays are known", async () => {
  const { all, placing } = await invoke(app.window, "displays");
  assert.equal(placing, "program");
  assert.deepEqual(all.map((/** @type {any} */ { x, y, width, height }) => ({ x, y, width, height })), [LEFT, RIGHT]);
});

test("a desktop fills both, and gives them back", async () => {
  const before = await windowArea("Adit");
  await fill(/on all displays/);
  await fills(BOTH);
  await picture("displays-both");
  await leave();
  /** @type {any} */
  let seen;
  await until("the window to be where it was", async () => {
    seen = await windowArea("Adit");
    return JSON.stringify(seen) === JSON.stringify(before);
  }, undefined, () => ({ before, seen }));
});

test("it fills the one that the window is not on", async () => {
  const { all } = await invoke(app.window, "displays");
  const other = all.find((/** @type {any} */ { current }) => !current);
  await fill(new RegExp(`Full screen on ${other.name}`));
  await fills(other.x === 0 ? LEFT : RIGHT);
  await picture("displays-other");
  await leave();
});
