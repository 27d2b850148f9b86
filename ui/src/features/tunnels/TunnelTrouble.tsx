import { MessageCircleQuestionMark, Pencil } from "lucide-react";
import { Button } from "react-aria-components";

import type { Action } from "../../contract/Action";
import type { TunnelInfo } from "../../contract/TunnelInfo";
import { Icon } from "../../design/Icon";
import { StateMark } from "../../design/StateMark";
import { remarkFailure } from "../../design/toast";
import { useModel } from "../../platform/model";
import { canExplain } from "../explain/target";
import { words as explainWords } from "../explain/words";
import { FailureBox } from "../help/FailureBox";
import { TopicLink } from "../help/HelpLink";
import { ACTION_ICONS } from "../session/Failed";
import { actionWord } from "../session/words";
import { deskOf } from "../window/desk";
import { keyOf } from "./target";
import { words } from "./words";

/** Why a tunnel does not go on, and what to do about it; nothing where it does. */
export function TunnelTrouble({ tunnel }: { tunnel: TunnelInfo }) {
  const { id, state, byCommand } = tunnel;
  if (state.kind === "signInNeeded") {
    return (
      <div className="tunnel-trouble" data-tone="info">
        <StateMark mark="ask" />
        <div className="tunnel-trouble-words">
          <p className="tunnel-trouble-title" data-testid="failure-title">
            {words.signInTitle}
          </p>
          <p className="quiet">
            {[state.text, words.signInHolds].filter((part) => part !== "").map(sentence).join(" ")} <TopicLink topic="signIn" />
          </p>
        </div>
        <div className="tunnel-trouble-actions">
          <ActionButton id={id} action="signIn" rank="first" />
        </div>
      </div>
    );
  }
  if (state.kind !== "failed") {
    return null;
  }
  const { failure, listening } = state;
  const name = keyOf(tunnel.spec);
  // A tunnel begins again by its own action; what else a failure offers belongs to sessions.
  const actions = failure.actions.filter((action) => action === "tryAgain" || action === "signIn");
  return (
    <FailureBox failure={failure} tone="danger" more={listening ? words.stillListens : ""}>
      {actions.map((action, index) => (
        <ActionButton key={action} id={id} action={action} rank={index === 0 ? "first" : "other"} />
      ))}
      {canExplain(failure.code) && <WhyButton id={id} name={name} />}
      {!byCommand && <EditButton id={id} />}
    </FailureBox>
  );
}

function ActionButton({ id, action, rank }: { id: string; action: Action; rank: "first" | "other" }) {
  const model = useModel();
  const desk = deskOf(model);
  return (
    <Button
      className={rank === "first" ? "button primary" : "button"}
      data-testid={`action-${action}`}
      onPress={() => {
        if (action === "signIn") {
          model.backend.call("sign_in", { method: "browser" }).catch(remarkFailure);
        } else {
          desk.actOnTunnel(id, "restart");
        }
      }}
    >
      <Icon of={ACTION_ICONS[action]} size="small" />
      {actionWord(action)}
    </Button>
  );
}

function WhyButton({ id, name }: { id: string; name: string }) {
  const desk = deskOf(useModel());
  return (
    <Button
      className="button"
      data-testid="why"
      aria-label={explainWords.whyNamed(name)}
      onPress={() => desk.explain({ kind: "tunnel", id }, name)}
    >
      <Icon of={MessageCircleQuestionMark} size="small" />
      {explainWords.why}
    </Button>
  );
}

function EditButton({ id }: { id: string }) {
  const desk = deskOf(useModel());
  return (
    <Button className="button" onPress={() => desk.change({ form: { kind: "edit", id } })}>
      <Icon of={Pencil} size="small" />
      {words.editAgain}
    </Button>
  );
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
