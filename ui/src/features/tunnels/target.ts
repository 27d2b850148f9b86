/** Where a tunnel leads, and what it is called. */

import type { InstanceRef } from "../../contract/InstanceRef";
import type { TunnelInfo } from "../../contract/TunnelInfo";
import type { TunnelProtocol } from "../../contract/TunnelProtocol";
import type { TunnelSpec } from "../../contract/TunnelSpec";
import type { TunnelTarget } from "../../contract/TunnelTarget";

/** The interface that a VM's first address is on. */
export const FIRST_INTERFACE = "nic0";

/** The VM's or the host's name. */
export function machineOf(target: TunnelTarget): string {
  return target.kind === "instance" ? target.instance.name : target.host;
}

/** What a tunnel is called: by the person's name for it and the machine. */
export function titleOf({ name, target }: TunnelSpec): string {
  const machine = machineOf(target);
  return name === "" || name === machine ? machine : `${name} · ${machine}`;
}

/** A short name that tells it apart: the person's, or `vm:port`. */
export function keyOf({ name, target }: TunnelSpec): string {
  return name === "" ? `${machineOf(target)}:${target.port}` : name;
}

/** A tunnel to a VM's port with nothing chosen. */
export function plainSpec(instance: InstanceRef, port: number): TunnelSpec {
  return {
    name: "",
    target: { kind: "instance", instance, interface: FIRST_INTERFACE, port },
    protocol: usualProtocol(port),
    http: "strict",
    audience: { kind: "user" },
    place: { kind: "steady" },
    waitForVm: false,
  };
}

/** What usually answers on a port; as `TunnelProtocol::usual` of the contract. */
export function usualProtocol(port: number): TunnelProtocol {
  switch (port) {
    case 22:
      return "ssh";
    case 80:
    case 8000:
    case 8080:
    case 3000:
      return "http";
    case 443:
    case 8443:
      return "https";
    case 1433:
      return "sqlServer";
    case 3306:
      return "mysql";
    case 3389:
      return "rdp";
    case 5432:
      return "postgres";
    case 5900:
    case 5901:
      return "vnc";
    case 6379:
      return "redis";
    case 27_017:
      return "mongodb";
    default:
      return "any";
  }
}

/** Whether a tunnel runs, or tries to. */
export function isOn({ state }: TunnelInfo): boolean {
  return state.kind !== "stopped" && (state.kind !== "failed" || state.listening);
}

/** Whether a person should look at it. */
export function needsCare({ state }: TunnelInfo): boolean {
  return state.kind === "failed" || state.kind === "resuming" || state.kind === "signInNeeded";
}

/** All tunnels in one line: how many run, how fast, and whether one needs care. */
export interface Sum {
  on: number;
  rate: number;
  care: number;
}

export function sumOf(tunnels: readonly TunnelInfo[]): Sum {
  return {
    on: tunnels.filter(isOn).length,
    rate: tunnels.reduce((sum, tunnel) => sum + tunnel.rate, 0),
    care: tunnels.filter(needsCare).length,
  };
}

/** The local end in its parts. */
export type Local = { kind: "port"; host: string; port: number } | { kind: "socket"; path: string };

/** Reads `127.0.0.1:PORT` or a socket's path. */
export function localOf(text: string): Local {
  const found = /^([0-9a-zA-Z.]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/.exec(text);
  return found === null
    ? { kind: "socket", path: text }
    : { kind: "port", host: found[1] ?? "", port: Number(found[2]) };
}

/** The last part of a path, of either system's kind. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
}
