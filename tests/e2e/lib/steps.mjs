// What a person does in Adit's window, in the words of the tests.
// @ts-check
import { openBrowser, picture } from "./app.mjs";
import { Key, until } from "./webdriver.mjs";

/** The button by which a newcomer signs in. */
export const SIGN_IN = '[data-testid="signin-button"]';
const ROW = '[role="treeitem"]';

/** @param {string} text */
function literally(text) {
  return new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
}

/** Picks a user on the local cloud's sign-in page, in a browser of their own. @param {string} address @param {RegExp} user @param {string} [shot] a picture of the page */
export async function pickUser(address, user, shot) {
  const person = await openBrowser(address);
  try {
    const button = await person.findText("button", user);
    if (shot) await picture(shot);
    await button.click();
    await person.waitText("body", /signed in/i);
  } finally {
    await person.close();
  }
}

/** Goes on with all projects, where it is asked which ones, and waits for the tree. @param {import("./webdriver.mjs").Browser} window */
export async function allProjects(window) {
  const done = '[data-testid="projects-done"]:not([disabled])';
  await until("the tree, or the choice of projects", () => window.run("return document.querySelector(arguments[0]) !== null", `${ROW}, ${done}`));
  if (await window.run("return document.querySelector(arguments[0]) !== null", done)) {
    await (await window.find(done)).click();
  }
  await window.find(ROW);
}

/** Signs in, and waits for the tree. @param {{ window: import("./webdriver.mjs").Browser, address: () => Promise<string> }} app @param {RegExp} user */
export async function signIn(app, user) {
  await (await app.window.find(SIGN_IN)).click();
  await pickUser(await app.address(), user);
  await allProjects(app.window);
}

/**
 * Asks of core what its pages ask, for what the test is not about.
 * @param {import("./webdriver.mjs").Browser} window @param {string} command @param {Record<string, unknown>} [asked]
 * @returns {Promise<any>}
 */
export async function invoke(window, command, asked = {}) {
  const { answer, failure } = await window.runAsync(
    "const [command, asked, done] = arguments; window.__TAURI_INTERNALS__.invoke(command, asked).then((answer) => done({ answer }), (failure) => done({ failure }))",
    command,
    asked,
  );
  if (failure !== undefined) throw new Error(`${command}: ${JSON.stringify(failure)}`);
  return answer;
}

/** Notes from now on what is remarked in the page that is driven now: a remark goes by itself. Gives what it has noted. @param {import("./webdriver.mjs").Browser} window */
export async function noteRemarks(window) {
  await window.run(
    `window.remarks = [];
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) for (const node of addedNodes) {
        if (node instanceof Element && node.matches(".toast")) window.remarks.push(node.textContent);
      }
    }).observe(document.body, { childList: true, subtree: true });`,
  );
  return () => /** @type {Promise<string[]>} */ (window.run("return window.remarks"));
}

/** Opens a closed row of the tree. @param {import("./webdriver.mjs").Browser} window @param {string} name */
export async function expand(window, name) {
  const row = await window.findText(ROW, literally(name));
  const isOpen = () =>
    window.run(
      "return [...document.querySelectorAll(arguments[0])].find((row) => row.textContent.includes(arguments[1]))?.getAttribute('aria-expanded') === 'true'",
      ROW,
      name,
    );
  if (await isOpen()) return;
  await row.click();
  await until(`${name} to open`, isOpen);
}

/** Finds a VM by the explorer's filter. @param {import("./webdriver.mjs").Browser} window @param {string} text */
export async function filter(window, text) {
  const field = await window.find('[data-testid="tree-filter"]');
  await field.fill(text);
  // Before that, rows are still to go and others to move into their place.
  let seen;
  await until(`the tree to show ${text} alone`, async () => {
    seen = await window.run("return [...document.querySelectorAll(arguments[0])].map((row) => row.textContent)", `${ROW}:not([data-kind=project], [data-kind=zone], [data-kind=favourites])`);
    return seen.length > 0 && seen.every((/** @type {string} */ row) => row.includes(text));
  }, undefined, () => seen);
}

/** Double-clicks a VM in the tree. @param {import("./webdriver.mjs").Browser} window @param {string} name */
export async function connect(window, name) {
  const row = await window.findText(ROW, literally(name));
  await row.doubleClick();
  await window.find(`[data-testid="tab-${name}"]`);
}

/** Waits until a VM's session is in one of these states. @param {import("./webdriver.mjs").Browser} window @param {string} name @param {string[]} states */
export async function reaches(window, name, states, seconds = 60) {
  let seen;
  return until(`${name} to be ${states.join(" or ")}`, async () => {
    seen = await window.run(
      "return document.querySelector(arguments[0])?.dataset.state",
      `[data-testid="session-state"][data-vm="${name}"]`,
    );
    return states.includes(seen) && seen;
  }, seconds, () => seen);
}

/** What a terminal shows. @param {import("./webdriver.mjs").Browser} window @param {string} name @returns {Promise<string[]>} */
export function screen(window, name) {
  return window.run(
    "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent.replaceAll('\\u00a0', ' ').trimEnd())",
    `[data-testid="terminal-${name}"] .xterm-rows > div`,
  );
}

/** Waits until a line of a terminal matches. @param {import("./webdriver.mjs").Browser} window @param {string} name @param {RegExp} line */
export function waitLine(window, name, line, seconds = 60) {
  /** @type {string[]} */
  let seen = [];
  return until(`${line} on ${name}'s screen`, async () => {
    seen = await screen(window, name);
    return seen.find((text) => line.test(text));
  }, seconds, () => seen.filter(Boolean));
}

