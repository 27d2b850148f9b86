import { describe, expect, it } from "vitest";

import type { ProfileList } from "../../contract/ProfileList";
import { DemoProfiles } from "../../platform/demo/profiles";
import { type Move, movesFor, type Spot } from "./moves";
import { keyOfFolder, keyOfProfile } from "./tree";

const demo = () =>
  new DemoProfiles("profiles", () => {}, { search: () => [], open: () => "", forward: () => "", session: () => undefined, tunnel: () => undefined });
const list: ProfileList = demo().list();
const DATABASES = ["Databases"];
const ARCHIVE = ["Databases", "Archive"];
const profile = keyOfProfile;
const folder = keyOfFolder;
const at = (key: string, position: Spot["position"] = "on"): Spot => ({ key, position });
const moves = (keys: string[], spot: Spot) => movesFor(list, new Set(keys), spot);

describe("dropping profiles", () => {
  it("on a folder puts them at its end, in their order", () => {
    expect(moves([profile("p-5"), profile("p-4")], at(folder(DATABASES)))).toEqual([
      { kind: "arrange", ids: ["p-4", "p-5"], folder: DATABASES, before: null },
    ]);
  });

  it("beside a profile puts them there, in its folder", () => {
    expect(moves([profile("p-7")], at(profile("p-2"), "before"))).toEqual([{ kind: "arrange", ids: ["p-7"], folder: DATABASES, before: "p-2" }]);
    expect(moves([profile("p-7")], at(profile("p-2"), "after"))).toEqual([{ kind: "arrange", ids: ["p-7"], folder: DATABASES, before: null }]);
    expect(moves([profile("p-7")], at(profile("p-1"), "after"))).toEqual([{ kind: "arrange", ids: ["p-7"], folder: DATABASES, before: "p-2" }]);
  });

  it("among those that are moved means the next that stays", () => {
    expect(moves([profile("p-4"), profile("p-6")], at(profile("p-6"), "before"))).toEqual([
      { kind: "arrange", ids: ["p-4", "p-6"], folder: [], before: "p-7" },
    ]);
  });

  it("beside a folder puts them before the profiles around it", () => {
    expect(moves([profile("p-1")], at(folder(["On call"]), "after"))).toEqual([{ kind: "arrange", ids: ["p-1"], folder: [], before: "p-4" }]);
    expect(moves([profile("p-7")], at(folder(ARCHIVE), "before"))).toEqual([{ kind: "arrange", ids: ["p-7"], folder: DATABASES, before: "p-1" }]);
  });

  it("where they stand, on a profile or on what is gone changes nothing", () => {
    expect(moves([profile("p-4")], at(profile("p-4"), "after"))).toEqual([]);
    expect(moves([profile("p-4")], at(profile("p-5"), "before"))).toEqual([]);
    expect(moves([profile("p-2")], at(folder(DATABASES)))).toEqual([]);
    expect(moves([profile("p-4")], at(profile("p-5")))).toEqual([]);
    expect(moves([profile("p-4")], at(profile("gone"), "before"))).toEqual([]);
    expect(moves([profile("p-4")], at("nonsense"))).toEqual([]);
    expect(moves([], at(folder(DATABASES)))).toEqual([]);
  });
});

describe("dropping folders", () => {
  it("moves them with all that is in them", () => {
    expect(moves([folder(ARCHIVE), profile("p-3")], at(folder(["On call"])))).toEqual([{ kind: "folder", path: ARCHIVE, into: ["On call"] }]);
    expect(moves([folder(ARCHIVE)], at(folder(["On call"]), "before"))).toEqual([{ kind: "folder", path: ARCHIVE, into: [] }]);
  });

  it("into themselves or where they are changes nothing", () => {
    expect(moves([folder(DATABASES)], at(folder(DATABASES)))).toEqual([]);
    expect(moves([folder(DATABASES)], at(folder(ARCHIVE)))).toEqual([]);
    expect(moves([folder(DATABASES)], at(profile("p-3"), "after"))).toEqual([]);
    expect(moves([folder(ARCHIVE)], at(folder(DATABASES)))).toEqual([]);
  });

  it("goes with profiles from elsewhere", () => {
    expect(moves([folder(ARCHIVE), profile("p-8")], at(profile("p-4"), "before"))).toEqual<Move[]>([
      { kind: "folder", path: ARCHIVE, into: [] },
      { kind: "arrange", ids: ["p-8"], folder: [], before: "p-4" },
    ]);
  });
});

describe("the double", () => {
  it("has them where they were dropped", () => {
    const profiles = demo();
    profiles.arrange(["p-7"], DATABASES, "p-2");
    const names = () => profiles.list().profiles.filter((info) => info.profile.folder[0] === "Databases").map(({ id }) => id);
    expect(names()).toEqual(["p-1", "p-7", "p-2", "p-3"]);
    profiles.folder({ kind: "move", path: ARCHIVE, into: [] });
    profiles.folder({ kind: "remove", path: DATABASES });
    expect(profiles.list().folders).toEqual([["Archive"], ["Imported"], ["On call"]]);
    expect(profiles.list().profiles.find(({ id }) => id === "p-3")?.profile.folder).toEqual(["Archive"]);
    expect(profiles.list().profiles.find(({ id }) => id === "p-7")?.profile.folder).toEqual([]);
  });
});
