import { useEffect, useRef, useState } from "react";
import { X } from "lucide-react";
import { Button } from "react-aria-components";

import type { SessionInfo } from "../../contract/SessionInfo";
import { Icon } from "../../design/Icon";
import { Keys, Spinner } from "../../design/parts";
import { useAppState, useModel } from "../../platform/model";
import { deskOf, useDesk } from "../window/desk";
import { keysOf } from "../window/keys";
import { CopiedFiles } from "./CopiedFiles";
import { FullScreenBar } from "./FullScreenBar";
import { DesktopPicture } from "./picture";
import { words } from "./words";
import "./desktop.css";

/** How long the hint about the keys stays, in milliseconds. */
const HINT = 7000;

/** The desktop of a session. Stays as long as the tab does: the last picture outlives the connection. */
export function DesktopPane({ session, visible }: { session: SessionInfo; visible: boolean }) {
  const model = useModel();
  const desk = deskOf(model);
  const { desktops } = desk;
  const platform = useAppState((state) => state.platform);
  const view = useDesk(desk, ({ desktops: state }) => state.views.get(session.id));
  const full = useDesk(desk, ({ desktops: state }) => state.full === session.id);
  const shown = view ?? desktops.viewOf(session);
  const room = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const [picture, setPicture] = useState<DesktopPicture | null>(null);
  const [bar, setBar] = useState<"hidden" | "shown" | "focused">("hidden");
  const [hint, setHint] = useState<"not yet" | "shown" | "done">("not yet");
  const [told, setTold] = useState(false);
  const [painting, setPainting] = useState<"waiting" | "painted" | "gave up">("waiting");
  const vm = session.instance.name;
  const now = useRef(session);
  useEffect(() => {
    now.current = session;
  }, [session]);

  // The picture: made once, on the page until the tab is closed.
  useEffect(() => {
    if (room.current === null || canvas.current === null || field.current === null) {
      return;
    }
    const element = canvas.current;
    const made = new DesktopPicture(
      { backend: model.backend, id: session.id, platform },
      { room: room.current, canvas: canvas.current, field: field.current },
      {
        fixed: () => desktops.changeView(now.current, { size: "fixed" }),
        keyboard: (is) => {
          desktops.hold(session.id, is);
          setHint((before) => (is === "elsewhere" && before === "shown" ? "done" : is === "here" && before === "not yet" ? "shown" : before));
        },
        giveBack: () => desktops.run(now.current, { kind: "giveBack" }),
        fullScreen: () => desktops.run(now.current, { kind: "fullScreen", displays: [] }),
        room: (size) => {
          desktops.size = size;
        },
        painting: setPainting,
      },
    );
    setPicture(made);
    desktops.panes.set(session.id, {
      focus: () => made.focus(),
      chord: (codes) => made.chord(codes),
      tellSize: () => made.tellSize(),
      picture: () => element,
      showBar: () => setBar("focused"),
    });
    return () => {
      desktops.panes.delete(session.id);
      made.dispose();
    };
  }, [model, desktops, platform, session.id]);

  // Whoever fills the screen is told the way out.
  const [wasFull, setWasFull] = useState(full);
  if (full !== wasFull) {
    setWasFull(full);
    setHint(full ? "shown" : "done");
  }

  const { kind } = session.state;
  const live = kind === "live";
  const flows = live || kind === "resuming";
  const fixed = shown.size === "fixed";
  useEffect(() => picture?.show({ mode: shown.mode, fixed, visible, takes: live }), [picture, shown.mode, fixed, visible, live]);
  useEffect(() => {
    if (picture === null) {
      return;
    }
    if (flows) {
      picture.attach(session.attempt);
    } else {
      picture.finish();
    }
  }, [picture, flows, session.attempt]);
  // Another connection may be able to what the last one was not.
  const attempt = useRef(session.attempt);
  useEffect(() => {
    if (attempt.current !== session.attempt) {
      attempt.current = session.attempt;
      desktops.changeView(now.current, { size: "follows" });
      setTold(false);
      setPainting((before) => (before === "gave up" ? "painted" : before));
    }
  }, [desktops, session.attempt]);

  useEffect(() => {
    if (picture !== null && visible && live && desk.state.front === session.id && desk.state.overlay === "none") {
      picture.focus();
    }
  }, [picture, visible, live, desk, session.id]);

  useEffect(() => {
    if (hint !== "shown") {
      return;
    }
    const timer = setTimeout(() => setHint("done"), HINT);
    return () => clearTimeout(timer);
  }, [hint]);

  return (
    <div
      className="desktop"
      role="group"
      aria-label={words.label(vm)}
      data-testid={`desktop-${vm}`}
      data-state={kind}
    >
      <div className="desktop-room" ref={room} data-mode={fixed && shown.mode === "follow" ? "fit" : shown.mode}>
        <canvas className="desktop-picture" ref={canvas} role="img" aria-label={words.label(vm)} width={0} height={0} />
      </div>
      <textarea
        ref={field}
        className="desktop-field"
        aria-label={words.keyboard(vm, keysOf("giveBack", platform).join("+"))}
        {...(live ? { "data-desktop": "" } : {})}
        tabIndex={live ? 0 : -1}
        rows={1}
        autoComplete="off"
        autoCapitalize="off"
        autoCorrect="off"
        spellCheck={false}
      />
      {live && painting === "waiting" && (
        <p className="desktop-waiting quiet" role="status">
          <Spinner />
          {words.waiting}
        </p>
      )}
      {full && <FullScreenBar session={session} shown={bar} onShown={setBar} />}
      {live && hint === "shown" && (
        <p className="desktop-hint" role="status" data-testid="desktop-hint">
          <span>{words.hint(vm)}</span>
          <span className="desktop-hint-keys">
            <Keys of={keysOf("giveBack", platform)} />
            <span className="sr-only">{keysOf("giveBack", platform).join("+")}</span> {words.hintBack}.
          </span>
          {full && keysOf("desktopFull", platform).length > 0 && (
            <span className="desktop-hint-keys">
              <Keys of={keysOf("desktopFull", platform)} />
              <span className="sr-only">{keysOf("desktopFull", platform).join("+")}</span> {words.hintFull}.
            </span>
          )}
        </p>
      )}
      {live && (
        <div className="pane-notices">
          {painting === "gave up" && (
            <div className="pane-notice" role="alert" data-testid="desktop-gave-up">
              <p>{words.gaveUp}</p>
              <Button
                className="button"
                onPress={() => {
                  setPainting("painted");
                  picture?.again();
                  picture?.focus();
                }}
              >
                {words.again}
              </Button>
            </div>
          )}
          {fixed && shown.mode === "follow" && !told && painting !== "gave up" && (
            <div className="pane-notice" role="status" data-testid="desktop-fixed">
              <p>{words.fixed(vm)}</p>
              <Button className="button" onPress={() => desktops.run(session, { kind: "reconnectHere" })}>
                {words.reconnectHere}
              </Button>
              <Button
                className="icon-button small"
                aria-label={words.dismiss}
                onPress={() => {
                  setTold(true);
                  picture?.focus();
                }}
              >
                <Icon of={X} size="small" />
              </Button>
            </div>
          )}
          <CopiedFiles session={session} run={(command) => desktops.run(session, command)} onPressed={() => picture?.focus()} />
        </div>
      )}
    </div>
  );
}
