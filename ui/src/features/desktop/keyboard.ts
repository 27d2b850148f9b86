/**
 * What a keystroke in a desktop's tab means for the desktop. Keys travel by their place (`KeyboardEvent.code`): the
 * layout is the desktop's own. What an input method composes travels as characters.
 */

import type { Platform } from "../../contract/Platform";
import { commandFor } from "../window/keys";
import { CAPS_LOCK, type InputBatch, NUM_LOCK, SCROLL_LOCK } from "./batch";

/** What of a keyboard event decides. */
export interface Stroke {
  type: string;
  code: string;
  key: string;
  repeat: boolean;
  isComposing: boolean;
  keyCode: number;
  timeStamp: number;
  ctrlKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  metaKey: boolean;
  getModifierState(key: string): boolean;
}

/** Any event that knows the modifiers, such as a mouse's. */
export type Modifiers = Pick<Stroke, "ctrlKey" | "altKey" | "shiftKey" | "metaKey" | "getModifierState">;

/** What becomes of a keystroke: to the desktop, a command of ours, or to the input method. */
export type Fate = "taken" | "giveBack" | "fullScreen" | "compose";

/** How long a left Ctrl on Windows may turn out to be the first half of AltGr, in milliseconds. */
export const ALTGR_WITHIN = 50;

const LOCK_KEYS: ReadonlySet<string> = new Set(["CapsLock", "NumLock", "ScrollLock"]);
/** Modifiers whose state events tell for certain. AltGr has several names, and so has the key that Linux calls Super. */
const MODIFIERS = [
  { codes: ["ShiftLeft", "ShiftRight"], flag: "shiftKey", graph: false },
  { codes: ["ControlLeft", "ControlRight"], flag: "ctrlKey", graph: true },
  { codes: ["AltLeft"], flag: "altKey", graph: true },
] as const;
const META = { codes: ["MetaLeft", "MetaRight"], flag: "metaKey", graph: false } as const;
const MODIFIER_CODES: ReadonlySet<string> = new Set([...MODIFIERS.flatMap(({ codes }): readonly string[] => codes), ...META.codes, "AltRight"]);
/** Keys of keyboards without places, such as one on the screen. */
const BY_NAME: Readonly<Record<string, string>> = {
  Enter: "Enter",
  Backspace: "Backspace",
  Tab: "Tab",
  Escape: "Escape",
  Delete: "Delete",
  ArrowUp: "ArrowUp",
  ArrowDown: "ArrowDown",
  ArrowLeft: "ArrowLeft",
  ArrowRight: "ArrowRight",
  Home: "Home",
  End: "End",
  PageUp: "PageUp",
  PageDown: "PageDown",
};

function modifiersOf({ ctrlKey, altKey, shiftKey, metaKey }: Modifiers) {
  return { ctrlKey, altKey, shiftKey, metaKey };
}

export class DesktopKeyboard {
  #batch: InputBatch;
  #platform: Platform;
  #down = new Set<string>();
  /** Pressed while Cmd was down: macOS does not say when they go up. */
  #underMeta = new Set<string>();
  /** A left Ctrl that may be the first half of AltGr, and when it went down. */
  #held: number | null = null;
  /** What the desktop was last told of the keys that stay; `null` when that is in doubt. */
  #locks: number | null = null;
  /** Num Lock as the keypad's keys show it, where the browser does not tell. */
  #numLock: "told" | "on" | "off" = "on";

  constructor(batch: InputBatch, platform: Platform) {
    this.#batch = batch;
    this.#platform = platform;
  }

  /** A left Ctrl waits for what comes next: `settle` is to be called after `ALTGR_WITHIN`. */
  get holding(): boolean {
    return this.#held !== null;
  }

  /** A key went down or up. */
  stroke(event: Stroke): Fate {
    const ours = this.#ours(event);
    if (ours !== null) {
      return ours;
    }
    // 229: an input method has the key.
    if (event.type === "keydown" && (event.isComposing || event.keyCode === 229 || event.key === "Process")) {
      return "compose";
    }
    const code = event.code === "" || event.code === "Unidentified" ? (BY_NAME[event.key] ?? "") : event.code;
    if (code === "") {
      if (event.type === "keydown" && [...event.key].length === 1 && event.key !== "\0") {
        this.#batch.characters(event.key);
      }
      return "taken";
    }
    if (event.type === "keydown") {
      this.#pressed(code, event);
    } else {
      this.#released(code);
    }
    return "taken";
  }

  /** Before a mouse button or the wheel: Ctrl belongs before it. */
  settle(): void {
    if (this.#held !== null) {
      this.#held = null;
      this.#press("ControlLeft");
    }
  }

  /**
   * The modifiers as an event has them: what went up unseen goes up (but for the event's own key), and the keys that
   * stay are told of.
   */
  see(event: Modifiers, but = ""): void {
    this.#releaseUnseen(event, but);
    const locks = this.#locksOf(event);
    if (locks !== this.#locks) {
      this.#locks = locks;
      this.#batch.locks(locks);
    }
  }

