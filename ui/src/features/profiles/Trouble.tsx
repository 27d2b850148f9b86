import { Pencil, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "react-aria-components";

import type { Failure } from "../../contract/Failure";
import type { ProfileInfo } from "../../contract/ProfileInfo";
import { Icon } from "../../design/Icon";
import { CopyButton } from "../../design/parts";
import { StateMark } from "../../design/StateMark";
import { useModel } from "../../platform/model";
import { HelpLink } from "../help/HelpLink";
import { actionWord } from "../session/words";
import { deskOf } from "../window/desk";
import { words } from "./words";

/** Why the chosen profile did not start or cannot, and what to do about it; nothing where all is well. */
export function ChosenTrouble({ info, writable }: { info: ProfileInfo; writable: boolean }) {
  const { profiles } = deskOf(useModel());
  const { id, state, problem } = info;
  const edit = writable && (
    <Button className="button" onPress={() => profiles.edit(id)}>
      <Icon of={Pencil} size="small" />
      {words.edit}
    </Button>
  );
  if (state.kind === "failed") {
    return (
      <div className="profiles-trouble" role="status" data-testid="profile-trouble">
        <FailureBox failure={state.failure} tone="danger">
          <Button className="button primary" data-testid="action-tryAgain" onPress={() => void profiles.start([info])}>
            <Icon of={RotateCw} size="small" />
            {actionWord("tryAgain")}
          </Button>
          {edit}
        </FailureBox>
      </div>
    );
  }
  return problem === null ? null : (
    <div className="profiles-trouble" role="status" data-testid="profile-trouble">
      <div className="tunnel-trouble" data-tone="warn">
        <StateMark mark="warn" />
        <div className="tunnel-trouble-words">
          <p className="tunnel-trouble-title selectable">{problem}</p>
        </div>
        <div className="tunnel-trouble-actions">{edit}</div>
      </div>
    </div>
  );
}

/** A failure in a box: what happened, what to do, what is known. */
export function FailureBox({
  failure,
  tone,
  more = "",
  children,
}: {
  failure: Failure;
  tone: "danger" | "warn";
  /** Said after the advice. */
  more?: string;
  /** What can be done. */
  children?: ReactNode;
}) {
  const { code, title, advice, facts, server } = failure;
  const lines = new Map(facts.map((fact) => [`${fact.label}: ${fact.value}`, fact]));
  const said = [server?.code ?? "", server?.text ?? ""].filter((part) => part !== "").join("  ");
  return (
    <div className="tunnel-trouble" data-tone={tone}>
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
      <div className="tunnel-trouble-actions">{children}</div>
    </div>
  );
}
