//! The commands, by name, and what only they carry.
//!
//! Arguments and results are those of `ui/src/platform/ipc.ts`, which a test holds against [`COMMANDS`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    failure::Failure,
    inventory::InventoryState,
    session::SessionInfo,
    settings::{Layout, Settings},
    sign_in::{AccountInfo, CloudInfo, KeychainState, Platform, SignInState},
    tunnel::{GatewayInfo, TunnelInfo},
    update::UpdateInfo,
};

/// Every command the front end may call; each is allowed by name in the shell's capability file.
pub const COMMANDS: &[&str] = &[
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
];

/// Everything the front end needs to draw its first picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Snapshot {
    /// The app's version.
    pub version: String,
    /// The operating system.
    pub platform: Platform,
    /// The cloud.
    pub cloud: CloudInfo,
    /// The accounts.
    pub accounts: Vec<AccountInfo>,
    /// The keychain.
    pub keychain: KeychainState,
    /// A sign-in under way.
    pub sign_in: SignInState,
    /// The inventory.
    pub inventory: InventoryState,
    /// The sessions, oldest first.
    pub sessions: Vec<SessionInfo>,
    /// The tunnels, oldest first.
    pub tunnels: Vec<TunnelInfo>,
    /// The gateway.
    pub gateway: GatewayInfo,
    /// The settings that the whole window follows.
    pub settings: Settings,
    /// How the window was left.
    pub layout: Layout,
    /// Keys that a person chose in place of the usual ones, by command.
    #[serde(default)]
    pub keys: BTreeMap<String, Vec<String>>,
    /// Where updates stand.
    pub update: UpdateInfo,
    /// What went wrong while starting, such as a settings file that could not be understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub trouble: Option<Failure>,
}

/// Whether diagnostics say what VMs, projects and people are called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum DiagnosticNames {
    /// A word stands in their place, the same for the same name.
    #[default]
    Hidden,
    /// They are there. E-mail and network addresses are hidden all the same.
    Shown,
}

/// The computer's displays, and what windows can do on them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Displays {
    /// All of them, from left to right and from top to bottom.
    pub all: Vec<DisplayInfo>,
    /// Who places windows.
    pub placing: WindowPlacing,
}

/// Who decides where a window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum WindowPlacing {
    /// The program: its window goes to another display, or covers several that lie side by side.
    Program,
    /// The system alone, as under Wayland: a window fills the display that it is on.
    System,
}

/// One of the computer's displays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DisplayInfo {
    /// For [`FullScreen::On`].
    pub id: u32,
    /// What the system calls it; may be empty.
    pub name: String,
    /// Left edge in physical pixels.
    pub x: i32,
    /// Top edge in physical pixels.
    pub y: i32,
    /// Width in physical pixels.
    pub width: u32,
    /// Height in physical pixels.
    pub height: u32,
    /// The scale factor.
    pub scale: f64,
    /// The window is on it now.
    pub current: bool,
}

/// Whether and where the window fills the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum FullScreen {
    /// A window again.
    Off,
    /// On these displays; none means the one that the window is on. Several must lie side by side.
    On {
        /// Their ids.
        displays: Vec<u32>,
    },
}

/// Where and with what the front end fetches the bytes of a session.
///
/// The front end sends the token as the first text message. Then, for a terminal, the stream carries from core:
/// binary messages with the terminal's bytes; from the front end: binary messages whose first byte is a kind:
/// 0 input bytes; 1 bytes drawn since the last such message (u32, big-endian); 2 size (columns and rows, u16
/// big-endian each). `terminal_pull` and `terminal_push` carry the same when the socket cannot be used.
///
/// For a desktop it carries from core: one picture message (`adit_rdp::message`) for each that was asked for. From
/// the front end: binary messages whose first byte is a kind: 0 a batch of input (`adit_rdp::input::read`); 1 the
/// next picture message is asked for; 2 the size that the tab has room for (width, height and scale in percent,
/// u16 little-endian each); 3 whether the tab is seen (u8, 0 or 1); 4 the whole picture is wanted anew; 5 the tab
/// has got the keyboard: what is on the clipboard here may be offered. A front end that asks twice before an answer
/// has come gets two, one after the other; more than 4 end the stream. `desktop_pull` asks and waits up to
/// 20 seconds (an empty answer: nothing changed), `desktop_push` carries the rest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct StreamTicket {
    /// `ws://127.0.0.1:PORT/`
    pub url: String,
    /// Valid once, for this stream, for a few seconds.
    pub token: String,
    /// For a terminal: how many of the bytes that come first another front end has had already. What they ask the
    /// terminal was answered then.
    pub replay: u32,
}

impl std::fmt::Debug for StreamTicket {
    /// Never shows the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamTicket").field("url", &self.url).finish_non_exhaustive()
    }
}
