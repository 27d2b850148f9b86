/** The profiles that a picture can be taken of. */

import type { Failure } from "../../contract/Failure";
import type { Profile } from "../../contract/Profile";
import type { ProfileAction } from "../../contract/ProfileAction";
import type { ProfileForward } from "../../contract/ProfileForward";
import type { ProfileInfo } from "../../contract/ProfileInfo";
import type { ProfileTarget } from "../../contract/ProfileTarget";

const vm = (name: string, project = "acme-prod", zone = "europe-west1-b"): ProfileTarget => ({
  kind: "instance",
  instance: { project, zone, name },
});

const forward = (port: number, protocol: ProfileForward["protocol"], rest: Partial<ProfileForward> = {}): ProfileAction => ({
  kind: "forward",
  forward: { interface: "nic0", port, protocol, http: "strict", audience: { kind: "user" }, place: { kind: "steady" }, waitForVm: false, ...rest },
});

const profile = (name: string, folder: string[], target: ProfileTarget, action: ProfileAction, rest: Partial<Profile> = {}): Profile => ({
  name,
  folder,
  target,
  action,
  account: null,
  settings: {},
  start: "byHand",
  ...rest,
});

const info = (id: string, saved: Profile, rest: Partial<ProfileInfo> = {}): ProfileInfo => ({
  id,
  profile: saved,
  state: { kind: "idle" },
  problem: null,
  ...rest,
});

const SSH: ProfileAction = { kind: "ssh" };
const RDP: ProfileAction = { kind: "rdp" };
const DATABASES = ["Databases"];
const ARCHIVE = ["Databases", "Archive"];
const LEGACY: ProfileTarget = { kind: "host", project: "acme-prod", region: "europe-west3", network: "corp", group: "dc-berlin", host: "legacy-erp.corp" };

const denied: Failure = {
  code: "notAuthorized",
  title: "IAP does not let you into billing-db-7",
  advice: "Your account needs the role IAP-secured Tunnel User on this VM or its project. Ask your administrator, then try again.",
  facts: [{ label: "Port", value: "5432 on nic0" }],
  actions: ["tryAgain"],
  server: { code: "4033", text: "not authorized" },
};

/** The profiles of a scene. */
export function sceneProfiles(scene: string): ProfileInfo[] {
  switch (scene) {
    case "profiles":
    case "profiles-broken":
      return [
        info("p-1", profile("orders database", DATABASES, vm("billing-db-7"), forward(5432, "postgres", { place: { kind: "port", port: 15_432 } }), { start: "atLogin" }), {
          state: { kind: "failed", failure: denied },
        }),
        info("p-2", profile("reporting", DATABASES, vm("queue-1"), forward(3306, "mysql", { audience: { kind: "launched", command: ["/opt/dbeaver/dbeaver", "-con", "host={host}|port={port}"] } }))),
        info("p-3", profile("ledger 2019", ARCHIVE, vm("cache-b"), forward(5432, "postgres"))),
        info("p-4", profile("Jump host", [], vm("bastion-eu"), SSH), { state: { kind: "session", id: "s-1" } }),
        info("p-5", profile("Accounting desktop", [], vm("sql-win-2"), RDP, { account: "ana@acme.example", settings: { "rdp.clipboard": "text" } })),
        info("p-6", profile("Newest web server", [], { kind: "search", text: "web acme-prod" }, SSH)),
        info("p-7", profile("ERP", [], LEGACY, forward(443, "https"))),
        info("p-8", profile("build-agent", ["Imported"], { kind: "search", text: "" }, RDP), { problem: "The VM is still to be chosen" }),
        info(
          "p-9",
          profile("Monthly report runner, the one with a name of eighty characters that nobody says", ["Imported"], vm("report-runner-with-a-name-of-exactly-sixty-three-characters-01x"), SSH, { start: "atLogin" }),
        ),
      ];
    case "profiles-many":
      return Array.from({ length: 500 }, (_, index) =>
        info(
          `p-${index}`,
          profile(`service ${index + 1}`, [`Team ${1 + (index % 10)}`, ...(index % 3 === 0 ? ["Nightly"] : [])], vm(`vm-${index}`), index % 2 === 0 ? SSH : forward(5432, "postgres")),
        ),
      );
    default:
      return [];
  }
}

/** Its folders, an empty one among them. */
export function sceneFolders(scene: string): string[][] {
  switch (scene) {
    case "profiles":
    case "profiles-broken":
      return [DATABASES, ARCHIVE, ["Imported"], ["On call"]];
    case "profiles-many":
      return Array.from({ length: 10 }, (_, index) => [`Team ${index + 1}`]);
    default:
      return [];
  }
}

/** What is wrong with their file. */
export function sceneTrouble(scene: string): Failure | null {
  return scene !== "profiles-broken"
    ? null
    : {
        code: "file",
        title: "The profiles were saved by a later version of Adit",
        advice: "Start that version, or update this one.",
        facts: [{ label: "File", value: "/home/ana/.config/adit/profiles.json" }],
        actions: [],
        server: null,
      };
}
