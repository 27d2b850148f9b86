import { describe, expect, it } from "vitest";

import type { TreeRow } from "../../contract/TreeRow";
import type { TreeWindow } from "../../contract/TreeWindow";
import { demoProjects, DemoTree, manyProjects } from "../../platform/demo/inventory";
import { CHUNK, TreeRows } from "./rows";
import { treeIntent, type TreeKey, Typeahead } from "./treeKeys";

/** A door that answers when it is told to. */
function slowDoor(tree: DemoTree) {
  const asked: { offset: number; answer: () => void }[] = [];
  const fetch = (offset: number, count: number) =>
    new Promise<TreeWindow>((resolve) => {
      asked.push({ offset, answer: () => resolve(tree.window(offset, count)) });
    });
  const answerAll = async () => {
    for (const { answer } of asked.splice(0)) {
      answer();
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return { asked, fetch, answerAll };
}

describe("the rows", () => {
  it("are fetched for what is on the screen, once, and are skeletons until then", async () => {
    const tree = new DemoTree(manyProjects(), []);
    for (const project of tree.projects) {
      tree.toggle(project.name, true);
    }
    const door = slowDoor(tree);
    const rows = new TreeRows(door.fetch, () => {});
    rows.renew(tree.revision, tree.rows().length);
    rows.show(95, 130);
    rows.show(96, 131);
    expect(door.asked.map(({ offset }) => offset)).toEqual([0, CHUNK]);
    expect(rows.at(96)).toBeNull();
    await door.answerAll();
    expect(rows.at(96)).toEqual(tree.rows()[96]);
    expect(rows.at(130)).toEqual(tree.rows()[130]);
    expect(rows.at(250)).toBeNull();
    expect(door.asked).toEqual([]);
  });

  it("stay on the screen while a newer revision is fetched, and are asked for again", async () => {
    const tree = new DemoTree(demoProjects(), []);
    const door = slowDoor(tree);
    const rows = new TreeRows(door.fetch, () => {});
    rows.renew(tree.revision, tree.rows().length);
    rows.show(0, 30);
    await door.answerAll();
    tree.toggle("acme-prod", true);
    rows.renew(tree.revision, tree.rows().length);
    expect(rows.at(1)?.name).toBe("acme-staging");
    await door.answerAll();
    expect(rows.at(1)?.name).toBe("europe-west1-b");
    expect(rows.indexOf("acme-staging")).toBe(3);
  });

  it("of an older revision never replace newer ones", async () => {
    const tree = new DemoTree(demoProjects(), []);
    const answers: ((window: TreeWindow) => void)[] = [];
    const rows = new TreeRows(() => new Promise((resolve) => answers.push(resolve)), () => {});
    rows.renew(tree.revision, tree.rows().length);
    rows.show(0, 10);
    const old = tree.window(0, CHUNK);
    tree.toggle("acme-prod", true);
    rows.renew(tree.revision, tree.rows().length);
    answers[1]?.(tree.window(0, CHUNK));
    await Promise.resolve();
    answers[0]?.(old);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(rows.total).toBe(tree.rows().length);
    expect(rows.at(1)?.name).toBe("europe-west1-b");
  });

  it("that could not be fetched are asked for at the next change", async () => {
    let calls = 0;
    const rows = new TreeRows(
      () => {
        calls += 1;
        return Promise.reject(new Error("no"));
      },
      () => {},
    );
    rows.renew(1, 5);
    rows.show(0, 5);
    rows.renew(2, 5);
    await Promise.resolve();
    expect(calls).toBeGreaterThanOrEqual(2);
    expect(calls).toBeLessThan(4);
  });
});

describe("keys in the tree", () => {
  const tree = new DemoTree(demoProjects(), ["acme-prod", "acme-prod/europe-west1-b"]);
  const rows = tree.rows();
  const at = (active: number) => ({ active, total: rows.length, page: 10, row: (i: number): TreeRow | null => rows[i] ?? null });
  const key = (name: string): TreeKey => ({ key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false });

  it("move by one, by a page and to the ends, and stop there", () => {
    expect(treeIntent(key("ArrowDown"), at(0))).toEqual({ kind: "move", index: 1 });
    expect(treeIntent(key("ArrowUp"), at(0))).toEqual({ kind: "move", index: 0 });
    expect(treeIntent(key("End"), at(0))).toEqual({ kind: "move", index: rows.length - 1 });
    expect(treeIntent(key("PageDown"), at(rows.length - 3))).toEqual({ kind: "move", index: rows.length - 1 });
    expect(treeIntent(key("Home"), at(7))).toEqual({ kind: "move", index: 0 });
  });

  it("open, enter, leave and close", () => {
    const closed = rows.findIndex((row) => row.id === "acme-staging");
    expect(treeIntent(key("ArrowRight"), at(closed))).toMatchObject({ kind: "toggle", expanded: true });
    expect(treeIntent(key("ArrowRight"), at(0))).toEqual({ kind: "move", index: 1 });
    expect(treeIntent(key("ArrowLeft"), at(1))).toMatchObject({ kind: "toggle", expanded: false });
    expect(treeIntent(key("ArrowLeft"), at(5))).toEqual({ kind: "move", index: 1 });
    expect(treeIntent(key("ArrowLeft"), at(closed))).toBeNull();
    expect(treeIntent(key("Enter"), at(5))).toMatchObject({ kind: "activate" });
    expect(treeIntent({ ...key("Enter"), shiftKey: true }, at(5))).toMatchObject({ kind: "chooseHow", to: { instance: rows[5]?.instance, os: "linux" } });
    expect(treeIntent({ ...key("Enter"), shiftKey: true }, at(0))).toMatchObject({ kind: "toggle" });
    expect(treeIntent(key("*"), at(0))).toMatchObject({ kind: "openSiblings" });
  });

  it("with modifiers are not the tree's", () => {
    expect(treeIntent({ ...key("k"), ctrlKey: true }, at(0))).toBeNull();
    expect(treeIntent({ ...key("F10"), shiftKey: true }, at(0))).toMatchObject({ kind: "menu" });
    expect(treeIntent(key("F10"), at(0))).toBeNull();
  });

  it("spell a word, or walk along one letter", () => {
    const typed = new Typeahead();
    expect(typed.add("w", 1000)).toEqual({ text: "w", from: "next" });
    expect(typed.add("w", 1300)).toEqual({ text: "w", from: "next" });
    expect(typed.add("e", 1500)).toEqual({ text: "we", from: "active" });
    expect(typed.add("b", 3000)).toEqual({ text: "b", from: "next" });
  });
});
