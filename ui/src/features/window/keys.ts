/**
 * The keys that are ours. While a terminal has the keyboard the remote gets every key but those with
 * Ctrl+Shift (Cmd on macOS), and Ctrl+Alt+Home: bash, tmux and vim need Ctrl+K, P, B, W and \.
 * While a desktop has it, the remote gets all but Ctrl+Alt+Home and Ctrl+Alt+Enter.
 */

import type { Platform } from "../../contract/Platform";

/** Brings a tab of the group in front to the front, by its place. */
export const TAB_KEYS = ["tab1", "tab2", "tab3", "tab4", "tab5", "tab6", "tab7", "tab8", "tab9"] as const;
export type TabKey = (typeof TAB_KEYS)[number];

export function isTabKey(command: WindowCommand): command is TabKey {
  return (TAB_KEYS as readonly WindowCommand[]).includes(command);
}

/** The tab's place, from 1. */
export function placeOf(command: TabKey): number {
  return TAB_KEYS.indexOf(command) + 1;
}

export type WindowCommand =
  | "palette"
  | "quickConnect"
  | "toggleExplorer"
  | "focusExplorer"
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
  | "closeRight"
  | "newForward"
  | "tunnels"
  | "profiles"
  | "saveProfile"
  | "explain"
  | "allSessions"
  | "refresh"
  | "settings"
  | "help"
  | "remarks"
  | "fullScreen"
  | "copy"
  | "paste"
  | "find"
  | "selectAll"
  | "clear"
  | "fontLarger"
  | "fontSmaller"
  | "fontReset"
  | "giveBack"
  | "desktopFull"
  | TabKey;

/** Keys that a person chose, by command: each in place of the usual ones, `Ctrl+Shift+K`; none where they gave them up. */
export type KeyMap = Readonly<Partial<Record<string, readonly string[]>>>;

/** The chosen keys of this window. */
let chosen: KeyMap = {};

/** From now on these keys hold in place of the usual ones. Whatever they say, a remote gives the keyboard back. */
export function chooseKeys(keys: KeyMap): void {
  const { giveBack, ...others } = keys;
  chosen = giveBack === undefined || giveBack.some((chord) => unfit("giveBack", chord) === null) ? keys : others;
}

/** Whether a command can be left without keys. */
export function canGiveUp(command: WindowCommand): boolean {
  return command !== "giveBack";
}

