// Remote desktops in the real window, driven as a person drives them. Run by `cargo xtask test`.
// @ts-check
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import "./lib/failures.mjs";
import { picture, startApp, startCloud } from "./lib/app.mjs";
import { askClose, connect, desktopPainted, desktopPicture, expand, reaches, signIn, signInto, trustCertificate } from "./lib/steps.mjs";
import { Key, until } from "./lib/webdriver.mjs";

const VM = "win-jump-1";
const host = process.env.ADIT_RDP_HOST ?? "tests/rdp-host/target/debug/rdp-host";
/** @type {string} */
let folder;
/** @type {Awaited<ReturnType<typeof startCloud>>} */
let cloud;
/** @type {Awaited<ReturnType<typeof startApp>>} */
let app;

/** What the desktop's own side has got so far. @returns {Promise<any[]>} */
async function report() {
  const text = await readFile(join(folder, "report"), "utf8").catch(() => "");
  // What follows the last line's end is still being written.
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** Waits until the desktop has got something. @param {string} what @param {(line: any) => boolean} is */
function got(what, is) {
  return until(`the desktop to get ${what}`, async () => (await report()).find(is));
}

/** Makes a command. @param {string} name @param {string} script */
function command(name, script) {
  return writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** Waits until a desktop that is painted has the size that its own side was told last. @param {(picture: { width: number, height: number }) => boolean} [is] */
function sameSize(is = () => true) {
  /** @type {unknown} */
  let seen;
  return until("the desktop and its picture to be of one size", async () => {
    const picture = await desktopPicture(app.window, VM);
    const told = (await report()).findLast((line) => line.event === "size");
    seen = { picture, told };
    return picture.paper > 0.3 && is(picture) && told?.width === picture.width && told?.height === picture.height && picture;
  }, undefined, () => seen);
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "adit-desktop-"));
  // The cloud's desktops inherit it: they add to this file what they get.
  process.env.RDP_HOST_REPORT = join(folder, "report");
  cloud = await startCloud("--rdp-host", host);
  // Stands where CUPS would.
  await command("lpstat", "case $1 in -e) echo Attic; echo Office;; -d) echo 'system default destination: Office';; esac");
  await command("lp", `cat > "${folder}/printed.part" && mv "${folder}/printed.part" "${folder}/printed"`);
  const home = await mkdtemp(join(tmpdir(), "adit-e2e-"));
  await mkdir(join(home, "config", "adit"), { recursive: true });
  await writeFile(join(home, "config", "adit", "settings.json"), JSON.stringify({ version: 1, everywhere: { "rdp.printers": true } }));
  app = await startApp({ cloud: cloud.url, home, env: { PATH: `${folder}:${process.env.PATH}` } });
  await app.window.resize(1280, 800);
  await signIn(app, /Ana/);
  await expand(app.window, "acme-prod");
  await expand(app.window, "europe-west1-c");
});

after(async () => {
  await app?.stop();
  cloud?.stop();
  await rm(folder, { recursive: true, force: true });
});

test("a desktop that nobody has seen before shows its certificate before it gets a password", async () => {
  const { window } = app;
  await connect(window, VM);
  await signInto(window, "ana", "not it");
  await window.find('[data-testid="certificate"]');
  await picture("desktop-certificate");
  // Nobody was let in, and nobody was refused: it has been told of nobody.
  assert.deepEqual(await report(), []);
  await trustCertificate(window);
});

test("a wrong password is refused in place, and the right one opens the desktop", async () => {
  const { window } = app;
  await window.find('[data-testid="credentials-refused"]');
  await picture("desktop-refused");
  await signInto(window, "ana", "Quiet-Harbour-27");
  await reaches(window, VM, ["live"]);
  await sameSize();
  await picture("desktop");
});

test("what is typed arrives on the desktop", async () => {
  const { window } = app;
  await window.waitFocus(`[data-testid="desktop-${VM}"]`);
  await window.type("hi");
  // As keys of the keyboard.
  for (const code of [0x23, 0x17]) {
    await got(`the key ${code}`, (line) => line.event === "key" && line.code === code && line.down);
    await got(`the end of the key ${code}`, (line) => line.event === "key" && line.code === code && !line.down);
  }
});

test("a key that is down when the window's tree gets the keyboard does not stay down", async () => {
  const { window } = app;
  const before = (await report()).length;
  await window.waitFocus(`[data-testid="desktop-${VM}"]`);
  await window.hold(Key.control);
  await until("the desktop to get the key", async () =>
    (await report()).slice(before).some((line) => line.event === "key" && line.code === 0x1d && line.down),
  );
  await (await window.findText('[role="treeitem"]', /win-jump-1/)).click();
  await until("the desktop to lose the key", async () =>
    (await report()).slice(before).some((line) => line.event === "key" && line.code === 0x1d && !line.down),
  );
  await window.letGo();
});

test("the desktop follows the window's size", async () => {
  const { window } = app;
  const before = await desktopPicture(window, VM);
  await window.resize(1000, 700);
  await sameSize(({ width, height }) => width < before.width && height < before.height);
  await picture("desktop-small");
  await window.resize(1280, 800);
  await sameSize(({ width, height }) => width === before.width && height === before.height);
});

test("what is printed on the desktop comes to a printer here, and the tab says so", async () => {
  const { window } = app;
  await (await window.find(`[data-testid="desktop-${VM}"] canvas`)).click();
  await window.waitFocus(`[data-testid="desktop-${VM}"]`);
  await window.chord(Key.control, "p");
  await window.findText('[data-kind="printed"]', /was given to the printer Office/);
  await picture("desktop-printed");
  const { bytes, sha256 } = await got("the end of the page", (line) => line.event === "print" && line.what === "sent");
  const page = await readFile(join(folder, "printed"));
  assert.equal(page.length, bytes);
  assert.equal(createHash("sha256").update(page).digest("hex"), sha256);
});

test("closing the tab ends the desktop's session", async () => {
  const { window } = app;
  await askClose(window, VM);
  await (await window.find('[data-testid="end-session"]')).click();
  await window.waitGone(`[data-testid="tab-${VM}"]`);
  await got("the end", (line) => line.event === "out");
});

test("a new password is set and used, also by an agent of years ago", async () => {
  const { window } = app;
  await expand(window, "europe-west1-b");
  await connect(window, "sql-win-2");
  await (await window.find('[data-testid="new-password"]')).click();
  await (await window.find('[data-testid="new-password-user"]')).fill("anaf");
  await picture("desktop-new-password");
  await (await window.find('[data-testid="new-password-submit"]')).click();
  await trustCertificate(window);
  await reaches(window, "sql-win-2", ["live"]);
  await desktopPainted(window, "sql-win-2");
  const users = (await report()).filter((line) => line.event === "in").map((line) => line.user);
  assert.equal(users.at(-1), "anaf");
  await picture("desktop-after-new-password");
});
