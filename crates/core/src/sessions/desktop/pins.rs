//! What is known of the desktops that were opened: their certificates, by project, numeric instance id and port, so
//! that a recreated VM is a new host and not an alarm.

use std::{
    io,
    path::{Path, PathBuf},
};

use adit_contract::Failure;
use adit_rdp::Fingerprint;
use serde::{Deserialize, Serialize};

use super::super::known_hosts::HostId;
use crate::{
    config::Folders,
    file::{
        self,
        versioned::{self, Changed, Form, Kept},
    },
    words,
};

/// The file `known-certificates.json`.
#[derive(Debug, Clone)]
pub(crate) struct KnownCertificates {
    path: PathBuf,
}

/// What becomes of a pin that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pin {
    /// It stays.
    First,
    /// It is replaced.
    InPlace,
}

/// The port of a VM, for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Door {
    pub(crate) host: HostId,
    pub(crate) port: u16,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    certificates: Vec<Pinned>,
}

impl Form for Content {
    const VERSION: u64 = 1;
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pinned {
    /// The cloud, as two of them may use the same names and numbers.
    cloud: String,
    project: String,
    instance_id: String,
    port: u16,
    /// Of the certificate, in hexadecimal.
    sha256: String,
}

impl Pinned {
    fn is(&self, door: &Door) -> bool {
        let Door { host, port } = door;
        self.cloud == host.cloud
            && self.project == host.project
            && self.instance_id == host.instance
            && self.port == *port
    }
}

impl KnownCertificates {
    /// The certificates known in these folders.
    pub(crate) fn new(folders: &Folders) -> Self {
        Self { path: folders.data.join("known-certificates.json") }
    }

    /// The pinned certificate; none when nobody was ever let in there.
    pub(crate) async fn pinned(&self, door: &Door) -> Result<Option<Fingerprint>, Failure> {
        let path = self.path.clone();
        let content = file::blocking(move || load(&path)).await.map_err(|error| {
            words::files::failure(words::desktop::CERTIFICATES_NOT_READ, &self.path, &error)
        })?;
        let pinned = content.certificates.into_iter().find(|pinned| pinned.is(door));
        Ok(pinned.and_then(|pinned| pinned.sha256.parse().ok()))
    }

    /// Pins a certificate, in place of any before.
    pub(crate) async fn pin(&self, door: &Door, certificate: Fingerprint) -> Result<(), Failure> {
        self.write(door, certificate, Pin::InPlace).await.map(drop)
    }

    /// Pins a certificate unless one is pinned, as by another tab meanwhile; gives the one that is pinned now.
    pub(crate) async fn pin_first(
        &self,
        door: &Door,
        certificate: Fingerprint,
    ) -> Result<Fingerprint, Failure> {
        self.write(door, certificate, Pin::First).await
    }

    async fn write(&self, door: &Door, certificate: Fingerprint, pin: Pin) -> Result<Fingerprint, Failure> {
        let (path, door) = (self.path.clone(), door.clone());
        let pinned = file::blocking(move || {
            versioned::change(&path, |content: &mut Content| {
                let there = content.certificates.iter().find(|pinned| pinned.is(&door));
                if let Some(there) = there.and_then(|pinned| pinned.sha256.parse().ok())
                    && pin == Pin::First
                {
                    return (there, Changed::No);
                }
                content.certificates.retain(|pinned| !pinned.is(&door));
                content.certificates.push(Pinned {
                    cloud: door.host.cloud,
                    project: door.host.project,
                    instance_id: door.host.instance,
                    port: door.port,
                    sha256: certificate.to_string(),
                });
                (certificate, Changed::Yes)
            })
        });
        pinned.await.map_err(|error| {
            words::files::failure(words::desktop::CERTIFICATES_NOT_WRITTEN, &self.path, &error)
        })
    }
}

/// A file that was set aside means that certificates are asked for again, once each; it cannot mean that none is
/// checked.
fn load(path: &Path) -> io::Result<Content> {
    match versioned::read::<Content>(path)? {
        Kept::Value(content) | Kept::Later(Some(content)) => Ok(content),
        Kept::Absent | Kept::SetAside(_) => Ok(Content::default()),
        // That of this machine may be in it.
        Kept::Later(None) => Err(versioned::later()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::versioned::tests::later_forms;

    fn door(instance: &str, port: u16) -> Door {
        let host =
            HostId { cloud: "google".to_owned(), project: "p".to_owned(), instance: instance.to_owned() };
        Door { host, port }
    }

    #[tokio::test]
    async fn a_certificate_is_pinned_by_project_number_and_port() {
        let folder = tempfile::tempdir().unwrap();
        let known = KnownCertificates { path: folder.path().join("known-certificates.json") };
        let (first, second) = (Fingerprint::of(b"first"), Fingerprint::of(b"second"));
        assert_eq!(known.pinned(&door("1", 3389)).await.unwrap(), None);
        known.pin(&door("1", 3389), first).await.unwrap();
        known.pin(&door("1", 3390), second).await.unwrap();
        assert_eq!(known.pinned(&door("1", 3389)).await.unwrap(), Some(first));
        assert_eq!(known.pinned(&door("1", 3390)).await.unwrap(), Some(second));
        assert_eq!(known.pinned(&door("2", 3389)).await.unwrap(), None);
        assert_eq!(known.pin_first(&door("1", 3389), second).await.unwrap(), first);
        assert_eq!(
            known.pinned(&door("1", 3389)).await.unwrap(),
            Some(first),
            "a pin is not replaced unasked"
        );
        known.pin(&door("1", 3389), second).await.unwrap();
        assert_eq!(known.pinned(&door("1", 3389)).await.unwrap(), Some(second));
        let text = std::fs::read_to_string(&known.path).unwrap();
        assert_eq!(text.matches("sha256").count(), 2, "{text}");
    }

    #[tokio::test]
    async fn a_file_that_makes_no_sense_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let known = KnownCertificates { path: folder.path().join("known-certificates.json") };
        std::fs::write(&known.path, "{").unwrap();
        assert_eq!(known.pinned(&door("1", 3389)).await.unwrap(), None);
        assert!(folder.path().join("known-certificates.json.broken").exists());
    }

    #[tokio::test]
    async fn a_later_versions_file_is_never_written_and_never_means_that_none_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let known = KnownCertificates { path: folder.path().join("known-certificates.json") };
        let first = Fingerprint::of(b"first");
        known.pin(&door("1", 3389), first).await.unwrap();
        let ours: serde_json::Value = serde_json::from_slice(&std::fs::read(&known.path).unwrap()).unwrap();
        for (form, found) in later_forms(Content::VERSION + 1, &ours).iter().zip([Some(Some(first)), None]) {
            std::fs::write(&known.path, form).unwrap();
            assert_eq!(known.pinned(&door("1", 3389)).await.ok(), found);
            known.pin(&door("1", 3389), Fingerprint::of(b"second")).await.unwrap_err();
            known.pin_first(&door("2", 3389), first).await.unwrap_err();
            assert_eq!(&std::fs::read_to_string(&known.path).unwrap(), form);
        }
    }
}
