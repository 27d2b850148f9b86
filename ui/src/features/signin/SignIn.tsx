import { ArrowRight, Check, Copy, ExternalLink, FileKey2, KeyRound, SquareTerminal } from "lucide-react";
import { useState } from "react";
import { Button } from "react-aria-components";

import type { SignInMethod } from "../../contract/SignInMethod";
import type { SignInState } from "../../contract/SignInState";
import { Brand } from "../../design/Brand";
import { Icon } from "../../design/Icon";
import { CopyButton, Spinner } from "../../design/parts";
import { remarkFailure } from "../../design/toast";
import { useAppState, useBackend, useModel } from "../../platform/model";
import { words as diagnosticsWords } from "../diagnostics/words";
import { words as helpWords } from "../help/words";
import { HelpLink, TopicLink } from "../help/HelpLink";
import { UpdateLink } from "../updates/UpdateLink";
import { deskOf } from "../window/desk";
import { DemoCard, DemoStarting, LeaveDemo } from "./Demo";
import { keychainNote, words } from "./words";
import "./signin.css";

/** The first screen: an invitation. */
export function SignIn() {
  const state = useAppState((app) => app.signIn);
  const keychain = useAppState((app) => app.keychain);
  const demo = useAppState((app) => app.cloud.demo);
  const desk = deskOf(useModel());
  const note = demo === "running" ? null : keychainNote(keychain);
  return (
    <main className="signin">
      <div className="signin-column" data-wide={(demo === "offered" && state.kind === "idle") || undefined}>
        <Brand className="signin-mark" />
        <SignInSteps state={state} />
        <LeaveDemo />
      </div>
      <div className="signin-foot">
        {note !== null && (
        <p className="signin-note" role="note">
          <Icon of={KeyRound} size="small" />
          <span>
            <strong>{note.title}.</strong> {note.text} <TopicLink topic="keychain" />
          </span>
        </p>
      )}
        <div className="signin-links">
          <button type="button" className="link" data-testid="open-help" onClick={() => desk.openHelp("ways", "over")}>
            {helpWords.help}
          </button>
          <UpdateLink />
          <button type="button" className="link" data-testid="open-diagnostics" onClick={() => desk.change({ diagnostics: true })}>
            {diagnosticsWords.open}
          </button>
        </div>
      </div>
    </main>
  );
}

/** What a sign-in shows, on its own screen and over the window. */
export function SignInSteps({ state }: { state: SignInState }) {
  const backend = useBackend();
  const start = (method: SignInMethod) => {
    backend.call("sign_in", { method }).catch(remarkFailure);
  };
  const cancel = () => {
    backend.call("sign_in_cancel", {}).catch(remarkFailure);
  };
  switch (state.kind) {
    case "idle":
      return <Invitation onStart={start} />;
    case "waitingForBrowser":
      return <Waiting url={state.url} browser={state.browserFailed ? "failed" : "opened"} onCancel={cancel} />;
    case "exchanging":
      return (
        <div className="signin-step" role="status">
          <h1 className="signin-title">{words.exchanging}</h1>
          <p className="signin-lead">{words.exchangingHint}</p>
          <div className="signin-spinner">
            <Spinner />
          </div>
          <Button className="button plain" onPress={cancel}>
            {words.cancel}
          </Button>
        </div>
      );
    case "failed": {
      const { failure } = state;
      return (
        <div className="signin-step" role="alert">
          <h1 className="signin-title" data-testid="failure-title">
            {failure.title}
          </h1>
          <p className="signin-lead">
            {failure.advice} <HelpLink code={failure.code} />
          </p>
          <div className="signin-buttons">
            <Button className="button primary large" data-testid="signin-button" onPress={() => start("browser")}>
              {words.again}
            </Button>
            <Button className="button large" onPress={cancel}>
              {words.cancel}
            </Button>
          </div>
          {failure.server !== null && (
            <p className="signin-server">
              <span className="caps">{words.server}</span>
              <span className="signin-said">
                <span className="mono selectable">
                  {[failure.server.code, failure.server.text].filter((part) => part !== "").join("  ")}
                </span>
                <CopyButton text={`${failure.server.code} ${failure.server.text}`.trim()} label={words.copyServer} />
              </span>
            </p>
          )}
        </div>
      );
    }
  }
}

