/**
 * The commands of the shell: name, arguments and result. The names are those of `COMMANDS` in
 * `crates/contract/src/command.rs`; a test holds the two lists against each other.
 */

import type { CloudInfo } from "../contract/CloudInfo";
import type { ExplainAsk } from "../contract/ExplainAsk";
import type { Explanation } from "../contract/Explanation";
import type { Failure } from "../contract/Failure";
import type { GatewaySettings } from "../contract/GatewaySettings";
import type { InstanceAction } from "../contract/InstanceAction";
import type { InstanceRef } from "../contract/InstanceRef";
import type { NoteKind } from "../contract/NoteKind";
import type { SearchHit } from "../contract/SearchHit";
import type { SessionAnswer } from "../contract/SessionAnswer";
import type { Settings } from "../contract/Settings";
import type { SignInMethod } from "../contract/SignInMethod";
import type { Snapshot } from "../contract/Snapshot";
import type { StreamTicket } from "../contract/StreamTicket";
import type { TreeWindow } from "../contract/TreeWindow";
import type { TunnelAction } from "../contract/TunnelAction";
import type { TunnelPeer } from "../contract/TunnelPeer";
import type { TunnelSpec } from "../contract/TunnelSpec";
import type { TunnelTarget } from "../contract/TunnelTarget";

/** Arguments and results by command. */
export interface Commands {
  snapshot: { args: Record<string, never>; result: Snapshot };
  sign_in: { args: { method: SignInMethod }; result: void };
  sign_in_cancel: { args: Record<string, never>; result: void };
  sign_out: { args: { account: string }; result: void };
  choose_client_file: { args: Record<string, never>; result: CloudInfo | null };
  refresh: { args: Record<string, never>; result: void };
  tree_rows: { args: { offset: number; count: number }; result: TreeWindow };
  tree_toggle: { args: { id: string; expanded: boolean }; result: unknown };
  tree_filter: { args: { text: string }; result: unknown };
  tree_find: { args: { prefix: string; from: number }; result: number | null };
  search: { args: { text: string; limit: number }; result: SearchHit[] };
  instance_action: { args: { instance: InstanceRef; action: InstanceAction }; result: void };
  session_open: { args: { instance: InstanceRef; cols: number; rows: number }; result: string };
  session_answer: { args: { id: string; answer: SessionAnswer }; result: void };
  session_dismiss_note: { args: { id: string; kind: NoteKind }; result: void };
  session_cancel: { args: { id: string }; result: void };
  session_close: { args: { id: string }; result: void };
  terminal_attach: { args: { id: string }; result: StreamTicket };
  /** Waits for bytes, at most some seconds; an empty answer means that there were none. */
  terminal_pull: { args: { id: string }; result: ArrayBuffer };
  /** `frame` is one message as the WebSocket would carry it, `seq` counts from 0 for each attachment. */
  terminal_push: { args: { id: string; seq: number; frame: number[] }; result: void };
  /** Answers with the tunnel's id. */
  tunnel_add: { args: { spec: TunnelSpec; start: boolean }; result: string };
  /** Begins it again with the new spec if it ran. */
  tunnel_change: { args: { id: string; spec: TunnelSpec }; result: void };
  tunnel_action: { args: { id: string; action: TunnelAction }; result: void };
  tunnel_peers: { args: { id: string }; result: TunnelPeer[] };
  /** Where a tunnel to the target would be without a choice: `127.0.0.1:PORT`. */
  tunnel_local: { args: { target: TunnelTarget }; result: string };
  /** Answers at once with what is known; more comes as `explanation` events. */
  explain_open: { args: { ask: ExplainAsk }; result: Explanation };
  explain_again: { args: { id: string }; result: void };
  explain_close: { args: { id: string }; result: void };
  gateway_set: { args: { settings: GatewaySettings }; result: void };
  /** The password goes to the clipboard, and never comes here. */
  gateway_copy_password: { args: Record<string, never>; result: void };
  settings_set: { args: { settings: Settings }; result: Settings };
  clipboard_read: { args: Record<string, never>; result: string };
  clipboard_write: { args: { text: string }; result: void };
  open_link: { args: { url: string }; result: void };
}

/** A command's name. */
export type CommandName = keyof Commands;

/** Every command, in the contract's order. */
export const COMMANDS = [
  "snapshot",
  "sign_in",
  "sign_in_cancel",
  "sign_out",
  "choose_client_file",
  "refresh",
  "tree_rows",
  "tree_toggle",
  "tree_filter",
  "tree_find",
  "search",
  "instance_action",
  "session_open",
  "session_answer",
  "session_dismiss_note",
  "session_cancel",
  "session_close",
  "terminal_attach",
  "terminal_pull",
  "terminal_push",
  "tunnel_add",
  "tunnel_change",
  "tunnel_action",
  "tunnel_peers",
  "tunnel_local",
  "explain_open",
  "explain_again",
  "explain_close",
  "gateway_set",
  "gateway_copy_password",
  "settings_set",
  "clipboard_read",
  "clipboard_write",
  "open_link",
] as const satisfies readonly CommandName[];

/** The one Tauri event; its payload is a contract `Event`. */
export const EVENT_NAME = "adit";

/** Whether a rejection is the contract's `Failure`. */
export function isFailure(value: unknown): value is Failure {
  return (
    typeof value === "object" &&
    value !== null &&
    "code" in value &&
    "title" in value &&
    "advice" in value &&
    "actions" in value &&
    "facts" in value
  );
}

/** A rejection as a `Failure`, whatever it was: a mistake of ours must not look like nothing. */
export function asFailure(value: unknown): Failure {
  if (isFailure(value)) {
    return value;
  }
  const text = value instanceof Error ? value.message : typeof value === "string" ? value : "";
  return {
    code: "internal",
    title: "Adit made a mistake",
    advice: "Try again. If it happens once more, restart Adit.",
    facts: [],
    actions: [],
    server: text === "" ? null : { code: "", text },
  };
}
