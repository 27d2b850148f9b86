import { Lock } from "lucide-react";
import { useId } from "react";

import type { Origin } from "../../contract/Origin";
import type { Scope } from "../../contract/Scope";
import type { SettingSpec } from "../../contract/SettingSpec";
import type { SettingState } from "../../contract/SettingState";
import { Icon } from "../../design/Icon";
import { remarkFailure } from "../../design/toast";
import { useModel } from "../../platform/model";
import { TopicLink } from "../help/HelpLink";
import { topicOfSetting } from "../help/topics";
import { words as projectsWords } from "../projects/words";
import { deskOf } from "../window/desk";
import { Control } from "./Control";
import { KEY } from "./keys";
import { keyOfPlace } from "./place";
import { placeIn, valueWord, words } from "./words";

/** A setting at a place: what it does, its value, where that comes from, and how to let go of it. */
export function SettingRow({
  spec,
  state,
  at,
  onFollow,
}: {
  spec: SettingSpec;
  state: SettingState;
  at: Scope;
  /** Shows the settings of another place; `null` where there is no way to them. */
  onFollow: ((to: Scope) => void) | null;
}) {
  const model = useModel();
  const id = useId();
  const isHere = state.origin.kind === "scope" && keyOfPlace(state.origin.scope) === keyOfPlace(at);
  // What does not count is there all the same, and can be let go of.
  const isSet = isHere || state.problem !== null;
  const topic = topicOfSetting(spec.key);
  const wide = spec.kind.kind === "list" || spec.kind.kind === "text";
  return (
    <div
      className="setting setting-row"
      role="group"
      aria-labelledby={`${id}-title`}
      data-testid={`setting-row-${spec.key}`}
      data-changed={isSet || undefined}
      data-wide={wide || undefined}
      data-needs={spec.needs !== null || undefined}
    >
      <div className="setting-words">
        <span className="setting-title" id={`${id}-title`}>
          {spec.title}
          {isSet && <span className="sr-only">, {words.changed}</span>}
        </span>
        <span className="quiet">
          <span id={`${id}-help`}>{spec.help}</span> <TopicLink topic={topic} />
        </span>
        <span className="setting-origin" id={`${id}-origin`}>
          <From origin={state.origin} state={state} isHere={isHere} onFollow={onFollow} />
          {isSet && !state.locked && (
            <>
              {isHere && <span>{words.changedHere}</span>}
              <button
                type="button"
                className="link"
                data-testid={`setting-reset-${spec.key}`}
                aria-label={words.resetTo(spec.title, valueWord(state.inherited, spec.kind))}
                title={words.resetSays(valueWord(state.inherited, spec.kind), originWord(state.inheritedOrigin))}
                onClick={() => model.resetSetting(spec.key, at).catch(remarkFailure)}
              >
                {words.reset}
              </button>
            </>
          )}
        </span>
        {spec.key === KEY.projects && !state.locked && (
          <button type="button" className="link setting-choose" onClick={() => deskOf(model).change({ choosingProjects: true })}>
            {projectsWords.openFrom}
          </button>
        )}
        {state.problem !== null && <p className="field-fault">{words.problem(state.problem)}</p>}
      </div>
      <div className="setting-control">
        <Control spec={spec} state={state} about={`${id}-help ${id}-origin`} onSet={(value) => model.setSetting(spec.key, value, at)} />
      </div>
    </div>
  );
}

function originWord(origin: Origin): string {
  switch (origin.kind) {
    case "default":
      return "";
    case "policy":
      return "your organisation";
    case "scope":
      return placeIn(origin.scope);
  }
}

function From({ origin, state, isHere, onFollow }: { origin: Origin; state: SettingState; isHere: boolean; onFollow: ((to: Scope) => void) | null }) {
  if (state.locked) {
    return (
      <>
        <Icon of={Lock} size="tiny" />
        <span>{words.locked}</span>
      </>
    );
  }
  switch (origin.kind) {
    case "default":
      return <span>{words.fromDefault}</span>;
    case "policy":
      return <span>{words.fromPolicy}</span>;
    case "scope":
      return isHere ? null : (
        <span>
          {words.from}{" "}
          {onFollow === null ? (
            placeIn(origin.scope)
          ) : (
            <button type="button" className="link" data-testid={`setting-from-${state.key}`} onClick={() => onFollow(origin.scope)}>
              {placeIn(origin.scope)}
            </button>
          )}
        </span>
      );
  }
}
