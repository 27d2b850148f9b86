/** What a setting is changed with, by the kind of its values. Each change is saved at once. */

import { Check, ChevronDown } from "lucide-react";
import { useId, useState } from "react";
import { Button, ListBox, ListBoxItem, Popover, Radio, RadioGroup, Select, SelectValue, Switch, Text } from "react-aria-components";

import type { SettingOption } from "../../contract/SettingOption";
import type { SettingSpec } from "../../contract/SettingSpec";
import type { SettingState } from "../../contract/SettingState";
import type { SettingValue } from "../../contract/SettingValue";
import { Icon } from "../../design/Icon";
import { asFailure } from "../../platform/ipc";
import { words } from "./words";

/** Most options that stand side by side; of more, and of those that have to be explained, one is chosen from a list. */
const ABREAST = 3;

interface ControlProps {
  spec: SettingSpec;
  state: SettingState;
  /** Id of what explains it. */
  about: string;
  /** Rejects as core does. */
  onSet: (value: SettingValue) => Promise<void>;
}

export function Control({ spec, state, about, onSet }: ControlProps) {
  const { kind } = spec;
  const [fault, setFault] = useState<string | null>(null);
  const set = async (value: SettingValue): Promise<"kept" | "refused"> => {
    try {
      await onSet(value);
      setFault(null);
      return "kept";
    } catch (error) {
      const { title, advice, code } = asFailure(error);
      // What is wrong with a value is said in the advice; anything else is a failure of its own.
      setFault(code === "invalidInput" ? advice : `${title}. ${advice}`);
      return "refused";
    }
  };
  const faultId = useId();
  const common = { spec, state, about: fault === null ? about : `${about} ${faultId}`, isWrong: fault !== null, set };
  return (
    <>
      {kind.kind === "toggle" && <Toggle {...common} />}
      {kind.kind === "choice" &&
        (kind.options.length <= ABREAST && kind.options.every((option) => option.help === "") ? (
          <Abreast {...common} options={kind.options} />
        ) : (
          <FromList {...common} options={kind.options} />
        ))}
      {kind.kind === "number" && (
        <Line
          {...common}
          size="short"
          hint=""
          unit={kind.unit}
          read={(text) => (/^\d{1,9}$/.test(text) && Number(text) >= kind.min && Number(text) <= kind.max ? Number(text) : null)}
          onUnread={() => setFault(words.number(kind.min, kind.max))}
          onLeft={() => setFault(null)}
        />
      )}
      {kind.kind === "text" && (
        <Line {...common} size="long" hint={kind.hint} unit="" read={(text) => text} onUnread={() => {}} onLeft={() => setFault(null)} />
      )}
      {kind.kind === "list" && <Lines {...common} hint={kind.hint} onLeft={() => setFault(null)} />}
      {fault !== null && (
        <p className="field-fault setting-fault" id={faultId} role="alert">
          {fault}
        </p>
      )}
    </>
  );
}

interface FieldProps {
  spec: SettingSpec;
  state: SettingState;
  about: string;
  isWrong: boolean;
  set: (value: SettingValue) => Promise<"kept" | "refused">;
}

function Toggle({ spec, state, about, set }: FieldProps) {
  return (
    <Switch
      className="setting-switch"
      data-testid={`setting-${spec.key}`}
      aria-label={spec.title}
      aria-describedby={about}
      isDisabled={state.locked}
      isSelected={state.value === true}
      onChange={(on) => void set(on)}
    >
      <span className="switch-track" aria-hidden="true" />
    </Switch>
  );
}

