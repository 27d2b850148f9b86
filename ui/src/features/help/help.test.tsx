import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";

import type { FailureCode } from "../../contract/FailureCode";
import { demoBackend } from "../../platform/demo/demo";
import { Model, ModelContext } from "../../platform/model";
import { deskOf } from "../window/desk";
import { commandFor } from "../window/keys";
import { focusRemarks, remark, remarkFailure, Toasts } from "../../design/toast";
import { HelpDialog } from "./HelpDialog";
import { HelpLink, TopicLink } from "./HelpLink";
import { HelpPage } from "./HelpPage";
import { BY_SETTING, CHAPTERS, topicOf, topicOfSetting, TOPICS } from "./topics";

afterEach(cleanup);

describe("topics", () => {
  const all = CHAPTERS.flatMap(({ topics }) => topics);

  it("stand in one chapter each", () => {
    expect(all.toSorted()).toEqual(Object.keys(TOPICS).toSorted());
    expect(new Set(all).size).toBe(all.length);
  });

  it("say what something means and what to check, in whole sentences", () => {
    for (const topic of all) {
      const { title, means, check } = TOPICS[topic];
      expect(title, topic).not.toMatch(/[.!]$/);
      expect(means.length, topic).toBeGreaterThan(0);
      expect(check.length, topic).toBeGreaterThan(0);
      for (const text of [...means, ...check]) {
        expect(text, topic).not.toMatch(/!|\bplease\b|\bsuccessfully\b/i);
      }
    }
  });

  it("name each key that is taken from a remote and that no rule names", () => {
    const places = ["Home", "End", "PageUp", "PageDown", "Enter", "Insert", "Delete", "ArrowLeft", "ArrowRight", "Tab", ...Array.from({ length: 12 }, (_, at) => `F${at + 1}`)];
    const named = (key: string) => key.replace("PageUp", "PgUp").replace("PageDown", "PgDn");
    let taken = 0;
    for (const focus of ["terminal", "desktop"] as const) {
      const text = TOPICS[focus].means.join(" ");
      for (const key of places) {
        for (const [ctrlKey, altKey] of [[true, true], [true, false], [false, true], [false, false]] as const) {
          if (commandFor({ key, code: key, ctrlKey, altKey, shiftKey: false, metaKey: false }, "linux", focus) !== null) {
            taken += 1;
            expect(text, `${focus}: ${key}`).toContain(["Ctrl", "Alt"].filter((_, at) => [ctrlKey, altKey][at]).concat(named(key)).join("+"));
          }
        }
      }
    }
    expect(taken).toBeGreaterThan(4);
  });

  it("are there for every kind of failure but a person's own wish", () => {
    const source = readFileSync(resolve(__dirname, "../../contract/FailureCode.ts"), "utf8");
    const codes = [...source.matchAll(/"([a-zA-Z]+)"/g)].map((found) => found[1] as FailureCode);
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => topicOf(code) === null)).toEqual(["cancelled"]);
  });

  it("are there for every setting that is declared, and of those that are named each is declared", async () => {
    const backend = demoBackend(new URLSearchParams("scene=tree"));
    const keys = (await backend.call("settings_specs", {})).map(({ key }) => key);
    expect(keys.filter((key) => !(topicOfSetting(key) in TOPICS))).toEqual([]);
    expect(Object.keys(BY_SETTING).filter((key) => !keys.includes(key))).toEqual([]);
  });
});

/** A window without tabs, as before the first sign-in, or with them. */
async function help(tabs: "absent" | "there", what: React.ReactNode) {
  const model = new Model(demoBackend(new URLSearchParams(tabs === "absent" ? "scene=signin" : "scene=tree")));
  await model.open();
  const desk = deskOf(model);
  if (tabs === "there") {
    desk.docked({ getPanel: () => undefined, addPanel: () => {} } as never);
  }
  render(
    <ModelContext value={model}>
      {what}
      <HelpDialog />
    </ModelContext>,
  );
  return desk;
}

describe("the page", () => {
  it("opens at the topic of the failure, and goes to others", async () => {
    const desk = await help(
      "there",
      <>
        <HelpLink code="backendUnreachable" />
        <HelpLink code="cancelled" />
        <HelpPage />
      </>,
    );
    act(() => fireEvent.click(screen.getByTestId("help")));
    expect(desk.state).toMatchObject({ helpAt: "silent", helpOver: null });
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe(TOPICS.silent.title);
    expect(document.activeElement).toBe(screen.getByRole("heading", { level: 1 }));
    act(() => fireEvent.click(screen.getByTestId("help-hostKey")));
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe(TOPICS.hostKey.title);
  });
});

describe("the help over the window", () => {
  it("is there without an account", async () => {
    const desk = await help("absent", <HelpLink code="network" />);
    act(() => fireEvent.click(screen.getByTestId("help")));
    const dialog = within(screen.getByTestId("help-dialog"));
    expect(dialog.getByRole("heading", { level: 1 }).textContent).toBe(TOPICS.network.title);
    act(() => fireEvent.click(dialog.getByTestId("help-signIn")));
    expect(dialog.getByRole("heading", { level: 1 }).textContent).toBe(TOPICS.signIn.title);
    act(() => fireEvent.click(dialog.getByTestId("help-close")));
    expect(screen.queryByTestId("help-dialog")).toBeNull();
    expect(desk.state.helpOver).toBeNull();
  });

  it("lies over a dialog, which goes on behind it", async () => {
    const desk = await help(
      "there",
      <div role="dialog" aria-label="A form">
        <TopicLink topic="forwards" />
      </div>,
    );
    act(() => fireEvent.click(screen.getByTestId("help")));
    expect(desk.state).toMatchObject({ helpAt: null, helpOver: "forwards" });
  });
});

describe("what went wrong beside the tabs", () => {
  it("leads to the help, and is read out beside what it says", async () => {
    await help("absent", <Toasts Help={HelpLink} />);
    act(() => remark({ title: "Copied", advice: "" }));
    act(() => remarkFailure({ code: "file", title: "The file could not be written", advice: "Look at it.", facts: [], actions: [], server: null }));
    const [plain, failed] = screen.getAllByTestId("toast").map((toast) => within(toast));
    expect(plain?.queryByTestId("help")).toBeNull();
    expect(failed?.getByTestId("help").dataset.topic).toBe("file");
    // Newest first to whoever asks for it, and Escape puts it away.
    act(() => void focusRemarks());
    expect(document.activeElement?.textContent).toContain("The file could not be written");
    act(() => void fireEvent.keyDown(document.activeElement as Element, { key: "Escape" }));
    expect(screen.getAllByTestId("toast")).toHaveLength(1);
  });

  it("leads to help over a dialog that is open, and in a tab otherwise", async () => {
    const desk = await help("there", <Toasts Help={HelpLink} />);
    act(() => remarkFailure({ code: "file", title: "The file could not be written", advice: "", facts: [], actions: [], server: null }));
    const link = () => within(screen.getAllByTestId("toast").at(-1) as HTMLElement).getByTestId("help");
    const dialog = document.body.appendChild(document.createElement("div"));
    dialog.role = "dialog";
    act(() => fireEvent.click(link()));
    expect(desk.state).toMatchObject({ helpAt: null, helpOver: "file" });
    dialog.remove();
    act(() => desk.change({ helpOver: null }));
    act(() => fireEvent.click(link()));
    expect(desk.state).toMatchObject({ helpAt: "file", helpOver: null });
  });
});
