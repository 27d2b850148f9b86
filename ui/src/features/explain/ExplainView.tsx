import { CircleCheck, CircleDashed, CircleQuestionMark, MoveRight, RotateCw, SquareTerminal, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "react-aria-components";

import type { Certainty } from "../../contract/Certainty";
import type { Explanation } from "../../contract/Explanation";
import type { Failure } from "../../contract/Failure";
import type { TunnelTarget } from "../../contract/TunnelTarget";
import { Icon } from "../../design/Icon";
import { StateMark } from "../../design/StateMark";
import { exactly } from "../../design/time";
import { HelpLink } from "../help/HelpLink";
import { machineOf } from "../tunnels/target";
import { Binding, Firewall, OtherWays } from "./Cards";
import { Facts, Links, Remarks, Rungs, Server } from "./Evidence";
import { Level } from "./Level";
import { shortOf } from "./levels";
import { Phrases } from "./Phrases";
import { RequestButton, RequestPreview } from "./Request";
import { CERTAINTY, CERTAINTY_LONG, placeWord, portWord, words } from "./words";
import "./cards.css";
import "./explain.css";

const CERTAINTY_ICONS: Record<Certainty, LucideIcon> = {
  proven: CircleCheck,
  likely: CircleDashed,
  possible: CircleQuestionMark,
};

/**
 * The page of an explanation. Until there is one it shows what the failure itself says, laid out the same; what
 * comes later is added below the buttons, so that none of them moves away under the pointer.
 */
export function ExplainView({
  target,
  explanation,
  failure = null,
  titleTestId,
  buttons,
  onAgain,
}: {
  /** Where it leads; `null` until that is known. */
  target: TunnelTarget | null;
  explanation: Explanation | null;
  /** The failure that is explained; none when nothing was refused. */
  failure?: Failure | null;
  titleTestId: string;
  buttons: ReactNode;
  onAgain: () => void;
}) {
  const request = explanation?.request ?? null;
  const server = explanation?.server ?? failure?.server ?? null;
  return (
    <div className="page why" data-testid="explanation" data-verdict={explanation?.verdict} data-complete={explanation?.complete}>
      <article className="why-column">
        <div className="where why-where">
          {target !== null && (
            <span className="chip" title={aboutOf(target, explanation)}>
              <Icon of={SquareTerminal} size="small" />
              <span className="ellipsis">
                {machineOf(target)} · {portWord(target)}
              </span>
            </span>
          )}
          {explanation !== null && explanation.verdict !== "checking" && <CertaintyChip of={explanation.certainty} />}
          {explanation !== null && explanation.basis !== "" && (
            <span className="why-basis" data-testid="explain-basis">
              {explanation.basis}
            </span>
          )}
        </div>
        {/* Has the keyboard where there is nothing to be pressed yet. */}
        <h1 className="page-title selectable" data-testid={titleTestId} tabIndex={-1}>
          {explanation?.title ?? failure?.title ?? words.looking}
        </h1>
        <Lead explanation={explanation} failure={failure} />
        <div className="page-actions why-actions">
          {buttons}
          {request !== null && <RequestButton request={request} />}
          <Progress explanation={explanation} onAgain={onAgain} />
          {failure !== null && <HelpLink code={failure.code} />}
        </div>
        {explanation !== null && <Reasoning explanation={explanation} />}
        {server !== null && <Server server={server} />}
      </article>
    </div>
  );
}

/** Where exactly, who asks, and of what moment it tells. */
function aboutOf(target: TunnelTarget, explanation: Explanation | null): string {
  const rest = explanation === null ? [] : [explanation.account ?? "", exactly(explanation.at)];
  return [placeWord(target), ...rest].filter((part) => part !== "").join("\n");
}

function CertaintyChip({ of }: { of: Certainty }) {
  return (
    <span className="chip why-certainty" data-certainty={of} data-testid="explain-certainty" title={CERTAINTY_LONG[of]}>
      <Icon of={CERTAINTY_ICONS[of]} size="small" />
      {CERTAINTY[of]}
    </span>
  );
}

/** The one sentence, with what it names set off, and what to do next. */
function Lead({ explanation, failure }: { explanation: Explanation | null; failure: Failure | null }) {
  const names =
    explanation === null
      ? []
      : [...explanation.levels.flatMap((level) => [level.title, shortOf(level)]), explanation.binding?.role ?? ""];
  const advice = explanation === null ? (failure?.advice ?? "") : explanation.advice;
  return (
    <div className="why-lead">
      {explanation !== null && (
        <p className="page-advice selectable" data-testid="explain-headline">
          <Phrases text={explanation.headline} names={names} />
        </p>
      )}
      {advice !== "" && (
        <p className={explanation === null ? "page-advice selectable" : "page-advice why-next selectable"} data-testid="explain-advice">
          {explanation !== null && <Icon of={MoveRight} size="small" />}
          <span>{advice}</span>
        </p>
      )}
    </div>
  );
}

/** Whether there is more to come; in its place afterwards, how to ask anew. */
function Progress({ explanation, onAgain }: { explanation: Explanation | null; onAgain: () => void }) {
  const complete = explanation?.complete === true;
  const rungs = explanation?.rungs ?? [];
  const answered = rungs.filter(({ state }) => state !== "waiting").length;
  return (
    <>
      {complete ? (
        <Button className="button plain why-again" data-testid="explain-again" onPress={onAgain}>
          <Icon of={RotateCw} size="small" />
          {words.again}
        </Button>
      ) : (
        <p className="why-looking" data-testid="explain-looking" aria-hidden="true">
          <StateMark mark="wait" />
          {words.stillLooking}
          {rungs.length > 0 && <span className="tabular">{words.answered(answered, rungs.length)}</span>}
        </p>
      )}
      {/* Told once that it goes on and once how it ended, not for each source. */}
      <span className="sr-only" role="status" data-testid="explain-status">
        {complete ? words.done(explanation.title) : words.stillLooking}
      </span>
    </>
  );
}

/** Everything that the answer rests on. */
function Reasoning({ explanation }: { explanation: Explanation }) {
  const { levels, binding, firewall, otherWays, remarks, facts, rungs, links, request } = explanation;
  const cards = levels.length > 0 || binding !== null || firewall.length > 0;
  return (
    <>
      {cards && (
        <div className="why-cards">
          {levels.map((level) => (
            <Level key={level.name} level={level} />
          ))}
          {binding !== null && <Binding binding={binding} />}
          {firewall.length > 0 && <Firewall steps={firewall} />}
        </div>
      )}
      {!cards && awaitsCard(explanation) && <CardToCome />}
      {otherWays.length > 0 && <OtherWays ways={otherWays} />}
      {rungs.length > 0 && <Rungs rungs={rungs} />}
      {remarks.length > 0 && <Remarks remarks={remarks} />}
      {facts.length > 0 && <Facts facts={facts} />}
      {links.length > 0 && <Links links={links} />}
      {request !== null && <RequestPreview request={request} />}
    </>
  );
}

/**
 * Whether it is still open which role or level it comes down to, and a card is likely to follow. The audit record,
 * which may come a minute later than all else, is not waited for.
 */
function awaitsCard({ complete, verdict, rungs }: Explanation): boolean {
  const waiting = rungs.filter(({ state }) => state === "waiting").length;
  return !complete && waiting > 1 && (verdict === "checking" || verdict === "notReadable");
}

/** Keeps the place of a card. */
function CardToCome() {
  return (
    <div className="why-cards" aria-hidden="true">
      <div className="why-card to-come">
        {["one", "two", "three", "four"].map((line) => (
          <div className="why-row" key={line}>
            <span className="skeleton" />
            <span className="skeleton" />
            <span className="skeleton" />
          </div>
        ))}
      </div>
    </div>
  );
}
