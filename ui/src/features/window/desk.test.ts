import { describe, expect, it } from "vitest";

import type { SessionInfo } from "../../contract/SessionInfo";
import type { SessionState } from "../../contract/SessionState";
import { demoBackend } from "../../platform/demo/demo";
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
  return { desk: new Desk(model), calls, model, vm };
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
    await desk.show(vm.instance);
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
    await model.changeSettings({ scrollback: 1000 });
    expect(model.state.trouble).toBeUndefined();
  });
});
