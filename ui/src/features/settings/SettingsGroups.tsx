import { useEffect, useState } from "react";

import type { Scope } from "../../contract/Scope";
import type { SettingSpec } from "../../contract/SettingSpec";
import type { SettingState } from "../../contract/SettingState";
import { remarkFailure } from "../../design/toast";
import { useBackend, useSettingsAt } from "../../platform/model";
import { keyOfPlace } from "./place";
import { SettingRow } from "./SettingRow";
import { groupsOf } from "./shown";
import { words } from "./words";
import "./settings.css";

/** What is declared of settings, and what they come to at a place. */
export interface SettingsThere {
  specs: readonly SettingSpec[];
  states: readonly SettingState[];
}

/** The settings of a place under their headings, as far as a text means them. */
export function SettingsGroups({
  at,
  text,
  settings,
  onFollow,
}: {
  at: Scope;
  text: string;
  /** `null` until they are known. */
  settings: SettingsThere | null;
  onFollow: ((to: Scope) => void) | null;
}) {
  const groups = settings === null ? [] : groupsOf(settings.specs, settings.states, text);
  return (
    <div className="settings-groups" role="region" aria-label={words.title} aria-busy={settings === null}>
      {groups.map(({ group, settings: those }) => (
        <section key={group} aria-label={group}>
          <h2 className="caps">{group}</h2>
          <div className="settings-card">
            {those.map(({ spec, state }) => (
              <SettingRow key={`${keyOfPlace(at)} ${spec.key}`} spec={spec} state={state} at={at} onFollow={onFollow} />
            ))}
          </div>
        </section>
      ))}
      {settings !== null && groups.length === 0 && text !== "" && (
        <p className="quiet" role="status">
          {words.nothingFound(text)}
        </p>
      )}
    </div>
  );
}

/** The settings of a place, kept up with their changes; `null` until they are known. */
export function useSettings(at: Scope): SettingsThere | null {
  const specs = useSpecs();
  const states = useSettingsAt(at);
  return specs.length === 0 || states === null ? null : { specs, states };
}

/** What is declared of every setting; none until it is known. */
function useSpecs(): readonly SettingSpec[] {
  const backend = useBackend();
  const [specs, setSpecs] = useState<readonly SettingSpec[]>([]);
  useEffect(() => {
    let wanted = true;
    backend.call("settings_specs", {}).then((found) => {
      if (wanted) {
        setSpecs(found);
      }
      return undefined;
    }, remarkFailure);
    return () => {
      wanted = false;
    };
  }, [backend]);
  return specs;
}
