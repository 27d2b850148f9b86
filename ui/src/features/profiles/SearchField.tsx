import { useId } from "react";

import { useHits } from "../palette/hits";
import { Field } from "../tunnels/fields";
import { words } from "./words";

const say = words.form;
/** Most VMs that are named. */
const NAMED = 3;

/** The words that a VM is found by when the profile starts, with those that have them now. */
export function SearchField({ value, fault, onChange }: { value: string; fault: string | null; onChange: (value: string) => void }) {
  const id = useId();
  const text = value.trim();
  const { hits, fresh } = useHits(text, NAMED + 1);
  const { names, more } = meantBy(text, hits.map(({ instance }) => instance.name));
  return (
    <Field label={say.search} htmlFor={id} fault={fault} hint={say.searchSays}>
      <input
        id={id}
        className="field"
        data-testid="profile-form-search"
        autoFocus
        maxLength={SEARCH_MOST}
        spellCheck={false}
        autoCapitalize="off"
        placeholder={say.searchPlaceholder}
        aria-invalid={fault !== null}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      {text !== "" && fresh && (
        <p className="profile-form-found" role="status" data-one={(names.length === 1 && !more) || undefined}>
          {say.searchFound(names, more)}
        </p>
      )}
    </Field>
  );
}

/** The VMs that a text means, as core has it: one that is called so is meant before others that have its words. */
export function meantBy(text: string, found: readonly string[]): { names: readonly string[]; more: boolean } {
  const called = found.filter((name) => name.toLowerCase() === text.trim().toLowerCase());
  return called.length === 1 ? { names: called, more: false } : { names: found.slice(0, NAMED), more: found.length > NAMED };
}

/** Longest text, in characters; core takes 256 bytes. */
const SEARCH_MOST = 200;
