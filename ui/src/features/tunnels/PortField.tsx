import { useId } from "react";

import { portOf, USUAL_PORTS, usualPortFor } from "./draft";
import { Field } from "./fields";
import { words } from "./words";

const say = words.form;

/** The port: typed, or chosen by an arrow or a letter, since the field takes figures only. */
export function PortField({
  value,
  machine,
  fault,
  onChange,
}: {
  value: string;
  /** The VM, once it is known: then this field is the first to have the keyboard. */
  machine: string | null;
  fault: string | null;
  onChange: (value: string) => void;
}) {
  const id = useId();
  const port = portOf(value);
  return (
    <Field label={machine === null ? say.port : say.portOf(machine)} htmlFor={id} fault={fault}>
      <div className="form-port">
        <input
          id={id}
          className="field tabular"
          data-testid="tunnel-form-port"
          inputMode="numeric"
          autoFocus={machine !== null}
          aria-invalid={fault !== null}
          aria-describedby={`${id}-usual`}
          value={value}
          onFocus={(event) => event.target.select()}
          onChange={(event) => onChange(event.target.value.replaceAll(/\D/g, "").slice(0, 5))}
          onKeyDown={(event) => {
            if (event.ctrlKey || event.metaKey || event.altKey) {
              return;
            }
            const usual = usualPortFor(event.key, event.code, value);
            if (usual !== null) {
              event.preventDefault();
              onChange(String(usual));
            }
          }}
        />
        <ul className="form-chips" id={`${id}-usual`} aria-label={say.usual}>
          {USUAL_PORTS.map((usual) => (
            <li key={usual.port}>
              <button
                type="button"
                className="form-chip"
                // The arrows and letters of the field reach them.
                tabIndex={-1}
                data-testid={`tunnel-form-usual-${usual.port}`}
                aria-pressed={usual.port === port}
                title={`${usual.label}: ${usual.port}`}
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => onChange(String(usual.port))}
              >
                <kbd className="kbd">{usual.letter.toUpperCase()}</kbd>
                {usual.label}
                <span className="form-chip-port">{usual.port}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </Field>
  );
}
