import { Clipboard, Copy, Eraser, Search, TextSelect } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";

import type { SessionInfo } from "../../contract/SessionInfo";
import type { Settings } from "../../contract/Settings";
import { ContextMenu, type MenuEntry, type Spot } from "../../design/ContextMenu";
import { Question } from "../../design/parts";
import { remark, remarkFailure } from "../../design/toast";
import { useAppState, useModel } from "../../platform/model";
import { KEY } from "../settings/keys";
import { deskOf } from "../window/desk";
import { commandFor, keysOf, type WindowCommand } from "../window/keys";
import { FindBar } from "./FindBar";
import { asksBeforePaste, cleanPaste } from "./paste";
import { PasteDialog } from "./PasteDialog";
import { type ScreenStyle, TerminalScreen } from "./screen";
import { TerminalStream } from "./stream";
import { watchTheme } from "./theme";
import { words } from "./words";

/** Most keystrokes that wait for the stream of a terminal that has only just appeared. */
const EARLY = 256;

/** The terminal of a session. Stays as long as the tab does: its content outlives the connection. */
export function TerminalPane({ session, visible }: { session: SessionInfo; visible: boolean }) {
  const model = useModel();
  const desk = deskOf(model);
  const { backend } = model;
  const platform = useAppState((state) => state.platform);
  const settings = useAppState((state) => state.settings);
  const settingsNow = useRef(settings);
  useEffect(() => {
    settingsNow.current = settings;
  }, [settings]);
  const place = useRef<HTMLDivElement>(null);
  const stream = useRef<TerminalStream | null>(null);
  const early = useRef<Uint8Array[]>([]);
  const [screen, setScreen] = useState<TerminalScreen | null>(null);
  const [asking, setAsking] = useState<string | null>(null);
  const [link, setLink] = useState<string | null>(null);
  const [finding, setFinding] = useState(false);
  const [carried, setCarried] = useState<"carried" | "gave up">("carried");
  const [matches, setMatches] = useState({ index: 0, count: 0 });
  const [menu, setMenu] = useState<Spot | null>(null);
  const vm = session.instance.name;

  const paste = useCallback(
    (text: string, to: TerminalScreen) => {
      const clean = cleanPaste(text);
      if (clean === "") {
        return;
      }
      if (settingsNow.current.confirmPaste && asksBeforePaste(clean, to.bracketedPaste)) {
        setAsking(clean);
      } else {
        to.paste(clean);
      }
    },
    [setAsking],
  );

  const command = useCallback(
    (name: WindowCommand, on: TerminalScreen) => {
      if (name === "copy" && on.selection !== "") {
        backend.call("clipboard_write", { text: on.selection }).catch(remarkFailure);
      } else if (name === "paste") {
        backend.call("clipboard_read", {}).then((text) => paste(text, on), remarkFailure);
      } else if (name === "find") {
        setFinding(true);
      } else if (name === "selectAll") {
        on.selectAll();
      } else if (name === "clear") {
        on.clear();
      }
    },
    [backend, paste],
  );

  // The terminal itself: made once, on the page until the tab is closed.
  useEffect(() => {
    const element = place.current;
    if (element === null) {
      return;
    }
    const made = new TerminalScreen(
      { ...styleOf(settingsNow.current), ...desk.cells },
      {
        input: (bytes) => {
          if (stream.current === null) {
            // The terminal takes keys a moment before its stream is there.
            early.current = [...early.current, bytes].slice(-EARLY);
          } else if (stream.current.input(bytes) === "full") {
            remark(words.full);
          }
        },
        resized: (cols, rows) => {
          desk.cells = { cols, rows };
          stream.current?.resize(cols, rows);
        },
        link: (url) => {
          if (/^https?:\/\//i.test(url)) {
            setLink(url);
          }
        },
        forRemote: (event) => commandFor(event, platform, "terminal") === null,
        matches: (index, count) => setMatches({ index, count }),
      },
    );
    void made.open(element, words.label(vm)).then(() => {
      setScreen(made);
      return undefined;
    });
    const observer = new ResizeObserver(() => made.fit());
    observer.observe(element);
    const unwatch = watchTheme(() => made.retheme());
    // A paste by the browser's own means (middle button, menu) goes through the guard too.
    const pasted = (event: ClipboardEvent) => {
      event.preventDefault();
      event.stopPropagation();
      paste(event.clipboardData?.getData("text/plain") ?? "", made);
    };
    element.addEventListener("paste", pasted, { capture: true });
    return () => {
      element.removeEventListener("paste", pasted, { capture: true });
      observer.disconnect();
      unwatch();
      made.dispose();
    };
  }, [desk, platform, paste, vm]);

  // One stream for each attempt that came to be live.
  const flows = session.state.kind === "live" || session.state.kind === "resuming";
  const attached = useRef<number | null>(null);
  useEffect(() => {
    if (screen === null || !flows || attached.current === session.attempt) {
      return;
    }
    if (attached.current !== null) {
      screen.newAttempt();
    }
    attached.current = session.attempt;
    stream.current?.dispose();
    stream.current = new TerminalStream(backend, session.id, screen, screen.size, () => setCarried("gave up"));
    setCarried("carried");
    void stream.current.start();
    for (const bytes of early.current.splice(0)) {
      stream.current.input(bytes);
    }
  }, [screen, flows, backend, session.id, session.attempt]);
  useEffect(() => {
    if (!flows) {
      stream.current?.finish();
    }
  }, [flows]);
  useEffect(() => () => stream.current?.dispose(), []);

  useEffect(() => {
    screen?.restyle(styleOf(settings));
  }, [screen, settings]);

  useEffect(() => {
    if (screen === null) {
      return;
    }
    desk.terminals.set(session.id, { command: (name) => command(name, screen), focus: () => screen.focus(), lastLines: () => screen.lines() });
    return () => {
      desk.terminals.delete(session.id);
    };
  }, [desk, screen, session.id, command]);

  const live = session.state.kind === "live";
  useEffect(() => {
    if (screen !== null && visible && live && desk.state.front === session.id && desk.state.overlay === "none") {
      screen.fit();
      screen.focus();
    }
  }, [screen, visible, live, desk, session.id]);

  const entries = (on: TerminalScreen): MenuEntry[] => [
    { id: "copy", label: words.copy, icon: Copy, keys: keysOf("copy", platform, "terminal"), disabled: on.selection === "", run: () => command("copy", on) },
    { id: "paste", label: words.paste, icon: Clipboard, keys: keysOf("paste", platform, "terminal"), run: () => command("paste", on) },
    { id: "find", label: words.find, icon: Search, keys: keysOf("find", platform, "terminal"), run: () => command("find", on) },
    "separator",
    { id: "all", label: words.selectAll, icon: TextSelect, keys: keysOf("selectAll", platform, "terminal"), run: () => command("selectAll", on) },
    { id: "clear", label: words.clear, icon: Eraser, keys: keysOf("clear", platform, "terminal"), run: () => command("clear", on) },
  ];

  return (
    // The menu is the terminal's; xterm's own field within takes the keys.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      className="terminal"
      data-state={session.state.kind}
      data-testid={`terminal-${vm}`}
      role="group"
      aria-label={words.label(vm)}
      onContextMenu={(event) => {
        event.preventDefault();
        setMenu({ x: event.clientX, y: event.clientY });
      }}
    >
      <div className="terminal-place" ref={place} data-terminal="" />
      {live && carried === "gave up" && (
        <div className="pane-notices">
          <div className="pane-notice" role="alert" data-testid="terminal-gave-up">
            <p>{words.gaveUp}</p>
            <Button
              className="button"
              onPress={() => {
                setCarried("carried");
                void stream.current?.start();
                screen?.focus();
              }}
            >
              {words.again}
            </Button>
          </div>
        </div>
      )}
      {finding && screen !== null && (
        <FindBar
          screen={screen}
          matches={matches}
          onClose={() => {
            setFinding(false);
            screen.endFind();
            screen.focus();
          }}
        />
      )}
      {menu !== null && screen !== null && (
        <ContextMenu label={words.label(vm)} spot={menu} entries={entries(screen)} onClose={() => setMenu(null)} />
      )}
      {asking !== null && screen !== null && (
        <PasteDialog
          text={asking}
          vm={vm}
          onAnswer={(answer) => {
            setAsking(null);
            if (answer.paste) {
              screen.paste(asking);
              if (!answer.ask) {
                model.setSetting(KEY.confirmPaste, false).catch(remarkFailure);
              }
            }
            screen.focus();
          }}
        />
      )}
      {link !== null && (
        <Question
          title={words.linkTitle}
          testId="terminal-link"
          wide="wide"
          onClose={() => setLink(null)}
          actions={
            <>
              <Button className="button" onPress={() => setLink(null)}>
                {words.cancel}
              </Button>
              <Button
                autoFocus
                className="button primary"
                onPress={() => {
                  setLink(null);
                  backend.call("open_link", { url: link }).catch(remarkFailure);
                }}
              >
                {words.linkConfirm}
              </Button>
            </>
          }
        >
          <p className="quiet">{words.linkAdvice(vm)}</p>
          <p className="link-address mono selectable">{link}</p>
        </Question>
      )}
    </div>
  );
}

function styleOf({ terminalFontSize, scrollback, screenReader }: Settings): ScreenStyle {
  return { fontSize: terminalFontSize, scrollback, screenReader };
}
