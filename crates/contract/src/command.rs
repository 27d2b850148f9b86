//! The commands, by name, and what only they carry.
//!
//! Arguments and results are those of `ui/src/platform/ipc.ts`, which a test holds against [`COMMANDS`].

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    failure::Failure,
    inventory::InventoryState,
    session::SessionInfo,
    settings::Settings,
    sign_in::{AccountInfo, CloudInfo, KeychainState, Platform, SignInState},
    tunnel::{GatewayInfo, TunnelInfo},
};

/// Every command the front end may call; each is allowed by name in the shell's capability file.
pub const COMMANDS: &[&str] = &[
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
    /// The settings.
    pub settings: Settings,
    /// What went wrong while starting, such as a settings file that could not be understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub trouble: Option<Failure>,
}

/// Where and with what the front end fetches a terminal's bytes.
///
/// The stream carries, from core: binary messages with the terminal's bytes. From the front end: the token
/// as the first text message, then binary messages whose first byte is a kind: 0 input bytes; 1 bytes drawn
/// since the last such message (u32, big-endian); 2 size (columns and rows, u16 big-endian each).
/// `terminal_pull` and `terminal_push` carry the same when the socket cannot be used.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct StreamTicket {
    /// `ws://127.0.0.1:PORT/`
    pub url: String,
    /// Valid once, for this stream, for a few seconds.
    pub token: String,
}

impl std::fmt::Debug for StreamTicket {
    /// Never shows the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamTicket").field("url", &self.url).finish_non_exhaustive()
    }
}
