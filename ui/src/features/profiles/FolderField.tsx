import { useId, useRef } from "react";

import { Field } from "../tunnels/fields";
import type { Fill } from "./ConnectionFields";
import type { Draft } from "./draft";
import { FOLDER_MOST } from "./FolderDialog";
import { SelectField } from "./SelectField";
import { keyOfFolder, readKey } from "./tree";
import { pathWord, words } from "./words";

const say = words.form;
const NEW = "new";

/** The folder: one that is there, or a new one in it. */
export function FolderField({
  draft,
  folders,
  fill,
  fault,
}: {
  draft: Draft;
  folders: readonly (readonly string[])[];
  fill: Fill;
  fault: string | null;
}) {
  const id = useId();
  const paths = [[], ...folders];
  // One that is named by the draft alone is there as well.
  const all = paths.some((path) => keyOfFolder(path) === keyOfFolder(draft.folder)) ? paths : [...paths, draft.folder];
  const making = draft.newFolder !== null;
  const name = useRef<HTMLInputElement>(null);
  // The list gives the keyboard back to its button when it closes; whoever makes a folder wants to name it.
  const claims = useRef(false);
  return (
    <div
      className="profile-form-folder"
      onFocus={({ target }) => {
        if (claims.current && target !== name.current) {
          name.current?.focus();
        }
        claims.current &&= target !== name.current;
      }}
    >
      <SelectField
        label={say.folder}
        testId="profile-form-folder"
        options={[...all.map((path) => ({ id: keyOfFolder(path), label: pathWord(path) })), { id: NEW, label: say.folderNew }]}
        value={making ? NEW : keyOfFolder(draft.folder)}
        onChange={(to) => {
          const found = readKey(to);
          claims.current = found?.kind !== "folder";
          fill(found?.kind === "folder" ? { folder: found.path, newFolder: null } : { newFolder: draft.newFolder ?? "" });
        }}
      />
      {making && (
        <Field label={say.folderNewName} htmlFor={id} fault={fault} hint={draft.folder.length === 0 ? null : say.folderInside(draft.folder)}>
          <input
            id={id}
            className="field"
            data-testid="profile-form-new-folder"
            ref={name}
            maxLength={FOLDER_MOST}
            spellCheck={false}
            aria-invalid={fault !== null}
            value={draft.newFolder ?? ""}
            onChange={(event) => fill({ newFolder: event.target.value })}
          />
        </Field>
      )}
    </div>
  );
}
