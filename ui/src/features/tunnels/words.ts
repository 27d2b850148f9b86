/** What is said about tunnels. */

import type { TunnelAudience } from "../../contract/TunnelAudience";
import type { TunnelPeer } from "../../contract/TunnelPeer";
import type { TunnelProtocol } from "../../contract/TunnelProtocol";
import type { TunnelState } from "../../contract/TunnelState";
import type { TunnelTarget } from "../../contract/TunnelTarget";
import type { Mark } from "../../design/StateMark";
import type { DraftFault, DraftField } from "./draft";
import { fileName } from "./target";

/** A tunnel's state in a word. A failure is told by its title. */
export function stateWord(state: TunnelState): string {
  switch (state.kind) {
    case "stopped":
      return "stopped";
    case "starting":
      return "starting";
    case "listening":
      return "ready";
    case "live":
      return "live";
    case "resuming":
      return "resuming";
    case "signInNeeded":
      return "sign in again";
    case "failed":
      return state.failure.title;
  }
}

/** The mark beside it. */
export function markOfTunnel(state: TunnelState): Mark {
  switch (state.kind) {
    case "stopped":
      return "off";
    case "starting":
      return "wait";
    case "listening":
      return "ready";
    case "live":
      return "ok";
    case "resuming":
      return "busy";
    case "signInNeeded":
      return "ask";
    case "failed":
      return "danger";
  }
}

/** Where a target is, without its name and port: "acme-prod". */
export function placeWord(target: TunnelTarget): string {
  return target.kind === "instance" ? target.instance.project : `on-premises · group ${target.group}`;
}

/** Where a target is, exactly, for the tooltip. */
export function placeLong(target: TunnelTarget): string {
  return target.kind === "instance"
    ? `${target.instance.project} · ${target.instance.zone} · ${target.interface} · port ${target.port}`
    : `${target.project} · ${target.region} · network ${target.network} · group ${target.group} · port ${target.port}`;
}

const list = new Intl.ListFormat("en", { type: "conjunction" });

/** A program at the local end: "psql (pid 4121)". */
function peerWord({ program, pid }: TunnelPeer): string {
  return pid === null ? (program ?? "a program") : `${program ?? "a program"} (pid ${pid})`;
}

/** Most programs that are named; the rest are counted. */
const NAMED = 3;

/** Who uses a tunnel: "used by psql (pid 4121) and DBeaver (pid 3310)". */
export function peersWord(peers: readonly TunnelPeer[]): string {
  const counts = new Map<string, number>();
  for (const peer of peers) {
    counts.set(peerWord(peer), (counts.get(peerWord(peer)) ?? 0) + 1);
  }
  if (counts.size === 0) {
    return "nobody is connected";
  }
  const all = [...counts].map(([name, count]) => (count === 1 ? name : `${name}, ${count} connections`));
  const more = all.length - NAMED;
  return `used by ${list.format(more > 0 ? [...all.slice(0, NAMED), `${more} more`] : all)}`;
}

/** Who may use a tunnel. */
export function audienceWord(audience: TunnelAudience): string {
  switch (audience.kind) {
    case "user":
      return "programs of your user account";
    case "programs":
      return `only ${list.format(audience.paths.map(fileName))}`;
    case "launched":
      return `${fileName(audience.command[0] ?? "")}, which Adit starts, and what it starts`;
    case "everyone":
      return "everyone on this computer";
  }
}

/** How many were not let in, and why the last was not; empty when none. */
export function refusalWord(refused: number, last: string | null): string {
  if (refused === 0) {
    return "";
  }
  const count = refused === 1 ? "1 refusal" : `${refused.toLocaleString("en")} refusals`;
  return last === null ? count : `${count}; ${refused === 1 ? "" : "last: "}${last}`;
}

/** What is spoken, in a person's words. */
export const PROTOCOLS: Record<TunnelProtocol, string> = {
  any: "Any",
  http: "HTTP",
  https: "HTTPS",
  ssh: "SSH",
  rdp: "Remote Desktop",
  vnc: "VNC",
  postgres: "PostgreSQL",
  mysql: "MySQL",
  sqlServer: "SQL Server",
  mongodb: "MongoDB",
  redis: "Redis",
};

/** What is wrong with a field of the form, and what to write instead. */
export function faultWord(field: DraftField, fault: DraftFault): string {
  switch (fault) {
    case "missing":
      return MISSING[field];
    case "port":
      return "A port is a number from 1 to 65535.";
    case "name":
      return field === "host" ? "Write an address or a name, such as erp.corp.example." : "Write the name as the console shows it.";
    case "interface":
      return "Write it as the console does: nic0, nic1 and so on.";
    case "relative":
      return "Each line is a full path.";
    case "quote":
      return "A quotation mark is not closed.";
    case "long":
      return "A name has at most 63 characters.";
  }
}

const MISSING: Record<DraftField, string> = {
  instance: "Choose a VM.",
  project: "Which project is the destination group in?",
  region: "Which region is it in?",
  network: "Which network leads there?",
  group: "Which destination group?",
  host: "Which host?",
  port: "Which port?",
  interface: "Which interface? Usually nic0.",
  localPort: "Which port on this computer?",
  paths: "Name at least one program.",
  command: "Which program?",
  name: "",
};

