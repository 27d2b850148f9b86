import { describe, expect, it, vi } from "vitest";

import type { SessionInfo } from "../../contract/SessionInfo";
import type { SessionState } from "../../contract/SessionState";
import { demoBackend } from "../../platform/demo/demo";
import { sceneDesktop } from "../../platform/demo/desktopScenes";
import { failures, session } from "../../platform/demo/scenes";
import { Model } from "../../platform/model";
import { plainSpec } from "../tunnels/target";
import { Desk, isExplanation } from "./desk";

async function deskWith(state: SessionState) {
  const backend = demoBackend(new URLSearchParams("scene=tree&trouble"));
  const calls: string[] = [];
  let tell: (session: SessionInfo) => void = () => {};
  const model = new Model({
    ...backend,
    call: (command, args) => {
      calls.push(command);
      return backend.call(command, args);
    },
    listen: async (handler) => {
      tell = (value) => handler({ kind: "session", value });
      return backend.listen(handler);
    },
  });
  await model.open();
  const vm = session("s-9", "web-1", state);
  tell(vm);
  return { desk: new Desk(model), calls, model, vm, tell: (value: SessionInfo) => tell(value) };
}

describe("closing a tab", () => {
  it("asks while the session is live, and ends it only on that answer", async () => {
    const { desk, calls } = await deskWith({ kind: "live" });
    desk.askClose("s-9");
    expect(desk.state.ending).toBe("s-9");
    desk.answerClose("keep");
    expect(desk.state.ending).toBeNull();
    expect(calls).not.toContain("session_close");
    desk.askClose("s-9");
    desk.answerClose("end");
    expect(calls.filter((call) => call === "session_close")).toHaveLength(1);
    desk.answerClose("end");
    expect(calls.filter((call) => call === "session_close")).toHaveLength(1);
  });

  it("asks while the session resumes, and not once it is over", async () => {
    const resuming = await deskWith({ kind: "resuming", text: "", attempt: 1, nextAt: 0 });
    resuming.desk.askClose("s-9");
    expect(resuming.calls).not.toContain("session_close");
    const over = await deskWith({ kind: "ended", end: { kind: "exit", status: 0 } });
    over.desk.askClose("s-9");
    expect(over.desk.state.ending).toBeNull();
    expect(over.calls).toContain("session_close");
  });
});

describe("connecting to a VM that has a tab", () => {
  const answers = async (state: SessionState) => {
    const { desk, calls, vm } = await deskWith(state);
    await desk.show({ instance: vm.instance, os: "linux" });
    return calls.filter((call) => call === "session_answer" || call === "session_open");
  };

  it("begins an ended one again there, and leaves a live one alone", async () => {
    expect(await answers({ kind: "ended", end: { kind: "closed" } })).toEqual(["session_answer"]);
    expect(await answers({ kind: "failed", failure: failures.denied, wasLive: false })).toEqual(["session_answer"]);
    expect(await answers({ kind: "live" })).toEqual([]);
  });

  it("does not try again what trying again cannot help", async () => {
    expect(await answers({ kind: "failed", failure: failures.signin, wasLive: false })).toEqual([]);
  });
});

describe("protocols", () => {
  const vm = { project: "acme-prod", zone: "europe-west1-b", name: "web-1" };

  it("have sessions of their own to one VM", async () => {
    const { desk, calls } = await deskWith({ kind: "live" });
    await desk.show({ instance: vm, os: "linux" });
    expect(calls).not.toContain("session_open");
    await desk.show({ instance: vm, os: "linux" }, "rdp");
    expect(calls.filter((call) => call === "session_open")).toHaveLength(1);
    expect(desk.sessionTo(vm, "rdp")?.protocol).toBe("rdp");
    await desk.show({ instance: vm, os: "windows" });
    expect(calls.filter((call) => call === "session_open")).toHaveLength(1);
  });

  it("are chosen for the VM in question, else for one that is typed", async () => {
    const { desk } = await deskWith({ kind: "live" });
    desk.go("password");
    expect(desk.state).toMatchObject({ overlay: "palette", typed: "password ", passwordFor: null });
    desk.explorerVm = () => ({ instance: vm, os: "linux" });
    desk.go("password");
    expect(desk.state.passwordFor).toBeNull();
    desk.explorerVm = () => ({ instance: vm, os: "windows" });
    desk.go("password");
    expect(desk.state.passwordFor).toEqual(vm);
    desk.askConnect();
    expect(desk.state.connectTo).toEqual({ instance: vm, os: "windows" });
  });
});

