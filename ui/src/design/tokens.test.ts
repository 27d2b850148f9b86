import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

import { contrast, hex, parseColour, type Rgb } from "./colour";

const src = resolve(__dirname, "..");
const tokens = readFileSync(join(src, "design/tokens.css"), "utf8");

function role(name: string): [light: Rgb, dark: Rgb] {
  const found = new RegExp(`--${name}: light-dark\\((oklch\\([^)]*\\)), (oklch\\([^)]*\\))\\)`).exec(tokens);
  const [light, dark] = [parseColour(found?.[1] ?? ""), parseColour(found?.[2] ?? "")];
  if (light === null || dark === null) {
    throw new Error(`no role ${name}`);
  }
  return [light, dark];
}

function expectReadable(text: string, ground: string, least = 4.5) {
  const [texts, grounds] = [role(text), role(ground)];
  (["light", "dark"] as const).forEach((theme, i) => {
    const found = contrast(texts[i] as Rgb, grounds[i] as Rgb);
    expect(found, `${text} on ${ground}, ${theme}: ${found.toFixed(2)}`).toBeGreaterThanOrEqual(least);
  });
}

describe("colours", () => {
  it("convert as browsers do", () => {
    expect(hex(parseColour("oklch(0.178 0.008 215)") as Rgb)).toBe("#0d1213");
    expect(hex(parseColour("oklch(0.79 0.105 188)") as Rgb)).toBe("#5ed0c7");
    expect(hex(parseColour("rgb(13, 18, 19)") as Rgb)).toBe("#0d1213");
    expect(parseColour("tomato")).toBeNull();
  });

  it("of text can be read on every ground", () => {
    for (const ground of ["bg", "bg-raised", "bg-sunken", "bg-float", "bg-field"]) {
      for (const text of ["text", "text-quiet", "text-faint", "ok", "warn", "danger", "info", "accent"]) {
        expectReadable(text, ground);
      }
    }
    for (const text of ["text", "text-quiet"]) {
      expectReadable(text, "accent-soft");
    }
    for (const state of ["ok", "warn", "danger", "info"]) {
      expectReadable(state, `${state}-soft`);
      expectReadable("text", `${state}-soft`);
    }
    expectReadable("text", "bg-chip");
    expectReadable("text-quiet", "bg-chip");
    expectReadable("text-on-accent", "accent");
    expectReadable("text-on-accent", "accent-hover");
    expectReadable("text-on-danger", "danger");
  });

  it("of the terminal can be read on its ground", () => {
    for (const name of ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]) {
      // Black on a dark ground is the one colour that programs use for what is not to be read.
      expectReadable(`term-${name}`, "term-bg", name === "black" ? 3 : 4.5);
      expectReadable(`term-bright-${name}`, "term-bg");
    }
    expectReadable("term-text", "term-bg", 12);
    expectReadable("term-text", "term-selection");
    expectReadable("term-text", "term-match");
  });
});

describe("style sheets", () => {
  const sheets = (readdirSync(src, { recursive: true }) as string[]).filter(
    (name) => name.endsWith(".css") && !name.endsWith("tokens.css"),
  );

  it.each(sheets)("%s names no colour and no size", (name) => {
    const text = readFileSync(join(src, name), "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
    const named = text.match(/#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|oklch|oklab|lab|lch)\(|\b\d*\.?\d+(?:px|rem|pt)\b/gi);
    expect(named).toBeNull();
  });

  it.each(sheets)("%s uses only tokens that exist", (name) => {
    const text = readFileSync(join(src, name), "utf8");
    const own = new Set([...`${tokens}${text}`.matchAll(/(--[a-z][a-z0-9-]*)\s*:/g)].map((found) => found[1]));
    const used = [...text.matchAll(/var\((--[a-z][a-z0-9-]*)/g)].map((found) => found[1]);
    // Set on the element by its component.
    const given = new Set(["--depth", "--explorer", "--progress", "--colour", "--tree-item-level"]);
    expect(used.filter((token) => !own.has(token) && !given.has(token ?? ""))).toEqual([]);
  });

  it.each(["tokens.css", ...sheets])("%s moves nothing for whoever wants it still", (name) => {
    const still = /@media \(prefers-reduced-motion: reduce\) \{[\s\S]*?\n\}/.exec(tokens)?.[0] ?? "";
    const text = readFileSync(join(src, name === "tokens.css" ? "design/tokens.css" : name), "utf8");
    // Each movement lasts as long as a token says that is another one then.
    for (const [rule] of text.matchAll(/\b(?:animation|transition):[^;]*;/g)) {
      for (const movement of rule.split(",")) {
        const token = /var\((--[a-z]+)\)/.exec(movement)?.[1];
        expect(still, `${name}: ${movement}`).toContain(`${token}:`);
      }
    }
  });
});
