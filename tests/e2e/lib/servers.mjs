// Remote desktops as they come with Debian, each until it is stopped. Where one cannot be started, that is said; in CI there are all.
// @ts-check
import { execFile, spawn } from "node:child_process";
import { access, chmod, constants, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

import { freePort, until } from "./webdriver.mjs";

const run = promisify(execFile);
/** What scrolls on each of them. */
const SCROLL = ["-e", "sh", "-c", "while :; do date; sleep 0.2; done"];
/** The system user that is made for xrdp. */
const XRDP_USER = "adit-e2e-desktop";

/** Where xrdp looks for who starts its sessions. */
const SESMAN = 3350;

/** A server. @typedef {{ name: string, port: number, user: string, password: string, nla: boolean, stop: () => Promise<void> }} Server */

/** Whether all these programs are there. @param {string} server @param {...string} programs */
async function available(server, ...programs) {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/usr/bin"];
  for (const program of programs) {
    const found = await Promise.all(folders.map((folder) => access(join(folder, program), constants.X_OK).then(() => true, () => false)));
    if (!found.includes(true)) {
      if (process.env.CI !== undefined) throw new Error(`${server} wants ${program}, which is not installed`);
      console.log(`# ${server}: not run, ${program} is not installed`);
      return false;
    }
  }
  return true;
}

/** Starts what goes together, and ends all of it when a part fails. @param {(all: Together) => Promise<Server>} start */
async function together(start) {
  // Not in this run's own folder for such things: xrdp's session is another user's, who has to get there.
  const all = new Together(await mkdtemp("/tmp/adit-server-"));
  try {
    return await start(all);
  } catch (error) {
    await all.stop();
    throw error;
  }
}

/** Processes and a folder that go together. */
class Together {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
    /** @type {import("node:child_process").ChildProcess[]} */
    this.children = [];
    /** @type {(() => Promise<unknown>)[]} */
    this.last = [];
  }

  /** @param {string} program @param {string[]} args @param {Record<string, string>} [env] */
  start(program, args, env = {}) {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: "ignore" });
    child.unref();
    child.on("error", (error) => console.error(`${program}: ${error.message}`));
    process.on("exit", () => child.kill());
    this.children.unshift(child);
    return child;
  }

  async stop() {
    for (const child of this.children) {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.kill();
        const late = setTimeout(() => child.kill("SIGKILL"), 3000);
        await ended;
        clearTimeout(late);
      }
    }
    for (const undo of this.last) await undo();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A certificate for `localhost`, and its key as OpenSSL used to write them. */
  async certificate() {
    const [cert, pkcs8, key] = ["cert.pem", "key8.pem", "key.pem"].map((name) => join(this.folder, name));
    await run("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", pkcs8, "-out", cert]);
    await run("openssl", ["rsa", "-traditional", "-in", pkcs8, "-out", key]);
    return { cert, key };
  }
}

/** Whether somebody listens there. @param {number} port */
async function isOpen(port) {
  for (const host of ["127.0.0.1", "::1"]) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, host);
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return true;
  }
  return false;
}

/** Waits until somebody listens there. @param {number} port */
const listens = (port) => until(`port ${port}`, () => isOpen(port));

/** FreeRDP's shadow server, which shows a display of its own and knows Network Level Authentication. @returns {Promise<Server | null>} */
export async function shadow() {
  if (!(await available("FreeRDP's shadow server", "freerdp-shadow-cli", "winpr-hash", "Xvfb", "xterm", "xsetroot"))) return null;
  return together(async (all) => {
    const told = join(all.folder, "display");
    all.start("sh", ["-c", `exec Xvfb -displayfd 3 -screen 0 1024x768x24 -nolisten tcp -noreset 3>"$0"`, told]);
    const display = `:${await until("a display", async () => (await readFile(told, "utf8").catch(() => "")).trim())}`;
    await run("xsetroot", ["-display", display, "-solid", "#205080"]);
    all.start("xterm", ["-display", display, "-geometry", "100x30+40+40", "-bg", "#203040", "-fg", "white", ...SCROLL]);
    const sam = join(all.folder, "sam");
    const { stdout } = await run("winpr-hash", ["-u", "tester", "-p", "secret", "-f", "sam"]);
    await writeFile(sam, stdout);
    const port = await freePort();
    all.start("freerdp-shadow-cli", [`/port:${port}`, "/bind-address:127.0.0.1", "+auth", "/sec:nla", `/sam-file:${sam}`], { DISPLAY: display, HOME: all.folder });
    await listens(port);
    return { name: "shadow", port, user: "tester", password: "secret", nla: true, stop: () => all.stop() };
  });
}

