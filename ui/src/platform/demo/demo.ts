/** The double's commands. */

import type { Desk } from "../../contract/Desk";
import type { DesktopSize } from "../../contract/DesktopSize";
import type { Event } from "../../contract/Event";
import type { InstanceRef } from "../../contract/InstanceRef";
import type { InstanceStatus } from "../../contract/InstanceStatus";
import type { InventoryState } from "../../contract/InventoryState";
import type { Protocol } from "../../contract/Protocol";
import type { SessionInfo } from "../../contract/SessionInfo";
import type { SessionState } from "../../contract/SessionState";
import type { Layout } from "../../contract/Layout";
import type { Snapshot } from "../../contract/Snapshot";
import type { Backend } from "../backend";
import type { CommandName, Commands } from "../ipc";
import { DemoFiles } from "./copiedFiles";
import { DemoDesktop, DemoDesktopSocket } from "./desktop";
import { DemoExplain } from "./explain/explain";
import { demoProjects, DemoTree, keyOf, manyProjects } from "./inventory";
import { sceneAsking, sceneDesktop, sceneDisplays, sceneNotes } from "./desktopScenes";
import { DemoProfiles } from "./profiles";
import { sceneDiagnostics } from "./diagnostics";
import { failures, sceneDesk, sceneSessions, sceneSignIn, sceneWants, session } from "./scenes";
import { DemoSettings } from "./settings";
import { DemoShellSocket, demoTranscript } from "./shell";
import { DemoTunnels } from "./tunnels";
import { DemoUpdates } from "./updates";

type Handlers = { [C in CommandName]: (args: Commands[C]["args"]) => Commands[C]["result"] | Promise<Commands[C]["result"]> };

const EXPANDED = ["acme-prod", "acme-prod/europe-west1-b"];

