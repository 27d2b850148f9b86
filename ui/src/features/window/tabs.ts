/** What can be done with a tab: where it stands, what it is called, and which window shows it. */

import type { IDockviewPanel } from "dockview-react";

import type { SessionInfo } from "../../contract/SessionInfo";
import type { ScreenPoint } from "../../contract/ScreenPoint";
import type { SessionPlace } from "../../contract/SessionPlace";
import type { TabColour } from "../../contract/TabColour";
import { remark, remarkFailure } from "../../design/toast";
import type { Desk } from "./desk";
import { focusSash } from "./sashes";
import { words } from "./words";

export type TabCommand =
  | "split"
  | "splitDown"
  | "otherGroup"
  | "resizeSplit"
  | "ownWindow"
  | "duplicate"
  | "rename"
  | "nextTab"
  | "previousTab"
  | "tabLeft"
  | "tabRight"
  | "closeTab"
  | "closeOthers"
  | "closeRight";

/** Label of the window that the app starts with. */
export const MAIN_WINDOW = "main";

export class Tabs {
  #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** Does something with a tab; without one with that in front. */
  run(command: TabCommand, id?: string): void {
    const desk = this.#desk;
    const panel = id === undefined ? desk.dock?.activePanel : desk.dock?.getPanel(id);
    if (panel === undefined) {
      return;
    }
    switch (command) {
      case "split":
      case "splitDown":
        this.#split(panel, command === "split" ? "right" : "below");
        break;
      case "otherGroup":
        this.#toOtherGroup(panel);
        break;
      case "resizeSplit":
        if (focusSash(panel.group.element) === "none") {
          remark(words.oneGroup);
        }
        break;
      case "ownWindow": {
        const { label } = desk.model.backend;
        void this.move(panel.id, label === MAIN_WINDOW ? { kind: "new", at: null } : { kind: "window", label: MAIN_WINDOW });
        break;
      }
      case "duplicate": {
        if (this.#session(panel.id) === undefined) {
          remark(words.onlySessions);
        } else {
          panel.api.setActive();
          desk.model.backend.call("session_duplicate", { id: panel.id }).catch(remarkFailure);
        }
        break;
      }
      case "rename":
        if (this.#session(panel.id) !== undefined) {
          desk.change({ naming: panel.id });
        } else {
          remark(words.onlySessions);
        }
        break;
      case "nextTab":
      case "previousTab":
        this.#step(panel, command === "nextTab" ? 1 : -1);
        break;
      case "tabLeft":
      case "tabRight":
        this.#shift(panel, command === "tabRight" ? 1 : -1);
        break;
      case "closeTab":
        desk.askClose(panel.id);
        break;
      case "closeOthers":
        this.#askClose(panel.group.panels.filter((other) => other !== panel));
        break;
      case "closeRight":
        this.#askClose(panel.group.panels.slice(panel.group.panels.indexOf(panel) + 1));
        break;
    }
  }

  /** Shows a session in another window. */
  async move(id: string, to: SessionPlace): Promise<void> {
    if (this.#session(id) === undefined) {
      remark(words.onlySessions);
      return;
    }
    this.#desk.desktops.leaveFullScreen();
    await this.#desk.model.backend.call("session_move", { id, to }).catch(remarkFailure);
  }

  /** A tab was dropped outside the window. */
  dropOutside(id: string, at: ScreenPoint): void {
    if (this.#session(id) !== undefined) {
      void this.move(id, { kind: "new", at });
    }
  }

  /** The other windows that show sessions, by label; the main one is always among them. */
  otherWindows(): string[] {
    const { backend, state } = this.#desk.model;
    const labels = new Set([MAIN_WINDOW, ...state.sessions.map((session) => session.window)]);
    labels.delete(backend.label);
    return [...labels].toSorted();
  }

  async label(id: string, name: string | null, colour: TabColour): Promise<void> {
    await this.#desk.model.backend.call("session_label", { id, name, colour });
  }

  /** The person answered whether several tabs are closed. */
  answerClosing(answer: "end" | "keep"): void {
    const { closing } = this.#desk.state;
    this.#desk.change({ closing: [] });
    if (answer === "end") {
      for (const id of closing) {
        this.#desk.closeTab(id);
      }
    }
    setTimeout(() => this.#desk.focusFront(), 0);
  }

  /** Those of several tabs whose session would end with them. */
  liveOf(ids: readonly string[]): SessionInfo[] {
    return this.#desk.model.state.sessions.filter(
      ({ id, state }) => ids.includes(id) && (state.kind === "live" || state.kind === "resuming"),
    );
  }

  #session(id: string): SessionInfo | undefined {
    return this.#desk.model.state.sessions.find((session) => session.id === id);
  }

  #split(panel: IDockviewPanel, direction: "right" | "below"): void {
    if (panel.group.panels.length < 2) {
      remark(words.oneTab);
      return;
    }
    const group = this.#desk.dock?.addGroup({ referenceGroup: panel.group, direction });
    if (group !== undefined) {
      panel.api.moveTo({ group });
    }
  }

  #toOtherGroup(panel: IDockviewPanel): void {
    const groups = this.#desk.dock?.groups ?? [];
    const next = groups[(groups.indexOf(panel.group) + 1) % groups.length];
    if (next === undefined || next === panel.group) {
      this.#split(panel, "right");
    } else {
      panel.api.moveTo({ group: next });
      this.#desk.focusFront();
    }
  }

  /** One place to the side within its group; at the end of it there is no other. */
  #shift(panel: IDockviewPanel, by: 1 | -1): void {
    const { panels } = panel.group;
    const index = panels.indexOf(panel) + by;
    if (index >= 0 && index < panels.length) {
      panel.api.moveTo({ group: panel.group, index });
      this.#desk.focusFront();
    }
  }

  /** The next tab in the order that is seen, around the end of the last group. */
  #step(panel: IDockviewPanel, by: 1 | -1): void {
    const all = (this.#desk.dock?.groups ?? []).flatMap((group) => group.panels);
    const next = all.at((all.indexOf(panel) + by) % all.length);
    next?.api.setActive();
    this.#desk.focusFront();
  }

  #askClose(panels: readonly IDockviewPanel[]): void {
    const ids = panels.map((panel) => panel.id);
    if (this.liveOf(ids).length > 0) {
      this.#desk.change({ closing: ids });
    } else {
      for (const id of ids) {
        this.#desk.closeTab(id);
      }
    }
  }
}
