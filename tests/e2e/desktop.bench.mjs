// What a desktop costs in the real window: paints, processor time, memory. Run by `cargo xtask bench rdp`.
//
// A paint is an animation frame in which the page has put pixels on the desktop's canvas. The page is watched from
// outside: the app knows nothing of it. The stand-in either draws and packs each change ("live") or has done that
// beforehand and sends it over and over ("replayed"), so that the window is not measured by what the server beside it
// takes of the same processor.
// @ts-check
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { picture, startApp, startCloud } from "./lib/app.mjs";
import { figures, median, quantile, rounded } from "./lib/figures.mjs";
import { connect, desktopPicture, expand, reaches, signIn, signInto, trustCertificate } from "./lib/steps.mjs";
import { memory, processor, threads } from "./lib/used.mjs";
import { until } from "./lib/webdriver.mjs";

const host = resolve(process.env.ADIT_RDP_HOST ?? "tests/rdp-host/target/release/rdp-host");
const rounds = Number(process.env.ADIT_BENCH_ROUNDS ?? 3);
const seconds = Number(process.env.ADIT_BENCH_SECONDS ?? 6);
const only = process.env.ADIT_BENCH_ONLY ?? "";
const VM = "win-jump-1";
const PASSWORD = "Quiet-Harbour-27";
const FULL_HD = { width: 1920, height: 1080 };
const UHD = { width: 3840, height: 2160 };
/** What the window has around the tab's room: right from the start, so that a recording is of the right size. */
const AROUND = { width: 272, height: 102 };
/** Changes that are recorded before they are replayed. */
const RECORDED = 40;
const figure = figures("rdp");

/** Counts what is put on canvases, in the page. Returns nothing; the counts are at `window.benchPaints`. */
const WATCH = `
  const counts = { paints: 0, parts: 0, pixels: 0, ages: [], frame: 0, painted: -1 };
  window.benchPaints = counts;
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) => request((time) => { counts.frame = time; callback(time); });
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (image, ...rest) {
    put.call(this, image, ...rest);
    counts.parts += 1;
    counts.pixels += image.width * image.height;
    if (counts.painted !== counts.frame) {
      counts.painted = counts.frame;
      counts.paints += 1;
      const { buffer } = image.data;
      if (buffer.byteLength > 24) {
        const head = new DataView(buffer);
        // When the picture was taken, by the session's own clock: only differences mean anything.
        if (head.getUint16(0, true) === 0x5041) counts.ages.push([performance.now(), performance.timeOrigin + performance.now() - head.getUint32(20, true)]);
      }
    }
  };
`;

