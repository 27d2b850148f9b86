import { describe, expect, it } from "vitest";

import { asksBeforePaste, cleanPaste, pastedLines } from "./paste";

describe("the paste guard", () => {
  it("asks before several lines", () => {
    expect(asksBeforePaste("cd /tmp\nrm -r x", true)).toBe(true);
    expect(asksBeforePaste("cd /tmp\r\nrm -r x\r\n", false)).toBe(true);
    expect(asksBeforePaste("a\rb", true)).toBe(true);
  });

  it("asks before one line that would run at once, and not where the program holds it back", () => {
    expect(asksBeforePaste("reboot\n", false)).toBe(true);
    expect(asksBeforePaste("reboot\n", true)).toBe(false);
    expect(asksBeforePaste("reboot", false)).toBe(false);
  });

  it("shows every line, and none that is not there", () => {
    expect(pastedLines("a\n\nb\n")).toEqual(["a", "", "b"]);
    expect(pastedLines("a")).toEqual(["a"]);
  });

  it("takes out what could end a bracketed paste", () => {
    expect(cleanPaste("echo a\x1b[201~\nreboot\x9b201~\n\x07")).toBe("echo a[201~\nreboot201~\n");
    expect(cleanPaste("tab\tand\r\nline")).toBe("tab\tand\r\nline");
    expect(cleanPaste("žluťoučký 🐎")).toBe("žluťoučký 🐎");
  });
});
