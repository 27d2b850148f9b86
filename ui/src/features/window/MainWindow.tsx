import { useRef, useState } from "react";
import { Dialog, Modal, ModalOverlay } from "react-aria-components";

import { useAppState, useModel } from "../../platform/model";
import { remarkFailure } from "../../design/toast";
import { WindowsPassword } from "../desktop/WindowsPassword";
import { AskPort } from "../explain/AskPort";
import { Explorer } from "../explorer/Explorer";
import { Palette } from "../palette/Palette";
import { Imported } from "../profiles/Imported";
import { ProfileForm } from "../profiles/ProfileForm";
import { ProjectsDialog } from "../projects/ProjectsDialog";
import { SignInSteps } from "../signin/SignIn";
import { StatusBar } from "../statusbar/StatusBar";
import { TunnelForm } from "../tunnels/TunnelForm";
import { ConnectHow } from "./ConnectHow";
import { Dock } from "./Dock";
import { OffersBar } from "./Offer";
import { TabDialogs } from "./TabDialogs";
import { TopBar } from "./TopBar";
import { words } from "./words";
import "./window.css";

const MIN = 200;
const MAX = 480;

export function MainWindow() {
  const model = useModel();
  const open = useAppState((state) => state.layout.explorerOpen);
  const stored = useAppState((state) => state.layout.explorerWidth);
  const [dragged, setDragged] = useState<number | null>(null);
  const width = dragged ?? stored;

  return (
    <div className="window">
      <TopBar />
      <div className="window-middle" style={{ "--explorer": `${width}px` } as React.CSSProperties}>
        {open && (
          <>
            <div className="window-explorer">
              <Explorer />
            </div>
            <Sash
              width={width}
              onMove={setDragged}
              onEnd={(to) => {
                setDragged(null);
                model.changeLayout({ explorerWidth: to }).catch(remarkFailure);
              }}
            />
          </>
        )}
        <main className="window-dock">
          <OffersBar />
          <div className="window-tabs">
            <Dock />
          </div>
        </main>
      </div>
      <StatusBar />
      <Palette />
      <TunnelForm />
      <ProfileForm />
      <Imported />
      <AskPort />
      <ConnectHow />
      <TabDialogs />
      <WindowsPassword />
      <ProjectsDialog />
      <SignInAgain />
    </div>
  );
}

/** The edge between explorer and dock. */
function Sash({ width, onMove, onEnd }: { width: number; onMove: (to: number) => void; onEnd: (to: number) => void }) {
  const start = useRef<{ x: number; width: number } | null>(null);
  const bounded = (to: number) => Math.round(Math.min(MAX, Math.max(MIN, to)));
  const at = (x: number) => bounded((start.current?.width ?? width) + x - (start.current?.x ?? x));
  return (
    // A separator that can be moved is a control with a value.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      className="sash"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={words.resize}
      aria-valuemin={MIN}
      aria-valuemax={MAX}
      aria-valuenow={width}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { x: event.clientX, width };
      }}
      onPointerMove={(event) => {
        if (start.current !== null) {
          onMove(at(event.clientX));
        }
      }}
      onPointerUp={(event) => {
        if (start.current !== null) {
          onEnd(at(event.clientX));
          start.current = null;
        }
      }}
      onKeyDown={(event) => {
        const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
        if (step !== undefined) {
          event.preventDefault();
          onEnd(bounded(width + step));
        }
      }}
    />
  );
}

/** A new sign-in while the window is there: over it, in place of nothing. */
function SignInAgain() {
  const { backend } = useModel();
  const state = useAppState((app) => app.signIn);
  if (state.kind === "idle") {
    return null;
  }
  return (
    <ModalOverlay
      className="veil"
      isOpen
      onOpenChange={(open) => {
        if (!open) {
          backend.call("sign_in_cancel", {}).catch(remarkFailure);
        }
      }}
    >
      <Modal className="dialog">
        <Dialog className="dialog-body" aria-label={words.signInNeeded} data-testid="sign-in-again">
          <SignInSteps state={state} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
