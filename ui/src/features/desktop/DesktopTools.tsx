import type { IDockviewHeaderActionsProps } from "dockview-react";
import { Check, Ellipsis } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { Button, Checkbox } from "react-aria-components";

import type { Displays } from "../../contract/Displays";
import type { SessionInfo } from "../../contract/SessionInfo";
import { ContextMenu, type MenuEntry, type Spot } from "../../design/ContextMenu";
import { Icon } from "../../design/Icon";
import { Question } from "../../design/parts";
import { useAppState, useModel } from "../../platform/model";
import { deskOf, useDesk } from "../window/desk";
import { NO_DISPLAYS, spanFault } from "./displays";
import { type Tool, toolsOf, type ToolsOf } from "./tools";
import { displayWord, words } from "./words";
import "./desktop.css";

/** What the tools of a session's desktop are made of, and the question which displays to fill. */
export function useTools(session: SessionInfo): { of: ToolsOf; asking: React.ReactNode } {
  const model = useModel();
  const { backend } = model;
  const desk = deskOf(model);
  const { desktops } = desk;
  const platform = useAppState((state) => state.platform);
  const view = useDesk(deskOf(model), ({ desktops: state }) => state.views.get(session.id));
  const full = useDesk(deskOf(model), ({ desktops: state }) => state.full === session.id);
  const held = useDesk(deskOf(model), ({ desktops: state }) => state.keyboard === session.id);
  const [displays, setDisplays] = useState(NO_DISPLAYS);
  const [choosing, setChoosing] = useState(false);
  // Without them the window's own display is filled.
  const look = useCallback(() => {
    backend.call("displays", {}).then(setDisplays, () => setDisplays(NO_DISPLAYS));
  }, [backend]);
  // They come and go, and the window goes from one to another: they are looked at as well when there is a choice to be made.
  useEffect(() => {
    look();
    window.addEventListener("focus", look);
    return () => window.removeEventListener("focus", look);
  }, [look, full]);
  return {
    of: {
      session,
      view: view ?? desktops.viewOf(session),
      full,
      held,
      displays,
      look,
      platform,
      run: (command) => desktops.run(session, command),
      choose: () => setChoosing(true),
      settings: () => void desk.openSettingsOf(session),
    },
    asking: choosing && (
      <ChooseDisplays
        displays={displays.all}
        onAnswer={(ids) => {
          setChoosing(false);
          if (ids.length > 0) {
            desktops.run(session, { kind: "fullScreen", displays: ids });
          }
        }}
      />
    ),
  };
}

/** The tools of the desktop in front, at the end of its strip of tabs. */
export function DesktopTools({ activePanel }: IDockviewHeaderActionsProps) {
  const id = activePanel?.id;
  const session = useAppState(useCallback((state) => state.sessions.find((known) => known.id === id), [id]));
  return session?.protocol === "rdp" ? <Tools session={session} /> : null;
}

function Tools({ session }: { session: SessionInfo }) {
  const { of, asking } = useTools(session);
  const tools = toolsOf(of);
  return tools.length === 0 ? null : (
    <>
      <div className="desktop-tools" role="toolbar" aria-label={words.tools(session.instance.name)} data-testid="desktop-tools">
        {tools.map((tool) => (
          <ToolButton key={tool.id} tool={tool} />
        ))}
      </div>
      <div className="desktop-tools-narrow">
        <ToolButton
          tool={{ id: "more", label: words.more, icon: Ellipsis, does: { kind: "menu", entries: narrowEntries(tools), opens: of.look } }}
        />
      </div>
      {asking}
    </>
  );
}

/** All tools in one menu, where there is no room for more. */
function narrowEntries(tools: readonly Tool[]): MenuEntry[] {
  return tools.flatMap(({ id, label, icon, keys, does }, place): MenuEntry[] => [
    ...(place > 0 && (does.kind === "menu" || tools[place - 1]?.does.kind === "menu") ? (["separator"] as const) : []),
    ...(does.kind === "menu"
      ? does.entries.map((entry): MenuEntry => (entry === "separator" ? entry : { ...entry, id: `${id}-${entry.id}` }))
      : [{ id, label, icon, ...(keys === undefined ? {} : { keys }), run: does.run }]),
  ]);
}

/** A tool as an icon with its name below the mouse. */
export function ToolButton({ tool: { id, label, icon, keys, held = false, does } }: { tool: Tool }) {
  const [menu, setMenu] = useState<Spot | null>(null);
  const title = keys === undefined || keys.length === 0 ? label : `${label} (${keys.join("+")})`;
  // One that has no menu any more does not open it by itself when it has one again.
  if (menu !== null && does.kind !== "menu") {
    setMenu(null);
  }
  return (
    <>
      <button
        type="button"
        className="icon-button"
        data-testid={`desktop-${id}`}
        data-held={held || undefined}
        aria-label={label}
        title={title}
        {...(does.kind === "menu" ? { "aria-haspopup": "menu" as const, "aria-expanded": menu !== null } : {})}
        onClick={({ currentTarget }) => {
          if (does.kind === "run") {
            does.run();
          } else {
            does.opens?.();
            const { left, bottom } = currentTarget.getBoundingClientRect();
            setMenu({ x: left, y: bottom });
          }
        }}
      >
        <Icon of={icon} size="small" />
      </button>
      {menu !== null && does.kind === "menu" && (
        <ContextMenu label={label} spot={menu} entries={does.entries.map(afterMenu)} onClose={() => setMenu(null)} />
      )}
    </>
  );
}

/** Runs once the menu has given the keyboard back: it may go to the desktop then. */
function afterMenu(entry: MenuEntry): MenuEntry {
  return entry === "separator" ? entry : { ...entry, run: () => void setTimeout(entry.run, 0) };
}

function ChooseDisplays({ displays, onAnswer }: { displays: Displays["all"]; onAnswer: (ids: number[]) => void }) {
  const [chosen, setChosen] = useState<ReadonlySet<number>>(
    () => new Set(displays.filter(({ current }) => current).map(({ id }) => id)),
  );
  const apart = spanFault(displays.filter(({ id }) => chosen.has(id)), "program") !== null;
  const toggle = (id: number, on: boolean) => {
    const next = new Set(chosen);
    if (on) {
      next.add(id);
    } else {
      next.delete(id);
    }
    setChosen(next);
  };
  return (
    <Question
      title={words.chooseDisplays}
      testId="choose-displays"
      onClose={() => onAnswer([])}
      actions={
        <>
          <Button className="button" onPress={() => onAnswer([])}>
            {words.cancel}
          </Button>
          <Button autoFocus className="button primary" isDisabled={chosen.size === 0 || apart} onPress={() => onAnswer([...chosen])}>
            {words.fill}
          </Button>
        </>
      }
    >
      <p className="quiet">{words.chooseDisplaysAdvice}</p>
      <div className="desktop-displays">
        {displays.map((display, place) => (
          <Checkbox
            key={display.id}
            className="checkbox"
            isSelected={chosen.has(display.id)}
            onChange={(on) => toggle(display.id, on)}
          >
            <span className="checkbox-box">{chosen.has(display.id) && <Icon of={Check} size="tiny" />}</span>
            {displayWord(display, place)}
            {display.current && <span className="quiet">({words.thisDisplay})</span>}
          </Checkbox>
        ))}
      </div>
      <p className="field-fault" role="status">
        {apart && chosen.size > 0 && words.chosenApart}
      </p>
    </Question>
  );
}
