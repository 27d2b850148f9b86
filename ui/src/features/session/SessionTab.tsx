import type { IDockviewPanelHeaderProps } from "dockview-react";
import { Settings, X } from "lucide-react";
import { useCallback } from "react";

import { Icon } from "../../design/Icon";
import { markOfSession, StateMark } from "../../design/StateMark";
import { useAppState, useModel } from "../../platform/model";
import { deskOf } from "../window/desk";
import { stateWord, words } from "./words";

/** A session's tab: the mark of its state, the VM's name, a cross. */
export function SessionTab({ params }: IDockviewPanelHeaderProps<{ id: string }>) {
  const { id } = params;
  const desk = deskOf(useModel());
  const session = useAppState(useCallback((state) => state.sessions.find((known) => known.id === id), [id]));
  /** The how-manieth session to this VM it is. */
  const nth = useAppState(
    useCallback(
      (state) => {
        const own = state.sessions.find((known) => known.id === id)?.instance;
        const same = state.sessions.filter(
          ({ instance }) => instance.name === own?.name && instance.zone === own.zone && instance.project === own.project,
        );
        return same.length > 1 ? same.findIndex((known) => known.id === id) + 1 : 0;
      },
      [id],
    ),
  );
  if (session === undefined) {
    return null;
  }
  const { name, project, zone } = session.instance;
  const word = stateWord(session.state);
  return (
    <div
      className="tab"
      data-testid={`tab-${name}`}
      data-state={session.state.kind}
      title={`${name}\n${project} · ${zone}\n${word}`}
      onAuxClick={(event) => {
        if (event.button === 1) {
          desk.askClose(id);
        }
      }}
    >
      <StateMark mark={markOfSession(session.state)} label={word} />
      <span className="tab-name ellipsis">{name}</span>
      {nth > 1 && <span className="tab-nth">{nth}</span>}
      <TabClose id={id} label={words.close(name)} />
    </div>
  );
}

/** The tab of the settings. */
export function SettingsTab({ api }: IDockviewPanelHeaderProps) {
  return (
    <div className="tab" data-testid="tab-settings">
      <Icon of={Settings} size="small" />
      <span className="tab-name ellipsis">{api.title}</span>
      <TabClose id={api.id} label={words.close("Settings")} />
    </div>
  );
}

/** The cross of a tab. */
export function TabClose({ id, label }: { id: string; label: string }) {
  const desk = deskOf(useModel());
  return (
    <button
      type="button"
      className="tab-close"
      aria-label={label}
      title={label}
      // Dockview begins a drag or an activation on its own at these.
      onPointerDown={(event) => event.stopPropagation()}
      onClick={(event) => {
        event.stopPropagation();
        desk.askClose(id);
      }}
    >
      <Icon of={X} size="tiny" />
    </button>
  );
}
