import { useId } from "react";

import type { Draft, DraftField } from "./draft";
import { Field, type Fill } from "./fields";
import { words } from "./words";

const say = words.form;
const FIRST = "host";
const REST = ["group", "project", "region", "network"] as const;

/** A host behind a destination group: where it is, and through what it is reached. */
export function HostFields({ draft, fill, faultOf }: { draft: Draft; fill: Fill; faultOf: (field: DraftField) => string | null }) {
  return (
    <>
      <TextField field={FIRST} draft={draft} fill={fill} fault={faultOf(FIRST)} />
      <div className="form-grid">
        {REST.map((field) => (
          <TextField key={field} field={field} draft={draft} fill={fill} fault={faultOf(field)} />
        ))}
      </div>
    </>
  );
}

function TextField({
  field,
  draft,
  fill,
  fault,
}: {
  field: "host" | (typeof REST)[number];
  draft: Draft;
  fill: Fill;
  fault: string | null;
}) {
  const id = useId();
  return (
    <Field label={say[field]} htmlFor={id} fault={fault}>
      <input
        id={id}
        className="field"
        data-testid={`tunnel-form-${field}-name`}
        autoFocus={field === FIRST}
        autoCapitalize="off"
        spellCheck={false}
        aria-invalid={fault !== null}
        placeholder={field === FIRST ? say.hostPlaceholder : undefined}
        value={draft[field]}
        onChange={(event) => fill({ [field]: event.target.value })}
      />
    </Field>
  );
}
