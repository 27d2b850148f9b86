// The tray, clicked over the session bus as a desktop's panel clicks it. Run by `cargo xtask test`.
// @ts-check
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import "./lib/failures.mjs";
import { picture, startApp, startCloud } from "./lib/app.mjs";
import { appWindows, closeToTray, closeWindow } from "./lib/display.mjs";
import { enterWeb1, forward, invoke, localPort, quickConnect, reaches, signIn, tunnelReaches, typeLine, waitLine } from "./lib/steps.mjs";
import { TrayHost } from "./lib/tray.mjs";
import { below, drawsPage, memory } from "./lib/used.mjs";
import { Key, until } from "./lib/webdriver.mjs";

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

/** Clicks in the page what has just appeared. The page may be gone before it can answer: what comes of it is seen elsewhere. @param {string} css */
async function press(css) {
  await app.window.find(css);
  await app.window.run("document.querySelector(arguments[0]).click()", css).catch(() => {});
}

/** Turns to the page of a window that has opened anew. */
async function turnToNewPage() {
  await appWindows(1);
  await until("its page", async () => {
    const [handle] = await app.window.windows();
    await app.window.turnTo(handle ?? "");
    return true;
  });
}

/** Saves a profile. @param {string} name @param {string[]} folder @param {{ zone: string, vm: string, port?: number }} to */
async function saveProfile(name, folder, { zone, vm, port }) {
  await invoke(app.window, "profile_save", {
    id: null,
    profile: {
      name,
      folder,
      target: { kind: "instance", instance: { project: "acme-prod", zone, name: vm } },
      action: port === undefined ? { kind: "ssh" } : { kind: "forward", forward: { port } },
    },
  });
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
  await tray.says("Active");
  await window.run("document.querySelector('[data-testid=\"star-web-2\"]').click()");
  await window.find('[data-testid="tree-row-Favourites"]');
  await picture("favourites");
  await tray.row(/^web-2 – acme-prod$/);
  await quickConnect(window);
  await window.type(`billing-db-7:5432${Key.enter}`);
  await tunnelReaches(window, "billing-db-7:5432", ["failed"]);
  await tray.row(/^billing-db-7:5432 – failed/);
  await tray.says("NeedsAttention");
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
  await appWindows(1);
});

test("in the tray the page and its process are gone, and what runs goes on", async () => {
  const { window } = app;
  await (await window.find('[data-testid="topbar-tunnels"]')).click();
  const port = await localPort(window, "web-1:7");
  await closeWindow();
  await press('[data-testid="close-tray"]');
  await appWindows(0);
  await until("the page's process to go", async () => !(await drawsPage(app.root)));
  await tray.row(/^web-1 – open$/);
  const net = await import("node:net");
  const program = net.connect(port, "127.0.0.1");
  const answer = await new Promise((resolve, reject) => {
    program.once("data", resolve).once("error", reject);
    program.write("hello");
  });
  assert.equal(String(answer), "hello");
  program.destroy();
  const used = await memory(app.root);
  console.log(`# ${Math.round(used.app + used.page)} MB in the tray, ${Math.round(used.page)} of it of the engine`);
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
  await closeToTray();
  await tray.click(/^Settings$/);
  await turnToNewPage();
  await app.window.find('[data-testid="setting-row-app.close"]');
  await picture("tray-settings");
  await tray.click(/^web-2 – acme-prod$/);
  await tray.row(/^web-2 – (connecting|has a question|open)$/);
  await closeToTray();
  await tray.click(/^Open Adit$/);
  await appWindows(1);
  await closeToTray();
  await tray.activate();
  await appWindows(1);
});

test("profiles are started from their menu, and those of a folder all together", async () => {
  await turnToNewPage();
  await saveProfile("Cache", ["Work"], { zone: "europe-west1-c", vm: "cache-1", port: 6379 });
  await saveProfile("Queue", ["Work"], { zone: "europe-west1-c", vm: "queue-1", port: 22 });
  await saveProfile("Web four", [], { zone: "europe-west1-c", vm: "web-4" });
  await tray.row(/^Profiles$/);
  await closeToTray();
  await tray.click(/^Start all 2$/);
  await tray.row(/^Cache – running$/);
  await tray.row(/^Queue – running$/);
  await tray.row(/^Cache – running, click to pause$/);
  await appWindows(0);
  await tray.click(/^Web four$/);
  await turnToNewPage();
  await tray.row(/^Web four – open$/);
  await app.window.waitText(".tab-name", /^Web four$/);
  await picture("tray-profile");
});

