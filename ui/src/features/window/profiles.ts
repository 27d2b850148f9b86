/** What can be done with profiles, wherever that is asked for: on their page, in a menu, in the palette. */

import type { ProfileFolderChange } from "../../contract/ProfileFolderChange";
import type { ProfileInfo } from "../../contract/ProfileInfo";
import type { ProfileSource } from "../../contract/ProfileSource";
import { remark, remarkFailure } from "../../design/toast";
import type { Move } from "../profiles/moves";
import { isOn } from "../profiles/state";
import { keyOfProfile, type Path } from "../profiles/tree";
import { startedRemark, words } from "../profiles/words";
import { type Desk, usualProtocol } from "./desk";
import { words as windowWords } from "./words";

/** Most profiles that start at once, as core takes them. */
export const START_MOST = 20;

export class Profiles {
  #desk: Desk;
  /** The row that is to have the keyboard once it is drawn. */
  #asked: string | null = null;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** Brings their page to the front, with some rows chosen. */
  open(keys?: ReadonlySet<string>): void {
    if (keys !== undefined) {
      this.choose(keys);
      this.#asked = [...keys][0] ?? null;
    }
    this.#desk.openPage("profiles", windowWords.profilesTab);
    // Once it is drawn, and a dialog has given the keyboard back.
    setTimeout(() => this.#desk.focusFront(), 0);
  }

  /** Whether a row is to have the keyboard now; it is asked for once. */
  takeAsked(key: string): "asked" | "no" {
    const asked = this.#asked === key;
    this.#asked = asked ? null : this.#asked;
    return asked ? "asked" : "no";
  }

  choose(keys: ReadonlySet<string>): void {
    this.#desk.change({ profileKeys: keys });
  }

  /** The form for a new profile. */
  create(folder: Path = []): void {
    this.#desk.change({ overlay: "none", profileForm: { kind: "new", folder, profile: null } });
  }

  edit(id: string, pane: "connection" | "settings" = "connection"): void {
    this.#desk.change({ overlay: "none", profileForm: { kind: "edit", id, pane } });
  }

  /** The form with what a session, a tunnel or a VM would be saved as. */
  async saveAs(from: ProfileSource): Promise<void> {
    try {
      const profile = await this.#desk.model.backend.call("profile_draft", { from });
      this.#desk.change({ overlay: "none", profileForm: { kind: "new", folder: profile.folder, profile } });
    } catch (error) {
      remarkFailure(error);
    }
  }

  /** The same for what is in front: a session, the chosen tunnel, else the VM in question. */
  saveFront(): void {
    const { model, state } = this.#desk;
    const session = model.state.sessions.find(({ id }) => id === state.front);
    const tunnel = state.front === "tunnels" ? (model.state.tunnels.find(({ id }) => id === state.tunnel) ?? model.state.tunnels[0]) : undefined;
    const to = this.#desk.explorerVm();
    if (to !== null) {
      void this.saveAs({ kind: "vm", instance: to.instance, action: { kind: usualProtocol(to.os) } });
    } else if (session !== undefined) {
      void this.saveAs({ kind: "session", id: session.id });
    } else if (tunnel !== undefined) {
      void this.saveAs({ kind: "tunnel", id: tunnel.id });
    } else {
      this.create();
    }
  }

  /** Goes to what one has started, else starts it and goes there. */
  async go(info: ProfileInfo): Promise<void> {
    if (isOn(info)) {
      this.show(info);
      return;
    }
    const [started] = await this.start([info]);
    const tunnel = started?.tunnel ?? null;
    if (tunnel !== null) {
      this.#desk.openTunnels(tunnel);
    }
  }

  /** Goes to the session or the tunnel that a profile has started. */
  show({ state }: ProfileInfo): void {
    if (state.kind === "session") {
      this.#desk.front(state.id);
    } else if (state.kind === "tunnel") {
      this.#desk.openTunnels(state.id);
    }
  }

  /** Starts those that are not on yet. Sessions get tabs of their own; tunnels run where they are. */
  async start(infos: readonly ProfileInfo[]) {
    const off = infos.filter((info) => !isOn(info));
    if (off.length === 0) {
      return [];
    }
    if (off.length > START_MOST) {
      remark(words.startMost(START_MOST));
      return [];
    }
    try {
      const started = await this.#desk.model.backend.call("profile_start", { ids: off.map(({ id }) => id) });
      const says = startedRemark(started, (id) => off.find((info) => info.id === id)?.profile.name ?? "");
      // Their page says it itself.
      if (says !== null && this.#desk.state.front !== "profiles") {
        remark(says);
      }
      return started;
    } catch (error) {
      remarkFailure(error);
      return [];
    }
  }

  async duplicate(ids: readonly string[]): Promise<void> {
    try {
      const copies = await this.#desk.model.backend.call("profile_duplicate", { ids: [...ids] });
      this.choose(new Set(copies.map(keyOfProfile)));
    } catch (error) {
      remarkFailure(error);
    }
  }

  /** Removes profiles, then folders: what is left in those goes one level up. */
  async remove(ids: readonly string[], folders: readonly Path[]): Promise<void> {
    try {
      if (ids.length > 0) {
        const left = await this.#desk.model.backend.call("profile_remove", { ids: [...ids] });
        if (left !== null) {
          remarkFailure(left);
        }
      }
      for (const path of folders) {
        await this.#folder({ kind: "remove", path: [...path] });
      }
    } catch (error) {
      remarkFailure(error);
    }
  }

  async move(moves: readonly Move[]): Promise<void> {
    try {
      for (const move of moves) {
        if (move.kind === "folder") {
          await this.#folder({ kind: "move", path: [...move.path], into: [...move.into] });
        } else {
          const { ids, folder, before } = move;
          await this.#desk.model.backend.call("profile_arrange", { ids, folder: [...folder], before });
        }
      }
    } catch (error) {
      remarkFailure(error);
    }
  }

  async #folder(change: ProfileFolderChange): Promise<void> {
    await this.#desk.model.backend.call("profile_folder", { change });
  }

  /** The shell asks for a file; what came of it is shown. */
  async import(): Promise<void> {
    try {
      const imported = await this.#desk.model.backend.call("profile_import", {});
      if (imported !== null) {
        this.open();
        this.#desk.change({ imported });
      }
    } catch (error) {
      remarkFailure(error);
    }
  }

  async export(ids: readonly string[]): Promise<void> {
    try {
      const path = await this.#desk.model.backend.call("profile_export", { ids: [...ids] });
      if (path !== null) {
        remark(words.exported(path));
      }
    } catch (error) {
      remarkFailure(error);
    }
  }

  /** Saves one; without an id a new one. Answers with its id. Rejects as core does. */
  readonly save = (id: string | null, profile: ProfileInfo["profile"]) => this.#desk.model.backend.call("profile_save", { id, profile });

  /** Makes a folder. Rejects as core does. */
  readonly addFolder = (path: Path) => this.#folder({ kind: "add", path: [...path] });

  /** Gives a folder another name. Rejects as core does. */
  readonly renameFolder = (path: Path, name: string) => this.#folder({ kind: "rename", path: [...path], name });
}
