// The programs under test: the local cloud, the app's window, and a person's browser.
// @ts-check
import { execFile, spawn } from "node:child_process";
import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

import { Browser, until } from "./webdriver.mjs";

const run = promisify(execFile);
const programs = process.env.ADIT_PROGRAMS ?? "target/debug";
const pictures = process.env.ADIT_PICTURES ?? "artifacts/e2e";
const MACHINE = { x64: "x86_64", arm64: "aarch64" }[process.arch] ?? process.arch;
const MINI_BROWSER = `/usr/lib/${MACHINE}-linux-gnu/webkit2gtk-4.1/MiniBrowser`;

/** Starts a local cloud. @param {...string} args */
export async function startCloud(...args) {
  const child = spawn(join(programs, "adit"), ["cloud", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const ready = JSON.parse(line);
    child.unref();
    child.stdout.unref();
    process.on("exit", () => child.kill());
    return { ...ready, stop: () => child.kill() };
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

/** Resident memory in MiB: the app's own process, and the one that draws its page. */
export async function memory() {
  const { stdout } = await run("ps", ["-eo", "rss=,comm="]);
  const sum = (/** @type {RegExp} */ name) =>
    stdout
      .split("\n")
      .map((line) => line.trim().split(/\s+/, 2))
      .filter(([, command]) => name.test(command ?? ""))
      .reduce((total, [kib]) => total + Number(kib) / 1024, 0);
  return { app: Math.round(sum(/^adit-app/)), page: Math.round(sum(/^WebKitWebProces/)) };
}

/**
 * Starts the app in a home of its own, or in that of an app that was ended before.
 * @param {{ cloud: string, args?: string[], env?: Record<string, string>, home?: string }} options
 */
export async function startApp({ cloud, args = [], env = {}, home: before }) {
  const home = before ?? (await mkdtemp(join(tmpdir(), "adit-e2e-")));
  const address = join(home, "address");
  const browser = join(home, "browser");
  // Stands where the system's browser would: it notes the address that the app wants opened.
  await writeFile(browser, `#!/bin/sh\nprintf %s "$1" > "${address}.part" && mv "${address}.part" "${address}"\n`, { mode: 0o755 });
  const window = await Browser.start({
    binary: join(programs, "adit-app"),
    args,
    env: {
      HOME: home,
      XDG_CONFIG_HOME: join(home, "config"),
      XDG_DATA_HOME: join(home, "data"),
      XDG_CACHE_HOME: join(home, "cache"),
      XDG_STATE_HOME: join(home, "state"),
      ADIT_CLOUD: cloud,
      ADIT_BROWSER: browser,
      NO_PROXY: "127.0.0.1,localhost,::1",
      ...env,
    },
  });
  return {
    window,
    home,
    /** The address the app wanted the browser to open. */
    address: () => until("the app to open the browser", () => readFile(address, "utf8").catch(() => undefined)),
    /** Ends the app and keeps its home. */
    leave: () => window.close(),
    async stop() {
      await window.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Opens an address in a real browser, as the system would. @param {string} address */
export async function openBrowser(address) {
  const browser = await Browser.start({ binary: MINI_BROWSER, args: ["--automation"] });
  await browser.open(address);
  return browser;
}
