import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";

import type { FailureCode } from "../../contract/FailureCode";
import { demoBackend } from "../../platform/demo/demo";
import { Model, ModelContext } from "../../platform/model";
import { deskOf } from "../window/desk";
import { HelpLink } from "./HelpLink";
import { HelpPage } from "./HelpPage";
import { CHAPTERS, topicOf, topicOfSetting, TOPICS } from "./topics";

afterEach(cleanup);

describe("topics", () => {
  const all = CHAPTERS.flatMap(({ topics }) => topics);

  it("stand in one chapter each", () => {
    expect(all.toSorted()).toEqual(Object.keys(TOPICS).toSorted());
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

  it("are there for every kind of failure but a person's own wish", () => {
    const source = readFileSync(resolve(__dirname, "../../contract/FailureCode.ts"), "utf8");
    const codes = [...source.matchAll(/"([a-zA-Z]+)"/g)].map((found) => found[1] as FailureCode);
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => topicOf(code) === null)).toEqual(["cancelled"]);
  });

  it("are there for settings that are declared", async () => {
    const backend = demoBackend(new URLSearchParams("scene=tree"));
    const specs = await backend.call("settings_specs", {});
    expect(specs.filter(({ key }) => topicOfSetting(key) !== null).map(({ key }) => key)).toEqual([
      "rdp.security",
      "rdp.clipboard",
      "rdp.folders",
      "rdp.foldersAccess",
      "rdp.printers",
      "access.publicAddress",
    ]);
  });
});

describe("the page", () => {
  it("opens at the topic of the failure, and goes to others", async () => {
    const model = new Model(demoBackend(new URLSearchParams("scene=tree")));
    await model.open();
    render(
      <ModelContext value={model}>
        <HelpLink code="backendUnreachable" />
        <HelpLink code="cancelled" />
        <HelpPage />
      </ModelContext>,
    );
    act(() => fireEvent.click(screen.getByTestId("help")));
    expect(deskOf(model).state.helpAt).toBe("silent");
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe(TOPICS.silent.title);
    expect(document.activeElement).toBe(screen.getByRole("heading", { level: 1 }));
    act(() => fireEvent.click(screen.getByTestId("help-hostKey")));
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe(TOPICS.hostKey.title);
  });
});
