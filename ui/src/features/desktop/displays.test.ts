import { describe, expect, it } from "vitest";

import type { DisplayInfo } from "../../contract/DisplayInfo";
import type { Displays } from "../../contract/Displays";
import { sceneDesktop } from "../../platform/demo/desktopScenes";
import { session } from "../../platform/demo/scenes";
import type { DesktopCommand } from "../window/desktops";
import { NO_DISPLAYS, spanFault } from "./displays";
import { toolsOf } from "./tools";

const display = (id: number, x: number, y: number, width: number, height: number): DisplayInfo => ({ id, name: "", x, y, width, height, scale: 1, current: id === 0 });
const LEFT = display(0, -1920, 120, 1920, 1080);
const RIGHT = display(1, 0, 0, 2560, 1440);
const BELOW = display(2, -1920, 1200, 1920, 1080);

describe("displays", () => {
  it("are covered by one window where they lie side by side and share rows", () => {
    expect(spanFault([RIGHT, LEFT], "program")).toBeNull();
    expect(spanFault([LEFT], "program")).toBeNull();
    for (const others of [[], [LEFT, BELOW], [LEFT, RIGHT, BELOW], [LEFT, display(3, 1, 0, 10, 1440)], [LEFT, display(3, 0, 1200, 10, 10)]]) {
      expect(spanFault(others, "program"), JSON.stringify(others)).toBe("not side by side");
    }
  });

  it("are not where the system places windows", () => {
    expect(spanFault([LEFT, RIGHT], "system")).toBe("placed by the system");
    expect(spanFault([LEFT], "system")).toBeNull();
  });
});

describe("the full screen of a desktop", () => {
  let looked = 0;
  const offered = (displays: Displays) => {
    const ran: DesktopCommand[] = [];
    const tool = toolsOf({
      session: session("d", "sql-win-2", { kind: "live" }, { protocol: "rdp", desktop: sceneDesktop() }),
      view: { mode: "follow", size: "follows" },
      full: false,
      held: false,
      displays,
      look: () => (looked += 1),
      platform: "linux",
      run: (command) => ran.push(command),
      choose: () => {},
      settings: () => {},
    }).find(({ id }) => id === "full");
    if (tool?.does.kind === "menu") {
      tool.does.opens?.();
    }
    return tool?.does.kind === "menu"
      ? tool.does.entries.flatMap((entry) => (entry === "separator" ? [] : [`${entry.id}${entry.disabled === true ? ` (${entry.label})` : ""}`]))
      : tool?.does.kind;
  };

  it("is offered only where it can work, and says why else", () => {
    expect(offered(NO_DISPLAYS)).toBe("run");
    expect(offered({ all: [LEFT], placing: "program" })).toBe("run");
    expect(offered({ all: [LEFT, RIGHT], placing: "program" })).toEqual(["here", "on-1", "all"]);
    expect(offered({ all: [LEFT, BELOW], placing: "program" })).toEqual(["here", "on-2", "all (All displays: they do not lie side by side)"]);
    expect(offered({ all: [LEFT, RIGHT, BELOW], placing: "program" })).toEqual([
      "here",
      "on-1",
      "on-2",
      "all (All displays: they do not lie side by side)",
      "choose",
    ]);
    expect(offered({ all: [LEFT, RIGHT, BELOW], placing: "system" })).toEqual(["here", "all (Other displays: Wayland places windows by itself)"]);
  });

  it("looks at the displays when there is a choice to be made", () => {
    looked = 0;
    offered({ all: [LEFT, RIGHT], placing: "program" });
    expect(looked).toBe(1);
    offered({ all: [LEFT], placing: "program" });
    expect(looked).toBe(1);
  });
});
