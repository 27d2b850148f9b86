import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";

import { useModel } from "../../platform/model";
import { deskOf, useDesk } from "../window/desk";
import { ProjectPicker } from "./ProjectPicker";
import { words } from "./words";

/** The choice of projects over the window, while it is open. */
export function ProjectsDialog() {
  const desk = deskOf(useModel());
  const open = useDesk(desk, (state) => state.choosingProjects);
  if (!open) {
    return null;
  }
  const close = () => desk.change({ choosingProjects: false });
  return (
    <ModalOverlay className="veil" isOpen isDismissable onOpenChange={(to) => !to && close()}>
      <Modal className="dialog wide">
        <Dialog className="dialog-body projects-dialog" data-testid="projects-dialog">
          <Heading slot="title" className="dialog-title">
            {words.title}
          </Heading>
          <p className="quiet">{words.lead}</p>
          <ProjectPicker onDone={close} onCancel={close} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
