import { describe, expect, it } from "vitest";

import type { Scope } from "../../contract/Scope";
import { demoProjects, DemoTree } from "../../platform/demo/inventory";
import { topicOf } from "../help/topics";
import { entriesOf, type RowDoes } from "./rowMenu";

describe("settings in a row's menu", () => {
  const rows = new DemoTree(demoProjects(), ["acme-prod", "acme-prod/europe-west1-b", "acme-legal-archive"]).rows();
  const opened = (name: string): Scope[] => {
    const asked: Scope[] = [];
    const does = { settings: (of: Scope) => asked.push(of) } as unknown as RowDoes;
    const row = rows.find((candidate) => candidate.name === name);
    for (const entry of row === undefined ? [] : entriesOf(row, "linux", does)) {
      if (entry !== "separator" && entry.id === "settings") {
        entry.run();
      }
    }
    return asked;
  };

  it("are those of the project, the zone or the VM", () => {
    expect(opened("acme-prod")).toEqual([{ kind: "project", project: "acme-prod" }]);
    expect(opened("europe-west1-b")).toEqual([{ kind: "zone", project: "acme-prod", zone: "europe-west1-b" }]);
    expect(opened("web-1")).toEqual([{ kind: "vm", instance: { project: "acme-prod", zone: "europe-west1-b", name: "web-1" } }]);
  });

  it("are not there for a row that only says something", () => {
    expect(rows.filter((row) => row.kind === "notice").map((row) => opened(row.name))).toEqual([[]]);
  });
});

describe("help in a row's menu", () => {
  it("is about what went wrong there, and only there", () => {
    const asked: string[] = [];
    const does = { help: (topic: string) => asked.push(topic) } as unknown as RowDoes;
    const rows = new DemoTree(demoProjects(), []).rows();
    for (const row of rows) {
      for (const entry of entriesOf(row, "linux", does)) {
        if (entry !== "separator" && entry.id === "help") {
          entry.run();
        }
      }
    }
    expect(rows.filter((row) => row.problem !== null).length).toBeGreaterThan(0);
    expect(asked).toEqual(rows.flatMap((row) => (row.problem === null ? [] : [topicOf(row.problem)])));
  });
});
