import { act, cleanup, render, screen } from "@testing-library/react";
import type { IDockviewPanelProps } from "dockview-react";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { Snapshot } from "../../contract/Snapshot";
import { demoBackend } from "../../platform/demo/demo";
import { session } from "../../platform/demo/scenes";
import type { Commands } from "../../platform/ipc";
import { Model, ModelContext } from "../../platform/model";
import { OverviewPage } from "./OverviewPage";

/** Tells the page which cards are in sight. */
let see: (seen: Record<string, boolean>) => void = () => {};

class Observer {
  readonly #cards = new Map<string, Element>();

  constructor(told: (changes: { target: Element; isIntersecting: boolean }[]) => void) {
    see = (seen) =>
      told(
        Object.entries(seen).flatMap(([id, isIntersecting]) => {
          const target = this.#cards.get(id);
          return target === undefined ? [] : [{ target, isIntersecting }];
        }),
      );
  }

  observe(card: HTMLElement) {
    this.#cards.set(card.dataset["session"] ?? "", card);
  }

  disconnect() {}
}

/** What the page says to the others. */
let said: string[][] = [];

class Channel {
  onmessage: ((event: { data: unknown }) => void) | null = null;

  postMessage({ ids }: { ids: string[] }) {
    said.push(ids);
    for (const id of ids) {
      this.onmessage?.({ data: { kind: "text", id, text: `$ echo ${id}` } });
    }
  }

  close() {}
}

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  said = [];
});

const api = { isVisible: true, onDidVisibilityChange: () => ({ dispose: () => {} }) };

describe("the page of all sessions", () => {
  it("asks other windows for the pictures that are in sight, however many sessions there are", async () => {
    vi.stubGlobal("IntersectionObserver", Observer);
    vi.stubGlobal("BroadcastChannel", Channel);
    const backend = demoBackend(new URLSearchParams("scene=tree"));
    const ids = Array.from({ length: 100 }, (_, at) => `e-${at}`);
    const call = async (command: keyof Commands, args: never) => {
      const answer = await backend.call(command, args);
      const sessions = ids.map((id) => session(id, `vm-${id}`, { kind: "live" }, { window: "window-2" }));
      return command === "snapshot" ? { ...(answer as Snapshot), sessions } : answer;
    };
    const model = new Model({ ...backend, call: call as typeof backend.call });
    await model.open();
    render(
      <ModelContext value={model}>
        <OverviewPage {...({ api } as unknown as IDockviewPanelProps)} />
      </ModelContext>,
    );
    expect(said).toEqual([]);
    await act(async () => see({ "e-0": true, "e-1": true, "e-99": false }));
    expect(said).toEqual([["e-0", "e-1"]]);
    expect(screen.getByTestId("overview-vm-e-1").textContent).toContain("$ echo e-1");
    // The last ones, when somebody goes there; those that were there before keep their pictures.
    await act(async () => see({ "e-0": false, "e-98": true, "e-99": true }));
    expect(said.at(-1)).toEqual(["e-98", "e-99"]);
    expect(screen.getByTestId("overview-vm-e-99").textContent).toContain("$ echo e-99");
    expect(screen.getByTestId("overview-vm-e-0").textContent).toContain("$ echo e-0");
  });
});
