import {
  AppWindow,
  ArrowBigUpDash,
  ArrowLeft,
  ArrowLeftRight,
  ArrowLeftToLine,
  ArrowRight,
  ArrowRightToLine,
  Bookmark,
  BookmarkPlus,
  CircleHelp,
  ClipboardList,
  Columns2,
  Copy,
  CopyPlus,
  CopyX,
  FolderTree,
  KeyRound,
  LayoutGrid,
  ListFilter,
  LogOut,
  Maximize,
  MessageCircleQuestionMark,
  MessageSquare,
  Monitor,
  Moon,
  PanelLeft,
  Play,
  Plus,
  RefreshCw,
  Rows2,
  Scaling,
  Search,
  Settings,
  Square,
  SquareArrowRight,
  Star,
  Sun,
  Tag,
  X,
  type LucideIcon,
} from "lucide-react";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { Dialog, Modal, ModalOverlay } from "react-aria-components";

import type { SearchHit } from "../../contract/SearchHit";
import type { Settings as AppSettings } from "../../contract/Settings";
import { Icon, OsIcon } from "../../design/Icon";
import { Keys } from "../../design/parts";
import { markOfStatus, StateMark } from "../../design/StateMark";
import { remarkFailure } from "../../design/toast";
import { useAppState, useModel } from "../../platform/model";
import { type ExplainText, explainOf, usualPort } from "../explain/target";
import { NO_DISPLAYS } from "../desktop/displays";
import { flatTools } from "../desktop/tools";
import { statusWord } from "../explorer/words";
import { PROTOCOL_ICONS } from "../session/Where";
import { KEY } from "../settings/keys";
import { deskOf, useDesk } from "../window/desk";
import { keysOf, type WindowCommand } from "../window/keys";
import { MAIN_WINDOW } from "../window/tabs";
import { isOn, keyOf, plainSpec } from "../tunnels/target";
import { useHits, useOnceFresh } from "./hits";
import { useProfileItems } from "./profileItems";
import { type Forward, forwardOf, matches, type Way, wayOf } from "./match";
import { words } from "./words";
import "./palette.css";

/** Most VMs shown. */
const LIMIT = 30;
/** Most commands on tunnels shown. */
const TUNNEL_LIMIT = 24;

const MEANING_ICONS = { forward: ArrowLeftRight, explain: MessageCircleQuestionMark, ...PROTOCOL_ICONS, password: KeyRound };

/** A line of the palette. */
export interface Item {
  key: string;
  label: string;
  icon: React.ReactNode;
  detail: React.ReactNode;
  keys?: readonly string[];
  run: (how: "usual" | "new") => void;
}

