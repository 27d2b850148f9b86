import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

import type { TunnelInfo } from "../../contract/TunnelInfo";
import type { TunnelState } from "../../contract/TunnelState";
import { demoBackend } from "../../platform/demo/demo";
import { failures } from "../../platform/demo/scenes";
import { Model, reduce } from "../../platform/model";
import { joinCommand, splitCommand } from "./commandLine";
import { listIntent, type ListKey } from "./listKeys";
import { POINTS, sparklinePath } from "./sparkline";
import { fileName, isOn, keyOf, localOf, needsCare, plainSpec, sumOf, titleOf, usualProtocol } from "./target";
import { entriesOf } from "./tunnelMenu";
import { audienceWord, markOfTunnel, peersWord, refusalWord, stateWord, words } from "./words";

const web = { project: "acme-prod", zone: "europe-west1-b", name: "web-1" };

function tunnel(state: TunnelState, change: Partial<TunnelInfo> = {}): TunnelInfo {
  return {
    id: "t-1",
    spec: plainSpec(web, 8080),
    state,
    local: "127.0.0.1:18080",
    sent: 0,
    received: 0,
    rate: 0,
    history: [],
    connections: 0,
    resumes: 0,
    refused: 0,
    lastRefusal: null,
    roundTripMs: null,
    since: null,
    byCommand: false,
    profile: null,
    ...change,
  };
}

const failed = (listening: boolean): TunnelState => ({ kind: "failed", failure: failures.denied, listening });
const STATES: TunnelState[] = [
  { kind: "stopped" },
  { kind: "starting", text: "Asking the relay", since: 0 },
  { kind: "listening" },
  { kind: "live" },
  { kind: "resuming", attempt: 1, nextAt: 0 },
  { kind: "signInNeeded", text: "" },
  failed(true),
];

describe("a tunnel's state", () => {
  it("has a word and a shape of its own", () => {
    expect(new Set(STATES.map(stateWord)).size).toBe(STATES.length);
    expect(new Set(STATES.map(markOfTunnel)).size).toBe(STATES.length);
    expect(stateWord(failed(false))).toBe(failures.denied.title);
  });

  it("is on while something listens or tries to, and needs a look when something is wrong", () => {
    expect(STATES.map((state) => isOn(tunnel(state)))).toEqual([false, true, true, true, true, true, true]);
    expect(isOn(tunnel(failed(false)))).toBe(false);
    expect(STATES.filter((state) => needsCare(tunnel(state))).map(({ kind }) => kind)).toEqual(["resuming", "signInNeeded", "failed"]);
    expect(sumOf([tunnel({ kind: "live" }, { rate: 3 }), tunnel({ kind: "live" }, { rate: 4 }), tunnel(failed(false))])).toEqual({
      on: 2,
      rate: 7,
      care: 1,
    });
  });
});

describe("a tunnel's name", () => {
  it("is the person's with the machine, else the machine alone", () => {
    const spec = plainSpec(web, 5432);
    expect(titleOf(spec)).toBe("web-1");
    expect(keyOf(spec)).toBe("web-1:5432");
    expect(titleOf({ ...spec, name: "orders" })).toBe("orders · web-1");
    expect(titleOf({ ...spec, name: "web-1" })).toBe("web-1");
    expect(keyOf({ ...spec, name: "orders" })).toBe("orders");
  });

  it("of its local end is taken apart", () => {
    expect(localOf("127.0.0.1:15432")).toEqual({ kind: "port", host: "127.0.0.1", port: 15_432 });
    expect(localOf("/run/user/1000/adit/a:1")).toEqual({ kind: "socket", path: "/run/user/1000/adit/a:1" });
    expect(fileName("/usr/bin/psql")).toBe("psql");
    expect(fileName("C:\\Program Files\\DBeaver\\dbeaver.exe")).toBe("dbeaver.exe");
  });
});

