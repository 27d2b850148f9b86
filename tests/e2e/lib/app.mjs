// The programs under test: the local cloud, the app's window, and a person's browser.
// @ts-check
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

import { below } from "./used.mjs";
import { Browser, until } from "./webdriver.mjs";

const run = promisify(execFile);
const programs = process.env.ADIT_PROGRAMS ?? "target/debug";
const pictures = process.env.ADIT_PICTURES ?? "artifacts/e2e";
const MACHINE = { x64: "x86_64", arm64: "aarch64" }[process.arch] ?? process.arch;
const MINI_BROWSER = `/usr/lib/${MACHINE}-linux-gnu/webkit2gtk-4.1/MiniBrowser`;

/** The homes of the apps that were started. @type {Set<string>} */
export const homes = new Set();

/** Starts a local cloud. @param {...string} args */
export async function startCloud(...args) {
  const child = spawn(join(programs, "adit"), ["cloud", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const ready = JSON.parse(line);
    child.unref();
    child.stdout.unref();
    process.on("exit", () => child.kill());
    /** Has it do these things wrong, and no others. @param {Record<string, unknown>} faults */
    const setFaults = async (faults) => {
      const answer = await fetch(`${ready.url}/.well-known/adit-cloud/faults`, { method: "PUT", headers: { authorization: `Bearer ${ready.token}` }, body: JSON.stringify(faults) });
      if (!answer.ok) throw new Error(`the local cloud answered ${answer.status}: ${await answer.text()}`);
    };
    return { ...ready, faults: setFaults, stop: () => child.kill() };
  }
  throw new Error("the local cloud did not become ready");
}

/** Leaves a picture of the whole display: what a person gets to see. @param {string} name */
export async function picture(name) {
  await mkdir(pictures, { recursive: true });
  // What appears fades in over 120 ms; a picture is of what is there then.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await run("import", ["-window", "root", join(pictures, `${name}.png`)]);
}

/** How the app is started. @typedef {{ cloud: string, args?: string[], env?: Record<string, string>, home?: string }} Start */

/** Starts the app in a home of its own, or in that of an app that was ended before. @param {Start} how */
export async function startApp(how) {
  const app = await startAppLater(how);
  const window = await app.opened;
  return {
    ...app,
    window,
    /** Ends the app and keeps its home. */
    leave: () => window.close(),
    async stop() {
      await window.close();
      await rm(app.home, { recursive: true, force: true });
    },
  };
}

/** The same for an app that opens its window when it is asked to: it is driven from then on. @param {Start} how */
export async function startAppLater({ cloud, args = [], env = {}, home: before }) {
  const home = before ?? (await mkdtemp(join(tmpdir(), "adit-e2e-")));
  homes.add(home);
  const address = join(home, "address");
  const browser = join(home, "browser");
  await rm(address, { force: true });
  // Stands where the system's browser would: it notes the address that the app wants opened.
  await writeFile(browser, `#!/bin/sh\nprintf %s "$1" > "${address}.part" && mv "${address}.part" "${address}"\n`, { mode: 0o755 });
  const own = {
    HOME: home,
    XDG_CONFIG_HOME: join(home, "config"),
    XDG_DATA_HOME: join(home, "data"),
    XDG_CACHE_HOME: join(home, "cache"),
    XDG_STATE_HOME: join(home, "state"),
    ADIT_CLOUD: cloud,
    ADIT_BROWSER: browser,
    NO_PROXY: "127.0.0.1,localhost,::1",
    ...env,
  };
  const { driver, opened } = await Browser.launch({ binary: join(programs, "adit-app"), args, env: own });
  const root = driver.pid ?? 0;
  return {
    home,
    /** Its window, once there is one. */
    opened,
    /** The process below which the app's are. */
    root,
    /** The app's process. */
    pid: () => until("the app's process", async () => (await below(root)).find(({ name }) => name === "adit-app")?.pid),
    /** The address the app wanted the browser to open. */
    address: () => until("the app to open the browser", () => readFile(address, "utf8").catch(() => undefined)),
    /** Starts the app once more, as a click on a link does; its exit status. @param {...string} more */
    async again(...more) {
      const second = spawn(join(programs, "adit-app"), more, { env: { ...process.env, ...own }, stdio: "ignore" });
      const [code] = await once(second, "exit");
      return code;
    },
  };
}

/** Opens an address in a real browser, as the system would. @param {string} address */
export async function openBrowser(address) {
  const browser = await Browser.start({ binary: MINI_BROWSER, args: ["--automation"] });
  await browser.open(address);
  return browser;
}