/** Every way in: the person's own cloud, and the demo where it is here. */
function Invitation({ onStart }: { onStart: (method: SignInMethod) => void }) {
  const backend = useBackend();
  const cloud = useAppState((app) => app.cloud);
  const [going, setGoing] = useState(false);
  const local = cloud.kind === "local";
  const able = local || cloud.hasClient;
  const toDemo = () => {
    setGoing(true);
    backend.call("demo_start", {}).catch((error: unknown) => {
      setGoing(false);
      remarkFailure(error);
    });
  };
  const callOff = () => {
    backend.call("demo_leave", {}).then(() => setGoing(false), remarkFailure);
  };
  if (going) {
    return <DemoStarting onCancel={callOff} />;
  }
  const ways = <Ways rank={able || cloud.hasApplicationDefault ? "primary" : "second"} onStart={onStart} />;
  return (
    <div className="signin-step">
      <h1 className="signin-title large">{words.title}</h1>
      <p className="signin-lead">{local ? words.leadLocal : words.lead}</p>
      {cloud.demo === "offered" ? (
        <div className="signin-ways">
          <section className="signin-way" aria-label={words.ownTitle}>
            <h2 className="signin-way-title">{words.ownTitle}</h2>
            <p className="quiet">
              {able ? words.own : words.noClient} {!able && <TopicLink topic="ways" />}
            </p>
            {ways}
          </section>
          <DemoCard rank={able || cloud.hasApplicationDefault ? "second" : "primary"} onStart={toDemo} />
        </div>
      ) : (
        <>
          {!able && (
            <div className="signin-client">
              <p className="signin-client-title">{words.noClientTitle}</p>
              <p className="quiet">
                {words.noClient} <TopicLink topic="ways" />
              </p>
            </div>
          )}
          {ways}
        </>
      )}
      <p className="signin-hint">
        {able && words.browserHint}
        {able && cloud.hasApplicationDefault && " "}
        {cloud.hasApplicationDefault && words.withDefaultHint}
      </p>
    </div>
  );
}

/** The ways to sign in to the cloud in use. */
function Ways({ rank, onStart }: { rank: "primary" | "second"; onStart: (method: SignInMethod) => void }) {
  const backend = useBackend();
  const cloud = useAppState((app) => app.cloud);
  const local = cloud.kind === "local";
  const first = rank === "primary" ? "button primary large" : "button large";
  const chooseFile = () => {
    backend.call("choose_client_file", {}).catch(remarkFailure);
  };
  return (
    <div className="signin-buttons">
      {local || cloud.hasClient ? (
        <Button className={first} data-testid="signin-button" onPress={() => onStart("browser")}>
          {local ? words.withLocal : words.withGoogle}
          <Icon of={ArrowRight} />
        </Button>
      ) : (
        <Button className={cloud.hasApplicationDefault ? "button large" : first} data-testid="choose-client" onPress={chooseFile}>
          <Icon of={FileKey2} />
          {words.chooseClient}
        </Button>
      )}
      {cloud.hasApplicationDefault && (
        <Button
          className={cloud.hasClient || local ? "button large" : first}
          data-testid="signin-adc"
          onPress={() => onStart("applicationDefault")}
        >
          <Icon of={SquareTerminal} />
          {words.withDefault}
        </Button>
      )}
    </div>
  );
}

function Waiting({ url, browser, onCancel }: { url: string; browser: "opened" | "failed"; onCancel: () => void }) {
  const backend = useBackend();
  const [copied, setCopied] = useState(false);
  const open = () => {
    backend.call("open_link", { url }).catch(remarkFailure);
  };
  const copy = () => {
    backend.call("clipboard_write", { text: url }).then(() => {
      setCopied(true);
      return undefined;
    }, remarkFailure);
  };
  const failed = browser === "failed";
  return (
    <div className="signin-step">
      <h1 className="signin-title">{failed ? words.browserFailedTitle : words.waitingTitle}</h1>
      <p className="signin-lead" role="status">
        {failed ? words.browserFailed : words.waiting} {failed && <TopicLink topic="ways" />}
      </p>
      <p className={failed ? "signin-address mono selectable" : "signin-address mono"} title={words.address}>
        {url}
      </p>
      <div className="signin-buttons pair">
        <Button className={failed ? "button primary large" : "button large"} data-testid="signin-copy" onPress={copy}>
          <Icon of={copied ? Check : Copy} size="small" />
          {words.copyAddress}
        </Button>
        <Button className="button large" onPress={open}>
          <Icon of={ExternalLink} size="small" />
          {words.openAgain}
        </Button>
      </div>
      <Button className="button plain" data-testid="signin-cancel" onPress={onCancel}>
        {words.cancel}
      </Button>
    </div>
  );
}
