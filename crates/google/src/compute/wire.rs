//! The list of instances as Compute sends it, decoded tolerantly: unknown fields and values pass, missing ones and
//! nulls are empty, ids may be text or numbers.
//! <https://cloud.google.com/compute/docs/reference/rest/v1/instances/aggregatedList>

use std::collections::BTreeMap;

use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::{Deserialize, Deserializer};

use super::{
    model::{
        Fingerprint, Instance, InstancePage, InstanceRef, Interface, Metadata, MetadataItem, ScopeWarning,
        last,
    },
    os::{DiskEvidence, Os},
};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Page {
    #[serde(deserialize_with = "or_empty")]
    items: BTreeMap<String, Scope>,
    #[serde(deserialize_with = "or_empty")]
    unreachables: Vec<String>,
    warning: Option<Warning>,
    pub(super) next_page_token: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Scope {
    #[serde(deserialize_with = "or_empty")]
    instances: Vec<WireInstance>,
    warning: Option<Warning>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Warning {
    code: Option<String>,
    message: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct WireInstance {
    #[serde(deserialize_with = "id")]
    id: String,
    name: Option<String>,
    zone: Option<String>,
    status: Option<String>,
    machine_type: Option<String>,
    #[serde(deserialize_with = "or_empty")]
    labels: BTreeMap<String, String>,
    tags: Option<Tags>,
    metadata: Option<WireMetadata>,
    #[serde(deserialize_with = "or_empty")]
    network_interfaces: Vec<Nic>,
    #[serde(deserialize_with = "or_empty")]
    disks: Vec<Disk>,
    #[serde(deserialize_with = "or_empty")]
    service_accounts: Vec<ServiceAccount>,
    last_start_timestamp: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Tags {
    #[serde(deserialize_with = "or_empty")]
    items: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireMetadata {
    fingerprint: Option<String>,
    #[serde(deserialize_with = "or_empty")]
    items: Vec<Item>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Item {
    key: Option<String>,
    value: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Nic {
    name: Option<String>,
    network: Option<String>,
    #[serde(rename = "networkIP")]
    network_ip: Option<String>,
    #[serde(rename = "ipv6Address")]
    ipv6_address: Option<String>,
    #[serde(rename = "accessConfigs", deserialize_with = "or_empty")]
    access_configs: Vec<AccessConfig>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AccessConfig {
    #[serde(rename = "natIP")]
    nat_ip: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Disk {
    boot: Option<bool>,
    #[serde(deserialize_with = "or_empty")]
    licenses: Vec<String>,
    #[serde(deserialize_with = "or_empty")]
    guest_os_features: Vec<Feature>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Feature {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ServiceAccount {
    email: Option<String>,
}

fn or_empty<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Text(String),
        Number(u64),
        Nothing(()),
    }
    Ok(match Id::deserialize(deserializer)? {
        Id::Text(text) => text,
        Id::Number(number) => number.to_string(),
        Id::Nothing(()) => String::new(),
    })
}

impl Page {
    pub(super) fn into_page(self, project: &str) -> InstancePage {
        let mut page = InstancePage::default();
        for unreachable in &self.unreachables {
            page.miss(last(unreachable));
        }
        page.warn("", self.warning);
        for (scope, Scope { instances, warning }) in self.items {
            let scope = last(&scope);
            page.warn(scope, warning);
            page.instances.extend(instances.into_iter().filter_map(|i| i.into_instance(project, scope)));
        }
        page
    }
}

impl InstancePage {
    fn miss(&mut self, scope: &str) {
        if !scope.is_empty() && !self.unreachable.iter().any(|known| known == scope) {
            self.unreachable.push(scope.to_owned());
        }
    }

    fn warn(&mut self, scope: &str, warning: Option<Warning>) {
        let Some(Warning { code, message }) = warning else { return };
        let code = code.unwrap_or_default();
        match code.as_str() {
            // An empty scope on this page, which is most of them.
            "NO_RESULTS_ON_PAGE" => {}
            "UNREACHABLE" if !scope.is_empty() => self.miss(scope),
            _ => {
                let message = crate::error::clean(&message.unwrap_or_default(), 500);
                self.warnings.push(ScopeWarning { scope: scope.to_owned(), code, message });
            }
        }
    }
}

impl WireInstance {
    fn into_instance(self, project: &str, scope: &str) -> Option<Instance> {
        let zone = self.zone.as_deref().map_or(scope, last).to_owned();
        let disks: Vec<_> = self
            .disks
            .iter()
            .map(|disk| DiskEvidence {
                boot: disk.boot.unwrap_or_default(),
                licenses: disk.licenses.iter().map(String::as_str).collect(),
                features: disk.guest_os_features.iter().filter_map(|f| f.kind.as_deref()).collect(),
            })
            .collect();
        Some(Instance {
            os: Os::of(&disks),
            at: InstanceRef { project: project.to_owned(), zone, name: self.name.filter(|n| !n.is_empty())? },
            id: self.id,
            status: self.status.as_deref().unwrap_or_default().into(),
            machine_type: last(self.machine_type.as_deref().unwrap_or_default()).to_owned(),
            labels: self.labels,
            tags: self.tags.map(|tags| tags.items).unwrap_or_default(),
            interfaces: self.network_interfaces.into_iter().map(Nic::into_interface).collect(),
            metadata: self.metadata.map(WireMetadata::into_metadata).unwrap_or_default(),
            service_accounts: self.service_accounts.into_iter().filter_map(|a| a.email).collect(),
            last_start: self.last_start_timestamp,
        })
    }
}

impl Nic {
    fn into_interface(self) -> Interface {
        Interface {
            name: self.name.unwrap_or_default(),
            network: last(self.network.as_deref().unwrap_or_default()).to_owned(),
            internal_ip: self.network_ip,
            ipv6: self.ipv6_address,
            external_ip: self.access_configs.into_iter().find_map(|config| config.nat_ip),
        }
    }
}

impl WireMetadata {
    fn into_metadata(self) -> Metadata {
        const ANY_PADDING: GeneralPurpose = GeneralPurpose::new(
            &base64::alphabet::URL_SAFE,
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
        );
        Metadata {
            fingerprint: self.fingerprint.and_then(|text| ANY_PADDING.decode(text).ok()).map(Fingerprint),
            items: self
                .items
                .into_iter()
                .filter_map(|item| Some(MetadataItem { key: item.key?, value: item.value }))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::InstanceStatus;

    fn read(json: &str) -> InstancePage {
        serde_json::from_str::<Page>(json).unwrap().into_page("p")
    }

    #[test]
    fn reads_a_page_with_gaps() {
        let page = read(
            r#"{"kind":"compute#instanceAggregatedList","nextPageToken":"t","unreachables":["zones/us-east1-d","projects/p/zones/us-east1-d"],
            "items":{
              "zones/a-b-c":{"warning":{"code":"NO_RESULTS_ON_PAGE","message":"none","data":[]}},
              "zones/x-y-z":{"warning":{"code":"UNREACHABLE","message":"down"}},
              "zones/q-r-s":{"warning":{"code":"SOMETHING_NEW","message":"look"}},
              "zones/europe-west1-b":{"instances":[
                {"id":"12345678901234567890","name":"web","zone":"https://www.googleapis.com/compute/v1/projects/p/zones/europe-west1-b",
                 "status":"RUNNING","machineType":"https://x/machineTypes/e2-medium","labels":{"env":"prod"},"tags":{"items":["http"],"fingerprint":"x"},
                 "metadata":{"fingerprint":"L_zDgP5a5dM=","items":[{"key":"enable-oslogin"}]},
                 "networkInterfaces":[{"name":"nic0","network":"https://x/networks/default","networkIP":"10.0.0.2","accessConfigs":[{"natIP":"34.1.2.3"}]}],
                 "disks":[{"boot":true,"licenses":["https://x/debian-cloud/global/licenses/debian-12"]}],
                 "serviceAccounts":[{"email":"s@x"}],"lastStartTimestamp":"2026-11-01T00:00:00Z","fieldOfNextYear":{"a":[1]}},
                {"id":7,"name":"odd","status":"HIBERNATING","labels":null,"disks":null,"tags":null},
                {"id":null,"status":"RUNNING"}
              ]}}}"#,
        );
        assert_eq!(page.unreachable, ["us-east1-d", "x-y-z"]);
        assert_eq!(page.warnings.len(), 1);
        assert_eq!(page.warnings[0].scope, "q-r-s");
        assert_eq!(page.instances.len(), 2, "one without a name cannot be used");
        let web = &page.instances[0];
        assert_eq!(web.at, InstanceRef::new("p", "europe-west1-b", "web"));
        assert_eq!(web.id, "12345678901234567890");
        assert_eq!((web.status.clone(), web.os), (InstanceStatus::Running, Os::Linux));
        assert_eq!(web.interfaces[0].external_ip.as_deref(), Some("34.1.2.3"));
        assert_eq!(web.metadata.items[0], MetadataItem { key: "enable-oslogin".into(), value: None });
        assert!(web.metadata.fingerprint.is_some());
        let odd = &page.instances[1];
        assert_eq!(odd.status, InstanceStatus::Other("HIBERNATING".into()));
        assert_eq!((odd.id.as_str(), odd.at.zone.as_str(), odd.os), ("7", "europe-west1-b", Os::Unknown));
    }

    #[test]
    fn an_empty_answer_is_an_empty_page() {
        assert_eq!(read("{}"), InstancePage::default());
        assert_eq!(read(r#"{"items":null,"unreachables":null,"warning":null}"#), InstancePage::default());
    }
}
