import { describe, expect, it } from "vitest";

import { COLUMNS, lastLines, LINES, shrink } from "./thumbnail";

describe("a terminal's small picture", () => {
  it("is its last lines with something in them, cut to what fits", () => {
    expect(lastLines(["a", "", "b ", "", "  "])).toBe("a\n\nb ");
    expect(lastLines(["", ""])).toBe("");
    const many = Array.from({ length: LINES + 5 }, (_, n) => String(n));
    expect(lastLines(many).split("\n")).toEqual(many.slice(5));
    expect(lastLines(["x".repeat(COLUMNS + 1)])).toHaveLength(COLUMNS);
  });
});

describe("a desktop's small picture", () => {
  it("keeps its shape, and is none while nothing was painted", () => {
    const from = Object.assign(document.createElement("canvas"), { width: 1600, height: 1000 });
    const to = document.createElement("canvas");
    expect(shrink(from, to)).toBe("drawn");
    expect([to.width, to.height]).toEqual([480, 300]);
    expect(shrink(Object.assign(document.createElement("canvas"), { width: 0 }), to)).toBe("nothing");
  });
});
