import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";

import { demoBackend } from "../../platform/demo/demo";
import { Model, ModelContext, useAppState } from "../../platform/model";
import { chooseKeys } from "../window/keys";
import { KeyList } from "./KeyList";

afterEach(() => {
  cleanup();
  chooseKeys({});
});

function Page() {
  chooseKeys(useAppState((state) => state.keys));
  return <KeyList platform="linux" />;
}

async function page() {
  const model = new Model(demoBackend(new URLSearchParams("scene=tree")));
  await model.open();
  render(
    <ModelContext value={model}>
      <Page />
    </ModelContext>,
  );
  const line = (command: string) => within(screen.getByTestId(`key-${command}`));
  const press = async (command: string, stroke: Partial<KeyboardEventInit>) => {
    const button = line(command).getByRole("button", { name: /^Change the keys of/ });
    fireEvent.click(button);
    await act(async () => void fireEvent.keyDown(button, stroke));
  };
  return { model, line, press };
}

describe("the list of keys", () => {
  it("takes other keys for a command, and gives the usual ones back", async () => {
    const { model, line, press } = await page();
    await press("tunnels", { key: "j", code: "KeyJ", ctrlKey: true });
    expect(model.state.keys).toEqual({ tunnels: ["Ctrl+J"] });
    expect(line("tunnels").getByText("Ctrl+J")).toBeTruthy();
    await press("explain", { key: "u", code: "KeyU", ctrlKey: true, shiftKey: true });
    expect(model.state.keys["explain"]).toEqual(["Ctrl+Shift+U"]);
    await act(async () => void fireEvent.click(line("tunnels").getByRole("button", { name: /^Back to the usual keys/ })));
    expect(model.state.keys).toEqual({ explain: ["Ctrl+Shift+U"] });
    await act(async () => void fireEvent.click(screen.getByTestId("keys-reset")));
    expect(model.state.keys).toEqual({});
  });

  it("says whose keys they are, and that letters are typed", async () => {
    const { model, line, press } = await page();
    await press("tunnels", { key: "k", code: "KeyK", ctrlKey: true });
    expect(line("tunnels").getByRole("alert").textContent).toMatch(/Palette/);
    await press("tunnels", { key: "j", code: "KeyJ" });
    expect(line("tunnels").getByRole("alert").textContent).toMatch(/need Ctrl/);
    await press("giveBack", { key: "j", code: "KeyJ", ctrlKey: true, shiftKey: true });
    expect(line("giveBack").getByRole("alert").textContent).toMatch(/A desktop has every other key/);
    expect(model.state.keys).toEqual({});
  });

  it("gives no key back that another command has by now", async () => {
    const { model, line, press } = await page();
    await press("tunnels", { key: "j", code: "KeyJ", ctrlKey: true });
    await press("explain", { key: "l", code: "KeyL", ctrlKey: true, shiftKey: true });
    const before = model.state.keys;
    expect(before["explain"]).toEqual(["Ctrl+Shift+L"]);
    await act(async () => void fireEvent.click(line("tunnels").getByRole("button", { name: /^Back to the usual keys/ })));
    expect(model.state.keys).toEqual(before);
    expect(line("tunnels").getByRole("alert").textContent).toMatch(/explain/i);
  });

  it("leaves a command without keys, but never the way back from a remote", async () => {
    const { model, line, press } = await page();
    await act(async () => void fireEvent.click(line("palette").getByRole("button", { name: /^Leave without keys/ })));
    expect(model.state.keys).toEqual({ palette: [] });
    expect(line("palette").getByText("no keys")).toBeTruthy();
    expect(line("palette").queryByRole("button", { name: /^Leave without keys/ })).toBeNull();
    // Another can have them now, and then this one cannot have them back.
    await press("tab4", { key: "k", code: "KeyK", ctrlKey: true });
    expect(model.state.keys).toEqual({ palette: [], tab4: ["Ctrl+K"] });
    await act(async () => void fireEvent.click(line("palette").getByRole("button", { name: /^Back to the usual keys/ })));
    expect(line("palette").getByRole("alert").textContent).toMatch(/Go to tab 4/);
    expect(line("giveBack").queryByRole("button", { name: /^Leave without keys/ })).toBeNull();
  });

  it("says that a key is a tab's", async () => {
    const { model, line, press } = await page();
    await press("tunnels", { key: "7", code: "Digit7", ctrlKey: true });
    expect(line("tunnels").getByRole("alert").textContent).toMatch(/Go to tab 7/);
    expect(model.state.keys).toEqual({});
  });

  it("is left by Escape with nothing changed", async () => {
    const { model, line, press } = await page();
    await press("tunnels", { key: "Escape", code: "Escape" });
    expect(line("tunnels").queryByText(/Press the keys/)).toBeNull();
    expect(model.state.keys).toEqual({});
  });
});
