//! The landscape: what exists in this local cloud, read from one JSON file.
//!
//! `docs/landscape.md` describes the format. A landscape never changes after it was read: what changes while the
//! cloud runs (status, metadata, keys) lives in [`crate::state`].

mod policy;
mod ports;
mod roles;
mod validate;

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

pub(crate) use policy::Policy;
pub(crate) use ports::PortHost;
pub(crate) use roles::grants as role_grants;

/// A landscape file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("landscape: {}{problem}", place(.path))]
pub struct LandscapeError {
    /// Where the wrong value stands, for example `instances[3].zone`; `.` is the file as a whole.
    pub path: String,
    /// What is wrong with it.
    pub problem: String,
}

/// A path as the message has it in front of the problem; the file as a whole needs no naming.
fn place(path: &str) -> String {
    if path == "." { String::new() } else { format!("{path}: ") }
}

/// Everything that exists in a local cloud: organisation, folders, projects, zones, instances, users and policies.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Landscape {
    /// Free text for whoever reads the file.
    #[serde(default)]
    #[expect(dead_code, reason = "for whoever reads the file")]
    pub(crate) description: String,
    pub(crate) organization: Organization,
    #[serde(default)]
    pub(crate) folders: Vec<Folder>,
    pub(crate) zones: Vec<Zone>,
    pub(crate) projects: Vec<Project>,
    #[serde(default)]
    pub(crate) instances: Vec<Instance>,
    pub(crate) users: Vec<User>,
    /// Group address to its members' addresses.
    #[serde(default)]
    pub(crate) groups: BTreeMap<String, Vec<String>>,
    /// Roles of the organisation's own: role name to its permissions.
    #[serde(default)]
    pub(crate) roles: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) destination_groups: Vec<DestinationGroup>,
    /// Access levels in Access Context Manager's own JSON. Carried, not yet enforced.
    #[serde(default)]
    #[expect(dead_code, reason = "checked and carried; not yet enforced")]
    pub(crate) access_levels: Vec<Value>,
    /// How long start, stop and the like take, in milliseconds.
    #[serde(default = "default_operation_ms")]
    pub(crate) operation_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Organization {
    pub(crate) domain: String,
    pub(crate) id: u64,
    #[serde(default)]
    pub(crate) policy: Policy,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Folder {
    pub(crate) id: u64,
    #[expect(dead_code, reason = "for whoever reads the file")]
    pub(crate) name: String,
    /// `organizations/ID` or `folders/ID`.
    pub(crate) parent: String,
    #[serde(default)]
    pub(crate) policy: Policy,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Zone {
    pub(crate) name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Api {
    #[default]
    Enabled,
    Disabled,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) parent: String,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    /// The project's common instance metadata.
    #[serde(default)]
    pub(crate) metadata: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) compute_api: Api,
    /// Zones that do not answer when this project's instances are listed.
    #[serde(default)]
    pub(crate) unreachable_zones: Vec<String>,
    #[serde(default)]
    pub(crate) policy: Policy,
    /// The allow policy of the project's tunnel resource, `projects/N/iap_tunnel`.
    #[serde(default)]
    pub(crate) iap_policy: Policy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Os {
    #[default]
    Linux,
    Windows,
    /// No licence and no guest feature tells what runs there.
    Unknown,
}

/// Compute Engine's instance states, those that a landscape may start in or that a running cloud passes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    Provisioning,
    Staging,
    #[default]
    Running,
    Stopping,
    Suspending,
    Suspended,
    Repairing,
    Terminated,
}

impl Status {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Staging => "STAGING",
            Self::Running => "RUNNING",
            Self::Stopping => "STOPPING",
            Self::Suspending => "SUSPENDING",
            Self::Suspended => "SUSPENDED",
            Self::Repairing => "REPAIRING",
            Self::Terminated => "TERMINATED",
        }
    }
}

