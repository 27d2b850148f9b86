import { useId, useState } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";

import { useModel } from "../../platform/model";
import { deskOf, type ForwardTo, useDesk } from "../window/desk";
import { portOf, usualPort } from "./target";
import { words } from "./words";

const say = words.ask;

/** Asks for the port whose way is to be explained, while one is asked for. */
export function AskPort() {
  const desk = deskOf(useModel());
  const to = useDesk(desk, (state) => state.explainTo);
  if (to === null) {
    return null;
  }
  const close = () => desk.change({ explainTo: null });
  return (
    <ModalOverlay className="veil" isOpen isDismissable onOpenChange={(open) => !open && close()}>
      <Modal className="dialog">
        <Dialog data-testid="explain-ask">
          <AskBody to={to} onClose={close} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function AskBody({ to: { instance, os }, onClose }: { to: ForwardTo; onClose: () => void }) {
  const desk = deskOf(useModel());
  const [typed, setTyped] = useState(String(usualPort(os)));
  const [tried, setTried] = useState(false);
  const id = useId();
  const port = portOf(typed);
  const fault = tried && port === null;
  return (
    <form
      className="dialog-body"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (port !== null) {
          onClose();
          // After the dialog has given the keyboard back.
          setTimeout(() => desk.explainPort(instance, port), 0);
        }
      }}
    >
      <Heading slot="title" className="dialog-title why-ask-title">
        {say.title(instance.name)}
      </Heading>
      <p className="quiet">{say.lead}</p>
      <div className="why-ask-port">
        <label htmlFor={id}>{say.port}</label>
        <input
          id={id}
          className="field tabular"
          data-testid="explain-port"
          autoFocus
          inputMode="numeric"
          autoComplete="off"
          value={typed}
          aria-invalid={fault}
          aria-describedby={fault ? `${id}-fault` : undefined}
          onFocus={(event) => event.target.select()}
          onChange={(event) => setTyped(event.target.value.replaceAll(/\D/g, "").slice(0, 5))}
        />
        {fault && (
          <p className="field-fault" id={`${id}-fault`} role="alert">
            {say.fault}
          </p>
        )}
      </div>
      <div className="dialog-actions">
        <Button className="button" onPress={onClose}>
          {say.cancel}
        </Button>
        <Button className="button primary" type="submit" data-testid="explain-submit">
          {say.submit}
        </Button>
      </div>
    </form>
  );
}
