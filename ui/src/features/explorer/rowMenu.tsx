/** What can be done with a row, beside what a click does. */

import { ArrowLeftRight, ChevronDown, ChevronRight, Copy, MessageCircleQuestionMark, Network, Pause, Play, Plug, Power, RotateCcw, SquarePlus } from "lucide-react";
import { Button } from "react-aria-components";

import type { InstanceAction } from "../../contract/InstanceAction";
import type { InstanceRef } from "../../contract/InstanceRef";
import type { Platform } from "../../contract/Platform";
import type { TreeRow } from "../../contract/TreeRow";
import type { MenuEntry } from "../../design/ContextMenu";
import { Question } from "../../design/parts";
import type { ForwardTo } from "../window/desk";
import { keysOf } from "../window/keys";
import { questionBefore, words } from "./words";

export interface RowDoes {
  show: (row: TreeRow) => void;
  connect: (instance: InstanceRef) => void;
  toggle: (row: TreeRow, expanded: boolean) => void;
  act: (instance: InstanceRef, action: InstanceAction) => void;
  ask: (instance: InstanceRef, action: InstanceAction) => void;
  copy: (text: string) => void;
  forward: (to: ForwardTo) => void;
  explain: (to: ForwardTo) => void;
}

/** An IPv4 or IPv6 address, which a running VM's quiet text is. */
function addressOf(row: TreeRow): string | null {
  return /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:]+)$/i.test(row.detail) ? row.detail : null;
}

export function entriesOf(row: TreeRow, platform: Platform, does: RowDoes): MenuEntry[] {
  const copyName: MenuEntry = { id: "copy", label: words.copyName, icon: Copy, run: () => does.copy(row.name) };
  const { instance } = row;
  if (instance === null) {
    const { expanded } = row;
    if (expanded === null) {
      return [copyName];
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
      run: () => does.show(row),
    },
    {
      id: "new",
      label: words.openNew,
      icon: SquarePlus,
      keys: platform === "macos" ? ["⇧", "↩"] : ["Shift", "Enter"],
      run: () => does.connect(instance),
    },
    {
      id: "forward",
      label: words.forward,
      icon: ArrowLeftRight,
      keys: keysOf("newForward", platform),
      run: () => does.forward({ instance, os: row.os ?? "unknown" }),
    },
    {
      id: "explain",
      label: words.explain,
      icon: MessageCircleQuestionMark,
      keys: keysOf("explain", platform),
      run: () => does.explain({ instance, os: row.os ?? "unknown" }),
    },
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