it("the usual protocols are those of the contract", () => {
  const source = readFileSync(resolve(__dirname, "../../../../crates/contract/src/tunnel.rs"), "utf8");
  const arms = [...source.matchAll(/^\s+([\d | ]+) => Self::(\w+),$/gm)];
  expect(arms.length).toBeGreaterThan(8);
  for (const [, ports = "", name = ""] of arms) {
    for (const port of ports.split("|")) {
      expect(usualProtocol(Number(port))).toBe(name.charAt(0).toLowerCase() + name.slice(1));
    }
  }
  expect(usualProtocol(9)).toBe("any");
});

describe("a command line", () => {
  it("is split as it reads, and nothing in it is replaced", () => {
    expect(splitCommand("psql -h {host} -p {port}")).toEqual(["psql", "-h", "{host}", "-p", "{port}"]);
    expect(splitCommand(`  "C:\\Program Files\\a b\\x.exe"   -k 'it is' `)).toEqual(["C:\\Program Files\\a b\\x.exe", "-k", "it is"]);
    expect(splitCommand("C:\\tools\\x.exe a\\ b")).toEqual(["C:\\tools\\x.exe", "a b"]);
    expect(splitCommand(`a"b c"d '' "\\""`)).toEqual(["ab cd", "", '"']);
    expect(splitCommand("echo $HOME `id` ; rm *")).toEqual(["echo", "$HOME", "`id`", ";", "rm", "*"]);
    expect(splitCommand("")).toEqual([]);
    expect(splitCommand("psql 'open")).toBeNull();
  });

  it("comes back from its words", () => {
    for (const list of [
      ["psql", "-h", "{host}"],
      ["C:\\Program Files\\x.exe", "", "a'b", 'c"d', "e\\", "f g\\", `h'"i\\`, "C:\\x\\"],
      ["tab\there", "new\nline", "\\\\server\\share"],
    ]) {
      expect(splitCommand(joinCommand(list))).toEqual(list);
    }
  });
});

describe("the line of the last minute", () => {
  it("ends at the right, scaled to its own height", () => {
    expect(sparklinePath([], 59, 10)).toBe("");
    expect(sparklinePath([5], 59, 10)).toBe("");
    expect(sparklinePath([0, 5, 10], 59, 10)).toBe("M57 10L58 5L59 0");
    expect(sparklinePath([0, 0], 59, 10)).toBe("M58 10L59 10");
    expect(sparklinePath(Array.from({ length: POINTS + 20 }, () => 1), 59, 10).split("L")).toHaveLength(POINTS);
  });
});

describe("keys in the list", () => {
  const key = (name: string, change: Partial<ListKey> = {}): ListKey => ({
    key: name,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    ...change,
  });

  it("move, and stop at the ends", () => {
    expect(listIntent(key("ArrowDown"), 0, 3, 2)).toEqual({ kind: "move", index: 1 });
    expect(listIntent(key("ArrowDown"), 2, 3, 2)).toEqual({ kind: "move", index: 2 });
    expect(listIntent(key("PageUp"), 1, 3, 2)).toEqual({ kind: "move", index: 0 });
    expect(listIntent(key("End"), 0, 200, 5)).toEqual({ kind: "move", index: 199 });
    expect(listIntent(key("ArrowDown"), 0, 0, 5)).toBeNull();
  });

  it("do what can be done with a tunnel", () => {
    expect(listIntent(key("Enter"), 0, 1, 1)).toEqual({ kind: "details" });
    expect(listIntent(key(" "), 0, 1, 1)).toEqual({ kind: "toggle" });
    expect(listIntent(key("Delete"), 0, 1, 1)).toEqual({ kind: "remove" });
    expect(listIntent(key("F2"), 0, 1, 1)).toEqual({ kind: "edit" });
    expect(listIntent(key("c", { ctrlKey: true }), 0, 1, 1)).toEqual({ kind: "copy" });
    expect(listIntent(key("F10", { shiftKey: true }), 0, 1, 1)).toEqual({ kind: "menu" });
    expect(listIntent(key("F10"), 0, 1, 1)).toBeNull();
    expect(listIntent(key("Enter", { ctrlKey: true }), 0, 1, 1)).toBeNull();
  });
});

