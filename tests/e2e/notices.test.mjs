// Notices on a desktop whose service for them errs, or begins anew. Run by `cargo xtask test`.
// @ts-check
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import "./lib/failures.mjs";
import { startApp, startCloud } from "./lib/app.mjs";
import { appWindows, closeToTray } from "./lib/display.mjs";
import { invoke, quickConnect, signIn, tunnelReaches } from "./lib/steps.mjs";
import { TrayHost } from "./lib/tray.mjs";
import { Key, until } from "./lib/webdriver.mjs";

/** @type {Awaited<ReturnType<typeof startCloud>>} */
let cloud;
/** @type {Awaited<ReturnType<typeof startApp>>} */
let app;
/** @type {TrayHost} */
let tray;

before(async () => {
  tray = await TrayHost.start();
  cloud = await startCloud();
  app = await startApp({ cloud: cloud.url });
  await app.window.resize(1280, 800);
  await signIn(app, /Ana/);
  // Nothing may go there: each try is a notice.
  for (const name of ["billing-db-7:5432", "billing-db-7:5433"]) {
    await quickConnect(app.window);
    await app.window.type(`${name}${Key.enter}`);
    await tunnelReaches(app.window, name, ["failed"]);
  }
  await invoke(app.window, "setting_set", { scope: { kind: "everywhere" }, key: "app.close", value: "tray" });
  await closeToTray();
});

after(async () => {
  await app?.stop().catch(() => {});
  cloud?.stop();
  tray?.stop();
});

const first = /^The tunnel billing-db-7:5432 has failed$/;
const second = /^The tunnel billing-db-7:5433 has failed$/;

/** Has a tunnel try again, which it does in vain. @param {number} port */
const again = (port) => tray.click(new RegExp(`^billing-db-7:${port} – failed, click to try again$`));

test("what is shown is taken back also after the service has refused another", async () => {
  await again(5432);
  const shown = await tray.notice(first);
  await tray.refuseNotice();
  await again(5433);
  await until("the refusal", async () => tray.refused.some((title) => second.test(title)));
  await again(5432);
  await tray.isTakenBack(shown);
  await tray.notice(first);
});

test("a service that has begun anew shows what comes and takes it back", async () => {
  const old = await tray.notice(first);
  await tray.renewNotices();
  await again(5433);
  const shown = await tray.notice(second);
  assert.equal(shown.id, 1, "it counts anew");
  await again(5433);
  await tray.isTakenBack(shown);
  // The one before it showed another under this number, which is over now. Too many within a minute are one together.
  const same = await until("the next one", async () => tray.notices.find(({ id }) => id === old.id));
  // The second try begins when the first has ended, and with it what it might have taken back.
  await again(5432);
  await again(5432);
  await tray.clickNotice(same);
  await appWindows(1);
});
