// Profiles in the real window: made, put in order, found, started together, given away and taken in. Run by `cargo xtask
// test`.
// @ts-check
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import "./lib/failures.mjs";
import { picture, startApp, startCloud } from "./lib/app.mjs";
import { violations } from "./lib/axe.mjs";
import { nameFile, Pointer } from "./lib/display.mjs";
import { enterWeb1, invoke, noteRemarks, openPalette, reaches, signIn, tunnelReaches } from "./lib/steps.mjs";
import { Key, until } from "./lib/webdriver.mjs";

const TREE = '[data-testid="profile-tree"]';
const FIND = '[data-testid="profiles-find"]';
const MANY = 500;

/** @type {Awaited<ReturnType<typeof startCloud>>} */
let cloud;
/** @type {Awaited<ReturnType<typeof startApp>>} */
let app;

before(async () => {
  cloud = await startCloud();
  app = await startApp({ cloud: cloud.url });
  await app.window.resize(1280, 800);
  await signIn(app, /Ana/);
});

after(async () => {
  await app?.stop();
  cloud?.stop();
});

/** @param {string} name */
const row = (name) => `[data-testid="profile-row-${name}"]`;

/** @param {string} css */
async function press(css) {
  await (await app.window.find(css)).click();
}

/** The profiles as they were kept: name and folder. @returns {Promise<string[]>} */
async function kept() {
  const { profiles } = await invoke(app.window, "profiles");
  return profiles.map((/** @type {any} */ { profile }) => [...profile.folder, profile.name].join("/"));
}

/** Waits until exactly these are kept, in any order. @param {string[]} all */
async function keptAre(all) {
  /** @type {string[]} */
  let seen = [];
  await until(`the profiles to be ${all}`, async () => {
    seen = await kept();
    return seen.toSorted().join("\n") === all.toSorted().join("\n");
  }, undefined, () => seen);
}

/** What a row says of its profile. @param {string} name @param {string[]} states */
async function rowReaches(name, states) {
  let seen;
  await until(`the profile ${name} to be ${states.join(" or ")}`, async () => {
    seen = await app.window.run("return document.querySelector(arguments[0])?.dataset.state", `${row(name)} [data-testid="profile-state"]`);
    return states.includes(seen);
  }, undefined, () => seen);
}

/** Brings the page of profiles to the front. */
async function openPage() {
  await press('[data-testid="topbar-profiles"]');
  await app.window.find('[data-testid="profiles"]');
}

/** Chooses a row. One that is chosen is not clicked again: that would be a double click, which starts it. @param {string} name */
async function select(name) {
  await app.window.find(row(name));
  if ((await app.window.run("return document.querySelector(arguments[0])?.getAttribute('aria-selected')", row(name))) !== "true") {
    await press(row(name));
  }
  await app.window.find(`${row(name)}[aria-selected="true"]`);
}

/** Chooses in the menu of a row. @param {string} name @param {RegExp} entry */
async function choose(name, entry) {
  await select(name);
  await press(`[data-testid="profile-menu-${name}"]`);
  await (await app.window.findText('[role="menuitem"]', entry)).click();
}

/** Waits until the tree has this many rows. @param {number} count */
async function rowsAre(count) {
  /** @type {string[]} */
  let seen = [];
  await until(`${count} rows`, async () => {
    seen = await app.window.texts(`${TREE} [role="row"]`);
    return seen.length === count;
  }, undefined, () => seen);
}

test("one command makes a profile of the session in front", async () => {
  const { window } = app;
  await enterWeb1(window);
  await openPalette(window);
  await window.type(`save what is in front${Key.enter}`);
  await window.find('[data-testid="profile-form"]');
  await window.waitText('[data-testid="tunnel-form-vm"]', /web-1/);
  await (await window.find('[data-testid="profile-form-name"]')).fill("Web shell");
  await picture("profile-from-session");
  await press('[data-testid="profile-submit"]');
  await window.find(row("Web shell"));
  await keptAre(["Web shell"]);
});

test("the form makes one from nothing, with a folder of its own", async () => {
  const { window } = app;
  await press('[data-testid="profile-new"]');
  await press('[data-testid="profile-form-forward"]');
  await (await window.find('[data-testid="tunnel-form-search"]')).fill("cache-1");
  await (await window.findText('[data-testid="profile-form"] [role="option"]', /cache-1/)).click();
  await (await window.find('[data-testid="tunnel-form-port"]')).fill("6379");
  await (await window.find('[data-testid="profile-form-name"]')).fill("Cache");
  await press('[data-testid="profile-form-folder"] button');
  await (await window.findText('[role="option"]', /New folder/)).click();
  await (await window.find('[data-testid="profile-form-new-folder"]')).fill("Work");
  await picture("profile-form");
  await press('[data-testid="profile-submit"]');
  await keptAre(["Web shell", "Work/Cache"]);
  await window.find(row("Cache"));
});

