import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";

import { demoBackend } from "../../platform/demo/demo";
import { sceneProfiles } from "../../platform/demo/profileScenes";
import { failures, session } from "../../platform/demo/scenes";
import { Model, ModelContext } from "../../platform/model";
import { Desk, deskOf } from "../window/desk";
import { START_MOST } from "../window/profiles";
import { concerning } from "./concerning";
import { Imported } from "./Imported";
import { ProfileForm } from "./ProfileForm";
import { entriesOf, type MenuDoes } from "./profileMenu";
import { meantBy } from "./SearchField";
import { doingOf } from "./state";
import { keyOfFolder, keyOfProfile } from "./tree";
import { withKept } from "./useProfiles";
import { startedRemark, words } from "./words";

afterEach(cleanup);

async function modelOf(scene: string) {
  const backend = demoBackend(new URLSearchParams(`scene=${scene}`));
  const calls: [string, unknown][] = [];
  const model = new Model({
    ...backend,
    call: (command, args) => {
      calls.push([command, args]);
      return backend.call(command, args);
    },
  });
  await model.open();
  const called = (name: string) => calls.filter(([command]) => command === name).map(([, args]) => args);
  return { model, called };
}

const infos = sceneProfiles("profiles");
const info = (id: string) => {
  const found = infos.find((one) => one.id === id);
  if (found === undefined) {
    throw new Error(`no profile ${id}`);
  }
  return found;
};

describe("the list", () => {
  it("is asked for once until something of it changes", async () => {
    const { model, called } = await modelOf("profiles");
    await Promise.all([model.profiles(), model.profiles()]);
    expect(called("profiles")).toHaveLength(1);
    await model.backend.call("profile_remove", { ids: ["p-7"] });
    expect(model.state.profilesRevision).toBe(1);
    expect((await model.profiles()).profiles.map(({ id }) => id)).not.toContain("p-7");
    expect(called("profiles")).toHaveLength(2);
  });

  it("keeps what is the same, so that it is not drawn again", async () => {
    const { model } = await modelOf("profiles");
    const before = await model.profiles();
    const told = structuredClone(before);
    const [first] = told.profiles;
    if (first !== undefined) {
      first.profile.name = "other";
    }
    const after = withKept(before, told);
    expect(after.profiles.map((one, at) => one === before.profiles[at])).toEqual([false, ...Array.from({ length: before.profiles.length - 1 }, () => true)]);
    expect(after.profiles[0]?.profile.name).toBe("other");
  });
});

describe("starting", () => {
  it("leaves alone what is on, and refuses more than core takes", async () => {
    const { model, called } = await modelOf("profiles");
    const desk = new Desk(model);
    await desk.profiles.start([info("p-4"), info("p-5"), info("p-7")]);
    expect(called("profile_start")).toEqual([{ ids: ["p-5", "p-7"] }]);
    await desk.profiles.start(sceneProfiles("profiles-many").slice(0, START_MOST + 1));
    expect(called("profile_start")).toHaveLength(1);
  });

  it("goes to what is on, and starts again what is over", async () => {
    const { model, called } = await modelOf("profiles");
    const desk = new Desk(model);
    await desk.profiles.go(info("p-4"));
    expect(called("profile_start")).toEqual([]);
    expect(called("session_show")).toEqual([{ id: "s-1" }]);
    await model.backend.call("session_cancel", { id: "s-1" });
    const over = (await model.profiles()).profiles.find(({ id }) => id === "p-4");
    expect(over?.state).toEqual({ kind: "idle" });
    await desk.profiles.go(over ?? info("p-4"));
    expect(called("profile_start")).toEqual([{ ids: ["p-4"] }]);
    // In the tab that is left of it.
    expect(model.state.sessions.filter(({ profile }) => profile === "p-4").map(({ id }) => id)).toEqual(["s-1"]);
  });

  it("says what did not start, by the first of several", () => {
    const failed = (id: string) => ({ id, session: null, tunnel: null, failure: failures.stopped });
    const fine = { id: "a", session: "s", tunnel: null, failure: null };
    expect(startedRemark([fine], String)).toBeNull();
    expect(startedRemark([fine, failed("b")], String)?.title).toBe(failures.stopped.title);
    expect(startedRemark([fine, failed("b"), failed("c")], (id) => id.toUpperCase())).toEqual({
      title: "2 of 3 profiles did not start",
      advice: `B: ${failures.stopped.title}. Each says why in the list of profiles.`,
    });
  });

  it("needs one VM where it leads to a search", async () => {
    const { model } = await modelOf("profiles");
    const [several] = await model.backend.call("profile_start", { ids: ["p-6"] });
    expect(several?.failure?.code).toBe("notFound");
    expect((await model.profiles()).profiles.find(({ id }) => id === "p-6")?.state.kind).toBe("failed");
  });
});

