//! Instances, and what is different about each of them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{FirstPassword, Policy, PortHost, WindowsAgent, default_network};

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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Tunnels {
    /// Decided by the policies.
    #[default]
    Decided,
    Refused,
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
    /// Accounts that a Windows guest has from the start, and their passwords.
    #[serde(default)]
    pub(crate) windows_users: BTreeMap<String, FirstPassword>,
    #[serde(default)]
    pub(crate) windows_agent: WindowsAgent,
    /// The operation error that `start` ends with, for example `ZONE_RESOURCE_POOL_EXHAUSTED`.
    #[serde(default)]
    pub(crate) start_error: Option<String>,
    /// Compute's allow policy of the instance.
    #[serde(default)]
    pub(crate) policy: Policy,
    /// The allow policy of the instance's tunnel resource.
    #[serde(default)]
    pub(crate) iap_policy: Policy,
    /// Whether tunnels are refused whatever the policies say: as while a change of them spreads, or by a layer that
    /// nobody here can read.
    #[serde(default)]
    pub(crate) tunnels: Tunnels,
    /// Tag values for firewall policies, `tagValues/NUMBER`.
    #[serde(default)]
    pub(crate) secure_tags: Vec<String>,
    /// Tags for conditions, over those of the project.
    #[serde(default)]
    pub(crate) resource_tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Interface {
    pub(crate) ip: IpAddr,
    #[serde(default = "default_network")]
    pub(crate) network: String,
}

fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<jiff::Timestamp>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

fn default_machine_type() -> String {
    "e2-medium".to_owned()
}

const fn default_disk_gb() -> u32 {
    10
}
