// What the app's processes use, as the system counts it. Linux only.
// @ts-check
import { readdir, readFile } from "node:fs/promises";

/** Seconds of processor time since its start, by process of the app's. @typedef {{ app: number, page: number }} Processor */

/** All processes below this one, by name. @param {number} root @returns {Promise<{ pid: number, name: string }[]>} */
export async function below(root) {
  /** @type {{ pid: number, parent: number, name: string }[]} */
  const all = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => "");
    const match = /^\d+ \((.*)\) \S (\d+)/s.exec(stat);
    if (match) all.push({ pid: Number(entry), name: match[1] ?? "", parent: Number(match[2]) });
  }
  const found = new Set([root]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const { pid, parent } of all) {
      if (found.has(parent) && !found.has(pid)) {
        found.add(pid);
        grew = true;
      }
    }
  }
  return all.filter(({ pid }) => pid !== root && found.has(pid));
}

/** The app's own process and those that draw its page. @param {number} root */
async function processes(root) {
  const all = await below(root);
  return { app: all.filter(({ name }) => name.startsWith("adit-app")), page: all.filter(({ name }) => name.startsWith("WebKit")) };
}

/** Whether a page is drawn: the process that the engine keeps for the network stays. @param {number} root */
export async function drawsPage(root) {
  return (await processes(root)).page.some(({ name }) => name.startsWith("WebKitWeb"));
}

/** @param {number} pid */
async function seconds(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** @param {number} root @returns {Promise<Processor>} */
export async function processor(root) {
  const { app, page } = await processes(root);
  const sum = async (/** @type {{ pid: number }[]} */ list) => (await Promise.all(list.map(({ pid }) => seconds(pid)))).reduce((a, b) => a + b, 0);
  return { app: await sum(app), page: await sum(page) };
}

/** Proportional set size in MB, by process of the app's. @param {number} root @returns {Promise<{ app: number, page: number }>} */
export async function memory(root) {
  const { app, page } = await processes(root);
  const sum = async (/** @type {{ pid: number }[]} */ list) => {
    let total = 0;
    for (const { pid } of list) {
      // One that ended meanwhile has none.
      const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
      total += Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) * 1024;
    }
    return total / 1e6;
  };
  return { app: await sum(app), page: await sum(page) };
}

/** Seconds of processor time of each thread of the app's with this name. @param {number} root @param {string} name @returns {Promise<Map<string, number>>} */
export async function threads(root, name) {
  const found = new Map();
  for (const { pid } of (await processes(root)).app) {
    for (const task of await readdir(`/proc/${pid}/task`)) {
      const comm = await readFile(`/proc/${pid}/task/${task}/comm`, "utf8").catch(() => "");
      if (comm.trim() !== name) continue;
      const [nanoseconds] = (await readFile(`/proc/${pid}/task/${task}/schedstat`, "utf8")).split(" ");
      found.set(task, Number(nanoseconds) / 1e9);
    }
  }
  return found;
}
