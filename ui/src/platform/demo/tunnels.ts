/** The double's tunnels: they live, move and fail as core's do. */

import type { Event } from "../../contract/Event";
import type { Failure } from "../../contract/Failure";
import type { GatewayInfo } from "../../contract/GatewayInfo";
import type { GatewaySettings } from "../../contract/GatewaySettings";
import type { TunnelAction } from "../../contract/TunnelAction";
import type { TunnelInfo } from "../../contract/TunnelInfo";
import type { TunnelPeer } from "../../contract/TunnelPeer";
import type { TunnelSpec } from "../../contract/TunnelSpec";
import type { TunnelTarget } from "../../contract/TunnelTarget";

const SOCKETS = "/run/user/1000/adit";
const HISTORY = 60;

const denied: Failure = {
  code: "notAuthorized",
  title: "IAP does not let you into billing-db-7",
  advice: "Your account needs the role IAP-secured Tunnel User on this VM or its project. Ask your administrator, then try again.",
  facts: [{ label: "Port", value: "5432 on nic0" }],
  actions: ["tryAgain"],
  server: { code: "4033", text: "not authorized" },
};

const taken: Failure = {
  code: "portTaken",
  title: "Port 5432 is in use on this computer",
  advice: "Another program listens there. End it, or give the forward another port.",
  facts: [],
  actions: ["tryAgain"],
  server: { code: "", text: "Address already in use (os error 98)" },
};

const refusedByVm: Failure = {
  code: "backendUnreachable",
  title: "Nothing answers on port 8080 of web-2",
  advice: "Start the program there, or let 35.235.240.0/20 through the VM's firewall.",
  facts: [],
  actions: ["tryAgain"],
  server: { code: "4003", text: "failed to connect to backend" },
};

const vm = (name: string, port: number, project = "acme-prod", zone = "europe-west1-b"): TunnelTarget => ({
  kind: "instance",
  instance: { project, zone, name },
  interface: "nic0",
  port,
});

const spec = (name: string, target: TunnelTarget, rest: Partial<TunnelSpec> = {}): TunnelSpec => ({
  name,
  target,
  protocol: "any",
  http: "strict",
  audience: { kind: "user" },
  place: { kind: "steady" },
  waitForVm: false,
  ...rest,
});

function info(id: string, asked: TunnelSpec, local: string, rest: Partial<TunnelInfo> = {}): TunnelInfo {
  return {
    id,
    spec: asked,
    state: { kind: "listening" },
    local,
    sent: 0,
    received: 0,
    rate: 0,
    history: [],
    connections: 0,
    resumes: 0,
    refused: 0,
    lastRefusal: null,
    roundTripMs: null,
    since: null,
    byCommand: false,
    profile: null,
    ...rest,
  };
}

/** A minute of traffic that looks like one; the same each time. */
function minute(most: number, seed: number): number[] {
  return Array.from({ length: HISTORY }, (_, second) => {
    const slow = Math.sin((second + seed * 7) / 9);
    const burst = (second * seed * 5) % 17 < 3 ? 0.3 : 0;
    return Math.max(0, most * (0.45 + 0.25 * slow + burst));
  });
}

function live(id: string, asked: TunnelSpec, local: string, most: number, seed: number, rest: Partial<TunnelInfo> = {}): TunnelInfo {
  const history = minute(most, seed);
  return info(id, asked, local, {
    state: { kind: "live" },
    history,
    rate: history.at(-1) ?? 0,
    sent: most * 12,
    received: most * 940,
    connections: 2,
    roundTripMs: 23.4,
    since: Date.now() - seed * 41 * 60_000,
    ...rest,
  });
}

