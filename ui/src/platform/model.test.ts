import { describe, expect, it } from "vitest";

import type { Event } from "../contract/Event";
import type { Explanation } from "../contract/Explanation";
import type { SessionInfo } from "../contract/SessionInfo";
import type { Backend } from "./backend";
import { demoBackend } from "./demo/demo";
import { type AppState, EXPLANATIONS, Model, reduce } from "./model";

const session = (id: string, attempt = 0): SessionInfo => ({
  id,
  protocol: "ssh",
  desktop: null,
  instance: { project: "p", zone: "z", name: "vm" },
  window: "main",
  name: null,
  colour: "none",
  user: null,
  state: { kind: "live" },
  notes: [],
  attempt,
  profile: null,
});

async function opened() {
  const model = new Model(demoBackend(new URLSearchParams("scene=tree")));
  await model.open();
  return model;
}

describe("the state", () => {
  it("keeps the order of sessions when one changes", async () => {
    const { state } = await opened();
    const two = [session("a"), session("b")].reduce<AppState>((s, value) => reduce(s, { kind: "session", value }), {
      ...state,
      sessions: [],
    });
    const changed = reduce(two, { kind: "session", value: session("a", 7) });
    expect(changed.sessions.map((s) => [s.id, s.attempt])).toEqual([
      ["a", 7],
      ["b", 0],
    ]);
    expect(reduce(changed, { kind: "sessionClosed", value: "a" }).sessions.map((s) => s.id)).toEqual(["b"]);
  });

  it("keeps the newest telling of an explanation, and no more of them than it may", async () => {
    const { state } = await opened();
    const told = (id: string, revision: number): Event => ({ kind: "explanation", value: { id, revision } as Explanation });
    const after = [told("e", 1), told("e", 3), told("e", 2)].reduce(reduce, state);
    expect(after.explanations.get("e")?.revision).toBe(3);
    const many = Array.from({ length: EXPLANATIONS + 5 }, (_, at) => told(`m-${at}`, 1)).reduce(reduce, after);
    expect(many.explanations.size).toBe(EXPLANATIONS);
    expect(many.explanations.has("e")).toBe(false);
  });

  it("ends an explanation when the last part of the screen leaves it", async () => {
    const demo = demoBackend(new URLSearchParams("scene=tree&pace=0"));
    const closed: unknown[] = [];
    const model = new Model({
      ...demo,
      call: async (command, args) => {
        if (command === "explain_open") {
          return { id: "same", revision: 1 } as never;
        }
        if (command === "explain_close") {
          closed.push(args);
          return undefined as never;
        }
        return demo.call(command, args);
      },
    });
    await model.open();
    const ask = { kind: "session", id: "s-1" } as const;
    await model.explain(ask);
    await model.explain(ask);
    await model.leaveExplanation("same");
    expect(closed).toEqual([]);
    expect(model.state.explanations.has("same")).toBe(true);
    await model.leaveExplanation("same");
    expect(closed).toEqual([{ id: "same" }]);
    expect(model.state.explanations.has("same")).toBe(false);
  });

  it("does not lose an event that comes before the snapshot", async () => {
    const demo = demoBackend(new URLSearchParams("scene=tree"));
    let tell: (event: Event) => void = () => {};
    const backend: Backend = {
      ...demo,
      listen: async (handler) => {
        tell = handler;
        return () => {};
      },
      call: async (command, args) => {
        if (command === "snapshot") {
          tell({ kind: "relayRoundTrip", value: 42 });
        }
        return demo.call(command, args);
      },
    };
    const model = new Model(backend);
    await model.open();
    expect(model.state.relayMs).toBe(42);
  });

  it("shows a failed first picture instead of nothing", async () => {
    const demo = demoBackend(new URLSearchParams());
    const model = new Model({ ...demo, call: () => Promise.reject(new Error("gone")) });
    await model.open();
    expect(model.opening.kind).toBe("failed");
  });
});

describe("settings", () => {
  it("of a place are asked for once, until one changes anywhere", async () => {
    const demo = demoBackend(new URLSearchParams("scene=tree"));
    const calls: string[] = [];
    const model = new Model({
      ...demo,
      call: (command, args) => {
        calls.push(command);
        return demo.call(command, args);
      },
    });
    await model.open();
    const project = { kind: "project", project: "acme-prod" } as const;
    const asked = () => calls.filter((call) => call === "settings_at").length;
    await Promise.all([model.settingsAt(project), model.settingsAt(project)]);
    expect(asked()).toBe(1);
    await model.setSetting("rdp.port", 3390, project);
    expect(model.state.settingsRevision).toBe(1);
    const states = await model.settingsAt(project);
    expect(asked()).toBe(2);
    expect(states.find((state) => state.key === "rdp.port")?.value).toBe(3390);
  });

  it("that core refuses change nothing", async () => {
    const model = await opened();
    await expect(model.setSetting("terminal.fontSize", 99)).rejects.toMatchObject({ code: "invalidInput" });
    expect(model.state.settings.terminalFontSize).toBe(13);
  });

  it("are not where the window's layout is", async () => {
    const model = await opened();
    await model.changeLayout({ explorerWidth: 300 });
    expect(model.state.layout).toEqual({ explorerWidth: 300, explorerOpen: true, projectsAsked: false });
    expect(model.state.settingsRevision).toBe(0);
  });
});
