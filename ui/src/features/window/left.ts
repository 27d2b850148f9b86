/**
 * What this window was like, and what it offers of the run before. Sessions that are gone stand in their places as tabs
 * that offer to connect; nothing connects by itself.
 */

import type { DockviewApi, SerializedDockview } from "dockview-react";

import type { Desk as DeskAsLeft } from "../../contract/Desk";
import type { DeskLeft } from "../../contract/DeskLeft";
import type { LeftSession } from "../../contract/LeftSession";
import { remarkFailure } from "../../design/toast";
import type { Desk } from "./desk";

/** What is offered, by the id of its panel, and why. */
export interface Offers {
  left: Exclude<DeskLeft, "thisRun">;
  sessions: ReadonlyMap<string, LeftSession>;
}

/** How long a change waits for others that are written down with it, in milliseconds. */
const WAIT = 500;
const OFFER = "left:";

/** Whether the panel offers a session of the run before. */
export function isOffer(panel: string): boolean {
  return panel.startsWith(OFFER);
}

interface Arranged {
  /** For the dock; `null` when it could not be understood. */
  dock: SerializedDockview | null;
  offers: Map<string, LeftSession>;
  /** Panels that are to be closed once the dock is there. */
  gone: string[];
}

/** An arrangement for this run: sessions that are gone become offers, and what belongs to nobody goes. */
export function arrange(desk: DeskAsLeft, live: ReadonlySet<string>, pages: ReadonlySet<string>): Arranged {
  const offers = new Map(desk.sessions.map((session, n) => [`${OFFER}${n}`, { ...session, panel: `${OFFER}${n}` }]));
  const names = new Map(desk.sessions.map(({ panel }, n) => [panel, `${OFFER}${n}`]));
  const gone: string[] = [];
  const renamed = (id: string) => names.get(id) ?? id;
  try {
    const dock = JSON.parse(desk.dock, (key, value: unknown) => {
      if (key === "views" && Array.isArray(value)) {
        return value.map((id) => renamed(String(id)));
      }
      return key === "activeView" && typeof value === "string" ? renamed(value) : value;
    }) as SerializedDockview;
    const panels: SerializedDockview["panels"] = {};
    for (const panel of Object.values(dock.panels)) {
      const id = renamed(panel.id);
      const offer = offers.get(id);
      if (offer !== undefined) {
        panels[id] = { id, contentComponent: "offer", tabComponent: "offer", title: offer.name ?? offer.instance.name, params: { id } };
      } else {
        panels[id] = panel;
        if (!pages.has(id) && !(desk.left === "thisRun" && live.has(id))) {
          gone.push(id);
        }
      }
    }
    return { dock: { ...dock, panels }, offers, gone };
  } catch {
    return { dock: null, offers, gone };
  }
}

export class Left {
  #desk: Desk;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Which offer a session that is being opened takes the place of. */
  #places = new Map<string, string>();
  /** Offers whose session is being opened. */
  #opening = new Set<string>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** Arranges the dock as the window was left. Never rejects: without it the window is just as it is at first. */
  async restore(dock: DockviewApi, pages: readonly string[]): Promise<void> {
    const { model } = this.#desk;
    const desk = await model.backend.call("desk_left", {}).catch(() => null);
    if (desk !== null) {
      const own = model.state.sessions.filter((session) => session.window === model.backend.label);
      const { dock: arranged, offers, gone } = arrange(desk, new Set(own.map(({ id }) => id)), new Set(pages));
      if (arranged !== null) {
        try {
          dock.fromJSON(arranged);
        } catch {
          dock.clear();
        }
      }
      for (const id of gone) {
        dock.getPanel(id)?.api.close();
      }
      for (const [id, { name, instance }] of offers) {
        if (dock.getPanel(id) === undefined) {
          dock.addPanel({ id, component: "offer", tabComponent: "offer", title: name ?? instance.name, params: { id } });
        }
      }
      if (offers.size > 0) {
        this.#desk.change({ offers: { left: desk.left === "crash" ? "crash" : "quit", sessions: offers } });
      }
    }
    dock.onDidRemovePanel(({ id }) => this.#forget(id));
    dock.onDidLayoutChange(() => this.changed());
  }

  /** What is to be remembered has changed: it is written down soon. */
  changed(): void {
    if (this.#timer === null) {
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.#save();
      }, WAIT);
    }
  }

  #save(): void {
    const { dock, model, state } = this.#desk;
    if (dock !== null) {
      const offered = [...(state.offers?.sessions.values() ?? [])];
      // Nobody waits for it, and the next change tries again.
      model.backend.call("desk_save", { dock: JSON.stringify(dock.toJSON()), offered }).catch(() => {});
    }
  }

  /** Connects to what one tab offers; the session takes its place. */
  async connect(panel: string): Promise<void> {
    const offer = this.#desk.state.offers?.sessions.get(panel);
    if (offer === undefined || this.#opening.has(panel) || [...this.#places.values()].includes(panel)) {
      return;
    }
    const { backend } = this.#desk.model;
    this.#opening.add(panel);
    try {
      const { instance, protocol, linked } = offer;
      const id =
        (await this.#byProfile(offer)) ??
        (await backend.call("session_open", { instance, start: this.#desk.startOf(protocol), linked }));
      this.#places.set(id, panel);
      this.settle(id);
      if (offer.name !== null || offer.colour !== "none") {
        await backend.call("session_label", { id, name: offer.name, colour: offer.colour });
      }
    } catch (error) {
      remarkFailure(error);
    } finally {
      this.#opening.delete(panel);
    }
  }

  /** Starts the profile that a session came from, with all that it says; `null` where it came from none, or from one that is gone. */
  async #byProfile({ profile }: LeftSession): Promise<string | null> {
    const { backend } = this.#desk.model;
    if (profile === null) {
      return null;
    }
    const { profiles } = await backend.call("profiles", {});
    if (!profiles.some(({ id }) => id === profile)) {
      return null;
    }
    const [started] = await backend.call("profile_start", { ids: [profile] });
    if (started !== undefined && started.failure !== null && started.session === null) {
      throw started.failure;
    }
    return started?.session ?? null;
  }

  /** Connects to everything that is offered. */
  async connectAll(): Promise<void> {
    for (const panel of this.#desk.state.offers?.sessions.keys() ?? []) {
      await this.connect(panel);
    }
  }

  /** Takes all offers away. */
  dismiss(): void {
    for (const panel of this.#desk.state.offers?.sessions.keys() ?? []) {
      this.#desk.dock?.getPanel(panel)?.api.close();
    }
  }

  /** Puts a session's tab where it was offered, once both are known. */
  settle(session: string): void {
    const { dock } = this.#desk;
    const offer = dock?.getPanel(this.#places.get(session) ?? "");
    const panel = dock?.getPanel(session);
    if (offer !== undefined && panel !== undefined) {
      this.#places.delete(session);
      panel.api.moveTo({ group: offer.group, index: offer.group.panels.indexOf(offer) });
      offer.api.close();
    }
  }

  #forget(panel: string): void {
    const { offers } = this.#desk.state;
    if (offers?.sessions.has(panel) === true) {
      const sessions = new Map(offers.sessions);
      sessions.delete(panel);
      this.#desk.change({ offers: sessions.size === 0 ? null : { ...offers, sessions } });
      this.changed();
    }
  }
}
