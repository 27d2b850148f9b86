// A thin W3C WebDriver client: no more than the tests need, tied to no browser's version.
// @ts-check
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { promisify } from "node:util";

const run = promisify(execFile);

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

export const Key = { enter: "\uE007", escape: "\uE00C", control: "\uE009", alt: "\uE00A", shift: "\uE008", down: "\uE015", right: "\uE014", home: "\uE011", f1: "\uE031", tab: "\uE004", left: "\uE012", up: "\uE013", delete: "\uE017", f10: "\uE03A" };

/** How long anything may take on a machine that is busy with other things; nothing waits longer than it has to. */
const PATIENCE = 60;
/** The same for the start of a program with its window, which one that begins in the tray opens late. */
const PATIENCE_AT_START = 180;

/** The most that a window's frame takes from its width, in pixels. */
const FRAME = 20;

/** The element that a selector and, if it is given, a text mean now: rows come and go, and one element may show another row. */
const MEANT = `const [css, source, flags] = arguments;
const text = source === null ? null : new RegExp(source, flags);
const meant = () => [...document.querySelectorAll(css)].find((one) => text === null || text.test(one.textContent)) ?? null;`;

const TOO_FAR_APART = "two clicks came too far apart";
/** What the driver says when it has not touched the element: it went, moved or was covered after it had been found. */
const NOT_DONE = new RegExp(`stale element reference|element not interactable|element click intercepted|no such element|${TOO_FAR_APART}`);

/** Gives the element once it stands still and the pointer would hit it: what is still on its way is missed. */
const STILL = `${MEANT}
const done = arguments[arguments.length - 1];
const element = meant();
if (element === null) return done(null);
element.scrollIntoView({ block: "nearest", inline: "nearest" });
const before = element.getBoundingClientRect();
requestAnimationFrame(() => requestAnimationFrame(() => {
  const after = element.getBoundingClientRect();
  const still = ["left", "top", "width", "height"].every((side) => before[side] === after[side]);
  const [left, right] = [Math.max(0, after.left), Math.min(innerWidth, after.right)];
  const [top, bottom] = [Math.max(0, after.top), Math.min(innerHeight, after.bottom)];
  const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  done(still && meant() === element && element.contains(hit) ? element : null);
}));`;

/** A port that is free now. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

/**
 * Waits until `probe` gives something, and says what it waited for when it never does.
 * @template T
 * @param {string} what
 * @param {() => Promise<T | undefined | null | false>} probe
 * @param {() => unknown} [instead] what there was instead
 * @returns {Promise<T>}
 */
