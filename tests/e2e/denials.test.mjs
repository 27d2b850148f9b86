// Every barred VM of the demo landscape, clicked in the real window: each tab says why. Run by `cargo xtask test`.
// @ts-check
import { after, before, test } from "node:test";

import "./lib/failures.mjs";
import { picture, startApp, startCloud } from "./lib/app.mjs";
import { askClose, connect, filter, reaches, signIn } from "./lib/steps.mjs";
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
  ["no-role", "noGrant", /No policy you can read lets ana@acme\.example open IAP tunnels to no-role; 1 of \d policies could not be read\./],
  ["other-port", "conditionNotMet", /on the VM other-port, but its condition "Remote Desktop only" is not met: port must be 3389 \(you asked for 22\)\./],
  ["other-address", "conditionNotMet", /condition "The bastion only" is not met: internal IP must be 10\.60\.1\.99 \(this VM is 10\.60\.1\.4\)\./],
  ["public-address-level", "accessLevelNotMet", /access level data_centre is not met: your public IP must be in 203\.0\.113\.192\/26\./],
  ["nested-level", "accessLevelNotMet", /access level data_centre and prod_admin is not met; at least one of these is missing: your public IP must be/],
  ["custom-level", "accessLevelNotMet", /access level field_laptop is not met: `device\.os_type == OsType\.DESKTOP_WINDOWS` must be true/],
  ["device-system-level", "accessLevelNotMet", /access level windows_only is not met: operating system must be DESKTOP_WINDOWS 10\.0\.19045 or later \(this device: DESKTOP_LINUX/],
  ["either-level", "accessLevelNotMet", /access level windows_only is not met: .* There is 1 other way to qualify\./],
  ["expired-window", "conditionNotMet", /condition "Until the end of 2025" is not met: allowed only while request\.time < timestamp/],
  ["group-members-only", "groupMembership", /is granted to database-owners@acme\.example\. Your membership could not be checked/],
  ["misspelt-level", "conditionNeverTrue", /its condition can never be true: level name ".*" is malformed and can never match\./],
  ["unreadable-role", "roleUnreadable", /You are listed for organizations\/\d+\/roles\/remoteHands .* but that role cannot be read\./],
  ["no-firewall-rule", "firewallBlocked", /No firewall rule lets IAP \(35\.235\.240\.0\/20\) reach port 22 of no-firewall-rule\./],
  ["firewall-rule-denies", "firewallBlocked", /Firewall rule fenced-no-administration \(priority 500\) blocks IAP from port 22\./],
  ["firewall-policy-denies", "firewallBlocked", /Rule 1000 of the hierarchical firewall policy no-remote-administration blocks IAP from port 22\./],
  ["nothing-listens", "backendUnreachable", /The firewall lets IAP in, so nothing listens on port 22\./],
  ["audited-level", "accessLevelNotMet", /access level data_centre is not met: your public IP must be in 203\.0\.113\.192\/26\./],
  ["no-device-record", "accessLevelNotMet", /access level trusted_device is not met: .* IAP saw no registered device for you/],
  ["under-a-deny-policy", "denyPolicy", /A deny policy \(.*no-tunnels\) blocks ana@acme\.example from using IAP tunnels here\./],
  ["sealed-with-a-role", "notReadable", /a permission check says you do hold the tunnel permission/],
  ["sealed-without-a-role", "notReadable", /a permission check says you hold no tunnel permission here\./],
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
    await askClose(window, vm);
    await window.waitGone(`[data-testid="tab-${vm}"]`);
  });
}