/** The stand-in with these options, signed in to in a window whose tab has this size. @param {string[]} options @param {{ width: number, height: number }} size @param {number} [desktops] */
async function open(options, size, desktops = 1) {
  const folder = await mkdtemp(join(tmpdir(), "adit-bench-"));
  const report = join(folder, "report");
  const program = join(folder, "rdp-host");
  await writeFile(program, `#!/bin/sh\nexec '${host}' "$@" ${options.join(" ")}\n`);
  await chmod(program, 0o755);
  process.env.RDP_HOST_REPORT = report;
  const landscape = join(folder, "landscape.json");
  const text = await readFile("assets/landscapes/demo.json", "utf8");
  const line = text.split("\n").find((candidate) => candidate.includes(`"name": "${VM}"`)) ?? "";
  const more = Array.from({ length: desktops - 1 }, (_, index) => line.replace(VM, `win-jump-${index + 2}`).replace('"ip": "10.10.2.7"', `"ip": "10.10.2.${100 + index}"`));
  await writeFile(landscape, text.replace(line, [line, ...more].join("\n")));
  const cloud = await startCloud("--landscape", landscape, "--rdp-host", program);
  const app = await startApp({ cloud: cloud.url });
  const { window } = app;
  await window.resize(size.width + AROUND.width, size.height + AROUND.height);
  await signIn(app, /Ana/);
  await expand(window, "acme-prod");
  await expand(window, "europe-west1-c");
  const root = window.driver.pid ?? 0;
  const desk = {
    window,
    root,
    /** Opens a tab. @param {string} name */
    async enter(name) {
      await connect(window, name);
      const shown = (/** @type {string} */ id) => window.run("return document.querySelector(arguments[0]) !== null", `[data-testid="${id}"]`);
      // In whatever order they are asked.
      const certificate = async () => (await shown("trust-certificate")) && (await trustCertificate(window), true);
      const account = async () => (await shown("credentials-user")) && (await signInto(window, "ana", PASSWORD), true);
      let [trusted, signed] = [false, false];
      await until("the questions", async () => {
        trusted ||= await certificate();
        signed ||= await account();
        return trusted && signed;
      });
      await reaches(window, name, ["live"]);
      await until(`${name}'s picture`, async () => (await desktopPicture(window, name)).width > 0);
    },
    /** Gives the tab's room its size. */
    async fit() {
      let outer = { width: size.width + AROUND.width, height: size.height + AROUND.height };
      for (let attempt = 0; attempt < 4; attempt += 1) {
        const room = await window.run("const r = document.querySelector(arguments[0]).parentElement; return { width: r.clientWidth, height: r.clientHeight }", `[data-testid="desktop-${VM}"] canvas`);
        if (room.width === size.width && room.height === size.height) break;
        outer = { width: outer.width + size.width - room.width, height: outer.height + size.height - room.height };
        await window.resize(outer.width, outer.height);
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      await until(`a picture of ${size.width} x ${size.height}`, async () => {
        const canvas = await window.run("const c = document.querySelector(arguments[0]); return { width: c.width, height: c.height }", `[data-testid="desktop-${VM}"] canvas`);
        return Math.abs(canvas.width - size.width) < 4 && Math.abs(canvas.height - size.height) < 4;
      });
    },
    /** What the stand-in said. @returns {Promise<any[]>} */
    async report() {
      const said = await readFile(report, "utf8").catch(() => "");
      return said.split("\n").filter((one) => one !== "").map((one) => JSON.parse(one));
    },
    async close() {
      await app.stop();
      cloud.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return desk;
}

/** Sleeps. @param {number} wait in seconds */
const sleep = (wait) => new Promise((resolve) => setTimeout(resolve, wait * 1000));

/**
 * Measures one kind of content in the window.
 * @param {string} title @param {string[]} options @param {{ width: number, height: number }} size
 * @param {{ paints?: number, share?: number }} targets
 * @param {"socket" | "commands"} carrier how the pictures come to the page
 */
async function paints(title, options, size, targets, carrier = "socket") {
  if (!title.includes(only)) return;
  const replayed = options.includes("--replay");
  const desk = await open(options, size);
  try {
    // A page that cannot have the socket takes its pictures by commands.
    if (carrier === "commands") await desk.window.run("window.WebSocket = class { constructor() { throw new Error('none is had here'); } }");
    await desk.enter(VM);
    await desk.fit();
    if (replayed) await until("the recording", async () => (await desk.report()).some(({ event }) => event === "recorded"), 120);
    await desk.window.run(WATCH);
    await sleep(2);
    /** @type {Record<string, number[]>} */
    const of = { paints: [], pixels: [], app: [], page: [], share: [], growth: [], spread: [], late: [], sent: [] };
    for (let round = 0; round < rounds; round += 1) {
      const counted = async () => ({ ...(await desk.window.run("const c = window.benchPaints; const ages = c.ages; c.ages = []; return { now: performance.now(), paints: c.paints, pixels: c.pixels, ages }")), used: await processor(desk.root), said: (await desk.report()).filter(({ event }) => event === "replayed" || event === "updates") });
      const before = await counted();
      await sleep(seconds);
      const after = await counted();
      const elapsed = (after.now - before.now) / 1000;
      const said = after.said.slice(before.said.length);
      const sent = said.reduce((sum, { count }) => sum + count, 0) / Math.max(0.001, said.reduce((sum, one) => sum + one.milliseconds, 0) / 1000);
      const rate = (after.paints - before.paints) / elapsed;
      of.paints?.push(rate);
      of.pixels?.push((after.pixels - before.pixels) / elapsed / 1e6);
      of.app?.push((after.used.app - before.used.app) / elapsed);
      of.page?.push((after.used.page - before.used.page) / elapsed);
      of.sent?.push(sent);
      const [first, last] = [after.ages.slice(0, after.ages.length / 3), after.ages.slice((after.ages.length * 2) / 3)].map((ages) => median(ages.map((/** @type {number[]} */ age) => age[1] ?? 0)));
      of.growth?.push((last ?? 0) - (first ?? 0));
      const ages = after.ages.map((/** @type {number[]} */ age) => age[1] ?? 0);
      of.spread?.push(quantile(ages, 0.95) - quantile(ages, 0));
      if (replayed) of.late?.push(said.at(-1)?.late ?? 0);
    }
    const sent = median(of.sent ?? []);
    const note = `${rounded(sent)} ${replayed ? "changes" : "updates"}/s sent, ${rounded(median(of.pixels ?? []))} Mpx/s painted${replayed ? `, sender ${of.late?.join(", ")} ms late` : ""}`;
    figure(`paints, ${title}`, of.paints ?? [], "1/s", { ...(targets.paints === undefined ? {} : { least: targets.paints }), note });
    figure(`picture's age grows, ${title}`, of.growth ?? [], "ms", { ...(targets.paints === undefined ? {} : { most: 50 }), note: `taken to painted, p95 above the least: ${of.spread?.map((one) => Math.round(one)).join(", ")} ms` });
    if (targets.share !== undefined) {
      // The stand-in sends two parts for each change of its windows, and one of the whole screen.
      const parts = title.includes("work") ? 2 : 1;
      figure(`painted of what was sent, ${title}`, (of.paints ?? []).map((rate, index) => Math.min(1, rate / ((of.sent?.[index] ?? 0) / parts))), "share", { least: targets.share, of: "changes sent", peer: sent / parts });
    }
    figure(`processor of the app, ${title}`, of.app ?? [], "cores");
    figure(`processor of its page, ${title}`, of.page ?? [], "cores");
  } catch (error) {
    await picture("bench-failed");
    throw error;
  } finally {
    await desk.close();
  }
}

/** Memory by tab, and what hidden tabs cost. */
async function tabs() {
  if (!"tabs".includes(only)) return;
  const desk = await open(["--busy", "30"], FULL_HD, 8);
  try {
    const before = await memory(desk.root);
    const totals = [before.app + before.page];
    for (let tab = 1; tab <= 8; tab += 1) {
      await desk.enter(`win-jump-${tab}`);
      if (tab === 1) await desk.fit();
      await sleep(3);
      const now = await memory(desk.root);
      console.error(`    ${tab} tabs: app ${Math.round(now.app)} MB, page ${Math.round(now.page)} MB`);
      totals.push(now.app + now.page);
    }
    figure("memory of all, no tab", [totals[0] ?? 0], "MB");
    figure("memory of a tab more, 1080p", totals.slice(2).map((total, index) => total - (totals[index + 1] ?? 0)), "MB", { most: 60, note: `the first costs ${Math.round((totals[1] ?? 0) - (totals[0] ?? 0))} MB, all eight ${Math.round((totals[8] ?? 0) - (totals[0] ?? 0))} MB` });
    const shares = [];
    for (let round = 0; round < rounds; round += 1) {
      const first = await threads(desk.root, "rdp");
      await sleep(seconds);
      const last = await threads(desk.root, "rdp");
      // The one that works the most is the tab in front.
      const used = [...last].map(([thread, time]) => (time - (first.get(thread) ?? 0)) / seconds).sort((a, b) => a - b);
      if (used.length !== 8) throw new Error(`${used.length} sessions`);
      shares.push(used.slice(0, 7).reduce((a, b) => a + b, 0) * 100);
    }
    figure("seven hidden desktops beside a busy one", shares, "%", { most: 1, note: "of a core, their own threads" });
  } finally {
    await desk.close();
  }
}

const replay = ["--replay", String(RECORDED)];
await paints("RemoteFX 1080p work, replayed", [...replay, "--busy", "60"], FULL_HD, { paints: 30 });
await paints("RemoteFX 1080p full, replayed", [...replay, "--busy-full", "30"], FULL_HD, { paints: 15 });
await paints("bitmaps 1080p work, replayed", [...replay, "--bitmaps", "--busy", "60"], FULL_HD, { paints: 30 });
await paints("bitmaps 1080p full, replayed", [...replay, "--bitmaps", "--busy-full", "30"], FULL_HD, { paints: 15 });
await paints("RemoteFX 1080p work, live", ["--busy", "30"], FULL_HD, { share: 0.9 });
await paints("RemoteFX 1080p full, live", ["--busy-full", "15"], FULL_HD, { share: 0.9 });
await paints("RemoteFX 4K work, replayed", [...replay, "--busy", "60"], UHD, {});
await paints("RemoteFX 4K full, replayed", [...replay, "--busy-full", "30"], UHD, {});
// The same by the other carrier: what the choice of the socket rests on.
await paints("RemoteFX 1080p work, replayed, by commands", [...replay, "--busy", "60"], FULL_HD, {}, "commands");
await paints("RemoteFX 1080p full, replayed, by commands", [...replay, "--busy-full", "30"], FULL_HD, {}, "commands");
await tabs();