function Abreast({ spec, state, about, set, options }: FieldProps & { options: SettingOption[] }) {
  return (
    <RadioGroup
      orientation="horizontal"
      aria-label={spec.title}
      aria-describedby={about}
      data-testid={`setting-${spec.key}`}
      isDisabled={state.locked}
      value={String(state.value)}
      onChange={(value) => void set(value)}
    >
      <div className="segments">
        {options.map(({ value, title }) => (
          <Radio className="segment" key={value} value={value} data-testid={`setting-${spec.key}-${value}`}>
            {title}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}

/** Moving through its list changes nothing: what lets something be sent is to be chosen, not only passed over. */
function FromList({ spec, state, about, set, options }: FieldProps & { options: SettingOption[] }) {
  const chosen = options.find((option) => option.value === state.value);
  return (
    <div className="setting-choice">
      <Select
        aria-label={spec.title}
        aria-describedby={about}
        isDisabled={state.locked}
        selectedKey={String(state.value)}
        onSelectionChange={(value) => value !== state.value && void set(String(value))}
        data-testid={`setting-${spec.key}`}
      >
        <Button className="field form-select">
          <SelectValue className="ellipsis">{chosen?.title ?? String(state.value)}</SelectValue>
          <Icon of={ChevronDown} size="small" />
        </Button>
        <Popover className="menu-popover form-choices setting-options" placement="bottom end">
          <ListBox className="menu">
            {options.map(({ value, title, help }) => (
              <ListBoxItem className="menu-item setting-option" key={value} id={value} textValue={title} data-testid={`setting-${spec.key}-${value}`}>
                {({ isSelected }) => (
                  <>
                    <span className="setting-words">
                      <Text slot="label">{title}</Text>
                      {help !== "" && (
                        <Text slot="description" className="quiet">
                          {help}
                        </Text>
                      )}
                    </span>
                    {isSelected && <Icon of={Check} size="small" />}
                  </>
                )}
              </ListBoxItem>
            ))}
          </ListBox>
        </Popover>
      </Select>
    </div>
  );
}

/** What is typed, which begins anew when the setting has changed: here or elsewhere. */
function useTyped(kept: string): [string, (text: string) => void] {
  const [text, setText] = useState(kept);
  const [seen, setSeen] = useState(kept);
  if (seen !== kept) {
    setSeen(kept);
    setText(kept);
  }
  return [text, setText];
}

/** A line that is saved when it is left, or by Enter; Escape takes back what was typed. */
function Line({
  spec,
  state,
  about,
  isWrong,
  set,
  size,
  hint,
  unit,
  read,
  onUnread,
  onLeft,
}: FieldProps & {
  size: "short" | "long";
  hint: string;
  unit: string;
  read: (text: string) => SettingValue | null;
  onUnread: () => void;
  onLeft: () => void;
}) {
  const kept = String(state.value);
  const [text, setText] = useTyped(kept);
  const save = async () => {
    const value = read(text.trim());
    if (value === null) {
      onUnread();
    } else if (value === state.value) {
      setText(kept);
      onLeft();
    } else {
      await set(value);
    }
  };
  const step = (by: number) => {
    const value = read(String(Number(text) + by));
    if (value !== null) {
      setText(String(value));
    }
  };
  return (
    <span className="setting-line" data-size={size}>
      <input
        className={size === "short" ? "field tabular short" : "field"}
        data-testid={`setting-${spec.key}`}
        aria-label={unit === "" ? spec.title : `${spec.title}, ${unit}`}
        aria-describedby={about}
        aria-invalid={isWrong}
        disabled={state.locked}
        spellCheck={false}
        autoComplete="off"
        placeholder={hint}
        {...(size === "short" ? { inputMode: "numeric" as const } : {})}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => void save()}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            void save();
          } else if (event.key === "Escape" && text !== kept) {
            event.stopPropagation();
            setText(kept);
            onLeft();
          } else if (size === "short" && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
            event.preventDefault();
            step(event.key === "ArrowUp" ? 1 : -1);
          }
        }}
      />
      {unit !== "" && (
        <span className="quiet" aria-hidden="true">
          {unit}
        </span>
      )}
    </span>
  );
}

/** Several lines, saved when they are left. */
function Lines({ spec, state, about, isWrong, set, hint, onLeft }: FieldProps & { hint: string; onLeft: () => void }) {
  const kept = Array.isArray(state.value) ? state.value : [];
  const [text, setText] = useTyped(kept.join("\n"));
  const save = async () => {
    const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
    if (lines.length === kept.length && lines.every((line, at) => line === kept[at])) {
      setText(kept.join("\n"));
      onLeft();
    } else {
      await set(lines);
    }
  };
  return (
    <textarea
      className="field mono setting-lines"
      data-testid={`setting-${spec.key}`}
      aria-label={`${spec.title}. ${words.lines}`}
      aria-describedby={about}
      aria-invalid={isWrong}
      disabled={state.locked}
      spellCheck={false}
      autoComplete="off"
      rows={Math.min(4, Math.max(2, text.split("\n").length))}
      placeholder={hint}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => void save()}
      onKeyDown={(event) => {
        if (event.key === "Escape" && text !== kept.join("\n")) {
          event.stopPropagation();
          setText(kept.join("\n"));
          onLeft();
        } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          void save();
        }
      }}
    />
  );
}
