/**
 * The commands of the shell: name, arguments and result. The names are those of `COMMANDS` in
 * `crates/contract/src/command.rs`; a test holds the two lists against each other.
 */

import type { CloudInfo } from "../contract/CloudInfo";
import type { CloseAnswer } from "../contract/CloseAnswer";
import type { Desk } from "../contract/Desk";
import type { DiagnosticNames } from "../contract/DiagnosticNames";
import type { Displays } from "../contract/Displays";
import type { ExplainAsk } from "../contract/ExplainAsk";
import type { Explanation } from "../contract/Explanation";
import type { Failure } from "../contract/Failure";
import type { FilesAction } from "../contract/FilesAction";
import type { FullScreen } from "../contract/FullScreen";
import type { GatewaySettings } from "../contract/GatewaySettings";
import type { InstanceAction } from "../contract/InstanceAction";
import type { InstanceRef } from "../contract/InstanceRef";
import type { Layout } from "../contract/Layout";
import type { LeftSession } from "../contract/LeftSession";
import type { LinkParameters } from "../contract/LinkParameters";
import type { NoteKind } from "../contract/NoteKind";
import type { Profile } from "../contract/Profile";
import type { ProfileFolderChange } from "../contract/ProfileFolderChange";
import type { ProfileImport } from "../contract/ProfileImport";
import type { ProfileList } from "../contract/ProfileList";
import type { ProfileSource } from "../contract/ProfileSource";
import type { ProfileStarted } from "../contract/ProfileStarted";
import type { ProjectInfo } from "../contract/ProjectInfo";
import type { Scope } from "../contract/Scope";
import type { SearchHit } from "../contract/SearchHit";
import type { SessionAnswer } from "../contract/SessionAnswer";
import type { SessionPlace } from "../contract/SessionPlace";
import type { SessionStart } from "../contract/SessionStart";
import type { SettingSpec } from "../contract/SettingSpec";
import type { SettingState } from "../contract/SettingState";
import type { SettingValue } from "../contract/SettingValue";
import type { SignInMethod } from "../contract/SignInMethod";
import type { Snapshot } from "../contract/Snapshot";
import type { StreamTicket } from "../contract/StreamTicket";
import type { TabColour } from "../contract/TabColour";
import type { TreeWindow } from "../contract/TreeWindow";
import type { TunnelAction } from "../contract/TunnelAction";
import type { TunnelPeer } from "../contract/TunnelPeer";
import type { TunnelSpec } from "../contract/TunnelSpec";
import type { TunnelTarget } from "../contract/TunnelTarget";
import type { Want } from "../contract/Want";
import { MISTAKE } from "../design/words";

