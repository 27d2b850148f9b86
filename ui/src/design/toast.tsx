/** Remarks about what was done outside a tab: what happens in a tab is said in the tab. */

import { X } from "lucide-react";
import { type ComponentType, useEffect, useRef, useState, useSyncExternalStore } from "react";

import type { Failure } from "../contract/Failure";
import type { FailureCode } from "../contract/FailureCode";
import { asFailure } from "../platform/ipc";
import { Icon } from "./Icon";
import { MESSAGES } from "./words";

/** How long a remark stays that nobody is looking at, in milliseconds. */
const STAYS = 8000;
/** Most remarks at once; an older one gives way. */
const MOST = 3;

interface Remark {
  id: number;
  title: string;
  advice: string;
  /** Of a failure. */
  code: FailureCode | null;
}

/** The way to what the help says about a failure. */
type HelpOn = ComponentType<{ code: FailureCode }>;

/** What a remark says. */
export type Said = Pick<Failure, "title" | "advice"> & { code?: FailureCode | null };

let remarks: readonly Remark[] = [];
let next = 0;
const listeners = new Set<() => void>();

function set(changed: readonly Remark[]): void {
  remarks = changed;
  for (const listener of listeners) {
    listener();
  }
}

function dismiss(id: number): void {
  set(remarks.filter((known) => known.id !== id));
}

/** Shows words or a failure: for eight seconds in which nobody points at them or has the keyboard there, or until dismissed. */
export function remark({ title, advice, code = null }: Said): void {
  next += 1;
  set([...remarks.slice(1 - MOST), { id: next, title, advice, code }]);
}

/** For the end of a promise whose failure belongs to no tab. */
export function remarkFailure(error: unknown): void {
  const failure = asFailure(error);
  if (failure.code !== "cancelled") {
    remark(failure);
  }
}

/** Gives the keyboard to the newest remark; `"none"` where there is none. */
export function focusRemarks(): "focused" | "none" {
  const newest = [...document.querySelectorAll<HTMLElement>(".toast")].at(-1);
  newest?.focus();
  return newest === undefined ? "none" : "focused";
}

/** The remarks. `Help` is the way to what the help says about a failure. */
export function Toasts({ Help }: { Help: HelpOn }) {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => remarks,
  );
  return (
    // Beside a dialog they are still told, and can be reached.
    <div className="toasts" role="region" aria-label={MESSAGES.label} aria-live="polite" data-react-aria-top-layer="true">
      {shown.map((one) => (
        <Toast key={one.id} remark={one} Help={Help} />
      ))}
    </div>
  );
}

function Toast({ remark: { id, title, advice, code }, Help }: { remark: Remark; Help: HelpOn }) {
  const element = useRef<HTMLDivElement>(null);
  /** Where the keyboard was before it came here. */
  const from = useRef<HTMLElement | null>(null);
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  useEffect(() => {
    if (pointed || focused) {
      return;
    }
    const timer = setTimeout(() => dismiss(id), STAYS);
    return () => clearTimeout(timer);
  }, [id, pointed, focused]);
  const leave = () => {
    const back = element.current?.contains(document.activeElement) === true ? from.current : null;
    dismiss(id);
    back?.focus();
  };
  return (
    // It has the keyboard when a person goes to it, and Escape puts it away.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      ref={element}
      className="toast"
      role="group"
      aria-label={title}
      tabIndex={-1}
      data-testid="toast"
      onPointerEnter={() => setPointed(true)}
      onPointerLeave={() => setPointed(false)}
      onBlur={() => setFocused(false)}
      onFocus={({ relatedTarget, currentTarget }) => {
        setFocused(true);
        if (relatedTarget instanceof HTMLElement && !currentTarget.contains(relatedTarget)) {
          from.current = relatedTarget;
        }
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          leave();
        }
      }}
    >
      <div className="toast-text">
        <p className="toast-title">{title}</p>
        {(advice !== "" || code !== null) && (
          <p className="quiet">
            {advice} {code !== null && <Help code={code} />}
          </p>
        )}
      </div>
      <button type="button" className="icon-button small" aria-label={MESSAGES.dismiss} title={MESSAGES.dismiss} onClick={leave}>
        <Icon of={X} size="small" />
      </button>
    </div>
  );
}
