//! What is known of the VMs that were entered: their host keys, by project and numeric instance id, so that a
//! recreated VM is a new host and not an alarm (guest access, section 7).

use std::path::PathBuf;

use adit_contract::{Failure, InstanceRef};
use adit_google::Instance;
use adit_ssh::host_key::{HostKey, known_hosts};
use serde::{Deserialize, Serialize};

use crate::{
    cloud::Cloud,
    config::Folders,
    file::{self, Loaded},
};

/// The largest known-hosts file of gcloud's that is read, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;

/// The file `known-hosts.json`, which app and command line share.
#[derive(Debug, Clone)]
pub struct KnownHosts {
    path: PathBuf,
    gcloud: Option<PathBuf>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    version: u32,
    hosts: Vec<Host>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Host {
    /// The cloud, as two of them may use the same names and numbers.
    cloud: String,
    project: String,
    instance_id: String,
    /// `TYPE BASE64` each.
    keys: Vec<String>,
    /// The person was told that a key in the metadata means root here.
    #[serde(default)]
    root_told: bool,
}

/// One VM, for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostId {
    pub(crate) cloud: String,
    pub(crate) project: String,
    /// Compute's numeric id, as digits.
    pub(crate) instance: String,
}

impl HostId {
    pub(crate) fn new(cloud: &Cloud, instance: &InstanceRef, read: &Instance) -> Self {
        Self { cloud: cloud.id.clone(), project: instance.project.clone(), instance: read.id.clone() }
    }
}

/// Whether something was told before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    Now,
    Before,
}

impl KnownHosts {
    /// The hosts known in these folders.
    #[must_use]
    pub fn new(folders: &Folders) -> Self {
        Self { path: folders.data.join("known-hosts.json"), gcloud: folders.gcloud_known_hosts.clone() }
    }

    /// The pinned keys of a VM; none when it was never entered.
    pub(crate) async fn pinned(&self, id: &HostId) -> Result<Vec<HostKey>, Failure> {
        let (path, id) = (self.path.clone(), id.clone());
        let content = file::blocking(move || {
            Ok(match file::load::<Content>(&path)? {
                Loaded::Value(content) => content,
                // A file set aside means that keys are asked for again, once each; it cannot mean that none
                // is checked.
                Loaded::Absent | Loaded::SetAside(_) => Content::default(),
            })
        })
        .await
        .map_err(|error| file::failure("The known host keys could not be read", &self.path, &error))?;
        let host = content.hosts.into_iter().find(|host| host.is(&id));
        Ok(host
            .map(|host| host.keys.iter().filter_map(|key| HostKey::from_line(key).ok()).collect())
            .unwrap_or_default())
    }

    /// The keys that gcloud has for a VM.
    pub(crate) async fn of_gcloud(&self, id: &HostId) -> Vec<HostKey> {
        let Some(path) = self.gcloud.clone() else { return Vec::new() };
        let alias = format!("compute.{}", id.instance);
        let text = file::blocking(move || file::read_text_at_most(&path, LARGEST));
        text.await.map(|text| known_hosts(&text, &alias)).unwrap_or_default()
    }

    /// Pins these keys for a VM, in place of any before.
    pub(crate) async fn pin(&self, id: &HostId, keys: &[HostKey]) -> Result<(), Failure> {
        let lines: Vec<String> = keys.iter().map(HostKey::line).collect();
        self.change(id, move |host| host.keys = lines).await
    }

    /// Remembers that the person was told of root on this VM.
    pub(crate) async fn tell_root(&self, id: &HostId) -> Result<Told, Failure> {
        self.change(
            id,
            |host| if std::mem::replace(&mut host.root_told, true) { Told::Before } else { Told::Now },
        )
        .await
    }

    async fn change<T: Send + 'static>(
        &self,
        id: &HostId,
        change: impl FnOnce(&mut Host) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let (path, id) = (self.path.clone(), id.clone());
        let changed = file::blocking(move || {
            file::exclusively(&path, || {
                let mut content = match file::load::<Content>(&path)? {
                    Loaded::Value(content) => content,
                    Loaded::Absent | Loaded::SetAside(_) => Content::default(),
                };
                content.version = 1;
                let at = content.hosts.iter().position(|host| host.is(&id)).unwrap_or(content.hosts.len());
                if at == content.hosts.len() {
                    content.hosts.push(Host {
                        cloud: id.cloud,
                        project: id.project,
                        instance_id: id.instance,
                        keys: Vec::new(),
                        root_told: false,
                    });
                }
                let host = content.hosts.get_mut(at).ok_or_else(|| std::io::Error::other("no such host"))?;
                let done = change(host);
                file::save(&path, &content)?;
                Ok(done)
            })
        });
        changed
            .await
            .map_err(|error| file::failure("The known host keys could not be written", &self.path, &error))
    }
}

impl Host {
    fn is(&self, id: &HostId) -> bool {
        self.cloud == id.cloud && self.project == id.project && self.instance_id == id.instance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";

    fn id(instance: &str) -> HostId {
        HostId { cloud: "google".to_owned(), project: "p".to_owned(), instance: instance.to_owned() }
    }

    #[tokio::test]
    async fn keys_are_pinned_by_project_and_number() {
        let folder = tempfile::tempdir().unwrap();
        let gcloud = folder.path().join("gcloud");
        std::fs::write(&gcloud, format!("compute.7 {KEY}\n")).unwrap();
        let hosts = KnownHosts { path: folder.path().join("known-hosts.json"), gcloud: Some(gcloud) };
        let key = HostKey::from_line(KEY).unwrap();
        assert!(hosts.pinned(&id("1")).await.unwrap().is_empty());
        hosts.pin(&id("1"), std::slice::from_ref(&key)).await.unwrap();
        assert_eq!(hosts.pinned(&id("1")).await.unwrap(), std::slice::from_ref(&key));
        assert!(hosts.pinned(&id("2")).await.unwrap().is_empty());
        assert!(hosts.pinned(&HostId { cloud: "other".to_owned(), ..id("1") }).await.unwrap().is_empty());
        assert_eq!(hosts.tell_root(&id("1")).await.unwrap(), Told::Now);
        assert_eq!(hosts.tell_root(&id("1")).await.unwrap(), Told::Before);
        assert_eq!(hosts.pinned(&id("1")).await.unwrap().len(), 1);
        assert_eq!(hosts.of_gcloud(&id("7")).await, [key]);
        assert!(hosts.of_gcloud(&id("8")).await.is_empty());
    }
}
