import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";

import type { CopiedFiles as Files } from "../../contract/CopiedFiles";
import { sceneDesktop } from "../../platform/demo/desktopScenes";
import { session } from "../../platform/demo/scenes";
import type { DesktopCommand } from "../window/desktops";
import { CopiedFiles } from "./CopiedFiles";
import { NO_DISPLAYS } from "./displays";
import { flatTools } from "./tools";

afterEach(cleanup);

const of = (files: Files) => session("s-1", "sql-win-2", { kind: "live" }, { protocol: "rdp", desktop: { ...sceneDesktop(), files } });

function shown() {
  const commands: string[] = [];
  let focused = 0;
  const notice = (files: Files) => (
    <CopiedFiles
      session={of(files)}
      run={({ kind }) => commands.push(kind)}
      onPressed={() => {
        focused += 1;
      }}
    />
  );
  const { rerender } = render(notice({ kind: "none" }));
  return { commands, focused: () => focused, show: (files: Files) => rerender(notice(files)) };
}

describe("files that were copied on a desktop", () => {
  it("are offered once, until others are", () => {
    const { commands, focused, show } = shown();
    expect(screen.queryByTestId("desktop-files-offered")).toBeNull();
    show({ kind: "offered", number: 1 });
    fireEvent.click(screen.getByText("Save in Downloads"));
    expect(commands).toEqual(["saveFiles"]);
    expect(focused()).toBe(1);
    expect(screen.queryByTestId("desktop-files-offered")).toBeNull();
    // They are still there once they are saved.
    show({ kind: "saving", percent: 7 });
    show({ kind: "offered", number: 1 });
    expect(screen.queryByTestId("desktop-files-offered")).toBeNull();
    show({ kind: "offered", number: 2 });
    fireEvent.click(screen.getByLabelText("Dismiss"));
    expect(focused()).toBe(2);
    expect(screen.queryByTestId("desktop-files-offered")).toBeNull();
    show({ kind: "none" });
    show({ kind: "offered", number: 2 });
    expect(screen.queryByTestId("desktop-files-offered")).not.toBeNull();
  });

  it("show how far they are, and can be stopped", () => {
    const { commands, show } = shown();
    show({ kind: "saving", percent: 42 });
    expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("42");
    expect(screen.getByTestId("desktop-saving").textContent).toContain("42 %");
    fireEvent.click(screen.getByText("Stop"));
    expect(commands).toEqual(["stopSaving"]);
  });

  it("are among the tools and in the palette", () => {
    const run = (command: DesktopCommand) => ran.push(command.kind);
    const ran: string[] = [];
    const tools = (files: Files) =>
      flatTools({
        session: of(files),
        view: { mode: "follow", size: "follows" },
        full: false,
        held: false,
        displays: NO_DISPLAYS,
        look: () => {},
        platform: "linux",
        run,
        choose: () => {},
        settings: () => {},
      }).filter(({ id }) => id === "files");
    expect(tools({ kind: "none" })).toEqual([]);
    tools({ kind: "offered", number: 1 })[0]?.run();
    tools({ kind: "saving", percent: 1 })[0]?.run();
    expect(ran).toEqual(["saveFiles", "stopSaving"]);
  });
});
