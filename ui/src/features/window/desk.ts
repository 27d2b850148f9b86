/** What belongs to the window alone: which tab is in front, what is laid over it. */

import type { DockviewApi } from "dockview-react";
import { useSyncExternalStore } from "react";

import type { ExplainAsk } from "../../contract/ExplainAsk";
import type { InstanceRef } from "../../contract/InstanceRef";
import type { Os } from "../../contract/Os";
import type { LinkOffer } from "../../contract/LinkOffer";
import type { LinkParameters } from "../../contract/LinkParameters";
import type { Protocol } from "../../contract/Protocol";
import type { Scope } from "../../contract/Scope";
import type { SessionInfo } from "../../contract/SessionInfo";
import type { SessionStart } from "../../contract/SessionStart";
import type { TunnelAction } from "../../contract/TunnelAction";
import type { TunnelSpec } from "../../contract/TunnelSpec";
import type { Want } from "../../contract/Want";
import type { Model } from "../../platform/model";
import { focusRemarks, remark, remarkFailure } from "../../design/toast";
import { askFor, keyOf, shortTarget } from "../explain/target";
import { words as explainWords } from "../explain/words";
import { FIRST_TOPIC, type TopicId } from "../help/topics";
import { keyOfProfile } from "../profiles/tree";
import { KEY } from "../settings/keys";
import { Desktops } from "./desktops";
import { AT_FIRST, type DeskState, type ForwardTo, type TerminalKeys } from "./deskState";
import { isTabKey, placeOf, type WindowCommand } from "./keys";
import { Left } from "./left";
import { Profiles } from "./profiles";
import { Tabs } from "./tabs";
import { words } from "./words";

export type { ForwardForm, ForwardTo, Overlay, ProfileForm, TerminalKeys } from "./deskState";

/** Panels that belong to no session. */
export const PAGES = ["settings", "tunnels", "profiles", "overview", "help"] as const;
export type Page = (typeof PAGES)[number];

const EXPLANATION = "explain:";

/** Whether the panel explains something: it belongs to no session, and there may be several. */
export function isExplanation(panel: string): boolean {
  return panel.startsWith(EXPLANATION);
}

/** Most wishes that wait for the tabs to be put back. */
const MOST_WAITING = 16;

/** What a person most often wants of such a system. */
export function usualProtocol(os: Os): Protocol {
  return os === "windows" ? "rdp" : "ssh";
}

/** The window's state and the commands on it. */
export class Desk {
  readonly model: Model;
  #dock: DockviewApi | null = null;
  /** What was asked of the tabs while those of the run before were still being put back; `null` where none are coming. */
  #docking: ((dock: DockviewApi) => void)[] | null = null;
  /** The size in cells that a terminal opened now would have. */
  cells = { cols: 120, rows: 36 };
  focusExplorer: () => void = () => {};
  /** The VM whose row has the keyboard in the explorer. */
  explorerVm: () => ForwardTo | null = () => null;
  readonly terminals = new Map<string, TerminalKeys>();
  readonly desktops: Desktops;
  readonly tabs = new Tabs(this);
  readonly left = new Left(this);
  readonly profiles = new Profiles(this);
  #state: DeskState = AT_FIRST;
  #listeners = new Set<() => void>();

