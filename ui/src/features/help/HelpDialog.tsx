import { Button, Dialog, Modal, ModalOverlay } from "react-aria-components";

import { useModel } from "../../platform/model";
import { deskOf, useDesk } from "../window/desk";
import { Help } from "./HelpPage";
import { words } from "./words";

/** The help over what is there: where the window has no tabs, and where a dialog would hide them. */
export function HelpDialog() {
  const desk = deskOf(useModel());
  const at = useDesk(desk, (state) => state.helpOver);
  if (at === null) {
    return null;
  }
  const close = () => desk.change({ helpOver: null });
  return (
    <ModalOverlay className="veil help-veil" isOpen isDismissable onOpenChange={(open) => !open && close()}>
      <Modal className="dialog help-modal">
        <Dialog className="help-dialog" aria-label={words.title} data-testid="help-dialog">
          <div className="help-room">
            <Help at={at} onGo={(helpOver) => desk.change({ helpOver })} />
          </div>
          <div className="dialog-actions help-actions">
            <Button className="button" data-testid="help-close" onPress={close}>
              {words.closeShort}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
