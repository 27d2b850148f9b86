// The panel of a desktop, for the tests: the example `tray_host` of the shell.
// @ts-check
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { until } from "./webdriver.mjs";

const program = join(process.env.ADIT_PROGRAMS ?? "target/debug", "examples", "tray_host");

/** How long the host may take to answer, in milliseconds: it asks the app over the bus. */
const ANSWERED = 30_000;

/** A row of the menu, and those of its own menu. @typedef {{ id: number, label: string, enabled: boolean, rows: Row[] }} Row */
/** A row, and the ids of the menus that lead to it and of itself. @typedef {Row & { path: number[] }} Found */
/** A notice: `actions` has a key and a word for each button. @typedef {{ id: number, title: string, text: string, actions: string[] }} Notice */

/** See the module. */
export class TrayHost {
  /** @param {import("node:child_process").ChildProcess} child */
  constructor(child) {
    this.child = child;
    /** @type {((answer: any) => void)[]} */
    this.waiting = [];
    /** Those that are shown. @type {Notice[]} */
    this.notices = [];
    /** The ids of those that the app has taken back. @type {Set<number>} */
    this.takenBack = new Set();
    /** Titles of those that were refused. @type {string[]} */
    this.refused = [];
  }

  /** Stands on the session bus as the one who shows trays. */
  static async start() {
    const child = spawn(program, [], { stdio: ["pipe", "pipe", "inherit"] });
    const host = new TrayHost(child);
    await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the tray's host ended with ${code}`)));
      createInterface({ input: child.stdout }).on("line", (line) => {
        const said = JSON.parse(line);
        if (said.ready) resolve(undefined);
        else if (said.notice) host.notices.push(said.notice);
        else if (said.closed) host.#closed(said.closed, said.by);
        else if (said.refused) host.refused.push(said.refused);
        else if (!said.item) host.waiting.shift()?.(said);
      });
    });
    return host;
  }

  /** @param {string} line @returns {Promise<any>} */
  async ask(line) {
    const answer = await new Promise((resolve, reject) => {
      // Answers come in the order of the questions: after one that never came, nothing else can be asked either.
      const late = setTimeout(() => reject(new Error(`no answer to "${line}" from the tray's host`)), ANSWERED);
      this.waiting.push((answer) => {
        clearTimeout(late);
        resolve(answer);
      });
      this.child.stdin?.write(`${line}\n`);
    });
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  /** @param {number} id @param {"app" | "person"} by */
  #closed(id, by) {
    this.notices = this.notices.filter((notice) => notice.id !== id);
    if (by === "app") this.takenBack.add(id);
  }

  /** What is shown now. @returns {Promise<{ status: string, rows: Row[] }>} */
  layout() {
    return this.ask("layout");
  }

  /** Waits for a row, in the menu or in one within it. @param {RegExp} words @returns {Promise<Found>} */
  async row(words) {
    return this.#until(words, "in the tray", async (row) => row);
  }

  /** Waits until no row is called so. @param {RegExp} words */
  async noRow(words) {
    await until(`no ${words} in the tray`, async () => !flat((await this.layout()).rows).some(({ label }) => words.test(label)));
  }

  /** Waits until the icon says this. @param {"Active" | "NeedsAttention"} status */
  async says(status) {
    await until(`the tray to say ${status}`, async () => (await this.layout()).status === status);
  }

  /** Clicks a row, once it is there. @param {RegExp} words */
  async click(words) {
    // The menu may have changed since it was looked at: then nothing was clicked.
    await this.#until(words, "to be clicked in the tray", (row) => this.ask(`click ${row.path.join(" ")}`));
  }

  /** Clicks a row if it is there now. @param {RegExp} words */
  async clickNow(words) {
    const { rows } = await this.layout().catch(() => ({ rows: [] }));
    const row = flat(rows).find(({ label }) => words.test(label));
    if (row !== undefined) await this.ask(`click ${row.path.join(" ")}`).catch(() => {});
  }

  /** @template T @param {RegExp} words @param {string} what @param {(row: Found) => Promise<T>} act @returns {Promise<T>} */
  async #until(words, what, act) {
    /** @type {string[]} */
    let seen = [];
    const { done } = await until(`${words} ${what}`, async () => {
      const all = flat((await this.layout()).rows);
      seen = all.map(({ label }) => label);
      const found = all.find(({ label, enabled }) => enabled && words.test(label));
      return found !== undefined && { done: await act(found) };
    }, undefined, () => seen);
    return done;
  }

  /** Waits for a notice. @param {RegExp} title */
  notice(title) {
    return until(`a notice ${title}`, async () => this.notices.find((notice) => title.test(notice.title)), undefined, () => this.notices);
  }

  /** Waits until the app has taken a notice back. @param {Notice} notice */
  async isTakenBack({ id, title }) {
    await until(`"${title}" to be taken back`, async () => this.takenBack.has(id), undefined, () => this.notices);
  }

  /** Waits until there is no such notice. @param {RegExp} title */
  async noNotice(title) {
    await until(`no notice ${title}`, async () => !this.notices.some((notice) => title.test(notice.title)), undefined, () => this.notices);
  }

  /** Clicks a notice that is shown, or the button with this word. @param {Notice} notice @param {string} [word] */
  async clickNotice({ id, actions }, word) {
    const key = word === undefined ? "default" : actions[actions.indexOf(word) - 1];
    if (key === undefined) throw new Error(`no ${word} among ${actions}`);
    await this.ask(`notice ${id} ${key}`);
  }

  /** Refuses the next notice, as a service that is in trouble. */
  async refuseNotice() {
    await this.ask("refuse notice");
  }

  /** Has the service that shows notices end, with all that it shows, and begin anew. */
  async renewNotices() {
    await this.ask("renew notices");
    this.notices = [];
    // It counts anew.
    this.takenBack.clear();
  }

  /** Clicks the icon itself. */
  async activate() {
    await this.ask("activate");
  }

  stop() {
    this.child.kill();
  }
}

/** All rows, those of a menu after it. @param {Row[]} rows @param {number[]} [above] @returns {Found[]} */
function flat(rows, above = []) {
  return rows.flatMap((row) => {
    const path = [...above, row.id];
    return [{ ...row, path }, ...flat(row.rows, path)];
  });
}