/** weston's remote desktop: TLS, without Network Level Authentication and without accounts. @returns {Promise<Server | null>} */
export async function weston() {
  if (!(await available("weston", "weston", "weston-simple-shm", "openssl"))) return null;
  return together(async (all) => {
    await chmod(all.folder, 0o700);
    const { cert, key } = await all.certificate();
    const env = { XDG_RUNTIME_DIR: all.folder, HOME: all.folder };
    const port = await freePort();
    all.start("weston", ["--backend=rdp-backend.so", "--address=127.0.0.1", "--width=1024", "--height=768", "--no-clients-resize", "--idle-time=0", "--socket=wl-rdp", "--no-config", `--port=${port}`, `--rdp-tls-cert=${cert}`, `--rdp-tls-key=${key}`], env);
    await listens(port);
    all.start("weston-simple-shm", [], { ...env, WAYLAND_DISPLAY: "wl-rdp" });
    return { name: "weston", port, user: "anybody", password: "anything", nla: false, stop: () => all.stop() };
  });
}

/** Sets `key=value` lines in one section of a configuration. @param {string} text @param {string} section @param {Record<string, string>} values */
function configured(text, section, values) {
  let inside = false;
  return text
    .split("\n")
    .flatMap((line) => {
      if (line.startsWith("[")) {
        inside = line === `[${section}]`;
        return inside ? [line, ...Object.entries(values).map(([key, value]) => `${key}=${value}`)] : [line];
      }
      return inside && line.split("=")[0] in values ? [] : [line];
    })
    .join("\n");
}

/** xrdp with an X session of a system user, who is made for it: as root alone, in CI. @returns {Promise<Server | null>} */
export async function xrdp() {
  if (process.getuid?.() !== 0 || process.env.CI === undefined) {
    console.log("# xrdp: not run, a system user is made as root in CI alone");
    return null;
  }
  if (!(await available("xrdp", "xrdp", "xrdp-sesman", "xterm", "xsetroot", "openssl"))) return null;
  if (await isOpen(SESMAN)) {
    console.log("# xrdp: not run, another one serves this machine");
    return null;
  }
  return together(async (all) => {
    await chmod(all.folder, 0o755);
    const home = join(all.folder, "home");
    const password = "a password of the test";
    all.last.push(async () => {
      await run("pkill", ["-KILL", "-u", XRDP_USER]).catch(() => {});
      await run("userdel", ["--force", XRDP_USER]).catch(() => {});
  });
  // An earlier run may have been ended by force.
  await run("userdel", ["--force", XRDP_USER]).catch(() => {});
  await run("useradd", ["-M", "-s", "/bin/sh", "-d", home, XRDP_USER]);
  const told = spawn("chpasswd", { stdio: ["pipe", "ignore", "inherit"] });
  told.stdin.end(`${XRDP_USER}:${password}\n`);
  const code = await new Promise((resolve) => told.once("exit", resolve));
  if (code !== 0) throw new Error(`the password cannot be set: chpasswd ended with ${code}`);
  await mkdir(home);
  await writeFile(join(home, ".xsession"), `xsetroot -solid '#205080'\nxterm -geometry 80x24+40+40 -e sh -c 'while :; do date; sleep 0.2; done' &\nexec sleep 600\n`, { mode: 0o755 });
  await run("chown", ["-R", XRDP_USER, home]);
  const { cert, key } = await all.certificate();
  await chmod(cert, 0o644);
  const port = await freePort();
  const at = (/** @type {string} */ name) => join(all.folder, name);
  const quiet = (/** @type {string} */ name) => ({ LogFile: at(name), EnableSyslog: "false" });
  const ini = configured(await readFile("/etc/xrdp/xrdp.ini", "utf8"), "Globals", { port: `tcp://127.0.0.1:${port}`, autorun: "Xorg", security_layer: "tls", certificate: cert, key_file: key });
  await writeFile(at("xrdp.ini"), configured(ini, "Logging", quiet("log")));
  await writeFile(at("sesman.ini"), configured(await readFile("/etc/xrdp/sesman.ini", "utf8"), "Logging", quiet("sesman-log")));
  // With the package's own mode the session starts and stays black.
  await run("install", ["-d", "-m", "3777", "/run/xrdp/sockdir"]);
  all.start("xrdp-sesman", ["-n", "-c", at("sesman.ini")]);
  await listens(SESMAN);
  all.start("xrdp", ["-n", "-c", at("xrdp.ini")]);
  await listens(port);
  return { name: "xrdp", port, user: XRDP_USER, password, nla: false, stop: () => all.stop() };
  });
}