/** The tunnels of a scene. */
function sceneTunnels(scene: string, now: number): TunnelInfo[] {
  const usual = () => [
    live("t-1", spec("postgres", vm("billing-db-2", 5432), { protocol: "postgres" }), "127.0.0.1:5432", 1_900_000, 3, {
      resumes: 2,
      refused: 2,
      lastRefusal: "curl (pid 9402) of another user",
    }),
    live("t-2", spec("web console", vm("web-1", 8080), { protocol: "http" }), "127.0.0.1:18080", 120_000, 5, { connections: 1 }),
    info("t-3", spec("", vm("sql-win-2", 1433), { protocol: "sqlServer" }), "127.0.0.1:11433", {
      state: { kind: "resuming", attempt: 3, nextAt: now + 9000 },
      history: [...minute(40_000, 2).slice(0, 48), ...Array.from({ length: 12 }, () => 0)],
      connections: 1,
      resumes: 5,
      sent: 81_000,
      received: 4_200_000,
      since: now - 5 * 3_600_000,
    }),
    info(
      "t-4",
      spec("", {
        kind: "host",
        project: "acme-prod",
        region: "europe-west3",
        network: "corp",
        group: "dc-berlin",
        host: "legacy-erp.corp",
        port: 443,
      }, { protocol: "https" }),
      "127.0.0.1:20443",
      { state: { kind: "stopped" } },
    ),
  ];
  switch (scene) {
    case "tunnels":
      return usual();
    case "tunnels-failed":
      return [
        info("t-5", spec("", vm("billing-db-7", 5432), { protocol: "postgres" }), "127.0.0.1:15432", {
          state: { kind: "failed", failure: denied, listening: false },
        }),
        info("t-6", spec("orders", vm("orders-db", 5432), { protocol: "postgres", place: { kind: "port", port: 5432 } }), "127.0.0.1:5432", {
          state: { kind: "failed", failure: taken, listening: false },
        }),
        info("t-7", spec("", vm("web-2", 8080), { protocol: "http", waitForVm: true }), "127.0.0.1:18081", {
          state: { kind: "failed", failure: refusedByVm, listening: true },
          since: now - 60_000,
        }),
        info("t-8", spec("metrics", vm("queue-1", 9090)), "127.0.0.1:19090", {
          state: { kind: "signInNeeded", text: "Your organisation ends sessions after a while" },
          connections: 2,
          since: now - 3_600_000,
        }),
        info("t-9", spec("", vm("web-3", 22), { protocol: "ssh", waitForVm: true }), "127.0.0.1:10022", {
          state: { kind: "starting", text: "Waiting for web-3 to answer", since: now - 12_000 },
        }),
        ...usual(),
      ];
    case "tunnels-more":
      return [
        ...usual(),
        live("t-10", spec("shared dashboard", vm("report-runner-with-a-name-of-exactly-sixty-three-characters-01x", 3000), { protocol: "http", audience: { kind: "everyone" }, http: "open" }), "127.0.0.1:13000", 9000, 4),
        info("t-11", spec("", vm("cache-a", 6379), { protocol: "redis", place: { kind: "socket" } }), `${SOCKETS}/cache-a-6379.sock`, { since: now - 90_000 }),
        info("t-12", spec("", vm("bastion-eu", 22), { protocol: "ssh" }), "127.0.0.1:10122", { byCommand: true, since: now - 30_000 }),
        live("t-13", spec("etl", vm("etl-1", 5432), { protocol: "postgres", audience: { kind: "launched", command: ["/usr/bin/psql", "-h", "{host}", "-p", "{port}"] } }), "127.0.0.1:15433", 500, 7, { connections: 1 }),
        info("t-14", spec("reports", vm("billing-db-2", 3306), { protocol: "mysql", audience: { kind: "programs", paths: ["/usr/bin/mysql", "/opt/dbeaver/dbeaver"] } }), "127.0.0.1:13306"),
      ];
    case "tunnels-many":
      return Array.from({ length: 200 }, (_, index) =>
        index % 3 === 0
          ? live(`t-${index}`, spec("", vm(`vm-${index}`, 5432), { protocol: "postgres" }), `127.0.0.1:${10_000 + index}`, 5000 * (index + 1), (index % 9) + 1)
          : info(`t-${index}`, spec("", vm(`vm-${index}`, 8080), { protocol: "http" }), `127.0.0.1:${10_000 + index}`, index % 3 === 1 ? {} : { state: { kind: "stopped" } }),
      );
    default:
      return [];
  }
}

function sceneGateway(scene: string): GatewayInfo {
  const off: GatewayInfo = {
    state: { kind: "off" },
    local: "127.0.0.1:10080",
    login: "none",
    user: null,
    connections: 0,
    refused: 0,
    lastRefusal: null,
    sent: 0,
    received: 0,
  };
  switch (scene) {
    case "tunnels-gateway":
      return { ...off, state: { kind: "on" }, login: "password", user: "adit", connections: 3, refused: 4, lastRefusal: "example.com is not a name that leads to a VM", sent: 91_000, received: 12_400_000 };
    case "tunnels-failed":
      return { ...off, state: { kind: "failed", failure: { ...taken, title: "Port 10080 is in use on this computer", advice: "Another program listens there. Choose another port." } } };
    default:
      return off;
  }
}

/** Tunnels that move once a second while somebody listens. */
export class DemoTunnels {
  tunnels: TunnelInfo[];
  gateway: GatewayInfo;
  #tell: (event: Event) => void;
  #timer: ReturnType<typeof setInterval> | null = null;
  #next = 100;

