// Walks the main job once and leaves pictures of it. Run by `cargo xtask demo --headless`.
// @ts-check
import { picture, startApp } from "./lib/app.mjs";
import { connect, expand, reaches, typeLine, waitLine } from "./lib/steps.mjs";

const cloud = process.env.ADIT_CLOUD;
const browser = process.env.ADIT_BROWSER;
if (!cloud || !browser) throw new Error("run `cargo xtask demo --headless`");

const app = await startApp({ cloud, args: ["--sign-in"], env: { ADIT_BROWSER: browser } });
try {
  const { window } = app;
  await window.resize(1280, 800);
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
} catch (error) {
  await picture("failure");
  throw error;
} finally {
  await app.stop();
}
