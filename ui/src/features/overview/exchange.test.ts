import { afterEach, describe, expect, it } from "vitest";

import { demoBackend } from "../../platform/demo/demo";
import { Model } from "../../platform/model";
import { Desk } from "../window/desk";
import { askThumbnails, type Channel, type Picture, serveThumbnails } from "./exchange";
import { COLUMNS, LINES } from "./thumbnail";

/** Pages that hear one another, and none itself. */
class Pages {
  readonly #all = new Map<Channel, (data: unknown) => void>();
  readonly said: unknown[] = [];

  page(): Channel {
    const page: Channel = {
      hear: (told) => void this.#all.set(page, told),
      say: (data) => {
        this.said.push(data);
        for (const [other, told] of this.#all) {
          if (other !== page) {
            told(data);
          }
        }
      },
      close: () => void this.#all.delete(page),
    };
    return page;
  }
}

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

function windows(lines: Record<string, readonly string[]>) {
  const desk = new Desk(new Model(demoBackend(new URLSearchParams("scene=tree"))));
  for (const [id, shown] of Object.entries(lines)) {
    desk.terminals.set(id, { command: () => {}, focus: () => {}, lastLines: () => shown });
  }
  const pages = new Pages();
  ends.push(serveThumbnails(desk, pages.page()));
  const told = new Map<string, Picture>();
  const asking = askThumbnails((id, picture) => told.set(id, picture), pages.page());
  ends.push(asking.end);
  return { pages, told, asking };
}

describe("a session in another window", () => {
  it("is shown by what that window tells of it, and others are not told", () => {
    const { pages, told, asking } = windows({ a: ["$ ls", "notes"], b: ["secret"] });
    asking.ask(["a", "gone"]);
    expect([...told]).toEqual([["a", { kind: "text", text: "$ ls\nnotes" }]]);
    expect(JSON.stringify(pages.said)).not.toContain("secret");
  });

  it("takes no more than a picture has", () => {
    const { pages, told } = windows({});
    const other = pages.page();
    other.say({ kind: "text", id: "a", text: "x".repeat(LINES * (COLUMNS + 1) + 1) });
    other.say({ kind: "desktop", id: "a", picture: "no picture" });
    other.say({ kind: "desktop", id: "a", picture: new Blob([new Uint8Array(256 * 1024 + 1)]) });
    other.say({ kind: "text", text: "of nobody" });
    other.say(null);
    expect(told.size).toBe(0);
    other.say({ kind: "desktop", id: "a", picture: new Blob(["small"]) });
    expect(told.get("a")?.kind).toBe("desktop");
  });

  it("is asked for together with any number of others", () => {
    const ids = Array.from({ length: 150 }, (_, id) => `s-${id}`);
    const { pages, told, asking } = windows(Object.fromEntries(ids.map((id) => [id, [`$ echo ${id}`]])));
    asking.ask(ids);
    expect(told.size).toBe(150);
    const asks = pages.said.filter((said) => (said as { kind: string }).kind === "ask") as { ids: string[] }[];
    expect(asks.map((ask) => ask.ids.length)).toEqual([64, 64, 22]);
    // More than that in one message is no question of ours.
    const other = pages.page();
    const before = pages.said.length;
    other.say({ kind: "ask", ids });
    expect(pages.said.length - before).toBe(1 + 64);
  });
});