  constructor(scene: string, tell: (event: Event) => void) {
    this.tunnels = sceneTunnels(scene === "tunnels-gateway" ? "tunnels" : scene, Date.now());
    this.gateway = sceneGateway(scene);
    this.#tell = tell;
  }

  /** Begins to move. */
  listened(): void {
    this.#timer ??= this.tunnels.length === 0 ? null : setInterval(() => this.#second(), 1000);
  }

  /** Nobody listens any more. */
  left(): void {
    clearInterval(this.#timer ?? undefined);
    this.#timer = null;
  }

  add(asked: TunnelSpec, start: boolean, profile: string | null = null): string {
    this.#next += 1;
    const id = `t-${this.#next}`;
    this.#set(info(id, asked, this.#place(asked), { state: { kind: "stopped" }, profile }));
    this.listened();
    if (start) {
      this.#start(id);
    }
    return id;
  }

  change(id: string, asked: TunnelSpec): void {
    const known = this.#find(id);
    if (known !== undefined) {
      this.#set(info(id, asked, this.#place(asked), { state: { kind: "stopped" }, profile: known.profile }));
      if (known.state.kind !== "stopped") {
        this.#start(id);
      }
    }
  }

  act(id: string, action: TunnelAction): void {
    switch (action) {
      case "start":
      case "restart":
        this.#start(id);
        break;
      case "stop":
        this.#update(id, { state: { kind: "stopped" }, rate: 0, connections: 0, since: null });
        break;
      case "resumeNow":
        this.#update(id, { state: { kind: "live" } });
        break;
      case "remove":
        this.tunnels = this.tunnels.filter((known) => known.id !== id);
        this.#tell({ kind: "tunnelRemoved", value: id });
        break;
    }
  }

  peers(id: string): TunnelPeer[] {
    const known = this.#find(id);
    if (known === undefined || known.connections === 0) {
      return [];
    }
    const peer = (connection: number, program: string | null, pid: number | null): TunnelPeer => ({
      connection,
      program,
      pid,
      since: Date.now() - 60_000,
      sent: 1000,
      received: 90_000,
    });
    return [peer(1, "psql", 4121), peer(2, "DBeaver", 3310)].slice(0, known.connections);
  }

  /** A port that depends on the target alone. */
  local(target: TunnelTarget): string {
    return `127.0.0.1:${10_000 + (target.port % 22_000)}`;
  }

  setGateway(settings: GatewaySettings): void {
    this.gateway = {
      ...this.gateway,
      state: settings.on ? { kind: "on" } : { kind: "off" },
      local: `127.0.0.1:${settings.port}`,
      login: settings.login,
      user: settings.login === "password" ? "adit" : null,
      connections: 0,
    };
    this.#tell({ kind: "gateway", value: this.gateway });
  }

  #place({ place, target }: TunnelSpec): string {
    switch (place.kind) {
      case "steady":
        return this.local(target);
      case "port":
        return `127.0.0.1:${place.port}`;
      case "socket":
        return `${SOCKETS}/${target.port}.sock`;
    }
  }

  #start(id: string): void {
    this.#update(id, { state: { kind: "starting", text: "Asking the relay", since: Date.now() } });
    setTimeout(() => {
      if (this.#find(id)?.state.kind === "starting") {
        this.#update(id, { state: { kind: "listening" }, since: Date.now(), sent: 0, received: 0 });
      }
    }, 1200);
  }

  #find(id: string): TunnelInfo | undefined {
    return this.tunnels.find((known) => known.id === id);
  }

  #update(id: string, change: Partial<TunnelInfo>): void {
    const known = this.#find(id);
    if (known !== undefined) {
      this.#set({ ...known, ...change });
    }
  }

  #set(changed: TunnelInfo): void {
    const at = this.tunnels.findIndex((known) => known.id === changed.id);
    this.tunnels = at === -1 ? [...this.tunnels, changed] : this.tunnels.with(at, changed);
    this.#tell({ kind: "tunnel", value: changed });
  }

  #second(): void {
    const now = Date.now();
    for (const known of this.tunnels) {
      if (known.state.kind === "live") {
        const last = Math.max(500, known.rate);
        const rate = Math.min(4_000_000, last * (0.75 + 0.52 * Math.random()));
        this.#set({
          ...known,
          rate,
          history: [...known.history, rate].slice(-HISTORY),
          sent: known.sent + rate * 0.1,
          received: known.received + rate * 0.9,
          roundTripMs: 22 + 4 * Math.random(),
        });
      } else if (known.state.kind === "resuming" && known.state.nextAt <= now) {
        this.#set({ ...known, state: { ...known.state, attempt: known.state.attempt + 1, nextAt: now + 9000 } });
      }
    }
  }
}
