import { Check } from "lucide-react";
import { Button } from "react-aria-components";

import type { Protocol } from "../../contract/Protocol";
import type { SessionState } from "../../contract/SessionState";
import { Icon } from "../../design/Icon";
import { Spinner, useNow } from "../../design/parts";
import { StateMark } from "../../design/StateMark";
import { lasting } from "../../design/time";
import { stepsShown, words } from "./words";

type ConnectingState = Extract<SessionState, { kind: "connecting" }>;

/** What a connecting session does now, and for how long. */
export function Connecting({
  vm,
  protocol,
  state,
  onCancel,
}: {
  vm: string;
  protocol: Protocol;
  state: ConnectingState;
  onCancel: () => void;
}) {
  const now = useNow(500);
  return (
    <div className="page page-centre">
      <div className="connecting">
        <div className="connecting-head">
          <Spinner key={state.since} />
          <div className="connecting-words">
            <h1 className="page-title small">{words.connecting(vm)}</h1>
            <p className="quiet" role="status">
              {state.text}
            </p>
          </div>
          <span className="connecting-time">{lasting(now - state.since)}</span>
        </div>
        <ol className="steps">
          {stepsShown(state.step, protocol).map(({ step, text, state: of }) => (
            <li key={step} data-state={of} aria-current={of === "now" ? "step" : undefined}>
              <span className="step-mark">
                {of === "done" && <Icon of={Check} size="small" />}
                {of === "now" && <StateMark mark="wait" />}
                {of === "next" && <StateMark mark="off" />}
              </span>
              {text}
            </li>
          ))}
        </ol>
        <div className="connecting-actions">
          <Button className="button" onPress={onCancel}>
            {words.cancel}
          </Button>
        </div>
      </div>
    </div>
  );
}

/** The same below a terminal whose content stays. */
export function ConnectingBar({ state, onCancel }: { state: ConnectingState; onCancel: () => void }) {
  const now = useNow(500);
  return (
    <div className="bar" data-tone="wait">
      <Spinner key={state.since} />
      <p className="bar-title">{state.text}</p>
      <p className="quiet tabular">{lasting(now - state.since)}</p>
      <div className="bar-actions">
        <Button className="button" onPress={onCancel}>
          {words.cancel}
        </Button>
      </div>
    </div>
  );
}
