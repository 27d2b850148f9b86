//! The landscape: what exists in this local cloud, read from one JSON file.
//!
//! `docs/landscape.md` describes the format. A landscape never changes after it was read: what changes while the
//! cloud runs (status, metadata, keys) lives in [`crate::state`].

mod access;
mod expression;
mod firewall;
mod instance;
mod policy;
mod ports;
mod roles;
mod user;
mod validate;
mod windows;

use std::collections::BTreeMap;

use serde::Deserialize;

pub(crate) use access::{
    AccessBinding, AccessLevel, Combine, Device, DevicePolicy, IngressPolicy, LevelCondition,
    ServicePerimeter,
};
pub(crate) use expression::Expression;
pub(crate) use firewall::{
    Direction, Firewall, FirewallOrder, FirewallPolicy, PolicyRule, Protocol, RuleAction,
};
pub(crate) use instance::{Announce, HostKeyLife, Instance, Os, Status, Tunnels};
pub(crate) use policy::{Binding, DenyPolicy, DenyRule, Policy};
pub(crate) use ports::PortHost;
pub(crate) use roles::{grants as role_grants, permissions as role_permissions};
pub(crate) use user::{OsLoginKeys, Place, User};
pub(crate) use windows::{FirstPassword, WindowsAgent, is_account_name};

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
    #[serde(default)]
    pub(crate) access_levels: Vec<AccessLevel>,
    #[serde(default)]
    pub(crate) access_bindings: Vec<AccessBinding>,
    #[serde(default)]
    pub(crate) service_perimeters: Vec<ServicePerimeter>,
    #[serde(default)]
    pub(crate) deny_policies: Vec<DenyPolicy>,
    #[serde(default)]
    pub(crate) firewall_policies: Vec<FirewallPolicy>,
    /// Who may look into groups, as members of a policy; nobody without the edition of Cloud Identity that can.
    #[serde(default)]
    pub(crate) group_viewers: Vec<String>,
    /// How long an audit record takes to be found, in milliseconds.
    #[serde(default)]
    pub(crate) audit_lag_ms: u64,
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
    /// Tags for conditions: `ORGANISATION/KEY` to the value's short name. What is below inherits them.
    #[serde(default)]
    pub(crate) resource_tags: BTreeMap<String, String>,
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
    #[serde(default)]
    pub(crate) resource_tags: BTreeMap<String, String>,
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
    /// The allow policies of the tunnel resources of its zones, by the zone's name.
    #[serde(default)]
    pub(crate) iap_zone_policies: BTreeMap<String, Policy>,
    #[serde(default)]
    pub(crate) resource_tags: BTreeMap<String, String>,
    /// Further services that are off, such as `policytroubleshooter.googleapis.com`.
    #[serde(default)]
    pub(crate) disabled_apis: Vec<String>,
    /// Whether IAP writes data access records here.
    #[serde(default)]
    pub(crate) audit_logs: AuditLogs,
    /// Firewall rules of its networks. Without the field each network has the one that lets IAP in; with it, these
    /// and nothing else.
    #[serde(default)]
    pub(crate) firewalls: Option<Vec<Firewall>>,
    /// For all its networks.
    #[serde(default)]
    pub(crate) firewall_order: FirewallOrder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AuditLogs {
    Enabled,
    /// As in every project where nobody has switched them on.
    #[default]
    Disabled,
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

const fn default_operation_ms() -> u64 {
    1_500
}

fn default_network() -> String {
    "default".to_owned()
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
