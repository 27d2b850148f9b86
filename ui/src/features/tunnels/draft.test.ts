import { describe, expect, it } from "vitest";

import type { TunnelSpec } from "../../contract/TunnelSpec";
import { check, type Draft, type DraftField, draftOf, newDraft, protocolOf, targetOf, USUAL_PORTS, usualPortFor } from "./draft";
import { plainSpec } from "./target";
import { faultWord } from "./words";

const vm = { project: "acme-prod", zone: "europe-west1-b", name: "db-1" };
const filled = (change: Partial<Draft>): Draft => ({ ...newDraft(vm, "linux", 5432), ...change });
const faultsOf = (draft: Draft) => Object.fromEntries(check(draft).faults ?? []);

describe("the form", () => {
  it("asks for a plain tunnel when only the port is given", () => {
    expect(check(filled({})).spec).toEqual(plainSpec(vm, 5432));
  });

  it("of a Windows VM begins at its desktop", () => {
    expect(newDraft(vm, "windows").port).toBe("3389");
    expect(newDraft(vm, "linux").port).toBe("");
  });

  it("says what is missing", () => {
    expect(faultsOf(newDraft(null))).toEqual({ instance: "missing", port: "missing" });
    expect(faultsOf({ ...newDraft(null), kind: "host", network: "" })).toEqual({
      project: "missing",
      region: "missing",
      network: "missing",
      group: "missing",
      host: "missing",
      port: "missing",
    });
  });

  it("says what is wrong", () => {
    expect(faultsOf(filled({ port: "0" }))).toEqual({ port: "port" });
    expect(faultsOf(filled({ port: "65536" }))).toEqual({ port: "port" });
    expect(faultsOf(filled({ port: "5e3" }))).toEqual({ port: "port" });
    expect(faultsOf(filled({ place: "port", localPort: "x" }))).toEqual({ localPort: "port" });
    expect(faultsOf(filled({ interface: "eth0" }))).toEqual({ interface: "interface" });
    expect(faultsOf(filled({ name: "x".repeat(64) }))).toEqual({ name: "long" });
    expect(faultsOf(filled({ audience: "programs" }))).toEqual({ paths: "missing" });
    expect(faultsOf(filled({ audience: "programs", paths: "/usr/bin/psql\nmysql" }))).toEqual({ paths: "relative" });
    expect(faultsOf(filled({ audience: "launched", command: "  " }))).toEqual({ command: "missing" });
    expect(faultsOf(filled({ audience: "launched", command: "psql 'x" }))).toEqual({ command: "quote" });
    expect(faultsOf({ ...filled({ kind: "host" }), group: "A B", host: "a b" })).toEqual({ group: "name", host: "name" });
  });

  it("has words for each fault", () => {
    const fields: DraftField[] = ["instance", "project", "region", "network", "group", "host", "port", "interface", "localPort", "paths", "command"];
    for (const field of fields) {
      for (const fault of ["missing", "port", "name", "interface", "relative", "quote", "long"] as const) {
        expect(faultWord(field, fault)).not.toBe("");
      }
    }
  });

  it("takes an empty local port as no choice", () => {
    expect(check(filled({ place: "port", localPort: " " })).spec?.place).toEqual({ kind: "steady" });
    expect(check(filled({ place: "port", localPort: "8080" })).spec?.place).toEqual({ kind: "port", port: 8080 });
    expect(check(filled({ place: "socket", localPort: "nonsense" })).spec?.place).toEqual({ kind: "socket" });
  });

  it("follows the port with its protocol until one is chosen", () => {
    expect(protocolOf(filled({ port: "22" }))).toBe("ssh");
    expect(protocolOf(filled({ port: "22", protocol: "http" }))).toBe("http");
    expect(protocolOf(filled({ port: "" }))).toBe("any");
  });

  it("knows the target although the rest is not ready", () => {
    expect(targetOf(filled({ audience: "launched", localPort: "x", place: "port" }))).toMatchObject({ port: 5432 });
    expect(targetOf(filled({ port: "" }))).toBeNull();
  });

  it("gives back what it was opened with", () => {
    const specs: TunnelSpec[] = [
      plainSpec(vm, 22),
      { ...plainSpec(vm, 9000), protocol: "http", http: "open", place: { kind: "port", port: 8080 }, waitForVm: true, name: "console" },
      { ...plainSpec(vm, 5432), audience: { kind: "programs", paths: ["/usr/bin/psql", "/opt/a b"] }, place: { kind: "socket" } },
      { ...plainSpec(vm, 5432), protocol: "any", audience: { kind: "launched", command: ["C:\\a b\\x.exe", "-p", "{port}", ""] } },
      {
        ...plainSpec(vm, 443),
        target: { kind: "host", project: "p", region: "europe-west3", network: "corp", group: "dc", host: "erp.corp", port: 443 },
        audience: { kind: "everyone" },
      },
    ];
    for (const spec of specs) {
      expect(check(draftOf(spec)).spec).toEqual(spec);
    }
  });
});

describe("a usual port", () => {
  it("has a letter of its own, and no figure", () => {
    const letters = USUAL_PORTS.map(({ letter }) => letter);
    expect(new Set(letters).size).toBe(letters.length);
    expect(letters.every((letter) => /^[a-z]$/.test(letter))).toBe(true);
  });

  it("is chosen by its letter, on any layout, or by arrows", () => {
    expect(usualPortFor("p", "KeyP", "")).toBe(5432);
    expect(usualPortFor("P", "KeyP", "")).toBe(5432);
    expect(usualPortFor("з", "KeyP", "")).toBe(5432);
    expect(usualPortFor("5", "Digit5", "")).toBeNull();
    expect(usualPortFor("Enter", "Enter", "22")).toBeNull();
    expect(usualPortFor("ArrowDown", "ArrowDown", "")).toBe(USUAL_PORTS[0]?.port);
    expect(usualPortFor("ArrowDown", "ArrowDown", "22")).toBe(USUAL_PORTS[1]?.port);
    expect(usualPortFor("ArrowUp", "ArrowUp", "22")).toBe(USUAL_PORTS.at(-1)?.port);
  });
});
