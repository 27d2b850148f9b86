// A thin W3C WebDriver client: no more than the tests need, tied to no browser's version.
// @ts-check
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { promisify } from "node:util";

const run = promisify(execFile);

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

export const Key = { enter: "\uE007", escape: "\uE00C", control: "\uE009", shift: "\uE008", down: "\uE015", right: "\uE014", home: "\uE011", f1: "\uE031", tab: "\uE004", left: "\uE012", up: "\uE013", delete: "\uE017", f10: "\uE03A" };

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
export async function until(what, probe, seconds = 30, instead) {
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
  static async start({ binary, args = [], env = {} }) {
    const port = await freePort();
    const driver = spawn("WebKitWebDriver", [`--port=${port}`, "--host=127.0.0.1"], {
      env: { ...process.env, ...env, TAURI_WEBVIEW_AUTOMATION: "true" },
      stdio: ["ignore", "ignore", process.env.ADIT_SHOW_APP ? "inherit" : "ignore"],
    });
    const base = `http://127.0.0.1:${port}`;
    try {
      await until("WebKitWebDriver", async () => (await fetch(`${base}/status`)).ok);
      const answer = await call(base, "POST", "/session", {
        capabilities: { alwaysMatch: { "webkitgtk:browserOptions": { binary, args } } },
      });
      return new Browser(base, answer.sessionId, driver);
    } catch (error) {
      driver.kill();
      throw error;
    }
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
    await until("the program to end", async () => !programs.some(isRunning), 10);
    this.driver.kill();
  }

  /** Ends the program and its driver. */
  async close() {
    // The driver ends the program after it has answered: killed before that, it would leave the program behind.
    const programs = await this.programs();
    try {
      await this.call("DELETE", "");
      await until("the program to end", async () => !programs.some(isRunning), 10);
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

  /** @param {string} css */
  async find(css, seconds = 30) {
    const found = await until(`\`${css}\``, () => this.call("POST", "/element", { using: "css selector", value: css }), seconds);
    return new Element(this, found[ELEMENT]);
  }

  /** @param {string} css @param {RegExp} text */
  async findText(css, text, seconds = 30) {
    const index = await until(`\`${css}\` with ${text}`, async () => {
      const texts = await this.texts(css);
      const at = texts.findIndex((candidate) => text.test(candidate));
      return at >= 0 ? { at } : undefined;
    }, seconds);
    const all = await this.call("POST", "/elements", { using: "css selector", value: css });
    return new Element(this, all[index.at][ELEMENT]);
  }

  /** The texts of all elements that match. @param {string} css @returns {Promise<string[]>} */
  texts(css) {
    return this.run("return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", css);
  }

  /** Waits until an element's text matches. @param {string} css @param {RegExp} text */
  waitText(css, text, seconds = 30) {
    return until(`${text} in \`${css}\``, async () => (await this.texts(css)).some((candidate) => text.test(candidate)), seconds);
  }

  /** Waits until nothing matches. @param {string} css */
  waitGone(css, seconds = 30) {
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

  /** @param {number} width @param {number} height */
  async resize(width, height) {
    await this.call("POST", "/window/rect", { width, height });
  }
}

/** An element of a page. */
export class Element {
  /** @param {Browser} browser @param {string} id */
  constructor(browser, id) {
    this.browser = browser;
    this.id = id;
  }

  get reference() {
    return { [ELEMENT]: this.id };
  }

  async click() {
    await this.browser.call("POST", `/element/${this.id}/click`, {});
  }

  async doubleClick() {
    const move = { type: "pointerMove", duration: 0, x: 0, y: 0, origin: this.reference };
    const press = [
      { type: "pointerDown", button: 0 },
      { type: "pointerUp", button: 0 },
    ];
    await this.browser.call("POST", "/actions", {
      actions: [{ type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions: [move, ...press, ...press] }],
    });
  }

  /** @returns {Promise<string>} */
  text() {
    return this.browser.call("GET", `/element/${this.id}/text`);
  }

  /** @param {string} text */
  async fill(text) {
    await this.browser.call("POST", `/element/${this.id}/clear`, {});
    await this.browser.call("POST", `/element/${this.id}/value`, { text });
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
async function call(base, method, path, body) {
  const response = await fetch(base + path, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: { "content-type": "application/json" },
    signal: AbortSignal.timeout(60_000),
  });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${value?.error}: ${value?.message}`);
  return value;
}