export async function until(what, probe, seconds = PATIENCE, instead) {
  const end = performance.now() + seconds * 1000;
  let last;
  for (;;) {
    try {
      const found = await probe();
      if (found) return found;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) {
      const seen = instead === undefined ? "" : `, and saw ${JSON.stringify(instead())}`;
      throw new Error(`waited ${seconds} s for ${what}${seen}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A window under WebDriver. */
export class Browser {
  /** @param {string} base @param {string} session @param {import("node:child_process").ChildProcess} driver */
  constructor(base, session, driver) {
    this.base = base;
    this.session = session;
    this.driver = driver;
  }

  /**
   * Starts a driver and, by it, the program.
   * @param {{ binary: string, args?: string[], env?: Record<string, string> }} options
   */
  static async start(options) {
    return (await Browser.launch(options)).opened;
  }

  /**
   * The same for a program that opens its window later: gives its driver at once, and beside it the promise of the window.
   * @param {{ binary: string, args?: string[], env?: Record<string, string> }} options
   */
  static async launch({ binary, args = [], env = {} }) {
    const port = await freePort();
    const driver = spawn("WebKitWebDriver", [`--port=${port}`, "--host=127.0.0.1"], {
      env: { ...process.env, ...env, TAURI_WEBVIEW_AUTOMATION: "true" },
      stdio: ["ignore", "ignore", process.env.ADIT_SHOW_APP ? "inherit" : "ignore"],
    });
    process.on("exit", () => driver.kill());
    const base = `http://127.0.0.1:${port}`;
    const begin = async () => {
      const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": { binary, args } } };
      const answer = await call(base, "POST", "/session", { capabilities }, PATIENCE_AT_START);
      return new Browser(base, answer.sessionId, driver);
    };
    try {
      await until("WebKitWebDriver", async () => (await fetch(`${base}/status`)).ok);
    } catch (error) {
      driver.kill();
      throw error;
    }
    const opened = begin().catch((error) => {
      driver.kill();
      throw error;
    });
    // Whoever waits for it hears of its failure.
    opened.catch(() => {});
    return { driver, opened };
  }

  /** @param {string} method @param {string} path @param {unknown} [body] */
  call(method, path, body) {
    return call(this.base, method, `/session/${this.session}${path}`, body);
  }

  /** The program, as its processes have it. */
  programs() {
    return childrenOf(this.driver.pid);
  }

  /** Ends the program as a crash does: without a word to it. */
  async crash() {
    const programs = await this.programs();
    for (const program of programs) kill(program);
    await until("the program to end", async () => !programs.some(isRunning));
    this.driver.kill();
  }

  /** Ends the program and its driver. */
  async close() {
    // The driver ends the program after it has answered: killed before that, it would leave the program behind.
    const programs = await this.programs();
    try {
      await this.call("DELETE", "").catch((error) => {
        // It may have ended by itself, as tests have it do.
        if (programs.some(isRunning)) throw error;
      });
      await until("the program to end", async () => !programs.some(isRunning));
    } finally {
      for (const program of programs.filter(isRunning)) kill(program);
      this.driver.kill();
    }
  }

  /** @param {string} url */
  async open(url) {
    await this.call("POST", "/url", { url });
  }

  /**
   * Runs a function body in the page.
   * @param {string} script
   * @param {...unknown} args
   */
  run(script, ...args) {
    return this.call("POST", "/execute/sync", { script, args });
  }

  /**
   * Runs a function body that calls its last argument with what it found.
   * @param {string} script
   * @param {...unknown} args
   */
  runAsync(script, ...args) {
    return this.call("POST", "/execute/async", { script, args });
  }

  /** The page's windows. @returns {Promise<string[]>} */
  windows() {
    return this.call("GET", "/window/handles");
  }

  /** From now on drives another window. @param {string} handle */
  async turnTo(handle) {
    await this.call("POST", "/window", { handle });
  }

  /** Waits until there is such an element. @param {string} css */
  async find(css, seconds = PATIENCE) {
    const element = new Element(this, css);
    await until(`\`${css}\``, () => element.isThere(), seconds);
    return element;
  }

  /** Waits until there is such an element with such a text. @param {string} css @param {RegExp} text */
  async findText(css, text, seconds = PATIENCE) {
    const element = new Element(this, css, text);
    /** @type {string[]} */
    let seen = [];
    await until(`\`${css}\` with ${text}`, async () => {
      seen = await this.texts(css);
      return seen.some((candidate) => text.test(candidate));
    }, seconds, () => seen);
    return element;
  }

  /** Waits until an element, or one within it, has the keyboard. @param {string} css */
  async waitFocus(css, seconds = PATIENCE) {
    let seen;
    await until(`\`${css}\` to have the keyboard`, async () => {
      seen = await this.run("const { activeElement } = document; return [activeElement?.closest(arguments[0]) != null, activeElement?.outerHTML.slice(0, 200)]", css);
      return seen[0];
    }, seconds, () => seen);
  }

  /** The texts of all elements that match. @param {string} css @returns {Promise<string[]>} */
  texts(css) {
    return this.run("return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", css);
  }

  /** Waits until an element's text matches. @param {string} css @param {RegExp} text */
  waitText(css, text, seconds = PATIENCE) {
    /** @type {string[]} */
    let seen = [];
    return until(`${text} in \`${css}\``, async () => {
      seen = await this.texts(css);
      return seen.some((candidate) => text.test(candidate));
    }, seconds, () => seen);
  }

  /** Waits until nothing matches. @param {string} css */
  waitGone(css, seconds = PATIENCE) {
    return until(`\`${css}\` to go`, async () => (await this.texts(css)).length === 0, seconds);
  }

  /** Types into whatever has the focus, key by key. @param {string} text */
  async type(text) {
    const actions = [...text].flatMap((value) => [
      { type: "keyDown", value },
      { type: "keyUp", value },
    ]);
    await this.call("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  /** Presses keys together. @param {...string} keys */
  async chord(...keys) {
    const actions = [
      ...keys.map((value) => ({ type: "keyDown", value })),
      ...keys.toReversed().map((value) => ({ type: "keyUp", value })),
    ];
    await this.call("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  /** Presses a key and keeps it down. @param {string} value */
  async hold(value) {
    await this.call("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions: [{ type: "keyDown", value }] }] });
  }

  /** Lets all keys and buttons go. */
  async letGo() {
    await this.call("DELETE", "/actions");
  }

  /**
   * Lets the modifiers go that a window took along when it closed while they were down. The driver may believe them
   * up, and the engine still adds them to every key: only pressing them once more and letting them up brings both into line.
   */
  async letModifiersGo() {
    await this.letGo();
    await this.chord(Key.control, Key.shift);
  }

  /** Waits until the page has as much room, and has been drawn in it. @param {number} width @param {number} height */
  async resize(width, height) {
    await this.call("POST", "/window/rect", { width, height });
    let seen;
    await until(`the page to be ${width} wide`, async () => {
      seen = await this.runAsync("const done = arguments[0]; const before = innerHeight; requestAnimationFrame(() => requestAnimationFrame(() => done([innerWidth, before, innerHeight])))");
      const [now, before, after] = seen;
      // A frame around the window may be counted or not.
      return now <= width && now > width - FRAME && before === after && after <= height;
    }, PATIENCE, () => seen);
  }
}

/** An element of a page: the one that its selector and its text mean at that moment. */
export class Element {
  /** @param {Browser} browser @param {string} css @param {RegExp} [text] */
  constructor(browser, css, text) {
    this.browser = browser;
    this.css = css;
    this.words = text;
  }

  get #meant() {
    return [this.css, this.words?.source ?? null, this.words?.flags ?? ""];
  }

  get #name() {
    return this.words === undefined ? `\`${this.css}\`` : `\`${this.css}\` with ${this.words}`;
  }

  /** Whether there is one. @returns {Promise<boolean>} */
  isThere() {
    return this.browser.run(`${MEANT} return meant() !== null;`, ...this.#meant);
  }

  /** What a script's argument stands for it. */
  async reference() {
    return until(this.#name, () => this.browser.run(`${MEANT} return meant();`, ...this.#meant));
  }

  /**
   * Does something to it once it stands still, and anew where the driver says that nothing was done.
   * @param {string} what @param {(id: string) => Promise<unknown>} act
   */
  async #act(what, act) {
    const { error } = await until(`${this.#name} to be ${what}`, async () => {
      const found = await this.browser.runAsync(STILL, ...this.#meant);
      return (
        found !== null &&
        act(found[ELEMENT]).then(
          () => ({ error: null }),
          (error) => {
            if (NOT_DONE.test(String(error))) throw error;
            return { error };
          },
        )
      );
    });
    if (error !== null) throw error;
  }

  async click() {
    await this.#act("clicked", (id) => this.browser.call("POST", `/element/${id}/click`, {}));
  }

  /** Two clicks that the page takes for a double one: on a busy machine the driver's may come too far apart. */
  async doubleClick() {
    let aside = 0;
    await this.#act("double-clicked", async (id) => {
      await this.browser.run("addEventListener('dblclick', () => { window.doubleClicked = true; }, { capture: true, once: true }); window.doubleClicked = false;");
      // Another spot each time: there the clicks are counted from the first again.
      const move = { type: "pointerMove", duration: 0, x: aside, y: 0, origin: { [ELEMENT]: id } };
      aside = (aside + 8) % 40;
      const press = [
        { type: "pointerDown", button: 0 },
        { type: "pointerUp", button: 0 },
      ];
      await this.browser.call("POST", "/actions", {
        actions: [{ type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions: [move, ...press, ...press] }],
      });
      if (!(await this.browser.run("return window.doubleClicked"))) throw new Error(TOO_FAR_APART);
    });
  }

  /** @returns {Promise<string>} */
  text() {
    return until(this.#name, async () => {
      const found = await this.browser.run(`${MEANT} return [meant()?.textContent];`, ...this.#meant);
      return found[0] !== null && { text: found[0] };
    }).then(({ text }) => text);
  }

  /** Types in place of what is there. @param {string} text not empty: the driver takes none such */
  async fill(text) {
    await this.#act("emptied", (id) => this.browser.call("POST", `/element/${id}/clear`, {}));
    await this.#act("filled", (id) => this.browser.call("POST", `/element/${id}/value`, { text }));
  }
}

/** The processes that a process has started. @param {number | undefined} pid */
async function childrenOf(pid) {
  // It tells by its exit status that there are none.
  const { stdout } = await run("pgrep", ["-P", String(pid)]).catch((error) => {
    if (error.code === 1) return { stdout: "" };
    throw error;
  });
  return stdout.split("\n").filter(Boolean).map(Number);
}

/** Ends a process at once, if it has not ended by itself. @param {number} pid */
function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH") throw error;
  }
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} base @param {string} method @param {string} path @param {unknown} [body] */
async function call(base, method, path, body, seconds = PATIENCE) {
  const response = await fetch(base + path, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: { "content-type": "application/json" },
    signal: AbortSignal.timeout(seconds * 1000),
  });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${value?.error}: ${value?.message}`);
  return value;
}
