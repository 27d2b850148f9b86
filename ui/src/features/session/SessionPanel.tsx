import type { IDockviewPanelProps } from "dockview-react";
import { useCallback, useEffect, useRef, useState } from "react";

import type { Question } from "../../contract/Question";
import type { SessionAnswer } from "../../contract/SessionAnswer";
import type { SessionInfo } from "../../contract/SessionInfo";
import { remarkFailure } from "../../design/toast";
import { type AppState, useAppState, useBackend, useModel } from "../../platform/model";
import { DesktopPane } from "../desktop/DesktopPane";
import { SessionExplained } from "../explain/SessionExplained";
import { canExplain } from "../explain/target";
import { useEnvironment } from "../settings/useEnvironment";
import { TerminalPane } from "../terminal/TerminalPane";
import { deskOf, useDesk } from "../window/desk";
import { CertificateQuestion } from "./CertificateQuestion";
import { Connecting, ConnectingBar } from "./Connecting";
import { Credentials } from "./Credentials";
import { EndedBar, EndingBar, FailedBar, ResumingBar } from "./Bars";
import { Failed } from "./Failed";
import { HostKeyQuestion } from "./HostKeyQuestion";
import { Notes, PassingNotes } from "./Notes";
import { SecondFactor } from "./SecondFactor";
import { stateWord } from "./words";
import "./session.css";

const anyReady = (state: AppState) => state.accounts.some((account) => account.state === "ready");

/** A session's tab: it passes through its states in place, and never closes by itself. */
export function SessionPanel({ api, params }: IDockviewPanelProps<{ id: string }>) {
  const { id } = params;
  const session = useAppState(useCallback((state) => state.sessions.find((known) => known.id === id), [id]));
  const [visible, setVisible] = useState(api.isVisible);
  useEffect(() => {
    const subscription = api.onDidVisibilityChange((event) => setVisible(event.isVisible));
    return () => subscription.dispose();
  }, [api]);
  return session === undefined ? null : <SessionView session={session} visible={visible} />;
}

export function SessionView({ session, visible }: { session: SessionInfo; visible: boolean }) {
  const backend = useBackend();
  const desk = deskOf(useModel());
  const { state } = session;
  const environment = useEnvironment(session);
  // Once live, the terminal or the desktop stays: its content outlives the connection.
  const [kept, setKept] = useState(false);
  if (!kept && (state.kind === "live" || state.kind === "resuming")) {
    setKept(true);
  }
  const answer = (value: SessionAnswer) => {
    backend.call("session_answer", { id: session.id, answer: value }).catch(remarkFailure);
  };
  const cancel = () => {
    backend.call("session_cancel", { id: session.id }).catch(remarkFailure);
  };
  // "Sign in" of a failure: in the browser, and then this tab goes on by itself.
  const ready = useAppState(anyReady);
  const signingIn = useRef<"no" | "asked" | "seen">("no");
  const signIn = () => {
    signingIn.current = "asked";
    backend.call("sign_in", { method: "browser" }).catch((error: unknown) => {
      signingIn.current = "no";
      remarkFailure(error);
    });
  };
  const signInState = useAppState((app) => app.signIn.kind);
  useEffect(() => {
    if (signingIn.current === "asked" && signInState !== "idle") {
      signingIn.current = "seen";
    } else if (signingIn.current === "seen" && signInState === "idle") {
      signingIn.current = "no";
      if (ready) {
        backend.call("session_answer", { id: session.id, answer: { kind: "tryAgain" } }).catch(remarkFailure);
      }
    }
  }, [signInState, ready, backend, session.id]);
  // The question before the tab is closed makes sense only while there is a session to end.
  const ending = useDesk(desk, ({ ending: id }) => id === session.id);
  const full = useDesk(desk, ({ desktops }) => desktops.full === session.id);
  const open = state.kind === "live" || state.kind === "resuming";
  useEffect(() => {
    if (ending && !open) {
      desk.answerClose("keep");
    }
  }, [ending, open, desk]);
  const act = { answer, cancel, signIn };
  return (
    <section
      className="session"
      data-environment={environment}
      aria-label={`${session.instance.name}, ${stateWord(state)}`}
      data-full={full || undefined}
    >
      <span
        className="sr-only"
        role="status"
        data-testid="session-state"
        data-vm={session.instance.name}
        data-state={state.kind}
      >
        {stateWord(state)}
      </span>
      {session.notes.length > 0 && <Notes session={session} />}
      <div className="session-content">
        {kept && session.protocol === "ssh" && <TerminalPane session={session} visible={visible} />}
        {kept && session.protocol === "rdp" && <DesktopPane session={session} visible={visible} />}
        {kept && <PassingNotes session={session} visible={visible} />}
        {ending && open && (
          <EndingBar vm={session.instance.name} protocol={session.protocol} onAnswer={(to) => desk.answerClose(to)} />
        )}
        {state.kind === "connecting" && !kept && (
          <Connecting vm={session.instance.name} protocol={session.protocol} state={state} onCancel={cancel} />
        )}
        {state.kind === "asking" && (
          <Asking session={session} question={state.question} onAnswer={answer} onCancel={cancel} />
        )}
        {state.kind === "failed" &&
          !kept &&
          (canExplain(state.failure.code) ? (
            <SessionExplained session={session} failure={state.failure} act={act} />
          ) : (
            <Failed session={session} failure={state.failure} act={act} />
          ))}
      </div>
      {state.kind === "connecting" && kept && <ConnectingBar state={state} onCancel={cancel} />}
      {state.kind === "resuming" && <ResumingBar state={state} onResume={() => answer({ kind: "resumeNow" })} />}
      {state.kind === "ended" && <EndedBar end={state.end} onReconnect={() => answer({ kind: "tryAgain" })} />}
      {state.kind === "failed" && kept && (
        <FailedBar
          failure={state.failure}
          act={act}
          onWhy={canExplain(state.failure.code) ? () => desk.explain({ kind: "session", id: session.id }, session.instance.name) : null}
        />
      )}
    </section>
  );
}

/** What the session needs to know before it goes on. */
function Asking({
  session,
  question,
  onAnswer,
  onCancel,
}: {
  session: SessionInfo;
  question: Question;
  onAnswer: (answer: SessionAnswer) => void;
  onCancel: () => void;
}) {
  switch (question.kind) {
    case "newHostKey":
      return <HostKeyQuestion session={session} question={question} onAnswer={onAnswer} />;
    case "secondFactor":
      return <SecondFactor session={session} question={question} onAnswer={onAnswer} onCancel={onCancel} />;
    case "newCertificate":
      return <CertificateQuestion session={session} question={question} onAnswer={onAnswer} />;
    case "credentials":
      return <Credentials session={session} question={question} onAnswer={onAnswer} onCancel={onCancel} />;
  }
}
