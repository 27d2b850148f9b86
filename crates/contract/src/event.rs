//! What core tells the front end. Events carry states and ids; bulk data is fetched.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    inventory::InventoryState,
    session::SessionInfo,
    settings::Settings,
    sign_in::{AccountInfo, CloudInfo, KeychainState, SignInState},
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
    /// The settings changed.
    Settings(Settings),
    /// How long the relay took to answer last, in milliseconds; `null` when nothing is connected.
    RelayRoundTrip(Option<f64>),
}
