/** What dropping a choice somewhere in the tree changes. */

import type { ProfileList } from "../../contract/ProfileList";
import { chosenFolders, isWithin, keyOfProfile, type Path, readKey, samePath } from "./tree";

/** Where something is dropped: on a row, or beside it. */
export interface Spot {
  key: string;
  position: "on" | "before" | "after";
}

/** One change that core is asked for. */
export type Move =
  | { kind: "folder"; path: Path; into: Path }
  | { kind: "arrange"; ids: string[]; folder: Path; before: string | null };

/** The changes in the order in which they are asked for; none where it cannot be dropped there, or changes nothing. */
export function movesFor(list: ProfileList, keys: ReadonlySet<string>, spot: Spot): Move[] {
  const folders = chosenFolders(keys);
  // What is in a chosen folder goes with it.
  const ids = list.profiles
    .filter(({ id, profile }) => keys.has(keyOfProfile(id)) && !folders.some((folder) => isWithin(profile.folder, folder)))
    .map(({ id }) => id);
  const place = placeOf(list, new Set(ids), spot);
  if (place === null || folders.some((folder) => isWithin(place.folder, folder))) {
    return [];
  }
  const { folder: into, before } = place;
  return [
    ...folders.filter((path) => !samePath(path.slice(0, -1), into)).map((path): Move => ({ kind: "folder", path, into })),
    ...(ids.length === 0 || stands(list, ids, into, before) ? [] : [{ kind: "arrange", ids, folder: into, before } as const]),
  ];
}

/** The folder, and the profile there that what is dropped comes before. */
function placeOf(list: ProfileList, moved: ReadonlySet<string>, spot: Spot): { folder: Path; before: string | null } | null {
  const on = readKey(spot.key);
  if (on?.kind === "folder") {
    if (spot.position === "on") {
      return { folder: on.path, before: null };
    }
    // Folders stand before profiles: beside one is the beginning of the profiles around it.
    const folder = on.path.slice(0, -1);
    return { folder, before: within(list, folder, moved)[0] ?? null };
  }
  const info = list.profiles.find(({ id }) => id === on?.id);
  if (info === undefined || spot.position === "on") {
    return null;
  }
  const { folder } = info.profile;
  // The dropped ones may be the very ones it is dropped between: the next that stays is meant.
  const all = list.profiles.filter(({ profile }) => samePath(profile.folder, folder)).map(({ id }) => id);
  const from = all.indexOf(info.id) + (spot.position === "after" ? 1 : 0);
  return { folder, before: all.slice(from).find((id) => !moved.has(id)) ?? null };
}

/** The profiles of a folder that stay, in their order. */
function within(list: ProfileList, folder: Path, moved: ReadonlySet<string>): string[] {
  return list.profiles.filter(({ id, profile }) => samePath(profile.folder, folder) && !moved.has(id)).map(({ id }) => id);
}

/** Whether they are there already, in this order. */
function stands(list: ProfileList, ids: readonly string[], folder: Path, before: string | null): boolean {
  const now = list.profiles.filter(({ profile }) => samePath(profile.folder, folder)).map(({ id }) => id);
  const staying = within(list, folder, new Set(ids));
  const at = before === null ? staying.length : staying.indexOf(before);
  const then = staying.toSpliced(at, 0, ...ids);
  return then.length === now.length && then.every((id, index) => now[index] === id);
}
