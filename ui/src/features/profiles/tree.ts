/** The tree of folders and profiles, and what a person's choice in it means. */

import type { Profile } from "../../contract/Profile";
import type { ProfileInfo } from "../../contract/ProfileInfo";
import type { ProfileList } from "../../contract/ProfileList";
import { actionWord, targetWord } from "./words";

/** A folder's path, from the outermost in; empty for the top. */
export type Path = readonly string[];

export interface FolderNode {
  kind: "folder";
  key: string;
  path: Path;
  name: string;
  /** Profiles in it and in the folders in it, as far as they are shown. */
  count: number;
  children: ProfileNode[];
}

export interface LeafNode {
  kind: "profile";
  key: string;
  info: ProfileInfo;
}

export type ProfileNode = FolderNode | LeafNode;

/** One node for each profile as long as that is the same: what draws the rows keeps those whose nodes it knows. */
const LEAVES = new WeakMap<ProfileInfo, LeafNode>();

function leafOf(info: ProfileInfo): LeafNode {
  const leaf = LEAVES.get(info) ?? { kind: "profile", key: keyOfProfile(info.id), info };
  LEAVES.set(info, leaf);
  return leaf;
}

const PROFILE = "p:";
const FOLDER = "f:";

export function keyOfProfile(id: string): string {
  return `${PROFILE}${id}`;
}

export function keyOfFolder(path: Path): string {
  return `${FOLDER}${JSON.stringify(path)}`;
}

/** What a key stands for; `null` where it stands for nothing. */
export function readKey(key: string): { kind: "profile"; id: string } | { kind: "folder"; path: Path } | null {
  if (key.startsWith(PROFILE)) {
    return { kind: "profile", id: key.slice(PROFILE.length) };
  }
  if (!key.startsWith(FOLDER)) {
    return null;
  }
  try {
    const path: unknown = JSON.parse(key.slice(FOLDER.length));
    return Array.isArray(path) && path.every((name) => typeof name === "string") ? { kind: "folder", path } : null;
  } catch {
    return null;
  }
}

export function samePath(one: Path, other: Path): boolean {
  return one.length === other.length && isWithin(one, other);
}

/** Whether a path is a folder, or is somewhere in it. */
export function isWithin(path: Path, folder: Path): boolean {
  return folder.every((name, depth) => path[depth] === name);
}

/** Every folder: those that are listed, and those that only profiles or inner folders name. */
export function foldersOf(list: Pick<ProfileList, "folders" | "profiles">): Path[] {
  const found = new Map<string, Path>();
  for (const path of [...list.folders, ...list.profiles.map(({ profile }) => profile.folder)]) {
    for (let depth = 1; depth <= path.length; depth += 1) {
      const outer = path.slice(0, depth);
      const key = keyOfFolder(outer);
      if (!found.has(key)) {
        found.set(key, outer);
      }
    }
  }
  return [...found.values()];
}

/** The tree as far as a text means it: folders before profiles, each in its order. */
export function treeOf(list: ProfileList, text: string): ProfileNode[] {
  const words = wordsOf(text);
  const roots: ProfileNode[] = [];
  const folders = new Map<string, FolderNode>();
  const inside = (path: Path) => (path.length === 0 ? roots : (folders.get(keyOfFolder(path))?.children ?? roots));
  // The outer ones first, so that each finds the one that it is in.
  for (const path of foldersOf(list).toSorted((one, other) => one.length - other.length)) {
    const node: FolderNode = { kind: "folder", key: keyOfFolder(path), path, name: path.at(-1) ?? "", count: 0, children: [] };
    folders.set(node.key, node);
    inside(path.slice(0, -1)).push(node);
  }
  for (const info of list.profiles) {
    if (means(textOf(info.profile), words)) {
      const { folder } = info.profile;
      inside(folder).push(leafOf(info));
      for (let depth = 1; depth <= folder.length; depth += 1) {
        const outer = folders.get(keyOfFolder(folder.slice(0, depth)));
        if (outer !== undefined) {
          outer.count += 1;
        }
      }
    }
  }
  return words.length === 0 ? roots : roots.flatMap((node) => pruned(node, words));
}

/** A node without the folders that neither hold nor are what is looked for. */
function pruned(node: ProfileNode, words: readonly string[]): ProfileNode[] {
  if (node.kind === "profile") {
    return [node];
  }
  const children = node.children.flatMap((child) => pruned(child, words));
  return children.length > 0 || means(node.path.join(" "), words) ? [{ ...node, children }] : [];
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
}

function means(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}

/** What a profile is found by. */
export function textOf(profile: Profile): string {
  const { name, folder, target, action, account } = profile;
  return [name, ...folder, targetWord(target, action), actionWord(action), account ?? ""].join(" ");
}

/** All keys of folders in a tree: what is open while a person looks for something. */
export function folderKeys(nodes: readonly ProfileNode[]): string[] {
  return nodes.flatMap((node) => (node.kind === "folder" ? [node.key, ...folderKeys(node.children)] : []));
}

/** All keys of a tree, as they stand one below the other. */
export function allKeys(nodes: readonly ProfileNode[]): string[] {
  return nodes.flatMap((node) => (node.kind === "folder" ? [node.key, ...allKeys(node.children)] : [node.key]));
}

/** The row that comes after those that are taken away, else the one before them; `null` where none is left. */
export function nextTo(nodes: readonly ProfileNode[], taken: ReadonlySet<string>): string | null {
  const rows = allKeys(nodes);
  const folders = chosenFolders(taken);
  // Folders in one that goes are there afterwards, but under other keys.
  const stays = (key: string) => {
    const found = readKey(key);
    return !taken.has(key) && (found?.kind !== "folder" || !folders.some((folder) => isWithin(found.path, folder)));
  };
  const last = rows.findLastIndex((key) => taken.has(key));
  return rows.slice(last + 1).find(stays) ?? rows.slice(0, Math.max(0, last)).findLast(stays) ?? null;
}

/** The profiles that chosen keys mean, those in chosen folders among them: each once, in their order. */
export function chosenProfiles(list: ProfileList, keys: ReadonlySet<string>): ProfileInfo[] {
  const folders = chosenFolders(keys);
  return list.profiles.filter(
    ({ id, profile }) => keys.has(keyOfProfile(id)) || folders.some((folder) => isWithin(profile.folder, folder)),
  );
}

/** What a tree shows of the profiles and of what is chosen. What is hidden while a person looks for something is not meant. */
export function seenIn(nodes: readonly ProfileNode[], list: ProfileList, keys: ReadonlySet<string>): { list: ProfileList; keys: ReadonlySet<string> } {
  const seen = new Set(allKeys(nodes));
  return {
    list: { ...list, profiles: list.profiles.filter(({ id }) => seen.has(keyOfProfile(id))) },
    keys: new Set([...keys].filter((key) => seen.has(key))),
  };
}

/** The chosen folders, without those that are in another chosen one. */
export function chosenFolders(keys: ReadonlySet<string>): Path[] {
  const paths = [...keys].flatMap((key) => {
    const found = readKey(key);
    return found?.kind === "folder" ? [found.path] : [];
  });
  return paths.filter((path) => !paths.some((other) => other.length < path.length && isWithin(path, other)));
}
