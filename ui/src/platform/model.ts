/** The app's state as the front end knows it: the snapshot, kept up to date by events. */

import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";

import type { Event } from "../contract/Event";
import type { ExplainAsk } from "../contract/ExplainAsk";
import type { Explanation } from "../contract/Explanation";
import type { Failure } from "../contract/Failure";
import type { Layout } from "../contract/Layout";
import type { ProfileList } from "../contract/ProfileList";
import type { Scope } from "../contract/Scope";
import type { SettingState } from "../contract/SettingState";
import type { SettingValue } from "../contract/SettingValue";
import type { Snapshot } from "../contract/Snapshot";
import type { Backend } from "./backend";
import { asFailure } from "./ipc";

/** The snapshot and what only events tell. */
export interface AppState extends Snapshot {
  /** Milliseconds the relay took to answer last. */
  relayMs: number | null;
  /** What was explained, by id; at most `EXPLANATIONS`, the oldest first. */
  explanations: ReadonlyMap<string, Explanation>;
  /** Grows with each change of a setting, wherever it is. */
  settingsRevision: number;
  /** Grows with each change of the profiles. */
  profilesRevision: number;
  /** Grows with each wish that waits for the window. */
  wanted: number;
}

/** Most explanations that are kept: as many as anybody has tabs. */
export const EXPLANATIONS = 256;

/** Where the first picture stands. */
export type Opening = { kind: "loading" } | { kind: "ready"; state: AppState } | { kind: "failed"; failure: Failure };

/** The state after an event. */
export function reduce(state: AppState, event: Event): AppState {
  switch (event.kind) {
    case "accounts":
      return { ...state, accounts: event.value };
    case "cloud":
      return { ...state, cloud: event.value };
    case "signIn":
      return { ...state, signIn: event.value };
    case "keychain":
      return { ...state, keychain: event.value };
    case "inventory":
      return { ...state, inventory: event.value };
    case "session":
      return { ...state, sessions: withOne(state.sessions, event.value) };
    case "sessionClosed":
      return { ...state, sessions: state.sessions.filter((session) => session.id !== event.value) };
    // What to do is no state: it is heard once (`Model.hear`).
    case "sessionShown":
    case "windowClosed":
      return state;
    // One window says it, which is asked to (`Want`).
    case "remark":
      return state;
    case "tunnel":
      return { ...state, tunnels: withOne(state.tunnels, event.value) };
    case "tunnelRemoved":
      return { ...state, tunnels: state.tunnels.filter((tunnel) => tunnel.id !== event.value) };
    case "explanation":
      return { ...state, explanations: withTelling(state.explanations, event.value) };
    case "gateway":
      return { ...state, gateway: event.value };
    case "favourites":
      // The tree carries them, and says itself that it changed.
      return state;
    case "profiles":
      return { ...state, profilesRevision: state.profilesRevision + 1 };
    case "wanted":
      return { ...state, wanted: state.wanted + 1 };
    case "settings":
      return { ...state, settings: event.value, settingsRevision: state.settingsRevision + 1 };
    case "keys":
      return { ...state, keys: event.value };
    case "relayRoundTrip":
      return { ...state, relayMs: event.value };
    case "update":
      return { ...state, update: event.value };
  }
}

/** The list with a changed one in its place, or a new one at its end. */
function withOne<T extends { id: string }>(list: T[], one: T): T[] {
  const index = list.findIndex((known) => known.id === one.id);
  return index === -1 ? [...list, one] : list.with(index, one);
}

/** The explanations with a newer telling of one: an older one may come after it, from the call that asked. */
function withTelling(known: ReadonlyMap<string, Explanation>, told: Explanation): ReadonlyMap<string, Explanation> {
  if ((known.get(told.id)?.revision ?? -1) >= told.revision) {
    return known;
  }
  const all = new Map(known).set(told.id, told);
  const [oldest] = all.keys();
  if (all.size > EXPLANATIONS && oldest !== undefined) {
    all.delete(oldest);
  }
  return all;
}

/** Holds the state, and tells who listens when it changed. */
export class Model {
  readonly backend: Backend;
  #opening: Opening = { kind: "loading" };
  #listeners = new Set<() => void>();
  #early: Event[] = [];
  #hearing = new Set<(event: Event) => void>();
  /** How many parts of the screen show an explanation, by its id. */
  #shown = new Map<string, number>();
  /** What settings come to, by place, since they changed last. */
  #settingsAt = new Map<string, Promise<SettingState[]>>();
  /** The profiles since they changed last. */
  #profiles: Promise<ProfileList> | null = null;

  constructor(backend: Backend) {
    this.backend = backend;
  }