/** A double in the scene that the parameters name. */
export function demoBackend(parameters: URLSearchParams): Backend {
  const scene = parameters.get("scene") ?? "tree";
  const now = Date.now();
  const listeners = new Set<(event: Event) => void>();
  const tell = (event: Event) => {
    for (const listener of listeners) {
      listener(event);
    }
  };

  const tunnels = new DemoTunnels(scene, tell);
  const explain = new DemoExplain(
    scene.startsWith("explain-") ? scene.slice("explain-".length) : null,
    Number(parameters.get("pace") ?? 260),
    tell,
    { session: (id) => find(id), tunnel: (id) => tunnels.tunnels.find((known) => known.id === id) },
  );
  const projects =
    scene === "empty" || scene === "loading" || scene === "listing-failed"
      ? []
      : parameters.has("many")
        ? manyProjects()
        : demoProjects();
  const tree = new DemoTree(projects, parameters.has("many") ? [] : EXPANDED);
  if (parameters.has("favourites")) {
    tree.favourites = ["web-1", "sql-win-2"].flatMap((name) => tree.all().find(({ ref }) => ref.name === name)?.ref ?? []);
  }
  let listedAt: number | null = scene === "loading" ? null : now - 2 * 60_000 - 5000;
  let sessions = sceneSessions(scene, now);
  // What comes after a live session needs one first: the terminal has its content from it.
  const after = sessions.at(-1);
  if (after !== undefined && ["resuming", "ended", "lost", "desktop-resuming", "desktop-reconnecting", "desktop-ended", "desktop-lost", "desktop-asked-again"].includes(scene)) {
    sessions = [...sessions.slice(0, -1), { ...after, state: { kind: "live" } }];
    setTimeout(() => update(after.id, { state: after.state }), scene.startsWith("desktop") ? 1800 : 900);
  }
  let clipboard = parameters.get("clipboard") ?? "cd /srv/app\ngit pull --ff-only\nsudo systemctl restart nginx\n";
  let next = 100;
  let layout: Layout = { explorerWidth: 272, explorerOpen: !parameters.has("collapsed"), projectsAsked: false };
  const settings = new DemoSettings(parameters, tell);
  tree.preflight = settings.window().preflight;
  const found = tree.projects;
  const isChosen = (name: string) => {
    const chosen = settings.everywhere("explorer.projects") as string[];
    return chosen.length === 0 || chosen.includes(name);
  };
  const settingsChanged = () => {
    const chosen = found.filter(({ name }) => isChosen(name));
    if (chosen.length !== tree.projects.length) {
      tree.projects = chosen;
      treeChanged();
    }
    const { preflight } = settings.window();
    if (tree.preflight !== preflight) {
      tree.preflight = preflight;
      treeChanged();
    }
  };
  let accounts: Snapshot["accounts"] = scene.startsWith("signin")
    ? scene === "signin-needed"
      ? [{ id: "1", email: "ana@acme.example", source: "browser", state: "signInNeeded" }]
      : []
    : [{ id: "1", email: "ana@acme.example", source: "browser", state: "ready" }];

  const inventory = (): InventoryState => ({
    loading: scene === "loading" && listedAt === null,
    projects: tree.projects.length,
    leftOut: found.length - tree.projects.length,
    projectsFound: scene !== "loading",
    instances: tree.all().length,
    rows: tree.rows().length,
    listedAt,
    problems:
      scene === "listing-failed"
        ? [{ place: "", code: "network", text: "Google's Resource Manager did not answer within 30 seconds" }]
        : tree.projects
            .filter((project) => project.problem !== null)
            .map((project) => ({
              place: project.name,
              code: "permissionDenied",
              text: `You lack compute.instances.list on ${project.name}. Ask for the role Compute Viewer.`,
            })),
    revision: tree.revision,
  });
  const treeChanged = () => {
    tree.changed();
    tell({ kind: "inventory", value: inventory() });
  };
  const update = (id: string, change: Partial<SessionInfo>) => {
    sessions = sessions.map((known) => (known.id === id ? { ...known, ...change } : known));
    const changed = sessions.find((known) => known.id === id);
    if (changed !== undefined) {
      tell({ kind: "session", value: changed });
      if (changed.profile !== null && change.state !== undefined) {
        tell({ kind: "profiles" });
      }
    }
  };
  const updates = new DemoUpdates(parameters.get("update"), tell, () => ({
    sessions: sessions.filter(({ state }) => state.kind === "live").length,
    tunnels: tunnels.tunnels.filter(({ state }) => state.kind === "live" || state.kind === "listening").length,
  }));
  const find = (id: string) => sessions.find((known) => known.id === id);
  const files = new DemoFiles(find, update);
  let keys: Snapshot["keys"] = {};
  let desk: Desk | null = parameters.has("left") ? sceneDesk(parameters.get("left") === "crash" ? "crash" : "quit") : null;
  const desktops = new Map<string, DemoDesktop>();
  let size: DesktopSize = { width: 1280, height: 800, scale: 100 };
  const desktop = (id: string) => {
    const known = desktops.get(id);
    const made =
      known ??
      new DemoDesktop(find(id)?.instance.name ?? "vm", size, {
        size: parameters.has("fixed") ? "fixed" : "follows",
        onSignOut: () => update(id, { state: { kind: "ended", end: { kind: "said", text: "You signed out" } } }),
      });
    desktops.set(id, made);
    return made;
  };

  /** The desktops that somebody has signed in to. */
  const answered = new Set<string>();
  /** Walks through the steps of a connection to its end. */
  const connect = (id: string) => {
    const start = Date.now();
    const name = find(id)?.instance.name ?? "";
    const rdp = find(id)?.protocol === "rdp";
    const steps: [number, SessionState][] = [
      [0, { kind: "connecting", step: "readVm", text: `Reading ${name}`, since: start }],
      [500, { kind: "connecting", step: "openTunnel", text: `Opening a tunnel to ${name}`, since: start }],
      [1200, rdp && !answered.has(id) ? sceneAsking("credentials") : { kind: "connecting", step: "signIn", text: `Signing in to ${name}`, since: start }],
      ...(rdp && !answered.has(id) ? [] : ([[1800, { kind: "live" }]] as [number, SessionState][])),
    ];
    const instance = tree.all().find((i) => i.ref.name === name);
    const stopped = instance?.status === "stopped";
    for (const [delay, state] of steps) {
      setTimeout(() => {
        if (find(id)?.state.kind !== "failed") {
          const failure = { ...failures.stopped, title: `${name} is stopped` };
          update(id, { state: stopped && delay > 0 ? { kind: "failed", failure, wasLive: false } : state });
        }
      }, delay);
    }
  };

  const open = (instance: InstanceRef, protocol: Protocol, profile: string | null, tab: "any" | "new" = "any") => {
    // A tab that is left of a profile's last start takes the next one.
    const left = profile === null || tab === "new" ? undefined : sessions.find((known) => known.profile === profile);
    next += left === undefined ? 1 : 0;
    const id = left?.id ?? `s-${next}`;
    if (left !== undefined) {
      update(id, { attempt: left.attempt + 1, state: { kind: "connecting", step: "readVm", text: "", since: Date.now() } });
      connect(id);
      return id;
    }
    const opened = session(
      id,
      instance.name,
      { kind: "connecting", step: "readVm", text: "", since: Date.now() },
      { instance, protocol, profile, desktop: protocol === "rdp" ? sceneDesktop() : null },
    );
    sessions = [...sessions, opened];
    tell({ kind: "session", value: opened });
    connect(id);
    return id;
  };

  const profiles = new DemoProfiles(scene, tell, {
    search: (text) => tree.search(text, 20),
    open,
    forward: (spec, profile) => tunnels.add(spec, true, profile),
    session: find,
    tunnel: (id) => tunnels.tunnels.find((known) => known.id === id && known.state.kind !== "stopped"),
  });
  for (const { id, profile } of profiles.list().profiles) {
    settings.keep(id, profile.settings);
  }

  const setStatus = (name: string, status: InstanceStatus) => {
    for (const instance of tree.all()) {
      if (instance.ref.name === name) {
        instance.status = status;
      }
    }
    treeChanged();
  };

  const handlers: Handlers = {
    snapshot: () => ({
      version: "0.1.0",
      platform: navigator.userAgent.includes("Mac") ? "macos" : "linux",
      cloud: scene.startsWith("signin") && !parameters.has("local") && scene !== "signin-needed"
        ? {
            kind: "google",
            name: "Google Cloud",
            hasClient: scene !== "signin-noclient",
            hasApplicationDefault: !parameters.has("noadc"),
            demo: parameters.has("nodemo") ? "unavailable" : "offered",
          }
        : { kind: "local", name: "Demo cloud", hasClient: true, hasApplicationDefault: false, demo: parameters.has("demo") ? "running" : "unavailable" },
      accounts,
      keychain: parameters.has("nokeychain") ? "absent" : parameters.has("locked") ? "locked" : "available",
      signIn: sceneSignIn(scene),
      inventory: inventory(),
      sessions,
      tunnels: tunnels.tunnels,
      gateway: tunnels.gateway,
      settings: settings.window(),
      layout,
      keys,
      update: updates.info,
      ...(parameters.has("trouble") ? { trouble: failures.settings } : {}),
    }),
    sign_in: () => {
      tell({ kind: "signIn", value: sceneSignIn("signin-waiting") });
      setTimeout(() => tell({ kind: "signIn", value: { kind: "exchanging" } }), 2500);
      setTimeout(() => {
        accounts = [{ id: "1", email: "ana@acme.example", source: "browser", state: "ready" }];
        tell({ kind: "signIn", value: { kind: "idle" } });
        tell({ kind: "accounts", value: accounts });
      }, 3200);
    },
    sign_in_cancel: () => tell({ kind: "signIn", value: { kind: "idle" } }),
    sign_out: () => {
      accounts = [];
      tell({ kind: "accounts", value: accounts });
    },
    choose_client_file: () => null,
    demo_start: () =>
      new Promise((resolve, reject) => {
        setTimeout(() => {
          if (parameters.has("broken")) {
            // oxlint-disable-next-line prefer-promise-reject-errors -- the contract's failures are plain data
            reject(failures.unreachable);
          } else {
            window.location.search = "?scene=signin&local&demo";
            resolve();
          }
        }, 1500);
      }),
    demo_leave: () => {
      window.location.search = "?scene=signin";
    },
    projects: () => found.map(({ name, title }) => ({ id: name, name: title, chosen: isChosen(name) })),
    refresh: () => {
      tell({ kind: "inventory", value: { ...inventory(), loading: true } });
      setTimeout(() => {
        listedAt = Date.now();
        treeChanged();
      }, 1500);
    },
    tree_rows: ({ offset, count }) =>
      new Promise((resolve) => setTimeout(() => resolve(tree.window(offset, count)), parameters.has("slow") ? 3000 : 4)),
    tree_toggle: ({ id, expanded }) => {
      tree.toggle(id, expanded);
      tell({ kind: "inventory", value: inventory() });
    },
    tree_filter: ({ text }) => {
      tree.filter(text);
      tell({ kind: "inventory", value: inventory() });
    },
    tree_find: ({ prefix, from }) => tree.find(prefix, from),
    search: ({ text, limit }) => tree.search(text, limit),
    instance_action: ({ instance, action }) => {
      const [going, gone] = {
        start: ["staging", "running"] as const,
        resume: ["staging", "running"] as const,
        stop: ["stopping", "stopped"] as const,
        suspend: ["suspending", "suspended"] as const,
        reset: ["running", "running"] as const,
      }[action];
      setStatus(instance.name, going);
      setTimeout(() => setStatus(instance.name, gone), 3000);
    },
    favourite_set: ({ instance, favourite }) => {
      tree.favourites = tree.favourites.filter((known) => keyOf(known) !== keyOf(instance));
      if (favourite) {
        tree.favourites.push(instance);
      }
      treeChanged();
    },
    profiles: () => profiles.list(),
    profile_save: ({ id, profile }) => {
      const made = profiles.save(id, profile);
      settings.keep(made, profile.settings);
      return made;
    },
    profile_remove: ({ ids }) => {
      profiles.remove(ids);
      return null;
    },
    profile_arrange: ({ ids, folder, before }) => profiles.arrange(ids, folder, before),
    profile_duplicate: ({ ids }) => profiles.duplicate(ids),
    profile_folder: ({ change }) => profiles.folder(change),
    profile_start: ({ ids }) => profiles.start(ids),
    profile_draft: ({ from }) => profiles.draft(from),
    profile_import: () => profiles.import(),
    profile_export: () => profiles.export(),
    session_open: ({ instance, start }) => {
      if (start.protocol === "rdp") {
        size = start.size;
      }
      return open(instance, start.protocol, null);
    },
    session_duplicate: ({ id }) => {
      const known = find(id);
      if (known === undefined) {
        throw failures.unreachable;
      }
      const made = open(known.instance, known.protocol, known.profile, "new");
      update(made, { name: known.name, colour: known.colour });
      return made;
    },
    session_answer: ({ id, answer }) => {
      const known = find(id);
      if (known === undefined) {
        return;
      }
      switch (answer.kind) {
        case "resumeNow":
        case "trustHostKey":
        case "secondFactor":
          update(id, { state: { kind: "live" } });
          break;
        case "rejectHostKey":
          update(id, { state: { kind: "failed", failure: { ...failures.hostkey, code: "hostKeyRejected", title: "You did not accept the host key" }, wasLive: false } });
          break;
        case "startAndConnect":
          setStatus(known.instance.name, "running");
          update(id, { attempt: known.attempt + 1, state: { kind: "connecting", step: "startVm", text: `Starting ${known.instance.name}`, since: Date.now() } });
          connect(id);
          break;
        case "credentials":
          if (answer.password === "wrong") {
            update(id, { state: sceneAsking("credentials-refused", answer.user) });
            break;
          }
          answered.add(id);
          update(id, { user: answer.user });
          connect(id);
          break;
        case "setPassword":
          answered.add(id);
          update(id, {
            user: answer.user,
            desktop: { ...sceneDesktop(), madePassword: true },
            notes: sceneNotes("password", known.instance.name),
            state: { kind: "connecting", step: "setPassword", text: `Having ${known.instance.name} set a password`, since: Date.now() },
          });
          setTimeout(() => connect(id), 2500);
          break;
        case "trustCertificate":
        case "allowWithoutNla":
          answered.add(id);
          connect(id);
          break;
        case "rejectCertificate":
          update(id, { state: { kind: "failed", failure: { ...failures.certificate, code: "certificateUnknown", title: "You did not accept the certificate", facts: [], actions: ["tryAgain"] }, wasLive: false } });
          break;
        case "otherCredentials":
          update(id, { state: sceneAsking("credentials") });
          break;
        case "tryAgain":
        case "replaceCertificate":
        case "replaceHostKey":
          update(id, { attempt: known.attempt + 1, state: { kind: "connecting", step: "readVm", text: `Reading ${known.instance.name}`, since: Date.now() } });
          connect(id);
          break;
      }
    },
    session_dismiss_note: ({ id, kind }) =>
      update(id, { notes: find(id)?.notes.filter((note) => note.kind !== kind) ?? [] }),
    session_cancel: ({ id }) =>
      update(id, {
        state: find(id)?.state.kind === "live" ? { kind: "ended", end: { kind: "closed" } } : {
          kind: "failed",
          wasLive: false,
          failure: { code: "cancelled", title: "You cancelled the connection", advice: "", facts: [], actions: ["tryAgain"], server: null },
        },
      }),
    session_close: ({ id }) => {
      sessions = sessions.filter((known) => known.id !== id);
      tell({ kind: "sessionClosed", value: id });
      profiles.changed();
    },
    session_label: ({ id, name, colour }) => update(id, { name: name?.trim() || null, colour }),
    session_move: ({ id, to }) => {
      const label = to.kind === "new" ? "window-1" : to.label;
      update(id, { window: label });
      return label;
    },
    session_show: ({ id }) => tell({ kind: "sessionShown", value: id }),
    terminal_attach: ({ id }) => ({ url: `demo:${id}`, token: "demo", replay: 0 }),
    terminal_pull: () => new ArrayBuffer(0),
    terminal_push: () => {},
    desktop_attach: ({ id }) => {
      if (parameters.has("broken")) {
        throw failures.unreachable;
      }
      if (parameters.has("nosocket")) {
        desktop(id).attach();
      }
      return { url: `demo:${id}`, token: "demo", replay: 0 };
    },
    desktop_pull: ({ id }) => desktop(id).next(),
    desktop_push: ({ id, frame }) => desktop(id).hear(Uint8Array.from(frame)),
    desktop_type_clipboard: ({ id }) => desktop(id).type(clipboard),
    desktop_files: ({ id, action }) => files.act(id, action),
    session_copy_password: () => {
      clipboard = "demo";
    },
    windows_password: ({ user }) =>
      new Promise((resolve, reject) => {
        setTimeout(() => {
          if (user === "nobody") {
            // oxlint-disable-next-line prefer-promise-reject-errors -- the contract's failures are plain data
            reject(failures.agent);
          } else {
            clipboard = "demo";
            resolve();
          }
        }, 2500);
      }),
    displays: () => sceneDisplays(Number(parameters.get("displays") ?? 1), parameters.has("stacked"), parameters.has("wayland")),
    full_screen: async ({ to }) => {
      const full = document.fullscreenElement !== null;
      if (to.kind === "on" && !full) {
        await document.documentElement.requestFullscreen().catch(() => {});
      } else if (to.kind === "off" && full) {
        await document.exitFullscreen();
      }
    },
    tunnel_add: ({ spec, start }) => tunnels.add(spec, start),
    tunnel_change: ({ id, spec }) => tunnels.change(id, spec),
    tunnel_action: ({ id, action }) => {
      tunnels.act(id, action);
      profiles.changed();
    },
    tunnel_peers: ({ id }) => tunnels.peers(id),
    tunnel_local: ({ target }) => tunnels.local(target),
    explain_open: ({ ask }) => {
      if (parameters.has("noexplain")) {
        throw failures.unreachable;
      }
      return explain.open(ask);
    },
    explain_again: ({ id }) => explain.again(id),
    explain_close: ({ id }) => explain.close(id),
    gateway_set: (args) => tunnels.setGateway(args.settings),
    gateway_copy_password: () => {
      clipboard = "demo";
    },
    settings_specs: () => settings.specs,
    settings_at: ({ scope }) => settings.states(scope),
    settings_places: () => settings.places(),
    setting_set: ({ scope, key, value }) => {
      settings.set(scope, key, value);
      settingsChanged();
    },
    setting_reset: ({ scope, key }) => {
      settings.reset(scope, key);
      settingsChanged();
    },
    keys_set: ({ keys: to }) => {
      keys = to;
      tell({ kind: "keys", value: keys });
    },
    window_close: () => {},
    desk_left: () => desk,
    desk_save: ({ dock, offered }) => {
      desk = { left: "thisRun", dock, sessions: offered };
    },
    layout_set: (args) => {
      layout = args.layout;
    },
    wants: () => {
      const wants = sceneWants(parameters.get("want"));
      parameters.delete("want");
      return wants;
    },
    close_answer: () => {},
    clipboard_read: () => clipboard,
    clipboard_write: ({ text }) => {
      clipboard = text;
    },
    open_link: () => {},
    diagnostics: ({ names }) => sceneDiagnostics(names),
    update_check: () => updates.check(),
    update_install: () => updates.install(),
    update_restart: () => updates.restart(),
    update_cancel: () => updates.cancel(),
    update_fetch: () => {},
  };

  return {
    label: parameters.get("window") ?? "main",
    call: async (command, args) => handlers[command](args),
    listen: async (handler) => {
      listeners.add(handler);
      tunnels.listened();
      handler({ kind: "relayRoundTrip", value: scene === "tree" || parameters.has("untimed") ? null : 23 });
      return () => {
        listeners.delete(handler);
        if (listeners.size === 0) {
          tunnels.left();
        }
      };
    },
    socket: (url) => {
      const id = url.slice("demo:".length);
      const known = find(id);
      if (known?.protocol === "rdp") {
        if (parameters.has("nosocket")) {
          throw new Error("there is no socket in this scene");
        }
        return new DemoDesktopSocket(desktop(id));
      }
      const vm = known?.instance.name ?? "vm";
      const user = known?.user ?? "ana";
      return new DemoShellSocket(user, vm, demoTranscript(user, vm), (status) =>
        update(id, { state: { kind: "ended", end: { kind: "exit", status } } }),
      );
    },
  };
}