export const words = {
  title: "Tunnels",
  lead: "kept alive while Adit runs",
  new: "New forward",
  close: "Close Tunnels",
  list: "Tunnels",
  columns: {
    target: "Target",
    state: "State",
    local: "On this computer",
    rate: "Rate",
    history: "Last minute",
    resumed: "Resumed",
    actions: "Actions",
  },
  emptyTitle: "No forwards yet",
  emptyLead:
    "A forward gives a port of a VM an address on this computer, so that your database client, browser or script reaches it as if it ran here.",
  emptyHint: "From the explorer or a terminal",
  resumingIn: (seconds: number) => (seconds <= 0 ? "resuming now" : `resuming in ${seconds} s`),
  now: "now",
  resumeNow: "Resume now",
  byCommand: "adit tunnel",
  byCommandLong: "Opened by the command line; it goes when that command ends",
  copyAddress: "Copy address",
  copyAddressOf: (name: string) => `Copy the address of ${name}`,
  more: (name: string) => `What can be done with ${name}`,
  start: "Start",
  stop: "Stop",
  restart: "Restart",
  edit: "Edit…",
  saveProfile: "Save as profile…",
  remove: "Remove…",
  space: "Space",
  openBrowser: "Open in browser",
  copyOf: (label: string) => `Copy ${label}`,
  removeTitle: (name: string) => `Remove the forward ${name}?`,
  removeAdvice: (connections: number) =>
    connections === 0
      ? "Its address on this computer is given up."
      : `${connections === 1 ? "The program that is" : `The ${connections} connections that are`} on it ${connections === 1 ? "is" : "are"} cut off, and its address on this computer is given up.`,
  removeConfirm: "Remove",
  cancel: "Cancel",
  details: (name: string) => `Details of ${name}`,
  notRunning: "not running",
  whoMay: "Who may use it",
  everyoneWarning: "Anyone who is signed in to this computer reaches the target through it.",
  strict: "Web pages",
  strictSays: { strict: "only requests for this computer, none from other sites", open: "everything passes, also what other sites' pages send" },
  traffic: "Traffic",
  sent: (amount: string) => `${amount} sent`,
  received: (amount: string) => `${amount} received`,
  roundTrip: (ms: number) => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms round trip`,
  started: (when: string) => `started ${when}`,
  resumes: (count: number) => (count === 1 ? "resumed once" : `resumed ${count} times`),
  waits: "Waits for the VM",
  waitsSays: "keeps trying while it starts",
  tryAgain: "Try again",
  editAgain: "Edit",
  signInTitle: "Google wants you to sign in again",
  signInHolds: "Connections wait with what they hold, and go on by themselves.",
  stillListens: "Its address stays: the next connection tries again.",

  form: {
    newTitle: "New forward",
    editTitle: "Edit forward",
    target: "Target",
    kinds: { instance: "A VM", host: "A host on-premises" },
    vm: "VM",
    searchVm: "Search VMs",
    noVm: (text: string) => `No VM matches “${text}”`,
    change: "Change",
    port: "Port",
    portOf: (vm: string) => `Port on ${vm}`,
    usual: "Usual ports",
    protocol: "Protocol",
    protocolUsual: (protocol: TunnelProtocol) => (protocol === "any" ? "By its port" : `${PROTOCOLS[protocol]}, by its port`),
    local: "On this computer",
    localHost: "127.0.0.1:",
    localFree: "chosen",
    localHint: "Left empty, it is the same each time.",
    socket: "A Unix socket in a private folder",
    project: "Project",
    region: "Region",
    network: "Network",
    group: "Destination group",
    host: "Host",
    hostPlaceholder: "erp.corp.example",
    more: "More",
    name: "Name",
    namePlaceholder: "Optional, such as “orders database”",
    interface: "Interface",
    audience: "Who may use it",
    audiences: {
      user: { title: "My programs", says: "Programs of your user account" },
      programs: { title: "Only these programs", says: "By the full paths of their executables" },
      launched: { title: "A program that Adit starts", says: "It, and what it starts" },
      everyone: { title: "Everyone on this computer", says: "Also other users, and services" },
    },
    paths: "Full paths, one a line",
    pathsPlaceholder: { linux: "/usr/bin/psql", macos: "/opt/homebrew/bin/psql", windows: "C:\\Program Files\\DBeaver\\dbeaver.exe" },
    command: "Command line",
    commandPlaceholder: "psql -h {host} -p {port}",
    commandWords: "Program and arguments",
    commandEmpty: "(empty)",
    commandHint: "{host} and {port} stand for the local end. No shell reads it.",
    strict: "Keep out other sites' web pages",
    strictSays: "Only requests for this computer pass, none that a page of another site sends",
    wait: "Wait for the VM",
    waitSays: "Keep trying while it starts",
    submit: "Forward",
    save: "Save",
    saveRestart: "Save and restart",
    cancel: "Cancel",
  },

  gateway: {
    title: "One port for all VMs",
    kind: "SOCKS5 and HTTP CONNECT",
    off: "Off",
    on: (connections: number) => (connections === 0 ? "nobody is connected" : connections === 1 ? "1 connection" : `${connections} connections`),
    failed: "Could not start",
    switch: "One port for all VMs",
    port: "Port",
    portFault: "A port is a number from 1 to 65535.",
    login: "Login",
    logins: { none: "None", password: "Password" },
    loginSays: {
      none: "Programs of your user account may use it.",
      password: "Programs of your user account that know the password may use it.",
    },
    user: (name: string) => `User ${name}`,
    copyPassword: "Copy password",
    passwordCopied: "Password copied",
    names: "Names",
    namesSay: "reaches the VM; every other name is refused.",
    pattern: "NAME.ZONE.PROJECT.adit",
    browserHint: "Let the proxy resolve names too (“Proxy DNS when using SOCKS v5”).",
    refusals: "Refusals",
  },
};
