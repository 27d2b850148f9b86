/** What the window knows of its desktops: how each shows its picture, and which one fills the screen. */

import type { DesktopSize } from "../../contract/DesktopSize";
import type { DisplayMode } from "../../contract/DisplayMode";
import type { FullScreen } from "../../contract/FullScreen";
import type { SessionInfo } from "../../contract/SessionInfo";
import { remark, remarkFailure } from "../../design/toast";
import type { Model } from "../../platform/model";
import { type Chord, CHORDS } from "../desktop/chords";
import { words } from "../desktop/words";

/** What can be done with a desktop, from its tools, the palette and its keys. */
export type DesktopCommand =
  | { kind: "keys"; chord: Chord }
  | { kind: "display"; mode: DisplayMode }
  /** On these displays, or the one the window is on; a window again if it is full already. */
  | { kind: "fullScreen"; displays: number[] }
  | { kind: "leaveFullScreen" | "typeClipboard" | "saveFiles" | "stopSaving" | "copyPassword" | "reconnectHere" | "disconnect" | "giveBack" };

/** How a desktop's tab shows it. */
export interface DesktopView {
  /** As chosen. */
  mode: DisplayMode;
  /** Whether the server can change the size of the picture, as far as is known. */
  size: "follows" | "fixed";
}

/** A desktop's pane, while it is on the page. */
export interface PaneKeys {
  focus(): void;
  chord(codes: readonly string[]): void;
  /** Tells core the size that the tab has now. */
  tellSize(): void;
  /** The picture as it is painted. */
  picture?(): HTMLCanvasElement;
  /** Shows the bar of the full screen, and gives it the keyboard. */
  showBar(): void;
}

export interface DesktopsState {
  views: ReadonlyMap<string, DesktopView>;
  /** Id of the session whose desktop fills the screen. */
  full: string | null;
  /** Id of the session whose desktop has the keyboard. */
  keyboard: string | null;
}

export class Desktops {
  #model: Model;
  #changed: () => void;
  #focusTabs: () => void;
  readonly panes = new Map<string, PaneKeys>();
  /** The size that a desktop opened now would have. */
  size: DesktopSize = { width: 1280, height: 800, scale: 100 };
  #state: DesktopsState = { views: new Map(), full: null, keyboard: null };
  #window: "normal" | "full" = "normal";

  constructor(model: Model, changed: () => void, focusTabs: () => void) {
    this.#model = model;
    this.#changed = changed;
    this.#focusTabs = focusTabs;
  }

  get state(): DesktopsState {
    return this.#state;
  }

  /** How the session's desktop is shown. */
  viewOf({ id, desktop }: Pick<SessionInfo, "id" | "desktop">): DesktopView {
    return this.#state.views.get(id) ?? { mode: desktop?.display ?? "follow", size: "follows" };
  }

  changeView(session: Pick<SessionInfo, "id" | "desktop">, change: Partial<DesktopView>): void {
    const views = new Map(this.#state.views).set(session.id, { ...this.viewOf(session), ...change });
    this.#set({ views });
  }

  /** The session's tab is gone. */
  forget(id: string): void {
    this.panes.delete(id);
    const views = new Map(this.#state.views);
    views.delete(id);
    this.#set({ views });
    if (this.#state.full === id) {
      this.leaveFullScreen();
    }
  }

  /** A desktop has got the keyboard, or lost it. */
  hold(id: string, keyboard: "here" | "elsewhere"): void {
    if (keyboard === "here") {
      this.#set({ keyboard: id });
    } else if (this.#state.keyboard === id) {
      this.#set({ keyboard: null });
    }
  }

  run(session: SessionInfo, command: DesktopCommand): void {
    const { id } = session;
    const { backend } = this.#model;
    const pane = this.panes.get(id);
    switch (command.kind) {
      case "keys":
        pane?.chord(CHORDS[command.chord]);
        pane?.focus();
        break;
      case "display":
        this.changeView(session, { mode: command.mode });
        pane?.focus();
        break;
      case "fullScreen":
        if (this.#state.full === id) {
          this.leaveFullScreen();
        } else {
          this.#set({ full: id });
          this.#windowTo({ kind: "on", displays: command.displays });
        }
        pane?.focus();
        break;
      case "leaveFullScreen":
        this.leaveFullScreen();
        pane?.focus();
        break;
      case "typeClipboard":
        backend.call("desktop_type_clipboard", { id }).catch(remarkFailure);
        pane?.focus();
        break;
      case "saveFiles":
      case "stopSaving":
        backend.call("desktop_files", { id, action: command.kind === "saveFiles" ? "save" : "cancel" }).catch(remarkFailure);
        pane?.focus();
        break;
      case "copyPassword":
        backend.call("session_copy_password", { id }).then(() => remark(words.passwordCopied), remarkFailure);
        pane?.focus();
        break;
      case "reconnectHere":
        void this.#reconnect(id);
        break;
      case "disconnect":
        this.leaveFullScreen();
        backend.call("session_cancel", { id }).catch(remarkFailure);
        break;
      case "giveBack":
        if (this.#state.full === id) {
          pane?.showBar();
        } else {
          this.#focusTabs();
        }
        break;
    }
  }

  /** A window again. */
  leaveFullScreen(): void {
    if (this.#state.full !== null) {
      this.#set({ full: null });
      this.#windowTo({ kind: "off" });
    }
  }

  /** The whole window fills the screen, or no longer. */
  toggleWindow(): void {
    if (this.#state.full === null) {
      this.#windowTo(this.#window === "full" ? { kind: "off" } : { kind: "on", displays: [] });
    } else {
      this.leaveFullScreen();
    }
  }

  #windowTo(to: FullScreen): void {
    this.#window = to.kind === "on" ? "full" : "normal";
    this.#model.backend.call("full_screen", { to }).catch((error: unknown) => {
      this.#window = "normal";
      this.#set({ full: null });
      remarkFailure(error);
    });
  }

  /** The window is no longer full, by the system's own means. */
  leftFullScreen(): void {
    this.#window = "normal";
    this.#set({ full: null });
  }

  /** Ends the connection and makes a new one: a desktop begins at the size that was told last. */
  async #reconnect(id: string): Promise<void> {
    try {
      this.panes.get(id)?.tellSize();
      await this.#model.backend.call("session_cancel", { id });
      await this.#model.backend.call("session_answer", { id, answer: { kind: "tryAgain" } });
    } catch (error) {
      remarkFailure(error);
    }
  }

  #set(change: Partial<DesktopsState>): void {
    this.#state = { ...this.#state, ...change };
    this.#changed();
  }
}
