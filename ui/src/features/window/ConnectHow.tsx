import { Check } from "lucide-react";
import { useState } from "react";
import { Button, Checkbox, Dialog, Heading, Label, Modal, ModalOverlay, Radio, RadioGroup } from "react-aria-components";

import type { Protocol } from "../../contract/Protocol";
import { Icon } from "../../design/Icon";
import { useModel } from "../../platform/model";
import { PROTOCOL_ICONS } from "../session/Where";
import { protocolWord } from "../session/words";
import { deskOf, type ForwardTo, useDesk, usualProtocol } from "./desk";
import { words } from "./words";

const PROTOCOLS: readonly Protocol[] = ["ssh", "rdp"];

/** Asks how to connect to a VM, while that is asked for. */
export function ConnectHow() {
  const desk = deskOf(useModel());
  const to = useDesk(desk, (state) => state.connectTo);
  if (to === null) {
    return null;
  }
  const close = () => desk.change({ connectTo: null });
  return (
    <ModalOverlay className="veil" isOpen isDismissable onOpenChange={(open) => !open && close()}>
      <Modal className="dialog">
        <Dialog data-testid="connect-how">
          <Body to={to} onClose={close} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Body({ to, onClose }: { to: ForwardTo; onClose: () => void }) {
  const desk = deskOf(useModel());
  const [protocol, setProtocol] = useState(usualProtocol(to.os));
  const [fresh, setFresh] = useState(false);
  const open = desk.sessionTo(to.instance, protocol) !== undefined;
  return (
    // The keys are its choices' own, and Enter for its button.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <form
      className="dialog-body"
      onSubmit={(event) => {
        event.preventDefault();
        onClose();
        // After the dialog has given the keyboard back.
        setTimeout(() => void (fresh && open ? desk.connect(to, protocol) : desk.show(to, protocol)), 0);
      }}
      onKeyDown={(event) => {
        // Enter means the dialog's button also on a choice.
        if (event.key === "Enter" && event.target instanceof HTMLInputElement) {
          event.preventDefault();
          event.currentTarget.requestSubmit();
        }
      }}
    >
      <Heading slot="title" className="dialog-title why-ask-title">
        {words.connectHow(to.instance.name)}
      </Heading>
      <RadioGroup className="choices" value={protocol} onChange={(value) => setProtocol(value as Protocol)}>
        <Label className="sr-only">{words.connectBy}</Label>
        {PROTOCOLS.map((one) => (
          <Radio key={one} className="choice" value={one} data-testid={`connect-${one}`} autoFocus={one === protocol}>
            <Icon of={PROTOCOL_ICONS[one]} />
            <span className="choice-words">
              {protocolWord(one)}
              <span className="quiet">{words.connectSays[one]}</span>
            </span>
          </Radio>
        ))}
      </RadioGroup>
      {open && (
        <Checkbox className="checkbox" isSelected={fresh} onChange={setFresh}>
          <span className="checkbox-box">{fresh && <Icon of={Check} size="tiny" />}</span>
          {words.connectFresh}
        </Checkbox>
      )}
      <div className="dialog-actions">
        <Button className="button" onPress={onClose}>
          {words.cancel}
        </Button>
        <Button className="button primary" type="submit" data-testid="connect-submit">
          {words.connect}
        </Button>
      </div>
    </form>
  );
}
