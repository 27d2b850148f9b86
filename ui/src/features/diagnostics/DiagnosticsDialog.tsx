import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay, Switch } from "react-aria-components";

import type { DiagnosticNames } from "../../contract/DiagnosticNames";
import type { Failure } from "../../contract/Failure";
import { Icon } from "../../design/Icon";
import { remarkFailure } from "../../design/toast";
import { asFailure } from "../../platform/ipc";
import { useBackend, useModel } from "../../platform/model";
import { HelpLink } from "../help/HelpLink";
import { deskOf, useDesk } from "../window/desk";
import { words } from "./words";
import "./diagnostics.css";

/** What may be handed on when somebody asks for help, while it is open. */
export function DiagnosticsDialog() {
  const desk = deskOf(useModel());
  const open = useDesk(desk, (state) => state.diagnostics);
  if (!open) {
    return null;
  }
  const close = () => desk.change({ diagnostics: false });
  return (
    <ModalOverlay className="veil" isOpen isDismissable onOpenChange={(to) => !to && close()}>
      <Modal className="dialog diagnostics-modal">
        <Dialog className="dialog-body diagnostics" data-testid="diagnostics">
          <Body onClose={close} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Body({ onClose }: { onClose: () => void }) {
  const backend = useBackend();
  const [names, setNames] = useState<DiagnosticNames>("hidden");
  const [text, setText] = useState<string | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [attempt, setAttempt] = useState(1);
  /** The text that was copied last: another one has not been. */
  const [copied, setCopied] = useState<string | null>(null);
  useEffect(() => {
    let wanted = true;
    backend.call("diagnostics", { names }).then(
      (found) => wanted && setText(found),
      (error: unknown) => wanted && setFailure(asFailure(error)),
    );
    return () => {
      wanted = false;
    };
  }, [backend, names, attempt]);
  /** Another text is wanted: the one before is neither shown nor copied under the wrong switch. */
  const anew = () => {
    setText(null);
    setFailure(null);
  };
  const copy = () => {
    if (text !== null) {
      backend.call("clipboard_write", { text }).then(() => setCopied(text), remarkFailure);
    }
  };
  const isCopied = text !== null && copied === text;
  return (
    <>
      <Heading slot="title" className="dialog-title">
        {words.title}
      </Heading>
      <p className="quiet">{words.lead}</p>
      {failure === null ? (
        // Longer than its place: the keyboard has to get there to scroll it.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <pre className="diagnostics-text mono selectable" role="region" aria-label={words.text} aria-busy={text === null} tabIndex={0} data-testid="diagnostics-text">
          {text ?? words.gathering}
        </pre>
      ) : (
        <div className="diagnostics-failed" role="alert">
          <p>{words.failed}</p>
          <p className="quiet selectable">
            {[failure.title, failure.advice].filter((part) => part !== "").join(". ")} <HelpLink code={failure.code} />
          </p>
          <Button
            className="button"
            data-testid="diagnostics-again"
            onPress={() => {
              anew();
              setAttempt(attempt + 1);
            }}
          >
            {words.again}
          </Button>
        </div>
      )}
      <div className="dialog-actions diagnostics-actions">
        <Switch
          className="diagnostics-names"
          data-testid="diagnostics-names"
          isSelected={names === "shown"}
          onChange={(shown) => {
            anew();
            setNames(shown ? "shown" : "hidden");
          }}
        >
          <span className="switch-track" aria-hidden="true" />
          {words.names}
        </Switch>
        <Button className="button" onPress={onClose}>
          {words.close}
        </Button>
        <Button className="button primary" data-testid="diagnostics-copy" isDisabled={text === null} onPress={copy}>
          <Icon of={isCopied ? Check : Copy} size="small" />
          <span role="status">{isCopied ? words.copied : words.copy}</span>
        </Button>
      </div>
    </>
  );
}
