//! The file of the tunnels that are kept. It holds no secret.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use adit_contract::{Failure, FailureCode, GatewaySettings, TunnelSpec};
use serde::{Deserialize, Serialize};

use crate::file::{self, Loaded};

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

/// By cloud, since a project of one is none of another.
type Content = BTreeMap<String, Saved>;

/// See the module.
#[derive(Debug)]
pub(super) struct TunnelsFile {
    path: PathBuf,
    cloud: String,
    /// Held while writing, so that the last state is the one that stays in the file.
    others: tokio::sync::Mutex<Content>,
}

impl TunnelsFile {
    pub(super) fn load(folder: &Path, cloud: &str) -> (Self, Saved, Option<Failure>) {
        let path = folder.join("tunnels.json");
        let (mut content, trouble) = match file::load::<Content>(&path) {
            Ok(Loaded::Absent) => (Content::new(), None),
            Ok(Loaded::Value(content)) => (content, None),
            Ok(Loaded::SetAside(aside)) => (
                Content::new(),
                Some(
                    Failure::new(
                        FailureCode::File,
                        "The list of tunnels could not be understood",
                        "It begins anew; the old file was kept.",
                    )
                    .with_fact("Kept as", aside.display().to_string()),
                ),
            ),
            Err(error) => {
                (Content::new(), Some(file::failure("The list of tunnels could not be read", &path, &error)))
            }
        };
        let saved = content.remove(cloud).unwrap_or_default();
        let others = tokio::sync::Mutex::new(content);
        (Self { path, cloud: cloud.to_owned(), others }, saved, trouble)
    }

    /// Writes what `saved` gives once it is this one's turn.
    pub(super) async fn save(&self, saved: impl FnOnce() -> Saved) -> Result<(), Failure> {
        let others = self.others.lock().await;
        let mut content = others.clone();
        content.insert(self.cloud.clone(), saved());
        let path = self.path.clone();
        let written = file::blocking(move || file::save(&path, &content)).await;
        written.map_err(|error| file::failure("The list of tunnels could not be written", &self.path, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_cloud_has_its_own_and_a_broken_file_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (one, saved, trouble) = TunnelsFile::load(folder.path(), "one");
        assert_eq!((saved, trouble), (Saved::default(), None));
        let on = Saved { gateway: GatewaySettings { on: true, ..Default::default() }, ..Default::default() };
        one.save(|| on.clone()).await.unwrap();
        let (two, saved, _) = TunnelsFile::load(folder.path(), "two");
        assert_eq!(saved, Saved::default());
        two.save(Saved::default).await.unwrap();
        assert_eq!(TunnelsFile::load(folder.path(), "one").1, on);

        std::fs::write(folder.path().join("tunnels.json"), "{").unwrap();
        let (_, saved, trouble) = TunnelsFile::load(folder.path(), "one");
        assert_eq!(saved, Saved::default());
        assert_eq!(trouble.unwrap().code, FailureCode::File);
        assert!(folder.path().join("tunnels.json.broken").exists());
    }
}
