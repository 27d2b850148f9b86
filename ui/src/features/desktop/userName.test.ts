import { expect, it } from "vitest";

import { nameFault, withoutDomain } from "./userName";

it("takes names that Windows does", () => {
  expect(nameFault("ana", "sql-win-2")).toBeNull();
  expect(nameFault("ana.b_c-1", "sql-win-2")).toBeNull();
  expect(nameFault("a".repeat(20), "vm")).toBeNull();
});

it("says what is wrong with others", () => {
  expect(nameFault("", "vm")).toBe("empty");
  expect(nameFault("a".repeat(21), "vm")).toBe("long");
  expect(nameFault("SQL-WIN-2", "sql-win-2")).toBe("vm");
  for (const name of ["a\\b", "a@b", "a/b", "...", "ana.", "a\tb"]) {
    expect(nameFault(name, "vm"), name).toBe("characters");
  }
});

it("leaves the domain out", () => {
  expect(withoutDomain("ACME\\ana")).toBe("ana");
  expect(withoutDomain("ana@acme.example")).toBe("ana");
  expect(withoutDomain("ana")).toBe("ana");
});