/** Arguments and results by command. */
export interface Commands {
  snapshot: { args: Record<string, never>; result: Snapshot };
  sign_in: { args: { method: SignInMethod }; result: void };
  sign_in_cancel: { args: Record<string, never>; result: void };
  sign_out: { args: { account: string }; result: void };
  choose_client_file: { args: Record<string, never>; result: CloudInfo | null };
  /** Goes into the demo: the page is loaded anew, there. */
  demo_start: { args: Record<string, never>; result: void };
  demo_leave: { args: Record<string, never>; result: void };
  refresh: { args: Record<string, never>; result: void };
  /** Every project that was found, chosen or not. */
  projects: { args: Record<string, never>; result: ProjectInfo[] };
  tree_rows: { args: { offset: number; count: number }; result: TreeWindow };
  tree_toggle: { args: { id: string; expanded: boolean }; result: unknown };
  tree_filter: { args: { text: string }; result: unknown };
  tree_find: { args: { prefix: string; from: number }; result: number | null };
  search: { args: { text: string; limit: number }; result: SearchHit[] };
  instance_action: { args: { instance: InstanceRef; action: InstanceAction }; result: void };
  favourite_set: { args: { instance: InstanceRef; favourite: boolean }; result: void };
  profiles: { args: Record<string, never>; result: ProfileList };
  /** Without an id it makes a new one. Answers with the id. */
  profile_save: { args: { id: string | null; profile: Profile }; result: string };
  profile_remove: { args: { ids: string[] }; result: Failure | null };
  /** Puts them into a folder, before another profile of it or at its end. */
  profile_arrange: { args: { ids: string[]; folder: string[]; before: string | null }; result: void };
  /** Each copy stands behind its original. Answers with the copies' ids. */
  profile_duplicate: { args: { ids: string[] }; result: string[] };
  profile_folder: { args: { change: ProfileFolderChange }; result: void };
  /** At most 20 at once. What cannot be started says why in its own answer. */
  profile_start: { args: { ids: string[] }; result: ProfileStarted[] };
  /** What `from` would be as a profile. Nothing is saved. */
  profile_draft: { args: { from: ProfileSource }; result: Profile };
  /** Lets the person choose a file; `null` when they changed their mind. */
  profile_import: { args: Record<string, never>; result: ProfileImport | null };
  /** Lets the person choose where to; answers with the path, or `null` when they changed their mind. */
  profile_export: { args: { ids: string[] }; result: string | null };
  session_open: { args: { instance: InstanceRef; start: SessionStart; linked?: LinkParameters }; result: string };
  /** Opens a second tab of the same; answers with its id. */
  session_duplicate: { args: { id: string }; result: string };
  session_answer: { args: { id: string; answer: SessionAnswer }; result: void };
  session_dismiss_note: { args: { id: string; kind: NoteKind }; result: void };
  session_cancel: { args: { id: string }; result: void };
  session_close: { args: { id: string }; result: void };
  session_label: { args: { id: string; name: string | null; colour: TabColour }; result: void };
  /** Shows it in another window; answers with that window's label. */
  session_move: { args: { id: string; to: SessionPlace }; result: string };
  /** Brings its tab to the front, in whichever window it is. */
  session_show: { args: { id: string }; result: void };
  terminal_attach: { args: { id: string }; result: StreamTicket };
  /** Waits for bytes, at most some seconds; an empty answer means that there were none. */
  terminal_pull: { args: { id: string }; result: ArrayBuffer };
  /** `frame` is one message as the WebSocket would carry it, `seq` counts from 0 for each attachment. */
  terminal_push: { args: { id: string; seq: number; frame: number[] }; result: void };
  desktop_attach: { args: { id: string }; result: StreamTicket };
  /** One picture message; waits at most some seconds, and an empty answer means that there was none. */
  desktop_pull: { args: { id: string }; result: ArrayBuffer };
  /** `frame` is one message as the WebSocket would carry it, `seq` counts from 0 for each attachment. */
  desktop_push: { args: { id: string; seq: number; frame: number[] }; result: void };
  /** Types what is on the clipboard here as if it came from the keyboard. The text does not come here. */
  desktop_type_clipboard: { args: { id: string }; result: void };
  /** Saves files that were copied on the desktop in the folder for downloads, or ends that. */
  desktop_files: { args: { id: string; action: FilesAction }; result: void };
  /** Puts the password that was made for this session on the clipboard; it never comes here. */
  session_copy_password: { args: { id: string }; result: void };
  /** Has the VM's agent create a Windows user or reset the password, and puts that on the clipboard. */
  windows_password: {
    args: { instance: InstanceRef; user: string; administrator: boolean; remember: boolean };
    result: void;
  };
  displays: { args: Record<string, never>; result: Displays };
  full_screen: { args: { to: FullScreen }; result: void };
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
  settings_specs: { args: Record<string, never>; result: SettingSpec[] };
  /** Each setting that can be set there. */
  settings_at: { args: { scope: Scope }; result: SettingState[] };
  /** Every place with values of its own. */
  settings_places: { args: Record<string, never>; result: Scope[] };
  setting_set: { args: { scope: Scope; key: string; value: SettingValue }; result: void };
  setting_reset: { args: { scope: Scope; key: string }; result: void };
  layout_set: { args: { layout: Layout }; result: void };
  /** Keys in place of the usual ones, by command. What comes of it is told by an event. */
  keys_set: { args: { keys: Snapshot["keys"] }; result: void };
  /** How this window was left, if it ever was. */
  desk_left: { args: Record<string, never>; result: Desk | null };
  /** Closes this window; its sessions go on in another one. */
  window_close: { args: Record<string, never>; result: void };
  /** Remembers how this window's tabs are arranged, and what it still offers of the run before. */
  desk_save: { args: { dock: string; offered: LeftSession[] }; result: void };
  /** Takes what the window is asked to do from outside; each wish is given once. */
  wants: { args: Record<string, never>; result: Want[] };
  /** Answers the `close` wish. */
  close_answer: { args: { answer: CloseAnswer }; result: void };
  clipboard_read: { args: Record<string, never>; result: string };
  clipboard_write: { args: { text: string }; result: void };
  open_link: { args: { url: string }; result: void };
  /** What may be handed on when somebody asks for help, as text. */
  diagnostics: { args: { names: DiagnosticNames }; result: string };
  /** Asks the publisher; what comes of it is told by events, as of those below. */
  update_check: { args: Record<string, never>; result: void };
  /** Fetches the newer version and, where nothing would end, installs it and starts it. */
  update_install: { args: Record<string, never>; result: void };
  /** Installs what was fetched although something ends with it. */
  update_restart: { args: Record<string, never>; result: void };
  /** Ends what is being done, and puts away what was said last. */
  update_cancel: { args: Record<string, never>; result: void };
  /** Has the browser fetch the package that the system installs. */
  update_fetch: { args: Record<string, never>; result: void };
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
  "demo_start",
  "demo_leave",
  "refresh",
  "projects",
  "tree_rows",
  "tree_toggle",
  "tree_filter",
  "tree_find",
  "search",
  "instance_action",
  "favourite_set",
  "profiles",
  "profile_save",
  "profile_remove",
  "profile_arrange",
  "profile_duplicate",
  "profile_folder",
  "profile_start",
  "profile_draft",
  "profile_import",
  "profile_export",
  "session_open",
  "session_duplicate",
  "session_answer",
  "session_dismiss_note",
  "session_cancel",
  "session_close",
  "session_label",
  "session_move",
  "session_show",
  "terminal_attach",
  "terminal_pull",
  "terminal_push",
  "desktop_attach",
  "desktop_pull",
  "desktop_push",
  "desktop_type_clipboard",
  "desktop_files",
  "session_copy_password",
  "windows_password",
  "displays",
  "full_screen",
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
  "settings_specs",
  "settings_at",
  "settings_places",
  "setting_set",
  "setting_reset",
  "layout_set",
  "keys_set",
  "desk_left",
  "desk_save",
  "window_close",
  "wants",
  "close_answer",
  "clipboard_read",
  "clipboard_write",
  "open_link",
  "diagnostics",
  "update_check",
  "update_install",
  "update_restart",
  "update_cancel",
  "update_fetch",
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
    ...MISTAKE,
    facts: [],
    actions: [],
    server: text === "" ? null : { code: "", text },
  };
}
