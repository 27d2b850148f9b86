//! What an address such as `adit://ssh/PROJECT/ZONE/INSTANCE` asks for. Nothing of it is done before a person agrees.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    inventory::InstanceRef,
    session::{ClipboardSharing, DisplayMode},
};

/// What is to be done with the VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum LinkAction {
    /// Connect; the person chooses how.
    Connect,
    /// Open a terminal.
    Ssh,
    /// Open a remote desktop.
    Rdp,
    /// Forward a port; the form for it opens.
    Forward,
    /// Explain the way to a port.
    Explain,
}

/// What an address may say of a desktop, beside which one. All else stays as the settings have it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct LinkParameters {
    /// The name that the sign-in begins with.
    pub user: Option<String>,
    /// The port on the VM.
    pub port: Option<u16>,
    /// How the picture begins.
    pub display: Option<DisplayMode>,
    /// What of the clipboard is shared.
    pub clipboard: Option<ClipboardSharing>,
    /// Whether sound is played.
    pub sound: Option<bool>,
}

/// What an address asks for, to be shown and agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct LinkOffer {
    /// What is to be done.
    pub action: LinkAction,
    /// The VM.
    pub instance: InstanceRef,
    /// The port, for a forward and an explanation.
    pub port: Option<u16>,
    /// For a desktop: what the address says of it.
    pub parameters: LinkParameters,
    /// For a desktop: what of this computer it would get, a line each.
    pub shares: Vec<String>,
    /// The names of parameters that are not taken.
    pub ignored: Vec<String>,
}
