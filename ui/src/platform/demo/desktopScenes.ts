/** The states of a desktop that a picture can be taken of. */

import type { DesktopInfo } from "../../contract/DesktopInfo";
import type { Displays } from "../../contract/Displays";
import type { Failure } from "../../contract/Failure";
import type { Note } from "../../contract/Note";
import type { SessionInfo } from "../../contract/SessionInfo";
import type { SessionState } from "../../contract/SessionState";

const OLD = "9c1185a5c5e9fc54612808977ee8f548b2258d31b1f3a5c2d4e6f708192a3b4c";
const NEW = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea";

export type DesktopFailure = "certificate" | "nla" | "windowsSsh" | "password" | "desktopLost" | "agent";

/** Failures of desktops. */
export const desktopFailures: Record<DesktopFailure, Failure> = {
  certificate: {
    code: "certificateChanged",
    title: "sql-win-2 has another certificate than before",
    advice:
      "Either it made itself a new one, as Windows does twice a year, or something between you and it pretends to be it. Replace it only if you know why it changed.",
    facts: [
      { label: "Pinned SHA-256", value: OLD },
      { label: "Presented SHA-256", value: NEW },
      { label: "For", value: "CN=sql-win-2" },
      { label: "Issued by", value: "CN=sql-win-2" },
      { label: "Valid", value: "2026-11-14 08:11 UTC to 2027-05-16 08:11 UTC" },
    ],
    actions: ["replaceCertificate"],
    server: null,
  },
  nla: {
    code: "notSupported",
    title: "xrdp-1 does without Network Level Authentication",
    advice:
      "Your password would go to whoever holds the server's certificate. Allow it for this VM only if you know its server, such as xrdp: Adit then insists on the same certificate each time.",
    facts: [],
    actions: ["allowWithoutNla"],
    server: { code: "HYBRID_REQUIRED_BY_SERVER", text: "" },
  },
  windowsSsh: {
    code: "notSupported",
    title: "sql-win-2 runs Windows",
    advice: "Connect by Remote Desktop. SSH works only where the VM's metadata has enable-windows-ssh.",
    facts: [],
    actions: [],
    server: null,
  },
  password: {
    code: "passwordRefused",
    title: "sql-win-2 does not take this name and password",
    advice: "Check the name, and whether it needs a domain.",
    facts: [],
    actions: ["otherCredentials", "tryAgain"],
    server: { code: "STATUS_LOGON_FAILURE", text: "" },
  },
  desktopLost: {
    code: "connectionLost",
    title: "The connection to sql-win-2 was lost",
    advice: "Adit tried to connect again for a minute. What runs there goes on.",
    facts: [],
    actions: ["tryAgain", "otherCredentials"],
    server: { code: "4001", text: "session expired" },
  },
  agent: {
    code: "notSupported",
    title: "The agent of sql-win-2 did not answer",
    advice: "It may still be starting, or its account manager is switched off. Try again in a minute.",
    facts: [],
    actions: ["tryAgain"],
    server: { code: "", text: "no answer on serial port 4 within 60 s" },
  },
};

/** What a tab knows of its desktop. */
export function sceneDesktop(): DesktopInfo {
  return { port: 3389, display: "follow", clipboard: "text", sound: true, folders: [], foldersWritable: false, printers: false, files: { kind: "none" }, madePassword: false };
}

/** Remarks on a desktop. */
export function sceneNotes(about: "password" | "limited", vm: string): Note[] {
  return about === "password"
    ? [{ kind: "passwordSet", text: `${vm} has set a new password for ana. Adit keeps it until this tab is closed.` }]
    : [{ kind: "limited", text: `${vm} does not play sound here: its sound service is off.` }];
}

/** Something to be answered. */
export function sceneAsking(
  what: "credentials" | "credentials-refused" | "credentials-empty" | "certificate" | "certificate-exposes",
  user = "",
): SessionState {
  if (what === "certificate" || what === "certificate-exposes") {
    return {
      kind: "asking",
      question: {
        kind: "newCertificate",
        certificate: {
          subject: "CN=sql-win-2",
          issuer: "CN=sql-win-2",
          notBefore: "2026-09-14 08:11 UTC",
          notAfter: "2027-03-16 08:11 UTC",
          fingerprint: NEW,
        },
        exposesPassword: what === "certificate-exposes",
      },
    };
  }
  return {
    kind: "asking",
    question: {
      kind: "credentials",
      user,
      refused: what === "credentials-refused" ? desktopFailures.password : null,
      canRemember: true,
      canSetPassword: what !== "credentials-empty",
      canBeEmpty: what === "credentials-empty",
    },
  };
}

