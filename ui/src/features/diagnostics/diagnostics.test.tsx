import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";

import { demoBackend } from "../../platform/demo/demo";
import { Model, ModelContext } from "../../platform/model";
import { deskOf } from "../window/desk";
import { DiagnosticsDialog } from "./DiagnosticsDialog";
import { words } from "./words";

afterEach(cleanup);

/** The open dialog, and a way to answer what it asked for last. */
async function opened() {
  const backend = demoBackend(new URLSearchParams("scene=tree"));
  let answer: { resolve: (text: never) => void; reject: (failure: unknown) => void } | null = null;
  const model = new Model({
    ...backend,
    call: (command, args) =>
      command === "diagnostics"
        ? new Promise((resolve, reject) => {
            answer = { resolve, reject };
          })
        : backend.call(command, args),
  });
  await model.open();
  await act(async () => {
    render(
      <ModelContext value={model}>
        <DiagnosticsDialog />
      </ModelContext>,
    );
  });
  await act(async () => deskOf(model).change({ diagnostics: true }));
  return {
    say: (text: string) => act(async () => answer?.resolve(text as never)),
    fail: () => act(async () => answer?.reject({ code: "internal", title: "It broke", advice: "", facts: [], actions: [], server: null })),
    text: () => screen.getByTestId("diagnostics-text").textContent,
    copy: () => screen.getByTestId<HTMLButtonElement>("diagnostics-copy"),
  };
}

it("shows and copies no text under the switch of another one", async () => {
  const { say, text, copy } = await opened();
  await say("vm-1");
  expect([text(), copy().disabled]).toEqual(["vm-1", false]);
  await act(async () => fireEvent.click(screen.getByRole("switch")));
  expect([text(), copy().disabled]).toEqual([words.gathering, true]);
  await say("web-1");
  expect(text()).toBe("web-1");
});

it("says in its place that it failed, and tries again", async () => {
  const { say, fail, text } = await opened();
  await fail();
  expect(screen.getByRole("alert").textContent).toContain("It broke");
  await act(async () => fireEvent.click(screen.getByTestId("diagnostics-again")));
  await say("vm-1");
  expect(text()).toBe("vm-1");
});
