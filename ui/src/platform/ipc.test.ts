import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

import { asFailure, COMMANDS, isFailure } from "./ipc";

describe("commands", () => {
  it("are those of the contract, in its order", () => {
    const source = readFileSync(resolve(__dirname, "../../../crates/contract/src/command.rs"), "utf8");
    const list = /pub const COMMANDS: &\[&str\] = &\[([^\]]*)\]/.exec(source)?.[1];
    expect(list).toBeDefined();
    const names = [...(list ?? "").matchAll(/"([a-z_]+)"/g)].map((found) => found[1]);
    expect([...COMMANDS]).toEqual(names);
  });
});

describe("failures", () => {
  it("pass through unchanged", () => {
    const failure = { code: "vmStopped", title: "t", advice: "", facts: [], actions: [], server: null } as const;
    expect(asFailure(failure)).toBe(failure);
  });

  it("are made of anything else, with its text kept", () => {
    const made = asFailure("no such command");
    expect(isFailure(made)).toBe(true);
    expect(made.code).toBe("internal");
    expect(made.server?.text).toBe("no such command");
    expect(asFailure(undefined).server).toBeNull();
  });
});
