/** What can be done with a row, beside what a click does. */

import { ArrowLeftRight, BookmarkPlus, ChevronDown, ChevronRight, CircleHelp, Copy, KeyRound, ListChecks, MessageCircleQuestionMark, Network, Pause, Play, Plug, Power, RotateCcw, Settings, SquarePlus, Star, StarOff } from "lucide-react";
import { Button } from "react-aria-components";

import type { InstanceAction } from "../../contract/InstanceAction";
import type { InstanceRef } from "../../contract/InstanceRef";
import type { Platform } from "../../contract/Platform";
import type { Protocol } from "../../contract/Protocol";
import type { Scope } from "../../contract/Scope";
import type { TreeRow } from "../../contract/TreeRow";
import type { MenuEntry } from "../../design/ContextMenu";
import { Question } from "../../design/parts";
import { type TopicId, topicOf } from "../help/topics";
import { PROTOCOL_ICONS } from "../session/Where";
import type { ForwardTo } from "../window/desk";
import { keysOf } from "../window/keys";
import { vmOf } from "./rows";
import { questionBefore, words } from "./words";

export interface RowDoes {
  /** Goes to the open session of the VM, or opens one; without a protocol by the usual one. */
  show: (to: ForwardTo, protocol?: Protocol) => void;
  /** Opens one more. */
  connect: (to: ForwardTo) => void;
  choose: (to: ForwardTo) => void;
  password: (instance: InstanceRef) => void;
  toggle: (row: TreeRow, expanded: boolean) => void;
  act: (instance: InstanceRef, action: InstanceAction) => void;
  ask: (instance: InstanceRef, action: InstanceAction) => void;
  copy: (text: string) => void;
  forward: (to: ForwardTo) => void;
  explain: (to: ForwardTo) => void;
  settings: (of: Scope) => void;
  star: (instance: InstanceRef, favourite: boolean) => void;
  save: (to: ForwardTo) => void;
  help: (topic: TopicId) => void;
}

/** An IPv4 or IPv6 address, which a running VM's quiet text is. */
function addressOf(row: TreeRow): string | null {
  return /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:]+)$/i.test(row.detail) ? row.detail : null;
}

export function entriesOf(row: TreeRow, platform: Platform, does: RowDoes): MenuEntry[] {
  const copyName: MenuEntry = { id: "copy", label: words.copyName, icon: Copy, run: () => does.copy(row.name) };
  const { instance, scope } = row;
  const settings: MenuEntry[] =
    scope === null ? [] : ["separator", { id: "settings", label: words.settings, icon: Settings, run: () => does.settings(scope) }];
  const topic = row.problem === null ? null : topicOf(row.problem);
  const help: MenuEntry[] = topic === null ? [] : [{ id: "help", label: words.help, icon: CircleHelp, run: () => does.help(topic) }];
  const to = vmOf(row);
  if (instance === null || to === null) {
    const { expanded } = row;
    if (expanded === null) {
      return [copyName, ...help, ...settings];
    }
    return [
      {
        id: "toggle",
        label: expanded ? words.collapse : words.expand,
        icon: expanded ? ChevronDown : ChevronRight,
        run: () => does.toggle(row, !expanded),
      },
      "separator",
      copyName,
      ...help,
      ...settings,
    ];
  }
  const address = addressOf(row);
  const running = row.status === "running" || row.status === "repairing" || row.status === "unknown";
  const change = (id: InstanceAction, label: string, icon: typeof Play, able: boolean): MenuEntry => ({
    id,
    label,
    icon,
    disabled: !able,
    run: () => (questionBefore(id, row.name) === null ? does.act(instance, id) : does.ask(instance, id)),
  });
  return [
    {
      id: "connect",
      label: words.connect,
      icon: Plug,
      keys: [platform === "macos" ? "↩" : "Enter"],
      run: () => does.show(to),
    },
    { id: "ssh", label: words.connectSsh, icon: PROTOCOL_ICONS.ssh, run: () => does.show(to, "ssh") },
    { id: "rdp", label: words.connectRdp, icon: PROTOCOL_ICONS.rdp, run: () => does.show(to, "rdp") },
    {
      id: "choose",
      label: words.chooseHow,
      icon: ListChecks,
      keys: platform === "macos" ? ["⇧", "↩"] : ["Shift", "Enter"],
      run: () => does.choose(to),
    },
    { id: "new", label: words.openNew, icon: SquarePlus, run: () => does.connect(to) },
    "separator",
    {
      id: "forward",
      label: words.forward,
      icon: ArrowLeftRight,
      keys: keysOf("newForward", platform),
      run: () => does.forward(to),
    },
    {
      id: "explain",
      label: words.explain,
      icon: MessageCircleQuestionMark,
      keys: keysOf("explain", platform),
      run: () => does.explain(to),
    },
    {
      id: "star",
      label: row.favourite ? words.removeFavourite : words.addFavourite,
      icon: row.favourite ? StarOff : Star,
      run: () => does.star(instance, !row.favourite),
    },
    { id: "saveProfile", label: words.saveProfile, icon: BookmarkPlus, run: () => does.save(to) },
    ...(row.os === "windows"
      ? [{ id: "password", label: words.windowsPassword, icon: KeyRound, run: () => does.password(instance) }]
      : []),
    "separator",
    row.status === "suspended"
      ? change("resume", words.resume, Play, true)
      : change("start", words.start, Play, row.status === "stopped"),
    change("stop", words.stop, Power, running),
    change("suspend", words.suspend, Pause, row.status === "running"),
    change("reset", words.reset, RotateCcw, running),
    "separator",
    copyName,
    { id: "address", label: words.copyAddress, icon: Network, disabled: address === null, run: () => does.copy(address ?? "") },
    ...settings,
  ];
}

/** Asks before a VM is stopped, suspended or reset. */
export function AskAction({
  action,
  vm,
  onAnswer,
}: {
  action: InstanceAction;
  vm: string;
  onAnswer: (answer: "yes" | "no") => void;
}) {
  const asked = questionBefore(action, vm);
  if (asked === null) {
    return null;
  }
  return (
    <Question
      testId="vm-action"
      title={asked.title}
      onClose={() => onAnswer("no")}
      actions={
        <>
          <Button autoFocus className="button" onPress={() => onAnswer("no")}>
            {words.cancel}
          </Button>
          <Button className="button danger" onPress={() => onAnswer("yes")}>
            {asked.confirm}
          </Button>
        </>
      }
    >
      <p className="quiet">{asked.advice}</p>
    </Question>
  );
}
