import { describe, expect, it } from "vitest";

import type { ProfileList } from "../../contract/ProfileList";
import { sceneFolders, sceneProfiles } from "../../platform/demo/profileScenes";
import { chosenFolders, chosenProfiles, folderKeys, foldersOf, keyOfFolder, keyOfProfile, nextTo, type ProfileNode, readKey, seenIn, treeOf } from "./tree";

const list: ProfileList = { profiles: sceneProfiles("profiles"), folders: sceneFolders("profiles"), trouble: null, writable: true };

/** A tree in lines, indented by depth. */
function lines(nodes: readonly ProfileNode[], depth = 0): string[] {
  return nodes.flatMap((node) =>
    node.kind === "folder"
      ? [`${"  ".repeat(depth)}${node.name}/ ${node.count}`, ...lines(node.children, depth + 1)]
      : [`${"  ".repeat(depth)}${node.info.profile.name}`],
  );
}

describe("what is chosen while a person looks for something", () => {
  it("is only what is shown, also in a chosen folder", () => {
    const folder = keyOfFolder(["Databases"]);
    const hidden = list.profiles.find(({ profile }) => profile.name === "Jump host");
    const keys = new Set([folder, keyOfProfile(hidden?.id ?? "")]);
    const all = seenIn(treeOf(list, ""), list, keys);
    expect(chosenProfiles(all.list, all.keys)).toHaveLength(4);
    const found = seenIn(treeOf(list, "ledger"), list, keys);
    expect(found.keys).toEqual(new Set([folder]));
    expect(chosenProfiles(found.list, found.keys).map(({ profile }) => profile.name)).toEqual(["ledger 2019"]);
  });
});

describe("the tree", () => {
  it("has folders before profiles, each in its order, also empty ones", () => {
    expect(lines(treeOf(list, "")).map((line) => line.slice(0, 24))).toEqual([
      "Databases/ 3",
      "  Archive/ 1",
      "    ledger 2019",
      "  orders database",
      "  reporting",
      "Imported/ 2",
      "  build-agent",
      "  Monthly report runner,",
      "On call/ 0",
      "Jump host",
      "Accounting desktop",
      "Newest web server",
      "ERP",
    ]);
  });

  it("makes the folders that only profiles name, and an inner one before its outer", () => {
    const [first] = list.profiles;
    const odd = { ...list, folders: [["a", "b"], ["a"]], profiles: first === undefined ? [] : [{ ...first, profile: { ...first.profile, folder: ["x", "y"] } }] };
    expect(foldersOf(odd)).toEqual([["a"], ["a", "b"], ["x"], ["x", "y"]]);
    expect(lines(treeOf(odd, ""))).toEqual(["a/ 0", "  b/ 0", "x/ 1", "  y/ 1", "    orders database"]);
  });

  it("shows what has all words, in its name, folder, target or kind", () => {
    const found = (text: string) => lines(treeOf(list, text)).map((line) => line.trim().slice(0, 18));
    expect(found("  LEDGER ")).toEqual(["Databases/ 1", "Archive/ 1", "ledger 2019"]);
    expect(found("databases mysql")).toEqual(["Databases/ 1", "reporting"]);
    expect(found("legacy-erp 443")).toEqual(["ERP"]);
    expect(found("remote sql-win")).toEqual(["Accounting desktop"]);
    expect(found("on call")).toEqual(["On call/ 0"]);
    expect(found("nothing so")).toEqual([]);
  });

  it("counts only what is shown, and opens all that holds it", () => {
    const nodes = treeOf(list, "archive");
    expect(lines(nodes)).toEqual(["Databases/ 1", "  Archive/ 1", "    ledger 2019"]);
    expect(folderKeys(nodes)).toEqual([keyOfFolder(["Databases"]), keyOfFolder(["Databases", "Archive"])]);
  });
});

describe("keys", () => {
  it("say what they stand for, whatever the names", () => {
    for (const path of [[], ["a"], ["a/b", "“c”", "f:[]"], ["p:1"]]) {
      expect(readKey(keyOfFolder(path))).toEqual({ kind: "folder", path });
    }
    expect(readKey(keyOfProfile("f:[]"))).toEqual({ kind: "profile", id: "f:[]" });
    for (const key of ["", "x:1", "f:", "f:{}", "f:[1]"]) {
      expect(readKey(key)).toBeNull();
    }
  });
});

describe("a choice", () => {
  const ids = (...keys: string[]) => chosenProfiles(list, new Set(keys)).map(({ id }) => id);

  it("means the profiles in chosen folders too, each once and in their order", () => {
    expect(ids(keyOfProfile("p-5"), keyOfProfile("p-4"))).toEqual(["p-4", "p-5"]);
    expect(ids(keyOfFolder(["Databases"]), keyOfProfile("p-1"), keyOfProfile("p-7"))).toEqual(["p-1", "p-2", "p-3", "p-7"]);
    expect(ids(keyOfFolder(["On call"]), keyOfProfile("gone"))).toEqual([]);
  });

  it("that is taken away leaves the keyboard to its neighbour", () => {
    const nodes = treeOf(list, "");
    const next = (...keys: string[]) => nextTo(nodes, new Set(keys));
    expect(next(keyOfProfile("p-4"))).toBe(keyOfProfile("p-5"));
    expect(next(keyOfProfile("p-6"), keyOfProfile("p-7"))).toBe(keyOfProfile("p-5"));
    expect(next(keyOfFolder(["Databases"]))).toBe(keyOfProfile("p-3"));
    expect(nextTo([], new Set(["p:1"]))).toBeNull();
  });

  it("leaves out folders that are in another chosen one", () => {
    expect(chosenFolders(new Set([keyOfFolder(["Databases", "Archive"]), keyOfFolder(["Databases"]), keyOfProfile("p-1")]))).toEqual([["Databases"]]);
  });
});