/** As many displays, side by side. */
export function sceneDisplays(count: number, stacked: boolean, wayland: boolean): Displays {
  const all = Array.from({ length: count }, (_, id) => ({
    id,
    name: id === 0 ? "DELL U2723QE" : id === 1 ? "Built-in display" : "",
    x: stacked ? 0 : id * 2560,
    y: stacked ? id * 1440 : 0,
    width: 2560,
    height: 1440,
    scale: 1,
    current: id === 0,
  }));
  return { all, placing: wayland ? "system" : "program" };
}

/** The session of a scene. */
export function desktopScene(scene: string, now: number): [name: string, state: SessionState, extra: Partial<SessionInfo>] {
  const vm = scene === "desktop-long" ? "report-runner-with-a-name-of-exactly-sixty-three-characters-01x" : "sql-win-2";
  const rdp: Partial<SessionInfo> = { protocol: "rdp", desktop: sceneDesktop(), user: "ana" };
  const failed = (failure: Failure, wasLive = false): SessionState => ({ kind: "failed", failure, wasLive });
  switch (scene) {
    case "desktop-credentials":
      return [vm, sceneAsking("credentials"), rdp];
    case "desktop-asked-again":
    case "desktop-refused":
      return [vm, sceneAsking("credentials-refused", "ACME\\ana"), rdp];
    case "desktop-empty":
      return [vm, sceneAsking("credentials-empty"), rdp];
    case "desktop-certificate":
      return [vm, sceneAsking("certificate"), rdp];
    case "desktop-exposes":
      return [vm, sceneAsking("certificate-exposes"), rdp];
    case "desktop-changed":
      return [vm, failed(desktopFailures.certificate), rdp];
    case "desktop-nla":
      return ["xrdp-1", failed(desktopFailures.nla), rdp];
    case "desktop-password":
      return [vm, failed(desktopFailures.password), rdp];
    case "desktop-windows-ssh":
      return [vm, failed(desktopFailures.windowsSsh), {}];
    case "desktop-connecting":
      return [vm, { kind: "connecting", step: "checkCertificate", text: `Checking the certificate of ${vm}`, since: now - 2100 }, rdp];
    case "desktop-resuming":
      return [vm, { kind: "resuming", text: "The relay closed the connection", attempt: 2, nextAt: now + 7400 }, rdp];
    case "desktop-reconnecting":
      return [vm, { kind: "connecting", step: "reconnect", text: `Connecting to ${vm} again`, since: now }, rdp];
    case "desktop-ended":
      return [vm, { kind: "ended", end: { kind: "said", text: "Somebody else connected to this desktop" } }, rdp];
    case "desktop-lost":
      return [vm, failed(desktopFailures.desktopLost, true), rdp];
    case "desktop-files":
      return [vm, { kind: "live" }, { ...rdp, desktop: { ...sceneDesktop(), clipboard: "all", files: { kind: "offered", number: 1 } } }];
    case "desktop-saving":
      return [vm, { kind: "live" }, { ...rdp, desktop: { ...sceneDesktop(), clipboard: "all", files: { kind: "saving", percent: 42 } } }];
    case "desktop-shares":
      return [
        vm,
        { kind: "live" },
        {
          ...rdp,
          desktop: { ...sceneDesktop(), clipboard: "all", printers: true, folders: ["/home/ana/Shared", "/home/ana/Documents/Quarterly reports/2026/Third quarter/Drafts"], foldersWritable: true },
        },
      ];
    case "desktop-notes":
      return [
        vm,
        { kind: "live" },
        { ...rdp, desktop: { ...sceneDesktop(), madePassword: true }, notes: [...sceneNotes("password", vm), ...sceneNotes("limited", vm)] },
      ];
    default:
      return [vm, { kind: "live" }, rdp];
  }
}
