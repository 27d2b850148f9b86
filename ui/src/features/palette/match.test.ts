import { describe, expect, it } from "vitest";

import { forwardOf, matches, wayOf } from "./match";

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

describe("ways to a VM", () => {
  it("come before its name", () => {
    expect(wayOf("ssh web-1")).toEqual({ way: "ssh", vm: "web-1" });
    expect(wayOf(" RDP sql")).toEqual({ way: "rdp", vm: "sql" });
    expect(wayOf("desktop ")).toEqual({ way: "rdp", vm: "" });
    expect(wayOf("password sql-win-2")).toEqual({ way: "password", vm: "sql-win-2" });
    for (const text of ["ssh", "sshd-1", "rdp a b", "web-1 ssh"]) {
      expect(wayOf(text), text).toBeNull();
    }
  });
});
