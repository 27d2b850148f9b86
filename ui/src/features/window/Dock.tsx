import { type DockviewApi, DockviewReact, type DockviewReadyEvent, type DockviewTheme } from "dockview-react";
import { Plus, RefreshCw, Search } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { Button } from "react-aria-components";

import { Brand } from "../../design/Brand";
import { ContextMenu, type Spot } from "../../design/ContextMenu";
import { Icon } from "../../design/Icon";
import { Keys } from "../../design/parts";
import { remark, remarkFailure } from "../../design/toast";
import { useAppState, useModel } from "../../platform/model";
import { DesktopTools } from "../desktop/DesktopTools";
import { sizeFor } from "../desktop/geometry";
import { ExplainPanel } from "../explain/ExplainPanel";
import { ExplainTab } from "../explain/ExplainTab";
import { HelpPage } from "../help/HelpPage";
import { HelpTab } from "../help/HelpTab";
import { serveThumbnails } from "../overview/exchange";
import { OverviewPage, OverviewTab } from "../overview/OverviewPage";
import { ProfilesPage } from "../profiles/ProfilesPage";
import { ProfilesTab } from "../profiles/ProfilesTab";
import { SessionPanel } from "../session/SessionPanel";
import { SessionTab, SettingsTab } from "../session/SessionTab";
import { SettingsPage } from "../settings/SettingsPage";
import { TunnelsPage } from "../tunnels/TunnelsPage";
import { TunnelsTab } from "../tunnels/TunnelsTab";
import { sizeToken } from "../../design/colour";
import { deskOf, isExplanation, PAGES } from "./desk";
import { keysOf } from "./keys";
import { isOffer } from "./left";
import { OfferPanel, OfferTab } from "./Offer";
import { tabEntries } from "./tabMenu";
import { watchSashes } from "./sashes";
import { MAIN_WINDOW } from "./tabs";
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

const COMPONENTS = { session: SessionPanel, settings: SettingsPage, tunnels: TunnelsPage, explain: ExplainPanel, offer: OfferPanel, overview: OverviewPage, profiles: ProfilesPage, help: HelpPage };
const TABS = { session: SessionTab, settings: SettingsTab, tunnels: TunnelsTab, explain: ExplainTab, offer: OfferTab, overview: OverviewTab, profiles: ProfilesTab, help: HelpTab };

