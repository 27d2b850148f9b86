import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";

import type { Scope } from "../../contract/Scope";
import type { SettingSpec } from "../../contract/SettingSpec";
import { demoBackend } from "../../platform/demo/demo";
import { Model, ModelContext } from "../../platform/model";
import { SettingsView } from "./SettingsPage";
import { groupsOf } from "./shown";
import { useEnvironment } from "./useEnvironment";
import { valueWord } from "./words";

const WEB_1 = { project: "acme-prod", zone: "europe-west1-b", name: "web-1" };
const VM: Scope = { kind: "vm", instance: WEB_1 };
const PROJECT: Scope = { kind: "project", project: "acme-prod" };

afterEach(cleanup);

async function page(at: Scope, parameters = "") {
  const model = new Model(demoBackend(new URLSearchParams(parameters)));
  await model.open();
  const gone: Scope[] = [];
  await act(async () => {
    render(
      <ModelContext value={model}>
        <SettingsView at={at} onGo={(to) => gone.push(to)} />
      </ModelContext>,
    );
  });
  const row = (key: string) => within(screen.getByTestId(`setting-row-${key}`));
  const value = async (key: string, place: Scope) => (await model.settingsAt(place)).find((state) => state.key === key);
  return { model, gone, row, value };
}

describe("the page", () => {
  it("shows what a place has, and every control has its name and its explanation", async () => {
    const { model } = await page({ kind: "everywhere" });
    const specs = await model.backend.call("settings_specs", {});
    const shown = specs.filter((spec) => spec.needs === null);
    for (const spec of shown) {
      const group = screen.getByTestId(`setting-row-${spec.key}`);
      expect(group.getAttribute("aria-labelledby")).not.toBeNull();
      const control = group.querySelector(".setting-control [aria-describedby], .setting-control input");
      expect(control, spec.key).not.toBeNull();
    }
    expect(screen.getAllByRole("group").length).toBeGreaterThanOrEqual(shown.length);
  });

  it("leaves out at a VM what holds everywhere", async () => {
    await page(VM);
    expect(screen.queryByTestId("setting-row-terminal.fontSize")).toBeNull();
    expect(screen.getByTestId("setting-row-rdp.port")).toBeDefined();
  });

  it("says where a value comes from, and leads there", async () => {
    const { row, gone } = await page(VM, "settings");
    fireEvent.click(row("appearance.environment").getByRole("button", { name: "project acme-prod" }));
    expect(gone).toEqual([PROJECT]);
    expect(document.activeElement?.tagName).toBe("H1");
    expect(screen.queryByTestId("setting-reset-appearance.environment")).toBeNull();
  });

  it("marks what was set here, and lets go of it", async () => {
    const { row, value } = await page(PROJECT, "settings");
    expect(screen.getByTestId("setting-row-rdp.user").dataset.changed).toBe("true");
    expect(row("rdp.user").getByText("Set here.")).toBeDefined();
    await act(async () => {
      fireEvent.click(row("rdp.user").getByRole("button", { name: "Reset User to none" }));
    });
    expect(await value("rdp.user", PROJECT)).toMatchObject({ value: "", origin: { kind: "default" } });
    expect(screen.getByTestId("setting-row-rdp.user").dataset.changed).toBeUndefined();
  });

  it("saves at once, and says in place what cannot be kept", async () => {
    const { row, value } = await page(VM);
    const field = row("rdp.port").getByRole<HTMLInputElement>("textbox", { name: "Port" });
    fireEvent.change(field, { target: { value: "70000" } });
    await act(async () => {
      fireEvent.blur(field);
    });
    expect(row("rdp.port").getByRole("alert").textContent).toBe("Write a whole number from 1 to 65,535.");
    expect(field.getAttribute("aria-invalid")).toBe("true");
    expect(await value("rdp.port", VM)).toMatchObject({ value: 3389 });
    fireEvent.change(field, { target: { value: "3390" } });
    await act(async () => {
      fireEvent.keyDown(field, { key: "Enter" });
    });
    expect(row("rdp.port").queryByRole("alert")).toBeNull();
    expect(await value("rdp.port", VM)).toMatchObject({ value: 3390, origin: { kind: "scope", scope: VM } });
    fireEvent.change(field, { target: { value: "1" } });
    fireEvent.keyDown(field, { key: "Escape" });
    expect(field.value).toBe("3390");
  });

  it("shows what core refuses beside the field", async () => {
    const { model, row } = await page({ kind: "everywhere" });
    expect(screen.queryByTestId("setting-row-access.publicAddressService")).toBeNull();
    await act(() => model.setSetting("access.publicAddress", "echo"));
    const field = row("access.publicAddressService").getByRole("textbox");
    fireEvent.change(field, { target: { value: "http://ip.acme.example" } });
    await act(async () => {
      fireEvent.blur(field);
    });
    expect(row("access.publicAddressService").getByRole("alert").textContent).toBe("It has to begin with https://.");
  });

  it("locks what an organisation has fixed", async () => {
    const { row } = await page(VM, "policy");
    expect(row("rdp.folders").getByRole<HTMLTextAreaElement>("textbox").disabled).toBe(true);
    expect(row("rdp.folders").getByText("Set by your organisation.")).toBeDefined();
    expect(screen.queryByTestId("setting-reset-rdp.folders")).toBeNull();
  });

  it("finds settings by their words", async () => {
    await page({ kind: "everywhere" });
    fireEvent.change(screen.getByTestId("settings-search"), { target: { value: "paste lines" } });
    expect(screen.getAllByTestId(/^setting-row-/).map((row) => row.dataset.testid)).toEqual(["setting-row-terminal.confirmPaste"]);
    fireEvent.change(screen.getByTestId("settings-search"), { target: { value: "xyzzy" } });
    expect(screen.getByRole("status").textContent).toContain("xyzzy");
  });
});

