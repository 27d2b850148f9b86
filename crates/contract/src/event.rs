//! What core tells the front end. Events carry states and ids; bulk data is fetched.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    explain::Explanation,
    inventory::{InstanceRef, InventoryState},
    session::{Remark, SessionInfo},
    settings::Settings,
    sign_in::{AccountInfo, CloudInfo, KeychainState, SignInState},
    tunnel::{GatewayInfo, TunnelInfo},
    update::UpdateInfo,
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
    /// A session is to come to the front of its window (its id).
    SessionShown(String),
    /// Something is to be said that belongs to no tab any more. A window gets it as a wish ([`crate::Want::Remark`]), also one
    /// that opens later.
    Remark(Remark),
    /// A window was closed (its label). What it showed goes to another, which the sessions tell.
    WindowClosed(String),
    /// A tunnel changed, or is new. At most once a second for what only counts.
    Tunnel(Box<TunnelInfo>),
    /// A tunnel is gone (its id).
    TunnelRemoved(String),
    /// An explanation was told again.
    Explanation(Box<Explanation>),
    /// The gateway changed.
    Gateway(GatewayInfo),
    /// A VM became a favourite, or is none any more.
    Favourites(Vec<InstanceRef>),
    /// Something about the profiles changed: what they are, their folders, or what they are doing. `profiles` has it.
    Profiles,
    /// The window is asked to do something: `wants` has it.
    Wanted,
    /// A setting changed at some place. Carries those that the whole window follows; others are asked for.
    Settings(Settings),
    /// The keys changed that a person chose in place of the usual ones, by command.
    Keys(BTreeMap<String, Vec<String>>),
    /// How long the relay took to answer last, in milliseconds; `null` when nothing is connected.
    RelayRoundTrip(Option<f64>),
    /// Updates moved on. At most four times a second for what only counts.
    Update(Box<UpdateInfo>),
}