/** Types a line into a terminal. @param {import("./webdriver.mjs").Browser} window @param {string} name @param {string} text */
export async function typeLine(window, name, text) {
  // A tab that has only now come here has no terminal yet.
  const field = `[data-testid="terminal-${name}"] textarea`;
  await until(`${name}'s terminal to have the keyboard`, () =>
    window.run("const field = document.querySelector(arguments[0]); field?.focus(); return field !== null && document.activeElement === field", field),
  );
  await window.type(text + Key.enter);
}

/** Opens a terminal on `web-1` of the demo's landscape, and waits for its prompt: until then it may still take the keyboard. @param {import("./webdriver.mjs").Browser} window */
export async function enterWeb1(window) {
  await expand(window, "acme-prod");
  await expand(window, "europe-west1-b");
  await connect(window, "web-1");
  await reaches(window, "web-1", ["live"]);
  await waitLine(window, "web-1", /\$ ?$/);
}

/** Opens the palette of VMs and commands by its keys, and waits until it takes what is typed. @param {import("./webdriver.mjs").Browser} window */
export function openPalette(window) {
  return openByKeys(window, "k");
}

/** The same for the one of VMs alone. @param {import("./webdriver.mjs").Browser} window */
export function quickConnect(window) {
  return openByKeys(window, "p");
}

/** @param {import("./webdriver.mjs").Browser} window @param {string} key */
async function openByKeys(window, key) {
  await window.chord(Key.control, Key.shift, key);
  await window.waitFocus('[data-testid="palette"] input');
}

/** Opens a forward to a port of the VM in front, by the keyboard alone. @param {import("./webdriver.mjs").Browser} window @param {number} port */
export async function forward(window, port) {
  await window.chord(Key.control, Key.shift, "t");
  await window.waitFocus('[data-testid="tunnel-form-port"]');
  await window.type(`${port}${Key.enter}`);
  await window.waitGone('[data-testid="tunnel-form"]');
}

/** Waits until a tunnel is in one of these states. @param {import("./webdriver.mjs").Browser} window @param {string} name @param {string[]} states */
export async function tunnelReaches(window, name, states, seconds = 60) {
  let seen;
  return until(`the tunnel ${name} to be ${states.join(" or ")}`, async () => {
    seen = await window.run("return document.querySelector(arguments[0])?.dataset.state", `[data-testid="tunnel-row-${name}"]`);
    return states.includes(seen) && seen;
  }, seconds, () => seen);
}

/** A tunnel's local port. @param {import("./webdriver.mjs").Browser} window @param {string} name */
export async function localPort(window, name) {
  const port = await until(`the local end of ${name}`, async () => {
    const [address] = await window.texts(`[data-testid="tunnel-row-${name}"] .tunnel-local`);
    return /:(\d+)$/.exec(address?.trim() ?? "")?.[1];
  });
  return Number(port);
}

/** Trusts the certificate that a desktop shows, for good. @param {import("./webdriver.mjs").Browser} window */
export async function trustCertificate(window) {
  await (await window.find('[data-testid="trust-certificate"]')).click();
}

/** Answers the question who signs in to a desktop. @param {import("./webdriver.mjs").Browser} window @param {string} user @param {string} password */
export async function signInto(window, user, password) {
  await (await window.find('[data-testid="credentials-user"]')).fill(user);
  await (await window.find('[data-testid="credentials-password"]')).fill(password);
  await (await window.find('[data-testid="credentials-submit"]')).click();
}

/**
 * How large the picture on a canvas is, and what part of it is of the paper's color, between 0 and 1.
 * @param {import("./webdriver.mjs").Browser} window @param {string} css
 * @returns {Promise<{ width: number, height: number, paper: number }>}
 */
export function canvasPicture(window, css) {
  return window.run(
    `const canvas = document.querySelector(arguments[0]);
    if (canvas === null || canvas.hidden || canvas.width === 0) return { width: 0, height: 0, paper: 0 };
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    let paper = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at] > 230 && data[at + 1] > 230 && data[at + 2] > 230) paper += 1;
    }
    return { width, height, paper: paper / (width * height) };`,
    css,
  );
}

/** The same for a desktop. @param {import("./webdriver.mjs").Browser} window @param {string} name */
export function desktopPicture(window, name) {
  return canvasPicture(window, `[data-testid="desktop-${name}"] canvas`);
}

/** How many colours a desktop's picture has, of those that are looked at. @param {import("./webdriver.mjs").Browser} window @param {string} name @returns {Promise<number>} */
export function desktopColours(window, name) {
  return window.run(
    `const canvas = document.querySelector(arguments[0]);
    if (canvas === null || canvas.width === 0) return 0;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    for (let at = 0; at < data.length; at += 4 * 37) colours.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
    return colours.size;`,
    `[data-testid="desktop-${name}"] canvas`,
  );
}

/** Waits until a desktop is painted; its picture's size. @param {import("./webdriver.mjs").Browser} window @param {string} name */
export function desktopPainted(window, name) {
  return until(`${name}'s desktop to be painted`, async () => {
    const seen = await desktopPicture(window, name);
    return seen.paper > 0.3 && seen;
  });
}

/** Clicks the cross of a VM's tab. @param {import("./webdriver.mjs").Browser} window @param {string} name */
export async function askClose(window, name) {
  // The cross is for the mouse alone: assistive technology has the tab's own menu and keys.
  await (await window.find(`.tab-close[title="Close ${name}"]`)).click();
}
