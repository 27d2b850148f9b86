/** The double's profiles: a few, none, many or some in trouble, kept in memory. They start what the double can start. */

import type { Event } from "../../contract/Event";
import type { Failure } from "../../contract/Failure";
import type { InstanceRef } from "../../contract/InstanceRef";
import type { Profile } from "../../contract/Profile";
import type { ProfileFolderChange } from "../../contract/ProfileFolderChange";
import type { ProfileImport } from "../../contract/ProfileImport";
import type { ProfileInfo } from "../../contract/ProfileInfo";
import type { ProfileList } from "../../contract/ProfileList";
import type { ProfileSource } from "../../contract/ProfileSource";
import type { ProfileStarted } from "../../contract/ProfileStarted";
import type { ProfileState } from "../../contract/ProfileState";
import type { SearchHit } from "../../contract/SearchHit";
import type { SessionInfo } from "../../contract/SessionInfo";
import type { TunnelInfo } from "../../contract/TunnelInfo";
import type { TunnelSpec } from "../../contract/TunnelSpec";
import { sceneFolders, sceneProfiles, sceneTrouble } from "./profileScenes";

/** What profiles start, and what they are drafted from. */
export interface Starts {
  search: (text: string) => SearchHit[];
  open: (instance: InstanceRef, protocol: "ssh" | "rdp", profile: string) => string;
  forward: (spec: TunnelSpec, profile: string) => string;
  session: (id: string) => SessionInfo | undefined;
  tunnel: (id: string) => TunnelInfo | undefined;
}

const MOST_STARTED = 20;

export class DemoProfiles {
  #infos: ProfileInfo[];
  #folders: string[][];
  #trouble: Failure | null;
  #tell: (event: Event) => void;
  #starts: Starts;
  #next = 1000;

  constructor(scene: string, tell: (event: Event) => void, starts: Starts) {
    this.#infos = sceneProfiles(scene);
    this.#folders = sceneFolders(scene);
    this.#trouble = sceneTrouble(scene);
    this.#tell = tell;
    this.#starts = starts;
  }

  list(): ProfileList {
    return {
      profiles: this.#infos.map((info) => ({ ...info, state: this.#stateOf(info.state) })),
      folders: this.#folders,
      trouble: this.#trouble,
      writable: this.#trouble === null,
    };
  }

  save(id: string | null, profile: Profile): string {
    this.#makeFolder(profile.folder);
    const known = id === null ? undefined : this.#find(id);
    const made = known?.id ?? this.#id();
    const problem = profile.target.kind === "search" && profile.target.text === "" ? "The VM is still to be chosen" : null;
    const info: ProfileInfo = { id: made, profile, state: known?.state ?? { kind: "idle" }, problem };
    this.#infos = known === undefined ? [...this.#infos, info] : this.#infos.map((one) => (one.id === id ? info : one));
    this.changed();
    return made;
  }

  remove(ids: readonly string[]): void {
    this.#infos = this.#infos.filter(({ id }) => !ids.includes(id));
    this.changed();
  }

  arrange(ids: readonly string[], folder: string[], before: string | null): void {
    const moved = ids.flatMap((id): ProfileInfo[] => {
      const info = this.#find(id);
      return info === undefined ? [] : [{ ...info, profile: { ...info.profile, folder } }];
    });
    const rest = this.#infos.filter(({ id }) => !ids.includes(id));
    const at = before === null ? rest.length : rest.findIndex(({ id }) => id === before);
    this.#infos = rest.toSpliced(at === -1 ? rest.length : at, 0, ...moved);
    this.changed();
  }

