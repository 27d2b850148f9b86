//! An instance as Compute shows it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::link;
use crate::landscape::{Instance, Os};
use crate::state::{Items, Machine};

/// A fingerprint of something that does not change here.
fn fingerprint(text: &str) -> String {
    URL_SAFE.encode(Sha256::digest(text.as_bytes()).get(..8).unwrap_or_default())
}

/// Milliseconds and an offset, as Compute writes its times.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000-00:00").to_string()
}

pub(super) fn metadata(items: &Items, fingerprint: &str) -> Value {
    let items: Vec<Value> = items.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    let mut shown = json!({"kind": "compute#metadata", "fingerprint": fingerprint});
    if let Some(object) = shown.as_object_mut().filter(|_| !items.is_empty()) {
        object.insert("items".to_owned(), Value::Array(items));
    }
    shown
}

fn region(zone: &str) -> &str {
    zone.rsplit_once('-').map_or(zone, |(region, _)| region)
}

/// Which image's licence the boot disk carries.
fn licences(instance: &Instance) -> Vec<String> {
    let own = match instance.os {
        Os::Linux => Some("debian-cloud/debian-12-bookworm"),
        Os::Windows => Some("windows-cloud/windows-server-2022-dc"),
        Os::Unknown => None,
    };
    let all = own.into_iter().map(str::to_owned).chain(instance.licenses.iter().cloned());
    all.map(|licence| match licence.split_once('/') {
        Some((project, name)) => link(&format!("projects/{project}/global/licenses/{name}")),
        None => link(&format!("projects/windows-cloud/global/licenses/{licence}")),
    })
    .collect()
}

fn disk(instance: &Instance, base: &str) -> Value {
    let features: &[&str] = match instance.os {
        Os::Linux => &["UEFI_COMPATIBLE", "VIRTIO_SCSI_MULTIQUEUE", "GVNIC"],
        Os::Windows => &["UEFI_COMPATIBLE", "VIRTIO_SCSI_MULTIQUEUE", "MULTI_IP_SUBNET", "WINDOWS", "GVNIC"],
        Os::Unknown => &["UEFI_COMPATIBLE"],
    };
    let mut disk = json!({
        "kind": "compute#attachedDisk",
        "type": "PERSISTENT",
        "mode": "READ_WRITE",
        "source": link(&format!("{base}/disks/{}", instance.name)),
        "deviceName": instance.name,
        "index": 0,
        "boot": true,
        "autoDelete": true,
        "interface": "SCSI",
        "architecture": "X86_64",
        "diskSizeGb": instance.disk_gb.to_string(),
        "guestOsFeatures": features.iter().map(|feature| json!({"type": feature})).collect::<Vec<_>>(),
    });
    let licences = licences(instance);
    if let Some(object) = disk.as_object_mut().filter(|_| !licences.is_empty()) {
        object.insert("licenses".to_owned(), json!(licences));
    }
    disk
}

fn interfaces(instance: &Instance) -> Vec<Value> {
    let first = std::iter::once((&instance.ip, &instance.network, instance.external_ip));
    let others = instance.interfaces.iter().map(|interface| (&interface.ip, &interface.network, None));
    first
        .chain(others)
        .enumerate()
        .map(|(number, (ip, network, external))| {
            let mut shown = Map::new();
            shown.insert("kind".to_owned(), json!("compute#networkInterface"));
            shown.insert("name".to_owned(), json!(format!("nic{number}")));
            shown.insert(
                "network".to_owned(),
                json!(link(&format!("projects/{}/global/networks/{network}", instance.project))),
            );
            let subnet = format!(
                "projects/{}/regions/{}/subnetworks/{network}",
                instance.project,
                region(&instance.zone)
            );
            shown.insert("subnetwork".to_owned(), json!(link(&subnet)));
            let (field, stack) =
                if ip.is_ipv6() { ("ipv6Address", "IPV6_ONLY") } else { ("networkIP", "IPV4_ONLY") };
            shown.insert(field.to_owned(), json!(ip));
            shown.insert("stackType".to_owned(), json!(stack));
            shown.insert("fingerprint".to_owned(), json!(fingerprint(&format!("nic{number}/{ip}"))));
            if let Some(external) = external {
                let access = json!([{
                    "kind": "compute#accessConfig", "type": "ONE_TO_ONE_NAT", "name": "External NAT",
                    "natIP": external, "networkTier": "PREMIUM",
                }]);
                shown.insert("accessConfigs".to_owned(), access);
            }
            Value::Object(shown)
        })
        .collect()
}

/// The instance resource.
pub(super) fn shown(instance: &Instance, machine: &Machine) -> Value {
    let base = format!("projects/{}/zones/{}", instance.project, instance.zone);
    let created = instance.created.or_else(|| Timestamp::from_second(1_720_000_000).ok()).unwrap_or_default();
    let mut tags = json!({"fingerprint": fingerprint(&instance.tags.join(","))});
    if let Some(object) = tags.as_object_mut().filter(|_| !instance.tags.is_empty()) {
        object.insert("items".to_owned(), json!(instance.tags));
    }
    let mut shown = json!({
        "kind": "compute#instance",
        "id": machine.id.to_string(),
        "creationTimestamp": time(created),
        "name": instance.name,
        "status": machine.status.as_str(),
        "zone": link(&base),
        "machineType": link(&format!("{base}/machineTypes/{}", instance.machine_type)),
        "cpuPlatform": "Intel Broadwell",
        "canIpForward": false,
        "networkInterfaces": interfaces(instance),
        "disks": [disk(instance, &base)],
        "metadata": metadata(&machine.metadata.items, &machine.metadata.fingerprint),
        "tags": tags,
        "labelFingerprint": fingerprint(&format!("{:?}", instance.labels)),
        "scheduling": {"onHostMaintenance": "MIGRATE", "automaticRestart": true, "preemptible": false, "provisioningModel": "STANDARD"},
        "shieldedInstanceConfig": {"enableSecureBoot": false, "enableVtpm": true, "enableIntegrityMonitoring": true},
        "shieldedInstanceIntegrityPolicy": {"updateAutoLearnPolicy": true},
        "deletionProtection": false,
        "startRestricted": false,
        "fingerprint": fingerprint(&format!("{}/{}", machine.id, machine.status.as_str())),
        "selfLink": link(&format!("{base}/instances/{}", instance.name)),
    });
    if let Some(object) = shown.as_object_mut() {
        if !instance.labels.is_empty() {
            object.insert("labels".to_owned(), json!(instance.labels));
        }
        if let Some(description) = &instance.description {
            object.insert("description".to_owned(), json!(description));
        }
        if let Some(account) = &instance.service_account {
            let scopes =
                json!([{"email": account, "scopes": ["https://www.googleapis.com/auth/cloud-platform"]}]);
            object.insert("serviceAccounts".to_owned(), scopes);
        }
        object.insert("lastStartTimestamp".to_owned(), json!(time(machine.last_start.unwrap_or(created))));
        if let Some(at) = machine.last_stop {
            object.insert("lastStopTimestamp".to_owned(), json!(time(at)));
        }
    }
    shown
}
