//! Profiles: connections that a person saved, in folders, to be started by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    failure::Failure,
    inventory::InstanceRef,
    settings::SettingValue,
    tunnel::{HttpRule, TunnelAudience, TunnelPlace, TunnelProtocol},
};

/// The most profiles that are started by one command.
pub const MOST_STARTED_PROFILES: usize = 20;

/// A saved connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Profile {
    /// Its name, of 1 to 80 characters. Several may have the same.
    pub name: String,
    /// The names of the folders that it is in, from the outermost; at most 8. Empty at the top.
    #[serde(default)]
    pub folder: Vec<String>,
    /// Where it leads.
    pub target: ProfileTarget,
    /// What it opens there.
    pub action: ProfileAction,
    /// E-mail address of the account that connects; `null` for whichever sees the VM.
    #[serde(default)]
    pub account: Option<String>,
    /// Values in place of those that hold for the VM, by the settings' keys.
    #[serde(default)]
    pub settings: BTreeMap<String, SettingValue>,
    /// When it is started.
    #[serde(default)]
    pub start: ProfileStart,
    /// `true` while nobody has agreed to the program that it starts, which came from a file: until then it starts nothing. A
    /// person agrees by saving the profile without this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub unconfirmed: Option<bool>,
}

/// Where a profile leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum ProfileTarget {
    /// To this VM.
    Instance {
        /// Which.
        instance: InstanceRef,
    },
    /// To the one VM that has all these words when it is started.
    Search {
        /// The words, as the search takes them; at most 256 bytes. Empty: the VM is still to be chosen.
        text: String,
    },
    /// To a host behind a destination group, with a forward only.
    Host {
        /// Project id.
        project: String,
        /// Region, such as `europe-west1`.
        region: String,
        /// VPC network.
        network: String,
        /// Destination group.
        group: String,
        /// Address or fully qualified name.
        host: String,
    },
}

/// What a profile opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum ProfileAction {
    /// A terminal by SSH.
    Ssh,
    /// A remote desktop by RDP.
    Rdp,
    /// A tunnel with a local end.
    Forward {
        /// What is forwarded, and how.
        forward: ProfileForward,
    },
}

/// A tunnel as a profile asks for it: a [`TunnelSpec`](crate::TunnelSpec) without name and target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ProfileForward {
    /// The VM's network interface, such as `nic0`; of no meaning for a host.
    #[serde(default = "first_interface")]
    pub interface: String,
    /// TCP port there, 1 to 65535.
    pub port: u16,
    /// What is spoken through it.
    #[serde(default)]
    pub protocol: TunnelProtocol,
    /// For HTTP: how strict it is.
    #[serde(default)]
    pub http: HttpRule,
    /// Who may use it; a program to start over it, with its arguments, among others.
    #[serde(default)]
    pub audience: TunnelAudience,
    /// Where its local end is.
    #[serde(default)]
    pub place: TunnelPlace,
    /// Keep trying while the VM starts.
    #[serde(default)]
    pub wait_for_vm: bool,
}

fn first_interface() -> String {
    "nic0".to_owned()
}

/// When a profile is started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum ProfileStart {
    /// When a person says so.
    #[default]
    ByHand,
    /// Also when the app begins at login.
    AtLogin,
}

/// A profile as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ProfileInfo {
    /// Identifier.
    pub id: String,
    /// What was saved.
    pub profile: Profile,
    /// What it is doing.
    pub state: ProfileState,
    /// What is wrong with it: what keeps it from being started, such as a VM that is still to be chosen, or what of it does not
    /// count, such as a setting that this version does not know.
    pub problem: Option<String>,
}

/// What a profile is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum ProfileState {
    /// Nothing of it is open.
    Idle,
    /// A session of it is on its way or open; the newest one.
    Session {
        /// The session's id.
        id: String,
    },
    /// Its tunnel runs.
    Tunnel {
        /// The tunnel's id.
        id: String,
    },
    /// Its last start, or what that had opened, failed.
    Failed {
        /// Why, and what to do.
        failure: Failure,
    },
}

/// All profiles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ProfileList {
    /// Them, in their order.
    pub profiles: Vec<ProfileInfo>,
    /// Every folder by its names from the outermost, also empty ones, in their order; one comes after that it is in.
    pub folders: Vec<Vec<String>>,
    /// What is wrong with their file: it was set aside, cannot be read, or is of a later version.
    pub trouble: Option<Failure>,
    /// Whether they can be changed. What cannot be read, or is of a later version, is left alone.
    pub writable: bool,
}

/// What is done to a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum ProfileFolderChange {
    /// Make it, and those that it is in where they are missing.
    Add {
        /// Its names from the outermost.
        path: Vec<String>,
    },
    /// Call it something else.
    Rename {
        /// Its names from the outermost.
        path: Vec<String>,
        /// The new last one.
        name: String,
    },
    /// Put it into another one, with all that is in it.
    Move {
        /// Its names from the outermost.
        path: Vec<String>,
        /// The folder that it goes into; empty for the top.
        into: Vec<String>,
    },
    /// Take it away. What is in it goes to the folder around it.
    Remove {
        /// Its names from the outermost.
        path: Vec<String>,
    },
}

/// What a new profile is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum ProfileSource {
    /// A session.
    Session {
        /// Its id.
        id: String,
    },
    /// A tunnel.
    Tunnel {
        /// Its id.
        id: String,
    },
    /// A VM.
    Vm {
        /// Which.
        instance: InstanceRef,
        /// What is to be opened there.
        action: ProfileAction,
    },
}

/// What became of the start of one profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ProfileStarted {
    /// The profile's id.
    pub id: String,
    /// The session that was opened, or is open already.
    pub session: Option<String>,
    /// The tunnel that was started, or runs already.
    pub tunnel: Option<String>,
    /// Why it could not be started.
    pub failure: Option<Failure>,
}

/// What an import brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ProfileImport {
    /// How many profiles.
    pub added: u32,
    /// The folder that they were put into; empty for the top.
    pub folder: Vec<String>,
    /// What would start programs once somebody has agreed: the profile's name, and the whole command line. All of them.
    pub runs: Vec<String>,
    /// What was left out or changed, and why; at most 50.
    pub notes: Vec<String>,
}
