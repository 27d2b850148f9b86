/** The double's commands. */

import type { Event } from "../../contract/Event";
import type { InstanceStatus } from "../../contract/InstanceStatus";
import type { InventoryState } from "../../contract/InventoryState";
import type { SessionInfo } from "../../contract/SessionInfo";
import type { SessionState } from "../../contract/SessionState";
import type { Settings } from "../../contract/Settings";
import type { Snapshot } from "../../contract/Snapshot";
import type { Theme } from "../../contract/Theme";
import type { Backend } from "../backend";
import type { CommandName, Commands } from "../ipc";
import { DemoExplain } from "./explain/explain";
import { demoProjects, DemoTree, manyProjects } from "./inventory";
import { failures, sceneSessions, sceneSignIn, session } from "./scenes";
import { DemoShellSocket, demoTranscript } from "./shell";
import { DemoTunnels } from "./tunnels";

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
  let listedAt: number | null = scene === "loading" ? null : now - 2 * 60_000 - 5000;
  let sessions = sceneSessions(scene, now);
  // What comes after a live session needs one first: the terminal has its content from it.
  const after = sessions.at(-1);
  if (after !== undefined && ["resuming", "ended", "lost"].includes(scene)) {
    sessions = [...sessions.slice(0, -1), { ...after, state: { kind: "live" } }];
    setTimeout(() => update(after.id, { state: after.state }), 900);
  }
  let clipboard = parameters.get("clipboard") ?? "cd /srv/app\ngit pull --ff-only\nsudo systemctl restart nginx\n";
  let next = 100;
  let settings: Settings = {
    theme: (parameters.get("theme") ?? "system") as Theme,
    terminalFontSize: 13,
    scrollback: 5000,
    confirmPaste: true,
    explorerWidth: 272,
    explorerOpen: !parameters.has("collapsed"),
    publicAddress: { kind: "auditOnly" },
    preflight: !parameters.has("nopreflight"),
  };
  tree.preflight = settings.preflight;
  let accounts: Snapshot["accounts"] = scene.startsWith("signin")
    ? scene === "signin-needed"
      ? [{ id: "1", email: "ana@acme.example", source: "browser", state: "signInNeeded" }]
      : []
    : [{ id: "1", email: "ana@acme.example", source: "browser", state: "ready" }];

  const inventory = (): InventoryState => ({
    loading: scene === "loading" && listedAt === null,
    projects: tree.projects.length,
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
    }
  };
  const find = (id: string) => sessions.find((known) => known.id === id);

  /** Walks through the steps of a connection to its end. */
  const connect = (id: string) => {
    const start = Date.now();
    const name = find(id)?.instance.name ?? "";
    const steps: [number, SessionState][] = [
      [0, { kind: "connecting", step: "readVm", text: `Reading ${name}`, since: start }],
      [500, { kind: "connecting", step: "openTunnel", text: `Opening a tunnel to ${name}`, since: start }],
      [1200, { kind: "connecting", step: "signIn", text: `Signing in to ${name}`, since: start }],
      [1800, { kind: "live" }],
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
          }
        : { kind: "local", name: "Demo cloud", hasClient: true, hasApplicationDefault: false },
      accounts,
      keychain: parameters.has("nokeychain") ? "absent" : parameters.has("locked") ? "locked" : "available",
      signIn: sceneSignIn(scene),
      inventory: inventory(),
      sessions,
      tunnels: tunnels.tunnels,
      gateway: tunnels.gateway,
      settings,
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
    session_open: ({ instance }) => {
      next += 1;
      const id = `s-${next}`;
      const opened = session(id, instance.name, { kind: "connecting", step: "readVm", text: "", since: Date.now() }, { instance });
      sessions = [...sessions, opened];
      tell({ kind: "session", value: opened });
      connect(id);
      return id;
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
        case "tryAgain":
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
        state: {
          kind: "failed",
          wasLive: false,
          failure: { code: "cancelled", title: "You cancelled the connection", advice: "", facts: [], actions: ["tryAgain"], server: null },
        },
      }),
    session_close: ({ id }) => {
      sessions = sessions.filter((known) => known.id !== id);
      tell({ kind: "sessionClosed", value: id });
    },
    terminal_attach: ({ id }) => ({ url: `demo:${id}`, token: "demo" }),
    terminal_pull: () => new ArrayBuffer(0),
    terminal_push: () => {},
    tunnel_add: ({ spec, start }) => tunnels.add(spec, start),
    tunnel_change: ({ id, spec }) => tunnels.change(id, spec),
    tunnel_action: ({ id, action }) => tunnels.act(id, action),
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
    settings_set: (args) => {
      settings = args.settings;
      if (tree.preflight !== settings.preflight) {
        tree.preflight = settings.preflight;
        treeChanged();
      }
      return settings;
    },
    clipboard_read: () => clipboard,
    clipboard_write: ({ text }) => {
      clipboard = text;
    },
    open_link: () => {},
  };

  return {
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
      const vm = known?.instance.name ?? "vm";
      const user = known?.user ?? "ana";
      return new DemoShellSocket(user, vm, demoTranscript(user, vm), (status) =>
        update(id, { state: { kind: "ended", end: { kind: "exit", status } } }),
      );
    },
  };
}
