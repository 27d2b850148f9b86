/**
 * The double's updates. `?update=` begins with one of: `elsewhere` (as a build that knows no publisher), `none`,
 * `offered`, `package`, `long`, `failed`, `refused`, `ready`. What is offered can be fetched, cancelled and installed.
 */

import type { Event } from "../../contract/Event";
import type { Failure } from "../../contract/Failure";
import type { UpdateInfo } from "../../contract/UpdateInfo";
import type { UpdateRelease } from "../../contract/UpdateRelease";

const SIZE = 41_800_000;
/** How often something comes, in milliseconds. */
const TICK = 250;

const RELEASE: UpdateRelease = {
  version: "0.2.0",
  notes:
    "- Folders of this computer can be changed from a desktop, where the settings allow it.\n- Profiles: several organisations side by side, each with its own accounts.\n- A tunnel that was paused says so in the tray.\n\nSettings are taken over as they are.",
  published: Date.UTC(2026, 10, 29, 12),
  way: { kind: "install" },
};

const FAILURES: Record<string, Failure> = {
  failed: {
    code: "network",
    title: "The list of versions could not be fetched",
    advice: "Check the connection, then try again.",
    facts: [],
    actions: [],
    server: { code: "https", text: "failed to lookup address information: Name or service not known" },
  },
  refused: {
    code: "updateRefused",
    title: "The update is not what Adit's publisher signed",
    advice: "It was thrown away and nothing was changed. Do not install it by hand: somebody may have replaced it.",
    facts: [],
    actions: [],
    server: { code: "signature", text: "the signature does not hold" },
  },
};

export class DemoUpdates {
  info: UpdateInfo;
  #tell: (event: Event) => void;
  #live: () => { sessions: number; tunnels: number };
  #timer: ReturnType<typeof setInterval> | null = null;
  #found: UpdateRelease | null;

  constructor(scene: string | null, tell: (event: Event) => void, live: () => { sessions: number; tunnels: number }) {
    this.#tell = tell;
    this.#live = live;
    const found = scene !== null && ["offered", "package", "long", "refused", "ready"].includes(scene) ? RELEASE : null;
    this.#found = found;
    if (found !== null && scene === "package") {
      this.#found = { ...found, way: { kind: "package", file: "Adit_0.2.0_amd64.deb" } };
    } else if (found !== null && scene === "long") {
      this.#found = { ...found, version: "0.2.0-beta.20261129+a-build-with-a-long-name", notes: `${found.notes}\n`.repeat(12), way: { kind: "package", file: `${"Adit-nightly-".repeat(8)}amd64.deb` } };
    }
    this.info = {
      source: scene === null || scene === "elsewhere" ? "elsewhere" : "publisher",
      step: scene === "ready" ? { kind: "ready", sessions: 2, tunnels: 1 } : { kind: "idle" },
      release: this.#found,
      checked: scene === null || scene === "elsewhere" || scene === "failed" ? null : Date.now() - 3 * 60 * 60_000,
      failure: FAILURES[scene ?? ""] ?? null,
    };
  }

  check(): void {
    this.#change({ step: { kind: "checking" }, failure: null });
    this.#after(900, () => this.#change({ step: { kind: "idle" }, checked: Date.now(), release: this.#found }));
  }

  install(): void {
    let received = 0;
    this.#change({ step: { kind: "downloading", received, size: SIZE }, failure: null });
    this.#timer = setInterval(() => {
      received = Math.min(SIZE, received + SIZE / 16);
      if (received < SIZE) {
        this.#change({ step: { kind: "downloading", received, size: SIZE } });
        return;
      }
      this.#stop();
      const { sessions, tunnels } = this.#live();
      this.#change({ step: sessions + tunnels === 0 ? { kind: "installing" } : { kind: "ready", sessions, tunnels } });
    }, TICK);
  }

  restart(): void {
    this.#change({ step: { kind: "installing" } });
  }

  cancel(): void {
    this.#stop();
    this.#change({ step: { kind: "idle" }, failure: null });
  }

  #after(delay: number, run: () => void): void {
    this.#stop();
    this.#timer = setTimeout(run, delay);
  }

  #stop(): void {
    if (this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }

  #change(change: Partial<UpdateInfo>): void {
    this.info = { ...this.info, ...change };
    this.#tell({ kind: "update", value: this.info });
  }
}