/** The palette, or quick connect: a field and what it means. */
export function Palette() {
  const model = useModel();
  const desk = deskOf(model);
  const overlay = useDesk(desk, (state) => state.overlay);
  if (overlay === "none") {
    return null;
  }
  const close = () => desk.change({ overlay: "none", typed: "" });
  return (
    <ModalOverlay className="veil top" isOpen isDismissable onOpenChange={(open) => !open && close()}>
      <Modal className="palette-modal">
        <Dialog
          className="palette"
          data-testid="palette"
          aria-label={overlay === "palette" ? words.label : words.quickLabel}
        >
          <PaletteBody key={overlay} kind={overlay} onClose={close} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function PaletteBody({ kind, onClose }: { kind: "palette" | "quickConnect"; onClose: () => void }) {
  const model = useModel();
  const desk = deskOf(model);
  const [text, setText] = useState(desk.state.typed);
  const [chosen, setChosen] = useState(0);
  const explain = explainOf(text);
  const way = explain === null ? wayOf(text) : null;
  const forward = explain === null && way === null ? forwardOf(text) : null;
  const { hits: found, fresh } = useHits((explain ?? way ?? forward)?.vm ?? text, LIMIT);
  // Only Windows has passwords of this kind.
  const hits = way?.way === "password" ? found.filter(({ os }) => os === "windows") : found;
  const desktopCommands = useDesktopCommands();
  const commands = useCommands();
  const tunnelCommands = useTunnelCommands();
  const list = useRef<HTMLDivElement>(null);
  const id = useId();

  const forwardTo = (hit: SearchHit, { port }: Forward, how: "usual" | "new") => {
    if (port === null || how === "new") {
      desk.newForward(hit, port ?? undefined);
    } else {
      desk.addTunnel(plainSpec(hit.instance, port)).catch(remarkFailure);
    }
  };
  const explainTo = (hit: SearchHit, { port }: ExplainText, how: "usual" | "new") => {
    if (how === "new") {
      desk.askExplain(hit);
    } else {
      desk.explainPort(hit.instance, port ?? usualPort(hit.os));
    }
  };
  const meaning = explain !== null ? "explain" : way !== null ? way.way : forward !== null ? "forward" : "connect";
  const labelOf = ({ instance: { name }, os }: SearchHit) => {
    if (explain !== null) {
      return words.explain(name, explain.port ?? usualPort(os));
    }
    if (way !== null) {
      return words.ways[way.way](name);
    }
    return forward === null ? name : words.forward(name, forward.port);
  };
  const vms = hits.map(
    (hit): Item => ({
      key: `${hit.instance.project}/${hit.instance.zone}/${hit.instance.name}`,
      label: labelOf(hit),
      icon: meaning === "connect" ? <OsIcon os={hit.os} /> : <Icon of={MEANING_ICONS[meaning]} size="small" />,
      detail: (
        <>
          <span className="ellipsis">
            {hit.instance.project} · {hit.instance.zone}
          </span>
          {hit.favourite && <Icon of={Star} size="tiny" className="palette-star" />}
          <StateMark mark={markOfStatus(hit.status)} label={statusWord(hit.status)} />
        </>
      ),
      run: (how) => {
        if (explain !== null) {
          explainTo(hit, explain, how);
        } else if (way?.way === "password") {
          desk.change({ passwordFor: hit.instance });
        } else if (way !== null) {
          void (how === "usual" ? desk.show(hit, way.way) : desk.connect(hit, way.way));
        } else if (forward !== null) {
          forwardTo(hit, forward, how);
        } else if (how === "usual") {
          void desk.show(hit);
        } else {
          desk.askConnect(hit);
        }
      },
    }),
  );
  const shownCommands =
    kind === "palette"
      ? [
          ...desktopCommands.filter((item) => matches(item.label, text)),
          ...commands.filter((item) => matches(item.label, text)),
          // Each tunnel has some: they come with what is typed.
          ...(text === "" ? [] : tunnelCommands.filter((item) => matches(item.label, text)).slice(0, TUNNEL_LIMIT)),
        ]
      : [];
  const { items: profileItems, exact } = useProfileItems(kind === "palette" && meaning === "connect" ? text : "");
  // With nothing typed a person most often wants a VM; a few are enough to leave the commands in sight.
  const shownVms = kind === "palette" && (text === "" || profileItems.length > 0) ? vms.slice(0, 6) : vms;
  // A name that a person gave and has typed in full means just that; else a VM comes first.
  const groups = [
    ...(exact ? [{ head: words.profiles, items: profileItems }] : []),
    { head: words.heads[meaning], items: shownVms },
    ...(exact ? [] : [{ head: words.profiles, items: profileItems }]),
    { head: words.commands, items: shownCommands },
  ].filter((group) => group.items.length > 0);
  const items = groups.flatMap((group) => group.items);
  const at = Math.min(chosen, Math.max(0, items.length - 1));

  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [at, items.length]);

  const run = (item: Item | undefined, how: "usual" | "new") => {
    if (item !== undefined) {
      onClose();
      // After the dialog has given the keyboard back.
      setTimeout(() => item.run(how), 0);
    }
  };
  const enter = useOnceFresh(text, fresh, (how: "usual" | "new") => run(items[at], how));
  const option = (item: Item, index: number) => (
    // The field has the keyboard, and names the chosen option.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      key={item.key}
      id={`${id}-${index}`}
      role="option"
      className="palette-item"
      tabIndex={-1}
      aria-selected={index === at}
      onMouseMove={() => setChosen(index)}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => run(item, "usual")}
    >
      <span className="palette-icon">{item.icon}</span>
      <span className="palette-name ellipsis">{item.label}</span>
      <span className="palette-detail">
        {item.detail}
        {item.keys !== undefined && <Keys of={item.keys} />}
      </span>
    </div>
  );
  return (
    <>
      <div className="palette-field">
        <Icon of={Search} />
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={items.length === 0 ? undefined : `${id}-${at}`}
          aria-label={kind === "palette" ? words.label : words.quickLabel}
          placeholder={kind === "palette" ? words.placeholder : words.quickPlaceholder}
          value={text}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            setText(event.target.value);
            setChosen(0);
          }}
          onKeyDown={(event) => {
            const count = items.length;
            if (event.key === "ArrowDown" && count > 0) {
              event.preventDefault();
              setChosen((at + 1) % count);
            } else if (event.key === "ArrowUp" && count > 0) {
              event.preventDefault();
              setChosen((at + count - 1) % count);
            } else if (event.key === "Enter") {
              event.preventDefault();
              enter(event.shiftKey ? "new" : "usual");
            }
          }}
        />
        <Keys of={["Esc"]} />
      </div>
      <div className="palette-list" id={`${id}-list`} role="listbox" ref={list} aria-label={words.label}>
        {items.length === 0 && fresh && (
          <p className="palette-nothing quiet">{text === "" ? words.nothingYet : words.nothing(text)}</p>
        )}
        {groups.map(({ head, items: those }) => (
          <div role="group" aria-label={head} key={head}>
            <p className="caps palette-head" aria-hidden="true">
              {head}
            </p>
            {those.map((item) => option(item, items.indexOf(item)))}
          </div>
        ))}
      </div>
      {shownVms.length > 0 && (
        <p className="palette-foot">
          <Keys of={["↵"]} /> {words.enter[meaning]}
          <Keys of={["Shift", "↵"]} /> {words.shiftEnter[meaning]}
        </p>
      )}
    </>
  );
}

