/** What belongs to the window alone: which tab is in front, what is laid over it. */

import type { DockviewApi } from "dockview-react";
import { useSyncExternalStore } from "react";

import type { ExplainAsk } from "../../contract/ExplainAsk";
import type { InstanceRef } from "../../contract/InstanceRef";
import type { Os } from "../../contract/Os";
import type { TunnelAction } from "../../contract/TunnelAction";
import type { TunnelSpec } from "../../contract/TunnelSpec";
import type { Model } from "../../platform/model";
import { remark, remarkFailure } from "../../design/toast";
import { askFor, keyOf, shortTarget } from "../explain/target";
import { words as explainWords } from "../explain/words";
import type { WindowCommand } from "./keys";
import { words } from "./words";

/** What lies over the window. */
export type Overlay = "none" | "palette" | "quickConnect";

/** A VM that a forward may lead to, and what is known of it. */
export interface ForwardTo {
  instance: InstanceRef;
  os: Os;
}

/** The form for a tunnel: a new one, to a VM if one is known, or one that is there. */
export type ForwardForm = { kind: "new"; to: ForwardTo | null; port: number | undefined } | { kind: "edit"; id: string };

/** A terminal's own part of the keys. */
export interface TerminalKeys {
  command(command: WindowCommand): void;
  focus(): void;
}

/** Panels that belong to no session. */
export const PAGES = ["settings", "tunnels"] as const;
export type Page = (typeof PAGES)[number];

const EXPLANATION = "explain:";

/** Whether the panel explains something: it belongs to no session, and there may be several. */
export function isExplanation(panel: string): boolean {
  return panel.startsWith(EXPLANATION);
}

interface DeskState {
  overlay: Overlay;
  /** What the palette begins with. */
  typed: string;
  /** Id of the panel in front. */
  front: string | null;
  /** Id of the live session that a person is asked about before its tab is closed. */
  ending: string | null;
  /** The form for a tunnel, while it is open. */
  form: ForwardForm | null;
  /** The VM whose port is asked for, to explain the way there. */
  explainTo: ForwardTo | null;
  /** Id of the tunnel that the page of tunnels shows the details of. */
  tunnel: string | null;
}

