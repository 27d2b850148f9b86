import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";

import type { Event } from "../../contract/Event";
import type { UpdateInfo } from "../../contract/UpdateInfo";
import { demoBackend } from "../../platform/demo/demo";
import { Model, ModelContext } from "../../platform/model";
import { deskOf } from "../window/desk";
import { About } from "./About";
import { UpdateDialog } from "./UpdateDialog";
import { UpdateLink } from "./UpdateLink";
import { UpdateStatus } from "./UpdateStatus";
import { progressWord, shownOf, words } from "./words";

afterEach(cleanup);

/** The window's parts that tell of updates, what they asked for, and a way to move updates on. */
async function window(update: string) {
  const backend = demoBackend(new URLSearchParams(`scene=tree&update=${update}`));
  const calls: string[] = [];
  let tell: (event: Event) => void = () => {};
  const model = new Model({
    ...backend,
    // What comes of a command is told by the test.
    call: (command, args) => {
      calls.push(command);
      return command.startsWith("update_") ? Promise.resolve(undefined as never) : backend.call(command, args);
    },
    listen: (handler) => {
      tell = handler;
      return backend.listen(handler);
    },
  });
  await model.open();
  await act(async () => {
    render(
      <ModelContext value={model}>
        <UpdateStatus />
        <UpdateLink />
        <About />
        <UpdateDialog />
      </ModelContext>,
    );
  });
  const to = (change: Partial<UpdateInfo>) => act(async () => tell({ kind: "update", value: { ...model.state.update, ...change } }));
  const enterDemo = () => act(async () => tell({ kind: "cloud", value: { ...model.state.cloud, demo: "running" } }));
  const press = (id: string) => act(async () => fireEvent.click(screen.getByTestId(id)));
  const dialog = () => screen.queryByTestId("updates");
  const asked = () => calls.filter((command) => command.startsWith("update_"));
  return { model, desk: deskOf(model), to, enterDemo, press, dialog, asked };
}

describe("a build that knows no publisher", () => {
  it("says where updates come from, and asks nobody even when told to", async () => {
    const { desk, dialog, asked } = await window("elsewhere");
    expect(screen.getByTestId("about").textContent).toContain(words.elsewhere);
    expect(screen.queryByTestId("about-check")).toBeNull();
    await act(async () => desk.checkForUpdates());
    expect(dialog()?.textContent).toContain(words.elsewhere);
    expect(asked()).toEqual([]);
  });
});

describe("the demo", () => {
  it("says that the app asks and not the demo", async () => {
    const { enterDemo } = await window("elsewhere");
    await enterDemo();
    expect(screen.getByTestId("about-updates").textContent).toContain(words.inDemo);
  });
});

describe("where nobody is signed in", () => {
  it("has a way to what is offered, and none in a build that asks nobody", async () => {
    const { press, dialog } = await window("offered");
    await press("signin-updates");
    expect(dialog()?.textContent).toContain("0.2.0");
    cleanup();
    await window("elsewhere");
    expect(screen.queryByTestId("signin-updates")).toBeNull();
  });
});

describe("looking for updates", () => {
  it("asks when told to, and says that there is none", async () => {
    const { to, press, dialog, asked } = await window("none");
    expect(screen.queryByTestId("status-update")).toBeNull();
    await press("about-check");
    expect(asked()).toEqual(["update_check"]);
    await to({ step: { kind: "checking" } });
    expect(dialog()?.textContent).toContain(words.checking);
    await to({ step: { kind: "idle" }, checked: Date.now() });
    expect(dialog()?.textContent).toContain(words.newest("0.1.0"));
  });

  it("says why nobody answered, in the dialog and in the settings", async () => {
    const { press, dialog, asked, model } = await window("failed");
    const title = model.state.update.failure?.title ?? "";
    expect(screen.getByTestId("about-updates").textContent).toContain(title);
    await press("about-check");
    expect(dialog()?.querySelector("[role=alert]")?.textContent).toContain(title);
    await press("update-again");
    expect(asked()).toEqual(["update_check", "update_check"]);
    await press("update-leave");
    expect(asked().at(-1)).toBe("update_cancel");
    expect(dialog()).toBeNull();
  });
});