  /** Listens first and asks for the snapshot second, so that nothing falls between the two. */
  async open(): Promise<void> {
    try {
      await this.backend.listen((event) => this.#heard(event));
      const snapshot = await this.backend.call("snapshot", {});
      const early = this.#early;
      this.#early = [];
      this.#set({ kind: "ready", state: early.reduce(reduce, { ...snapshot, relayMs: null, explanations: new Map(), settingsRevision: 0, profilesRevision: 0, wanted: 0 }) });
    } catch (error) {
      this.#set({ kind: "failed", failure: asFailure(error) });
    }
  }

  get opening(): Opening {
    return this.#opening;
  }

  /** The state. Only to be used once it is there. */
  get state(): AppState {
    if (this.#opening.kind !== "ready") {
      throw new Error("the first picture is not there yet");
    }
    return this.#opening.state;
  }

  /** What settings come to at a place. Asked once for all who want to know, until a setting changes. */
  settingsAt(scope: Scope): Promise<SettingState[]> {
    const key = JSON.stringify(scope);
    const known = this.#settingsAt.get(key);
    if (known !== undefined) {
      return known;
    }
    const asked = this.backend.call("settings_at", { scope });
    this.#settingsAt.set(key, asked);
    asked.catch(() => {
      if (this.#settingsAt.get(key) === asked) {
        this.#settingsAt.delete(key);
      }
    });
    return asked;
  }

  /** The profiles. Asked once for all who want to know, until something of them changes. */
  profiles(): Promise<ProfileList> {
    const asked = this.#profiles ?? this.backend.call("profiles", {});
    this.#profiles = asked;
    asked.catch(() => {
      if (this.#profiles === asked) {
        this.#profiles = null;
      }
    });
    return asked;
  }

  /** Sets a value at a place. What comes of it is told by an event. Rejects as core does. */
  async setSetting(key: string, value: SettingValue, scope: Scope = { kind: "everywhere" }): Promise<void> {
    await this.backend.call("setting_set", { scope, key, value });
  }

  /** Forgets what is set at a place. */
  async resetSetting(key: string, scope: Scope = { kind: "everywhere" }): Promise<void> {
    await this.backend.call("setting_reset", { scope, key });
  }

  /** Takes keys in place of the usual ones. Rejects as core does. */
  async changeKeys(keys: AppState["keys"]): Promise<void> {
    await this.backend.call("keys_set", { keys });
  }

  /** Changes the window's layout: at once on the screen, and remembered by core. */
  async changeLayout(change: Partial<Layout>): Promise<void> {
    if (this.#opening.kind !== "ready") {
      return;
    }
    const layout = { ...this.#opening.state.layout, ...change };
    this.#set({ kind: "ready", state: { ...this.#opening.state, layout } });
    await this.backend.call("layout_set", { layout });
  }

  /** Asks for an explanation and keeps what is told of it. Answers with its id. Rejects as core does. */
  async explain(ask: ExplainAsk): Promise<string> {
    const told = await this.backend.call("explain_open", { ask });
    this.#shown.set(told.id, (this.#shown.get(told.id) ?? 0) + 1);
    this.#heard({ kind: "explanation", value: told });
    return told.id;
  }

  /** A part of the screen no longer shows it. The last one ends it. */
  async leaveExplanation(id: string): Promise<void> {
    const left = (this.#shown.get(id) ?? 1) - 1;
    if (left > 0) {
      this.#shown.set(id, left);
      return;
    }
    this.#shown.delete(id);
    if (this.#opening.kind === "ready") {
      const explanations = new Map(this.#opening.state.explanations);
      explanations.delete(id);
      this.#set({ kind: "ready", state: { ...this.#opening.state, explanations } });
    }
    await this.backend.call("explain_close", { id });
  }

  /** The person has read what went wrong at the start. */
  dismissTrouble(): void {
    if (this.#opening.kind === "ready") {
      const { trouble: _, ...state } = this.#opening.state;
      this.#set({ kind: "ready", state });
    }
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Hears each event, with the state as it was before. The answer ends it. */
  hear(listener: (event: Event, before: AppState) => void): () => void {
    const heard = (event: Event) => {
      if (this.#opening.kind === "ready") {
        listener(event, this.#opening.state);
      }
    };
    this.#hearing.add(heard);
    return () => this.#hearing.delete(heard);
  }

  #heard(event: Event): void {
    for (const hearing of this.#hearing) {
      hearing(event);
    }
    if (event.kind === "settings") {
      this.#settingsAt.clear();
    } else if (event.kind === "profiles") {
      this.#profiles = null;
    }
    if (this.#opening.kind === "ready") {
      this.#set({ kind: "ready", state: reduce(this.#opening.state, event) });
    } else {
      this.#early.push(event);
    }
  }

  #set(opening: Opening): void {
    this.#opening = opening;
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

export const ModelContext = createContext<Model | null>(null);

/** The model of this window. */
export function useModel(): Model {
  const model = useContext(ModelContext);
  if (model === null) {
    throw new Error("no model above this component");
  }
  return model;
}

/** Where the first picture stands. */
export function useOpening(): Opening {
  const model = useModel();
  return useSyncExternalStore(model.subscribe, () => model.opening);
}

/** A part of the state; the component draws again when that part changes. */
export function useAppState<T>(select: (state: AppState) => T): T {
  const model = useModel();
  const last = useRef<{ state: AppState; value: T; select: (state: AppState) => T } | null>(null);
  return useSyncExternalStore(model.subscribe, () => {
    const { state } = model;
    if (last.current !== null && last.current.state === state && last.current.select === select) {
      return last.current.value;
    }
    const value = select(state);
    last.current = { state, value, select };
    return value;
  });
}

/** The door. */
export function useBackend(): Backend {
  return useModel().backend;
}

/** What settings come to at a place, kept up with their changes; `null` until it is known, and where there is no place. */
export function useSettingsAt(scope: Scope | null): readonly SettingState[] | null {
  const model = useModel();
  // A profile's values are kept with the profile.
  const revision = useAppState((state) => state.settingsRevision + (scope?.kind === "profile" ? state.profilesRevision : 0));
  const key = JSON.stringify(scope);
  const [found, setFound] = useState<{ key: string; states: readonly SettingState[] } | null>(null);
  useEffect(() => {
    const at = JSON.parse(key) as Scope | null;
    if (at === null) {
      return;
    }
    let wanted = true;
    model.settingsAt(at).then(
      (states) => {
        if (wanted) {
          setFound({ key, states });
        }
        return undefined;
      },
      // A place that core knows nothing of has nothing to show.
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [model, key, revision]);
  return found?.key === key ? found.states : null;
}