/** The window's state and the commands on it. */
export class Desk {
  readonly model: Model;
  dock: DockviewApi | null = null;
  /** The size in cells that a terminal opened now would have. */
  cells = { cols: 120, rows: 36 };
  focusExplorer: () => void = () => {};
  /** The VM whose row has the keyboard in the explorer. */
  explorerVm: () => ForwardTo | null = () => null;
  readonly terminals = new Map<string, TerminalKeys>();
  #state: DeskState = {
    overlay: "none",
    typed: "",
    front: null,
    ending: null,
    form: null,
    explainTo: null,
    tunnel: null,
  };
  #listeners = new Set<() => void>();

  constructor(model: Model) {
    this.model = model;
  }

  get state(): DeskState {
    return this.#state;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  change(change: Partial<DeskState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) {
      listener();
    }
  }

  /** Opens a session; its tab comes with the event. */
  async connect(instance: InstanceRef): Promise<void> {
    try {
      const id = await this.model.backend.call("session_open", { instance, ...this.cells });
      this.dock?.getPanel(id)?.api.setActive();
    } catch (error) {
      remarkFailure(error);
    }
  }

  /** Brings an open session of the VM to the front, or opens one. */
  async show(instance: InstanceRef): Promise<void> {
    const open = this.model.state.sessions.findLast(
      ({ instance: other }) =>
        other.name === instance.name && other.zone === instance.zone && other.project === instance.project,
    );
    if (open === undefined) {
      await this.connect(instance);
    } else {
      this.dock?.getPanel(open.id)?.api.setActive();
      this.terminals.get(open.id)?.focus();
      // Whoever connects to a VM whose tab has ended wants it to begin again, there.
      const { id, state } = open;
      if (state.kind === "ended" || (state.kind === "failed" && state.failure.actions.includes("tryAgain"))) {
        this.model.backend.call("session_answer", { id, answer: { kind: "tryAgain" } }).catch(remarkFailure);
      }
    }
  }

  openSettings(): void {
    this.#openPage("settings", words.settingsTab);
  }

  /** Brings a session's tab to the front. */
  front(session: string): void {
    this.dock?.getPanel(session)?.api.setActive();
    this.focusFront();
  }

  /** A tab that explains something; the same question has one tab. */
  explain(ask: ExplainAsk, of: string): void {
    const id = `${EXPLANATION}${keyOf(ask)}`;
    const open = this.dock?.getPanel(id);
    const title = explainWords.tab(of);
    if (open === undefined) {
      this.dock?.addPanel({ id, component: "explain", tabComponent: "explain", title, params: { ask, title } });
    } else {
      open.api.setActive();
    }
    setTimeout(() => this.focusFront(), 0);
  }

  /** Explains the way to a VM's port. */
  explainPort(instance: InstanceRef, port: number): void {
    const ask = askFor(instance, port);
    this.explain(ask, shortTarget(ask.target));
  }

  /** The VM in question: the explorer's, else that of the tab in front. */
  #inQuestion(): ForwardTo | null {
    const front = this.model.state.sessions.find((session) => session.id === this.#state.front);
    return this.explorerVm() ?? (front === undefined ? null : { instance: front.instance, os: "unknown" });
  }

  /** Brings the page of tunnels to the front, with one of them chosen. */
  openTunnels(id?: string): void {
    if (id !== undefined) {
      this.change({ tunnel: id });
    }
    this.#openPage("tunnels", words.tunnelsTab);
    // Once it is drawn, and a dialog has given the keyboard back.
    setTimeout(() => this.focusFront(), 0);
  }

  #openPage(id: Page, title: string): void {
    const open = this.dock?.getPanel(id);
    if (open === undefined) {
      this.dock?.addPanel({ id, component: id, tabComponent: id, title });
    } else {
      open.api.setActive();
    }
  }

  /** The form for a new tunnel: to the given VM, else to the one in question. */
  newForward(to?: ForwardTo, port?: number): void {
    this.change({ overlay: "none", form: { kind: "new", to: to ?? this.#inQuestion(), port } });
  }

  /** Asks which port of a VM is to be explained; without a VM in question, for that first. */
  askExplain(to?: ForwardTo): void {
    const explainTo = to ?? this.#inQuestion();
    this.change(explainTo === null ? { overlay: "palette", typed: "explain " } : { overlay: "none", explainTo });
  }

  /** Adds a tunnel, starts it, and shows it. Rejects as core does. */
  async addTunnel(spec: TunnelSpec): Promise<void> {
    this.openTunnels(await this.model.backend.call("tunnel_add", { spec, start: true }));
  }

  actOnTunnel(id: string, action: TunnelAction): void {
    this.model.backend.call("tunnel_action", { id, action }).catch(remarkFailure);
  }

  /** Asks before a live session's tab is closed, where the session is; closes any other at once. */
  askClose(id: string): void {
    const kind = this.model.state.sessions.find((session) => session.id === id)?.state.kind;
    if (kind === "live" || kind === "resuming") {
      this.dock?.getPanel(id)?.api.setActive();
      this.change({ ending: id });
    } else {
      this.closeTab(id);
    }
  }

  /** The person answered. */
  answerClose(answer: "end" | "keep"): void {
    const { ending } = this.#state;
    if (ending === null) {
      return;
    }
    this.change({ ending: null });
    if (answer === "end") {
      this.closeTab(ending);
    } else {
      this.focusFront();
    }
  }

  /** Gives the keyboard to the panel in front: to its terminal, its chosen row, or the first thing to be pressed. */
  focusFront(): void {
    const front = this.dock?.activePanel;
    const terminal = this.terminals.get(front?.id ?? "");
    if (terminal === undefined) {
      const page = front?.view.content.element;
      const wanted = ["[role=row][tabindex='0']", "button, input", "h1[tabindex]"];
      wanted.map((selector) => page?.querySelector<HTMLElement>(selector) ?? null).find((found) => found !== null)?.focus();
    } else {
      terminal.focus();
    }
  }

  /** Closes a tab: a session's by core, a page's at once. */
  closeTab(id: string): void {
    if (this.model.state.sessions.some((session) => session.id === id)) {
      this.model.backend.call("session_close", { id }).catch(remarkFailure);
    } else {
      this.dock?.getPanel(id)?.api.close();
    }
  }

  run(command: WindowCommand): void {
    const { dock } = this;
    const front = dock?.activePanel;
    if (typeof command === "object") {
      const chosen = front?.group.panels.at(command.tab - 1);
      if (chosen !== undefined) {
        chosen.api.setActive();
        this.focusFront();
      }
      return;
    }
    const { settings } = this.model.state;
    switch (command) {
      case "palette":
      case "quickConnect":
        this.change({ overlay: this.#state.overlay === command ? "none" : command, typed: "" });
        break;
      case "toggleExplorer":
        this.model.changeSettings({ explorerOpen: !settings.explorerOpen }).catch(remarkFailure);
        if (settings.explorerOpen && front !== undefined) {
          this.terminals.get(front.id)?.focus();
        }
        break;
      case "focusExplorer":
      case "giveBack":
        if (settings.explorerOpen) {
          this.focusExplorer();
        } else {
          this.model.changeSettings({ explorerOpen: true }).catch(remarkFailure);
          setTimeout(() => this.focusExplorer(), 0);
        }
        break;
      case "split":
        if (front !== undefined && front.group.panels.length > 1) {
          front.api.moveTo({ group: dock?.addGroup({ referenceGroup: front.group, direction: "right" }) as never });
        } else if (front !== undefined) {
          remark(words.oneTab);
        }
        break;
      case "closeTab":
        if (front !== undefined) {
          this.askClose(front.id);
        }
        break;
      case "newForward":
        this.newForward();
        break;
      case "explain":
        this.askExplain();
        break;
      case "tunnels":
        this.openTunnels();
        break;
      case "refresh":
        this.model.backend.call("refresh", {}).catch(remarkFailure);
        break;
      case "fullScreen":
        (document.fullscreenElement === null ? document.documentElement.requestFullscreen() : document.exitFullscreen()).catch(
          () => remark(words.fullScreenRefused),
        );
        break;
      case "settings":
        this.openSettings();
        break;
      case "fontLarger":
      case "fontSmaller":
      case "fontReset": {
        const size = { fontLarger: settings.terminalFontSize + 1, fontSmaller: settings.terminalFontSize - 1, fontReset: 13 };
        const terminalFontSize = Math.min(32, Math.max(8, size[command]));
        this.model.changeSettings({ terminalFontSize }).catch(remarkFailure);
        break;
      }
      case "copy":
      case "paste":
      case "find":
        if (front !== undefined) {
          this.terminals.get(front.id)?.command(command);
        }
        break;
    }
  }
}

let desk: Desk | null = null;

/** The desk of this window, made with the model it is first asked for. */
export function deskOf(model: Model): Desk {
  if (desk?.model !== model) {
    desk = new Desk(model);
  }
  return desk;
}

/** A part of the desk's state. */
export function useDesk<T>(of: Desk, select: (state: DeskState) => T): T {
  return useSyncExternalStore(of.subscribe, () => select(of.state));
}
