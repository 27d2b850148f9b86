import { expect, it } from "vitest";

import { forwardOf, matches } from "./match";

it("finds commands by the beginnings of their words, in any order", () => {
  expect(matches("Refresh the list of VMs", "ref")).toBe(true);
  expect(matches("Refresh the list of VMs", "vm refr")).toBe(true);
  expect(matches("Refresh the list of VMs", "fresh")).toBe(false);
  expect(matches("Refresh the list of VMs", "")).toBe(true);
});

it("reads a VM with a port", () => {
  expect(forwardOf("web-1:5432")).toEqual({ vm: "web-1", port: 5432 });
  expect(forwardOf(" web : 80 ")).toEqual({ vm: "web", port: 80 });
  expect(forwardOf("web-1:")).toEqual({ vm: "web-1", port: null });
  expect(forwardOf(":22")).toEqual({ vm: "", port: 22 });
  expect(forwardOf("web-1:70000")).toBeNull();
  expect(forwardOf("web-1")).toBeNull();
  expect(forwardOf(":")).toBeNull();
  expect(forwardOf("os:windows")).toBeNull();
});
