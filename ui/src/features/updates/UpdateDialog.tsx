import { Button } from "react-aria-components";

import type { Demo } from "../../contract/Demo";
import type { UpdateInfo } from "../../contract/UpdateInfo";
import type { UpdateRelease } from "../../contract/UpdateRelease";
import { Question, Spinner } from "../../design/parts";
import { remarkFailure } from "../../design/toast";
import type { CommandName } from "../../platform/ipc";
import { useAppState, useModel } from "../../platform/model";
import { HelpLink, TopicLink } from "../help/HelpLink";
import { deskOf, useDesk } from "../window/desk";
import { words as windowWords } from "../window/words";
import { elsewhereWord, progressWord, type Shown, shownOf, words } from "./words";
import "./updates.css";

type UpdateCommand = Extract<CommandName, `update_${string}`>;

/** The newer version, or that there is none: what is new, and how far it has come. */
export function UpdateDialog() {
  const model = useModel();
  const desk = deskOf(model);
  const open = useDesk(desk, (state) => state.updates);
  const info = useAppState((state) => state.update);
  const version = useAppState((state) => state.version);
  const demo = useAppState((state) => state.cloud.demo);
  if (!open) {
    return null;
  }
  const shown = shownOf(info);
  const call = (command: UpdateCommand) => {
    model.backend.call(command, {}).catch(remarkFailure);
  };
  const hide = () => desk.change({ updates: false });
  return (
    <Question
      testId="updates"
      title={info.release === null ? words.title : words.name(info.release.version)}
      onClose={hide}
      actions={
        <>
          <Leave shown={shown} onLeave={hide} call={call} />
          <Go shown={shown} info={info} call={call} onGone={hide} />
        </>
      }
    >
      <div className="update" data-shown={shown}>
        <Body shown={shown} info={info} running={version} demo={demo} />
      </div>
    </Question>
  );
}

/** The way out, the first of the buttons in every state: it keeps the keyboard while the others change. */
function Leave({ shown, onLeave, call }: { shown: Shown; onLeave: () => void; call: (command: UpdateCommand) => void }) {
  const ends = shown === "checking" || shown === "downloading" || shown === "ready" || shown === "failed";
  const label = {
    elsewhere: words.close,
    checking: words.cancel,
    newest: words.close,
    failed: words.close,
    offered: words.later,
    downloading: words.cancel,
    ready: words.later,
    installing: words.close,
  }[shown];
  return (
    <Button
      autoFocus
      className="button"
      data-testid="update-leave"
      onPress={() => {
        if (ends) {
          call("update_cancel");
        }
        // Whoever cancels a download still sees what it was.
        if (shown !== "downloading") {
          onLeave();
        }
      }}
    >
      {label}
    </Button>
  );
}

/** What can be done now. */
function Go({ shown, info, call, onGone }: { shown: Shown; info: UpdateInfo; call: (command: UpdateCommand) => void; onGone: () => void }) {
  switch (shown) {
    case "offered":
      return info.release?.way.kind === "package" ? (
        <Button
          className="button primary"
          data-testid="update-fetch"
          onPress={() => {
            call("update_fetch");
            onGone();
          }}
        >
          {words.getPackage}
        </Button>
      ) : (
        <Button className="button primary" data-testid="update-install" onPress={() => call("update_install")}>
          {words.install}
        </Button>
      );
    case "ready":
      return (
        <Button className="button danger" data-testid="update-restart" onPress={() => call("update_restart")}>
          {words.restart}
        </Button>
      );
    case "failed":
      return (
        // Also after a download: the list may have changed since.
        <Button className="button primary" data-testid="update-again" onPress={() => call("update_check")}>
          {words.tryAgain}
        </Button>
      );
    case "newest":
      return (
        <Button className="button" data-testid="update-check" onPress={() => call("update_check")}>
          {words.check}
        </Button>
      );
    case "elsewhere":
    case "checking":
    case "downloading":
    case "installing":
      return null;
  }
}

function Body({ shown, info, running, demo }: { shown: Shown; info: UpdateInfo; running: string; demo: Demo }) {
  const { release, step, failure, checked } = info;
  switch (shown) {
    case "elsewhere":
      return (
        <p className="quiet">
          {elsewhereWord(demo)} <TopicLink topic="updates" />
        </p>
      );
    case "checking":
      return (
        <p className="update-line" role="status">
          <Spinner />
          {words.checking}
        </p>
      );
    case "newest":
      return (
        <p className="quiet" role="status">
          {checked === null ? words.never : words.newest(running)}
        </p>
      );
    case "failed":
      return (
        <div className="update-part" role="alert">
          <p className="update-fault">{failure?.title}</p>
          <p className="quiet selectable">
            {failure?.advice} {failure !== null && <HelpLink code={failure.code} />}
          </p>
          {failure?.facts.map(({ label, value }) => (
            <p className="selectable" key={label}>
              {label}: <span className="mono">{value}</span>
            </p>
          ))}
          {failure?.server && (
            <p className="update-said mono selectable">
              {[failure.server.code, failure.server.text].filter((part) => part !== "").join(": ")}
            </p>
          )}
        </div>
      );
    case "offered":
      return release === null ? null : <Offered release={release} running={running} />;
    case "downloading":
      return step.kind === "downloading" ? <Progress received={step.received} size={step.size} version={release?.version ?? ""} /> : null;
    case "ready": {
      const what = step.kind === "ready" ? windowWords.ends(step.sessions, step.tunnels) : null;
      return <p role="status">{what === null ? words.endsNothing : words.ends(what)}</p>;
    }
    case "installing":
      return (
        <p className="update-line" role="status">
          <Spinner />
          {words.startsAgain}
        </p>
      );
  }
}

function Offered({ release, running }: { release: UpdateRelease; running: string }) {
  const { notes, published, way } = release;
  const day = published === null ? null : new Date(published).toLocaleDateString("en-GB", { dateStyle: "long" });
  return (
    <div className="update-part">
      <p className="quiet">{day === null ? words.running(running) : words.published(day, running)}</p>
      {notes === "" ? (
        <p className="quiet">{words.noNotes}</p>
      ) : (
        // It may be longer than its room: then the keyboard scrolls it.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className="update-notes selectable" role="region" aria-label={words.notes} tabIndex={0}>
          {notes}
        </div>
      )}
      {way.kind === "package" ? (
        <p className="quiet selectable">
          {words.isPackage(way.file)} <TopicLink topic="updates" />
        </p>
      ) : (
        <p className="quiet">
          {words.willInstall} {words.asksFirst} <TopicLink topic="updates" />
        </p>
      )}
    </div>
  );
}

function Progress({ received, size, version }: { received: number; size: number | null; version: string }) {
  return (
    <div className="update-part">
      <progress
        className="update-progress"
        aria-label={words.downloading(version)}
        {...(size === null || size === 0 ? {} : { max: size, value: Math.min(received, size) })}
      />
      <p className="quiet tabular">{progressWord(received, size)}</p>
    </div>
  );
}
