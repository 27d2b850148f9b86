/** What can be done with a tunnel. */

import { BookmarkPlus, Copy, ExternalLink, FastForward, Pencil, Play, RotateCw, Square, Trash2 } from "lucide-react";
import { Button } from "react-aria-components";

import type { Platform } from "../../contract/Platform";
import type { TunnelAction } from "../../contract/TunnelAction";
import type { TunnelInfo } from "../../contract/TunnelInfo";
import type { MenuEntry } from "../../design/ContextMenu";
import { Question } from "../../design/parts";
import { readyMade, webAddress } from "./strings";
import { isOn, keyOf } from "./target";
import { words } from "./words";

export interface TunnelDoes {
  act: (id: string, action: TunnelAction) => void;
  edit: (id: string) => void;
  remove: (tunnel: TunnelInfo) => void;
  copy: (text: string) => void;
  open: (url: string) => void;
  save: (id: string) => void;
}

/** The menu of a tunnel. */
export function entriesOf(tunnel: TunnelInfo, user: string, platform: Platform, does: TunnelDoes): MenuEntry[] {
  const { id, spec, state, local } = tunnel;
  const on = isOn(tunnel);
  const main = platform === "macos" ? "⌘" : "Ctrl";
  const web = webAddress(local, spec.protocol);
  const act = (action: Exclude<TunnelAction, "remove">, label: string, icon: typeof Play, keys?: readonly string[]): MenuEntry => ({
    id: action,
    label,
    icon,
    ...(keys === undefined ? {} : { keys }),
    run: () => does.act(id, action),
  });
  return [
    ...(state.kind === "resuming" ? [act("resumeNow", words.resumeNow, FastForward)] : []),
    on ? act("stop", words.stop, Square, [words.space]) : act("start", words.start, Play, [words.space]),
    ...(on ? [act("restart", words.restart, RotateCw)] : []),
    "separator",
    { id: "copy", label: words.copyAddress, icon: Copy, keys: [main, "C"], run: () => does.copy(local) },
    ...readyMade(local, spec.protocol, user, platform)
      .filter(({ text }) => text !== local)
      .map(({ label, text }): MenuEntry => ({ id: `copy-${label}`, label: words.copyOf(label), icon: Copy, run: () => does.copy(text) })),
    ...(web === null
      ? []
      : [{ id: "open", label: words.openBrowser, icon: ExternalLink, disabled: !on, run: () => does.open(web) }]),
    "separator",
    { id: "saveProfile", label: words.saveProfile, icon: BookmarkPlus, run: () => does.save(id) },
    // What the command line opened is the command line's to shape.
    ...(tunnel.byCommand ? [] : [{ id: "edit", label: words.edit, icon: Pencil, keys: ["F2"], run: () => does.edit(id) }]),
    { id: "remove", label: words.remove, icon: Trash2, keys: ["Del"], danger: true, run: () => does.remove(tunnel) },
  ];
}

/** Asks before a tunnel is removed. */
export function AskRemove({ tunnel, onAnswer }: { tunnel: TunnelInfo; onAnswer: (answer: "yes" | "no") => void }) {
  return (
    <Question
      title={words.removeTitle(keyOf(tunnel.spec))}
      testId="tunnel-remove"
      onClose={() => onAnswer("no")}
      actions={
        <>
          <Button autoFocus className="button" onPress={() => onAnswer("no")}>
            {words.cancel}
          </Button>
          <Button className="button danger" data-testid="tunnel-remove-confirm" onPress={() => onAnswer("yes")}>
            {words.removeConfirm}
          </Button>
        </>
      }
    >
      <p className="quiet">{words.removeAdvice(tunnel.connections)}</p>
    </Question>
  );
}
