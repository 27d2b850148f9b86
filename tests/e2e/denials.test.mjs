// Every barred VM of the demo landscape, clicked in the real window: each tab says why. Run by `cargo xtask test`.
// @ts-check
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { picture, startApp, startCloud } from "./lib/app.mjs";
import { connect, filter, reaches, signIn } from "./lib/steps.mjs";
import { until } from "./lib/webdriver.mjs";

/** @type {Awaited<ReturnType<typeof startCloud>>} */
let cloud;
/** @type {Awaited<ReturnType<typeof startApp>>} */
let app;

before(async () => {
  cloud = await startCloud();
  app = await startApp({ cloud: cloud.url });
  await app.window.resize(1280, 800);
  await signIn(app, /Ana/);
});

after(async () => {
  await app?.stop();
  cloud?.stop();
});

/** What the VM's tab has to say: the verdict, and words of its sentence. @type {[vm: string, verdict: string, sentence: RegExp][]} */
const DENIALS = [
  ["no-role", "noGrant", /ana@acme\.example has no role that allows IAP tunnels to no-role/],
];

for (const [vm, verdict, sentence] of DENIALS) {
  test(`${vm} says why nobody gets in`, async () => {
    const { window } = app;
    await filter(window, vm);
    await connect(window, vm);
    await reaches(window, vm, ["failed"]);
    const page = `[data-testid="explanation"]`;
    await until(`${vm}'s explanation`, () =>
      window.run("return document.querySelector(arguments[0])?.dataset.verdict === arguments[1]", page, verdict),
    );
    await window.waitText('[data-testid="explain-headline"]', sentence);
    await picture(`denied-${vm}`);
    const close = await window.find(`[aria-label="Close ${vm}"]`);
    await close.click();
    await window.waitGone(`[data-testid="tab-${vm}"]`);
  });
}