  /** Presses keys that a person cannot, in order, and lets them go. */
  chord(codes: readonly string[]): void {
    this.settle();
    for (const code of codes) {
      this.#batch.key(code, "down");
    }
    for (const code of codes.toReversed()) {
      if (!this.#down.has(code)) {
        this.#batch.key(code, "up");
      }
    }
  }

  /** Characters of an input method, of dictation, of a list of signs. */
  compose(text: string): void {
    this.settle();
    this.#batch.characters(text);
  }

  /** The keyboard is elsewhere from now on. */
  lose(): void {
    this.#held = null;
    this.#down.clear();
    this.#underMeta.clear();
    this.#locks = null;
    this.#batch.releaseAll();
  }

  /** Ctrl+Alt+Home and Ctrl+Alt+Enter are ours, or what was chosen in their place. */
  #ours(event: Stroke): Fate | null {
    if (event.type !== "keydown" || !event.ctrlKey || !event.altKey || event.metaKey) {
      return null;
    }
    // By its place where the keypad or the layout calls it otherwise.
    const key = event.code === "Home" ? "Home" : event.code === "Enter" || event.code === "NumpadEnter" ? "Enter" : event.key;
    const command = commandFor({ ...modifiersOf(event), key, code: event.code }, this.#platform, "desktop");
    return command === "giveBack" ? "giveBack" : command === "desktopFull" ? "fullScreen" : null;
  }

  #pressed(code: string, event: Stroke): void {
    if (this.#platform === "windows" && code === "ControlLeft" && !this.#down.has(code)) {
      // Windows puts a left Ctrl before AltGr. While AltGr is held both repeat.
      if (!this.#down.has("AltRight")) {
        this.#held ??= event.timeStamp;
      }
      return;
    }
    if (code === "AltRight" && this.#held !== null && event.timeStamp - this.#held < ALTGR_WITHIN) {
      this.#held = null;
    }
    this.settle();
    if (LOCK_KEYS.has(code)) {
      this.#lockKey(code, event.repeat);
      return;
    }
    this.#seeNumLock(event, code);
    this.see(event, code);
    if (this.#platform === "macos" && event.metaKey && !MODIFIER_CODES.has(code)) {
      this.#underMeta.add(code);
    }
    this.#press(code);
  }

  #press(code: string): void {
    this.#down.add(code);
    this.#batch.key(code, "down");
  }

  #released(code: string): void {
    if (code === "ControlLeft") {
      this.settle();
    }
    // Some keyboards report only that these came up.
    if (code === "PrintScreen" && !this.#down.has(code)) {
      this.#press(code);
    }
    if (code === "MetaLeft" || code === "MetaRight") {
      for (const under of this.#underMeta) {
        this.#up(under);
      }
      this.#underMeta.clear();
    }
    if (LOCK_KEYS.has(code) && this.#platform === "macos") {
      // It says "down" when the lock comes on, and "up" when it goes off.
      this.#lockKey(code, false);
    } else {
      this.#up(code);
    }
  }

  #up(code: string): void {
    if (this.#down.delete(code)) {
      this.#underMeta.delete(code);
      this.#batch.key(code, "up");
    }
  }

  /** The desktop changes its own lock with the key; whether ours agrees is looked at with the next event. */
  #lockKey(code: string, repeat: boolean): void {
    if (!repeat) {
      this.#batch.key(code, "down");
      this.#batch.key(code, "up");
      if (code === "NumLock" && this.#numLock !== "told") {
        this.#numLock = this.#numLock === "on" ? "off" : "on";
      }
      this.#locks = null;
    }
  }

  #releaseUnseen(event: Modifiers, but: string): void {
    const graph = event.getModifierState("AltGraph");
    const known = this.#platform === "linux" ? MODIFIERS : [...MODIFIERS, META];
    for (const { codes, flag, graph: hides } of known) {
      // AltGr hides the Ctrl and Alt that it is made of.
      if (!event[flag] && !(graph && hides)) {
        for (const code of codes) {
          if (code !== but) {
            this.#up(code);
          }
        }
      }
    }
  }

  #seeNumLock({ key, shiftKey }: Stroke, code: string): void {
    if (/^Numpad(\d|Decimal)$/.test(code) && !shiftKey && this.#numLock !== "told") {
      this.#numLock = key.length === 1 ? "on" : "off";
    }
  }

  #locksOf(event: Modifiers): number {
    if (event.getModifierState("NumLock")) {
      this.#numLock = "told";
    }
    // A Mac has no Num Lock, and its keypad types digits.
    const num = this.#platform === "macos" || (this.#numLock === "told" ? event.getModifierState("NumLock") : this.#numLock === "on");
    return (
      (event.getModifierState("ScrollLock") ? SCROLL_LOCK : 0) |
      (num ? NUM_LOCK : 0) |
      (event.getModifierState("CapsLock") ? CAPS_LOCK : 0)
    );
  }
}