test("a profile is dragged into a folder", async () => {
  const { window } = app;
  const pointer = await Pointer.over(window, "Adit");
  await pointer.drag(row("Web shell"), '[data-testid="profile-folder-Work"]');
  await keptAre(["Work/Web shell", "Work/Cache"]);
  await picture("profile-dragged");
});

test("a copy is made, and what was looked for is found", async () => {
  const { window } = app;
  await choose("Cache", /Duplicate/);
  await keptAre(["Work/Web shell", "Work/Cache", "Work/Cache (copy)"]);
  await (await window.find(FIND)).fill("copy");
  await rowsAre(2);
  await window.find(row("Cache (copy)"));
  await picture("profiles-found");
  assert.deepEqual(await violations(window), []);
  await press('.profiles-find button[aria-label="Clear"]');
  await rowsAre(4);
});

test("several are started at once", async () => {
  const { window } = app;
  // Another port: two tunnels to one are in each other's way.
  await choose("Cache (copy)", /Edit/);
  await press('[data-testid="tunnel-form-vm"] button');
  await (await window.find('[data-testid="tunnel-form-search"]')).fill("queue-1");
  await (await window.findText('[data-testid="profile-form"] [role="option"]', /queue-1/)).click();
  await (await window.find('[data-testid="tunnel-form-port"]')).fill("22");
  await (await window.find('[data-testid="profile-form-name"]')).fill("Queue");
  await press('[data-testid="profile-submit"]');
  await window.find(row("Queue"));
  await select("Queue");
  await window.waitFocus(TREE);
  await window.chord(Key.control, "a");
  await window.waitText('[data-testid="profiles-start"]', /Start 3/);
  await press('[data-testid="profiles-start"]');
  // The session's tab comes to the front.
  await window.waitText(".tab-name", /^Web shell$/);
  await openPage();
  for (const name of ["Cache", "Queue", "Web shell"]) await rowReaches(name, ["on"]);
  await picture("profiles-started");
  await press('[data-testid="topbar-tunnels"]');
  for (const name of ["Cache", "Queue"]) await tunnelReaches(window, name, ["listening"]);
});

test("a profile for a VM that is gone says so where it was started", async () => {
  const { window } = app;
  const instance = { project: "acme-prod", zone: "europe-west1-b", name: "gone-1" };
  await invoke(window, "profile_save", { id: null, profile: { name: "Gone", target: { kind: "instance", instance }, action: { kind: "ssh" } } });
  await openPage();
  await select("Gone");
  await press('[data-testid="profiles-start"]');
  await reaches(window, "gone-1", ["failed"]);
  await openPage();
  await rowReaches("Gone", ["failed"]);
  await select("Gone");
  await window.waitText('[data-testid="profile-trouble"]', /gone-1/);
  await picture("profile-gone");
});

test("they are given away as a file, and five hundred of one are taken in and stay usable", async () => {
  const { window } = app;
  const [given, taken] = [join(app.home, "given.json"), join(app.home, "taken.json")];
  const remarks = await noteRemarks(window);
  await choose("Cache", /Export/);
  await nameFile("Export profiles", given);
  await until("the remark", async () => (await remarks()).some((remark) => remark.includes(given)));
  const file = JSON.parse(await readFile(given, "utf8"));
  assert.equal(file.profiles.length, 1);
  const [one] = file.profiles;
  await writeFile(taken, JSON.stringify({ ...file, profiles: Array.from({ length: MANY }, (_, n) => ({ ...one, name: `Many ${n}`, folder: [`Part ${n % 10}`] })) }));
  await press('[data-testid="profiles-import"]');
  await nameFile("Import profiles", taken);
  await window.waitText('[data-testid="profiles-imported"]', new RegExp(`Added ${MANY} profiles`));
  await picture("profiles-imported");
  await window.waitFocus('[data-testid="profiles-imported"] button');
  await window.chord(Key.enter);
  await until("all of them", async () => (await kept()).length === MANY + 4);
  // Only what is in sight is drawn.
  await until("rows", async () => (await window.texts(`${TREE} [role="row"]`)).length > 4);
  assert.ok((await window.texts(`${TREE} [role="row"]`)).length < 100);
  await (await window.find(FIND)).fill("many 499");
  await window.find(row("Many 499"));
  await select("Many 499");
  await window.waitText('[data-testid="profiles-start"]', /Start/);
  await picture("profiles-many");
  assert.deepEqual(await violations(window), []);
});
