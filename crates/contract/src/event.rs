//! What core tells the front end. Events carry states and ids; bulk data is fetched.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    explain::Explanation,
    inventory::InventoryState,
    session::SessionInfo,
    settings::Settings,
    sign_in::{AccountInfo, CloudInfo, KeychainState, SignInState},
    tunnel::{GatewayInfo, TunnelInfo},
};

/// One event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind", content = "value")]
#[ts(export)]
pub enum Event {
    /// The accounts changed.
    Accounts(Vec<AccountInfo>),
    /// The cloud's ways of signing in changed.
    Cloud(CloudInfo),
    /// A sign-in moved on.
    SignIn(SignInState),
    /// The keychain's state changed.
    Keychain(KeychainState),
    /// The inventory or the tree changed.
    Inventory(InventoryState),
    /// A session changed, or is new.
    Session(SessionInfo),
    /// A session is gone (its id).
    SessionClosed(String),
    /// A tunnel changed, or is new. At most once a second for what only counts.
    Tunnel(Box<TunnelInfo>),
    /// A tunnel is gone (its id).
    TunnelRemoved(String),
    /// An explanation was told again.
    Explanation(Box<Explanation>),
    /// The gateway changed.
    Gateway(GatewayInfo),
    /// The settings changed.
    Settings(Settings),
    /// How long the relay took to answer last, in milliseconds; `null` when nothing is connected.
    RelayRoundTrip(Option<f64>),
}
