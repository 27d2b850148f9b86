/** What a form for a tunnel holds, what is missing in it, and the tunnel it asks for. */

import type { HttpRule } from "../../contract/HttpRule";
import type { InstanceRef } from "../../contract/InstanceRef";
import type { Os } from "../../contract/Os";
import type { TunnelAudience } from "../../contract/TunnelAudience";
import type { TunnelPlace } from "../../contract/TunnelPlace";
import type { TunnelProtocol } from "../../contract/TunnelProtocol";
import type { TunnelSpec } from "../../contract/TunnelSpec";
import type { TunnelTarget } from "../../contract/TunnelTarget";
import { joinCommand, splitCommand } from "./commandLine";
import { FIRST_INTERFACE, usualProtocol } from "./target";

/** The fields as they are typed. */
export interface Draft {
  kind: TunnelTarget["kind"];
  instance: InstanceRef | null;
  interface: string;
  project: string;
  region: string;
  network: string;
  group: string;
  host: string;
  port: string;
  name: string;
  /** `usual` is what usually answers on the port. */
  protocol: TunnelProtocol | "usual";
  place: TunnelPlace["kind"];
  localPort: string;
  audience: TunnelAudience["kind"];
  /** One path a line. */
  paths: string;
  command: string;
  http: HttpRule;
  waitForVm: boolean;
}

/** A field that something is wrong with. */
export type DraftField = "instance" | "project" | "region" | "network" | "group" | "host" | "port" | "interface" | "localPort" | "paths" | "command" | "name";

/** What is wrong with a field. */
export type DraftFault = "missing" | "port" | "name" | "interface" | "relative" | "quote" | "long";

export type Checked = { spec: TunnelSpec; faults: null } | { spec: null; faults: Faults };

/** Longest name, in characters. */
export const NAME_MOST = 63;

/** A form with nothing in it but the VM, and the port that its system makes likely. */
export function newDraft(instance: InstanceRef | null, os: Os = "unknown", port?: number): Draft {
  return {
    kind: "instance",
    instance,
    interface: FIRST_INTERFACE,
    project: instance?.project ?? "",
    region: instance === null ? "" : instance.zone.replace(/-[a-z]$/, ""),
    network: "default",
    group: "",
    host: "",
    port: port === undefined ? (os === "windows" ? "3389" : "") : String(port),
    name: "",
    protocol: "usual",
    place: "steady",
    localPort: "",
    audience: "user",
    paths: "",
    command: "",
    http: "strict",
    waitForVm: false,
  };
}

/** A form with what a tunnel was asked for. */
export function draftOf(spec: TunnelSpec): Draft {
  const { target, audience, place } = spec;
  return {
    ...newDraft(target.kind === "instance" ? target.instance : null),
    ...(target.kind === "host"
      ? { project: target.project, region: target.region, network: target.network, group: target.group, host: target.host }
      : { interface: target.interface }),
    kind: target.kind,
    port: String(target.port),
    name: spec.name,
    protocol: spec.protocol === usualProtocol(target.port) ? "usual" : spec.protocol,
    place: place.kind,
    localPort: place.kind === "port" ? String(place.port) : "",
    audience: audience.kind,
    paths: audience.kind === "programs" ? audience.paths.join("\n") : "",
    command: audience.kind === "launched" ? joinCommand(audience.command) : "",
    http: spec.http,
    waitForVm: spec.waitForVm,
  };
}

