//! Our own structures for what Compute says.

use std::{collections::BTreeMap, fmt};

use google_cloud_compute_v1::model::{
    AttachedDisk, GuestAttributesEntry, Instance as SdkInstance, Metadata as SdkMetadata, NetworkInterface,
    Project as SdkProject,
};

use super::os::{DiskEvidence, Os};
use crate::{
    error::Error,
    google::{Call, segment},
};

/// An instance by its full name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceRef {
    /// Project id.
    pub project: String,
    /// Zone, such as `europe-west1-b`.
    pub zone: String,
    /// Instance name.
    pub name: String,
}

impl InstanceRef {
    /// Names an instance. Nothing is checked before a call is made.
    pub fn new(project: impl Into<String>, zone: impl Into<String>, name: impl Into<String>) -> Self {
        Self { project: project.into(), zone: zone.into(), name: name.into() }
    }

    /// The region of its zone: `europe-west1` for `europe-west1-b`.
    #[must_use]
    pub fn region(&self) -> &str {
        self.zone.rsplit_once('-').map_or(&self.zone, |(region, _)| region)
    }

    pub(crate) fn check(&self, doing: &'static str) -> Result<(), Error> {
        segment(doing, "project id", &self.project)?;
        segment(doing, "zone", &self.zone)?;
        segment(doing, "instance name", &self.name)?;
        Ok(())
    }
}

impl fmt::Display for InstanceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.project, self.zone, self.name)
    }
}

/// What can be done to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Start a stopped one.
    Start,
    /// Stop it.
    Stop,
    /// Reset it.
    Reset,
    /// Suspend it to storage.
    Suspend,
    /// Resume a suspended one.
    Resume,
}

impl Action {
    pub(super) fn call(self) -> Call {
        macro_rules! call {
            ($doing:literal, $verb:literal) => {
                Call::post(
                    $doing,
                    concat!("/compute/v1/projects/{project}/zones/{zone}/instances/{instance}/", $verb),
                )
            };
        }
        match self {
            Self::Start => call!("start the instance", "start"),
            Self::Stop => call!("stop the instance", "stop"),
            Self::Reset => call!("reset the instance", "reset"),
            Self::Suspend => call!("suspend the instance", "suspend"),
            Self::Resume => call!("resume the instance", "resume"),
        }
    }
}

/// The life-cycle state of an instance, by Compute's names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum InstanceStatus {
    /// Being allocated.
    Provisioning,
    /// Booting.
    Staging,
    /// Running.
    Running,
    /// About to be stopped, with a grace period under way.
    PendingStop,
    /// On its way down.
    Stopping,
    /// Stopped, in the newer of Compute's two words.
    Stopped,
    /// Stopped, in the usual word.
    Terminated,
    /// Being suspended.
    Suspending,
    /// Suspended.
    Suspended,
    /// Being repaired by Google.
    Repairing,
    /// Being taken apart.
    Deprovisioning,
    /// Something newer than this version, or nothing.
    Other(String),
}

impl From<&str> for InstanceStatus {
    fn from(name: &str) -> Self {
        match name {
            "PROVISIONING" | "PENDING" => Self::Provisioning,
            "STAGING" => Self::Staging,
            "RUNNING" => Self::Running,
            "PENDING_STOP" => Self::PendingStop,
            "STOPPING" => Self::Stopping,
            "STOPPED" => Self::Stopped,
            "TERMINATED" => Self::Terminated,
            "SUSPENDING" => Self::Suspending,
            "SUSPENDED" => Self::Suspended,
            "REPAIRING" => Self::Repairing,
            "DEPROVISIONING" => Self::Deprovisioning,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interface {
    /// Its name, such as `nic0`.
    pub name: String,
    /// The name of its network.
    pub network: String,
    /// Its internal IPv4 address.
    pub internal_ip: Option<String>,
    /// Its internal or external IPv6 address.
    pub ipv6: Option<String>,
    /// Its first external IPv4 address.
    pub external_ip: Option<String>,
}

/// The mark of a state of the metadata, needed to change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(pub(super) Vec<u8>);

/// An item of the metadata. Values can hold secrets (start-up scripts often do) and are not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct MetadataItem {
    /// The key.
    pub key: String,
    /// The value; nothing where it was not asked for, as in lists.
    pub value: Option<String>,
}

impl MetadataItem {
    /// An item with its value.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: Some(value.into()) }
    }
}

impl fmt::Debug for MetadataItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetadataItem")
            .field("key", &self.key)
            .field("bytes", &self.value.as_ref().map(String::len))
            .finish()
    }
}

/// Metadata of an instance or a project.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    /// The mark of this state.
    pub fingerprint: Option<Fingerprint>,
    /// The items.
    pub items: Vec<MetadataItem>,
}

impl Metadata {
    /// The value of a key, where there is one.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.items.iter().find(|item| item.key == key)?.value.as_deref()
    }

    pub(super) fn from_sdk(metadata: SdkMetadata) -> Self {
        Self {
            fingerprint: metadata.fingerprint.map(|bytes| Fingerprint(bytes.to_vec())),
            items: metadata
                .items
                .into_iter()
                .filter_map(|item| {
                    Some(MetadataItem { key: item.key?, value: Some(item.value.unwrap_or_default()) })
                })
                .collect(),
        }
    }
}

