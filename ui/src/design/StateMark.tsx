/** States as shapes: none is told by its colour alone. */

import type { InstanceStatus } from "../contract/InstanceStatus";
import type { SessionState } from "../contract/SessionState";

export type Mark = "ok" | "ready" | "busy" | "off" | "paused" | "unknown" | "warn" | "danger" | "ask" | "wait";

/** The mark of a VM's state. */
export function markOfStatus(status: InstanceStatus): Mark {
  switch (status) {
    case "running":
      return "ok";
    case "provisioning":
    case "staging":
    case "stopping":
    case "suspending":
      return "busy";
    case "repairing":
      return "warn";
    case "suspended":
      return "paused";
    case "stopped":
      return "off";
    case "unknown":
      return "unknown";
  }
}

/** The mark of a session's state. */
export function markOfSession(state: SessionState): Mark {
  switch (state.kind) {
    case "connecting":
      return "wait";
    case "asking":
      return "ask";
    case "live":
      return "ok";
    case "resuming":
      return "busy";
    case "ended":
      return "off";
    case "failed":
      return state.failure.code === "cancelled" ? "off" : "warn";
  }
}

export function StateMark({ mark, label }: { mark: Mark; label?: string }) {
  return (
    <svg
      className="mark"
      data-mark={mark}
      viewBox="0 0 8 8"
      {...(label === undefined ? { "aria-hidden": true } : { role: "img", "aria-label": label })}
    >
      {shape(mark)}
    </svg>
  );
}

function shape(mark: Mark) {
  switch (mark) {
    case "ok":
      return <circle cx="4" cy="4" r="3.6" fill="currentColor" />;
    case "ready":
      return (
        <>
          <circle cx="4" cy="4" r="3.1" fill="none" stroke="currentColor" strokeWidth="1.2" />
          <circle cx="4" cy="4" r="1.3" fill="currentColor" />
        </>
      );
    case "busy":
      return <rect x="0.9" y="0.9" width="6.2" height="6.2" rx="0.8" transform="rotate(45 4 4)" fill="currentColor" />;
    case "warn":
      return <rect x="0.9" y="0.9" width="6.2" height="6.2" rx="0.8" transform="rotate(45 4 4)" fill="currentColor" />;
    case "danger":
      return <path d="M4 0.2 8 7.6H0Z" fill="currentColor" />;
    case "ask":
      return <rect x="0.5" y="0.5" width="7" height="7" rx="1.6" fill="currentColor" />;
    case "wait":
      return (
        <circle cx="4" cy="4" r="3" fill="none" stroke="currentColor" strokeWidth="1.8" strokeDasharray="9.4 9.4" />
      );
    case "paused":
      return <path d="M1.2 0.8h2v6.4h-2zM4.8 0.8h2v6.4h-2z" fill="currentColor" />;
    case "off":
      return <circle cx="4" cy="4" r="3.1" fill="none" stroke="currentColor" strokeWidth="1.2" />;
    case "unknown":
      return <circle cx="4" cy="4" r="3.1" fill="none" stroke="currentColor" strokeWidth="1.2" strokeDasharray="1.6 1.6" />;
  }
}