/** Tabs and splits. Its panels follow the sessions: one comes with each, and goes with it. */
export function Dock() {
  const model = useModel();
  const desk = deskOf(model);
  const all = useAppState((state) => state.sessions);
  const sessions = useMemo(() => all.filter((session) => session.window === model.backend.label), [all, model]);
  const platform = useAppState((state) => state.platform);
  const [menu, setMenu] = useState<{ spot: Spot; panel: string } | null>(null);
  const fontSize = useAppState((state) => state.settings.terminalFontSize);
  const [dock, setDock] = useState<DockviewApi | null>(null);
  const place = useRef<HTMLDivElement>(null);
  const hadTabs = useRef(false);
  const mounted = useRef(false);

  const ready = ({ api }: DockviewReadyEvent) => {
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
      if (front !== undefined && desk.state.overlay === "none" && desk.state.form === null && desk.state.profileForm === null) {
        desk.focusPane(front.id);
      }
    });
    // A tab that was dragged elsewhere keeps the keyboard, once it has arrived.
    api.onDidMovePanel(() => {
      setTimeout(() => desk.focusPane(api.activePanel?.id ?? ""), 0);
    });
    tearOff(api, (id, at) => desk.tabs.dropOutside(id, at));
    // Nothing opens a tab before what was left is there: that takes the place of all.
    desk.docking();
    void desk.left.restore(api, PAGES).then(() => {
      if (mounted.current) {
        setDock(api);
      }
    });
  };

  useEffect(() => {
    if (dock === null) {
      return;
    }
    const open = new Set<string>([...PAGES, ...sessions.map((session) => session.id)]);
    for (const panel of dock.panels) {
      if (!open.has(panel.id) && !isExplanation(panel.id) && !isOffer(panel.id)) {
        panel.api.close();
        desk.desktops.forget(panel.id);
      }
    }
    for (const { id, instance, name } of sessions) {
      const title = name ?? instance.name;
      const panel = dock.getPanel(id);
      if (panel === undefined) {
        dock.addPanel({ id, component: "session", tabComponent: "session", title, params: { id } });
        desk.left.settle(id);
      } else if (panel.title !== title) {
        panel.api.setTitle(title);
      }
    }
    // From here on tabs can be brought to the front: none of a session's takes that place any more by coming.
    if (desk.dock !== dock) {
      desk.docked(dock);
    }
    // A window that tabs were torn off into goes with the last of them.
    if (model.backend.label !== MAIN_WINDOW && dock.panels.length === 0 && hadTabs.current) {
      model.backend.call("window_close", {}).catch(remarkFailure);
    }
    hadTabs.current ||= dock.panels.length > 0;
  }, [dock, sessions, desk, model]);

  // Names and colours are remembered with the places.
  const labels = sessions.map(({ id, name, colour }) => `${id} ${colour} ${name ?? ""}`).join("\n");
  useEffect(() => {
    if (dock !== null) {
      desk.left.changed();
    }
  }, [dock, desk, labels]);

  useEffect(() => (dock === null || place.current === null ? undefined : watchSashes(place.current, dock, () => desk.focusFront())), [dock, desk]);

  useEffect(() => serveThumbnails(desk), [desk]);
  useWindowEvents();

  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
      desk.docked(null);
    };
  }, [desk]);

  // What size a terminal or a desktop opened now would have, until one has been measured.
  useEffect(() => {
    const element = place.current;
    if (element === null) {
      return;
    }
    const { clientWidth, clientHeight } = element;
    if (desk.desktops.panes.size === 0 && clientWidth > 0) {
      const ratio = window.devicePixelRatio;
      const height = clientHeight - sizeToken("tabs-height", 36);
      desk.desktops.size = sizeFor({ width: clientWidth * ratio, height: height * ratio, ratio });
    }
    if (desk.terminals.size > 0) {
      return;
    }
    const cols = Math.floor((clientWidth - sizeToken("space-32", 32)) / (fontSize * 0.6));
    const rows = Math.floor((clientHeight - sizeToken("tabs-height", 36) - sizeToken("space-24", 24)) / (fontSize * 1.32));
    if (cols > 10 && rows > 4) {
      desk.cells = { cols, rows };
    }
  }, [desk, fontSize]);

  return (
    // A tab that is clicked has the keyboard itself; whoever clicks wants to type in what it shows.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
    <div
      className="dock"
      ref={place}
      onContextMenu={(event) => {
        const tab = tabAt(event.target);
        if (tab !== null) {
          event.preventDefault();
          setMenu({ spot: { x: event.clientX, y: event.clientY }, panel: tab.id });
        }
      }}
      onKeyDown={(event) => {
        const tab = event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey) ? tabAt(event.target) : null;
        if (tab !== null) {
          event.preventDefault();
          const { left, bottom } = tab.element.getBoundingClientRect();
          setMenu({ spot: { x: left, y: bottom }, panel: tab.id });
        }
      }}
      onClick={({ target, detail }) => {
        if (detail > 0 && target instanceof Element && target.closest(".dv-tab") !== null) {
          setTimeout(() => desk.focusPane(dock?.activePanel?.id ?? ""), 0);
        }
      }}
    >
      <DockviewReact
        theme={THEME}
        components={COMPONENTS}
        tabComponents={TABS}
        watermarkComponent={Empty}
        leftHeaderActionsComponent={NewTab}
        rightHeaderActionsComponent={DesktopTools}
        disableFloatingGroups
        // By pointer events: the drag and drop of web views inside a native window is not to be relied on.
        dndStrategy="pointer"
        scrollbars="native"
        onReady={ready}
      />
      {menu !== null && (
        <ContextMenu
          label={words.tabMenu(dock?.getPanel(menu.panel)?.title ?? "")}
          spot={menu.spot}
          entries={tabEntries(desk, menu.panel, platform)}
          onClose={() => setMenu(null)}
        />
      )}
    </div>
  );
}

/** The tab that an event happened in. */
function tabAt(target: EventTarget): { element: HTMLElement; id: string } | null {
  const element = target instanceof Element ? target.closest<HTMLElement>(".dv-tab") : null;
  const id = element?.dataset["tabPanelId"];
  return element === null || id === undefined ? null : { element, id };
}

/** Tells when a tab is dropped outside the window. What the pointer does out there is told while its button is down. */
function tearOff(dock: DockviewApi, dropped: (id: string, at: { x: number; y: number }) => void): void {
  dock.onWillDragPanel(({ panel }) => {
    window.addEventListener(
      "pointerup",
      ({ clientX, clientY, screenX, screenY }) => {
        const inside = clientX >= 0 && clientY >= 0 && clientX <= window.innerWidth && clientY <= window.innerHeight;
        if (!inside) {
          dropped(panel.id, { x: screenX, y: screenY });
        }
      },
      { capture: true, once: true },
    );
  });
}

/** Tabs that are asked for by name, and those of a window that was closed. */
function useWindowEvents(): void {
  const model = useModel();
  const desk = deskOf(model);
  useEffect(() => {
    const own = (id: string) => model.state.sessions.some((session) => session.id === id && session.window === model.backend.label);
    const awaited = new Set<string>();
    let arrived = 0;
    return model.hear((event, before) => {
      if (event.kind === "sessionShown") {
        // The tab of one that has only now come here is added with the next drawing.
        setTimeout(() => own(event.value) && desk.front(event.value), 0);
      } else if (event.kind === "windowClosed") {
        for (const session of before.sessions.filter(({ window: label }) => label === event.value)) {
          awaited.add(session.id);
        }
      } else if (event.kind === "session" && awaited.delete(event.value.id)) {
        arrived += event.value.window === model.backend.label ? 1 : 0;
        if (awaited.size === 0 && arrived > 0) {
          remark(words.returned(arrived));
          arrived = 0;
        }
      }
    });
  }, [model, desk]);
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
