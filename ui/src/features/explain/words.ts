/** What an explanation's page says beside core's own words. */

import type { Certainty } from "../../contract/Certainty";
import type { Preflight } from "../../contract/Preflight";
import type { RungState } from "../../contract/RungState";
import type { TunnelTarget } from "../../contract/TunnelTarget";
import type { Truth } from "../../contract/Truth";
import { usualProtocol } from "../tunnels/target";
import { PROTOCOLS } from "../tunnels/words";
import type { RowState } from "./levels";

/** How sure we are, in a word. */
export const CERTAINTY: Record<Certainty, string> = { proven: "Proven", likely: "Likely", possible: "Possible" };

/** The same at length, for who rests on the word. */
export const CERTAINTY_LONG: Record<Certainty, string> = {
  proven: "It follows from what Google says",
  likely: "It rests on what this computer knows of itself, or on the refusal",
  possible: "It is one of several reasons",
};

/** What the last column says of a row. */
export const ROW: Record<RowState, string> = { met: "met", looksMet: "looks met", notMet: "not met", unknown: "unknown" };

/** A part of an expression, in a word. */
export const TRUTH: Record<Truth, string> = { met: "met", notMet: "not met", unknown: "not known from here" };

/** What a source of evidence came to, where it has no finding of its own. */
export const RUNG: Record<RungState, string> = {
  waiting: "not answered yet",
  read: "read",
  denied: "you may not read it",
  missing: "there is none",
  failed: "no answer",
  skipped: "not asked",
};

/** What is at the port: "SSH", "Remote Desktop", else "port 8080". */
export function portWord(target: TunnelTarget): string {
  const protocol = usualProtocol(target.port);
  return protocol === "ssh" || protocol === "rdp" ? PROTOCOLS[protocol] : `port ${target.port}`;
}

/** Where the target is, for the tooltip. */
export function placeWord(target: TunnelTarget): string {
  const place =
    target.kind === "instance" ? [target.instance.project, target.instance.zone] : [target.project, target.region, target.group];
  return [...place, `port ${target.port}`].join(" · ");
}

/** What the lock in the explorer means. */
export function blockedWord({ port, by }: Preflight): string {
  if (by === "") {
    return `Blocked on port ${port}`;
  }
  return /^no\b/.test(by) ? `Blocked on port ${port}: ${by}` : `Blocked on port ${port} by ${by}`;
}

export const words = {
  looking: "Looking into it",
  stillLooking: "Still looking",
  answered: (done: number, all: number) => `${done} of ${all} sources answered`,
  done: (title: string) => `All sources have answered. ${title}`,
  again: "Explain again",
  notExplained: (why: string) => `Adit could not look into the reason. ${why}.`,

  columns: { condition: "Condition", wants: "It wants", have: "You have", state: "State" },
  onlyGoogle: "only Google knows",
  inferred: "follows from the refusal",
  group: (nth: number) => `Condition ${nth}`,
  rowsOf: (title: string) => `What ${title} asks for`,
  showAll: "Show all",

  expression: "Condition as written",
  copyExpression: "Copy the expression",
  binding: "The role in question",
  on: (place: string) => `on ${place}`,
  through: (member: string) => `granted to ${member}`,
  conditionTitle: (title: string) => (title === "" ? "Only under this condition" : `Only under “${title}”`),
  noCondition: "It has no condition.",

  firewall: "The way through the firewall",
  firewallColumns: { rule: "Rule", place: "Where", effect: "What it does" },
  decides: "decides",

  otherWays: (count: number) => (count === 1 ? "1 other way to qualify" : `${count} other ways to qualify`),
  allOf: "all of these together",
  evidence: "How we know",
  remarks: "Worth knowing",
  facts: "This computer",
  copyFact: (label: string) => `Copy ${label.toLowerCase()}`,
  links: "In Google's console",
  opensBrowser: "opens in the browser",
  server: "The server said",
  copyServer: "Copy what the server said",

  request: "Copy request for your administrator",
  requestCopied: "Copied",
  requestMore: "Other forms of the request",
  asText: "Copy as text",
  asGcloud: "Copy as gcloud command",
  asTerraform: "Copy as Terraform",
  requestShow: "What the request says",
  requestNote: "Nothing is sent: you decide whom to give it to.",

  connect: "Connect",
  forward: "Forward this port",
  why: "Why?",
  whyNamed: (name: string) => `Why does ${name} fail?`,
  tab: (target: string) => `Why? ${target}`,
  close: (title: string) => `Close ${title}`,

  ask: {
    title: (vm: string) => `Explain access to ${vm}`,
    lead: "Adit reads what you may read, and says whether you get in and what would keep you out. It does not connect.",
    port: "Port",
    fault: "A port is a number from 1 to 65535.",
    submit: "Explain",
    cancel: "Cancel",
  },
};