/** What of a keyboard event decides. */
export interface Keystroke {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** Who has the keyboard. */
export type Focus = "app" | "terminal" | "desktop";

/** With the platform's main modifier alone, and with Shift added. */
const PLAIN: Record<string, WindowCommand> = { k: "palette", p: "quickConnect", b: "toggleExplorer", "\\": "split", ",": "settings" };
const SHIFTED: Record<string, WindowCommand> = {
  k: "palette",
  p: "quickConnect",
  b: "toggleExplorer",
  e: "focusExplorer",
  w: "closeTab",
  t: "newForward",
  l: "tunnels",
  s: "profiles",
  y: "explain",
  d: "splitDown",
  o: "otherGroup",
  n: "ownWindow",
  r: "rename",
  a: "allSessions",
  m: "remarks",
  "\\": "split",
};
const TERMINAL: Record<string, WindowCommand> = {
  c: "copy",
  v: "paste",
  f: "find",
  "+": "fontLarger",
  "-": "fontSmaller",
  "0": "fontReset",
};

/** Commands that are about the terminal in front: their keys are nobody's where none has the keyboard. */
const IN_TERMINAL: ReadonlySet<WindowCommand> = new Set([...Object.values(TERMINAL), "selectAll", "clear"]);

/** Commands that have no keys until a person gives them some. */
const WITHOUT: ReadonlySet<WindowCommand> = new Set(["duplicate", "closeOthers", "closeRight", "saveProfile", "resizeSplit", "selectAll", "clear"]);

/** The command of a keystroke, or `null` when it is not ours. */
export function commandFor(stroke: Keystroke, platform: Platform, focus: Focus): WindowCommand | null {
  const chord = chordOf(stroke);
  if (chord !== null) {
    // First the way back from a remote: a file may give its keys to another command as well.
    const goesBack =
      chosen.giveBack === undefined
        ? usualFor(stroke, platform, focus) === "giveBack"
        : chosen.giveBack.includes(chord) && mayTake("giveBack", chord, focus);
    if (goesBack) {
      return "giveBack";
    }
    for (const [command, chords] of Object.entries(chosen)) {
      if (chords?.includes(chord) === true && mayTake(command as WindowCommand, chord, focus)) {
        return command as WindowCommand;
      }
    }
  }
  const usual = usualFor(stroke, platform, focus);
  return usual !== null && chosen[usual] !== undefined ? null : usual;
}

/** A keystroke as it is written down: `Ctrl+Alt+PageDown`. `null` for a modifier alone. */
export function chordOf(stroke: Keystroke): string | null {
  if (["Control", "Shift", "Alt", "AltGraph", "Meta", "Dead", "Process", "Unidentified"].includes(stroke.key)) {
    return null;
  }
  const key = named(stroke);
  const modifiers = [
    ...(stroke.ctrlKey ? ["Ctrl"] : []),
    ...(stroke.altKey ? ["Alt"] : []),
    ...(stroke.shiftKey ? ["Shift"] : []),
    ...(stroke.metaKey ? ["Cmd"] : []),
  ];
  return [...modifiers, key === " " ? "Space" : key.length === 1 ? key.toUpperCase() : key].join("+");
}

/** Commands that are about a desktop, and hold while it has the keyboard. */
const OVER_DESKTOP: ReadonlySet<string> = new Set(["giveBack", "desktopFull"]);

/** Why a chord cannot be a command's key, or `null`. */
export function unfit(command: WindowCommand, chord: string): "plain" | "remote" | "terminal" | null {
  const parts = chord.split("+");
  const has = (modifier: string) => parts.includes(modifier);
  if (OVER_DESKTOP.has(command)) {
    // The remote has every other use for keys of its own.
    return has("Ctrl") && has("Alt") && !has("Cmd") ? null : "remote";
  }
  if (IN_TERMINAL.has(command)) {
    // A key that the terminal keeps would do nothing anywhere.
    return mayTake(command, chord, "terminal") ? null : "terminal";
  }
  return has("Ctrl") || has("Cmd") || has("Alt") || /^F\d+$/.test(parts.at(-1) ?? "") ? null : "plain";
}

/** Whether a chosen key is taken where the keyboard is: a remote keeps all that programs there need. */
function mayTake(command: WindowCommand, chord: string, focus: Focus): boolean {
  const parts = chord.split("+");
  switch (focus) {
    case "app":
      return command !== "giveBack" && !IN_TERMINAL.has(command);
    case "terminal":
      return parts.includes("Cmd") || (parts.includes("Ctrl") && (parts.includes("Shift") || parts.includes("Alt")));
    case "desktop":
      return OVER_DESKTOP.has(command);
  }
}

/** The command that has the chord already, of all that have keys. */
export function ownerOf(stroke: Keystroke, platform: Platform, besides: WindowCommand): WindowCommand | null {
  const owners = (["app", "terminal", "desktop"] as const).map((focus) => commandFor(stroke, platform, focus));
  return owners.find((owner) => owner !== null && owner !== besides) ?? null;
}

/** The command that was given a usual key of this one, so that this one cannot have it back. */
export function keeperOf(command: WindowCommand, platform: Platform): WindowCommand | null {
  for (const [other, chords] of Object.entries(chosen)) {
    const strokes = other === command ? [] : (chords ?? []).map(strokeOf);
    if (strokes.some((stroke) => (["app", "terminal", "desktop"] as const).some((focus) => usualFor(stroke, platform, focus) === command))) {
      return other as WindowCommand;
    }
  }
  return null;
}

/** A written chord as the keystroke that `chordOf` made it of. */
function strokeOf(chord: string): Keystroke {
  const parts = chord.endsWith("++") ? [...chord.slice(0, -2).split("+"), "+"] : chord.split("+");
  const key = parts.at(-1) ?? "";
  return {
    key: key === "Space" ? " " : key,
    code: /^\d$/.test(key) ? `Digit${key}` : "",
    ctrlKey: parts.includes("Ctrl"),
    altKey: parts.includes("Alt"),
    shiftKey: parts.includes("Shift"),
    metaKey: parts.includes("Cmd"),
  };
}

const CAPS: Record<string, string> = { PageDown: "PgDn", PageUp: "PgUp", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };
const MAC_CAPS: Record<string, string> = { Ctrl: "⌃", Alt: "⌥", Shift: "⇧", Cmd: "⌘" };

/** A written chord as caps. */
function capsOf(chord: string, platform: Platform): readonly string[] {
  // A plus is a key as well: `Ctrl++`.
  const parts = chord.endsWith("++") ? [...chord.slice(0, -2).split("+"), "+"] : chord.split("+");
  return parts.map((part) => (platform === "macos" ? MAC_CAPS[part] : undefined) ?? CAPS[part] ?? part);
}

function usualFor(stroke: Keystroke, platform: Platform, focus: Focus): WindowCommand | null {
  const { ctrlKey, metaKey, shiftKey, altKey } = stroke;
  if (ctrlKey && altKey && !metaKey && stroke.key === "Home") {
    return focus === "app" ? null : "giveBack";
  }
  if (ctrlKey && altKey && !metaKey && stroke.key === "Enter") {
    return focus === "terminal" ? null : "desktopFull";
  }
  if (focus === "desktop") {
    return null;
  }
  if (ctrlKey && altKey && !metaKey && !shiftKey && (stroke.key === "PageDown" || stroke.key === "PageUp")) {
    return stroke.key === "PageDown" ? "nextTab" : "previousTab";
  }
  if (ctrlKey && altKey && shiftKey && !metaKey && (stroke.key === "PageDown" || stroke.key === "PageUp")) {
    return stroke.key === "PageDown" ? "tabRight" : "tabLeft";
  }
  if (stroke.key === "F2" && focus === "app" && !ctrlKey && !metaKey && !altKey && !shiftKey) {
    return "rename";
  }
  if (stroke.key === "F1" && focus === "app" && !ctrlKey && !metaKey && !altKey && !shiftKey) {
    return "help";
  }
  if (stroke.key === "F5" && focus === "app" && !ctrlKey && !metaKey && !altKey) {
    return "refresh";
  }
  // macOS has its own key for it, and F11 means something else there.
  if (stroke.key === "F11" && focus === "app" && platform !== "macos" && !ctrlKey && !metaKey && !altKey && !shiftKey) {
    return "fullScreen";
  }
  const main = platform === "macos" ? metaKey && !ctrlKey : ctrlKey && !metaKey;
  if (!main || altKey) {
    return null;
  }
  const key = named(stroke);
  const digit = /^Digit([1-9])$/.exec(stroke.code)?.[1];
  if (focus === "terminal" && platform !== "macos") {
    if (!shiftKey) {
      return null;
    }
    const found = TERMINAL[key] ?? SHIFTED[key];
    return found ?? (digit === undefined ? null : tabKey(digit));
  }
  if (focus === "terminal" && TERMINAL[key] !== undefined && (!shiftKey || key === "+")) {
    return TERMINAL[key];
  }
  const found = shiftKey ? SHIFTED[key] : PLAIN[key];
  return found ?? (digit === undefined || shiftKey ? null : tabKey(digit));
}

function tabKey(digit: string): TabKey | null {
  return TAB_KEYS[Number(digit) - 1] ?? null;
}

/** The key without what Shift makes of it; by its place where the layout has no Latin letters. */
function named({ key, code }: Keystroke): string {
  const byCode: Record<string, string> = {
    Backslash: "\\",
    IntlBackslash: "\\",
    Equal: "+",
    NumpadAdd: "+",
    Minus: "-",
    NumpadSubtract: "-",
    Numpad0: "0",
    Comma: ",",
  };
  if (/^[a-z]$/i.test(key)) {
    return key.toLowerCase();
  }
  return byCode[code] ?? /^Digit(\d)$/.exec(code)?.[1] ?? /^Key([A-Z])$/.exec(code)?.[1]?.toLowerCase() ?? key;
}

/** A command's keys as caps, for menus and the list of keys. */
export function keysOf(command: WindowCommand, platform: Platform, focus: Focus = "app"): readonly string[] {
  const own = chosen[command];
  if (own !== undefined) {
    const chord = own.find((one) => mayTake(command, one, command === "giveBack" ? "desktop" : focus));
    return chord === undefined ? [] : capsOf(chord, platform);
  }
  const main = platform === "macos" ? "⌘" : "Ctrl";
  const shift = platform === "macos" ? "⇧" : "Shift";
  if (command === "giveBack") {
    return platform === "macos" ? ["⌃", "⌥", "↖"] : ["Ctrl", "Alt", "Home"];
  }
  if (command === "desktopFull") {
    return platform === "macos" ? ["⌃", "⌥", "↩"] : ["Ctrl", "Alt", "Enter"];
  }
  if (command === "nextTab" || command === "previousTab") {
    const [control, alt] = platform === "macos" ? ["⌃", "⌥"] : ["Ctrl", "Alt"];
    return [control, alt, command === "nextTab" ? "PgDn" : "PgUp"];
  }
  if (command === "tabLeft" || command === "tabRight") {
    const [control, alt] = platform === "macos" ? ["⌃", "⌥"] : ["Ctrl", "Alt"];
    return [control, alt, shift, command === "tabRight" ? "PgDn" : "PgUp"];
  }
  if (command === "rename" && focus === "app") {
    return ["F2"];
  }
  if (WITHOUT.has(command)) {
    return [];
  }
  if (command === "help") {
    return ["F1"];
  }
  if (command === "refresh") {
    return ["F5"];
  }
  if (command === "fullScreen") {
    return platform === "macos" ? ["🌐", "F"] : ["F11"];
  }
  if (isTabKey(command)) {
    const place = String(placeOf(command));
    return focus === "terminal" && platform !== "macos" ? [main, shift, place] : [main, place];
  }
  const caps = (keys: Record<string, WindowCommand>) => {
    const found = Object.entries(keys).find(([, value]) => value === command)?.[0];
    return found?.toUpperCase();
  };
  if (focus === "terminal") {
    const key = caps(TERMINAL) ?? caps(SHIFTED) ?? "";
    // What has no key without Shift outside a terminal has none in it either.
    const shifted = platform !== "macos" || (caps(TERMINAL) === undefined && caps(PLAIN) === undefined);
    return shifted ? [main, shift, key] : [main, key];
  }
  const plain = caps(PLAIN);
  return plain === undefined ? [main, shift, caps(SHIFTED) ?? caps(TERMINAL) ?? ""] : [main, plain];
}
