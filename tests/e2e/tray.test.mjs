// The tray, clicked over the session bus as a desktop's panel clicks it. Run by `cargo xtask test`.
// @ts-check
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { readdir, readFile, readlink } from "node:fs/promises";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { picture, startApp, startCloud } from "./lib/app.mjs";
import { connect, enterWeb1, forward, localPort, signIn, tunnelReaches, typeLine, waitLine } from "./lib/steps.mjs";
import { TrayHost } from "./lib/tray.mjs";
import { Key, until } from "./lib/webdriver.mjs";

const run = promisify(execFile);
/** @type {Awaited<ReturnType<typeof startCloud>>} */
let cloud;
/** @type {Awaited<ReturnType<typeof startApp>>} */
let app;
/** @type {TrayHost} */
let tray;

before(async () => {
  tray = await TrayHost.start();
  cloud = await startCloud();
  app = await startApp({ cloud: cloud.url });
  await app.window.resize(1280, 800);
  await signIn(app, /Ana/);
});

after(async () => {
  await app?.stop().catch(() => {});
  cloud?.stop();
  tray?.stop();
});

/** The windows of the app that are on the display. */
async function windows() {
  const { stdout } = await run("xdotool", ["search", "--onlyvisible", "--name", "^Adit$"]).catch((error) => {
    // It ends with 1 when there is none.
    if (error.code !== 1) throw error;
    return { stdout: "" };
  });
  return stdout.split("\n").filter((line) => line !== "");
}

/** Clicks in the page what has just appeared. The page may be gone before it can answer: what comes of it is seen elsewhere. @param {string} css */
async function press(css) {
  await app.window.find(css);
  await app.window.run("document.querySelector(arguments[0]).click()", css).catch(() => {});
}

/** Turns to the page of a window that has opened anew. */
async function turnToNewPage() {
  await until("a window", async () => (await windows()).length === 1);
  await until("its page", async () => {
    const [handle] = await app.window.call("GET", "/window/handles");
    await app.window.call("POST", "/window", { handle });
    return true;
  });
}

/** Closes the window as its frame does. */
async function closeWindow() {
  const [window] = await windows();
  await run("xdotool", ["windowactivate", "--sync", window]);
  await run("xdotool", ["key", "alt+F4"]);
}

/** Process ids of the app and of what it started, by program. @param {number} root */
async function family(root) {
  /** @type {Map<number, { parent: number, name: string }>} */
  const all = new Map();
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const found = /\((.*)\) \S (\d+)/.exec(stat);
    if (found) all.set(Number(pid), { parent: Number(found[2]), name: found[1] ?? "" });
  }
  const ours = [root];
  for (const pid of ours) ours.push(...[...all].filter(([, { parent }]) => parent === pid).map(([child]) => child));
  return ours.map((pid) => ({ pid, name: all.get(pid)?.name ?? "" }));
}

/** The app's process. */
async function appPid() {
  const { stdout } = await run("pgrep", ["-x", "adit-app"]);
  for (const pid of stdout.split("\n").filter((line) => line !== "")) {
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (environment.includes(`ADIT_CLOUD=${cloud.url}`)) return Number(pid);
  }
  throw new Error("the app does not run");
}

test("sessions, tunnels and favourites stand in the tray with their states", async () => {
  const { window } = app;
  await enterWeb1(window);
  await typeLine(window, "web-1", "echo kept $((40+2))");
  await waitLine(window, "web-1", /^kept 42$/);
  await forward(window, 7);
  await tunnelReaches(window, "web-1:7", ["listening"]);
  await tray.row(/^web-1 – open$/);
  await tray.row(/^web-1:7 – running/);
  await window.run("document.querySelector('[data-testid=\"star-web-2\"]').click()");
  await window.find('[data-testid="tree-row-Favourites"]');
  await picture("favourites");
  await tray.row(/^web-2 – acme-prod$/);
  await window.chord(Key.control, Key.shift, "p");
  await window.find('[data-testid="palette"]');
  await window.type(`billing-db-7:5432${Key.enter}`);
  await tunnelReaches(window, "billing-db-7:5432", ["failed"]);
  await tray.row(/^billing-db-7:5432 – failed/);
  assert.equal((await tray.layout()).status, "NeedsAttention");
});

test("a click pauses a tunnel and starts it again, and all of them", async () => {
  const { window } = app;
  for (const [words, state] of /** @type {[RegExp, string][]} */ ([
    [/^web-1:7 – running/, "stopped"],
    [/^web-1:7 – stopped/, "listening"],
    [/^Pause all/, "stopped"],
    [/^Resume paused/, "listening"],
  ])) {
    await tray.click(words);
    await tunnelReaches(window, "web-1:7", [state]);
  }
});

test("the first time, closing asks, and the answer stays", async () => {
  const { window } = app;
  await closeWindow();
  await window.find('[data-testid="closing"]');
  await picture("closing");
  await press('[data-testid="close-stay"]');
  await window.waitGone('[data-testid="closing"]');
  assert.equal((await windows()).length, 1);
});

