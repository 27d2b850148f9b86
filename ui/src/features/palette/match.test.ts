import { expect, it } from "vitest";

import { matches } from "./match";

it("finds commands by the beginnings of their words, in any order", () => {
  expect(matches("Refresh the list of VMs", "ref")).toBe(true);
  expect(matches("Refresh the list of VMs", "vm refr")).toBe(true);
  expect(matches("Refresh the list of VMs", "fresh")).toBe(false);
  expect(matches("Refresh the list of VMs", "")).toBe(true);
});