  constructor(model: Model) {
    this.model = model;
    this.desktops = new Desktops(
      model,
      () => this.change({ desktops: this.desktops.state }),
      () => this.focusTabs(),
    );
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

  /** What a tab that is opened now has room for. */
  startOf(protocol: Protocol): SessionStart {
    return protocol === "ssh" ? { protocol, ...this.cells } : { protocol, size: this.desktops.size };
  }

  /** Opens a session; its tab comes with the event. */
  async connect({ instance, os }: ForwardTo, protocol: Protocol = usualProtocol(os), linked?: LinkParameters): Promise<void> {
    try {
      const start = this.startOf(protocol);
      const id = await this.model.backend.call("session_open", { instance, start, ...(linked === undefined ? {} : { linked }) });
      this.dock?.getPanel(id)?.api.setActive();
    } catch (error) {
      remarkFailure(error);
    }
  }

  /** Brings an open session of the VM and the protocol to the front, or opens one. */
  async show(to: ForwardTo, protocol: Protocol = usualProtocol(to.os)): Promise<void> {
    const open = this.sessionTo(to.instance, protocol);
    if (open === undefined) {
      await this.connect(to, protocol);
    } else {
      this.front(open.id);
      // Whoever connects to a VM whose tab has ended wants it to begin again, there.
      const { id, state } = open;
      if (state.kind === "ended" || (state.kind === "failed" && state.failure.actions.includes("tryAgain"))) {
        this.model.backend.call("session_answer", { id, answer: { kind: "tryAgain" } }).catch(remarkFailure);
      }
    }
  }

  /** The newest session to a VM by a protocol. */
  sessionTo({ project, zone, name }: InstanceRef, protocol: Protocol) {
    return this.model.state.sessions.findLast(
      ({ instance, protocol: spoken }) =>
        spoken === protocol && instance.name === name && instance.zone === zone && instance.project === project,
    );
  }

  /** Asks how to connect to a VM: to the given one, else to the one in question, else to one that is typed. */
  askConnect(to?: ForwardTo): void {
    const connectTo = to ?? this.inQuestion();
    this.change(connectTo === null ? { overlay: "quickConnect", typed: "" } : { overlay: "none", connectTo });
  }

  /** Connects by a protocol or sets a password: on the VM in question, else on one that is typed. */
  go(way: Protocol | "password"): void {
    const to = this.inQuestion();
    if (to === null || (way === "password" && to.os !== "windows")) {
      this.change({ overlay: "palette", typed: `${way} ` });
    } else if (way === "password") {
      this.change({ passwordFor: to.instance });
    } else {
      void this.show(to, way);
    }
  }

  /** Brings the settings to the front, those of a place. */
  openSettings(at: Scope = { kind: "everywhere" }): void {
    this.change({ settingsAt: at });
    this.openPage("settings", words.settingsTab);
    // What was pressed for it may go with the tab that was in front.
    setTimeout(() => this.focusFront(), 0);
  }

  /** Shows the settings that a session was opened with: those of its profile, else of its VM. They hold when it connects again. */
  async openSettingsOf({ profile, instance }: SessionInfo): Promise<void> {
    this.desktops.leaveFullScreen();
    const { profiles } = await this.model.profiles().catch(() => ({ profiles: [] }));
    if (profile !== null && profiles.some(({ id }) => id === profile)) {
      this.profiles.edit(profile, "settings");
    } else {
      this.openSettings({ kind: "vm", instance });
    }
  }

  /** Asks whether there is a newer version of Adit, and shows what comes of it. */
  checkForUpdates(): void {
    this.change({ updates: true });
    if (this.model.state.update.source === "publisher") {
      this.model.backend.call("update_check", {}).catch(remarkFailure);
    }
  }

  /** Does what the window was asked to do from outside. A page that has just opened has no tabs yet: it waits for them. */
  async follow(want: Want): Promise<void> {
    switch (want.kind) {
      case "close":
        this.change({ leaving: want });
        return;
      case "offer":
        this.change({ offered: [...this.#state.offered, want.offer] });
        return;
      case "refused":
        remark(want.failure);
        return;
      case "remark":
        remark(want.remark);
        return;
      case "session":
      case "sessions":
      case "connect":
      case "explorer":
      case "profiles":
      case "tunnels":
      case "settings":
        break;
    }
    if (!(await this.#dockReady(want.kind === "session" ? want.id : null))) {
      return;
    }
    switch (want.kind) {
      case "session":
        this.front(want.id);
        break;
      case "sessions":
        this.run("allSessions");
        break;
      case "connect":
        await this.show({ instance: want.instance, os: want.os });
        break;
      case "explorer":
        this.run("focusExplorer");
        break;
      case "profiles":
        this.profiles.open(want.id === null ? undefined : new Set([keyOfProfile(want.id)]));
        break;
      case "tunnels":
        this.openTunnels(want.id ?? undefined);
        break;
      case "settings":
        this.openSettings();
        break;
    }
  }

  /** The person agreed to what was offered. */
  accept({ action, instance, port, parameters }: LinkOffer): void {
    this.change({ offered: this.#state.offered.slice(1) });
    const to: ForwardTo = { instance, os: "unknown" };
    switch (action) {
      case "connect":
        this.askConnect(to);
        break;
      case "ssh":
        void this.show(to, "ssh");
        break;
      case "rdp":
        void this.connect(to, "rdp", parameters);
        break;
      case "forward":
        this.newForward(to, port ?? undefined);
        break;
      case "explain":
        if (port === null) {
          this.askExplain(to);
        } else {
          this.explainPort(instance, port);
        }
        break;
    }
  }

  /** The tabs, once they are there. */
  get dock(): DockviewApi | null {
    return this.#dock;
  }

  /** The tabs are being put where they were. */
  docking(): void {
    this.#docking ??= [];
  }

  /** They are there; `null` when they have gone. */
  docked(dock: DockviewApi | null): void {
    this.#dock = dock;
    const waiting = this.#docking;
    this.#docking = null;
    if (dock !== null) {
      for (const go of waiting ?? []) {
        go(dock);
      }
    }
  }

  /** Does it with the tabs: at once, or when they are there. Where none are coming there is nothing to do. */
  #withDock(go: (dock: DockviewApi) => void): void {
    if (this.#dock !== null) {
      go(this.#dock);
    } else if (this.#docking !== null && this.#docking.length < MOST_WAITING) {
      this.#docking.push(go);
    }
  }

  /** Waits for the tabs, and for that of a session; without a sign-in there are none. */
  async #dockReady(session: string | null): Promise<boolean> {
    for (let left = 600; left > 0; left -= 1) {
      const { dock } = this;
      if (dock !== null && (session === null || dock.getPanel(session) !== undefined || left < 500)) {
        return true;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return this.dock !== null;
  }

  /** Brings a session's tab to the front. */
  front(session: string): void {
    const panel = this.dock?.getPanel(session);
    if (panel === undefined && this.model.state.sessions.some(({ id }) => id === session)) {
      this.model.backend.call("session_show", { id: session }).catch(remarkFailure);
    }
    panel?.api.setActive();
    this.focusFront();
  }

  /** A tab that explains something; the same question has one tab. */
  explain(ask: ExplainAsk, of: string): void {
    const id = `${EXPLANATION}${keyOf(ask)}`;
    const title = explainWords.tab(of);
    this.#withDock((dock) => {
      const open = dock.getPanel(id);
      if (open === undefined) {
        dock.addPanel({ id, component: "explain", tabComponent: "explain", title, params: { ask, title } });
      } else {
        open.api.setActive();
      }
      setTimeout(() => this.focusFront(), 0);
    });
  }

  /** Explains the way to a VM's port. */
  explainPort(instance: InstanceRef, port: number): void {
    const ask = askFor(instance, port);
    this.explain(ask, shortTarget(ask.target));
  }

  /** The session in front, if it is a desktop that takes input. */
  desktopInFront() {
    return this.model.state.sessions.find(
      ({ id, protocol, state }) => id === this.#state.front && protocol === "rdp" && state.kind === "live",
    );
  }

  /** The VM in question: the explorer's, else that of the tab in front. */
  inQuestion(): ForwardTo | null {
    const front = this.model.state.sessions.find((session) => session.id === this.#state.front);
    return this.explorerVm() ?? (front === undefined ? null : { instance: front.instance, os: front.protocol === "rdp" ? "windows" : "unknown" });
  }

  /** Brings the page of tunnels to the front, with one of them chosen. */
  openTunnels(id?: string): void {
    if (id !== undefined) {
      this.change({ tunnel: id });
    }
    this.openPage("tunnels", words.tunnelsTab);
    // Once it is drawn, and a dialog has given the keyboard back.
    setTimeout(() => this.focusFront(), 0);
  }

  /** Brings a page to the front. */
  openPage(id: Page, title: string): void {
    this.#withDock((dock) => {
      const open = dock.getPanel(id);
      if (open === undefined) {
        dock.addPanel({ id, component: id, tabComponent: id, title });
      } else {
        open.api.setActive();
      }
    });
  }

  /** Shows the help, at a topic: in a tab, or over what is there where the window has no tabs. */
  openHelp(topic: TopicId | null = null, where: "tab" | "over" = "tab"): void {
    if (where === "over" || (this.#dock === null && this.#docking === null)) {
      this.change({ helpOver: topic ?? FIRST_TOPIC });
    } else {
      this.change({ overlay: "none", helpAt: topic });
      this.openPage("help", words.helpTab);
    }
  }

  /** The form for a new tunnel: to the given VM, else to the one in question. */
  newForward(to?: ForwardTo, port?: number): void {
    this.change({ overlay: "none", form: { kind: "new", to: to ?? this.inQuestion(), port } });
  }

  /** Asks which port of a VM is to be explained; without a VM in question, for that first. */
  askExplain(to?: ForwardTo): void {
    const explainTo = to ?? this.inQuestion();
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

  /** Gives the keyboard to a session's terminal or desktop, where it has one. */
  focusPane(id: string): "focused" | "none" {
    const state = this.model.state.sessions.find((session) => session.id === id)?.state.kind;
    const desktop = this.desktops.panes.get(id);
    const pane = this.terminals.get(id) ?? (state === "live" ? desktop : undefined);
    pane?.focus();
    return pane === undefined ? "none" : "focused";
  }

  /** Gives the keyboard to the panel in front: to what is in it, its chosen row, what it is for (`data-front`), or the first thing to be pressed. */
  focusFront(): void {
    const front = this.dock?.activePanel;
    if (this.focusPane(front?.id ?? "") === "none") {
      const page = front?.view.content.element;
      const wanted = ["[role=row][tabindex='0']", "[data-front]", "button, input", "h1[tabindex]"];
      wanted.map((selector) => page?.querySelector<HTMLElement>(selector) ?? null).find((found) => found !== null)?.focus();
    }
  }

  /** Gives the keyboard to the tab in front itself. */
  focusTabs(): void {
    document.querySelector<HTMLElement>(".dv-active-group .dv-tab.dv-active-tab")?.focus();
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
    if (isTabKey(command)) {
      const chosen = front?.group.panels.at(placeOf(command) - 1);
      if (chosen !== undefined) {
        chosen.api.setActive();
        this.focusFront();
      }
      return;
    }
    const { settings, layout } = this.model.state;
    const desktop = this.desktopInFront();
    switch (command) {
      case "palette":
      case "quickConnect":
        this.change({ overlay: this.#state.overlay === command ? "none" : command, typed: "" });
        break;
      case "toggleExplorer":
        this.model.changeLayout({ explorerOpen: !layout.explorerOpen }).catch(remarkFailure);
        if (layout.explorerOpen && front !== undefined) {
          this.focusPane(front.id);
        }
        break;
      case "desktopFull":
        if (this.desktops.state.full !== null) {
          this.desktops.leaveFullScreen();
          this.focusFront();
        } else if (desktop !== undefined) {
          this.desktops.run(desktop, { kind: "fullScreen", displays: [] });
        }
        break;
      case "giveBack":
      case "focusExplorer":
        if (command === "giveBack" && desktop !== undefined) {
          this.desktops.run(desktop, { kind: "giveBack" });
          break;
        }
        if (layout.explorerOpen) {
          this.focusExplorer();
        } else {
          this.model.changeLayout({ explorerOpen: true }).catch(remarkFailure);
          setTimeout(() => this.focusExplorer(), 0);
        }
        break;
      case "split":
      case "splitDown":
      case "otherGroup":
      case "resizeSplit":
      case "ownWindow":
      case "duplicate":
      case "rename":
      case "nextTab":
      case "previousTab":
      case "tabLeft":
      case "tabRight":
      case "closeTab":
      case "closeOthers":
      case "closeRight":
        this.tabs.run(command);
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
      case "profiles":
        this.profiles.open();
        break;
      case "saveProfile":
        this.profiles.saveFront();
        break;
      case "help":
        this.openHelp();
        break;
      case "remarks":
        if (focusRemarks() === "none") {
          remark(words.noRemarks);
        }
        break;
      case "allSessions":
        this.openPage("overview", words.overviewTab);
        setTimeout(() => this.focusFront(), 0);
        break;
      case "refresh":
        this.model.backend.call("refresh", {}).catch(remarkFailure);
        break;
      case "fullScreen":
        this.desktops.toggleWindow();
        break;
      case "settings":
        this.openSettings();
        break;
      case "fontLarger":
      case "fontSmaller": {
        const size = settings.terminalFontSize + (command === "fontLarger" ? 1 : -1);
        // Beyond its bounds there is nothing to say: it just gets no larger.
        if (size >= 8 && size <= 32) {
          this.model.setSetting(KEY.fontSize, size).catch(remarkFailure);
        }
        break;
      }
      case "fontReset":
        this.model.resetSetting(KEY.fontSize).catch(remarkFailure);
        break;
      case "copy":
      case "paste":
      case "find":
      case "selectAll":
      case "clear":
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