  duplicate(ids: readonly string[]): string[] {
    const made: string[] = [];
    this.#infos = this.#infos.flatMap((info) => {
      if (!ids.includes(info.id)) {
        return [info];
      }
      const id = this.#id();
      made.push(id);
      return [info, { ...info, id, state: { kind: "idle" }, profile: { ...info.profile, name: `${info.profile.name} copy` } }];
    });
    this.changed();
    return made;
  }

  folder(change: ProfileFolderChange): void {
    const { path } = change;
    const within = (other: readonly string[]) => path.every((name, depth) => other[depth] === name);
    const move = (to: string[]) => {
      const moved = (other: string[]) => (within(other) ? [...to, ...other.slice(path.length)] : other);
      this.#folders = [...new Map(this.#folders.map(moved).map((one) => [JSON.stringify(one), one])).values()].filter((one) => one.length > 0);
      this.#infos = this.#infos.map((info) => ({ ...info, profile: { ...info.profile, folder: moved(info.profile.folder) } }));
    };
    switch (change.kind) {
      case "add":
        this.#makeFolder(path);
        break;
      case "rename":
        move([...path.slice(0, -1), change.name]);
        break;
      case "move":
        move([...change.into, path.at(-1) ?? ""]);
        break;
      case "remove":
        move(path.slice(0, -1));
        break;
    }
    this.changed();
  }

  start(ids: readonly string[]): ProfileStarted[] {
    if (ids.length > MOST_STARTED) {
      throw failure("invalidInput", `At most ${MOST_STARTED} profiles start at once`, "Choose fewer.");
    }
    const started = ids.map((id) => this.#start(id));
    this.#infos = this.#infos.map((info) => {
      const one = started.find(({ id }) => id === info.id);
      return one === undefined ? info : { ...info, state: stateAfter(one) };
    });
    this.changed();
    return started;
  }

  draft(from: ProfileSource): Profile {
    const plain = { folder: [], account: null, settings: {}, start: "byHand" } as const;
    switch (from.kind) {
      case "vm":
        return { ...plain, folder: [], name: from.instance.name, target: { kind: "instance", instance: from.instance }, action: from.action };
      case "session": {
        const session = this.#starts.session(from.id);
        if (session === undefined) {
          throw failure("notFound", "The session is gone", "");
        }
        const { instance, name, protocol } = session;
        return { ...plain, folder: [], name: name ?? instance.name, target: { kind: "instance", instance }, action: { kind: protocol } };
      }
      case "tunnel": {
        const tunnel = this.#starts.tunnel(from.id);
        if (tunnel === undefined) {
          throw failure("notFound", "The tunnel is gone", "");
        }
        const { name, target, ...parts } = tunnel.spec;
        const { port } = target;
        const forward = { ...parts, port, interface: target.kind === "instance" ? target.interface : "nic0" };
        if (target.kind === "instance") {
          const to = { kind: "instance", instance: target.instance } as const;
          return { ...plain, folder: [], name: name || `${target.instance.name}:${port}`, target: to, action: { kind: "forward", forward } };
        }
        const { port: _, ...host } = target;
        return { ...plain, folder: [], name: name || `${target.host}:${port}`, target: host, action: { kind: "forward", forward } };
      }
    }
  }

  import(): ProfileImport {
    const folder = ["From IAP Desktop"];
    for (const name of ["jump-host", "sql-win-2", "build-agent"]) {
      const instance = { project: "acme-prod", zone: "europe-west1-b", name };
      this.save(null, { name, folder, target: { kind: "instance", instance }, action: { kind: "rdp" }, account: null, settings: {}, start: "byHand" });
    }
    return {
      added: 3,
      folder,
      runs: ["reports: psql -h {host} -p {port} -d reports"],
      notes: [
        "sql-win-2.rdp: the password was left out. Passwords are kept in the keychain only.",
        "sql-win-2.rdp: drives, printers and other devices are not shared.",
        "old-kiosk.rdp: it names no VM that Adit can reach, and was left out.",
      ],
    };
  }

  export(): string {
    return "/home/ana/profiles.toml";
  }

  changed(): void {
    this.#tell({ kind: "profiles" });
  }

  #find(id: string): ProfileInfo | undefined {
    return this.#infos.find((info) => info.id === id);
  }

  #id(): string {
    this.#next += 1;
    return `p-${this.#next}`;
  }

  #makeFolder(path: readonly string[]): void {
    for (let depth = 1; depth <= path.length; depth += 1) {
      const outer = path.slice(0, depth);
      if (!this.#folders.some((known) => JSON.stringify(known) === JSON.stringify(outer))) {
        this.#folders = [...this.#folders, outer];
      }
    }
  }

  #stateOf(state: ProfileState): ProfileState {
    switch (state.kind) {
      case "session": {
        const session = this.#starts.session(state.id)?.state;
        if (session?.kind === "failed") {
          return { kind: "failed", failure: session.failure };
        }
        return session === undefined || session.kind === "ended" ? { kind: "idle" } : state;
      }
      case "tunnel":
        return this.#starts.tunnel(state.id) === undefined ? { kind: "idle" } : state;
      case "idle":
      case "failed":
        return state;
    }
  }

  #start(id: string): ProfileStarted {
    const nothing = { id, session: null, tunnel: null, failure: null };
    const info = this.#find(id);
    if (info === undefined) {
      return { ...nothing, failure: failure("notFound", "The profile is gone", "") };
    }
    const { target, action, name } = info.profile;
    const found = target.kind === "search" ? this.#starts.search(target.text) : [];
    if (target.kind === "search" && found.length !== 1) {
      const why = found.length === 0 ? "No VM has all the words" : `${found.length} VMs have all the words`;
      return { ...nothing, failure: failure("notFound", `${why} “${target.text}”`, "Change the words so that one VM is left.") };
    }
    const instance = target.kind === "instance" ? target.instance : found[0]?.instance;
    if (action.kind !== "forward") {
      return instance === undefined ? nothing : { ...nothing, session: this.#starts.open(instance, action.kind, id) };
    }
    const { interface: nic, port, ...parts } = action.forward;
    const to: TunnelSpec["target"] | undefined =
      target.kind === "host" ? { ...target, port } : instance === undefined ? undefined : { kind: "instance", instance, interface: nic, port };
    return to === undefined ? nothing : { ...nothing, tunnel: this.#starts.forward({ name, target: to, ...parts }, id) };
  }
}

function stateAfter({ session, tunnel, failure: why }: ProfileStarted): ProfileState {
  if (why !== null) {
    return { kind: "failed", failure: why };
  }
  return session !== null ? { kind: "session", id: session } : tunnel !== null ? { kind: "tunnel", id: tunnel } : { kind: "idle" };
}

function failure(code: Failure["code"], title: string, advice: string): Failure {
  return { code, title, advice, facts: [], actions: [], server: null };
}
