/**
 * The keys that are ours. While a terminal has the keyboard the remote gets every key but those with
 * Ctrl+Shift (Cmd on macOS), and Ctrl+Alt+Home: bash, tmux and vim need Ctrl+K, P, B, W and \.
 */

import type { Platform } from "../../contract/Platform";

export type WindowCommand =
  | "palette"
  | "quickConnect"
  | "toggleExplorer"
  | "focusExplorer"
  | "split"
  | "closeTab"
  | "newForward"
  | "tunnels"
  | "explain"
  | "refresh"
  | "settings"
  | "fullScreen"
  | "copy"
  | "paste"
  | "find"
  | "fontLarger"
  | "fontSmaller"
  | "fontReset"
  | "giveBack"
  | { tab: number };

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
export type Focus = "app" | "terminal";

type Key = Exclude<WindowCommand, object>;

/** With the platform's main modifier alone, and with Shift added. */
const PLAIN: Record<string, Key> = { k: "palette", p: "quickConnect", b: "toggleExplorer", "\\": "split", ",": "settings" };
const SHIFTED: Record<string, Key> = {
  k: "palette",
  p: "quickConnect",
  b: "toggleExplorer",
  e: "focusExplorer",
  w: "closeTab",
  t: "newForward",
  l: "tunnels",
  y: "explain",
  "\\": "split",
};
const TERMINAL: Record<string, Key> = {
  c: "copy",
  v: "paste",
  f: "find",
  "+": "fontLarger",
  "-": "fontSmaller",
  "0": "fontReset",
};

/** The command of a keystroke, or `null` when it is not ours. */
export function commandFor(stroke: Keystroke, platform: Platform, focus: Focus): WindowCommand | null {
  const { ctrlKey, metaKey, shiftKey, altKey } = stroke;
  if (ctrlKey && altKey && !metaKey && stroke.key === "Home") {
    return focus === "terminal" ? "giveBack" : null;
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
    return found ?? (digit === undefined ? null : { tab: Number(digit) });
  }
  if (focus === "terminal" && TERMINAL[key] !== undefined && (!shiftKey || key === "+")) {
    return TERMINAL[key];
  }
  const found = shiftKey ? SHIFTED[key] : PLAIN[key];
  return found ?? (digit === undefined || shiftKey ? null : { tab: Number(digit) });
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
    Digit0: "0",
    Numpad0: "0",
    Comma: ",",
  };
  if (/^[a-z]$/i.test(key)) {
    return key.toLowerCase();
  }
  return byCode[code] ?? /^Key([A-Z])$/.exec(code)?.[1]?.toLowerCase() ?? key;
}

/** A command's keys as caps, for menus and the list of keys. */
export function keysOf(command: Key, platform: Platform, focus: Focus = "app"): readonly string[] {
  const main = platform === "macos" ? "⌘" : "Ctrl";
  const shift = platform === "macos" ? "⇧" : "Shift";
  if (command === "giveBack") {
    return ["Ctrl", "Alt", "Home"];
  }
  if (command === "refresh") {
    return ["F5"];
  }
  if (command === "fullScreen") {
    return platform === "macos" ? ["🌐", "F"] : ["F11"];
  }
  const caps = (keys: Record<string, Key>) => {
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
