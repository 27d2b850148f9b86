// A thin W3C WebDriver client: no more than the tests need, tied to no browser's version.
// @ts-check
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

export const Key = { enter: "\uE007", escape: "\uE00C", control: "\uE009", shift: "\uE008", down: "\uE015", right: "\uE014", home: "\uE011" };

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
 * @returns {Promise<T>}
 */
export async function until(what, probe, seconds = 30) {
  const end = performance.now() + seconds * 1000;
  let last;
  for (;;) {
    try {
      const found = await probe();
      if (found) return found;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`waited ${seconds} s for ${what}`, { cause: last });
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

  /** Ends the window and its driver. */
  async close() {
    try {
      await this.call("DELETE", "");
    } finally {
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
