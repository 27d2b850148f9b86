/** What can be done with the chosen rows. */

import { ArrowRight, BookmarkPlus, CopyPlus, FolderPlus, LogIn, Pencil, Play, Settings, Trash2, Upload } from "lucide-react";

import type { Platform } from "../../contract/Platform";
import type { ProfileInfo } from "../../contract/ProfileInfo";
import type { MenuEntry } from "../../design/ContextMenu";
import type { FolderNaming } from "./FolderDialog";
import { isOn } from "./state";
import { keyOfProfile, type Path, readKey } from "./tree";
import { words } from "./words";

export interface MenuDoes {
  go: (info: ProfileInfo) => void;
  start: (infos: readonly ProfileInfo[]) => void;
  edit: (id: string, pane: "connection" | "settings") => void;
  atLogin: (info: ProfileInfo) => void;
  duplicate: (ids: readonly string[]) => void;
  export: (ids: readonly string[]) => void;
  remove: () => void;
  create: (folder: Path) => void;
  name: (naming: FolderNaming) => void;
}

export function entriesOf({
  chosen,
  keys,
  platform,
  writable,
  does,
}: {
  /** The profiles that are meant, those in chosen folders among them. */
  chosen: readonly ProfileInfo[];
  keys: ReadonlySet<string>;
  platform: Platform;
  writable: boolean;
  does: MenuDoes;
}): MenuEntry[] {
  const [key] = keys.size === 1 ? keys : [];
  const only = key === undefined ? null : readKey(key);
  const info = only?.kind === "profile" ? chosen.find(({ id }) => id === only.id) : undefined;
  const ids = chosen.map(({ id }) => id);
  const startable = chosen.filter((one) => !isOn(one));
  const enter = [platform === "macos" ? "↩" : "Enter"];
  const disabled = !writable;
  const none = ids.length === 0;
  const begin: MenuEntry =
    info !== undefined && isOn(info)
      ? { id: "show", label: words.show, icon: ArrowRight, keys: enter, run: () => does.go(info) }
      : {
          id: "start",
          label: words.start(startable.length),
          icon: Play,
          disabled: startable.length === 0,
          // On a folder Enter opens and closes it.
          ...(only?.kind === "folder" ? {} : { keys: enter }),
          run: () => (info === undefined ? does.start(startable) : does.go(info)),
        };
  const own: MenuEntry[] =
    info !== undefined
      ? [
          { id: "edit", label: words.edit, icon: Pencil, keys: ["F2"], disabled, run: () => does.edit(info.id, "connection") },
          { id: "settings", label: words.settings, icon: Settings, disabled, run: () => does.edit(info.id, "settings") },
          {
            id: "atLogin",
            label: words.startAtLogin,
            icon: LogIn,
            disabled,
            chosen: info.profile.start === "atLogin",
            run: () => does.atLogin(info),
          },
          "separator",
        ]
      : only?.kind === "folder"
        ? [
            { id: "create", label: words.newHere, icon: BookmarkPlus, disabled, run: () => does.create(only.path) },
            { id: "folder", label: words.newFolderHere, icon: FolderPlus, disabled, run: () => does.name({ kind: "new", inside: only.path }) },
            { id: "rename", label: words.rename, icon: Pencil, keys: ["F2"], disabled, run: () => does.name({ kind: "rename", path: only.path }) },
            "separator",
          ]
        : [];
  // Of a folder as a whole there is no copy.
  const copied = chosen.filter(({ id }) => keys.has(keyOfProfile(id))).map(({ id }) => id);
  return [
    begin,
    "separator",
    ...own,
    ...(copied.length === 0
      ? []
      : [{ id: "duplicate", label: words.duplicate, icon: CopyPlus, disabled, run: () => does.duplicate(copied) }]),
    { id: "export", label: words.export, icon: Upload, disabled: none, run: () => does.export(ids) },
    "separator",
    { id: "remove", label: words.remove, icon: Trash2, keys: ["Del"], danger: true, disabled, run: does.remove },
  ];
}