function useCommands(): Item[] {
  const model = useModel();
  const desk = deskOf(model);
  const platform = useAppState((state) => state.platform);
  const accounts = useAppState((state) => state.accounts);
  const theme = useAppState((state) => state.settings.theme);
  const demo = useAppState((state) => state.cloud.demo);
  return useMemo(() => {
    const window = (command: WindowCommand, label: string, icon: LucideIcon): Item => ({
      key: command,
      label,
      icon: <Icon of={icon} size="small" />,
      detail: null,
      keys: keysOf(command, platform),
      run: () => desk.run(command),
    });
    const colours = (to: AppSettings["theme"], label: string, icon: LucideIcon): Item => ({
      key: `theme-${to}`,
      label,
      icon: <Icon of={icon} size="small" />,
      detail: null,
      run: () => {
        model.setSetting(KEY.theme, to).catch(remarkFailure);
      },
    });
    const plain = (key: string, label: string, icon: LucideIcon, run: () => void): Item => ({
      key,
      label,
      icon: <Icon of={icon} size="small" />,
      detail: null,
      run,
    });
    // On the VM in question; else on one that is typed next.
    const way = (to: Way, label: string): Item => ({
      key: `way-${to}`,
      label,
      icon: <Icon of={MEANING_ICONS[to]} size="small" />,
      detail: null,
      run: () => desk.go(to),
    });
    return [
      way("ssh", words.commandSsh),
      way("rdp", words.commandRdp),
      way("password", words.commandPassword),
      window("toggleExplorer", words.commandToggleExplorer, PanelLeft),
      window("focusExplorer", words.commandFocusExplorer, FolderTree),
      window("split", words.commandSplit, Columns2),
      window("splitDown", words.commandSplitDown, Rows2),
      window("otherGroup", words.commandOtherGroup, SquareArrowRight),
      window("resizeSplit", words.commandResizeSplit, Scaling),
      window("ownWindow", model.backend.label === MAIN_WINDOW ? words.commandOwnWindow : words.commandMainWindow, AppWindow),
      window("rename", words.commandRename, Tag),
      window("duplicate", words.commandDuplicate, CopyPlus),
      window("nextTab", words.commandNextTab, ArrowRight),
      window("previousTab", words.commandPreviousTab, ArrowLeft),
      window("tabLeft", words.commandTabLeft, ArrowLeftToLine),
      window("tabRight", words.commandTabRight, ArrowRightToLine),
      window("closeTab", words.commandClose, X),
      window("closeOthers", words.commandCloseOthers, CopyX),
      window("closeRight", words.commandCloseRight, ArrowRightToLine),
      window("newForward", words.commandForward, Plus),
      window("tunnels", words.commandTunnels, ArrowLeftRight),
      window("profiles", words.commandProfiles, Bookmark),
      {
        key: "newProfile",
        label: words.commandNewProfile,
        icon: <Icon of={BookmarkPlus} size="small" />,
        detail: null,
        run: () => desk.profiles.create(),
      },
      window("saveProfile", words.commandSaveProfile, BookmarkPlus),
      window("explain", words.commandExplain, MessageCircleQuestionMark),
      window("allSessions", words.commandAllSessions, LayoutGrid),
      window("refresh", words.commandRefresh, RefreshCw),
      ...[
        colours("light", words.commandThemeLight, Sun),
        colours("dark", words.commandThemeDark, Moon),
        colours("system", words.commandThemeSystem, Monitor),
      ].filter((item) => item.key !== `theme-${theme}`),
      window("fullScreen", words.commandFullScreen, Maximize),
      window("settings", words.commandSettings, Settings),
      window("help", words.commandHelp, CircleHelp),
      window("remarks", words.commandRemarks, MessageSquare),
      plain("projects", words.commandProjects, ListFilter, () => desk.change({ choosingProjects: true })),
      plain("diagnostics", words.commandDiagnostics, ClipboardList, () => desk.change({ diagnostics: true })),
      ...(demo === "running"
        ? [
            plain("leave-demo", words.commandLeaveDemo, LogOut, () => {
              model.backend.call("demo_leave", {}).catch(remarkFailure);
            }),
          ]
        : []),
      plain("updates", words.commandUpdates, ArrowBigUpDash, () => desk.checkForUpdates()),
      ...accounts.map(
        (account): Item => ({
          key: `sign-out-${account.id}`,
          label: words.commandSignOut(account.email),
          icon: <Icon of={LogOut} size="small" />,
          detail: null,
          run: () => {
            model.backend.call("sign_out", { account: account.id }).catch(remarkFailure);
          },
        }),
      ),
    ];
  }, [model, desk, platform, accounts, theme, demo]);
}

