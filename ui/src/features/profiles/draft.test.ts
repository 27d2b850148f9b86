import { describe, expect, it } from "vitest";

import type { Profile } from "../../contract/Profile";
import { sceneProfiles } from "../../platform/demo/profileScenes";
import { newDraft as newTunnel } from "../tunnels/draft";
import { check, type Draft, draftOf, folderOf, newDraft, suggestedName, targetKind, tunnelTarget } from "./draft";
import { faultWord } from "./words";

const vm = { project: "acme-prod", zone: "europe-west1-b", name: "db-1" };
const filled = (change: Partial<Draft> = {}): Draft => ({ ...newDraft([]), forward: newTunnel(vm), ...change });
const faultsOf = (draft: Draft) => Object.fromEntries(check(draft).faults ?? []);
const forward = (change: Partial<Draft["forward"]> = {}): Partial<Draft> => ({ action: "forward", forward: { ...newTunnel(vm, "linux", 5432), ...change } });
const draftless: Profile = { name: "a", folder: [], target: { kind: "instance", instance: vm }, action: { kind: "rdp" }, account: null, settings: {}, start: "byHand" };

describe("the form", () => {
  it("gives back each profile that it was opened with", () => {
    for (const { profile } of sceneProfiles("profiles")) {
      const usable: Profile = profile.target.kind === "search" && profile.target.text === "" ? { ...profile, target: { kind: "search", text: "web" } } : profile;
      expect(check(draftOf(usable)).profile).toEqual(usable);
    }
  });

  it("asks for the VM of a profile that has none yet", () => {
    const { target, forward } = draftOf({ ...draftless, target: { kind: "search", text: "" } });
    expect({ target, instance: forward.instance }).toEqual({ target: "instance", instance: null });
    expect(faultsOf(draftOf({ ...draftless, target: { kind: "search", text: "" } }))).toEqual({ instance: "missing" });
  });

  it("keeps what it has no field for", () => {
    const kept: Profile = {
      name: "console",
      folder: ["a", "b"],
      target: { kind: "search", text: "web prod" },
      action: {
        kind: "forward",
        forward: { interface: "nic1", port: 9000, protocol: "http", http: "open", audience: { kind: "programs", paths: ["/usr/bin/curl"] }, place: { kind: "socket" }, waitForVm: true },
      },
      account: "ana@acme.example",
      settings: { "rdp.clipboard": "text" },
      start: "atLogin",
    };
    expect(check(draftOf(kept)).profile).toEqual(kept);
  });

  it("asks for a terminal on the VM when only that is given, under the VM's name", () => {
    expect(check(filled()).profile).toEqual({
      name: "db-1",
      folder: [],
      target: { kind: "instance", instance: vm },
      action: { kind: "ssh" },
      account: null,
      settings: {},
      start: "byHand",
    });
  });

  it("suggests a name of what it leads to", () => {
    expect(suggestedName(newDraft([]))).toBe("");
    expect(suggestedName(filled(forward()))).toBe("db-1:5432");
    expect(suggestedName(filled({ target: "search", search: " web prod " }))).toBe("web prod");
    expect(suggestedName(filled({ ...forward({ host: "erp.corp" }), target: "host" }))).toBe("erp.corp:5432");
    expect(suggestedName(filled({ target: "search", search: "é".repeat(200) }))).toBe("é".repeat(80));
  });

  it("says what is missing, and nothing of fields that are not shown", () => {
    expect(faultsOf(newDraft([]))).toEqual({ instance: "missing" });
    expect(faultsOf({ ...newDraft([]), action: "rdp", forward: { ...newTunnel(null), port: "x", localPort: "y", place: "port" } })).toEqual({ instance: "missing" });
    expect(faultsOf(filled({ target: "search", search: " " }))).toEqual({ search: "missing" });
    expect(faultsOf(filled(forward({ port: "" })))).toEqual({ port: "missing" });
    expect(faultsOf(filled({ ...forward({ network: "" }), target: "host" }))).toEqual({ network: "missing", group: "missing", host: "missing" });
    expect(faultsOf(filled({ newFolder: " " }))).toEqual({ newFolder: "missing" });
    expect(faultsOf(filled({ name: "x".repeat(81) }))).toEqual({ profileName: "long" });
    expect(faultsOf(filled(forward({ audience: "launched", command: "psql 'x" })))).toEqual({ command: "quote" });
  });

  it("has words for each fault of its own", () => {
    for (const [field, fault] of [["profileName", "long"], ["search", "missing"], ["newFolder", "missing"], ["port", "port"], ["instance", "missing"]] as const) {
      expect(faultWord(field, fault)).not.toBe("");
    }
  });

  it("leads to a host on-premises by a forward alone", () => {
    expect(targetKind({ action: "forward", target: "host" })).toBe("host");
    expect(targetKind({ action: "ssh", target: "host" })).toBe("instance");
    expect(check(filled({ target: "host" })).profile?.target.kind).toBe("instance");
  });

  it("puts it into a new folder within the chosen one", () => {
    expect(folderOf({ folder: ["a"], newFolder: " b " })).toEqual(["a", "b"]);
    expect(check(filled({ folder: ["a"], newFolder: "b" })).profile?.folder).toEqual(["a", "b"]);
  });

  it("knows where the forward leads although the rest is not ready", () => {
    expect(tunnelTarget(filled({ ...forward({ audience: "launched", localPort: "x", place: "port" }), newFolder: "" }))).toMatchObject({ kind: "instance", instance: vm, port: 5432 });
    expect(tunnelTarget(filled())).toBeNull();
    expect(tunnelTarget(filled({ ...forward(), target: "search", search: "web" }))).toBeNull();
  });
});
