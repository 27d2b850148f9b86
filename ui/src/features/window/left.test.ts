import { describe, expect, it } from "vitest";

import { demoBackend } from "../../platform/demo/demo";
import { sceneDesk } from "../../platform/demo/scenes";
import { Model } from "../../platform/model";
import { Desk } from "./desk";
import { arrange } from "./left";

const pages = new Set(["settings"]);

/** The ids in the groups of an arrangement. */
function groups(dock: ReturnType<typeof arrange>["dock"]): string[][] {
  expect(dock).not.toBeNull();
  const { data } = (dock as NonNullable<typeof dock>).grid.root as unknown as { data: { data: { views: string[] } }[] };
  return data.map(({ data: { views } }) => views);
}

describe("a window as the run before left it", () => {
  it("offers each session in its place, under an id that no session of this run has", () => {
    const { dock, offers, gone } = arrange(sceneDesk("quit"), new Set(["1", "2"]), pages);
    expect(groups(dock)).toEqual([["left:0", "left:1"], ["left:2"]]);
    expect(dock?.panels["left:0"]).toMatchObject({ contentComponent: "offer", title: "Primary" });
    expect(offers.get("left:2")).toMatchObject({ panel: "left:2", protocol: "rdp" });
    expect(gone).toEqual([]);
  });

  it("keeps the sessions that still run, and lets go of those that do not", () => {
    const desk = { ...sceneDesk("quit"), left: "thisRun" as const, sessions: [] };
    const { dock, offers, gone } = arrange(desk, new Set(["1", "3"]), pages);
    expect(groups(dock)).toEqual([["1", "2"], ["3"]]);
    expect(offers.size).toBe(0);
    expect(gone).toEqual(["2"]);
  });

  it("offers them also when the arrangement cannot be understood", () => {
    for (const broken of ["", "{", "null", "[]", '{"grid":1}']) {
      const { dock, offers } = arrange({ ...sceneDesk("crash"), dock: broken }, new Set(), pages);
      expect(dock, broken).toBeNull();
      expect(offers.size).toBe(3);
    }
  });
});

describe("an offer", () => {
  it("connects only when it is asked to, and gives the session its name and colour", async () => {
    const backend = demoBackend(new URLSearchParams("scene=tree"));
    const calls: [string, unknown][] = [];
    const model = new Model({
      ...backend,
      call: (command, args) => {
        calls.push([command, args]);
        return backend.call(command, args);
      },
    });
    await model.open();
    const desk = new Desk(model);
    const { offers } = arrange(sceneDesk("crash"), new Set(), pages);
    desk.change({ offers: { left: "crash", sessions: offers } });
    expect(calls.filter(([command]) => command === "session_open")).toEqual([]);
    await desk.left.connect("left:0");
    await desk.left.connect("left:0");
    expect(calls.filter(([command]) => command === "session_open")).toHaveLength(1);
    expect(calls.find(([command]) => command === "session_label")?.[1]).toMatchObject({ name: "Primary", colour: "blue" });
    await desk.left.connectAll();
    const opened = calls.filter(([command]) => command === "session_open");
    expect(opened).toHaveLength(3);
    // As the address had it that it was opened by.
    expect(opened[2]?.[1]).toMatchObject({ start: { protocol: "rdp" }, linked: { "rdp.user": "ana", "rdp.port": 3390 } });
  });

  it("starts the profile that a session came from, as long as there is one", async () => {
    const backend = demoBackend(new URLSearchParams("scene=profiles"));
    const calls: string[] = [];
    const model = new Model({
      ...backend,
      call: (command, args) => {
        calls.push(command);
        return backend.call(command, args);
      },
    });
    await model.open();
    const { profiles } = await backend.call("profiles", {});
    const ssh = profiles.find(({ profile }) => profile.name === "Newest web server");
    const desk = new Desk(model);
    const { offers } = arrange(sceneDesk("crash"), new Set(), pages);
    const [first, second] = [...offers.values()];
    if (ssh === undefined || first === undefined || second === undefined) {
      throw new Error("the scene has neither profiles nor offers");
    }
    const sessions = new Map([
      ["left:0", { ...first, profile: ssh.id }],
      ["left:1", { ...second, profile: "gone" }],
    ]);
    desk.change({ offers: { left: "crash", sessions } });
    await desk.left.connect("left:0");
    expect(calls).toContain("profile_start");
    expect(calls).not.toContain("session_open");
    await desk.left.connect("left:1");
    expect(calls.filter((command) => command === "profile_start")).toHaveLength(1);
    expect(calls.filter((command) => command === "session_open")).toHaveLength(1);
  });
});