test("what is paused all together goes on all together", async () => {
  await tray.click(/^Pause all tunnels$/);
  for (const name of ["web-1:7", "Cache", "Queue"]) await tray.row(new RegExp(`^${name} – stopped`));
  await tray.noRow(/^Pause all tunnels$/);
  await tray.click(/^Resume paused tunnels$/);
  for (const name of ["web-1:7", "Cache", "Queue"]) await tray.row(new RegExp(`^${name} – running`));
});

test("what failed is told to who looks elsewhere, and a click leads to it", async () => {
  await closeToTray();
  await tray.click(/^billing-db-7:5432 – failed, click to try again$/);
  const notice = await tray.notice(/^The tunnel billing-db-7:5432 has failed$/);
  assert.deepEqual(notice.actions, ["default", "Open", "0", "Start again", "1", "Show"]);
  await tray.clickNotice(notice, "Start again");
  const again = await tray.notice(/^The tunnel billing-db-7:5432 has failed$/);
  assert.notEqual(again.id, notice.id);
  await appWindows(0);
  await tray.clickNotice(again);
  await turnToNewPage();
  await app.window.find('[data-testid="tunnel-row-billing-db-7:5432"]');
  await picture("notice-clicked");
});

test("a session that is lost meanwhile is told, connected again from there, and not told any more", async () => {
  const { window } = app;
  // The relay forgets sessions after so many bytes. Nothing but what is typed below sends as many.
  await cloud.faults({ "drop-after": 300_000, "reconnect-close": 4001 });
  await invoke(app.window, "session_open", { instance: { project: "acme-prod", zone: "europe-west1-c", name: "phoenix-1" }, start: { protocol: "ssh", cols: 80, rows: 24 } });
  if ((await reaches(window, "phoenix-1", ["live", "asking"])) === "asking") {
    await (await window.find('[data-testid="trust-host-key"]')).click();
    await reaches(window, "phoenix-1", ["live"]);
  }
  await waitLine(window, "phoenix-1", /\$ ?$/);
  const go = join(app.home, "go");
  await typeLine(window, "phoenix-1", `echo waits $((40+2)); until test -e ${go}; do sleep 0.1; done; head -c 600000 /dev/zero | tr '\\0' x`);
  await waitLine(window, "phoenix-1", /^waits 42$/);
  await closeToTray();
  await writeFile(go, "");
  await tray.row(/^phoenix-1 – lost$/);
  await tray.says("NeedsAttention");
  const notice = await tray.notice(/^The session on phoenix-1 was lost$/);
  await cloud.faults({});
  await tray.clickNotice(notice, "Reconnect");
  await turnToNewPage();
  await reaches(window, "phoenix-1", ["live"]);
  await tray.row(/^phoenix-1 – open$/);
  await tray.noNotice(/phoenix-1/);
});

test("a click on a session that has a question leads to it", async () => {
  const { window } = app;
  await closeToTray();
  await tray.click(/^web-2 – has a question$/);
  await turnToNewPage();
  await (await window.find('[data-testid="trust-host-key"]')).click();
  await tray.row(/^web-2 – open$/);
});

test("a second start raises the first, also one without a window", async () => {
  await closeToTray();
  const pid = await app.pid();
  assert.equal(await app.again("--open", "acme-prod/europe-west1-b/web-1"), 0);
  await turnToNewPage();
  await app.window.waitText('[data-testid="offer"]', /acme-prod\/europe-west1-b\/web-1/);
  await picture("second-start");
  await press('[data-testid="offer-refuse"]');
  assert.equal(await app.pid(), pid);
});

test("quitting asks when something would end", async () => {
  const pid = await app.pid();
  await tray.click(/^Quit Adit$/);
  await app.window.waitText('[data-testid="quitting"]', /This ends \d session/);
  await picture("quitting");
  await press('[data-testid="close-stay"]');
  await app.window.waitGone('[data-testid="quitting"]');
  assert.equal(await app.pid(), pid);
});

// From here on without WebDriver: it does not follow a page into another process.
test("a page that was killed comes back", async () => {
  const pid = await app.pid();
  const page = async () => (await below(pid)).find(({ name }) => name.startsWith("WebKitWebProces"))?.pid;
  const before = await until("the page's process", page);
  process.kill(before, "SIGKILL");
  await until("another process", async () => {
    const now = await page();
    return now !== undefined && now !== before;
  });
  await tray.row(/^web-1 – open$/);
  await appWindows(1);
  await picture("page-killed");
});

test("who quits once more has answered", async () => {
  const pid = await app.pid();
  await tray.click(/^Quit Adit$/);
  await tray.click(/^Quit Adit$/);
  await until("the app to end", async () => !(await below(app.root)).some((one) => one.pid === pid));
});
