import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";

import type { DesktopInfo } from "../../contract/DesktopInfo";
import type { SessionInfo } from "../../contract/SessionInfo";
import { demoBackend } from "../../platform/demo/demo";
import { sceneDesktop } from "../../platform/demo/desktopScenes";
import { session } from "../../platform/demo/scenes";
import { Model } from "../../platform/model";
import { Desk } from "../window/desk";
import { ToolButton } from "./DesktopTools";
import { NO_DISPLAYS } from "./displays";
import { toolsOf } from "./tools";
import { sharedWords } from "./words";

afterEach(cleanup);

const of = (desktop: Partial<DesktopInfo>, more: Partial<SessionInfo> = {}) =>
  session("s-1", "sql-win-2", { kind: "live" }, { protocol: "rdp", desktop: { ...sceneDesktop(), ...desktop }, ...more });

function tool(desktop: Partial<DesktopInfo>, settings = () => {}) {
  return toolsOf({
    session: of(desktop),
    view: { mode: "follow", size: "follows" },
    full: false,
    held: false,
    displays: NO_DISPLAYS,
    look: () => {},
    platform: "linux",
    run: () => {},
    choose: () => {},
    settings,
  }).find(({ id }) => id === "shared");
}

describe("what a desktop shares", () => {
  it("is told among its tools, which lead to the settings", () => {
    let asked = 0;
    const found = tool({ clipboard: "all", printers: true, folders: ["/home/ana/Shared", "/srv/in"] }, () => {
      asked += 1;
    });
    if (found === undefined) {
      throw new Error("no tool tells it");
    }
    render(<ToolButton tool={found} />);
    fireEvent.click(screen.getByLabelText("Shared with sql-win-2"));
    const group = screen.getByRole("group");
    for (const line of ["Clipboard: text, pictures and files", "Folder, to read: /home/ana/Shared", "Folder, to read: /srv/in", "Printers", "Sound: plays here"]) {
      expect(group.textContent).toContain(line);
    }
    // It is read out with the entry.
    expect(document.getElementById(group.getAttribute("aria-labelledby") ?? "")?.textContent).toContain("Printers");
    const [entry] = found.does.kind === "menu" ? found.does.entries : [];
    if (entry !== undefined && entry !== "separator") {
      entry.run();
    }
    expect(asked).toBe(1);
  });

  it("tells that programs there may change folders", () => {
    expect(sharedWords({ ...sceneDesktop(), folders: ["/srv/in"], foldersWritable: true })).toContain("Folder, to read and write: /srv/in");
  });

  it("is not told where it shares nothing", () => {
    expect(tool({ clipboard: "off", sound: false })).toBeUndefined();
    expect(tool({ clipboard: "text", sound: false })).toBeDefined();
    expect(tool({ clipboard: "off", sound: true })).toBeDefined();
  });

  it("leads to the settings of the profile, or of the VM where there is none", async () => {
    const desk = new Desk(new Model(demoBackend(new URLSearchParams("scene=profiles"))));
    await desk.model.open();
    await desk.openSettingsOf(of({}, { profile: "p-5" }));
    expect(desk.state.profileForm).toEqual({ kind: "edit", id: "p-5", pane: "settings" });
    desk.change({ profileForm: null });
    for (const profile of [null, "removed meanwhile"]) {
      desk.change({ settingsAt: { kind: "everywhere" } });
      await desk.openSettingsOf(of({}, { profile }));
      expect(desk.state.profileForm).toBeNull();
      expect(desk.state.settingsAt).toMatchObject({ kind: "vm", instance: { name: "sql-win-2" } });
    }
  });
});
