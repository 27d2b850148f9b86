import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const src = resolve(__dirname, "..");
const components = (readdirSync(src, { recursive: true }) as string[]).filter(
  (name) => name.endsWith(".tsx") && !name.endsWith(".test.tsx"),
);

/** What a person would read that stands in a component itself: text between tags, and the attributes that are read out. */
function strays(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
  const attributes = [...code.matchAll(/\b(?:aria-label|aria-description|title|placeholder|alt|label)="([^"]*[a-z]{2}[^"]*)"/gi)];
  // Between the end of a tag and the next one; code has signs there that no sentence begins with.
  const texts = [...code.matchAll(/(?:<[a-z][^<>]*|["}\s])>\s*([A-Z][a-z]+[ A-Za-z’,.]*)\s*(?:<\/|\{)/g)];
  return [...attributes, ...texts].map((found) => found[1] ?? "");
}

describe("words", () => {
  it("would be found in a component", () => {
    expect(strays('<button aria-label="Close it">\n  Close\n</button>')).toEqual(["Close it", "Close"]);
    expect(strays("<p>{words.close}</p> // Close\nconst a: Map<string, Set<X>> = new Map();")).toEqual([]);
  });

  it.each(components)("%s takes what it says from its words", (name) => {
    expect(strays(readFileSync(join(src, name), "utf8"))).toEqual([]);
  });
});
