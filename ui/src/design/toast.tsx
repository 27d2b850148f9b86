/** Remarks about what was done outside a tab: what happens in a tab is said in the tab. */

import { X } from "lucide-react";
import { useSyncExternalStore } from "react";

import type { Failure } from "../contract/Failure";
import { asFailure } from "../platform/ipc";
import { Icon } from "./Icon";

const words = { dismiss: "Dismiss" };

interface Remark {
  id: number;
  title: string;
  advice: string;
}

let remarks: Remark[] = [];
let next = 0;
const listeners = new Set<() => void>();

function set(changed: Remark[]): void {
  remarks = changed;
  for (const listener of listeners) {
    listener();
  }
}

/** Shows a failure for eight seconds, or until it is dismissed. */
export function remark(failure: Pick<Failure, "title" | "advice">): void {
  next += 1;
  const id = next;
  set([...remarks.slice(-2), { id, title: failure.title, advice: failure.advice }]);
  setTimeout(() => set(remarks.filter((known) => known.id !== id)), 8000);
}

/** For the end of a promise whose failure belongs to no tab. */
export function remarkFailure(error: unknown): void {
  const failure = asFailure(error);
  if (failure.code !== "cancelled") {
    remark(failure);
  }
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => remarks,
  );
  return (
    <div className="toasts" role="status">
      {shown.map(({ id, title, advice }) => (
        <div className="toast" key={id}>
          <div className="toast-text">
            <p className="toast-title">{title}</p>
            {advice !== "" && <p className="quiet">{advice}</p>}
          </div>
          <button
            type="button"
            className="icon-button small"
            aria-label={words.dismiss}
            onClick={() => set(remarks.filter((known) => known.id !== id))}
          >
            <Icon of={X} size="small" />
          </button>
        </div>
      ))}
    </div>
  );
}
