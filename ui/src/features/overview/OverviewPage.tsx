import type { IDockviewPanelHeaderProps, IDockviewPanelProps } from "dockview-react";
import { LayoutGrid } from "lucide-react";
import { type RefObject, useEffect, useRef, useState } from "react";

import type { SessionInfo } from "../../contract/SessionInfo";
import { Icon } from "../../design/Icon";
import { markOfSession, StateMark } from "../../design/StateMark";
import { useAppState, useModel } from "../../platform/model";
import { TabClose } from "../session/SessionTab";
import { PROTOCOL_ICONS } from "../session/Where";
import { protocolWord, stateWord } from "../session/words";
import { useEnvironment } from "../settings/useEnvironment";
import { ENVIRONMENTS } from "../settings/words";
import { deskOf } from "../window/desk";
import { windowName } from "../window/words";
import { askThumbnails, type Picture } from "./exchange";
import { EVERY, lastLines, shrink } from "./thumbnail";
import { words } from "./words";
import "./overview.css";

/** How far below what is in sight a card's picture is made already. */
const NEARLY = "50% 0px";

/** All sessions of all windows, each with a small picture of what it shows. */
export function OverviewPage({ api }: IDockviewPanelProps) {
  const model = useModel();
  const desk = deskOf(model);
  const sessions = useAppState((state) => state.sessions);
  const [visible, setVisible] = useState(api.isVisible);
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const grid = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const subscription = api.onDidVisibilityChange((event) => setVisible(event.isVisible));
    return () => subscription.dispose();
  }, [api]);
  const wanted = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const shown = sessions.filter((session) => {
    const { project, zone, name } = session.instance;
    const all = [session.name ?? "", name, project, zone, protocolWord(session.protocol), stateWord(session.state)].join(" ").toLowerCase();
    return wanted.every((word) => all.includes(word));
  });
  const inSight = useInSight(grid, shown.map(({ id }) => id));
  const pictures = usePictures(
    sessions.filter((session) => session.window !== model.backend.label).map(({ id }) => id),
    visible ? inSight : NOTHING,
  );
  const at = Math.max(0, shown.findIndex(({ id }) => id === chosen));

  const go = (to: number) => {
    const next = shown[Math.min(shown.length - 1, Math.max(0, to))];
    if (next !== undefined) {
      setChosen(next.id);
      grid.current?.querySelector<HTMLElement>(`[data-session="${CSS.escape(next.id)}"]`)?.focus();
    }
  };
  /** How many stand side by side. */
  const columns = () => {
    const tops = [...(grid.current?.children ?? [])].map((card) => (card as HTMLElement).offsetTop);
    return Math.max(1, tops.filter((top) => top === tops[0]).length);
  };
  return (
    <div className="panel">
      <section className="overview" aria-label={words.title} data-testid="overview">
        <header className="overview-top">
          <h1 className="page-title">{words.title}</h1>
          <input
            className="field overview-search"
            type="search"
            aria-label={words.search}
            placeholder={words.search}
            data-testid="overview-search"
            value={text}
            spellCheck={false}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "ArrowDown") {
                event.preventDefault();
                go(at);
              } else if (event.key === "Enter" && shown[at] !== undefined) {
                desk.front(shown[at].id);
              }
            }}
          />
        </header>
        {shown.length === 0 ? (
          <p className="quiet">{sessions.length === 0 ? `${words.nothing}. ${words.nothingAdvice}` : words.noMatch(text)}</p>
        ) : (
          // The cards have the keyboard one by one; arrows go from one to the next.
          // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
          <div
            className="overview-grid"
            ref={grid}
            onKeyDown={(event) => {
              const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(), ArrowDown: columns(), Home: -shown.length, End: shown.length }[event.key];
              if (step !== undefined) {
                event.preventDefault();
                go(at + step);
              }
            }}
          >
            {shown.map((session, index) => (
              <Card
                key={session.id}
                session={session}
                seen={visible && inSight.has(session.id)}
                picture={pictures.get(session.id)}
                reach={index === at ? "tab" : "arrows"}
                onChoose={() => setChosen(session.id)}
              />
            ))}
          </div>
        )}
      </section>
    </div>
  );
}

function Card({
  session,
  seen,
  picture,
  reach,
  onChoose,
}: {
  session: SessionInfo;
  seen: boolean;
  /** What another window says that it shows. */
  picture: Picture | undefined;
  reach: "tab" | "arrows";
  onChoose: () => void;
}) {
  const model = useModel();
  const desk = deskOf(model);
  const environment = useEnvironment(session);
  const elsewhere = session.window !== model.backend.label;
  const title = session.name ?? session.instance.name;
  return (
    <button
      type="button"
      className="overview-card"
      data-session={session.id}
      data-testid={`overview-${session.instance.name}`}
      data-environment={environment}
      data-colour={session.colour}
      tabIndex={reach === "tab" ? 0 : -1}
      onFocus={onChoose}
      onClick={() => desk.front(session.id)}
    >
      <span className="overview-picture" aria-hidden="true">
        {elsewhere ? <Elsewhere session={session} picture={picture} /> : <Thumbnail session={session} seen={seen} />}
      </span>
      <span className="overview-name">
        <StateMark mark={markOfSession(session.state)} />
        <span className="ellipsis">{title}</span>
        {environment !== "none" && <span className="overview-environment">{ENVIRONMENTS[environment].short}</span>}
      </span>
      <span className="overview-more quiet ellipsis">
        {[stateWord(session.state), protocolWord(session.protocol), ...(elsewhere ? [words.elsewhere(windowName(session.window))] : [])].join(" · ")}
      </span>
    </button>
  );
}

