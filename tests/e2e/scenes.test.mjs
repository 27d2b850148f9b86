// Every page in every state that the front end's double can play, in the engine of the real window: none keeps anybody
// out who cannot see it, or cannot use a pointer. Run by `cargo xtask test`.
// @ts-check
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { after, before, test } from "node:test";

import "./lib/failures.mjs";
import { openBrowser } from "./lib/app.mjs";
import { violations } from "./lib/axe.mjs";
import { Key } from "./lib/webdriver.mjs";

const DIST = join(import.meta.dirname, "../../ui/dist");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };

/** @type {import("node:http").Server} */
let server;
/** @type {import("./lib/webdriver.mjs").Browser} */
let browser;
let base = "";

before(async () => {
  server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    const file = join(DIST, path === "/" ? "index.html" : path);
    try {
      const body = await readFile(file);
      response.writeHead(200, { "content-type": TYPES[/** @type {keyof typeof TYPES} */ (extname(file))] ?? "application/octet-stream" });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/`;
  browser = await openBrowser(`${base}?scene=tree`);
  await browser.resize(1280, 800);
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** What is shown: the scene, and what a person does then. @type {[name: string, parameters: string, then?: (window: import("./lib/webdriver.mjs").Browser) => Promise<unknown>][]} */
const PAGES = [
  ["sign-in", "scene=signin"],
  ["sign-in without a client", "scene=signin-noclient&nokeychain"],
  ["sign-in under way", "scene=signin-waiting"],
  ["sign-in to the demo", "scene=signin-waiting&local&demo"],
  ["the demo", "scene=terminal&demo", async (window) => {
    await (await window.find('[data-testid="demo-mark"]')).click();
    await window.find('[data-testid="demo-leave"]');
  }],
  ["the choice of projects", "scene=tree", async (window) => {
    await (await window.find('[data-testid="choose-projects"]')).click();
    await window.find('[data-testid="project-acme-prod"]');
  }],
  ["diagnostics", "scene=signin", async (window) => {
    await (await window.find('[data-testid="open-diagnostics"]')).click();
    await window.waitText('[data-testid="diagnostics-text"]', /Web view/);
  }],
  ["the tree", "scene=tree"],
  ["no VMs", "scene=empty"],
  ["a failed listing", "scene=listing-failed"],
  ["trouble at the start", "scene=tree&trouble"],
  ["a terminal", "scene=terminal", (window) => window.find(".xterm-rows")],
  ["connecting", "scene=connecting"],
  ["a refusal", "scene=denied"],
  ["an explanation", "scene=explain-level", (window) => window.find('[data-testid="explain-headline"]')],
  ["a changed host key", "scene=hostkey"],
  ["a desktop", "scene=desktop"],
  ["files that were copied there", "scene=desktop-files", (window) => window.find('[data-testid="desktop-files-offered"]')],
  ["files on their way", "scene=desktop-saving", (window) => window.find('[data-testid="desktop-saving"]')],
  ["closing for the first time", "scene=tree&want=close", (window) => window.find('[data-testid="closing"]')],
  ["quitting", "scene=tree&want=quit", (window) => window.find('[data-testid="quitting"]')],
  ["a link", "scene=tree&want=offer", (window) => window.find('[data-testid="offer"]')],
  ["favourites", "scene=tree&favourites", (window) => window.find('[data-testid="tree-row-Favourites"]')],
  ["who signs in", "scene=desktop-credentials"],
  ["a certificate", "scene=desktop-certificate"],
  ["tunnels", "scene=tunnels", async (window) => (await window.find('[data-testid="topbar-tunnels"]')).click()],
  ["no profiles", "scene=tree", async (window) => {
    await (await window.find('[data-testid="topbar-profiles"]')).click();
    await window.find('[data-testid="profiles-empty"]');
  }],
  ["profiles", "scene=profiles", async (window) => {
    await (await window.find('[data-testid="topbar-profiles"]')).click();
    await (await window.find('[data-testid="profile-row-orders database"]')).click();
    await window.find('[data-testid="profile-trouble"]');
  }],
  ["profiles that are only read", "scene=profiles-broken", async (window) => {
    await (await window.find('[data-testid="topbar-profiles"]')).click();
    await window.find('[data-testid="profile-tree"]');
  }],
  ["a profile", "scene=profiles", async (window) => {
    await (await window.find('[data-testid="topbar-profiles"]')).click();
    await (await window.find('[data-testid="profile-new"]')).click();
    await window.find('[data-testid="profile-form"] [role=option]');
  }],
  ["the help", "scene=tree", async (window) => {
    await window.chord(Key.f1);
    await window.find('[data-testid="help-page"]');
  }],
  ["the settings", "scene=tree", async (window) => {
    await window.chord(Key.control, ",");
    await window.find('[data-testid="tab-settings"]');
  }],
  ["the keys", "scene=tree", async (window) => {
    await window.chord(Key.control, ",");
    const keys = await window.find('[data-testid="keys"]');
    await window.run("arguments[0].scrollIntoView()", await keys.reference());
  }],
  ["the palette", "scene=terminal", async (window) => {
    await (await window.find('[data-testid="search-field"]')).click();
    await window.find('[data-testid="palette"] [role=option]');
  }],
  ["a tab's name", "scene=terminal", async (window) => {
    await window.find(".xterm-rows");
    await window.chord(Key.control, Key.shift, "r");
    await window.find('[data-testid="tab-naming"]');
  }],
  ["all sessions", "scene=terminal", async (window) => {
    await window.find(".xterm-rows");
    await window.chord(Key.control, Key.shift, "a");
    await window.find('[data-testid="overview-web-1"]');
  }],
  ["what was open", "scene=tree&left=crash", (window) => window.find('[data-testid="offers"]')],
];

/** What can be pressed and lies, even in part, where nobody gets to it: beyond the page, and in nothing that scrolls. */
const LOST = `const lost = [];
for (const element of document.querySelectorAll("button, input, textarea, [role=tab], [role=option], a[href]")) {
  const box = element.getBoundingClientRect();
  const seen = element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && box.width > 2 && box.height > 2;
  let scrolls = false;
  for (let above = element.parentElement; above !== null && above !== document.body; above = above.parentElement) {
    const { overflowX, overflowY } = getComputedStyle(above);
    scrolls ||= [overflowX, overflowY].some((value) => value === "auto" || value === "scroll");
  }
  if (seen && !scrolls && element.closest("[aria-hidden=true]") === null && (box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1)) {
    lost.push(element.outerHTML.slice(0, 160) + " " + [box.left, box.top, box.right, box.bottom].map(Math.round) + " of " + [innerWidth, innerHeight]);
  }
}
return lost;`;

for (const theme of ["light", "dark"]) {
  for (const [name, parameters, then] of PAGES) {
    test(`${name}, ${theme}`, async () => {
      await browser.open(`${base}?${parameters}&theme=${theme}`);
      await browser.find(".ready");
      // Keys are listened to once the page has been drawn.
      await browser.runAsync("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))");
      await then?.(browser);
      // What appears has to have appeared.
      await browser.runAsync("const done = arguments[0]; Promise.all(document.getAnimations().map((a) => a.effect.getTiming().iterations === Infinity ? null : a.finished.catch(() => null))).then(() => done())");
      assert.deepEqual(await violations(browser), []);
    });
  }
}

// 1280 by 800 at 200 %, and a screen a little larger than the smallest window.
for (const [name, parameters, then] of PAGES) {
  test(`${name}, at twice the size`, async () => {
    await browser.resize(640, 400);
    try {
      await browser.open(`${base}?${parameters}&theme=light`);
      await browser.find(".ready");
      // Keys are listened to once the page has been drawn.
      await browser.runAsync("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))");
      await then?.(browser);
      const [width, height] = await browser.run("return [innerWidth, innerHeight]");
      assert.ok(width <= 640 && height <= 400, `the page is ${width} by ${height}`);
      assert.deepEqual(await browser.run(LOST), []);
    } finally {
      await browser.resize(1280, 800);
    }
  });
}
