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
    file::{
        self,
        versioned::{self, Changed, Form, Kept},
    },
    words,
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
    hosts: Vec<Host>,
}

impl Form for Content {
    const VERSION: u64 = 1;
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
            match versioned::read::<Content>(&path)? {
                Kept::Value(content) | Kept::Later(Some(content)) => Ok(content),
                // A file set aside means that keys are asked for again, once each; it cannot mean that none
                // is checked.
                Kept::Absent | Kept::SetAside(_) => Ok(Content::default()),
                // The key of this host may be in it.
                Kept::Later(None) => Err(versioned::later()),
            }
        })
        .await
        .map_err(|error| words::files::failure(words::sessions::HOST_KEYS_NOT_READ, &self.path, &error))?;
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
            versioned::change(&path, |content: &mut Content| {
                let at = content.hosts.iter().position(|host| host.is(&id));
                let mut host = at.map_or_else(|| Host::new(id), |at| content.hosts.remove(at));
                let done = change(&mut host);
                content.hosts.push(host);
                (done, Changed::Yes)
            })
        });
        changed.await.map_err(|error| {
            words::files::failure(words::sessions::HOST_KEYS_NOT_WRITTEN, &self.path, &error)
        })
    }
}

impl Host {
    fn new(id: HostId) -> Self {
        let HostId { cloud, project, instance: instance_id } = id;
        Self { cloud, project, instance_id, keys: Vec::new(), root_told: false }
    }

    fn is(&self, id: &HostId) -> bool {
        self.cloud == id.cloud && self.project == id.project && self.instance_id == id.instance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::versioned::tests::later_forms;

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

    #[tokio::test]
    async fn a_later_versions_file_is_never_written_and_never_means_that_no_key_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let hosts = KnownHosts { path: folder.path().join("known-hosts.json"), gcloud: None };
        let key = HostKey::from_line(KEY).unwrap();
        hosts.pin(&id("1"), std::slice::from_ref(&key)).await.unwrap();
        let ours: serde_json::Value = serde_json::from_slice(&std::fs::read(&hosts.path).unwrap()).unwrap();
        for (form, known) in later_forms(Content::VERSION + 1, &ours).iter().zip([Some(vec![key]), None]) {
            std::fs::write(&hosts.path, form).unwrap();
            assert_eq!(hosts.pinned(&id("1")).await.ok(), known);
            hosts.pin(&id("2"), &[]).await.unwrap_err();
            hosts.tell_root(&id("1")).await.unwrap_err();
            assert_eq!(&std::fs::read_to_string(&hosts.path).unwrap(), form);
        }
    }
}