describe("a desktop", () => {
  const desktop = async () => {
    const made = await deskWith({ kind: "live" });
    const rdp = session("s-10", "sql-win-2", { kind: "live" }, { protocol: "rdp", desktop: sceneDesktop() });
    made.tell(rdp);
    const pane: string[] = [];
    made.desk.desktops.panes.set(rdp.id, {
      focus: () => pane.push("focus"),
      chord: (codes) => pane.push(codes.join("+")),
      tellSize: () => pane.push("size"),
      showBar: () => pane.push("bar"),
    });
    made.desk.change({ front: rdp.id });
    return { ...made, rdp, pane };
  };

  it("fills the screen and leaves it, by its own keys and by the window's", async () => {
    const { desk, calls, rdp, pane } = await desktop();
    desk.run("desktopFull");
    expect(desk.state.desktops.full).toBe(rdp.id);
    desk.run("giveBack");
    expect(pane).toContain("bar");
    desk.run("fullScreen");
    expect(desk.state.desktops.full).toBeNull();
    expect(calls.filter((call) => call === "full_screen")).toHaveLength(2);
  });

  it("leaves the screen when its tab is gone, or its session over", async () => {
    const { desk, rdp, tell } = await desktop();
    desk.run("desktopFull");
    tell({ ...rdp, state: { kind: "ended", end: { kind: "closed" } } });
    desk.run("desktopFull");
    expect(desk.state.desktops.full).toBeNull();
    tell(rdp);
    desk.run("desktopFull");
    desk.desktops.forget(rdp.id);
    expect(desk.state.desktops.full).toBeNull();
  });

  it("gets keys, and is connected anew at the size of its tab", async () => {
    const { desk, calls, rdp, pane } = await desktop();
    desk.desktops.run(rdp, { kind: "keys", chord: "secure" });
    expect(pane).toEqual(["ControlLeft+AltLeft+Delete", "focus"]);
    desk.desktops.run(rdp, { kind: "reconnectHere" });
    await vi.waitFor(() => expect(calls).toContain("session_answer"));
    expect(pane).toContain("size");
    expect(calls.indexOf("session_cancel")).toBeLessThan(calls.indexOf("session_answer"));
  });

  it("begins as its session says, and is shown as the person chooses", async () => {
    const { desk, rdp } = await desktop();
    expect(desk.desktops.viewOf(rdp)).toEqual({ mode: "follow", size: "follows" });
    desk.desktops.run(rdp, { kind: "display", mode: "actual" });
    desk.desktops.changeView(rdp, { size: "fixed" });
    expect(desk.desktops.viewOf(rdp)).toEqual({ mode: "actual", size: "fixed" });
    desk.desktops.forget(rdp.id);
    expect(desk.desktops.viewOf(rdp).mode).toBe("follow");
  });
});

describe("a new forward", () => {
  it("leads to the VM that is asked for, else the explorer's, else that of the tab in front", async () => {
    const { desk, vm } = await deskWith({ kind: "live" });
    const to = () => (desk.state.form?.kind === "new" ? desk.state.form.to?.instance.name : undefined);
    desk.run("newForward");
    expect(desk.state.form).toEqual({ kind: "new", to: null, port: undefined });
    desk.change({ front: vm.id });
    desk.run("newForward");
    expect(to()).toBe("web-1");
    desk.explorerVm = () => ({ instance: { ...vm.instance, name: "db-1" }, os: "linux" });
    desk.run("newForward");
    expect(to()).toBe("db-1");
    desk.newForward({ instance: { ...vm.instance, name: "db-2" }, os: "linux" }, 80);
    expect(to()).toBe("db-2");
  });

  it("is added and started at once where nothing is left to choose", async () => {
    const { desk, calls } = await deskWith({ kind: "live" });
    await desk.addTunnel(plainSpec({ project: "p", zone: "z", name: "db-1" }, 5432));
    expect(calls).toContain("tunnel_add");
    expect(desk.state.tunnel).not.toBeNull();
  });
});

describe("an explanation", () => {
  it("is asked for the VM in question, else for one that is typed", async () => {
    const { desk, vm } = await deskWith({ kind: "live" });
    desk.run("explain");
    expect(desk.state).toMatchObject({ overlay: "palette", typed: "explain ", explainTo: null });
    desk.run("palette");
    expect(desk.state).toMatchObject({ overlay: "none", typed: "" });
    desk.change({ front: vm.id });
    desk.run("explain");
    expect(desk.state).toMatchObject({ overlay: "none", explainTo: { instance: vm.instance } });
    desk.askExplain({ instance: { ...vm.instance, name: "db-1" }, os: "windows" });
    expect(desk.state.explainTo).toMatchObject({ instance: { name: "db-1" }, os: "windows" });
  });

  it("has a panel of its own that is no session's and no page", () => {
    expect(isExplanation("explain:session:s-1")).toBe(true);
    expect(["s-1", "settings", "tunnels", "explain"].some(isExplanation)).toBe(false);
  });
});

describe("trouble at the start", () => {
  it("is there until it was read, and stays away", async () => {
    const { model } = await deskWith({ kind: "live" });
    expect(model.state.trouble?.code).toBe("file");
    model.dismissTrouble();
    expect(model.state.trouble).toBeUndefined();
    await model.setSetting("terminal.scrollback", 1000);
    expect(model.state.trouble).toBeUndefined();
  });
});
