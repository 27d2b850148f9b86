import { type DockviewApi, DockviewReact, type DockviewReadyEvent, type DockviewTheme } from "dockview-react";
import { Plus, RefreshCw, Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";

import { Brand } from "../../design/Brand";
import { Icon } from "../../design/Icon";
import { Keys } from "../../design/parts";
import { useAppState, useModel } from "../../platform/model";
import { ExplainPanel } from "../explain/ExplainPanel";
import { ExplainTab } from "../explain/ExplainTab";
import { SessionPanel } from "../session/SessionPanel";
import { SessionTab, SettingsTab } from "../session/SessionTab";
import { SettingsPage } from "../settings/SettingsPage";
import { TunnelsPage } from "../tunnels/TunnelsPage";
import { TunnelsTab } from "../tunnels/TunnelsTab";
import { sizeToken } from "../../design/colour";
import { deskOf, isExplanation, PAGES } from "./desk";
import { keysOf } from "./keys";
import { words } from "./words";
import "dockview-react/dist/styles/dockview.css";
import "./dock.css";

const THEME: DockviewTheme = {
  name: "adit",
  className: "dockview-adit",
  dndOverlayMounting: "relative",
  dndPanelOverlay: "content",
  dndTabIndicator: "line",
};

const COMPONENTS = { session: SessionPanel, settings: SettingsPage, tunnels: TunnelsPage, explain: ExplainPanel };
const TABS = { session: SessionTab, settings: SettingsTab, tunnels: TunnelsTab, explain: ExplainTab };

/** Tabs and splits. Its panels follow the sessions: one comes with each, and goes with it. */
export function Dock() {
  const model = useModel();
  const desk = deskOf(model);
  const sessions = useAppState((state) => state.sessions);
  const fontSize = useAppState((state) => state.settings.terminalFontSize);
  const [dock, setDock] = useState<DockviewApi | null>(null);
  const place = useRef<HTMLDivElement>(null);

  const ready = ({ api }: DockviewReadyEvent) => {
    desk.dock = api;
    // The tab in front is in sight, also when the strip is too narrow for all.
    const reveal = () => {
      requestAnimationFrame(() => {
        for (const tab of place.current?.querySelectorAll(".dv-tab.dv-active-tab") ?? []) {
          tab.scrollIntoView({ block: "nearest", inline: "nearest" });
        }
      });
    };
    api.onDidLayoutChange(reveal);
    api.onDidActivePanelChange(() => {
      reveal();
      const front = api.activePanel;
      desk.change({ front: front?.id ?? null });
      if (front !== undefined && desk.state.overlay === "none" && desk.state.form === null) {
        desk.terminals.get(front.id)?.focus();
      }
    });
    // A tab that was dragged elsewhere keeps the keyboard, once it has arrived.
    api.onDidMovePanel(() => {
      setTimeout(() => desk.terminals.get(api.activePanel?.id ?? "")?.focus(), 0);
    });
    setDock(api);
  };

  useEffect(() => {
    if (dock === null) {
      return;
    }
    const open = new Set<string>([...PAGES, ...sessions.map((session) => session.id)]);
    for (const panel of dock.panels) {
      if (!open.has(panel.id) && !isExplanation(panel.id)) {
        panel.api.close();
      }
    }
    for (const { id, instance } of sessions) {
      if (dock.getPanel(id) === undefined) {
        dock.addPanel({ id, component: "session", tabComponent: "session", title: instance.name, params: { id } });
      }
    }
  }, [dock, sessions]);

  useEffect(
    () => () => {
      desk.dock = null;
    },
    [desk],
  );

  // What size a terminal opened now would have, until one has been measured.
  useEffect(() => {
    const element = place.current;
    if (element === null || desk.terminals.size > 0) {
      return;
    }
    const { clientWidth, clientHeight } = element;
    const cols = Math.floor((clientWidth - sizeToken("space-32", 32)) / (fontSize * 0.6));
    const rows = Math.floor((clientHeight - sizeToken("tabs-height", 36) - sizeToken("space-24", 24)) / (fontSize * 1.32));
    if (cols > 10 && rows > 4) {
      desk.cells = { cols, rows };
    }
  }, [desk, fontSize]);

  return (
    <div className="dock" ref={place}>
      <DockviewReact
        theme={THEME}
        components={COMPONENTS}
        tabComponents={TABS}
        watermarkComponent={Empty}
        leftHeaderActionsComponent={NewTab}
        disableFloatingGroups
        // By pointer events: the drag and drop of web views inside a native window is not to be relied on.
        dndStrategy="pointer"
        scrollbars="native"
        onReady={ready}
      />
    </div>
  );
}

function NewTab() {
  const desk = deskOf(useModel());
  return (
    <button
      type="button"
      className="icon-button new-tab"
      aria-label={words.newTab}
      title={words.newTab}
      onClick={() => desk.run("quickConnect")}
    >
      <Icon of={Plus} size="small" />
    </button>
  );
}

/** No tab is open: what to do first. */
function Empty() {
  const desk = deskOf(useModel());
  const platform = useAppState((state) => state.platform);
  const listing = useAppState((state) => state.inventory.loading && state.inventory.instances === 0);
  const nothing = useAppState((state) => !state.inventory.loading && state.inventory.instances === 0);
  const hints = (["palette", "quickConnect", "toggleExplorer"] as const).map((command) => ({
    command,
    keys: keysOf(command, platform),
  }));
  const says = { palette: words.search, quickConnect: words.newTab, toggleExplorer: words.emptyExplorer };
  return (
    <div className="empty">
      <Brand className="empty-mark" />
      <h1 className="page-title small">{nothing ? words.emptyNothing : words.emptyTitle}</h1>
      <p className="quiet">{nothing ? words.emptyNothingLead : listing ? words.emptyListing : words.emptyLead}</p>
      <Button className="button primary large" onPress={() => desk.run(nothing ? "refresh" : "palette")}>
        <Icon of={nothing ? RefreshCw : Search} size="small" />
        {nothing ? words.emptyRefresh : words.emptySearch}
      </Button>
      <ul className="empty-keys">
        {hints.map(({ command, keys }) => (
          <li key={command}>
            <span>{says[command]}</span>
            <Keys of={keys} />
          </li>
        ))}
      </ul>
    </div>
  );
}
