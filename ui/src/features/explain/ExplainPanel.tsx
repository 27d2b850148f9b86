import type { IDockviewPanelProps } from "dockview-react";
import { ArrowLeftRight, Plug } from "lucide-react";
import { Button } from "react-aria-components";

import type { Action } from "../../contract/Action";
import type { Protocol } from "../../contract/Protocol";
import type { ExplainAsk } from "../../contract/ExplainAsk";
import type { Explanation } from "../../contract/Explanation";
import { Icon } from "../../design/Icon";
import { remarkFailure } from "../../design/toast";
import { useModel } from "../../platform/model";
import { HelpLink } from "../help/HelpLink";
import { ACTION_ICONS } from "../session/Failed";
import { actionWord } from "../session/words";
import { deskOf } from "../window/desk";
import { ExplainView } from "./ExplainView";
import { useExplanation } from "./useExplanation";
import { words } from "./words";

/** What a tab that explains was opened for. */
export interface ExplainParams {
  ask: ExplainAsk;
  title: string;
}

/** A tab that explains the way to a port, whether or not anybody was refused there. */
export function ExplainPanel({ params }: IDockviewPanelProps<ExplainParams>) {
  const { backend } = useModel();
  const told = useExplanation(params.ask);
  if (told.kind === "failed") {
    const { failure } = told;
    return (
      <div className="panel">
        <div className="page" data-testid="explanation">
          <h1 className="page-title" data-testid="explain-title" tabIndex={-1}>
            {failure.title}
          </h1>
          <p className="page-advice selectable">
            {failure.advice} <HelpLink code={failure.code} />
          </p>
        </div>
      </div>
    );
  }
  const explanation = told.kind === "told" ? told.explanation : null;
  return (
    <div className="panel">
      <ExplainView
        target={explanation?.target ?? null}
        explanation={explanation}
        titleTestId="explain-title"
        buttons={explanation !== null && <PanelButtons ask={params.ask} explanation={explanation} />}
        onAgain={() => {
          if (explanation !== null) {
            backend.call("explain_again", { id: explanation.id }).catch(remarkFailure);
          }
        }}
      />
    </div>
  );
}

/** What is most often spoken on a port. */
function protocolOf(port: number): Protocol | null {
  return port === 22 ? "ssh" : port === 3389 ? "rdp" : null;
}

/** What can be done from a tab that is no session's. */
function PanelButtons({
  ask,
  explanation: { target, verdict, actions },
}: {
  ask: ExplainAsk;
  explanation: Explanation;
}) {
  const model = useModel();
  const desk = deskOf(model);
  const open = verdict === "allowed" || verdict === "undecided";
  if (ask.kind === "target" && target.kind === "instance" && open) {
    const { instance, port } = target;
    const protocol = protocolOf(port);
    return protocol !== null ? (
      <Button
        className="button primary"
        data-testid="explain-connect"
        onPress={() => void desk.show({ instance, os: "unknown" }, protocol)}
      >
        <Icon of={Plug} size="small" />
        {words.connect}
      </Button>
    ) : (
      <Button className="button primary" data-testid="explain-forward" onPress={() => desk.newForward({ instance, os: "unknown" }, port)}>
        <Icon of={ArrowLeftRight} size="small" />
        {words.forward}
      </Button>
    );
  }
  const act = (action: Action) => {
    if (action === "signIn") {
      model.backend.call("sign_in", { method: "browser" }).catch(remarkFailure);
    } else if (ask.kind === "tunnel") {
      desk.actOnTunnel(ask.id, "restart");
      desk.openTunnels(ask.id);
    } else if (ask.kind === "session") {
      model.backend.call("session_answer", { id: ask.id, answer: { kind: action } }).catch(remarkFailure);
      desk.front(ask.id);
    }
  };
  // Without a session or a tunnel there is nothing to begin again, but there may be somebody to sign in.
  return actions
    .filter((action) => action === "signIn" || ask.kind === "session" || (ask.kind === "tunnel" && action === "tryAgain"))
    .map((action, index) => (
      <Button
        key={action}
        className={index === 0 ? "button primary" : "button"}
        data-testid={`action-${action}`}
        onPress={() => act(action)}
      >
        <Icon of={ACTION_ICONS[action]} size="small" />
        {actionWord(action)}
      </Button>
    ));
}
