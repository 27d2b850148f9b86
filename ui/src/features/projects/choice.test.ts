import { describe, expect, it } from "vitest";

import { foundIn, leftOutOf, valueOf, withChosen } from "./choice";

const projects = [
  { id: "acme-prod", name: "Acme Production", chosen: true },
  { id: "acme-staging", name: "Acme Staging", chosen: true },
  { id: "lab-7", name: "", chosen: false },
];

describe("the projects", () => {
  it("are found by words of their id or name", () => {
    expect(foundIn(projects, "").length).toBe(3);
    expect(foundIn(projects, " PROD acme ").map(({ id }) => id)).toEqual(["acme-prod"]);
    expect(foundIn(projects, "lab").map(({ id }) => id)).toEqual(["lab-7"]);
    expect(foundIn(projects, "acme lab")).toEqual([]);
  });

  it("that are not shown keep what was chosen", () => {
    const shown = foundIn(projects, "acme");
    const after = withChosen(leftOutOf(projects), shown, new Set(["acme-staging"]));
    expect([...after].toSorted()).toEqual(["acme-prod", "lab-7"]);
    expect(withChosen(after, shown, new Set(["acme-prod", "acme-staging"]))).toEqual(new Set(["lab-7"]));
  });

  it("are kept as a list, none for all, and never as nothing", () => {
    expect(valueOf(projects, new Set(), ["gone"])).toEqual([]);
    expect(valueOf(projects, new Set(["lab-7"]), ["gone", "acme-prod"])).toEqual(["acme-prod", "acme-staging", "gone"]);
    expect(valueOf(projects, new Set(projects.map(({ id }) => id)), ["gone"])).toBeNull();
    expect(valueOf([], new Set(), [])).toEqual([]);
  });
});
