// Walks the main job once and leaves pictures of it. Run by `cargo xtask demo --headless`.
// @ts-check
import { picture, startApp } from "./lib/app.mjs";
import net from "node:net";

import {
  allProjects,
  connect,
  desktopPainted,
  expand,
  forward,
  localPort,
  reaches,
  signInto,
  trustCertificate,
  tunnelReaches,
  typeLine,
  waitLine,
} from "./lib/steps.mjs";

const cloud = process.env.ADIT_CLOUD;
const browser = process.env.ADIT_BROWSER;
if (!cloud || !browser) throw new Error("run `cargo xtask demo --headless`");

const app = await startApp({ cloud, args: ["--sign-in"], env: { ADIT_BROWSER: browser } });
try {
  const { window } = app;
  await window.resize(1280, 800);
  await allProjects(window);
  await expand(window, "acme-prod");
  await expand(window, "europe-west1-b");
  await window.findText('[role="treeitem"]', /web-1/);
  await picture("tree");
  await connect(window, "web-1");
  await reaches(window, "web-1", ["live"]);
  await waitLine(window, "web-1", /\$ ?$/);
  await typeLine(window, "web-1", "echo $((6*7))");
  await waitLine(window, "web-1", /^42$/);
  await typeLine(window, "web-1", "uname -sr; ls -la --color /etc/ssl");
  await waitLine(window, "web-1", /certs/);
  await picture("terminal");
  await forward(window, 7);
  await tunnelReaches(window, "web-1:7", ["listening"]);
  // A program at the local end, that sends for some seconds and gets everything back.
  const program = net.connect(await localPort(window, "web-1:7"), "127.0.0.1");
  program.resume();
  const sending = setInterval(() => program.write(Buffer.alloc(20_000 + 60_000 * Math.random())), 100);
  await tunnelReaches(window, "web-1:7", ["live"]);
  await window.waitText('[data-testid="tunnel-peers"]', /pid \d+/);
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  await picture("tunnels");
  clearInterval(sending);
  program.destroy();
  await expand(window, "europe-west1-c");
  await connect(window, "win-jump-1");
  await signInto(window, "ana", "Quiet-Harbour-27");
  await trustCertificate(window);
  await reaches(window, "win-jump-1", ["live"]);
  await desktopPainted(window, "win-jump-1");
  await window.type("hello from adit");
  await picture("rdp-win-jump-1");
} catch (error) {
  await picture("failure");
  throw error;
} finally {
  await app.stop();
}