describe("a search", () => {
  it("means the VM that is called so before others that have the words", () => {
    expect(meantBy("web-1", ["web-10", "WEB-1", "web-11", "web-12"])).toEqual({ names: ["WEB-1"], more: false });
    expect(meantBy("web", ["web-1", "web-2", "web-3", "web-4"])).toEqual({ names: ["web-1", "web-2", "web-3"], more: true });
    expect(meantBy("db", ["db", "db"])).toEqual({ names: ["db", "db"], more: false });
    expect(meantBy("x", [])).toEqual({ names: [], more: false });
  });
});

describe("the state", () => {
  it("is that of what was started, and nothing once that is gone", () => {
    const on = { ...info("p-5"), state: { kind: "session", id: "s-1" } as const };
    expect(doingOf(on, session("s-1", "sql-win-2", { kind: "live" }))).toMatchObject({ kind: "on", mark: "ok" });
    expect(doingOf(on)).toMatchObject({ kind: "idle", word: "" });
    expect(doingOf(info("p-1"))).toMatchObject({ kind: "failed", word: "IAP does not let you into billing-db-7" });
    expect(doingOf(info("p-8"))).toMatchObject({ kind: "look", mark: "warn" });
  });
});

describe("the menu", () => {
  const does = new Proxy({} as MenuDoes, { get: () => () => {} });
  const ids = (keys: string[], chosen: string[], writable = true) =>
    entriesOf({ chosen: chosen.map(info), keys: new Set(keys), platform: "linux", writable, does }).flatMap((entry) =>
      entry === "separator" || entry.disabled === true ? [] : [entry.id],
    );

  it("offers what one, several and a folder have in them", () => {
    expect(ids([keyOfProfile("p-5")], ["p-5"])).toEqual(["start", "edit", "settings", "atLogin", "duplicate", "export", "remove"]);
    expect(ids([keyOfProfile("p-4")], ["p-4"])[0]).toBe("show");
    expect(ids([keyOfProfile("p-4"), keyOfProfile("p-5")], ["p-4", "p-5"])).toEqual(["start", "duplicate", "export", "remove"]);
    expect(ids([keyOfFolder(["Databases"])], ["p-1", "p-2", "p-3"])).toEqual(["start", "create", "folder", "rename", "export", "remove"]);
    expect(ids([keyOfFolder(["On call"])], [])).toEqual(["create", "folder", "rename", "remove"]);
  });

  it("changes nothing where they are only read", () => {
    expect(ids([keyOfProfile("p-5")], ["p-5"], false)).toEqual(["start", "export"]);
  });
});

describe("settings of a profile", () => {
  it("are those that what it opens has a use for", async () => {
    const { model } = await modelOf("profiles");
    const specs = await model.backend.call("settings_specs", {});
    const groups = (action: "ssh" | "rdp" | "forward") => [...new Set(concerning(specs, action).map(({ key }) => key.split(".")[0]))];
    expect(groups("rdp")).toContain("rdp");
    expect(groups("rdp")).not.toContain("terminal");
    expect(groups("ssh")).not.toContain("rdp");
    expect(groups("forward")).toEqual(groups("ssh").filter((group) => group !== "terminal"));
  });
});

