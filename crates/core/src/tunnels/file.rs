//! The file of the tunnels that are kept. It holds no secret.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use adit_contract::{Failure, GatewaySettings, TunnelSpec};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::file::{
    self,
    versioned::{self, Form, Kept},
};

use crate::words::{files, tunnels as words};

/// What is kept for a cloud.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Saved {
    pub(super) tunnels: Vec<TunnelSpec>,
    pub(super) gateway: GatewaySettings,
    /// The places in `tunnels` of those that were asked to run.
    pub(super) wanted: BTreeSet<usize>,
    /// Ids of the profiles that some are of, by their places in `tunnels`.
    pub(super) profiles: BTreeMap<usize, String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Content {
    /// By cloud, since a project of one is none of another.
    clouds: BTreeMap<String, Saved>,
}

impl Form for Content {
    const VERSION: u64 = 1;

    fn from_earlier(_version: Option<u64>, value: Value) -> serde_json::Result<Self> {
        // The first form was the clouds alone.
        serde_json::from_value(value).map(|clouds| Self { clouds })
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct TunnelsFile {
    path: PathBuf,
    cloud: String,
    /// It could not be read: what lies there is not what is known here.
    unread: Arc<AtomicBool>,
    /// Held while writing, so that the last state is the one that stays in the file.
    others: tokio::sync::Mutex<Content>,
}

impl TunnelsFile {
    pub(super) fn load(folder: &Path, cloud: &str) -> (Self, Saved, Option<Failure>) {
        let path = folder.join("tunnels.json");
        let read = versioned::read::<Content>(&path);
        let unread = Arc::new(AtomicBool::new(read.is_err()));
        let (mut content, trouble) = match read {
            Ok(Kept::Absent) => (Content::default(), None),
            Ok(Kept::Value(content)) => (content, None),
            Ok(Kept::Later(content)) => (content.unwrap_or_default(), Some(words::later(&path))),
            Ok(Kept::SetAside(aside)) => (Content::default(), Some(words::set_aside(&aside))),
            Err(error) => (Content::default(), Some(files::failure(words::NOT_READ, &path, &error))),
        };
        let saved = content.clouds.remove(cloud).unwrap_or_default();
        let others = tokio::sync::Mutex::new(content);
        (Self { path, cloud: cloud.to_owned(), unread, others }, saved, trouble)
    }

    /// Writes what `saved` gives once it is this one's turn.
    pub(super) async fn save(&self, saved: impl FnOnce() -> Saved) -> Result<(), Failure> {
        let others = self.others.lock().await;
        let mut content = others.clone();
        content.clouds.insert(self.cloud.clone(), saved());
        let (path, unread) = (self.path.clone(), self.unread.clone());
        let written = file::blocking(move || versioned::write_over(&path, &unread, &content)).await;
        written.map_err(|error| files::failure(words::NOT_WRITTEN, &self.path, &error))
    }
}

#[cfg(test)]
mod tests {
    use adit_contract::FailureCode;

    use super::*;
    use crate::file::versioned::tests::later_forms;

    fn on() -> Saved {
        Saved { gateway: GatewaySettings { on: true, ..Default::default() }, ..Default::default() }
    }

    #[tokio::test]
    async fn the_first_form_had_no_version_and_a_later_one_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tunnels.json");
        std::fs::write(&path, serde_json::to_string(&BTreeMap::from([("one", on())])).unwrap()).unwrap();
        let (one, saved, trouble) = TunnelsFile::load(folder.path(), "one");
        assert_eq!((saved, trouble), (on(), None));
        one.save(on).await.unwrap();
        let written: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(
            (&written["version"], &written["clouds"]["one"]["gateway"]["on"]),
            (&1.into(), &true.into())
        );

        let content = Content { clouds: BTreeMap::from([("one".to_owned(), on())]) };
        for (form, known) in later_forms(Content::VERSION + 1, &content).iter().zip([on(), Saved::default()])
        {
            std::fs::write(&path, form).unwrap();
            let (later, saved, trouble) = TunnelsFile::load(folder.path(), "one");
            assert_eq!(saved, known);
            assert!(trouble.unwrap().title.contains("later version"));
            // One that began with the file as it was leaves it alone as well.
            for file in [&later, &one] {
                assert_eq!(file.save(Saved::default).await.unwrap_err().code, FailureCode::File);
            }
            assert_eq!(&std::fs::read_to_string(&path).unwrap(), form);
        }
    }

    #[tokio::test]
    async fn each_cloud_has_its_own_and_a_broken_file_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (one, saved, trouble) = TunnelsFile::load(folder.path(), "one");
        assert_eq!((saved, trouble), (Saved::default(), None));
        one.save(on).await.unwrap();
        let (two, saved, _) = TunnelsFile::load(folder.path(), "two");
        assert_eq!(saved, Saved::default());
        two.save(Saved::default).await.unwrap();
        assert_eq!(TunnelsFile::load(folder.path(), "one").1, on());

        std::fs::write(folder.path().join("tunnels.json"), "{").unwrap();
        let (_, saved, trouble) = TunnelsFile::load(folder.path(), "one");
        assert_eq!(saved, Saved::default());
        assert_eq!(trouble.unwrap().code, FailureCode::File);
        assert!(folder.path().join("tunnels.json.broken").exists());
    }
}
