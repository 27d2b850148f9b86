import { describe, expect, it } from "vitest";

import type { LevelRow } from "../../contract/LevelRow";
import { stories } from "../../platform/demo/explain/explain";
import { segmentsOf } from "./expression";
import { groupsOf, isAddress, shortOf, stateOf } from "./levels";
import { askFor, canExplain, explainOf, keyOf, portOf, shortTarget, usualPort } from "./target";
import { blockedWord, CERTAINTY, placeWord, portWord, ROW, RUNG, TRUTH, words } from "./words";

const row = (rest: Partial<LevelRow>): LevelRow => ({
  condition: 0,
  label: "Public address",
  wants: "203.0.113.0/24",
  have: null,
  truth: "unknown",
  inferred: false,
  note: "",
  ...rest,
});
const vm = { project: "p", zone: "z", name: "web-1" };

describe("the rows of a level", () => {
  it("come by condition in order, and within one as they were given", () => {
    const rows = [row({ condition: 2, label: "c" }), row({ label: "a" }), row({ condition: 2, label: "d" }), row({ label: "b" })];
    expect(groupsOf(rows).map(({ condition, rows }) => [condition, rows.map(({ label }) => label).join("")])).toEqual([
      [0, "ab"],
      [2, "cd"],
    ]);
    expect(groupsOf([])).toEqual([]);
  });

  it("are met, look met, are not met, or are unknown", () => {
    expect(stateOf(row({ truth: "met", have: "x" }))).toBe("met");
    expect(stateOf(row({ truth: "notMet", have: "x" }))).toBe("notMet");
    expect(stateOf(row({ truth: "unknown", have: "macOS 15.1" }))).toBe("looksMet");
    expect(stateOf(row({}))).toBe("unknown");
    expect(stateOf(row({ inferred: true }))).toBe("notMet");
  });

  it("set addresses in the letters of code, and nothing else", () => {
    expect(["203.0.113.0/24, 10.0.0.0/8", "2001:db8::1", "198.51.100.7"].every(isAddress)).toBe(true);
    expect(["DE, FR", "macOS 14 or later", "yes", "on", "dead beef", ""].some(isAddress)).toBe(false);
  });
});

describe("a port", () => {
  it("is a number from 1 to 65535", () => {
    expect([" 22 ", "1", "65535"].map(portOf)).toEqual([22, 1, 65_535]);
    expect(["", "0", "65536", "22x", "-1", "2 2", "１２", "1e3"].map(portOf)).toEqual(Array.from({ length: 8 }, () => null));
    expect([usualPort("linux"), usualPort("windows"), usualPort("unknown")]).toEqual([22, 3389, 22]);
  });

  it("is read after a VM's name in the palette", () => {
    expect(explainOf("explain web-1:3389")).toEqual({ vm: "web-1", port: 3389 });
    expect(explainOf("  Why?  web-1 : 22 ")).toEqual({ vm: "web-1", port: 22 });
    expect(explainOf("why web-1 443")).toEqual({ vm: "web-1", port: 443 });
    expect(explainOf("explain web-1")).toEqual({ vm: "web-1", port: null });
    expect(explainOf("explain web-1:")).toEqual({ vm: "web-1", port: null });
    expect(explainOf("explain ")).toEqual({ vm: "", port: null });
    expect(explainOf("explain web-1:70000")).toBeNull();
    expect(explainOf("explain two words here")).toBeNull();
    expect(explainOf("explain")).toBeNull();
    expect(explainOf("explainer web-1")).toBeNull();
    expect(explainOf("web-1:22")).toBeNull();
  });
});

describe("a question", () => {
  it("has one tab, and another for another port", () => {
    expect(keyOf(askFor(vm, 22))).toBe(keyOf(askFor({ ...vm }, 22)));
    expect(keyOf(askFor(vm, 22))).not.toBe(keyOf(askFor(vm, 23)));
    expect(keyOf({ kind: "session", id: "1" })).not.toBe(keyOf({ kind: "tunnel", id: "1" }));
    expect(shortTarget(askFor(vm, 22).target)).toBe("web-1:22");
  });

  it("is asked of what policies, the relay or Google decided", () => {
    expect((["notAuthorized", "backendUnreachable", "notFound", "relayUnreachable", "signInNeeded"] as const).every(canExplain)).toBe(true);
    expect((["hostKeyChanged", "cancelled", "portTaken", "internal"] as const).some(canExplain)).toBe(false);
  });
});

describe("words", () => {
  it("say what blocks a VM", () => {
    expect(blockedWord({ state: "blocked", port: 22, by: "access level corp_net" })).toBe("Blocked on port 22 by access level corp_net");
    expect(blockedWord({ state: "blocked", port: 22, by: "no role" })).toBe("Blocked on port 22: no role");
    expect(blockedWord({ state: "blocked", port: 22, by: "" })).toBe("Blocked on port 22");
  });

  it("name what is at a port and where", () => {
    expect([22, 3389, 8080].map((port) => portWord(askFor(vm, port).target))).toEqual(["SSH", "Remote Desktop", "port 8080"]);
    expect(placeWord(askFor(vm, 22).target)).toBe("p · z · port 22");
  });

  it("are short, without exclamation, blame or please, and no two states share one", () => {
    const all = [CERTAINTY, ROW, RUNG, TRUTH].flatMap((table) => {
      const texts = Object.values(table);
      expect(new Set(texts).size).toBe(texts.length);
      return texts;
    });
    for (const text of [...all, words.again, words.request, words.ask.lead, words.notExplained("x")]) {
      expect(text).not.toMatch(/!|please|success|error/i);
    }
  });
});

describe("the double's stories", () => {
  const all = Object.entries(stories).map(([name, tell]) => ({ name, story: tell(vm, 22) }));

  it("are many, and of every certainty and most verdicts", () => {
    expect(all.length).toBeGreaterThanOrEqual(16);
    expect(new Set(all.map(({ story }) => story.certainty)).size).toBe(3);
    expect(new Set(all.map(({ story }) => story.verdict)).size).toBeGreaterThanOrEqual(16);
  });

  it.each(all)("$name marks parts that are there, and names each of its levels once", ({ story: { levels, binding } }) => {
    for (const expression of [binding?.condition ?? null, ...levels.map((level) => level.expression)]) {
      if (expression !== null) {
        expect(expression.parts.every(({ start }) => start >= 0)).toBe(true);
        expect(segmentsOf(expression).filter(({ truth }) => truth !== null)).toHaveLength(expression.parts.length);
      }
    }
    expect(new Set(levels.map(shortOf)).size).toBe(levels.length);
  });
});
