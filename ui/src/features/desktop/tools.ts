/** What can be done with a desktop, for its tools, for the palette and for the bar of the full screen. */

import {
  CircleStop,
  ClipboardPaste,
  FolderDown,
  KeyRound,
  Keyboard,
  type LucideIcon,
  Maximize,
  Minimize,
  Monitor,
  RotateCw,
  Scaling,
  Settings,
  Share2,
  Unplug,
} from "lucide-react";

import type { Displays } from "../../contract/Displays";
import type { DisplayMode } from "../../contract/DisplayMode";
import type { Platform } from "../../contract/Platform";
import type { SessionInfo } from "../../contract/SessionInfo";
import type { MenuEntry } from "../../design/ContextMenu";
import type { DesktopCommand, DesktopView } from "../window/desktops";
import { keysOf } from "../window/keys";
import { CHORD_NAMES } from "./chords";
import { spanFault } from "./displays";
import { chordWord, displayWord, modeWord, sharedWords, spanWord, words } from "./words";

const MODES: readonly DisplayMode[] = ["follow", "fit", "actual"];

/** A tool: a command, or a menu of some. */
export interface Tool {
  id: string;
  label: string;
  icon: LucideIcon;
  keys?: readonly string[];
  /** It shows that the keys go to the desktop. */
  held?: boolean;
  does: { kind: "run"; run: () => void } | { kind: "menu"; entries: MenuEntry[]; opens?: () => void };
}

export interface ToolsOf {
  session: SessionInfo;
  view: DesktopView;
  full: boolean;
  /** Whether the desktop has the keyboard. */
  held: boolean;
  displays: Displays;
  /** Looks at the displays anew. */
  look: () => void;
  platform: Platform;
  run: (command: DesktopCommand) => void;
  /** Asks which displays to fill. */
  choose: () => void;
  /** Shows the settings that the session was opened with. */
  settings: () => void;
}

/** The tools in the order they are shown. */
export function toolsOf(of: ToolsOf): Tool[] {
  const { session, full, platform, run } = of;
  const one = (id: string, label: string, icon: LucideIcon, command: DesktopCommand, keys?: readonly string[]): Tool => ({
    id,
    label,
    icon,
    ...(keys === undefined ? {} : { keys }),
    does: { kind: "run", run: () => run(command) },
  });
  const leave = one("full", words.leaveFullScreen, Minimize, { kind: "leaveFullScreen" }, keysOf("desktopFull", platform));
  if (session.state.kind !== "live") {
    return full ? [leave] : [];
  }
  return [
    { id: "keys", label: words.sendKeys, icon: Keyboard, held: of.held, does: { kind: "menu", entries: keyEntries(platform, run) } },
    one("type", words.typeClipboard, ClipboardPaste, { kind: "typeClipboard" }),
    ...filesTool(session, one),
    ...(session.desktop?.madePassword === true ? [one("password", words.copyPassword, KeyRound, { kind: "copyPassword" })] : []),
    { id: "display", label: words.display, icon: Scaling, does: { kind: "menu", entries: displayEntries(of) } },
    full ? leave : fullTool(of),
    ...sharedTool(of),
    one("disconnect", words.disconnect, Unplug, { kind: "disconnect" }),
  ];
}

/** What can be done with files that were copied there. */
function filesTool({ desktop }: SessionInfo, one: (id: string, label: string, icon: LucideIcon, command: DesktopCommand) => Tool): Tool[] {
  switch (desktop?.files.kind) {
    case undefined:
    case "none":
      return [];
    case "offered":
      return [one("files", words.saveFiles, FolderDown, { kind: "saveFiles" })];
    case "saving":
      return [one("files", words.stopSaving, CircleStop, { kind: "stopSaving" })];
  }
}

/** What of this computer the desktop has; nothing where it has nothing. */
function sharedTool({ session, settings }: ToolsOf): Tool[] {
  const shared = session.desktop === null ? [] : sharedWords(session.desktop);
  if (shared.length === 0) {
    return [];
  }
  const about = { title: words.shared(session.instance.name), lines: shared };
  const change = { id: "settings", label: words.changeShared, icon: Settings, about, run: settings };
  return [{ id: "shared", label: words.shared(session.instance.name), icon: Share2, does: { kind: "menu", entries: [change] } }];
}

function keyEntries(platform: Platform, run: (command: DesktopCommand) => void): MenuEntry[] {
  return [
    ...CHORD_NAMES.map((chord): MenuEntry => ({ id: chord, label: chordWord(chord), run: () => run({ kind: "keys", chord }) })),
    "separator",
    { id: "giveBack", label: words.giveBack, keys: keysOf("giveBack", platform), run: () => run({ kind: "giveBack" }) },
  ];
}

function displayEntries({ view, run }: ToolsOf): MenuEntry[] {
  const fixed = view.size === "fixed";
  // What cannot follow is scaled instead.
  const mode = fixed && view.mode === "follow" ? "fit" : view.mode;
  return [
    ...MODES.map((to): MenuEntry => ({
      id: to,
      label: modeWord(to),
      chosen: to === mode,
      disabled: to === "follow" && fixed,
      run: () => run({ kind: "display", mode: to }),
    })),
    "separator",
    { id: "reconnect", label: words.reconnectHere, icon: RotateCw, run: () => run({ kind: "reconnectHere" }) },
  ];
}

function fullTool({ displays, look, platform, run, choose }: ToolsOf): Tool {
  const keys = keysOf("desktopFull", platform);
  const fill = (ids: number[]) => () => run({ kind: "fullScreen", displays: ids });
  const fault = spanFault(displays.all, displays.placing);
  const tool = { id: "full", label: words.fullScreen, icon: Maximize, keys };
  const { all, placing } = displays;
  if (all.length < 2) {
    return { ...tool, does: { kind: "run", run: fill([]) } };
  }
  return {
    ...tool,
    does: {
      kind: "menu",
      opens: look,
      entries: [
        { id: "here", label: words.fullScreen, icon: Maximize, keys, run: fill([]) },
        ...(placing === "system"
          ? []
          : all.flatMap((display, place): MenuEntry[] =>
              display.current
                ? []
                : [
                    {
                      id: `on-${display.id}`,
                      label: words.fullScreenOn(displayWord(display, place)),
                      icon: Monitor,
                      run: fill([display.id]),
                    },
                  ],
            )),
        // What cannot work says why.
        {
          id: "all",
          label: fault === null ? words.fullScreenAll : spanWord(fault),
          disabled: fault !== null,
          run: fill(all.map(({ id }) => id)),
        },
        ...(all.length > 2 && placing === "program" ? [{ id: "choose", label: words.fullScreenChosen, run: choose }] : []),
      ],
    },
  };
}

/** The same as one flat list, each with a name that says what it does by itself. */
export function flatTools(of: ToolsOf): { id: string; label: string; icon: LucideIcon; keys?: readonly string[]; run: () => void }[] {
  return toolsOf(of).flatMap(({ id, label, icon, keys, does }) => {
    if (does.kind === "run") {
      return [{ id, label, icon, ...(keys === undefined ? {} : { keys }), run: does.run }];
    }
    return does.entries.flatMap((entry) =>
      entry === "separator" || entry.disabled === true || entry.chosen === true
        ? []
        : [
            {
              id: `${id}-${entry.id}`,
              label: id === "keys" && entry.id !== "giveBack" ? words.send(entry.label) : entry.label,
              icon: entry.icon ?? icon,
              ...(entry.keys === undefined ? {} : { keys: entry.keys }),
              run: entry.run,
            },
          ],
    );
  });
}