/** What can be done with the desktop in front. */
function useDesktopCommands(): Item[] {
  const desk = deskOf(useModel());
  const platform = useAppState((state) => state.platform);
  const session = desk.desktopInFront();
  if (session === undefined) {
    return [];
  }
  const { desktops } = desk;
  const tools = flatTools({
    session,
    view: desktops.viewOf(session),
    full: desktops.state.full === session.id,
    held: false,
    displays: NO_DISPLAYS,
    look: () => {},
    platform,
    run: (command) => desktops.run(session, command),
    choose: () => {},
    settings: () => void desk.openSettingsOf(session),
  });
  return tools.flatMap(({ id, label, icon, keys, run }): Item[] => [
    {
      key: `desktop-${id}`,
      label,
      icon: <Icon of={icon} size="small" />,
      detail: <span className="ellipsis">{session.instance.name}</span>,
      ...(keys === undefined ? {} : { keys }),
      run,
    },
  ]);
}

/** What can be done at once with each tunnel. */
function useTunnelCommands(): Item[] {
  const model = useModel();
  const desk = deskOf(model);
  const tunnels = useAppState((state) => state.tunnels);
  return tunnels.flatMap((tunnel): Item[] => {
    const name = keyOf(tunnel.spec);
    const on = isOn(tunnel);
    return [
      {
        key: `tunnel-${tunnel.id}`,
        label: on ? words.tunnelStop(name) : words.tunnelStart(name),
        icon: <Icon of={on ? Square : Play} size="small" />,
        detail: null,
        run: () => desk.actOnTunnel(tunnel.id, on ? "stop" : "start"),
      },
      {
        key: `tunnel-save-${tunnel.id}`,
        label: words.tunnelSave(name),
        icon: <Icon of={BookmarkPlus} size="small" />,
        detail: null,
        run: () => void desk.profiles.saveAs({ kind: "tunnel", id: tunnel.id }),
      },
      {
        key: `tunnel-copy-${tunnel.id}`,
        label: words.tunnelCopy(name),
        icon: <Icon of={Copy} size="small" />,
        detail: <span className="mono ellipsis">{tunnel.local}</span>,
        run: () => {
          model.backend.call("clipboard_write", { text: tunnel.local }).catch(remarkFailure);
        },
      },
    ];
  });
}
