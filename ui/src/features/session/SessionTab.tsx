import type { IDockviewPanelHeaderProps } from "dockview-react";
import { Settings, X } from "lucide-react";
import { useCallback, useEffect, useRef } from "react";

import type { SessionInfo } from "../../contract/SessionInfo";
import { Icon } from "../../design/Icon";
import { markOfSession, StateMark } from "../../design/StateMark";
import { useAppState, useModel } from "../../platform/model";
import { useEnvironment } from "../settings/useEnvironment";
import { ENVIRONMENTS } from "../settings/words";
import { deskOf } from "../window/desk";
import { PROTOCOL_ICONS } from "./Where";
import { protocolWord, stateWord, words } from "./words";

/** A session's tab: the mark of its state, what it speaks where that is no terminal, the VM's name, a cross. */
export function SessionTab({ params }: IDockviewPanelHeaderProps<{ id: string }>) {
  const { id } = params;
  const desk = deskOf(useModel());
  const session = useAppState(useCallback((state) => state.sessions.find((known) => known.id === id), [id]));
  /** The how-manieth session of its kind to this VM it is. */
  const nth = useAppState(
    useCallback(
      (state) => {
        const own = state.sessions.find((known) => known.id === id);
        const same = state.sessions.filter(
          ({ instance, protocol }) =>
            protocol === own?.protocol &&
            instance.name === own.instance.name &&
            instance.zone === own.instance.zone &&
            instance.project === own.instance.project,
        );
        return same.length > 1 ? same.findIndex((known) => known.id === id) + 1 : 0;
      },
      [id],
    ),
  );
  // Dockview names the tab by its title alone; its state belongs to it.
  const element = useRef<HTMLDivElement>(null);
  const spoken =
    session === undefined
      ? ""
      : [`${session.name ?? session.instance.name}${nth > 1 ? ` ${nth}` : ""}`, protocolWord(session.protocol), stateWord(session.state)].join(", ");
  useEffect(() => element.current?.closest("[role=tab]")?.setAttribute("aria-label", spoken), [spoken]);
  if (session === undefined) {
    return null;
  }
  const { name, project, zone } = session.instance;
  const word = stateWord(session.state);
  const protocol = protocolWord(session.protocol);
  return (
    <div
      ref={element}
      className="tab"
      data-testid={`tab-${name}`}
      data-state={session.state.kind}
      data-colour={session.colour}
      title={`${session.name === null ? "" : `${session.name}\n`}${name}\n${protocol}\n${project} · ${zone}\n${word}`}
      onAuxClick={(event) => {
        if (event.button === 1) {
          desk.askClose(id);
        }
      }}
    >
      <StateMark mark={markOfSession(session.state)} label={word} />
      {session.protocol === "rdp" && (
        <>
          <Icon of={PROTOCOL_ICONS.rdp} size="small" />
          <span className="sr-only">{protocol}</span>
        </>
      )}
      <span className="tab-name ellipsis">{session.name ?? name}</span>
      <TabEnvironment session={session} />
      {nth > 1 && (
        <>
          {" "}
          <span className="tab-nth">{nth}</span>
        </>
      )}
      <TabClose id={id} label={words.close(name)} />
    </div>
  );
}

/** What the VM is used for, in a word and with an edge along its tab, so that nobody types into the wrong machine. */
function TabEnvironment({ session }: { session: SessionInfo }) {
  const environment = useEnvironment(session);
  return environment === "none" ? null : (
    <span className="tab-environment" data-environment={environment} title={ENVIRONMENTS[environment].long}>
      {ENVIRONMENTS[environment].short}
    </span>
  );
}

/** The tab of the settings. */
export function SettingsTab({ api }: IDockviewPanelHeaderProps) {
  return (
    <div className="tab" data-testid="tab-settings">
      <Icon of={Settings} size="small" />
      <span className="tab-name ellipsis">{api.title}</span>
      <TabClose id={api.id} label={words.close(api.title ?? "")} />
    </div>
  );
}

/** The cross of a tab. */
export function TabClose({ id, label }: { id: string; label: string }) {
  const desk = deskOf(useModel());
  return (
    // A tab is one control: within it nothing else can be reached but by the pointer. Keys and the tab's menu close it too.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
    <span
      className="tab-close"
      aria-hidden="true"
      title={label}
      // Dockview begins a drag or an activation on its own at these.
      onPointerDown={(event) => event.stopPropagation()}
      onClick={(event) => {
        event.stopPropagation();
        desk.askClose(id);
      }}
    >
      <Icon of={X} size="tiny" />
    </span>
  );
}
