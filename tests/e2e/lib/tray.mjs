// The panel of a desktop, for the tests: the example `tray_host` of the shell.
// @ts-check
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { until } from "./webdriver.mjs";

const program = join(process.env.ADIT_PROGRAMS ?? "target/debug", "examples", "tray_host");

/** A row of the menu. @typedef {{ id: number, label: string, enabled: boolean }} Row */

/** See the module. */
export class TrayHost {
  /** @param {import("node:child_process").ChildProcess} child */
  constructor(child) {
    this.child = child;
    /** @type {((answer: any) => void)[]} */
    this.waiting = [];
    /** @type {{ id: number, title: string, text: string }[]} */
    this.notices = [];
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
        else if (!said.item) host.waiting.shift()?.(said);
      });
    });
    return host;
  }

  /** @param {string} line @returns {Promise<any>} */
  async ask(line) {
    const answer = await new Promise((resolve) => {
      this.waiting.push(resolve);
      this.child.stdin?.write(`${line}\n`);
    });
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  /** What is shown now. @returns {Promise<{ status: string, rows: Row[] }>} */
  layout() {
    return this.ask("layout");
  }

  /** Waits for a row. @param {RegExp} words @returns {Promise<Row>} */
  async row(words) {
    let seen = "";
    return until(`${words} in the tray`, async () => {
      const { rows } = await this.layout();
      seen = rows.map(({ label }) => label).join(" | ");
      return rows.find(({ label, enabled }) => enabled && words.test(label));
    }).catch((error) => {
      throw new Error(`${error.message}; it shows ${seen}`, { cause: error });
    });
  }

  /** Clicks a row. @param {RegExp} words */
  async click(words) {
    await this.ask(`click ${(await this.row(words)).id}`);
  }

  /** Waits for a notice. @param {RegExp} title */
  notice(title) {
    return until(`a notice ${title}`, async () => this.notices.find((notice) => title.test(notice.title)));
  }

  /** Clicks a notice. @param {{ id: number }} notice */
  async clickNotice({ id }) {
    await this.ask(`notice ${id}`);
  }

  /** Clicks the icon itself. */
  async activate() {
    await this.ask("activate");
  }

  stop() {
    this.child.kill();
  }
}
