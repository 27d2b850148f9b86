import { describe, expect, it } from "vitest";

import type { Scope } from "../../contract/Scope";
import type { SearchHit } from "../../contract/SearchHit";
import { keyOfPlace, pathOf, placesOf } from "./place";

const vm = (project: string, zone: string, name: string): Scope => ({ kind: "vm", instance: { project, zone, name } });
const hit = (project: string, zone: string, name: string): SearchHit => ({ instance: { project, zone, name }, status: "running", os: "linux", favourite: false });

describe("places", () => {
  it("inherit from those around them, the widest first", () => {
    expect(pathOf(vm("p", "z", "web-1")).map(keyOfPlace)).toEqual(["*", "p", "p/z", "p/z/web-1"]);
    expect(pathOf({ kind: "everywhere" }).map(keyOfPlace)).toEqual(["*"]);
  });

  it("are found by the VMs in them, each once, the widest first", () => {
    const hits = [hit("p", "z", "web-1"), hit("p", "z", "web-2"), hit("q", "z", "web-3")];
    expect(placesOf(hits, [], "").map(keyOfPlace)).toEqual(["*", "p", "q", "p/z", "q/z", "p/z/web-1", "p/z/web-2", "q/z/web-3"]);
  });

  it("are there, too, when they were set and the search does not reach them", () => {
    const set: Scope[] = [{ kind: "project", project: "far" }, vm("p", "z", "web-1")];
    expect(placesOf([hit("p", "z", "web-1")], set, "").map(keyOfPlace)).toEqual(["*", "far", "p", "p/z", "p/z/web-1"]);
    expect(placesOf([], set, "fa").map(keyOfPlace)).toEqual(["far"]);
  });

  it("are left out where the text means only VMs in them", () => {
    const hits = [hit("p", "z", "web-1"), hit("web", "z", "db")];
    expect(placesOf(hits, [], "Web").map(keyOfPlace)).toEqual(["web", "web/z", "p/z/web-1", "web/z/db"]);
    expect(placesOf([], [], "every").map(keyOfPlace)).toEqual(["*"]);
  });
});
