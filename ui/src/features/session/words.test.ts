import { describe, expect, it } from "vitest";

import { actionWord, endWord, stateWord, stepsShown } from "./words";

describe("the steps of a connection", () => {
  it("show the usual ones, with the present one marked", () => {
    const shown = stepsShown("openTunnel");
    expect(shown.map(({ state }) => state)).toEqual(["done", "now", "next", "next", "next", "next"]);
  });

  it("show an unusual one while it is taken", () => {
    expect(stepsShown("readVm").some(({ step }) => step === "startVm")).toBe(false);
    const shown = stepsShown("waitForVm");
    expect(shown.filter(({ state }) => state === "now").map(({ step }) => step)).toEqual(["waitForVm"]);
    expect(shown[0]?.state).toBe("done");
  });
});

describe("words", () => {
  it("are short, without exclamation, blame or please", () => {
    const all = [
      ...(["tryAgain", "startAndConnect", "signIn", "replaceHostKey"] as const).map(actionWord),
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
