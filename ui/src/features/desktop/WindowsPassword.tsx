import { TriangleAlert } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";

import type { Failure } from "../../contract/Failure";
import type { InstanceRef } from "../../contract/InstanceRef";
import { Icon } from "../../design/Icon";
import { remark, remarkFailure } from "../../design/toast";
import { asFailure } from "../../platform/ipc";
import { useAppState, useModel } from "../../platform/model";
import { HelpLink, TopicLink } from "../help/HelpLink";
import { deskOf, useDesk } from "../window/desk";
import { NewPassword, type PasswordWish } from "./NewPassword";
import { passwordWords as words } from "./words";

/** Sets a Windows password, while one is asked for. */
export function WindowsPassword() {
  const desk = deskOf(useModel());
  const instance = useDesk(desk, (state) => state.passwordFor);
  if (instance === null) {
    return null;
  }
  const close = () => desk.change({ passwordFor: null });
  return (
    <ModalOverlay className="veil" isOpen isDismissable onOpenChange={(open) => !open && close()}>
      <Modal className="dialog wide">
        <Dialog data-testid="windows-password">
          <Body instance={instance} onClose={close} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Body({ instance, onClose }: { instance: InstanceRef; onClose: () => void }) {
  const { backend } = useModel();
  const canRemember = useAppState((state) => state.keychain === "available");
  const account = useAppState((state) => state.accounts[0]?.email ?? "");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  const set = async (wish: PasswordWish) => {
    setBusy(true);
    setFailure(null);
    try {
      await backend.call("windows_password", { instance, ...wish });
      remark(words.done(wish.user, instance.name));
      if (here.current) {
        onClose();
      }
    } catch (error) {
      // Whoever closed the dialog meanwhile still hears of it.
      if (here.current) {
        setFailure(asFailure(error));
        setBusy(false);
      } else {
        remarkFailure(error);
      }
    }
  };
  return (
    <div className="dialog-body windows-password">
      <Heading slot="title" className="dialog-title why-ask-title">
        {words.title(instance.name)}
      </Heading>
      <p className="quiet">
        {words.lead} <TopicLink topic="windowsPassword" />
      </p>
      {failure !== null && (
        <div className="caution" role="alert" data-testid="windows-password-failure">
          <Icon of={TriangleAlert} size="small" />
          <span>
            <strong>{failure.title}.</strong> {failure.advice} <HelpLink code={failure.code} />
            {failure.server !== null && <span className="caution-server mono selectable">{failure.server.text}</span>}
          </span>
        </div>
      )}
      <NewPassword
        vm={instance.name}
        user={account.slice(0, account.indexOf("@")).replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 20)}
        canRemember={canRemember}
        submit={words.submit}
        back={busy ? words.close : words.cancel}
        busy={busy}
        onBack={onClose}
        onSubmit={(wish) => void set(wish)}
      />
    </div>
  );
}
