/** What a form for a profile holds, what is missing in it, and the profile it asks for. */

import type { Profile } from "../../contract/Profile";
import type { ProfileAction } from "../../contract/ProfileAction";
import type { ProfileStart } from "../../contract/ProfileStart";
import type { ProfileTarget } from "../../contract/ProfileTarget";
import type { TunnelTarget } from "../../contract/TunnelTarget";
import {
  type Draft as TunnelDraft,
  type DraftFault,
  type DraftField,
  draftOf as tunnelDraftOf,
  type Faults as TunnelFaults,
  forwardOf,
  hostOf,
  newDraft as newTunnel,
  portOf,
} from "../tunnels/draft";
import { FIRST_INTERFACE } from "../tunnels/target";
import type { Path } from "./tree";

/** Longest name, in characters, as core takes it. */
export const NAME_MOST = 80;

/** The fields as they are typed. */
export interface Draft {
  name: string;
  folder: Path;
  /** The name of a folder to be made in `folder`; `null` where none is. */
  newFolder: string | null;
  action: ProfileAction["kind"];
  target: ProfileTarget["kind"];
  search: string;
  account: string | null;
  start: ProfileStart;
  settings: Profile["settings"];
  /** The VM or host, and what a forward is: the fields of the tunnels' form, but for the name. */
  forward: TunnelDraft;
}

/** A field that something is wrong with. */
export type Field = DraftField | "profileName" | "search" | "newFolder";

/** What is wrong with a field. */
export type Fault = DraftFault;

export type Checked = { profile: Profile; faults: null } | { profile: null; faults: ReadonlyMap<Field, Fault> };

/** A form with nothing in it but the folder. */
export function newDraft(folder: Path): Draft {
  return {
    name: "",
    folder,
    newFolder: null,
    action: "ssh",
    target: "instance",
    search: "",
    account: null,
    start: "byHand",
    settings: {},
    forward: newTunnel(null),
  };
}

/** A form with what a profile says. */
export function draftOf({ name, folder, target, action, account, settings, start }: Profile): Draft {
  return {
    ...newDraft(folder),
    name,
    action: action.kind,
    // Without words the VM is still to be chosen: so that is asked for.
    target: target.kind === "search" && target.text === "" ? "instance" : target.kind,
    search: target.kind === "search" ? target.text : "",
    account,
    start,
    settings,
    forward: forwardDraft(target, action),
  };
}

function forwardDraft(target: ProfileTarget, action: ProfileAction): TunnelDraft {
  const instance = target.kind === "instance" ? target.instance : null;
  if (action.kind !== "forward") {
    return newTunnel(instance);
  }
  const { interface: nic, port, ...parts } = action.forward;
  const to: TunnelTarget =
    target.kind === "host"
      ? { ...target, port }
      : { kind: "instance", instance: instance ?? { project: "", zone: "", name: "" }, interface: nic, port };
  return { ...tunnelDraftOf({ name: "", target: to, ...parts }), instance };
}

/** What it leads to: a host on-premises is reached by a forward alone. */
export function targetKind({ action, target }: Pick<Draft, "action" | "target">): ProfileTarget["kind"] {
  return target === "host" && action !== "forward" ? "instance" : target;
}

/** The fields of the forward, with the kind of machine that the form means now. */
export function forwardFields(draft: Draft): TunnelDraft {
  return { ...draft.forward, kind: targetKind(draft) === "host" ? "host" : "instance" };
}

/** What the profile is called where nobody has given it a name. */
export function suggestedName(draft: Draft): string {
  const { forward } = draft;
  const machine = {
    instance: forward.instance?.name ?? "",
    search: draft.search.trim(),
    host: forward.host.trim(),
  }[targetKind(draft)];
  const port = draft.action === "forward" ? portOf(forward.port) : null;
  const name = machine === "" || port === null ? machine : `${machine}:${port}`;
  return [...name].slice(0, NAME_MOST).join("");
}

/** The folder that it is kept in, with the one that is to be made. */
export function folderOf({ folder, newFolder }: Pick<Draft, "folder" | "newFolder">): string[] {
  return newFolder === null ? [...folder] : [...folder, newFolder.trim()];
}

/** The profile that the form asks for, or what is wrong with it. */
export function check(draft: Draft): Checked {
  const faults = new Map<Field, Fault>();
  const name = draft.name.trim() === "" ? suggestedName(draft) : draft.name.trim();
  if ([...name].length > NAME_MOST) {
    faults.set("profileName", "long");
  }
  if (draft.newFolder !== null && draft.newFolder.trim() === "") {
    faults.set("newFolder", "missing");
  }
  const found: TunnelFaults = new Map();
  const target = targetOf(draft, faults, found);
  const action = actionOf(draft, found);
  for (const [field, fault] of found) {
    faults.set(field, fault);
  }
  if (faults.size > 0 || target === null) {
    return { profile: null, faults };
  }
  return {
    faults: null,
    profile: {
      name,
      folder: folderOf(draft),
      target,
      action,
      account: draft.account,
      settings: draft.settings,
      start: draft.start,
    },
  };
}

function targetOf(draft: Draft, faults: Map<Field, Fault>, found: TunnelFaults): ProfileTarget | null {
  switch (targetKind(draft)) {
    case "instance":
      if (draft.forward.instance === null) {
        faults.set("instance", "missing");
        return null;
      }
      return { kind: "instance", instance: draft.forward.instance };
    case "search": {
      const text = draft.search.trim();
      if (text === "") {
        faults.set("search", "missing");
      }
      return { kind: "search", text };
    }
    case "host":
      return { kind: "host", ...hostOf(draft.forward, found) };
  }
}

function actionOf(draft: Draft, found: TunnelFaults): ProfileAction {
  switch (draft.action) {
    case "ssh":
    case "rdp":
      return { kind: draft.action };
    case "forward":
      return { kind: "forward", forward: forwardOf(forwardFields(draft), found) };
  }
}

/** Where the forward would lead, as far as the form knows: its port on this computer depends on it. */
export function tunnelTarget(draft: Draft): TunnelTarget | null {
  const { profile } = check({ ...draft, name: "", newFolder: null, forward: { ...draft.forward, localPort: "", audience: "user" } });
  if (profile?.action.kind !== "forward") {
    return null;
  }
  const { port, interface: nic } = profile.action.forward;
  switch (profile.target.kind) {
    case "instance":
      return { kind: "instance", instance: profile.target.instance, interface: nic || FIRST_INTERFACE, port };
    case "host":
      return { ...profile.target, port };
    case "search":
      return null;
  }
}