describe("the menu", () => {
  const does = { act: () => {}, edit: () => {}, remove: () => {}, copy: () => {}, open: () => {}, save: () => {} };
  const ids = (info: TunnelInfo) => entriesOf(info, "ana", "linux", does).flatMap((entry) => (entry === "separator" ? [] : [entry.id]));

  it("offers what the state allows", () => {
    expect(ids(tunnel({ kind: "stopped" }))).toEqual(["start", "copy", "copy-URL", "open", "saveProfile", "edit", "remove"]);
    expect(ids(tunnel({ kind: "resuming", attempt: 1, nextAt: 0 })).slice(0, 3)).toEqual(["resumeNow", "stop", "restart"]);
    expect(ids(tunnel({ kind: "live" }, { byCommand: true }))).not.toContain("edit");
  });
});

describe("words", () => {
  const peer = (program: string | null, pid: number | null) => ({ connection: 1, program, pid, since: 0, sent: 0, received: 0 });

  it("tell who is connected", () => {
    expect(peersWord([])).toBe("nobody is connected");
    expect(peersWord([peer("psql", 4121), peer("DBeaver", 3310)])).toBe("used by psql (pid 4121) and DBeaver (pid 3310)");
    expect(peersWord([peer("psql", 1), peer("psql", 1)])).toBe("used by psql (pid 1), 2 connections");
    expect(peersWord([peer(null, null)])).toBe("used by a program");
    expect(peersWord(["a", "b", "c", "d", "e"].map((name, pid) => peer(name, pid)))).toMatch(/and 2 more$/);
  });

  it("tell who may use it, and who was not let in", () => {
    expect(audienceWord({ kind: "programs", paths: ["/usr/bin/psql", "/opt/dbeaver/dbeaver"] })).toBe("only psql and dbeaver");
    expect(audienceWord({ kind: "launched", command: ["/usr/bin/psql", "-h"] })).toBe("psql, which Adit starts, and what it starts");
    expect(refusalWord(0, null)).toBe("");
    expect(refusalWord(2, "curl (pid 9) of another user")).toBe("2 refusals; last: curl (pid 9) of another user");
    expect(refusalWord(1, "curl (pid 9) of another user")).toBe("1 refusal; curl (pid 9) of another user");
  });

  it("are without exclamation, blame or please", () => {
    const said = JSON.stringify([words, STATES.map(stateWord), words.removeAdvice(0), words.removeAdvice(2), words.resumingIn(3)]);
    expect(said).not.toMatch(/!|please|success|\berror/i);
  });
});

describe("the state of the app", () => {
  it("follows tunnels and the gateway", async () => {
    const model = new Model(demoBackend(new URLSearchParams("scene=tree")));
    await model.open();
    const added = reduce(model.state, { kind: "tunnel", value: tunnel({ kind: "live" }) });
    const two = reduce(added, { kind: "tunnel", value: tunnel({ kind: "stopped" }, { id: "t-2" }) });
    const changed = reduce(two, { kind: "tunnel", value: tunnel({ kind: "live" }, { rate: 9 }) });
    expect(changed.tunnels.map(({ id, rate }) => [id, rate])).toEqual([
      ["t-1", 9],
      ["t-2", 0],
    ]);
    expect(reduce(changed, { kind: "tunnelRemoved", value: "t-1" }).tunnels.map(({ id }) => id)).toEqual(["t-2"]);
    const gateway = { ...model.state.gateway, connections: 4 };
    expect(reduce(changed, { kind: "gateway", value: gateway }).gateway.connections).toBe(4);
  });
});