describe("a newer version", () => {
  it("is told in the status bar and shown with its notes, as text", async () => {
    const { to, press, dialog, asked, model } = await window("offered");
    const { release } = model.state.update;
    await to({ release: release && { ...release, notes: "<b>bold</b>\n- https://acme.example" } });
    expect(screen.getByTestId("status-update").textContent).toContain("0.2.0");
    await press("status-update");
    expect(screen.getByRole("region", { name: words.notes }).textContent).toBe("<b>bold</b>\n- https://acme.example");
    expect(dialog()?.querySelector("b, a")).toBeNull();
    await press("update-leave");
    expect(dialog()).toBeNull();
    expect(asked()).toEqual([]);
  });

  it("is fetched and can be cancelled", async () => {
    const { to, press, dialog, asked } = await window("offered");
    await press("status-update");
    await press("update-install");
    expect(asked()).toEqual(["update_install"]);
    await to({ step: { kind: "downloading", received: 10_000_000, size: 40_000_000 } });
    const progress = dialog()?.querySelector("progress");
    expect([progress?.value, progress?.max]).toEqual([10_000_000, 40_000_000]);
    expect(screen.getByTestId("status-update").textContent).toContain("25%");
    await press("update-leave");
    expect(asked()).toEqual(["update_install", "update_cancel"]);
  });

  it("ends nothing before the person agrees", async () => {
    const { to, press, dialog, asked } = await window("ready");
    await press("status-update");
    expect(dialog()?.textContent).toContain("2 sessions and 1 tunnel");
    // The keyboard is on what ends nothing.
    expect(document.activeElement).toBe(screen.getByTestId("update-leave"));
    await press("update-restart");
    expect(asked()).toEqual(["update_restart"]);
    await to({ step: { kind: "installing" } });
    expect(dialog()?.textContent).toContain(words.startsAgain);
    await press("update-leave");
    expect(asked()).toEqual(["update_restart"]);
  });

  it("can be put off", async () => {
    const { press, dialog, asked } = await window("ready");
    await press("status-update");
    await press("update-leave");
    expect(asked()).toEqual(["update_cancel"]);
    expect(dialog()).toBeNull();
  });

  it("that was replaced by somebody is refused in clear words", async () => {
    const { press, dialog } = await window("refused");
    await press("status-update");
    expect(dialog()?.textContent).toContain("not what Adit's publisher signed");
    expect(dialog()?.textContent).toContain("nothing was changed");
  });

  it("of a system's package is only led to", async () => {
    const { press, dialog, asked } = await window("package");
    await press("status-update");
    expect(dialog()?.textContent).toContain("Adit_0.2.0_amd64.deb");
    expect(screen.queryByTestId("update-install")).toBeNull();
    await press("update-fetch");
    expect(asked()).toEqual(["update_fetch"]);
  });
});

describe("words", () => {
  it("hold without a size, and when more comes than was said", () => {
    expect(progressWord(12_000_000, null)).toBe("12 MB");
    expect(progressWord(12_000_000, 40_000_000)).toBe("12 MB of 40 MB");
    expect(words.percent(5, null)).toBe("");
    expect(words.percent(5, 0)).toBe("");
    expect(words.percent(50, 40)).toBe("100%");
  });

  it("put what is being done before what went wrong earlier", () => {
    const info: UpdateInfo = { source: "publisher", step: { kind: "checking" }, release: null, checked: null, failure: null };
    expect(shownOf(info)).toBe("checking");
    expect(shownOf({ ...info, step: { kind: "idle" } })).toBe("newest");
    expect(shownOf({ ...info, source: "elsewhere" })).toBe("elsewhere");
  });
});
