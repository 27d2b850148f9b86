import { useId, useState } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";

import type { FailureCode } from "../../contract/FailureCode";
import { asFailure } from "../../platform/ipc";
import { useModel } from "../../platform/model";
import { HelpLink } from "../help/HelpLink";
import { deskOf } from "../window/desk";
import { keyOfFolder, type Path } from "./tree";
import { words } from "./words";

/** Longest name of a folder, as core takes it. */
export const FOLDER_MOST = 60;

/** A folder that gets a name. */
export type FolderNaming = { kind: "new"; inside: Path } | { kind: "rename"; path: Path };

/** Asks for the name of a folder, new or there already. */
export function FolderDialog({ naming, onClose }: { naming: FolderNaming; onClose: () => void }) {
  const { profiles } = deskOf(useModel());
  const [name, setName] = useState(naming.kind === "new" ? "" : (naming.path.at(-1) ?? ""));
  const [fault, setFault] = useState<{ text: string; code: FailureCode | null } | null>(null);
  const id = useId();
  const submit = async () => {
    const given = name.trim();
    try {
      if (given === "") {
        setFault({ text: words.form.folderMissing, code: null });
        return;
      }
      const path = naming.kind === "new" ? [...naming.inside, given] : [...naming.path.slice(0, -1), given];
      await (naming.kind === "new" ? profiles.addFolder(path) : profiles.renameFolder(naming.path, given));
      profiles.choose(new Set([keyOfFolder(path)]));
      onClose();
    } catch (error) {
      const { title, advice, code } = asFailure(error);
      setFault({ text: [title, advice].filter((part) => part !== "").join(". "), code });
    }
  };
  const title =
    naming.kind === "rename"
      ? words.folderRename(naming.path.at(-1) ?? "")
      : naming.inside.length === 0
        ? words.folderNew
        : words.folderNewIn(naming.inside);
  return (
    <ModalOverlay className="veil" isOpen isDismissable onOpenChange={(open) => !open && onClose()}>
      <Modal className="dialog">
        <Dialog data-testid="profile-folder">
          <form
            className="dialog-body"
            autoComplete="off"
            onSubmit={(event) => {
              event.preventDefault();
              void submit();
            }}
          >
            <Heading slot="title" className="dialog-title ellipsis">
              {title}
            </Heading>
            <div className="form-field">
              <label className="form-label" htmlFor={id}>
                {words.folderName}
              </label>
              <input
                id={id}
                autoFocus
                className="field"
                data-testid="profile-folder-name"
                maxLength={FOLDER_MOST}
                spellCheck={false}
                aria-invalid={fault !== null}
                value={name}
                onFocus={(event) => event.target.select()}
                onChange={(event) => {
                  setName(event.target.value);
                  setFault(null);
                }}
              />
              {fault !== null && (
                <p className="field-fault" role="alert">
                  {fault.text} {fault.code !== null && <HelpLink code={fault.code} />}
                </p>
              )}
            </div>
            <div className="dialog-actions">
              <Button className="button" onPress={onClose}>
                {words.cancel}
              </Button>
              <Button className="button primary" type="submit" data-testid="profile-folder-save">
                {naming.kind === "new" ? words.folderCreate : words.folderSave}
              </Button>
            </div>
          </form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
