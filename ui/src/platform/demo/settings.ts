/**
 * The double's settings: those of the product, by its own table (`specs.json` is generated from it), with values in
 * memory. `?policy` has an organisation fix some of them, `?settings` begins with some that were set.
 */

import type { Event } from "../../contract/Event";
import type { Failure } from "../../contract/Failure";
import type { Origin } from "../../contract/Origin";
import type { PublicAddress } from "../../contract/PublicAddress";
import type { Scope } from "../../contract/Scope";
import type { Settings } from "../../contract/Settings";
import type { SettingSpec } from "../../contract/SettingSpec";
import type { SettingState } from "../../contract/SettingState";
import type { SettingValue } from "../../contract/SettingValue";
import type { Theme } from "../../contract/Theme";
import specs from "./specs.json";

const EVERYWHERE: Scope = { kind: "everywhere" };

export class DemoSettings {
  readonly specs = specs as SettingSpec[];
  #tell: (event: Event) => void;
  /** By place and key. */
  #values = new Map<string, SettingValue>();
  #fixed: Record<string, SettingValue>;

  constructor(parameters: URLSearchParams, tell: (event: Event) => void) {
    this.#tell = tell;
    this.#fixed = parameters.has("policy") ? { "rdp.clipboard": "off", "rdp.folders": [] } : {};
    const theme = parameters.get("theme");
    if (theme !== null) {
      this.#put(EVERYWHERE, "appearance.theme", theme);
    }
    if (parameters.has("screenreader")) {
      this.#put(EVERYWHERE, "terminal.screenReader", true);
    }
    if (parameters.has("nopreflight")) {
      this.#put(EVERYWHERE, "access.preflight", false);
    }
    if (parameters.has("settings")) {
      const prod: Scope = { kind: "project", project: "acme-prod" };
      this.#put(prod, "appearance.environment", "production");
      this.#put({ kind: "project", project: "acme-staging" }, "appearance.environment", "staging");
      this.#put(prod, "rdp.user", "ACME\\ana");
      this.#put(EVERYWHERE, "rdp.sound", false);
    }
  }

  states(at: Scope): SettingState[] {
    return this.specs.filter((spec) => spec.scopes.includes(at.kind)).map((spec) => this.#state(spec, at));
  }

  places(): Scope[] {
    return [...new Set([...this.#values.keys()].map((key) => key.slice(0, key.lastIndexOf(" "))))].map((place) => JSON.parse(place) as Scope);
  }

  set(at: Scope, key: string, value: SettingValue): void {
    const spec = this.#spec(key);
    if (key in this.#fixed) {
      throw refusal("permissionDenied", `${key} is set by your organisation`, "Whoever looks after this computer decides on it.");
    }
    // The double checks no more than what the form can get wrong here.
    if (key === "access.publicAddressService" && value !== "" && !String(value).startsWith("https://")) {
      throw refusal("invalidInput", `This is no value of ${key}`, "It has to begin with https://.");
    }
    if (spec.kind.kind === "number" && (typeof value !== "number" || value < spec.kind.min || value > spec.kind.max)) {
      throw refusal("invalidInput", `This is no value of ${key}`, `Give a whole number from ${spec.kind.min} to ${spec.kind.max}.`);
    }
    this.#put(at, key, value);
    this.#tell({ kind: "settings", value: this.window() });
  }

  reset(at: Scope, key: string): void {
    this.#values.delete(place(at) + key);
    this.#tell({ kind: "settings", value: this.window() });
  }

  /** Takes the values that a profile is saved with. */
  keep(profile: string, values: Record<string, SettingValue>): void {
    for (const [key, value] of Object.entries(values)) {
      this.#put({ kind: "profile", id: profile, instance: null }, key, value);
    }
  }

  /** A setting's value everywhere. */
  everywhere(key: string): SettingValue {
    return this.#resolve(this.#spec(key), EVERYWHERE)[0];
  }

  window(): Settings {
    const value = (key: string) => this.everywhere(key);
    return {
      theme: value("appearance.theme") as Theme,
      terminalFontSize: value("terminal.fontSize") as number,
      scrollback: value("terminal.scrollback") as number,
      confirmPaste: value("terminal.confirmPaste") as boolean,
      screenReader: value("terminal.screenReader") as boolean,
      publicAddress: { kind: "auditOnly" } satisfies PublicAddress,
      preflight: value("access.preflight") as boolean,
    };
  }

  #put(at: Scope, key: string, value: SettingValue): void {
    this.#values.set(place(at) + key, value);
  }

  #spec(key: string): SettingSpec {
    const spec = this.specs.find((known) => known.key === key);
    if (spec === undefined) {
      throw refusal("invalidInput", `There is no setting ${key}`, "");
    }
    return spec;
  }

  #state(spec: SettingSpec, at: Scope): SettingState {
    const [value, origin] = this.#resolve(spec, at);
    const [inherited, inheritedOrigin] = this.#resolve(spec, parentOf(at));
    return { key: spec.key, value, origin, inherited, inheritedOrigin, locked: spec.key in this.#fixed, problem: null };
  }

  #resolve(spec: SettingSpec, at: Scope | null): [SettingValue, Origin] {
    const fixed = this.#fixed[spec.key];
    if (fixed !== undefined) {
      return [fixed, { kind: "policy" }];
    }
    for (let scope = at; scope !== null; scope = parentOf(scope)) {
      const value = this.#values.get(place(scope) + spec.key);
      if (value !== undefined) {
        return [value, { kind: "scope", scope }];
      }
    }
    return [spec.default, { kind: "default" }];
  }
}

function place(scope: Scope): string {
  // A profile stays the same wherever it leads.
  return `${JSON.stringify(scope.kind === "profile" ? { ...scope, instance: null } : scope)} `;
}

function parentOf(scope: Scope): Scope | null {
  switch (scope.kind) {
    case "everywhere":
      return null;
    case "project":
      return EVERYWHERE;
    case "zone":
      return { kind: "project", project: scope.project };
    case "vm":
      return { kind: "zone", project: scope.instance.project, zone: scope.instance.zone };
    case "profile":
      return scope.instance === null ? EVERYWHERE : { kind: "vm", instance: scope.instance };
  }
}

function refusal(code: Failure["code"], title: string, advice: string): Failure {
  return { code, title, advice, facts: [], actions: [], server: null };
}
