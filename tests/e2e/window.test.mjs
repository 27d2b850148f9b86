// The real window, driven as a person drives it. Run by `cargo xtask test`.
// @ts-check
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import "./lib/failures.mjs";
import { picture, startApp, startCloud } from "./lib/app.mjs";
import net from "node:net";

import { allProjects, askClose, connect, expand, filter, forward, localPort, pickUser, quickConnect, reaches, screen, SIGN_IN, tunnelReaches, typeLine, waitLine } from "./lib/steps.mjs";
import { memory } from "./lib/used.mjs";
import { Key, until } from "./lib/webdriver.mjs";

/** @type {Awaited<ReturnType<typeof startCloud>>} */
let cloud;
/** @type {Awaited<ReturnType<typeof startApp>>} */
let app;

before(async () => {
  cloud = await startCloud();
  app = await startApp({ cloud: cloud.url });
  await app.window.resize(1280, 800);
});

after(async () => {
  await app?.stop();
  cloud?.stop();
});

test("a newcomer signs in by clicking through", async () => {
  const { window } = app;
  const button = await window.find(SIGN_IN);
  await picture("sign-in");
  await button.click();
  await pickUser(await app.address(), /Ana/, "sign-in-page");
  await allProjects(window);
  await window.findText('[role="treeitem"]', /acme-prod/);
});

test("a double click on a running VM puts a live terminal into a tab", async () => {
  const { window } = app;
  await expand(window, "acme-prod");
  await expand(window, "europe-west1-b");
  await picture("tree");
  await connect(window, "web-1");
  await reaches(window, "web-1", ["live"]);
  await waitLine(window, "web-1", /\$ ?$/);
  await typeLine(window, "web-1", "echo $((6*7))");
  await waitLine(window, "web-1", /^42$/);
  await picture("terminal");
});

test("the terminal follows the window's size", async () => {
  const { window } = app;
  await typeLine(window, "web-1", "clear; stty size");
  const before = await waitLine(window, "web-1", /^\d+ \d+$/);
  await window.resize(1000, 640);
  await until("stty to tell another size", async () => {
    await typeLine(window, "web-1", "clear; stty size");
    const after = await waitLine(window, "web-1", /^\d+ \d+$/);
    const [rows, columns] = after.split(" ").map(Number);
    const [oldRows, oldColumns] = before.split(" ").map(Number);
    return rows < oldRows && columns < oldColumns;
  });
  await picture("terminal-small");
  await window.resize(1280, 800);
});

test("sixty-four megabytes pass over the screen and leave nothing behind", async () => {
  const { window } = app;
  const before = await memory(app.root);
  assert.ok(before.app > 0 && before.page > 0, "the app's processes were not found");
  await typeLine(window, "web-1", `clear; yes ${"flood ".repeat(16)} | head -c 64000000; echo; echo passed $((40+2))`);
  await waitLine(window, "web-1", /^passed 42$/, 180);
  const after = await memory(app.root);
  // Queues of core and front end together hold a few MB; what WebKit's collector has not yet freed comes on top.
  assert.ok(after.app - before.app < 64, `the app grew from ${before.app} to ${after.app} MB`);
  assert.ok(after.page - before.page < 400, `the page grew from ${before.page} to ${after.page} MB`);
});

test("a flood neither stops Ctrl+C nor the window", async () => {
  const { window } = app;
  await typeLine(window, "web-1", "clear; yes flood");
  await waitLine(window, "web-1", /^flood$/);
  await window.chord("\uE009", "c");
  await typeLine(window, "web-1", "clear; echo calm $((40+2))");
  await waitLine(window, "web-1", /^calm 42$/);
});

test("a few keys forward a port, and a program at its local end gets through", async () => {
  const { window } = app;
  await forward(window, 7);
  await tunnelReaches(window, "web-1:7", ["listening"]);
  const program = net.connect(await localPort(window, "web-1:7"), "127.0.0.1");
  try {
    const answer = new Promise((resolve, reject) => program.once("data", resolve).once("error", reject));
    program.write("hello");
    assert.equal(String(await answer), "hello");
    await tunnelReaches(window, "web-1:7", ["live"]);
    await window.waitText('[data-testid="tunnel-peers"]', new RegExp(`pid ${process.pid}`));
    await picture("tunnels");
  } finally {
    program.destroy();
  }
  await tunnelReaches(window, "web-1:7", ["listening"]);
});

test("a forward to where nobody may go shows why, and opens no port", async () => {
  const { window } = app;
  await quickConnect(window);
  // At once, before the search has answered: what was typed is meant, not the VM that is still shown first.
  await window.type(`billing-db-7:5432${Key.enter}`);
  await tunnelReaches(window, "billing-db-7:5432", ["failed"]);
  await (await window.find('[data-testid="tunnel-row-billing-db-7:5432"]')).click();
  await window.waitText('[data-testid="tunnel-details"]', /may not connect/);
  await picture("tunnels-denied");
  await (await window.find('[data-testid="tab-web-1"]')).click();
});

test("closing the tab ends the session, once that is wanted", async () => {
  const { window } = app;
  await askClose(window, "web-1");
  await window.waitFocus('[data-testid="end-question"]');
  await window.chord(Key.escape);
  await window.waitGone('[data-testid="end-question"]');
  await window.waitFocus('[data-testid="terminal-web-1"]');
  // The terminal has the keyboard again, and nothing of that Escape: bash would take it and the next letter for a command.
  await window.type(`echo kept $((40+2))${Key.enter}`);
  await waitLine(window, "web-1", /^kept 42$/);
  await askClose(window, "web-1");
  await window.find('[data-testid="end-question"]');
  await window.waitFocus('[data-testid="end-question"]');
  await picture("end-question");
  await window.chord(Key.enter);
  await window.waitGone('[data-testid="tab-web-1"]');
  assert.deepEqual(await screen(window, "web-1"), []);
});

test("a VM that may not be entered says so in its tab, which stays", async () => {
  const { window } = app;
  await filter(window, "billing-db-7");
  await connect(window, "billing-db-7");
  await reaches(window, "billing-db-7", ["failed"]);
  await window.waitText('[data-testid="explain-headline"]', /\S/);
  await window.waitText('[data-testid="failure-server"]', /4033/);
  await picture("denied");
  await window.find('[data-testid="action-tryAgain"]');
});

test("an explorer that was put away comes back with every VM", async () => {
  const { window } = app;
  await window.waitGone('[data-testid="tree-row-acme-prod"]');
  await window.chord(Key.control, "b");
  await window.waitGone('[data-testid="tree"]');
  await window.chord(Key.control, "b");
  await window.find('[data-testid="tree-row-acme-prod"]');
});

test("a stopped VM offers to be started, and then lets the person in", async () => {
  const { window } = app;
  await filter(window, "web-3");
  await connect(window, "web-3");
  await reaches(window, "web-3", ["failed"]);
  await picture("stopped");
  const start = await window.find('[data-testid="action-startAndConnect"]');
  await start.click();
  await reaches(window, "web-3", ["asking"], 90);
  // This VM announces no host key: the first one is shown once, and pinned.
  const fingerprint = await (await window.find('[data-testid="host-key"]')).text();
  assert.match(fingerprint, /^SHA256:/);
  await picture("host-key");
  await (await window.find('[data-testid="trust-host-key"]')).click();
  await reaches(window, "web-3", ["live"]);
  await waitLine(window, "web-3", /\$ ?$/);
  await typeLine(window, "web-3", "echo $((6*7))");
  await waitLine(window, "web-3", /^42$/);
  await picture("started");
});