test("in the tray the page and its process are gone, and what runs goes on", async () => {
  const { window } = app;
  const port = await localPort(window, "web-1:7").catch(async () => {
    await (await window.find('[data-testid="topbar-tunnels"]')).click();
    return localPort(window, "web-1:7");
  });
  await closeWindow();
  await press('[data-testid="close-tray"]');
  await until("the window to go", async () => (await windows()).length === 0);
  const pid = await appPid();
  await until("the page's process to go", async () => !(await family(pid)).some(({ name }) => name.startsWith("WebKitWebProces")));
  await tray.row(/^web-1 – open$/);
  const net = await import("node:net");
  const program = net.connect(port, "127.0.0.1");
  const answer = await new Promise((resolve, reject) => {
    program.once("data", resolve).once("error", reject);
    program.write("hello");
  });
  assert.equal(String(answer), "hello");
  program.destroy();
  const kib = await Promise.all(
    (await family(pid)).map(async ({ pid: one }) => Number(/^Pss:\s+(\d+)/m.exec(await readFile(`/proc/${one}/smaps_rollup`, "utf8").catch(() => ""))?.[1] ?? 0)),
  );
  console.log(`# ${Math.round(kib.reduce((sum, part) => sum + part, 0) / 1024)} MiB in the tray: ${(await family(pid)).map(({ name }, at) => `${name} ${Math.round(kib[at] / 1024)}`).join(", ")}`);
});

test("a click on a session opens a window that shows it as it was left", async () => {
  await tray.click(/^web-1 – open$/);
  await turnToNewPage();
  await waitLine(app.window, "web-1", /^kept 42$/);
  await typeLine(app.window, "web-1", "echo goes on $((40+2))");
  await waitLine(app.window, "web-1", /^goes on 42$/);
  await picture("back-from-tray");
});

test("each of the other rows does what it says", async () => {
  await closeWindow();
  await until("the window to go", async () => (await windows()).length === 0);
  await tray.click(/^Settings$/);
  await turnToNewPage();
  await app.window.find('[data-testid="setting-row-app.close"]');
  await picture("tray-settings");
  await tray.click(/^web-2 – acme-prod$/);
  await tray.row(/^web-2 – (connecting|has a question|open)$/);
  await closeWindow();
  await until("the window to go", async () => (await windows()).length === 0);
  await tray.click(/^Open Adit$/);
  await until("a window", async () => (await windows()).length === 1);
  await closeWindow();
  await until("the window to go", async () => (await windows()).length === 0);
  await tray.activate();
  await until("a window", async () => (await windows()).length === 1);
});

test("what failed is told to who looks elsewhere, and a click leads to it", async () => {
  await closeWindow();
  await until("the window to go", async () => (await windows()).length === 0);
  await tray.click(/^billing-db-7:5432 – failed, click to try again$/);
  const notice = await tray.notice(/^The tunnel billing-db-7:5432 has failed$/);
  await tray.clickNotice(notice);
  await turnToNewPage();
  await app.window.find('[data-testid="tunnel-row-billing-db-7:5432"]');
  await picture("notice-clicked");
});

test("a second start raises the first, also one without a window", async () => {
  await closeWindow();
  await until("the window to go", async () => (await windows()).length === 0);
  const pid = await appPid();
  const program = await readlink(`/proc/${pid}/exe`);
  const environment = Object.fromEntries(
    (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0").filter((line) => line.includes("=")).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  const second = spawn(program, ["--open", "acme-prod/europe-west1-b/web-1"], { env: environment, stdio: "ignore" });
  const code = await new Promise((resolve) => second.once("exit", resolve));
  assert.equal(code, 0);
  await turnToNewPage();
  await app.window.waitText('[data-testid="offer"]', /acme-prod\/europe-west1-b\/web-1/);
  await picture("second-start");
  await press('[data-testid="offer-refuse"]');
  assert.equal(await appPid(), pid);
});

test("quitting asks when something would end", async () => {
  const pid = await appPid();
  await tray.click(/^Quit Adit$/);
  await app.window.waitText('[data-testid="quitting"]', /This ends \d session/);
  await picture("quitting");
  await press('[data-testid="close-stay"]');
  await app.window.waitGone('[data-testid="quitting"]');
  assert.equal(await appPid(), pid);
});

// From here on without WebDriver: it does not follow a page into another process.
test("a page that was killed comes back", async () => {
  const pid = await appPid();
  const page = async () => (await family(pid)).find(({ name }) => name.startsWith("WebKitWebProces"))?.pid;
  const before = await until("the page's process", page);
  process.kill(before, "SIGKILL");
  await until("another process", async () => {
    const now = await page();
    return now !== undefined && now !== before;
  });
  await tray.row(/^web-1 – open$/);
  assert.equal((await windows()).length, 1);
  await picture("page-killed");
});

test("who quits once more has answered", async () => {
  const pid = await appPid();
  await tray.click(/^Quit Adit$/);
  await tray.click(/^Quit Adit$/);
  await until("the app to end", async () => (await appPid().catch(() => 0)) !== pid);
});