describe("a setting that needs another", () => {
  it("is shown where it has an effect", () => {
    const base = { help: "", group: "G", kind: { kind: "toggle" }, default: false, scopes: ["everywhere"] } as const;
    const specs: SettingSpec[] = [
      { ...base, key: "a.one", title: "One", scopes: ["everywhere"], needs: null },
      { ...base, key: "a.two", title: "Two", scopes: ["everywhere"], needs: { key: "a.one", value: true } },
    ];
    const state = (key: string, value: boolean) =>
      ({ key, value, origin: { kind: "default" }, inherited: value, inheritedOrigin: { kind: "default" }, locked: false, problem: null }) as const;
    const keys = (on: boolean) =>
      groupsOf(specs, [state("a.one", on), state("a.two", false)], "").flatMap(({ settings }) => settings.map(({ spec }) => spec.key));
    expect(keys(false)).toEqual(["a.one"]);
    expect(keys(true)).toEqual(["a.one", "a.two"]);
  });
});

describe("a value", () => {
  it("is shown in words", () => {
    expect(valueWord(true, { kind: "toggle" })).toBe("on");
    expect(valueWord("b", { kind: "choice", options: [{ value: "b", title: "Both", help: "" }] })).toBe("Both");
    expect(valueWord([], { kind: "list", max: 8, hint: "" })).toBe("none");
    expect(valueWord(["/a", "/b"], { kind: "list", max: 8, hint: "" })).toBe("/a, /b");
  });
});

describe("the environment of a VM", () => {
  it("follows the settings of its project at once", async () => {
    const model = new Model(demoBackend(new URLSearchParams()));
    await model.open();
    const Shown = () => <output>{useEnvironment({ instance: WEB_1, profile: null })}</output>;
    await act(async () => {
      render(
        <ModelContext value={model}>
          <Shown />
        </ModelContext>,
      );
    });
    expect(screen.getByRole("status").textContent).toBe("none");
    await act(() => model.setSetting("appearance.environment", "production", PROJECT));
    expect(screen.getByRole("status").textContent).toBe("production");
  });

  it("goes by the profile that a session was started from", async () => {
    const model = new Model(demoBackend(new URLSearchParams()));
    await model.open();
    const Shown = () => <output>{useEnvironment({ instance: WEB_1, profile: "1" })}</output>;
    await act(() => model.setSetting("appearance.environment", "production", { kind: "profile", id: "1", instance: null }));
    await act(async () => {
      render(
        <ModelContext value={model}>
          <Shown />
        </ModelContext>,
      );
    });
    expect(screen.getByRole("status").textContent).toBe("production");
  });
});
