import { useRef, useState } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";

import type { Failure } from "../../contract/Failure";
import type { ProfileInfo } from "../../contract/ProfileInfo";
import { StateMark } from "../../design/StateMark";
import { asFailure } from "../../platform/ipc";
import { useModel } from "../../platform/model";
import { FailureBox } from "../help/FailureBox";
import { TopicLink } from "../help/HelpLink";
import { Segments } from "../tunnels/fields";
import { FOLDED } from "../tunnels/FormMore";
import { deskOf, type ProfileForm as Asked, useDesk } from "../window/desk";
import { ConnectionFields } from "./ConnectionFields";
import { check, type Draft, draftOf, type Field, folderOf, newDraft } from "./draft";
import { ProfileSettings } from "./ProfileSettings";
import { foldersOf, keyOfProfile } from "./tree";
import { useProfiles } from "./useProfiles";
import { faultWord, words } from "./words";
import "../tunnels/form.css";
import "../tunnels/tunnels.css";
import "./profiles.css";

const say = words.form;
const PANES = ["connection", "settings"] as const;
type Pane = (typeof PANES)[number];

/** The form for a profile, while one is asked for. */
export function ProfileForm() {
  const desk = deskOf(useModel());
  const form = useDesk(desk, (state) => state.profileForm);
  const { list } = useProfiles();
  const known = form?.kind === "edit" ? list?.profiles.find(({ id }) => id === form.id) : undefined;
  // The profile that is edited has to be known first.
  if (form === null || list === null || (form.kind === "edit" && known === undefined)) {
    return null;
  }
  const close = () => desk.change({ profileForm: null });
  return (
    // A click beside it does not throw away what was typed; Escape does.
    <ModalOverlay className="veil top" isOpen onOpenChange={(open) => !open && close()}>
      <Modal className="dialog wide form-modal">
        <Dialog className="form" data-testid="profile-form">
          <FormBody form={form} known={known} folders={foldersOf(list)} onClose={close} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function begun(form: Asked, known: ProfileInfo | undefined): Draft {
  const profile = form.kind === "new" ? form.profile : (known?.profile ?? null);
  return profile === null ? newDraft(form.kind === "new" ? form.folder : []) : draftOf(profile);
}

function FormBody({
  form,
  known,
  folders,
  onClose,
}: {
  form: Asked;
  known: ProfileInfo | undefined;
  folders: readonly (readonly string[])[];
  onClose: () => void;
}) {
  const model = useModel();
  const desk = deskOf(model);
  const { profiles } = desk;
  const [draft, setDraft] = useState<Draft>(() => begun(form, known));
  const [pane, setPane] = useState<Pane>(form.kind === "edit" ? form.pane : "connection");
  const [more, setMore] = useState(false);
  const [tried, setTried] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [sending, setSending] = useState(false);
  const element = useRef<HTMLFormElement>(null);
  const fill = (change: Partial<Draft>) => {
    setFailure(null);
    setDraft((before) => ({ ...before, ...change }));
  };
  const { profile, faults } = check(draft);
  // Nothing is called wrong before the person has said that it is ready.
  const faultOf = (field: Field): string | null => {
    const fault = tried ? faults?.get(field) : undefined;
    return fault === undefined ? null : faultWord(field, fault);
  };

  /** Saves it, then closes the form or goes on with the settings. */
  const submit = async (then: "close" | "settings") => {
    setTried(true);
    if (profile === null) {
      setPane("connection");
      if ([...faults.keys()].some((field) => (FOLDED as ReadonlySet<Field>).has(field))) {
        setMore(true);
      }
      // Once the faults are drawn.
      setTimeout(() => element.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus(), 0);
      return;
    }
    setSending(true);
    try {
      if (draft.newFolder !== null) {
        await profiles.addFolder(folderOf(draft));
        fill({ folder: folderOf(draft), newFolder: null });
      }
      // Settings are changed on their own: those of now are kept, not those that the form began with.
      const settings = known?.profile.settings ?? profile.settings;
      const id = await profiles.save(known?.id ?? null, { ...profile, settings });
      if (then === "settings") {
        profiles.edit(id, "settings");
        setPane("settings");
        setTried(false);
        setSending(false);
      } else {
        onClose();
        profiles.open(new Set([keyOfProfile(id)]));
      }
    } catch (error) {
      setFailure(asFailure(error));
      setSending(false);
    }
  };

  return (
    <form
      ref={element}
      className="form-body"
      autoComplete="off"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!sending) {
          void submit("close");
        }
      }}
    >
      <header className="form-head">
        <Heading slot="title" className="dialog-title">
          {known === undefined ? say.newTitle : say.editTitle}
        </Heading>
        <TopicLink topic="profiles" />
        <Segments label={say.pane} options={PANES} value={pane} words={say.panes} testId="profile-form" onChange={setPane} />
      </header>
      {pane === "connection" ? (
        <ConnectionFields
          draft={draft}
          fill={fill}
          faultOf={faultOf}
          folders={folders}
          more={more}
          onMore={setMore}
          begun={known === undefined && form.kind === "new" && form.profile === null ? "empty" : "filled"}
        />
      ) : (
        <div className="form-fields">
          <ProfileSettings saved={known} onSave={() => void submit("settings")} />
        </div>
      )}
      {known?.profile.unconfirmed === true && (
        <div className="tunnel-trouble" data-tone="warn" role="status" data-testid="profile-unconfirmed">
          <StateMark mark="warn" />
          <div className="tunnel-trouble-words">
            <p className="tunnel-trouble-title selectable">{known.problem}</p>
          </div>
        </div>
      )}
      {failure !== null && <FailureBox failure={failure} tone="danger" role="alert" />}
      <div className="form-actions">
        <Button className="button" onPress={onClose}>
          {say.cancel}
        </Button>
        <Button type="submit" className="button primary" data-testid="profile-submit" isDisabled={sending}>
          {known === undefined ? say.saveNew : say.save}
        </Button>
      </div>
    </form>
  );
}
