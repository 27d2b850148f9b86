import { describe, expect, it } from "vitest";

import { actionWord, endWord, groupsOf, stateWord, stepsShown } from "./words";

describe("the steps of a connection", () => {
  it("show the usual ones, with the present one marked", () => {
    const shown = stepsShown("openTunnel", "ssh");
    expect(shown.map(({ state }) => state)).toEqual(["done", "now", "next", "next", "next", "next"]);
  });

  it("show an unusual one while it is taken", () => {
    expect(stepsShown("readVm", "ssh").some(({ step }) => step === "startVm")).toBe(false);
    const shown = stepsShown("waitForVm", "ssh");
    expect(shown.filter(({ state }) => state === "now").map(({ step }) => step)).toEqual(["waitForVm"]);
    expect(shown[0]?.state).toBe("done");
  });

  it("of a desktop are its own", () => {
    expect(stepsShown("checkCertificate", "rdp").map(({ step }) => step)).toEqual([
      "readVm",
      "openTunnel",
      "checkCertificate",
      "signIn",
      "openDesktop",
    ]);
    expect(stepsShown("setPassword", "rdp").find(({ state }) => state === "now")?.step).toBe("setPassword");
  });
});

describe("words", () => {
  it("are short, without exclamation, blame or please", () => {
    const all = [
      ...(["tryAgain", "startAndConnect", "signIn", "replaceHostKey", "replaceCertificate", "allowWithoutNla", "otherCredentials"] as const).map(actionWord),
      endWord({ kind: "exit", status: 130 }),
      endWord({ kind: "signal", name: "KILL" }),
      endWord({ kind: "closed" }),
      stateWord({ kind: "live" }),
    ];
    for (const text of all) {
      expect(text).not.toMatch(/!|please|success|error/i);
      expect(text.length).toBeLessThan(48);
    }
    expect(endWord({ kind: "exit", status: 0 })).toBe("Session ended, exit status 0");
  });
});

describe("fingerprints", () => {
  it("are shown in groups, however they are written", () => {
    const digits = "0a1b".repeat(16);
    expect(groupsOf(digits)).toEqual(Array.from({ length: 16 }, () => "0A1B"));
    expect(groupsOf(digits.match(/../g)?.join(":") ?? "")).toHaveLength(16);
    expect(groupsOf("SHA256:abc")).toEqual(["SHA256:abc"]);
  });
});
