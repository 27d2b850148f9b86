import { describe, expect, it } from "vitest";

import type { Event } from "../contract/Event";
import type { SessionInfo } from "../contract/SessionInfo";
import type { Backend } from "./backend";
import { demoBackend } from "./demo/demo";
import { type AppState, Model, reduce } from "./model";

const session = (id: string, attempt = 0): SessionInfo => ({
  id,
  instance: { project: "p", zone: "z", name: "vm" },
  user: null,
  state: { kind: "live" },
  notes: [],
  attempt,
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
