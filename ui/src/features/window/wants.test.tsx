import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";

import { Toasts } from "../../design/toast";
import { demoBackend } from "../../platform/demo/demo";
import { Model, ModelContext } from "../../platform/model";
import { deskOf } from "./desk";
import { Wants } from "./Wants";

afterEach(cleanup);

async function asked(want: string) {
  const backend = demoBackend(new URLSearchParams(`scene=tree&want=${want}`));
  const calls: [string, unknown][] = [];
  const model = new Model({
    ...backend,
    call: (command, args) => {
      calls.push([command, args]);
      return backend.call(command, args);
    },
  });
  await model.open();
  await act(async () => {
    render(
      <ModelContext value={model}>
        <Wants />
      </ModelContext>,
    );
  });
  return { calls, desk: deskOf(model) };
}

describe("closing for the first time", () => {
  it("says what stays and what would end, and takes each answer", async () => {
    for (const [button, answer] of [
      ["close-tray", "alwaysTray"],
      ["close-quit", "alwaysQuit"],
      ["close-stay", "stay"],
    ] as const) {
      const { calls } = await asked("close");
      expect(screen.getByTestId("closing").textContent).toContain("2 sessions and 1 tunnel");
      fireEvent.click(screen.getByTestId(button));
      expect(calls.at(-1)).toEqual(["close_answer", { answer }]);
      expect(screen.queryByTestId("closing")).toBeNull();
      cleanup();
    }
  });
});

describe("quitting", () => {
  it("begins with the answer that ends nothing", async () => {
    const { calls } = await asked("quit");
    expect(document.activeElement).toBe(screen.getByTestId("close-stay"));
    fireEvent.click(screen.getByTestId("quit"));
    expect(calls.at(-1)).toEqual(["close_answer", { answer: "quit" }]);
  });
});

describe("a link", () => {
  it("shows what it would do and share, and connects nothing before somebody agrees", async () => {
    const { calls } = await asked("offer");
    const shown = screen.getByTestId("offer").textContent ?? "";
    for (const part of ["acme-prod/europe-west1-b/web-1", "Port: 3390", "Text on your clipboard", "ColorDepth"]) {
      expect(shown).toContain(part);
    }
    expect(calls.map(([command]) => command)).not.toContain("session_open");
    fireEvent.click(screen.getByTestId("offer-refuse"));
    expect(calls.map(([command]) => command)).not.toContain("session_open");
    expect(screen.queryByTestId("offer")).toBeNull();
  });

  it("opens what was agreed to, with its parameters", async () => {
    const { calls } = await asked("offer");
    await act(async () => fireEvent.click(screen.getByTestId("offer-accept")));
    const opened = calls.find(([command]) => command === "session_open")?.[1];
    expect(opened).toMatchObject({ start: { protocol: "rdp" }, linked: { "rdp.port": 3390, "rdp.clipboard": "text" } });
  });
});

describe("what has become of something whose tab is closed", () => {
  it("is said beside the tabs", async () => {
    const { desk } = await asked("");
    render(<Toasts Help={() => null} />);
    const remark = { kind: "limited", title: "Trouble with printing from win-1", advice: "Office did not get it." } as const;
    await act(() => desk.follow({ kind: "remark", remark }));
    expect(screen.getByText("Trouble with printing from win-1")).toBeTruthy();
    expect(screen.getByText("Office did not get it.")).toBeTruthy();
  });
});
