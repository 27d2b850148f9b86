//! The VMs that a person marked with a star, kept by their full names.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use adit_contract::{Failure, InstanceRef};
use serde::{Deserialize, Serialize};

use crate::file::{
    self,
    versioned::{self, Form, Kept},
};

use crate::words::{files, window as words};

/// The most favourites of a cloud.
const MOST: usize = 200;
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Content {
    /// By cloud, since a project of one is none of another.
    clouds: BTreeMap<String, Vec<InstanceRef>>,
}

impl Form for Content {
    const VERSION: u64 = 1;
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Favourites {
    path: PathBuf,
    cloud: String,
    /// It could not be read: what lies there is not what is known here.
    unread: Arc<AtomicBool>,
    /// Held while writing, so that the last state is the one that stays in the file.
    now: tokio::sync::Mutex<Content>,
}

impl Favourites {
    /// Reads them, with what is wrong with their file.
    pub(crate) fn load(folder: &Path, cloud: &str) -> (Self, Option<Failure>) {
        let path = folder.join("favourites.json");
        let read = versioned::read::<Content>(&path);
        let unread = Arc::new(AtomicBool::new(read.is_err()));
        let (mut content, trouble) = match read {
            Ok(Kept::Absent) => (Content::default(), None),
            Ok(Kept::Value(content)) => (content, None),
            Ok(Kept::Later(content)) => (content.unwrap_or_default(), Some(words::favourites_later(&path))),
            Ok(Kept::SetAside(aside)) => (Content::default(), Some(words::favourites_set_aside(&aside))),
            Err(error) => {
                (Content::default(), Some(files::failure(words::FAVOURITES_NOT_READ, &path, &error)))
            }
        };
        if let Some(all) = content.clouds.get_mut(cloud) {
            all.truncate(MOST);
        }
        let now = tokio::sync::Mutex::new(content);
        (Self { path, cloud: cloud.to_owned(), unread, now }, trouble)
    }

    /// All of them, in the order in which they were marked.
    pub(crate) async fn all(&self) -> Vec<InstanceRef> {
        self.now.lock().await.clouds.get(&self.cloud).cloned().unwrap_or_default()
    }

    /// Marks a VM or takes the mark away; gives all of them.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for one too many,
    /// [`FailureCode::File`](adit_contract::FailureCode::File) when it cannot be written: then nothing has changed.
    pub(crate) async fn set(&self, instance: InstanceRef, mark: Mark) -> Result<Vec<InstanceRef>, Failure> {
        if crate::link::instance(&instance.to_string()).as_ref() != Some(&instance) {
            return Err(words::no_favourite());
        }
        let mut now = self.now.lock().await;
        let mut content = now.clone();
        let all = content.clouds.entry(self.cloud.clone()).or_default();
        all.retain(|known| *known != instance);
        if mark == Mark::Favourite {
            if all.len() >= MOST {
                return Err(words::too_many_favourites(MOST));
            }
            all.push(instance);
        }
        let all = all.clone();
        let (path, unread, written) = (self.path.clone(), self.unread.clone(), content.clone());
        let written = file::blocking(move || versioned::write_over(&path, &unread, &written)).await;
        written.map_err(|error| files::failure(words::FAVOURITES_NOT_WRITTEN, &self.path, &error))?;
        *now = content;
        Ok(all)
    }
}

/// Whether a VM is a favourite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Favourite,
    None,
}

#[cfg(test)]
mod tests {
    use adit_contract::FailureCode;

    use super::*;
    use crate::file::versioned::tests::later_forms;

    fn vm(name: &str) -> InstanceRef {
        InstanceRef { project: "p".into(), zone: "z".into(), name: name.into() }
    }

    #[tokio::test]
    async fn favourites_keep_their_order_and_are_those_of_their_cloud() {
        let folder = tempfile::tempdir().unwrap();
        let (one, trouble) = Favourites::load(folder.path(), "one");
        assert_eq!(trouble, None);
        one.set(vm("b"), Mark::Favourite).await.unwrap();
        one.set(vm("a"), Mark::Favourite).await.unwrap();
        // Marked twice, it is there once.
        assert_eq!(one.set(vm("a"), Mark::Favourite).await.unwrap(), [vm("b"), vm("a")]);
        let (two, _) = Favourites::load(folder.path(), "two");
        assert_eq!(two.all().await, []);
        two.set(vm("c"), Mark::Favourite).await.unwrap();
        let (one, _) = Favourites::load(folder.path(), "one");
        assert_eq!(one.all().await, [vm("b"), vm("a")]);
        assert_eq!(one.set(vm("b"), Mark::None).await.unwrap(), [vm("a")]);
    }

    #[tokio::test]
    async fn there_are_only_so_many_and_a_later_versions_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let all: Vec<InstanceRef> = (0..MOST + 3).map(|n| vm(&n.to_string())).collect();
        let path = folder.path().join("favourites.json");
        let content = Content { clouds: BTreeMap::from([("one".into(), all.clone())]) };
        versioned::write(&path, &content).unwrap();
        let (one, _) = Favourites::load(folder.path(), "one");
        assert_eq!(one.all().await.len(), MOST);
        assert_eq!(one.set(vm("new"), Mark::Favourite).await.unwrap_err().code, FailureCode::InvalidInput);

        for (form, known) in later_forms(Content::VERSION + 1, &content).iter().zip([MOST, 0]) {
            std::fs::write(&path, form).unwrap();
            let (one, trouble) = Favourites::load(folder.path(), "one");
            assert!(trouble.unwrap().title.contains("later version"));
            assert_eq!(one.all().await.len(), known);
            assert_eq!(one.set(vm("0"), Mark::None).await.unwrap_err().code, FailureCode::File);
            assert_eq!(one.all().await.len(), known, "nothing has changed");
            assert_eq!(&std::fs::read_to_string(&path).unwrap(), form);
        }

        std::fs::write(&path, "{").unwrap();
        let (_, trouble) = Favourites::load(folder.path(), "one");
        assert_eq!(trouble.unwrap().code, FailureCode::File);
        assert!(folder.path().join("favourites.json.broken").exists());
    }
}
