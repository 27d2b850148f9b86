import { useEffect, useId, useRef } from "react";
import { Label, Radio, RadioGroup } from "react-aria-components";

import { StateMark } from "../../design/StateMark";
import { useAppState } from "../../platform/model";
import { splitCommand } from "./commandLine";
import { type Draft, type DraftField, NAME_MOST, protocolOf } from "./draft";
import { Field, type Fill, Tick } from "./fields";
import { words } from "./words";

const say = words.form;
const AUDIENCES = ["user", "programs", "launched", "everyone"] as const;

/** Fields that are folded away at first. */
export const FOLDED: ReadonlySet<DraftField> = new Set<DraftField>(["name", "interface", "paths", "command"]);

/** What the folded part holds. */
export function summaryOf(draft: Draft): string[] {
  return [say.audiences[draft.audience].title, ...(draft.kind === "instance" && draft.waitForVm ? [say.wait] : [])];
}

/** What most forwards leave as it is. */
export function FormMore({
  draft,
  fill,
  faultOf,
  naming,
}: {
  draft: Draft;
  fill: Fill;
  faultOf: (field: DraftField) => string | null;
  /** Whether the name is asked for here, or the form around it has a place for it. */
  naming: "here" | "elsewhere";
}) {
  const platform = useAppState((state) => state.platform);
  const id = useId();
  const vm = draft.kind === "instance";
  // What a choice brings with it is below it, and must not come out of sight.
  const rest = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (draft.audience !== "user") {
      rest.current?.scrollIntoView({ block: "nearest" });
    }
  }, [draft.audience]);
  return (
    <>
      <div className={vm && naming === "here" ? "form-row uneven" : ""}>
        {naming === "here" && (
          <Field label={say.name} htmlFor={`${id}-name`} fault={faultOf("name")}>
            <input
              id={`${id}-name`}
              className="field"
              data-testid="tunnel-form-name"
              maxLength={NAME_MOST * 2}
              placeholder={say.namePlaceholder}
              aria-invalid={faultOf("name") !== null}
              value={draft.name}
              onChange={(event) => fill({ name: event.target.value })}
            />
          </Field>
        )}
        {vm && (
          <Field label={say.interface} htmlFor={`${id}-interface`} fault={faultOf("interface")}>
            <input
              id={`${id}-interface`}
              className="field"
              data-testid="tunnel-form-interface"
              spellCheck={false}
              autoCapitalize="off"
              aria-invalid={faultOf("interface") !== null}
              value={draft.interface}
              onChange={(event) => fill({ interface: event.target.value })}
            />
          </Field>
        )}
      </div>
      <RadioGroup
        className="form-field"
        value={draft.audience}
        onChange={(audience) => fill({ audience: audience as Draft["audience"] })}
      >
        <Label className="form-label">{say.audience}</Label>
        <div className="form-audiences">
          {AUDIENCES.map((audience) => (
            <Radio className="form-audience" key={audience} value={audience} data-testid={`tunnel-form-audience-${audience}`}>
              <span className="form-radio" aria-hidden="true" />
              <span className="form-tick-words">
                {say.audiences[audience].title}
                <span className="quiet">{say.audiences[audience].says}</span>
              </span>
            </Radio>
          ))}
        </div>
      </RadioGroup>
      <div className="form-rest" ref={rest} hidden={draft.audience === "user"}>
        {draft.audience === "programs" && (
          <Field label={say.paths} htmlFor={`${id}-paths`} fault={faultOf("paths")}>
            <textarea
              id={`${id}-paths`}
              className="field mono form-lines"
              data-testid="tunnel-form-paths"
              rows={3}
              spellCheck={false}
              autoCapitalize="off"
              placeholder={say.pathsPlaceholder[platform]}
              aria-invalid={faultOf("paths") !== null}
              value={draft.paths}
              onChange={(event) => fill({ paths: event.target.value })}
            />
          </Field>
        )}
        {draft.audience === "launched" && (
          <Field label={say.command} htmlFor={`${id}-command`} fault={faultOf("command")} hint={say.commandHint}>
            <input
              id={`${id}-command`}
              className="field mono"
              data-testid="tunnel-form-command"
              spellCheck={false}
              autoCapitalize="off"
              placeholder={say.commandPlaceholder}
              aria-invalid={faultOf("command") !== null}
              value={draft.command}
              onChange={(event) => fill({ command: event.target.value })}
            />
            <CommandWords command={draft.command} />
          </Field>
        )}
        {draft.audience === "everyone" && (
          <p className="tunnel-warning">
            <StateMark mark="warn" />
            {words.everyoneWarning}
          </p>
        )}
      </div>
      <div className="form-ticks">
        {platform !== "windows" && (
          <Tick
            title={say.socket}
            testId="tunnel-form-socket"
            value={draft.place === "socket"}
            onChange={(socket) => fill({ place: socket ? "socket" : draft.localPort.trim() === "" ? "steady" : "port" })}
          />
        )}
        {protocolOf(draft) === "http" && (
          <Tick
            title={say.strict}
            says={say.strictSays}
            testId="tunnel-form-strict"
            value={draft.http === "strict"}
            onChange={(strict) => fill({ http: strict ? "strict" : "open" })}
          />
        )}
        {vm && (
          <Tick
            title={say.wait}
            says={say.waitSays}
            testId="tunnel-form-wait"
            value={draft.waitForVm}
            onChange={(waitForVm) => fill({ waitForVm })}
          />
        )}
      </div>
    </>
  );
}

/** The program and its arguments as the system gets them: what a quotation mark keeps together is in sight. */
function CommandWords({ command }: { command: string }) {
  const found = splitCommand(command) ?? [];
  return found.length === 0 ? null : (
    <ol className="form-words" aria-label={say.commandWords} data-testid="tunnel-form-words">
      {found.map((word, place) => (
        // Words may be the same: their place is their name.
        // oxlint-disable-next-line react/no-array-index-key
        <li className="mono ellipsis" key={place} title={word}>
          {word === "" ? say.commandEmpty : word}
        </li>
      ))}
    </ol>
  );
}
