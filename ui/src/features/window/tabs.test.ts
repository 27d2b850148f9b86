import { describe, expect, it } from "vitest";

import { demoBackend } from "../../platform/demo/demo";
import { session } from "../../platform/demo/scenes";
import { Model } from "../../platform/model";
import { Desk } from "./desk";
import { tabEntries } from "./tabMenu";

/** A desk with three sessions in one group. */
async function three(parameters = "scene=tree") {
  const backend = demoBackend(new URLSearchParams(parameters));
  const calls: [string, unknown][] = [];
  let tell: (value: ReturnType<typeof session>) => void = () => {};
  const model = new Model({
    ...backend,
    call: (command, args) => {
      calls.push([command, args]);
      return backend.call(command, args);
    },
    listen: (handler) => {
      tell = (value) => handler({ kind: "session", value });
      return backend.listen(handler);
    },
  });
  await model.open();
  const desk = new Desk(model);
  const group = { panels: [] as unknown[] };
  const active: string[] = [];
  const moved: string[] = [];
  for (const [id, state] of [["a", "live"], ["b", "asking"], ["c", "live"]] as const) {
    tell(session(id, `vm-${id}`, state === "live" ? { kind: "live" } : { kind: "ended", end: { kind: "closed" } }));
    group.panels.push({ id, group, title: id, api: { setActive: () => active.push(id), close: () => {}, moveTo: ({ index }: { index: number }) => moved.push(`${id} to ${index}`) }, view: { content: { element: document.createElement("div") } } });
  }
  desk.docked({
    activePanel: group.panels[0],
    groups: [group],
    panels: group.panels,
    getPanel: (id: string) => (group.panels as { id: string }[]).find((panel) => panel.id === id),
  } as never);
  return { desk, calls, active, moved, tell };
}

const closed = (calls: [string, unknown][]) => calls.filter(([command]) => command === "session_close").map(([, args]) => (args as { id: string }).id);

describe("what is asked of the tabs before they are there", () => {
  it("is done once those of the run before have been put back, and not where none are coming", async () => {
    const desk = new Desk((await three()).desk.model);
    const added: string[] = [];
    const dock = { getPanel: () => undefined, addPanel: ({ id }: { id: string }) => added.push(id) } as never;
    desk.openPage("settings", "Settings");
    desk.docking();
    desk.openPage("profiles", "Profiles");
    desk.openPage("tunnels", "Tunnels");
    expect(added).toEqual([]);
    desk.docked(dock);
    expect(added).toEqual(["profiles", "tunnels"]);
    desk.openPage("help", "Help");
    expect(added).toEqual(["profiles", "tunnels", "help"]);
  });
});

describe("several tabs at once", () => {
  it("are asked about while one of them is live, and closed only on that answer", async () => {
    const { desk, calls } = await three();
    desk.run("closeOthers");
    expect(desk.state.closing).toEqual(["b", "c"]);
    expect(desk.tabs.liveOf(desk.state.closing).map(({ id }) => id)).toEqual(["c"]);
    desk.tabs.answerClosing("keep");
    expect(closed(calls)).toEqual([]);
    desk.tabs.run("closeRight", "b");
    desk.tabs.answerClosing("end");
    expect(closed(calls)).toEqual(["c"]);
  });

  it("are closed at once when nothing ends with them", async () => {
    const { desk, calls, tell } = await three();
    tell(session("c", "vm-c", { kind: "ended", end: { kind: "closed" } }));
    desk.run("closeOthers");
    expect(desk.state.closing).toEqual([]);
    expect(closed(calls)).toEqual(["b", "c"]);
  });
});

describe("tabs in their order", () => {
  it("are stepped through around both ends", async () => {
    const { desk, active } = await three();
    desk.run("nextTab");
    desk.run("previousTab");
    expect(active).toEqual(["b", "c"]);
  });
});

describe("a tab", () => {
  it("goes to the side within its group, and not beyond its ends", async () => {
    const { desk, moved } = await three();
    desk.tabs.run("tabLeft", "a");
    desk.tabs.run("tabRight", "c");
    expect(moved).toEqual([]);
    desk.tabs.run("tabLeft", "c");
    desk.run("tabRight");
    expect(moved).toEqual(["c to 1", "a to 1"]);
  });
});

describe("a session", () => {
  it("goes to a window of its own, and from there to the main one", async () => {
    const here = await three();
    here.desk.run("ownWindow");
    expect(here.calls.at(-1)).toEqual(["session_move", { id: "a", to: { kind: "new", at: null } }]);
    const there = await three("scene=tree&window=window-1");
    there.desk.run("ownWindow");
    expect(there.calls.at(-1)).toEqual(["session_move", { id: "a", to: { kind: "window", label: "main" } }]);
  });

  it("is duplicated by core, which knows its profile", async () => {
    const { desk, calls, tell } = await three();
    tell(session("a", "vm-a", { kind: "live" }, { profile: "p-1" }));
    desk.run("duplicate");
    expect(calls.at(-1)).toEqual(["session_duplicate", { id: "a" }]);
  });

  it("is duplicated with its profile, name and colour", async () => {
    const model = new Model(demoBackend(new URLSearchParams("scene=profiles")));
    await model.open();
    const first = model.state.sessions.find(({ profile }) => profile !== null);
    await model.backend.call("session_label", { id: first?.id ?? "", name: "Jump", colour: "red" });
    const id = await model.backend.call("session_duplicate", { id: first?.id ?? "" });
    expect(id).not.toBe(first?.id);
    expect(model.state.sessions.find((one) => one.id === id)).toMatchObject({ profile: first?.profile, name: "Jump", colour: "red" });
  });

  it("is offered the other windows that are there, and no page is", async () => {
    const { desk, tell } = await three();
    tell({ ...session("d", "vm-d", { kind: "live" }), window: "window-2" });
    const ids = (id: string) => tabEntries(desk, id, "linux").flatMap((entry) => (entry === "separator" ? [] : [entry.id]));
    expect(ids("a")).toContain("newWindow");
    expect(ids("a")).toContain("to-window-2");
    expect(ids("a")).not.toContain("to-main");
    desk.run("rename");
    expect(desk.state.naming).toBe("a");
  });

  it("that another window shows is shown there", async () => {
    const { desk, calls, tell } = await three();
    tell({ ...session("d", "vm-d", { kind: "live" }), window: "window-2" });
    desk.front("d");
    expect(calls.at(-1)).toEqual(["session_show", { id: "d" }]);
  });
});
