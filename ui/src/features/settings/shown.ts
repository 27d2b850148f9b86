/** Which settings are shown: those that a place has, that have an effect, and that a text means. */

import type { SettingSpec } from "../../contract/SettingSpec";
import type { SettingState } from "../../contract/SettingState";

export interface Shown {
  spec: SettingSpec;
  state: SettingState;
}

/** The settings under their headings, in the order of the table. */
export function groupsOf(specs: readonly SettingSpec[], states: readonly SettingState[], text: string): { group: string; settings: Shown[] }[] {
  const byKey = new Map(states.map((state) => [state.key, state]));
  const words = text.trim().toLowerCase().split(/\s+/).filter((word) => word !== "");
  const groups: { group: string; settings: Shown[] }[] = [];
  for (const spec of specs) {
    const state = byKey.get(spec.key);
    if (state === undefined || !hasEffect(spec, byKey) || !means(spec, words)) {
      continue;
    }
    const last = groups.at(-1);
    if (last?.group === spec.group) {
      last.settings.push({ spec, state });
    } else {
      groups.push({ group: spec.group, settings: [{ spec, state }] });
    }
  }
  return groups;
}

function hasEffect(spec: SettingSpec, states: ReadonlyMap<string, SettingState>): boolean {
  return spec.needs === null || states.get(spec.needs.key)?.value === spec.needs.value;
}

function means(spec: SettingSpec, words: readonly string[]): boolean {
  const options = spec.kind.kind === "choice" ? spec.kind.options.map((option) => option.title) : [];
  const text = [spec.key, spec.title, spec.help, spec.group, ...options].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}
