import {
  ArrowLeftRight,
  Columns2,
  Copy,
  FolderTree,
  LogOut,
  Maximize,
  MessageCircleQuestionMark,
  Monitor,
  Moon,
  PanelLeft,
  Play,
  Plus,
  RefreshCw,
  Search,
  Settings,
  Square,
  Sun,
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
import { statusWord } from "../explorer/words";
import { deskOf, useDesk } from "../window/desk";
import { keysOf, type WindowCommand } from "../window/keys";
import { isOn, keyOf, plainSpec } from "../tunnels/target";
import { useHits, useOnceFresh } from "./hits";
import { type Forward, forwardOf, matches } from "./match";
import { words } from "./words";
import "./palette.css";

/** Most VMs shown. */
const LIMIT = 30;
/** Most commands on tunnels shown. */
const TUNNEL_LIMIT = 24;

const MEANING_ICONS = { forward: ArrowLeftRight, explain: MessageCircleQuestionMark };

interface Item {
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
  const forward = explain === null ? forwardOf(text) : null;
  const { hits, fresh } = useHits((explain ?? forward)?.vm ?? text, LIMIT);
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
  const meaning = explain !== null ? "explain" : forward !== null ? "forward" : "connect";
  const labelOf = ({ instance: { name }, os }: SearchHit) => {
    if (explain !== null) {
      return words.explain(name, explain.port ?? usualPort(os));
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
          <StateMark mark={markOfStatus(hit.status)} label={statusWord(hit.status)} />
        </>
      ),
      run: (how) => {
        if (explain !== null) {
          explainTo(hit, explain, how);
        } else if (forward !== null) {
          forwardTo(hit, forward, how);
        } else {
          void (how === "usual" ? desk.show(hit.instance) : desk.connect(hit.instance));
        }
      },
    }),
  );
  const shownCommands =
    kind === "palette"
      ? [
          ...commands.filter((item) => matches(item.label, text)),
          // Each tunnel has some: they come with what is typed.
          ...(text === "" ? [] : tunnelCommands.filter((item) => matches(item.label, text)).slice(0, TUNNEL_LIMIT)),
        ]
      : [];
  // With nothing typed a person most often wants a VM; a few are enough to leave the commands in sight.
  const shownVms = kind === "palette" && text === "" ? vms.slice(0, 6) : vms;
  const items = [...shownVms, ...shownCommands];
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
        {shownVms.length > 0 && (
          <div role="group" aria-label={words.heads[meaning]}>
            <p className="caps palette-head" aria-hidden="true">
              {words.heads[meaning]}
            </p>
            {shownVms.map(option)}
          </div>
        )}
        {shownCommands.length > 0 && (
          <div role="group" aria-label={words.commands}>
            <p className="caps palette-head" aria-hidden="true">
              {words.commands}
            </p>
            {shownCommands.map((item, index) => option(item, index + shownVms.length))}
          </div>
        )}
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
  return useMemo(() => {
    const window = (command: Exclude<WindowCommand, object>, label: string, icon: LucideIcon): Item => ({
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
        model.changeSettings({ theme: to }).catch(remarkFailure);
      },
    });
    return [
      window("toggleExplorer", words.commandToggleExplorer, PanelLeft),
      window("focusExplorer", words.commandFocusExplorer, FolderTree),
      window("split", words.commandSplit, Columns2),
      window("closeTab", words.commandClose, X),
      window("newForward", words.commandForward, Plus),
      window("tunnels", words.commandTunnels, ArrowLeftRight),
      window("explain", words.commandExplain, MessageCircleQuestionMark),
      window("refresh", words.commandRefresh, RefreshCw),
      ...[
        colours("light", words.commandThemeLight, Sun),
        colours("dark", words.commandThemeDark, Moon),
        colours("system", words.commandThemeSystem, Monitor),
      ].filter((item) => item.key !== `theme-${theme}`),
      window("fullScreen", words.commandFullScreen, Maximize),
      window("settings", words.commandSettings, Settings),
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
  }, [model, desk, platform, accounts, theme]);
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
