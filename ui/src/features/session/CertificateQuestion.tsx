import { ShieldAlert } from "lucide-react";
import { useEffect, useRef } from "react";
import { Button } from "react-aria-components";

import type { Question } from "../../contract/Question";
import type { SessionAnswer } from "../../contract/SessionAnswer";
import type { SessionInfo } from "../../contract/SessionInfo";
import { Icon } from "../../design/Icon";
import { CopyButton } from "../../design/parts";
import { StateMark } from "../../design/StateMark";
import { TopicLink } from "../help/HelpLink";
import { Grouped } from "./Failed";
import { Where } from "./Where";
import { stateWord, words } from "./words";

/** First use: there is no certificate to compare this one with, and the page says so. */
export function CertificateQuestion({
  session,
  question: { certificate, exposesPassword },
  onAnswer,
}: {
  session: SessionInfo;
  question: Extract<Question, { kind: "newCertificate" }>;
  onAnswer: (answer: SessionAnswer) => void;
}) {
  const vm = session.instance.name;
  const title = useRef<HTMLHeadingElement>(null);
  // The page before it is gone, and the keyboard with it: the question is read, and its buttons come next.
  useEffect(() => {
    if (document.activeElement === document.body) {
      title.current?.focus();
    }
  }, []);
  const facts: [label: string, value: string][] = [
    [words.certificateName, certificate.subject],
    [words.certificateIssuer, certificate.issuer === certificate.subject ? words.certificateItself : certificate.issuer],
    [words.certificateValid, `${certificate.notBefore} – ${certificate.notAfter}`],
  ];
  return (
    <div className="page">
      <div className="page-column">
        <Where session={session}>
          <span className="chip info">
            <StateMark mark="ask" />
            {stateWord(session.state)}
          </span>
        </Where>
        <h1 className="page-title" ref={title} tabIndex={-1}>
          {words.certificateTitle(vm)}
        </h1>
        <p className="page-advice">{words.certificateAdvice(vm)}</p>
        {exposesPassword && (
          <p className="caution" data-testid="certificate-exposes">
            <Icon of={ShieldAlert} size="small" />
            <span>{words.certificateExposes(vm)}</span>
          </p>
        )}
        <dl className="facts">
          <div className="fact">
            <dt>{words.certificateFingerprint}</dt>
            <dd className="mono selectable" data-testid="certificate">
              <Grouped text={certificate.fingerprint} />
            </dd>
            <dd className="fact-copy">
              <CopyButton text={certificate.fingerprint} label={words.copyFact(words.certificateFingerprint)} />
            </dd>
          </div>
          {facts.map(([label, value]) => (
            <div className="fact" key={label}>
              <dt>{label}</dt>
              <dd className="selectable">{value}</dd>
            </div>
          ))}
        </dl>
        <div className="page-actions">
          <Button
            className={exposesPassword ? "button" : "button primary"}
            data-testid="trust-certificate"
            onPress={() => onAnswer({ kind: "trustCertificate", pin: true })}
          >
            {words.certificateTrust}
          </Button>
          {!exposesPassword && (
            <Button
              className="button"
              data-testid="trust-certificate-once"
              onPress={() => onAnswer({ kind: "trustCertificate", pin: false })}
            >
              {words.certificateOnce}
            </Button>
          )}
          <Button className="button" data-testid="reject-certificate" onPress={() => onAnswer({ kind: "rejectCertificate" })}>
            {words.certificateReject}
          </Button>
          <TopicLink topic="certificate" />
        </div>
      </div>
    </div>
  );
}
