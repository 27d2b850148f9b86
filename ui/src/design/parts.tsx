/** Small parts that every feature uses. */

import { Check, Copy, LoaderCircle } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Dialog, Heading, Modal, ModalOverlay, Tooltip, TooltipTrigger } from "react-aria-components";

import { useBackend } from "../platform/model";
import { Icon } from "./Icon";

/** Keys as caps: `["Ctrl", "K"]`. */
export function Keys({ of }: { of: readonly string[] }) {
  return (
    <span className="kbds" aria-hidden="true">
      {of.map((key) => (
        <kbd className="kbd" key={key}>
          {key}
        </kbd>
      ))}
    </span>
  );
}

/** Turns, but not before 400 ms have gone. */
export function Spinner() {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 400);
    return () => clearTimeout(timer);
  }, []);
  return shown ? <Icon of={LoaderCircle} className="spinner" /> : <span className="spinner-room" />;
}

/** Copies a text and says so for a moment. In a list whose rows have the keyboard only the pointer reaches it. */
export function CopyButton({ text, label, reach = "all" }: { text: string; label: string; reach?: "all" | "pointer" }) {
  const backend = useBackend();
  const [copied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);
  return (
    <button
      type="button"
      className="icon-button small"
      aria-label={label}
      title={label}
      {...(reach === "pointer" ? { tabIndex: -1 } : {})}
      onClick={() => {
        void backend.call("clipboard_write", { text }).then(() => {
          setCopied(true);
          timer.current = setTimeout(() => setCopied(false), 1500);
          return undefined;
        }, () => setCopied(false));
      }}
    >
      <Icon of={copied ? Check : Copy} size="small" />
    </button>
  );
}

/** A dialog in the middle. The first of its buttons that is given `autoFocus` has the keyboard. */
export function Question({
  title,
  children,
  actions,
  onClose,
  wide = "normal",
  testId,
}: {
  title: string;
  children: ReactNode;
  actions: ReactNode;
  onClose: () => void;
  wide?: "normal" | "wide";
  testId: string;
}) {
  return (
    <ModalOverlay className="veil" isOpen isDismissable onOpenChange={(open) => !open && onClose()}>
      <Modal className={wide === "wide" ? "dialog wide" : "dialog"}>
        <Dialog role="alertdialog" className="dialog-body" data-testid={testId}>
          <Heading slot="title" className="dialog-title">
            {title}
          </Heading>
          {children}
          <div className="dialog-actions">{actions}</div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** The present moment, kept up every `every` milliseconds while the component is on the screen. */
export function useNow(every: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

export { Tooltip, TooltipTrigger };
