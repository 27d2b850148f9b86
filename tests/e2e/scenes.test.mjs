// Every page in every state that the front end's double can play, in the engine of the real window: none keeps anybody
// out who cannot see it, or cannot use a pointer. Run by `cargo xtask test`.
// @ts-check
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { after, before, test } from "node:test";

import "./lib/failures.mjs";
import { openBrowser, picture } from "./lib/app.mjs";
import { violations } from "./lib/axe.mjs";
import { dialogsIn, PAGES } from "./lib/pages.mjs";
import { Key, until } from "./lib/webdriver.mjs";

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

/** What can be pressed and lies, even in part, where nobody gets to it: beyond the page, and in nothing that scrolls. */
const LOST = `const lost = [];
for (const element of document.querySelectorAll("button, input, textarea, [role=tab], [role=option], [role=menuitem], a[href]")) {
  // React Aria's way out of what floats, for screen readers alone.
  if (element.matches('button[aria-label="Dismiss"][tabindex="-1"]')) continue;
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

/** What a person would have to move sideways to see all of it, beside what is kept in its lines: a bar below hides what lies there. */
const SIDEWAYS = `const sideways = [];
for (const element of document.querySelectorAll("*")) {
  const { overflowX, display } = getComputedStyle(element);
  if ((overflowX === "auto" || overflowX === "scroll") && display !== "none" && !element.matches(arguments[0]) && element.scrollWidth > element.clientWidth + 1) {
    sideways.push(element.outerHTML.slice(0, 160) + " " + element.scrollWidth + " of " + element.clientWidth);
  }
}
return sideways;`;
/** Text whose lines are kept as they are, and the strip of tabs, which has a menu of those that are out of sight. */
const KEPT_LINES = "pre, textarea, .xterm *, .dv-tabs-container";

/** Whether there is something in the tab in front, or in place of all tabs; where tabs have no place there is nothing to wait for. */
const DRAWN = `const tabs = document.querySelector(".window-tabs");
const sessions = /\\d sessions?/.test(document.querySelector("[data-testid=status-bar]")?.textContent ?? "");
const places = tabs?.querySelectorAll(sessions ? ".dv-content-container" : ".dv-content-container, .dv-watermark-container") ?? [];
return tabs === null || [...places].some((place) => place.innerText.trim() !== "" || place.querySelector("canvas") !== null);`;

/** Keeps a picture of the page, for whoever asked for them: there are hundreds. @param {string} name */
async function keep(name) {
  if (process.env.ADIT_SCENE_PICTURES !== undefined) {
    await picture(`scene-${name.replaceAll(/[^a-z0-9]+/gi, "-")}`);
  }
}

/** The dialogs and questions that were on some page. @type {Set<string>} */
const dialogs = new Set();

/** Shows a page. @param {typeof PAGES[number]} page @param {string} theme */
async function show([, parameters, then], theme) {
  await browser.open(`${base}?${parameters}&theme=${theme}`);
  await browser.find(".ready");
  // Keys are listened to once the page has been drawn.
  await browser.runAsync("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))");
  await until("the tab in front to be drawn", () => browser.run(DRAWN));
  await then?.(browser);
  // What appears has to have appeared.
  await browser.runAsync("const done = arguments[0]; Promise.all(document.getAnimations().map((a) => a.effect.getTiming().iterations === Infinity ? null : a.finished.catch(() => null))).then(() => done())");
  for (const id of await browser.run("return [...document.querySelectorAll('[role=dialog], [role=alertdialog]')].map((dialog) => dialog.dataset.testid ?? dialog.outerHTML.slice(0, 80))")) {
    dialogs.add(id);
  }
}

for (const theme of ["light", "dark"]) {
  for (const page of PAGES) {
    test(`${page[0]}, ${theme}`, async () => {
      await show(page, theme);
      await keep(`${page[0]}, ${theme}`);
      assert.deepEqual(await browser.run(SIDEWAYS, KEPT_LINES), []);
      assert.deepEqual(await violations(browser), []);
    });
  }
}

test("each dialog and question is on some page", async () => {
  const all = await dialogsIn(join(import.meta.dirname, "../../ui/src"));
  assert.ok(all.size > 20, `${all.size} were found in the source`);
  // A link in a terminal is clicked where it is drawn: no page of the double holds still for that.
  dialogs.add("terminal-link");
  assert.deepEqual([...all].filter((id) => !dialogs.has(id)), []);
});

// 1280 by 800 at 200 %, and a screen a little larger than the smallest window.
for (const page of PAGES) {
  test(`${page[0]}, at twice the size`, async () => {
    await browser.resize(640, 400);
    try {
      await show(page, "light");
      await keep(`${page[0]}, at twice the size`);
      const [width, height] = await browser.run("return [innerWidth, innerHeight]");
      assert.ok(width <= 640 && height <= 400, `the page is ${width} by ${height}`);
      assert.deepEqual(await browser.run(LOST), []);
      assert.deepEqual(await browser.run(SIDEWAYS, KEPT_LINES), []);
    } finally {
      await browser.resize(1280, 800);
    }
  });
}

test("the edge between two groups is moved by keys", async () => {
  const page = PAGES.find(([name]) => name === "a split");
  assert.ok(page !== undefined);
  await show(page, "light");
  const at = () => browser.run("const sash = document.querySelector('.dv-sash'); return { at: Math.round(sash.getBoundingClientRect().left), value: Number(sash.ariaValueNow ?? sash.getAttribute('aria-valuenow')), here: document.activeElement === sash }");
  // As a person gets there from a terminal, which has Tab to itself.
  await browser.chord(Key.control, Key.shift, "k");
  await browser.find('[data-testid="palette"] [role=option]');
  await browser.type("size of the split");
  await browser.waitText('[data-testid="palette"] [aria-selected="true"]', /size of the split/);
  await browser.chord(Key.enter);
  await until("the edge to have the keyboard", async () => (await at()).here);
  const before = await at();
  await browser.chord(Key.right);
  await browser.chord(Key.right);
  await until("the edge to go to the right", async () => (await at()).at > before.at && (await at()).value > before.value);
  const after = await at();
  await browser.chord(Key.left);
  await until("the edge to go to the left", async () => (await at()).at < after.at);
  await browser.chord(Key.home);
  await until("the edge to go as far as it can", async () => (await at()).at < before.at);
  await browser.chord(Key.escape);
  await until("the terminal to have the keyboard again", () => browser.run("return document.activeElement.closest('[data-terminal]') !== null"));
});

test("a message is got to, read at leisure and put away by keys", async () => {
  await browser.open(`${base}?scene=tree&theme=light`);
  await browser.find(".ready");
  await browser.runAsync("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))");
  await browser.chord(Key.control, ",");
  await (await browser.find('[data-testid="settings-search"]')).click();
  // A page has no name to be changed, and says so.
  await browser.chord(Key.control, Key.shift, "r");
  await browser.find('[data-testid="toast"]');
  await browser.chord(Key.control, Key.shift, "m");
  await until("the message to have the keyboard", () => browser.run("return document.activeElement.dataset.testid === 'toast'"));
  await browser.chord(Key.escape);
  await browser.waitGone('[data-testid="toast"]');
  assert.equal(await browser.run("return document.activeElement.dataset.testid"), "settings-search");
});