/** A small picture, made anew while somebody sees it. */
function Thumbnail({ session, seen }: { session: SessionInfo; seen: boolean }) {
  const desk = deskOf(useModel());
  const canvas = useRef<HTMLCanvasElement>(null);
  const [picture, setPicture] = useState<{ kind: "none" | "desktop" } | { kind: "text"; text: string }>({ kind: "none" });
  const { id } = session;
  useEffect(() => {
    if (!seen) {
      return;
    }
    const draw = () => {
      const text = desk.terminals.get(id)?.lastLines?.();
      const desktop = desk.desktops.panes.get(id)?.picture?.();
      if (text !== undefined) {
        setPicture({ kind: "text", text: lastLines(text) });
      } else if (desktop !== undefined && canvas.current !== null && shrink(desktop, canvas.current) === "drawn") {
        setPicture({ kind: "desktop" });
      } else {
        setPicture({ kind: "none" });
      }
    };
    // Once what it shows is on the page as well.
    const first = setTimeout(draw, 0);
    const timer = setInterval(draw, EVERY);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [desk, id, seen]);
  return (
    <>
      <canvas ref={canvas} className="overview-canvas" width={0} height={0} hidden={picture.kind !== "desktop"} />
      {picture.kind === "text" && <span className="overview-text">{picture.text}</span>}
      {picture.kind === "none" && <Icon of={PROTOCOL_ICONS[session.protocol]} className="overview-icon" />}
    </>
  );
}

/** What the session's own window says that it shows; until it has, which window that is. */
function Elsewhere({ session, picture }: { session: SessionInfo; picture: Picture | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const blob = picture?.kind === "desktop" ? picture.picture : null;
  useEffect(() => {
    let wanted = true;
    if (blob !== null) {
      createImageBitmap(blob).then(
        (bitmap) => {
          if (wanted && canvas.current !== null) {
            canvas.current.width = bitmap.width;
            canvas.current.height = bitmap.height;
            canvas.current.getContext("2d")?.drawImage(bitmap, 0, 0);
          }
          bitmap.close();
          return undefined;
        },
        // What cannot be read leaves the picture before.
        () => {},
      );
    }
    return () => {
      wanted = false;
    };
  }, [blob]);
  return (
    <>
      <canvas ref={canvas} className="overview-canvas" width={0} height={0} hidden={blob === null} data-testid={`overview-elsewhere-${session.instance.name}`} />
      {picture?.kind === "text" && <span className="overview-text">{picture.text}</span>}
      {picture === undefined && <span className="overview-none">{words.elsewhere(windowName(session.window))}</span>}
    </>
  );
}

const NOTHING: ReadonlySet<string> = new Set();

/** Which of the cards are in sight, or nearly so: of the others nobody has to make a picture. */
function useInSight(grid: RefObject<HTMLElement | null>, ids: readonly string[]): ReadonlySet<string> {
  const [inSight, setInSight] = useState(NOTHING);
  const cards = ids.join(" ");
  useEffect(() => {
    const room = grid.current?.parentElement ?? null;
    if (room === null || cards === "") {
      return;
    }
    const observer = new IntersectionObserver(
      (changes) =>
        setInSight((before) => {
          const now = new Set([...before].filter((id) => cards.split(" ").includes(id)));
          for (const { target, isIntersecting } of changes) {
            const id = (target as HTMLElement).dataset["session"] ?? "";
            if (isIntersecting) {
              now.add(id);
            } else {
              now.delete(id);
            }
          }
          return now;
        }),
      { root: room, rootMargin: NEARLY },
    );
    for (const card of grid.current?.children ?? []) {
      observer.observe(card);
    }
    return () => observer.disconnect();
  }, [grid, cards]);
  return inSight;
}

/** Pictures of the sessions that other windows show: those in sight are asked for at once, and again as time goes by. */
function usePictures(elsewhere: readonly string[], inSight: ReadonlySet<string>): ReadonlyMap<string, Picture> {
  const [pictures, setPictures] = useState<ReadonlyMap<string, Picture>>(new Map());
  const known = useRef<readonly string[]>(elsewhere);
  useEffect(() => {
    known.current = elsewhere;
  });
  const asking = useRef<ReturnType<typeof askThumbnails> | null>(null);
  /** Those that were in sight before. */
  const asked = useRef<readonly string[]>([]);
  const wanted = elsewhere.filter((id) => inSight.has(id)).join(" ");
  const wants = wanted !== "";
  useEffect(() => {
    if (!wants) {
      return;
    }
    const { ask, end } = askThumbnails((id, picture) => {
      const isKnown = (one: string) => known.current.includes(one);
      if (isKnown(id)) {
        setPictures((before) => new Map([...before].filter(([one]) => isKnown(one))).set(id, picture));
      }
    });
    asking.current = { ask, end };
    return () => {
      asking.current = null;
      asked.current = [];
      end();
    };
  }, [wants]);
  useEffect(() => {
    if (wanted === "") {
      asked.current = [];
      return;
    }
    const all = wanted.split(" ");
    asking.current?.ask(all.filter((id) => !asked.current.includes(id)));
    asked.current = all;
    const timer = setInterval(() => asking.current?.ask(all), EVERY);
    return () => clearInterval(timer);
  }, [wanted]);
  return pictures;
}

/** The tab of the page. */
export function OverviewTab({ api }: IDockviewPanelHeaderProps) {
  return (
    <div className="tab" data-testid="tab-overview">
      <Icon of={LayoutGrid} size="small" />
      <span className="tab-name ellipsis">{api.title}</span>
      <TabClose id={api.id} label={words.close} />
    </div>
  );
}
