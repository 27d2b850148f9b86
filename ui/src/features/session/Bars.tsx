import { MessageCircleQuestionMark, RotateCw } from "lucide-react";
import { Button } from "react-aria-components";

import type { Failure } from "../../contract/Failure";
import type { Protocol } from "../../contract/Protocol";
import type { SessionEnd } from "../../contract/SessionEnd";
import type { SessionState } from "../../contract/SessionState";
import { Icon } from "../../design/Icon";
import { CopyButton, useNow } from "../../design/parts";
import { StateMark } from "../../design/StateMark";
import { words as explainWords } from "../explain/words";
import { HelpLink } from "../help/HelpLink";
import { type Act, ActionButtons, Grouped } from "./Failed";
import { endAdvice, endConfirm, endTitle, endWord, words } from "./words";

/** Below the dimmed terminal: what happened, when the next attempt comes, and how not to wait for it. */
export function ResumingBar({
  state,
  onResume,
}: {
  state: Extract<SessionState, { kind: "resuming" }>;
  onResume: () => void;
}) {
  const now = useNow(250);
  const attempt = words.attempt(state.attempt);
  return (
    <div className="bar" data-tone="warn" role="status">
      <StateMark mark="busy" />
      <p className="bar-title">{state.text}</p>
      <p className="quiet tabular">
        {words.resuming(Math.ceil((state.nextAt - now) / 1000))}
        {attempt !== "" && `, ${attempt}`}
      </p>
      <div className="bar-actions">
        <Button className="button primary" onPress={onResume}>
          {words.resumeNow}
        </Button>
      </div>
    </div>
  );
}

/** Before a live session's tab is closed. Whoever turns away from the question has answered it. */
export function EndingBar({
  vm,
  protocol,
  onAnswer,
}: {
  vm: string;
  protocol: Protocol;
  onAnswer: (answer: "end" | "keep") => void;
}) {
  return (
    // The keys are its buttons' own, and Escape for both.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      className="bar over"
      role="alertdialog"
      aria-label={endTitle(vm, protocol)}
      data-testid="end-question"
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          // The terminal has the keyboard next, and must not get this key's press.
          event.preventDefault();
          event.stopPropagation();
          onAnswer("keep");
        }
      }}
      onBlur={(event) => {
        if (document.hasFocus() && event.relatedTarget !== null && !event.currentTarget.contains(event.relatedTarget)) {
          onAnswer("keep");
        }
      }}
    >
      <p className="bar-title ellipsis">{endTitle(vm, protocol)}</p>
      <p className="quiet bar-more">{endAdvice(protocol)}</p>
      <div className="bar-actions">
        <Button className="button" onPress={() => onAnswer("keep")}>
          {words.keep}
        </Button>
        <Button autoFocus className="button primary" data-testid="end-session" onPress={() => onAnswer("end")}>
          {endConfirm(protocol)}
        </Button>
      </div>
    </div>
  );
}

/** Below what is left of an ended session. */
export function EndedBar({ end, onReconnect }: { end: SessionEnd; onReconnect: () => void }) {
  return (
    <div className="bar" data-tone="off">
      <StateMark mark="off" />
      <p className="bar-title">{endWord(end)}</p>
      <div className="bar-actions">
        <Button className="button" onPress={onReconnect}>
          <Icon of={RotateCw} size="small" />
          {words.reconnect}
        </Button>
      </div>
    </div>
  );
}

/** Below what is left of a session that was lost. `onWhy` is there where the reason can be explained. */
export function FailedBar({ failure, act, onWhy }: { failure: Failure; act: Act; onWhy: (() => void) | null }) {
  return (
    <div className="bar tall" data-tone="danger">
      <StateMark mark="danger" />
      <div className="bar-words">
        <p className="bar-title" data-testid="failure-title">
          {failure.title}
        </p>
        <p className="quiet selectable">
          {failure.advice} <HelpLink code={failure.code} />
        </p>
        {(failure.facts.length > 0 || failure.server !== null) && (
          <dl className="bar-facts">
            {failure.facts.map(({ label, value }) => (
              <Fact key={label} label={label} value={value} />
            ))}
            {failure.server !== null && (
              <Fact
                label={words.server}
                value={[failure.server.code, failure.server.text].filter((part) => part !== "").join("  ")}
              />
            )}
          </dl>
        )}
      </div>
      <div className="bar-actions">
        {onWhy !== null && (
          <Button className="button" data-testid="why" onPress={onWhy}>
            <Icon of={MessageCircleQuestionMark} size="small" />
            {explainWords.why}
          </Button>
        )}
        <ActionButtons actions={failure.actions} act={act} />
      </div>
    </div>
  );
}

function Fact({ label, value }: { label: string; value: string }) {
  return (
    <div className="bar-fact">
      <dt>{label}</dt>
      <dd className="mono selectable">
        <Grouped text={value} />
      </dd>
      <dd className="fact-copy">
        <CopyButton text={value} label={words.copyFact(label)} />
      </dd>
    </div>
  );
}
