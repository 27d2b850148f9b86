import { ChevronRight } from "lucide-react";
import { useId, useRef, useState } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";

import type { Failure } from "../../contract/Failure";
import { Icon } from "../../design/Icon";
import { asFailure } from "../../platform/ipc";
import { useModel } from "../../platform/model";
import { FailureBox } from "../help/FailureBox";
import { TopicLink } from "../help/HelpLink";
import { deskOf, type ForwardForm, useDesk } from "../window/desk";
import { check, type Draft, type DraftField, draftOf, newDraft, targetOf } from "./draft";
import { type Fill, Segments } from "./fields";
import { FOLDED, FormMore, summaryOf } from "./FormMore";
import { HostFields } from "./HostFields";
import { LocalField } from "./LocalField";
import { PortField } from "./PortField";
import { ProtocolField } from "./ProtocolField";
import { isOn } from "./target";
import { VmField } from "./VmField";
import { faultWord, words } from "./words";
import "./form.css";

const say = words.form;
const KINDS = ["instance", "host"] as const;

/** The form for a tunnel, while one is asked for. */
export function TunnelForm() {
  const desk = deskOf(useModel());
  const form = useDesk(desk, (state) => state.form);
  if (form === null) {
    return null;
  }
  const close = () => desk.change({ form: null });
  return (
    // A click beside it does not throw away what was typed; Escape does.
    <ModalOverlay className="veil top" isOpen onOpenChange={(open) => !open && close()}>
      <Modal className="dialog wide form-modal">
        <Dialog className="form" data-testid="tunnel-form">
          <FormBody key={form.kind === "edit" ? form.id : "new"} form={form} onClose={close} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function FormBody({ form, onClose }: { form: ForwardForm; onClose: () => void }) {
  const model = useModel();
  const desk = deskOf(model);
  const known = form.kind === "edit" ? model.state.tunnels.find(({ id }) => id === form.id) : undefined;
  const [draft, setDraft] = useState<Draft>(() =>
    known === undefined ? newDraft(...startOf(form)) : draftOf(known.spec),
  );
  const [more, setMore] = useState(false);
  const [tried, setTried] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [sending, setSending] = useState(false);
  const element = useRef<HTMLFormElement>(null);
  const id = useId();
  const fill: Fill = (change) => {
    setFailure(null);
    setDraft((before) => ({ ...before, ...change }));
  };
  const { spec, faults } = check(draft);
  // Nothing is called wrong before the person has said that it is ready.
  const faultOf = (field: DraftField): string | null => {
    const fault = tried ? faults?.get(field) : undefined;
    return fault === undefined ? null : faultWord(field, fault);
  };
  const running = known !== undefined && isOn(known);

  const submit = async () => {
    setTried(true);
    if (spec === null) {
      if ([...faults.keys()].some((field) => FOLDED.has(field))) {
        setMore(true);
      }
      // Once the faults are drawn.
      setTimeout(() => element.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus(), 0);
      return;
    }
    setSending(true);
    try {
      if (form.kind === "edit") {
        await model.backend.call("tunnel_change", { id: form.id, spec });
        onClose();
        desk.openTunnels(form.id);
      } else {
        const id = await model.backend.call("tunnel_add", { spec, start: true });
        onClose();
        desk.openTunnels(id);
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
          void submit();
        }
      }}
    >
      <header className="form-head">
        <Heading slot="title" className="dialog-title">
          {form.kind === "edit" ? say.editTitle : say.newTitle}
        </Heading>
        <TopicLink topic="forwards" />
        <Segments label={say.target} options={KINDS} value={draft.kind} words={say.kinds} onChange={(kind) => fill({ kind })} />
      </header>
      <div className="form-fields">
        {draft.kind === "instance" ? (
          <VmField
            instance={draft.instance}
            fault={faultOf("instance")}
            onChange={(instance, os) =>
              // A Windows VM is asked for its desktop most often.
              fill({ instance, ...(os === "windows" && draft.port === "" ? { port: "3389" } : {}) })
            }
          />
        ) : (
          <HostFields draft={draft} fill={fill} faultOf={faultOf} />
        )}
        <PortField
          key={draft.kind === "instance" && draft.instance !== null ? "known" : "unknown"}
          value={draft.port}
          machine={draft.kind === "instance" ? (draft.instance?.name ?? null) : null}
          fault={faultOf("port")}
          onChange={(port) => fill({ port })}
        />
        <div className="form-row">
          <ProtocolField draft={draft} fill={fill} />
          <LocalField draft={draft} target={targetOf(draft)} fill={fill} fault={faultOf("localPort")} />
        </div>
        <button
          type="button"
          className="form-fold"
          aria-expanded={more}
          aria-controls={`${id}-more`}
          data-testid="tunnel-form-more"
          onClick={() => setMore(!more)}
        >
          <span className="row-chevron" data-open={more}>
            <Icon of={ChevronRight} size="tiny" />
          </span>
          {say.more}
          {!more && (
            <span className="form-summary ellipsis">
              {[draft.name.trim(), ...summaryOf(draft)].filter((part) => part !== "").join(" · ")}
            </span>
          )}
        </button>
        {more && (
          <div id={`${id}-more`} className="form-more">
            <FormMore draft={draft} fill={fill} faultOf={faultOf} naming="here" />
          </div>
        )}
      </div>
      {failure !== null && <FailureBox failure={failure} tone="danger" role="alert" />}
      <div className="form-actions">
        <Button className="button" onPress={onClose}>
          {say.cancel}
        </Button>
        <Button type="submit" className="button primary" data-testid="tunnel-submit" isDisabled={sending}>
          {form.kind === "new" ? say.submit : running ? say.saveRestart : say.save}
        </Button>
      </div>
    </form>
  );
}

function startOf(form: ForwardForm): Parameters<typeof newDraft> {
  return form.kind === "new" && form.to !== null ? [form.to.instance, form.to.os, form.port] : [null];
}
