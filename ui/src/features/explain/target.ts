/** What an explanation is about. */

import type { ExplainAsk } from "../../contract/ExplainAsk";
import type { FailureCode } from "../../contract/FailureCode";
import type { InstanceRef } from "../../contract/InstanceRef";
import type { Os } from "../../contract/Os";
import type { TunnelTarget } from "../../contract/TunnelTarget";
import { FIRST_INTERFACE, machineOf } from "../tunnels/target";

/** Whether core can say why such a failure came about. */
export function canExplain(code: FailureCode): boolean {
  switch (code) {
    case "notAuthorized":
    case "permissionDenied":
    case "apiDisabled":
    case "signInNeeded":
    case "notFound":
    case "backendUnreachable":
    case "relayUnreachable":
    case "connectionLost":
    case "server":
      return true;
    case "cancelled":
    case "vmStopped":
    case "vmBusy":
    case "throttled":
    case "protocolViolation":
    case "keyRefused":
    case "hostKeyChanged":
    case "hostKeyRejected":
    case "certificateUnknown":
    case "certificateChanged":
    case "passwordRefused":
    case "notSupported":
    case "network":
    case "keychain":
    case "invalidInput":
    case "portTaken":
    case "file":
    case "updateRefused":
    case "internal":
      return false;
  }
}

/** The port that a person most often means on such a system. */
export function usualPort(os: Os): number {
  return os === "windows" ? 3389 : 22;
}

/** The port that was typed, or `null` where it is none. */
export function portOf(text: string): number | null {
  const typed = text.trim();
  const port = /^\d{1,5}$/.test(typed) ? Number(typed) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

/** The way to a VM's port, on its first interface. */
export function askFor(instance: InstanceRef, port: number): Extract<ExplainAsk, { kind: "target" }> {
  return { kind: "target", target: { kind: "instance", instance, interface: FIRST_INTERFACE, port } };
}

/** `web-1:22` */
export function shortTarget(target: TunnelTarget): string {
  return `${machineOf(target)}:${target.port}`;
}

/** The same for the same question, so that it has one tab. */
export function keyOf(ask: ExplainAsk): string {
  return ask.kind === "target" ? `target:${JSON.stringify(ask.target)}` : `${ask.kind}:${ask.id}`;
}

/** A VM and a port to be explained, as typed: the port is `null` when none was given. */
export interface ExplainText {
  vm: string;
  port: number | null;
}

/** What `explain web-1:22` asks for; `null` where the text is no such question. */
export function explainOf(text: string): ExplainText | null {
  const rest = /^\s*(?:explain|why\??)\s+(.*)$/i.exec(text)?.[1]?.trim();
  if (rest === undefined) {
    return null;
  }
  const found = /^([^\s:]*)(?:\s*:\s*(\d*)|\s+(\d+))?$/.exec(rest);
  const typed = found?.[2] ?? found?.[3] ?? "";
  const port = portOf(typed);
  return found === null || (typed !== "" && port === null) ? null : { vm: found[1] ?? "", port };
}
