import { KeyRound, LogIn, Monitor, Play, RotateCw, ShieldAlert, ShieldCheck, UserRound, X } from "lucide-react";
import { Button } from "react-aria-components";

import type { Action } from "../../contract/Action";
import type { Failure } from "../../contract/Failure";
import type { SessionAnswer } from "../../contract/SessionAnswer";
import type { SessionInfo } from "../../contract/SessionInfo";
import { Icon } from "../../design/Icon";
import { CopyButton } from "../../design/parts";
import { StateMark } from "../../design/StateMark";
import { useModel } from "../../platform/model";
import { HelpLink } from "../help/HelpLink";
import { deskOf } from "../window/desk";
import { useOs } from "./useOs";
import { Where } from "./Where";
import { actionWord, groupsOf, isRisky, stateWord, words } from "./words";

/** What can be done about a session. */
export interface Act {
  answer: (answer: SessionAnswer) => void;
  cancel: () => void;
  signIn: () => void;
}

/** The icons of what can be done about a failure. */
export const ACTION_ICONS: Record<Action, typeof Play> = {
  tryAgain: RotateCw,
  startAndConnect: Play,
  signIn: LogIn,
  replaceHostKey: KeyRound,
  replaceCertificate: ShieldCheck,
  allowWithoutNla: ShieldAlert,
  otherCredentials: UserRound,
};

/** The buttons of what can be done; the first is the one to press. */
export function ActionButtons({ actions, act }: { actions: readonly Action[]; act: Act }) {
  return actions.map((action, index) => (
    <Button
      key={action}
      className={index === 0 && !isRisky(action) ? "button primary" : "button"}
      data-testid={`action-${action}`}
      onPress={() => (action === "signIn" ? act.signIn() : act.answer({ kind: action }))}
    >
      <Icon of={ACTION_ICONS[action]} size="small" />
      {actionWord(action)}
    </Button>
  ));
}

/** The page of a session that could not be opened: what happened, what to do, what is known. */
export function Failed({
  session,
  failure,
  act,
  remark = "",
}: {
  session: SessionInfo;
  failure: Failure;
  act: Act;
  /** Said quietly below it all. */
  remark?: string;
}) {
  const desk = deskOf(useModel());
  return (
    <div className="page">
      <div className="page-column">
        <Where session={session}>
          <span className={failure.code === "cancelled" ? "chip" : "chip warn"}>
            <StateMark mark={failure.code === "cancelled" ? "off" : "warn"} />
            {stateWord({ kind: "failed", failure, wasLive: false })}
          </span>
        </Where>
        <h1 className="page-title selectable" data-testid="failure-title">
          {failure.title}
        </h1>
        {failure.advice !== "" && <p className="page-advice selectable">{failure.advice}</p>}
        {failure.facts.length > 0 && (
          <dl className="facts">
            {failure.facts.map(({ label, value }) => (
              <div className="fact" key={label}>
                <dt>{label}</dt>
                <dd className="mono selectable">
                  <Grouped text={value} />
                </dd>
                <dd className="fact-copy">
                  <CopyButton text={value} label={words.copyFact(label)} />
                </dd>
              </div>
            ))}
          </dl>
        )}
        <div className="page-actions">
          <ActionButtons actions={failure.actions} act={act} />
          <ByDesktop session={session} failure={failure} />
          {failure.actions.every(isRisky) && (
            <Button className="button" onPress={() => desk.closeTab(session.id)}>
              <Icon of={X} size="small" />
              {words.closeTab}
            </Button>
          )}
          <HelpLink code={failure.code} />
        </div>
        {failure.server !== null && (
          <div className="server">
            <h2 className="caps">{words.server}</h2>
            <p className="server-said" data-testid="failure-server">
              <span className="mono selectable">
                {[failure.server.code, failure.server.text].filter((part) => part !== "").join("  ")}
              </span>
              <CopyButton text={`${failure.server.code} ${failure.server.text}`.trim()} label={words.copyServer} />
            </p>
          </div>
        )}
        {remark !== "" && (
          <p className="failed-remark" data-testid="failure-remark">
            {remark}
          </p>
        )}
      </div>
    </div>
  );
}

/** A value; a fingerprint in groups that can be compared by eye. */
export function Grouped({ text }: { text: string }) {
  const groups = groupsOf(text);
  return groups.length === 1 ? (
    text
  ) : (
    <span className="groups">
      {groups.map((group, place) => (
        // The groups are fixed: their place is their name.
        // oxlint-disable-next-line react/no-array-index-key
        <span key={place}>{group}</span>
      ))}
    </span>
  );
}

/** A Windows VM that does not take SSH has a desktop. */
function ByDesktop({ session, failure }: { session: SessionInfo; failure: Failure }) {
  const desk = deskOf(useModel());
  const wanted =
    session.protocol === "ssh" && ["notSupported", "backendUnreachable", "keyRefused"].includes(failure.code);
  const os = useOs(session.instance, wanted);
  return wanted && os === "windows" ? (
    <Button
      className={failure.actions.length === 0 ? "button primary" : "button"}
      data-testid="by-desktop"
      onPress={() => void desk.show({ instance: session.instance, os }, "rdp")}
    >
      <Icon of={Monitor} size="small" />
      {words.byDesktop}
    </Button>
  ) : null;
}
