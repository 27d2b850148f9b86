import { describe, expect, it } from "vitest";

import type { ExpressionPart } from "../../contract/ExpressionPart";
import type { Truth } from "../../contract/Truth";
import { phrasesOf, segmentsOf } from "./expression";

const part = (start: number, end: number, truth: Truth = "met"): ExpressionPart => ({ start, end, truth });
const cut = (source: string, ...parts: ExpressionPart[]) => segmentsOf({ source, parts }).map(({ text, truth }) => [text, truth]);

describe("an expression", () => {
  it("is cut at its parts, and nothing of it is lost", () => {
    expect(cut("a && b", part(0, 1, "notMet"), part(5, 6, "unknown"))).toEqual([
      ["a", "notMet"],
      [" && ", null],
      ["b", "unknown"],
    ]);
    expect(cut("a && b")).toEqual([["a && b", null]]);
    expect(cut("")).toEqual([]);
  });

  it("counts UTF-16 code units, and cuts no character in half", () => {
    const source = 'x == "😀" && y';
    expect(cut(source, part(0, 9), part(13, 14, "notMet"))).toEqual([
      ['x == "😀"', "met"],
      [" && ", null],
      ["y", "notMet"],
    ]);
    for (let at = 0; at <= source.length; at += 1) {
      for (const [text] of cut(source, part(0, at), part(at, source.length, "notMet"))) {
        expect(text).not.toMatch(/\p{Surrogate}/u);
      }
    }
  });

  it("keeps its whole text with parts that lie outside, overlap, are empty or turned about", () => {
    const source = "destination.port == 22";
    const hostile = [
      [part(0, 4_294_967_295)],
      [part(4_000_000_000, 4_294_967_295)],
      [part(0, 10), part(5, 15, "notMet"), part(5, 6, "unknown")],
      [part(9, 3)],
      [part(5, 5)],
      [part(20, 22), part(0, 3, "notMet")],
      [part(-7, 4), part(Number.NaN, Number.POSITIVE_INFINITY)],
      Array.from({ length: 2000 }, (_, at) => part(at % 30, (at * 7) % 40)),
    ];
    for (const parts of hostile) {
      expect(cut(source, ...parts).map(([text]) => text).join("")).toBe(source);
    }
    expect(cut(source, part(0, 10), part(5, 15, "notMet"))).toEqual([
      ["destinatio", "met"],
      ["n.por", "notMet"],
      ["t == 22", null],
    ]);
    expect(cut(source, part(0, 99))).toEqual([[source, "met"]]);
  });
});

describe("a sentence", () => {
  const named = (text: string, names: string[]) => phrasesOf(text, names).filter(({ kind }) => kind === "name").map((phrase) => phrase.text);

  it("has its names set off, the longest where several fit, and only whole ones", () => {
    expect(phrasesOf("You hold Owner on p", ["Owner"])).toEqual([
      { text: "You hold ", kind: "plain" },
      { text: "Owner", kind: "name" },
      { text: " on p", kind: "plain" },
    ]);
    expect(named("access level corp_net is not met", ["corp", "corp_net"])).toEqual(["corp_net"]);
    expect(named("corporate", ["corp"])).toEqual([]);
    expect(named("a b", ["", "a", "a"])).toEqual(["a"]);
  });

  it("keeps every character, also with source, open quotes and no names", () => {
    for (const text of ["", "`", "``", "a `b` c `d", "`x == 1` must be true", "no names"]) {
      expect(phrasesOf(text, ["b"]).map((phrase) => phrase.text).join("")).toBe(text);
    }
    expect(phrasesOf("`a.b` must be true", ["a"])[0]).toEqual({ text: "`a.b`", kind: "source" });
  });
});
