//! The VM that is judged for.

use core::net::IpAddr;

use serde::Deserialize;
use serde_json::Value;

use crate::wire::{objects, text, texts};

/// The VM, its interface and its network: what firewall rules go by. `None` and empty addresses mean "not known".
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Vm {
    /// Project of the VM.
    pub project: String,
    /// Zone of the VM.
    pub zone: String,
    /// Name of the VM.
    pub name: String,
    /// Name of the interface, such as `nic0`.
    pub interface: String,
    /// Network of the interface: a URL, whole or from `projects/` on.
    pub network: String,
    /// Internal addresses of the interface.
    pub addresses: Vec<IpAddr>,
    /// Network tags.
    pub tags: Option<Vec<String>>,
    /// Addresses of the service accounts that the VM runs as.
    pub service_accounts: Option<Vec<String>>,
    /// Secure tags bound to the VM, `tagValues/…` each.
    pub secure_tags: Option<Vec<String>>,
    /// `networkFirewallPolicyEnforcementOrder` of the network.
    pub order: EnforcementOrder,
    /// Whom the answer of the API was asked for.
    pub scope: Scope,
}

/// When a network's own firewall policies are evaluated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum EnforcementOrder {
    /// After VPC firewall rules: Google's default.
    #[default]
    #[serde(rename = "AFTER_CLASSIC_FIREWALL")]
    AfterClassicFirewall,
    /// Before VPC firewall rules.
    #[serde(rename = "BEFORE_CLASSIC_FIREWALL")]
    BeforeClassicFirewall,
}

/// Whom the answer of the API was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// `instances.getEffectiveFirewalls`: policy rules that name other VMs by service account or secure tag are left
    /// out of the answer by the API, so what is there applies.
    #[default]
    Instance,
    /// `networks.getEffectiveFirewalls`: rules for other VMs are there too.
    Network,
}

impl Vm {
    /// Reads the facts from what `instances.get` and, if it could be read, `networks.get` answered. The interface is
    /// the one of that name, else the first. Whatever the JSON is, there is a result.
    #[must_use]
    pub fn read(project: &str, instance: &Value, interface: &str, network: Option<&Value>) -> Self {
        let nic = objects(instance, "networkInterfaces")
            .find(|nic| text(nic, "name").as_deref() == Some(interface))
            .or_else(|| objects(instance, "networkInterfaces").next())
            .unwrap_or(&Value::Null);
        let zone = text(instance, "zone").unwrap_or_default();
        let order = network.and_then(|network| text(network, "networkFirewallPolicyEnforcementOrder"));
        Self {
            project: project.to_owned(),
            zone: last_part(&zone).to_owned(),
            name: text(instance, "name").unwrap_or_default(),
            interface: text(nic, "name").unwrap_or_else(|| interface.to_owned()),
            network: text(nic, "network").unwrap_or_default(),
            addresses: ["networkIP", "ipv6Address"]
                .into_iter()
                .filter_map(|key| text(nic, key)?.parse().ok())
                .collect(),
            tags: Some(instance.get("tags").map(|tags| texts(tags, "items")).unwrap_or_default()),
            service_accounts: Some(
                objects(instance, "serviceAccounts").filter_map(|account| text(account, "email")).collect(),
            ),
            secure_tags: None,
            order: match order.as_deref() {
                Some("BEFORE_CLASSIC_FIREWALL") => EnforcementOrder::BeforeClassicFirewall,
                _ => EnforcementOrder::AfterClassicFirewall,
            },
            scope: Scope::Instance,
        }
    }

    /// The project that owns the network: another than the VM's for a shared VPC.
    pub(crate) fn network_project(&self) -> &str {
        network_path(&self.network).map_or(self.project.as_str(), |(project, _)| project)
    }

    pub(crate) fn network_name(&self) -> &str {
        last_part(&self.network)
    }

    pub(crate) fn region(&self) -> &str {
        self.zone.rsplit_once('-').map_or("", |(region, _)| region)
    }
}

/// Project and name of a network, from its URL.
pub(crate) fn network_path(url: &str) -> Option<(&str, &str)> {
    let (_, path) = url.rsplit_once("projects/")?;
    path.split_once("/global/networks/")
}

fn last_part(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}
