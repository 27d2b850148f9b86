// The remote desktops that Debian has, each behind the relay, opened in the real window as a person opens them. Run by
// `cargo xtask test`.
// @ts-check
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import "./lib/failures.mjs";
import { picture, startApp, startCloud } from "./lib/app.mjs";
import { askClose, desktopColours, reaches, signIn, signInto, trustCertificate } from "./lib/steps.mjs";
import { shadow, weston, xrdp } from "./lib/servers.mjs";
import { until } from "./lib/webdriver.mjs";

const PLACE = { project: "acme-prod", zone: "europe-west1-c" };

/** @type {string} */
let folder;
/** @type {import("./lib/servers.mjs").Server[]} */
const servers = [];
/** @type {Awaited<ReturnType<typeof startCloud>>} */
let cloud;
/** @type {Awaited<ReturnType<typeof startApp>>} */
let app;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "adit-servers-"));
  for (const start of [shadow, weston, xrdp]) {
    const server = await start();
    if (server !== null) servers.push(server);
  }
  const landscape = JSON.parse(await readFile("assets/landscapes/demo.json", "utf8"));
  servers.forEach(({ name, port }, at) => {
    landscape.instances.push({ ...PLACE, name: `desk-${name}`, ip: `10.10.2.${200 + at}`, ports: { 3389: `127.0.0.1:${port}` } });
  });
  const file = join(folder, "landscape.json");
  await writeFile(file, JSON.stringify(landscape));
  cloud = await startCloud("--landscape", file);
  app = await startApp({ cloud: cloud.url });
  await app.window.resize(1280, 900);
  await signIn(app, /Ana/);
});

after(async () => {
  await app?.stop();
  cloud?.stop();
  for (const server of servers) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

for (const name of ["shadow", "weston", "xrdp"]) {
  test(`${name} is seen through the tunnel`, async (context) => {
    const server = servers.find((one) => one.name === name);
    if (server === undefined) {
      context.skip("it could not be started here");
      return;
    }
    const { window } = app;
    const vm = `desk-${name}`;
    await window.run(
      "return window.__TAURI_INTERNALS__.invoke('session_open', { instance: arguments[0], start: { protocol: 'rdp', size: { width: 1024, height: 768, scale: 100 } } })",
      { ...PLACE, name: vm },
    );
    await signInto(window, server.user, server.password);
    if (!server.nla) {
      // Nothing is sent to a server that does not prove who it is first, until that is allowed.
      await (await window.find('[data-testid="action-allowWithoutNla"]')).click();
    }
    await trustCertificate(window);
    await reaches(window, vm, ["live"]);
    // A picture of one colour could be none.
    await until(`${name}'s desktop`, async () => (await desktopColours(window, vm)) > 2);
    // What moves has been painted over what was there at first.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await picture(`server-${name}`);
    await askClose(window, vm);
    await (await window.find('[data-testid="end-session"]')).click();
    await window.waitGone(`[data-testid="tab-${vm}"]`);
  });
}
