import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";

import { demoBackend } from "../../platform/demo/demo";
import { Model, ModelContext } from "../../platform/model";
import { deskOf } from "./desk";
import { useCommandKeys } from "./useCommandKeys";

afterEach(cleanup);

function Keyed({ children }: { children: React.ReactNode }) {
  useCommandKeys("there");
  return children;
}

/** A window with tabs, a message in front of it, and beside it what is given. */
async function pressed(beside: React.ReactNode) {
  const model = new Model(demoBackend(new URLSearchParams("scene=tree")));
  await model.open();
  const desk = deskOf(model);
  const pages: string[] = [];
  desk.docked({ getPanel: () => undefined, addPanel: ({ id }: { id: string }) => pages.push(id) } as never);
  render(
    <ModelContext value={model}>
      <Keyed>
        <button type="button">A message</button>
        {beside}
      </Keyed>
    </ModelContext>,
  );
  /** Presses keys where the message has the keyboard. */
  const press = (stroke: Partial<KeyboardEventInit>) => act(() => void fireEvent.keyDown(screen.getByText("A message"), stroke));
  return { desk, pages, press };
}

const F1 = { key: "F1", code: "F1" };
const PALETTE = { key: "k", code: "KeyK", ctrlKey: true };
const SESSIONS = { key: "A", code: "KeyA", ctrlKey: true, shiftKey: true };

describe("keys while a message has the keyboard", () => {
  it("are the window's where no dialog is open", async () => {
    const { desk, pages, press } = await pressed(null);
    press(F1);
    press(SESSIONS);
    expect(pages).toEqual(["help", "overview"]);
    press(PALETTE);
    expect(desk.state).toMatchObject({ overlay: "palette", helpOver: null });
  });

  it("do nothing behind a dialog that is open, and show the help over it", async () => {
    const { desk, pages, press } = await pressed(
      <div role="dialog" aria-label="A form">
        <button type="button" data-testid="help" data-topic="forwards">
          Help
        </button>
      </div>,
    );
    press(PALETTE);
    press(SESSIONS);
    expect(desk.state.overlay).toBe("none");
    press(F1);
    expect(desk.state).toMatchObject({ helpAt: null, helpOver: "forwards" });
    expect(pages).toEqual([]);
  });

  it("are the window's beside a question in a tab, which hides nothing", async () => {
    const { desk, press } = await pressed(
      <div className="window">
        <div role="alertdialog" aria-label="End the session?" />
      </div>,
    );
    press(PALETTE);
    expect(desk.state.overlay).toBe("palette");
  });
});
