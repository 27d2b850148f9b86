import { describe, expect, it } from "vitest";

import { FEW } from "./choice";
import { firstOf } from "./FirstProjects";

const state = (asked: boolean, projects: number, leftOut: number, projectsFound: boolean) => ({
  layout: { explorerWidth: 272, explorerOpen: true, projectsAsked: asked },
  inventory: { loading: true, projects, leftOut, projectsFound, instances: 0, rows: 0, listedAt: null, problems: [], revision: 1 },
});

describe("after the first sign-in", () => {
  it("it is waited for the projects, and asked only where there are several", () => {
    expect(firstOf(state(false, 0, 0, false))).toBe("finding");
    expect(firstOf(state(false, FEW, 0, false))).toBe("finding");
    expect(firstOf(state(false, FEW + 1, 0, false))).toBe("choose");
    expect(firstOf(state(false, FEW, 0, true))).toBe("nothing");
    expect(firstOf(state(false, 0, 0, true))).toBe("nothing");
  });

  it("nothing is asked twice, and nothing that was chosen already", () => {
    expect(firstOf(state(true, 40, 0, true))).toBe("nothing");
    expect(firstOf(state(false, 2, 38, true))).toBe("nothing");
  });
});