/// An instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its full name.
    pub at: InstanceRef,
    /// The numeric id, as digits: a recreated instance has another one.
    pub id: String,
    /// Its state.
    pub status: InstanceStatus,
    /// Its operating system.
    pub os: Os,
    /// The machine type, such as `e2-medium`.
    pub machine_type: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its network tags.
    pub tags: Vec<String>,
    /// Its network interfaces.
    pub interfaces: Vec<Interface>,
    /// Its metadata; in lists without values.
    pub metadata: Metadata,
    /// The e-mail addresses of its service accounts.
    pub service_accounts: Vec<String>,
    /// When it was last started (RFC 3339).
    pub last_start: Option<String>,
}

/// A part of a list: what one page brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InstancePage {
    /// The instances.
    pub instances: Vec<Instance>,
    /// Zones (or regions) that did not answer: their instances are missing.
    pub unreachable: Vec<String>,
    /// What else Compute warns of.
    pub warnings: Vec<ScopeWarning>,
}

/// A warning about a part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeWarning {
    /// The zone or region; empty for the whole list.
    pub scope: String,
    /// Compute's code.
    pub code: String,
    /// Compute's text.
    pub message: String,
}

/// A project as Compute knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComputeProject {
    /// The project id.
    pub id: String,
    /// The metadata common to its instances.
    pub metadata: Metadata,
    /// The service account that instances have unless told otherwise.
    pub default_service_account: Option<String>,
}

/// A guest attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestAttribute {
    /// The namespace, such as `hostkeys`.
    pub namespace: String,
    /// The key, such as `ssh-ed25519`.
    pub key: String,
    /// What a process in the VM wrote there.
    pub value: String,
}

/// Output of a serial port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialOutput {
    /// The text.
    pub contents: String,
    /// Where to go on reading.
    pub next: i64,
}

/// The last segment of a URL or a path.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl Instance {
    pub(super) fn from_sdk(at: &InstanceRef, instance: SdkInstance) -> Self {
        let disks: Vec<_> = instance.disks.iter().map(disk).collect();
        Self {
            at: at.clone(),
            os: Os::of(&disks),
            id: instance.id.map(|id| id.to_string()).unwrap_or_default(),
            status: instance.status.as_ref().and_then(|status| status.name()).unwrap_or_default().into(),
            machine_type: last(instance.machine_type.as_deref().unwrap_or_default()).to_owned(),
            labels: instance.labels.into_iter().collect(),
            tags: instance.tags.map(|tags| tags.items).unwrap_or_default(),
            interfaces: instance.network_interfaces.into_iter().map(Interface::from).collect(),
            metadata: instance.metadata.map(Metadata::from_sdk).unwrap_or_default(),
            service_accounts: instance.service_accounts.into_iter().filter_map(|a| a.email).collect(),
            last_start: instance.last_start_timestamp,
        }
    }
}

fn disk(disk: &AttachedDisk) -> DiskEvidence<'_> {
    DiskEvidence {
        boot: disk.boot.unwrap_or_default(),
        licenses: disk.licenses.iter().map(String::as_str).collect(),
        features: disk.guest_os_features.iter().filter_map(|f| f.r#type.as_ref()?.name()).collect(),
    }
}

impl From<NetworkInterface> for Interface {
    fn from(nic: NetworkInterface) -> Self {
        let external_v6 = nic.ipv_6_access_configs.into_iter().find_map(|config| config.external_ipv_6);
        Self {
            name: nic.name.unwrap_or_default(),
            network: last(nic.network.as_deref().unwrap_or_default()).to_owned(),
            internal_ip: nic.network_ip,
            ipv6: nic.ipv_6_address.or(external_v6),
            external_ip: nic.access_configs.into_iter().find_map(|config| config.nat_ip),
        }
    }
}

impl From<SdkProject> for ComputeProject {
    fn from(project: SdkProject) -> Self {
        Self {
            id: project.name.unwrap_or_default(),
            metadata: project.common_instance_metadata.map(Metadata::from_sdk).unwrap_or_default(),
            default_service_account: project.default_service_account,
        }
    }
}

impl From<GuestAttributesEntry> for GuestAttribute {
    fn from(entry: GuestAttributesEntry) -> Self {
        Self {
            namespace: entry.namespace.unwrap_or_default(),
            key: entry.key.unwrap_or_default(),
            value: entry.value.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_values_are_not_printed() {
        let item = MetadataItem::new("startup-script", "export PASSWORD=hunter2");
        assert_eq!(format!("{item:?}"), r#"MetadataItem { key: "startup-script", bytes: Some(23) }"#);
    }

    #[test]
    fn a_zone_has_its_region() {
        assert_eq!(InstanceRef::new("p", "europe-west1-b", "i").region(), "europe-west1");
    }
}
