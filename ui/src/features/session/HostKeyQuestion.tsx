import { Button } from "react-aria-components";

import type { Question } from "../../contract/Question";
import type { SessionAnswer } from "../../contract/SessionAnswer";
import type { SessionInfo } from "../../contract/SessionInfo";
import { CopyButton } from "../../design/parts";
import { StateMark } from "../../design/StateMark";
import { TopicLink } from "../help/HelpLink";
import { Where } from "./Where";
import { stateWord, words } from "./words";

/** First use: the key could not be verified, and says so. */
export function HostKeyQuestion({
  session,
  question,
  onAnswer,
}: {
  session: SessionInfo;
  question: Extract<Question, { kind: "newHostKey" }>;
  onAnswer: (answer: SessionAnswer) => void;
}) {
  const vm = session.instance.name;
  return (
    <div className="page">
      <div className="page-column">
        <Where session={session}>
          <span className="chip info">
            <StateMark mark="ask" />
            {stateWord(session.state)}
          </span>
        </Where>
        <h1 className="page-title">{words.hostKeyTitle(vm)}</h1>
        <p className="page-advice">{words.hostKeyAdvice(vm)}</p>
        <dl className="facts">
          <div className="fact">
            <dt>{words.hostKeyLabel}</dt>
            <dd className="mono selectable" data-testid="host-key">
              {question.fingerprint}
            </dd>
            <dd className="fact-copy">
              <CopyButton text={question.fingerprint} label={words.copyFact(words.hostKeyLabel)} />
            </dd>
          </div>
          <div className="fact">
            <dt>{words.hostKeyAlgorithm}</dt>
            <dd className="mono selectable">{question.algorithm}</dd>
          </div>
        </dl>
        <div className="page-actions">
          <Button className="button primary" data-testid="trust-host-key" onPress={() => onAnswer({ kind: "trustHostKey" })}>
            {words.hostKeyTrust}
          </Button>
          <Button className="button" onPress={() => onAnswer({ kind: "rejectHostKey" })}>
            {words.hostKeyReject}
          </Button>
          <TopicLink topic="hostKey" />
        </div>
      </div>
    </div>
  );
}
