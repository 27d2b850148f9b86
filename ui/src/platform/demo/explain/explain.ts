/** The double's explanations: told at once with little, then in full. */

import type { Event } from "../../../contract/Event";
import type { ExplainAsk } from "../../../contract/ExplainAsk";
import type { Explanation } from "../../../contract/Explanation";
import type { Failure } from "../../../contract/Failure";
import type { InstanceRef } from "../../../contract/InstanceRef";
import type { Preflight } from "../../../contract/Preflight";
import type { SessionInfo } from "../../../contract/SessionInfo";
import type { TunnelInfo } from "../../../contract/TunnelInfo";
import type { TunnelTarget } from "../../../contract/TunnelTarget";
import { levels } from "./levels";
import { others } from "./others";
import { ME, type Story } from "./parts";
import { policies } from "./policies";

/** Every story by its name, which is also its scene's: `explain-corp-net`. */
export const stories: Record<string, (vm: InstanceRef, port: number) => Story> = { ...levels, ...policies, ...others };

/** The stories of some VMs of the landscape; the others are open. */
const OF_VM: Record<string, string> = {
  "billing-db-7": "corp-net",
  "sql-win-2": "condition",
  "queue-1": "no-grant",
  "cache-a": "group",
  "web-2": "firewall",
  "old-kiosk": "unreadable",
};

/** What the tree shows of a VM of the double's landscape. */
export function preflightOf({ project, name }: InstanceRef, port: number): Preflight | null {
  if (project !== "acme-prod") {
    return null;
  }
  const by = { "billing-db-7": "access level corp_net", "queue-1": "no role", "sql-win-2": "the condition “ssh in working hours”" }[name];
  if (by !== undefined) {
    return { state: "blocked", port, by };
  }
  return { state: OF_VM[name] === undefined ? "open" : "unknown", port, by: "" };
}

/** Explanations under way. */
export class DemoExplain {
  #tell: (event: Event) => void;
  #name: string | null;
  #pace: number;
  #next = 0;
  #open = new Map<string, { explanation: Explanation; full: Story; timers: ReturnType<typeof setTimeout>[] }>();
  #find: { session: (id: string) => SessionInfo | undefined; tunnel: (id: string) => TunnelInfo | undefined };

  /** `name` is the story of every session, else each VM has its own. `pace` 0 never tells the rest. */
  constructor(name: string | null, pace: number, tell: (event: Event) => void, find: DemoExplain["finders"]) {
    this.#name = name;
    this.#pace = pace;
    this.#tell = tell;
    this.#find = find;
  }

  get finders() {
    return this.#find;
  }

  open(ask: ExplainAsk): Explanation {
    const target = this.#targetOf(ask);
    const instance = target?.kind === "instance" ? target.instance : null;
    if (target === undefined || instance === null) {
      throw { code: "notSupported", title: "This cannot be explained yet", advice: "", facts: [], actions: [], server: null } satisfies Failure;
    }
    const own = OF_VM[instance.name];
    const fallback = ask.kind === "target" ? "allowed" : "corp-net";
    const named = ask.kind === "session" ? (this.#name ?? own) : (own ?? this.#name);
    const told = (stories[named ?? fallback] ?? others.allowed)(instance, target.port);
    const full = ask.kind === "target" ? unrefused(told) : told;
    this.#next += 1;
    const id = `e-${this.#next}`;
    const explanation: Explanation = {
      ...first(full, instance.name, ask.kind !== "target"),
      id,
      revision: 1,
      target,
      account: ME,
      at: Date.now(),
      complete: false,
    };
    this.#open.set(id, { explanation, full, timers: [] });
    this.#play(id);
    return explanation;
  }

  again(id: string): void {
    const known = this.#open.get(id);
    if (known !== undefined) {
      const rungs = known.full.rungs.map((rung) => ({ ...rung, state: "waiting" as const, detail: "" }));
      this.#say(id, { ...known.full, rungs, complete: false });
      this.#play(id);
    }
  }

  close(id: string): void {
    this.#open.get(id)?.timers.forEach(clearTimeout);
    this.#open.delete(id);
  }

  /** One source after the other, and the verdict with the last but two. */
  #play(id: string): void {
    const known = this.#open.get(id);
    if (known === undefined || this.#pace === 0) {
      return;
    }
    const { full } = known;
    const { length } = full.rungs;
    known.timers.forEach(clearTimeout);
    known.timers = full.rungs.map((_, done) =>
      setTimeout(() => {
        const rungs = full.rungs.map((rung, at) => (at <= done ? rung : { ...rung, state: "waiting" as const, detail: "" }));
        const verdict = done >= length - 3 ? full : {};
        this.#say(id, { ...verdict, rungs, complete: done === length - 1 });
      }, this.#pace * (done + 1)),
    );
  }

  #say(id: string, change: Partial<Explanation>): void {
    const known = this.#open.get(id);
    if (known !== undefined) {
      known.explanation = { ...known.explanation, ...change, revision: known.explanation.revision + 1 };
      this.#tell({ kind: "explanation", value: known.explanation });
    }
  }

  #targetOf(ask: ExplainAsk): TunnelTarget | undefined {
    switch (ask.kind) {
      case "target":
        return ask.target;
      case "tunnel":
        return this.#find.tunnel(ask.id)?.spec.target;
      case "session": {
        const instance = this.#find.session(ask.id)?.instance;
        return instance === undefined ? undefined : { kind: "instance", instance, interface: "nic0", port: 22 };
      }
    }
  }
}

/** The same where nobody was refused. */
function unrefused(full: Story): Story {
  return { ...full, rungs: full.rungs.filter(({ id }) => id !== "answer"), server: null, actions: [] };
}

/** What is known before any source has answered but the refusal itself. */
function first(full: Story, vm: string, refused: boolean): Story {
  const rungs = full.rungs.map((rung, at) => (refused && at === 0 ? rung : { ...rung, state: "waiting" as const, detail: "" }));
  const nothing = { levels: [], binding: null, firewall: [], otherWays: [], remarks: [], facts: [], links: [], request: null, rungs };
  // Only 4033 leaves the reason open: every other answer says by itself what it is.
  if (refused && full.server?.code !== "4033") {
    return { ...full, ...nothing, request: full.request };
  }
  return {
    ...full,
    ...nothing,
    verdict: refused ? "notReadable" : "checking",
    title: refused ? `IAP does not let you into ${vm}` : `Looking at what decides access to ${vm}`,
    headline: refused ? `IAP refused the connection to ${vm}. Your role, a condition or an access level decides this.` : "The policies on the way are being read.",
    advice: "",
    certainty: "possible",
    basis: "",
    request: refused ? full.request : null,
  };
}
