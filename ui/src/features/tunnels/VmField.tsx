import { useEffect, useId, useRef, useState } from "react";

import type { InstanceRef } from "../../contract/InstanceRef";
import type { Os } from "../../contract/Os";
import { OsIcon } from "../../design/Icon";
import { markOfStatus, StateMark } from "../../design/StateMark";
import { statusWord } from "../explorer/words";
import { useHits, useOnceFresh } from "../palette/hits";
import { Field } from "./fields";
import { words } from "./words";

const say = words.form;
/** Most VMs shown. */
const LIMIT = 30;

/** The VM: searched for, as in the palette, or known. */
export function VmField({
  instance,
  fault,
  onChange,
}: {
  instance: InstanceRef | null;
  fault: string | null;
  onChange: (instance: InstanceRef | null, os: Os) => void;
}) {
  const id = useId();
  return instance === null ? (
    <Search id={id} fault={fault} onChange={onChange} />
  ) : (
    <div className="form-field">
      <span className="form-label">{say.vm}</span>
      <div className="form-vm" data-testid="tunnel-form-vm">
        <span className="form-vm-name ellipsis" title={instance.name}>
          {instance.name}
        </span>
        <span className="quiet ellipsis">
          {instance.project} · {instance.zone}
        </span>
        <button type="button" className="link" onClick={() => onChange(null, "unknown")}>
          {say.change}
        </button>
      </div>
    </div>
  );
}

function Search({ id, fault, onChange }: { id: string; fault: string | null; onChange: (instance: InstanceRef, os: Os) => void }) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const { hits, fresh } = useHits(text, LIMIT);
  const at = Math.min(chosen, Math.max(0, hits.length - 1));
  const enter = useOnceFresh<null>(text, fresh, () => {
    const hit = hits[at];
    if (hit !== undefined) {
      onChange(hit.instance, hit.os);
    }
  });
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [at, hits]);
  return (
    <Field label={say.vm} htmlFor={id} fault={fault}>
      <input
        id={id}
        className="field"
        data-testid="tunnel-form-search"
        role="combobox"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={hits.length === 0 ? undefined : `${id}-${at}`}
        aria-invalid={fault !== null}
        autoFocus
        spellCheck={false}
        autoCapitalize="off"
        placeholder={say.searchVm}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setChosen(0);
        }}
        onKeyDown={(event) => {
          const count = hits.length;
          if (event.key === "ArrowDown" && count > 0) {
            event.preventDefault();
            setChosen((at + 1) % count);
          } else if (event.key === "ArrowUp" && count > 0) {
            event.preventDefault();
            setChosen((at + count - 1) % count);
          } else if (event.key === "Enter" && (!fresh || count > 0)) {
            // Chooses; the next Enter is the form's.
            event.preventDefault();
            enter(null);
          }
        }}
      />
      <div className="form-hits" role="listbox" id={`${id}-list`} ref={list} aria-label={say.vm}>
        {hits.length === 0 && fresh && text !== "" && <p className="quiet form-nothing">{say.noVm(text)}</p>}
        {hits.map(({ instance, os, status }, index) => (
          // The field has the keyboard, and names the chosen option.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={`${instance.project}/${instance.zone}/${instance.name}`}
            id={`${id}-${index}`}
            role="option"
            className="palette-item"
            tabIndex={-1}
            aria-selected={index === at}
            onMouseMove={() => setChosen(index)}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onChange(instance, os)}
          >
            <span className="palette-icon">
              <OsIcon os={os} />
            </span>
            <span className="palette-name ellipsis">{instance.name}</span>
            <span className="palette-detail">
              <span className="ellipsis">
                {instance.project} · {instance.zone}
              </span>
              <StateMark mark={markOfStatus(status)} label={statusWord(status)} />
            </span>
          </div>
        ))}
      </div>
    </Field>
  );
}
