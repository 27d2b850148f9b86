import { useState } from "react";
import { Button, Dialog, Heading, Label, Modal, ModalOverlay, Radio, RadioGroup } from "react-aria-components";

import type { SessionInfo } from "../../contract/SessionInfo";
import type { TabColour } from "../../contract/TabColour";
import { Question } from "../../design/parts";
import { remarkFailure } from "../../design/toast";
import { useAppState, useModel } from "../../platform/model";
import { deskOf, useDesk } from "./desk";
import { words } from "./words";

const COLOURS: readonly TabColour[] = ["none", "red", "orange", "yellow", "green", "blue", "violet"];
/** Longest name of a tab, as core takes it. */
const LONGEST = 80;

/** What is asked about tabs: a name and a colour, or whether several are closed. */
export function TabDialogs() {
  const desk = deskOf(useModel());
  const naming = useDesk(desk, (state) => state.naming);
  const closing = useDesk(desk, (state) => state.closing);
  const named = useAppState((state) => state.sessions).find((session) => session.id === naming);
  if (closing.length > 0) {
    return <Closing ids={closing} />;
  }
  return named === undefined ? null : <Naming key={named.id} session={named} />;
}

function Naming({ session }: { session: SessionInfo }) {
  const desk = deskOf(useModel());
  const [name, setName] = useState(session.name ?? "");
  const [colour, setColour] = useState(session.colour);
  const close = () => {
    desk.change({ naming: null });
    setTimeout(() => desk.focusFront(), 0);
  };
  return (
    <ModalOverlay className="veil" isOpen isDismissable onOpenChange={(open) => !open && close()}>
      <Modal className="dialog">
        <Dialog data-testid="tab-naming">
          <form
            className="dialog-body"
            onSubmit={(event) => {
              event.preventDefault();
              desk.tabs.label(session.id, name, colour).then(close, remarkFailure);
            }}
          >
            <Heading slot="title" className="dialog-title">
              {words.namingTitle(session.instance.name)}
            </Heading>
            <label className="tab-naming-field">
              <span>{words.namingName}</span>
              <input
                autoFocus
                className="field"
                data-testid="tab-name"
                value={name}
                placeholder={session.instance.name}
                maxLength={LONGEST}
                spellCheck={false}
                autoComplete="off"
                onChange={(event) => setName(event.target.value)}
              />
            </label>
            <RadioGroup className="tab-colours" value={colour} orientation="horizontal" onChange={(to) => setColour(to as TabColour)}>
              <Label>{words.namingColour}</Label>
              <div className="tab-colours-row">
                {COLOURS.map((one) => (
                  <Radio key={one} className="tab-colour" value={one} data-colour={one} aria-label={words.colours[one]}>
                    <span className="tab-swatch" data-colour={one} title={words.colours[one]} />
                  </Radio>
                ))}
              </div>
              <p className="quiet">{words.colours[colour]}</p>
            </RadioGroup>
            <p className="quiet">{words.namingAdvice}</p>
            <div className="dialog-actions">
              <Button className="button" onPress={close}>
                {words.cancel}
              </Button>
              <Button className="button primary" type="submit" data-testid="tab-naming-save">
                {words.namingSave}
              </Button>
            </div>
          </form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Closing({ ids }: { ids: readonly string[] }) {
  const { tabs } = deskOf(useModel());
  const live = tabs.liveOf(ids).length;
  return (
    <Question
      title={words.closingTitle(ids.length)}
      testId="close-several"
      onClose={() => tabs.answerClosing("keep")}
      actions={
        <>
          <Button autoFocus className="button" onPress={() => tabs.answerClosing("keep")}>
            {words.cancel}
          </Button>
          <Button className="button danger" data-testid="close-several-yes" onPress={() => tabs.answerClosing("end")}>
            {words.closingConfirm}
          </Button>
        </>
      }
    >
      <p className="quiet">{words.closingAdvice(live)}</p>
    </Question>
  );
}
