/** The menu of a tab. */

import { AppWindow, ArrowLeft, ArrowRight, ArrowRightToLine, BookmarkPlus, Columns2, Copy, CopyX, PanelsTopLeft, Rows2, SquareArrowRight, Tag, X } from "lucide-react";

import type { Platform } from "../../contract/Platform";
import type { MenuEntry } from "../../design/ContextMenu";
import type { Desk } from "./desk";
import { keysOf } from "./keys";
import { MAIN_WINDOW, type TabCommand } from "./tabs";
import { words } from "./words";

export function tabEntries(desk: Desk, id: string, platform: Platform): MenuEntry[] {
  const panel = desk.dock?.getPanel(id);
  if (panel === undefined) {
    return [];
  }
  const { tabs } = desk;
  const { panels } = panel.group;
  const session = desk.model.state.sessions.find((known) => known.id === id);
  const entry = (command: TabCommand, label: string, icon: typeof X, able = true): MenuEntry => ({
    id: command,
    label,
    icon,
    keys: keysOf(command, platform),
    disabled: !able,
    run: () => tabs.run(command, id),
  });
  const windows = session === undefined ? [] : tabs.otherWindows();
  return [
    ...(session === undefined
      ? []
      : [
          entry("rename", words.tabName, Tag),
          entry("duplicate", words.tabDuplicate, Copy),
          {
            id: "saveProfile",
            label: words.tabSaveProfile,
            icon: BookmarkPlus,
            // After the menu has given the keyboard back.
            run: () => void setTimeout(() => void desk.profiles.saveAs({ kind: "session", id }), 0),
          },
          "separator" as const,
        ]),
    entry("tabLeft", words.tabLeft, ArrowLeft, panels.indexOf(panel) > 0),
    entry("tabRight", words.tabRight, ArrowRight, panels.indexOf(panel) < panels.length - 1),
    entry("split", words.tabSplitRight, Columns2, panels.length > 1),
    entry("splitDown", words.tabSplitDown, Rows2, panels.length > 1),
    entry("otherGroup", words.tabOtherGroup, SquareArrowRight, panels.length > 1 || (desk.dock?.groups.length ?? 0) > 1),
    ...(session === undefined
      ? []
      : [
          {
            id: "newWindow",
            label: words.tabNewWindow,
            icon: AppWindow,
            ...(desk.model.backend.label === MAIN_WINDOW ? { keys: keysOf("ownWindow", platform) } : {}),
            run: () => void tabs.move(id, { kind: "new", at: null }),
          },
          ...windows.map((label) => ({
            id: `to-${label}`,
            label: words.tabToWindow(label),
            icon: PanelsTopLeft,
            keys: label === MAIN_WINDOW ? keysOf("ownWindow", platform) : [],
            run: () => void tabs.move(id, { kind: "window", label }),
          })),
        ]),
    "separator",
    entry("closeTab", words.tabClose, X),
    entry("closeOthers", words.tabCloseOthers, CopyX, panels.length > 1),
    entry("closeRight", words.tabCloseRight, ArrowRightToLine, panels.indexOf(panel) < panels.length - 1),
  ];
}
