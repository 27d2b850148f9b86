// The display as a person has it: windows with a frame, and a real pointer and keyboard, by `xdotool`.
// @ts-check
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { until } from "./webdriver.mjs";

const run = promisify(execFile);

/** @param {...(string | number)} args */
async function xdotool(...args) {
  return (await run("xdotool", args.map(String))).stdout;
}

/** The windows on the display that are called so. @param {string} title @returns {Promise<string[]>} */
export async function windowsCalled(title) {
  const named = `^${title.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`;
  // It ends with 1 when there is none, and also when one goes while it looks: then it says so.
  return until(`the display's windows`, async () => ({
    found: await xdotool("search", "--onlyvisible", "--name", named).catch((error) => {
      if (error.code !== 1 || error.stderr !== "") throw error;
      return "";
    }),
  })).then(({ found }) => found.split("\n").filter((line) => line !== ""));
}

/** Waits for as many windows with this title. @param {string} title @param {number} count */
async function windowsAre(title, count) {
  /** @type {string[]} */
  let seen = [];
  await until(`${count} windows called ${title}`, async () => {
    seen = await windowsCalled(title);
    return seen.length === count;
  }, undefined, () => seen);
  return seen;
}

/** Waits for a window with this title, and gives it the keyboard; its id. @param {string} title */
async function activate(title) {
  const [window = ""] = await windowsAre(title, 1);
  await raise(window);
  return window;
}

/** Brings a window before all others, and gives it the keyboard. @param {string} window its id */
export async function raise(window) {
  await until(`the window ${window} to have the keyboard`, async () => {
    await xdotool("windowactivate", window);
    return (await xdotool("getwindowfocus")).trim() === window;
  });
}

/** Waits until the app has this many windows. @param {number} count */
export const appWindows = (count) => windowsAre("Adit", count);

/** Where the window with this title lies on the display, without its frame. @param {string} title */
export async function windowArea(title) {
  const [window = ""] = await windowsAre(title, 1);
  const said = await xdotool("getwindowgeometry", "--shell", window);
  const number = (/** @type {string} */ name) => Number(new RegExp(`^${name}=(.*)$`, "m").exec(said)?.[1]);
  return { x: number("X"), y: number("Y"), width: number("WIDTH"), height: number("HEIGHT") };
}

/** Closes the app's window as its frame does. */
export async function closeWindow() {
  await activate("Adit");
  await xdotool("key", "alt+F4");
}

/** The same, and waits until it has gone. */
export async function closeToTray() {
  await closeWindow();
  await appWindows(0);
}

/**
 * Names a file in the system's dialog with this title.
 * @param {string} title @param {string} path
 */
export async function nameFile(title, path) {
  await activate(title);
  // Where a file is to be saved its name is chosen already; where one is opened, a slash begins to name it, and what comes
  // before the dialog has made room for it is lost. What is chosen there can be read.
  let seen = "";
  await until(`${title} to have taken ${path}`, async () => {
    await xdotool("key", "ctrl+a");
    await xdotool("type", path);
    await xdotool("key", "ctrl+a");
    seen = (await run("xclip", ["-o", "-selection", "primary"]).catch(() => ({ stdout: "" }))).stdout;
    return seen === path;
  }, undefined, () => seen);
  await xdotool("key", "Return");
  await windowsAre(title, 0);
}

/** A pointer that the whole display sees, where elements of a page are. Only such a one can drag. */
export class Pointer {
  /** @param {import("./webdriver.mjs").Browser} window @param {{ x: number, y: number }} origin */
  constructor(window, origin) {
    this.window = window;
    this.origin = origin;
  }

  /** Finds out where the page lies on the display. @param {import("./webdriver.mjs").Browser} window @param {string} title */
  static async over(window, title) {
    await activate(title);
    await window.run("addEventListener('mousemove', (event) => { window.pageAt = { x: event.screenX - event.clientX, y: event.screenY - event.clientY }; }, true)");
    let aside = 0;
    const origin = await until("the page to see the pointer", async () => {
      aside = (aside + 1) % 20;
      await xdotool("mousemove", 400 + aside, 400);
      return window.run("return window.pageAt ?? null");
    });
    return new Pointer(window, origin);
  }

  /** @param {string} css @returns {Promise<{ x: number, y: number }>} */
  async #centre(css) {
    const found = await until(`\`${css}\` to stand still, with nothing over it`, () =>
      this.window.runAsync(
        `const [css, done] = arguments;
        const element = document.querySelector(css);
        const before = element.getBoundingClientRect();
        requestAnimationFrame(() => requestAnimationFrame(() => {
          const after = element.getBoundingClientRect();
          const centre = { x: after.left + after.width / 2, y: after.top + after.height / 2 };
          const still = before.top === after.top && before.left === after.left;
          done(still && element.contains(document.elementFromPoint(centre.x, centre.y)) ? centre : null);
        }));`,
        css,
      ),
    );
    return { x: Math.round(this.origin.x + found.x), y: Math.round(this.origin.y + found.y) };
  }

  /**
   * Drags one element onto another, which says by `data-drop-target` that it takes it.
   * @param {string} from @param {string} to
   */
  async drag(from, to) {
    await this.window.run("window.dragBegan = false; addEventListener('dragstart', () => { window.dragBegan = true; }, { capture: true, once: true })");
    const start = await this.#centre(from);
    await xdotool("mousemove", start.x, start.y);
    await xdotool("mousedown", 1);
    try {
      let away = 0;
      await until("the drag to begin", async () => {
        away = (away + 3) % 30;
        await xdotool("mousemove", start.x + away, start.y);
        return this.window.run("return window.dragBegan");
      });
      const end = await this.#centre(to);
      let aside = 0;
      await until(`\`${to}\` to take it`, async () => {
        aside = (aside + 2) % 20;
        await xdotool("mousemove", end.x + aside, end.y);
        return this.window.run("return document.querySelector(arguments[0])?.hasAttribute('data-drop-target')", to);
      });
    } finally {
      await xdotool("mouseup", 1);
    }
  }
}