/// How long an SSH host keeps its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HostKeyLife {
    /// The same key at every start of the cloud.
    #[default]
    Stable,
    /// A new key at every start of the cloud.
    NewEachStart,
    /// A new key at every boot of the instance too, as if it had been re-imaged.
    NewEachBoot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Announce {
    #[default]
    Yes,
    No,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Instance {
    pub(crate) project: String,
    pub(crate) zone: String,
    pub(crate) name: String,
    /// Made from project, zone and name where it is missing.
    #[serde(default)]
    pub(crate) id: Option<u64>,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) os: Os,
    #[serde(default)]
    pub(crate) status: Status,
    #[serde(default = "default_machine_type")]
    pub(crate) machine_type: String,
    /// Address of `nic0`.
    pub(crate) ip: IpAddr,
    #[serde(default)]
    pub(crate) external_ip: Option<IpAddr>,
    #[serde(default = "default_network")]
    pub(crate) network: String,
    /// Interfaces after `nic0`.
    #[serde(default)]
    pub(crate) interfaces: Vec<Interface>,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    #[serde(default)]
    pub(crate) metadata: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) service_account: Option<String>,
    #[serde(default = "default_disk_gb")]
    pub(crate) disk_gb: u32,
    /// Further licences of the boot disk, as `PROJECT/LICENCE`.
    #[serde(default)]
    pub(crate) licenses: Vec<String>,
    #[serde(default, deserialize_with = "instant")]
    pub(crate) created: Option<jiff::Timestamp>,
    #[serde(default)]
    pub(crate) ports: BTreeMap<u16, PortHost>,
    #[serde(default)]
    pub(crate) host_key: HostKeyLife,
    /// Whether the guest writes its host keys to guest attributes, where these are enabled.
    #[serde(default)]
    pub(crate) announce_host_key: Announce,
    /// How long the guest takes to pick up changed metadata, in milliseconds.
    #[serde(default)]
    pub(crate) key_delay_ms: u64,
    /// The operation error that `start` ends with, for example `ZONE_RESOURCE_POOL_EXHAUSTED`.
    #[serde(default)]
    pub(crate) start_error: Option<String>,
    /// Compute's allow policy of the instance.
    #[serde(default)]
    pub(crate) policy: Policy,
    /// The allow policy of the instance's tunnel resource.
    #[serde(default)]
    pub(crate) iap_policy: Policy,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Interface {
    pub(crate) ip: IpAddr,
    #[serde(default = "default_network")]
    pub(crate) network: String,
}

/// A place that a user can sign in from: what the far side would see of the computer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) ip: IpAddr,
    /// What is known of the device, in words of the landscape's own. Carried, not yet enforced.
    #[serde(default)]
    pub(crate) device: Value,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) places: Vec<Place>,
    #[serde(default)]
    pub(crate) os_login: OsLogin,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OsLogin {
    /// The POSIX name; made from the whole address where it is missing.
    #[serde(default)]
    pub(crate) username: Option<String>,
    #[serde(default)]
    pub(crate) keys: OsLoginKeys,
}

/// Whether the organisation lets a user add keys to the OS Login profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum OsLoginKeys {
    #[default]
    Accepted,
    /// An import "succeeds", adds nothing and says why in `details`.
    Ignored,
}

/// Hosts behind IAP that are no instances, reached by name or address.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DestinationGroup {
    pub(crate) project: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) network: String,
    /// Host name or address to its ports.
    pub(crate) hosts: BTreeMap<String, BTreeMap<u16, PortHost>>,
    #[serde(default)]
    pub(crate) policy: Policy,
}

fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<jiff::Timestamp>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

const fn default_operation_ms() -> u64 {
    1_500
}

fn default_machine_type() -> String {
    "e2-medium".to_owned()
}

fn default_network() -> String {
    "default".to_owned()
}

const fn default_disk_gb() -> u32 {
    10
}

const DEMO: &str = include_str!("../../../../assets/landscapes/demo.json");

impl Landscape {
    /// The landscape that comes with the product: the organisation `acme.example`.
    ///
    /// # Errors
    /// None in a build that passed its tests; the type says so because the file is parsed like any other.
    pub fn demo() -> Result<Self, LandscapeError> {
        Self::parse(DEMO)
    }

    /// Reads a landscape from JSON and checks that everything it names exists.
    ///
    /// # Errors
    /// The first wrong field, with its path.
    pub fn parse(json: &str) -> Result<Self, LandscapeError> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let landscape: Self = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            // text that is no JSON at all has no path
            let path = error.path().to_string();
            let path = if path == "?" { ".".to_owned() } else { path.replace(".?", "") };
            LandscapeError { path, problem: error.inner().to_string() }
        })?;
        deserializer
            .end()
            .map_err(|error| LandscapeError { path: ".".to_owned(), problem: error.to_string() })?;
        validate::check(&landscape)?;
        Ok(landscape)
    }
}
