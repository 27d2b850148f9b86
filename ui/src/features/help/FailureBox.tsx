import type { ReactNode } from "react";

import type { Failure } from "../../contract/Failure";
import { CopyButton } from "../../design/parts";
import { StateMark } from "../../design/StateMark";
import { HelpLink } from "./HelpLink";
import { words } from "./words";
import "../tunnels/tunnels.css";

/** A failure in a box: what happened, what to do, what is known, and the way to what the help says about it. */
export function FailureBox({
  failure,
  tone,
  more = "",
  role,
  children,
}: {
  failure: Failure;
  tone: "danger" | "warn";
  /** Said after the advice. */
  more?: string;
  /** `alert` where it appears while the person waits for something else. */
  role?: "alert";
  /** What can be done. */
  children?: ReactNode;
}) {
  const { code, title, advice, facts, server } = failure;
  const lines = new Map(facts.map((fact) => [`${fact.label}: ${fact.value}`, fact]));
  const said = [server?.code ?? "", server?.text ?? ""].filter((part) => part !== "").join("  ");
  return (
    <div className="tunnel-trouble" data-tone={tone} role={role}>
      <StateMark mark={tone} />
      <div className="tunnel-trouble-words">
        <p className="tunnel-trouble-title selectable" data-testid="failure-title">
          {title}
        </p>
        <p className="quiet selectable">
          {[advice, more].filter((part) => part !== "").join(" ")} <HelpLink code={code} />
        </p>
        {[...lines].map(([line, { label, value }]) => (
          <p className="quiet selectable" key={line}>
            {label}: <span className="mono">{value}</span>
          </p>
        ))}
        {said !== "" && (
          <p className="tunnel-said" data-testid="failure-server">
            <span className="mono selectable">{said}</span>
            <CopyButton text={said} label={words.copyServer} />
          </p>
        )}
      </div>
      {children !== undefined && <div className="tunnel-trouble-actions">{children}</div>}
    </div>
  );
}