describe("an import", () => {
  it("shows what it would start under a heading of its own, and each line once", async () => {
    const { model } = await modelOf("profiles");
    deskOf(model).change({ imported: { added: 2, folder: [], runs: ["db: psql -h {host}"], notes: ["Left out.", "Left out."] } });
    render(
      <ModelContext value={model}>
        <Imported />
      </ModelContext>,
    );
    const lines = (title: string) => [...screen.getByRole("list", { name: title }).children].map(({ textContent }) => textContent);
    expect(lines(words.importedRuns)).toEqual(["db: psql -h {host}"]);
    expect(lines(words.importedNotes)).toEqual(["Left out."]);
  });

  it("leaves a program unconfirmed until the form is saved", async () => {
    const { model, called } = await modelOf("profiles");
    const desk = deskOf(model);
    render(
      <ModelContext value={model}>
        <ProfileForm />
      </ModelContext>,
    );
    const { profile } = info("p-5");
    await act(async () => {
      await model.backend.call("profile_save", { id: "p-5", profile: { ...profile, unconfirmed: true } });
    });
    await act(async () => desk.profiles.edit("p-5"));
    expect(screen.getByTestId("profile-unconfirmed")).toBeTruthy();
    await act(async () => fireEvent.click(screen.getByTestId("profile-submit")));
    expect(called("profile_save").at(-1)).not.toHaveProperty("profile.unconfirmed");
  });
});

describe("what is removed", () => {
  it("is named, the first few of many", () => {
    expect(words.removeNames(["a", "b"])).toBe("a, b");
    expect(words.removeNames([..."abcdefgh"])).toBe("a, b, c, d, e, f and 2 more");
  });
});

describe("the form", () => {
  const shown = async (scene = "profiles") => {
    const made = await modelOf(scene);
    const desk = deskOf(made.model);
    await act(async () => {
      render(
        <ModelContext value={made.model}>
          <ProfileForm />
        </ModelContext>,
      );
    });
    return { ...made, desk };
  };

  it("opens with what a session would be saved as, and saves it", async () => {
    const { desk, called } = await shown();
    await act(async () => desk.profiles.saveAs({ kind: "session", id: "s-1" }));
    const name = screen.getByTestId<HTMLInputElement>("profile-form-name");
    expect(name.value).toBe("bastion-eu");
    fireEvent.change(name, { target: { value: "Bastion" } });
    await act(async () => fireEvent.click(screen.getByTestId("profile-submit")));
    expect(called("profile_save")).toEqual([{ id: null, profile: expect.objectContaining({ name: "Bastion", action: { kind: "ssh" } }) }]);
    expect(desk.state.profileForm).toBeNull();
    expect([...desk.state.profileKeys]).toHaveLength(1);
  });

  it("says what is missing before it saves anything", async () => {
    const { desk, called } = await shown();
    await act(async () => desk.profiles.create(["Databases"]));
    await act(async () => fireEvent.click(screen.getByTestId("profile-submit")));
    expect(screen.getByRole("alert").textContent).toBe("Choose a VM.");
    expect(called("profile_save")).toEqual([]);
  });

  it("keeps the settings of now, not those that it began with", async () => {
    const { desk, model, called } = await shown();
    await act(async () => desk.profiles.edit("p-5"));
    const saved = info("p-5").profile;
    await act(async () => {
      await model.backend.call("profile_save", { id: "p-5", profile: { ...saved, settings: { "rdp.sound": false } } });
    });
    await act(async () => fireEvent.click(screen.getByTestId("profile-submit")));
    expect(called("profile_save").at(-1)).toMatchObject({ id: "p-5", profile: { settings: { "rdp.sound": false } } });
  });

  it("has a new profile saved before it has settings of its own", async () => {
    const { desk, called } = await shown();
    await act(async () => desk.profiles.saveAs({ kind: "vm", instance: { project: "acme-prod", zone: "europe-west1-b", name: "sql-win-2" }, action: { kind: "rdp" } }));
    fireEvent.click(screen.getByTestId("profile-form-settings"));
    expect(screen.getByText(words.form.settingsFirst)).toBeTruthy();
    await act(async () => fireEvent.click(screen.getByTestId("profile-form-settings-save")));
    expect(called("profile_save")).toHaveLength(1);
    await vi.waitFor(() => expect(screen.getByTestId("setting-row-rdp.clipboard")).toBeTruthy());
    expect(called("settings_at").at(-1)).toMatchObject({ scope: { kind: "profile", instance: { name: "sql-win-2" } } });
  });
});