/** A port from 1 to 65535, or `null`. */
export function portOf(text: string): number | null {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

/** The protocol the form means now. */
export function protocolOf(draft: Draft): TunnelProtocol {
  return draft.protocol === "usual" ? usualProtocol(portOf(draft.port) ?? 0) : draft.protocol;
}

/** The target the form means now, or `null` while a part of it is missing or wrong. */
export function targetOf(draft: Draft): TunnelTarget | null {
  const { spec } = check({ ...draft, localPort: "", audience: "user", name: "" });
  return spec?.target ?? null;
}

/** What is wrong, by field. */
export type Faults = Map<DraftField, DraftFault>;

/** What a forward is, but for its name and the machine it leads to. */
export type ForwardParts = Omit<TunnelSpec, "name" | "target"> & { interface: string; port: number };

/** A host on-premises, without its port. */
export type HostParts = Omit<Extract<TunnelTarget, { kind: "host" }>, "kind" | "port">;

/** The tunnel that the form asks for, or what is wrong with it. */
export function check(draft: Draft): Checked {
  const faults: Faults = new Map();
  const { interface: nic, port, ...parts } = forwardOf(draft, faults);
  let target: TunnelTarget | null = null;
  if (draft.kind === "host") {
    target = { kind: "host", ...hostOf(draft, faults), port };
  } else if (draft.instance === null) {
    faults.set("instance", "missing");
  } else {
    target = { kind: "instance", instance: draft.instance, interface: nic, port };
  }
  const name = draft.name.trim();
  if ([...name].length > NAME_MOST) {
    faults.set("name", "long");
  }
  return faults.size > 0 || target === null ? { spec: null, faults } : { faults: null, spec: { name, target, ...parts } };
}

/** The host that the form means; what is wrong with it is added to the faults. */
export function hostOf(draft: Draft, faults: Faults): HostParts {
  const text = (field: keyof HostParts) => {
    const value = draft[field].trim();
    if (value === "") {
      faults.set(field, "missing");
    } else if (!(field === "host" ? /^[A-Za-z0-9._:-]{1,253}$/ : /^[a-z0-9][a-z0-9.:-]{0,62}$/).test(value)) {
      faults.set(field, "name");
    }
    return value;
  };
  return { project: text("project"), region: text("region"), network: text("network"), group: text("group"), host: text("host") };
}

/** The forward that the form means, wherever it leads; what is wrong with it is added to the faults. */
export function forwardOf(draft: Draft, faults: Faults): ForwardParts {
  const port = portOf(draft.port);
  if (port === null) {
    faults.set("port", draft.port.trim() === "" ? "missing" : "port");
  }
  const vm = draft.kind === "instance";
  const asked = draft.interface.trim();
  if (vm && !/^nic\d{1,2}$/.test(asked)) {
    faults.set("interface", "interface");
  }
  return {
    interface: vm ? asked : FIRST_INTERFACE,
    port: port ?? 0,
    protocol: protocolOf(draft),
    http: draft.http,
    audience: audienceOf(draft, faults),
    place: placeOf(draft, faults),
    waitForVm: vm && draft.waitForVm,
  };
}

function placeOf(draft: Draft, faults: Faults): TunnelPlace {
  if (draft.place === "socket") {
    return { kind: "socket" };
  }
  // An empty field is no choice.
  if (draft.localPort.trim() === "") {
    return { kind: "steady" };
  }
  const port = portOf(draft.localPort);
  if (port === null) {
    faults.set("localPort", "port");
    return { kind: "steady" };
  }
  return { kind: "port", port };
}

function audienceOf(draft: Draft, faults: Faults): TunnelAudience {
  switch (draft.audience) {
    case "user":
      return { kind: "user" };
    case "everyone":
      return { kind: "everyone" };
    case "programs": {
      const paths = draft.paths
        .split("\n")
        .map((path) => path.trim())
        .filter((path) => path !== "");
      if (paths.length === 0) {
        faults.set("paths", "missing");
      } else if (!paths.every((path) => /^(\/|[A-Za-z]:[\\/]|\\\\)/.test(path))) {
        faults.set("paths", "relative");
      }
      return { kind: "programs", paths };
    }
    case "launched": {
      const command = splitCommand(draft.command);
      if (command === null) {
        faults.set("command", "quote");
      } else if (command.length === 0 || command[0] === "") {
        faults.set("command", "missing");
      }
      return { kind: "launched", command: command ?? [] };
    }
  }
}

/** A port that many use, with the letter that chooses it: the port's field takes figures only. */
export interface UsualPort {
  letter: string;
  port: number;
  label: string;
}

export const USUAL_PORTS: readonly UsualPort[] = [
  { letter: "s", port: 22, label: "SSH" },
  { letter: "r", port: 3389, label: "RDP" },
  { letter: "w", port: 8080, label: "Web" },
  { letter: "h", port: 443, label: "HTTPS" },
  { letter: "p", port: 5432, label: "PostgreSQL" },
  { letter: "m", port: 3306, label: "MySQL" },
  { letter: "q", port: 1433, label: "SQL Server" },
  { letter: "d", port: 6379, label: "Redis" },
  { letter: "o", port: 27_017, label: "MongoDB" },
];

/** The port that a key in its field chooses: by its letter, or the next one up or down. */
export function usualPortFor(key: string, code: string, typed: string): number | null {
  const count = USUAL_PORTS.length;
  const at = USUAL_PORTS.findIndex(({ port }) => String(port) === typed.trim());
  if (key === "ArrowDown") {
    return USUAL_PORTS[(at + 1) % count]?.port ?? null;
  }
  if (key === "ArrowUp") {
    return USUAL_PORTS[(Math.max(at, 0) + count - 1) % count]?.port ?? null;
  }
  const letter = /^[a-z]$/i.test(key) ? key.toLowerCase() : key.length === 1 ? /^Key([A-Z])$/.exec(code)?.[1]?.toLowerCase() : undefined;
  return USUAL_PORTS.find((usual) => usual.letter === letter)?.port ?? null;
}
