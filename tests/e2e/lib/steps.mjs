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

/** Signs in, and waits for the tree. @param {{ window: import("./webdriver.mjs").Browser, address: () => Promise<string> }} app @param {RegExp} user */
export async function signIn(app, user) {
  await (await app.window.find(SIGN_IN)).click();
  await pickUser(await app.address(), user);
  await app.window.find(ROW);
}

/** Opens a closed row of the tree. @param {import("./webdriver.mjs").Browser} window @param {string} name */
export async function expand(window, name) {
  const row = await window.findText(ROW, literally(name));
  const open = await window.run("return arguments[0].getAttribute('aria-expanded')", row.reference);
  if (open === "true") return;
  await row.click();
  await window.chord(Key.right);
  await until(`${name} to open`, () =>
    window.run(
      "return [...document.querySelectorAll(arguments[0])].some((e) => e.textContent.includes(arguments[1]) && e.getAttribute('aria-expanded') === 'true')",
      ROW,
      name,
    ),
  );
}

/** Finds a VM by the explorer's filter. @param {import("./webdriver.mjs").Browser} window @param {string} text */
export async function filter(window, text) {
  const field = await window.find('[data-testid="tree-filter"]');
  await field.fill(text);
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
  }, seconds);
}

/** What a terminal shows. @param {import("./webdriver.mjs").Browser} window @param {string} name @returns {Promise<string[]>} */
export function screen(window, name) {
  return window.run(
    "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent.replaceAll('\\u00a0', ' ').trimEnd())",
    `[data-testid="terminal-${name}"] .xterm-rows > div`,
  );
}

/** Waits until a line of a terminal matches. @param {import("./webdriver.mjs").Browser} window @param {string} name @param {RegExp} line */
export function waitLine(window, name, line, seconds = 30) {
  return until(`${line} on ${name}'s screen`, async () => (await screen(window, name)).find((text) => line.test(text)), seconds);
}

/** Types a line into a terminal. @param {import("./webdriver.mjs").Browser} window @param {string} name @param {string} text */
export async function typeLine(window, name, text) {
  await window.run("document.querySelector(arguments[0])?.focus()", `[data-testid="terminal-${name}"] textarea`);
  await window.type(text + Key.enter);
}

/** Opens a forward to a port of the VM in front, by the keyboard alone. @param {import("./webdriver.mjs").Browser} window @param {number} port */
export async function forward(window, port) {
  await window.chord(Key.control, Key.shift, "t");
  await window.find('[data-testid="tunnel-form-port"]');
  await window.type(`${port}${Key.enter}`);
  await window.waitGone('[data-testid="tunnel-form"]');
}

/** Waits until a tunnel is in one of these states. @param {import("./webdriver.mjs").Browser} window @param {string} name @param {string[]} states */
export async function tunnelReaches(window, name, states, seconds = 30) {
  let seen;
  return until(`the tunnel ${name} to be ${states.join(" or ")}`, async () => {
    seen = await window.run("return document.querySelector(arguments[0])?.dataset.state", `[data-testid="tunnel-row-${name}"]`);
    return states.includes(seen) && seen;
  }, seconds);
}

/** A tunnel's local port. @param {import("./webdriver.mjs").Browser} window @param {string} name */
export async function localPort(window, name) {
  const [address] = await window.texts(`[data-testid="tunnel-row-${name}"] .tunnel-local`);
  const port = /:(\d+)$/.exec(address?.trim() ?? "")?.[1];
  if (port === undefined) throw new Error(`no local address in ${address}`);
  return Number(port);
}
