//! The folders that a desktop gets: those of the settings that are there.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use adit_rdp::{Drive, DriveAccess};
use tokio::time::timeout;

use crate::{file, words::desktop as words};

/// How long the folders may take to say that they are there: one may lie on a disk that is far away.
const LOOK: Duration = Duration::from_secs(3);

/// What a desktop gets, and what it does not.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shared {
    pub(super) drives: Vec<Drive>,
    /// A sentence for each that is left out.
    pub(super) left_out: Vec<String>,
}

/// Looks which folders are there.
pub(super) async fn look(folders: &[PathBuf], access: DriveAccess) -> Shared {
    if folders.is_empty() {
        return Shared::default();
    }
    if !adit_rdp::can_share_drives() {
        let left_out = vec![words::NO_FOLDERS_HERE.to_owned()];
        return Shared { drives: Vec::new(), left_out };
    }
    let wanted = folders.to_vec();
    let looked = timeout(LOOK, file::blocking(move || Ok(shared(&wanted, access)))).await;
    match looked {
        Ok(Ok(shared)) => shared,
        Ok(Err(_)) | Err(_) => {
            Shared { drives: Vec::new(), left_out: vec![words::FOLDERS_SILENT.to_owned()] }
        }
    }
}

fn shared(folders: &[PathBuf], access: DriveAccess) -> Shared {
    let mut all = Shared::default();
    for folder in folders {
        match drive(folder, access) {
            Some(drive) => all.drives.push(drive),
            None => all.left_out.push(words::folder_missing(folder)),
        }
    }
    all
}

fn drive(folder: &Path, access: DriveAccess) -> Option<Drive> {
    // The top of a disk has no name of its own.
    let name =
        folder.file_name().map_or_else(|| "Root".to_owned(), |name| name.to_string_lossy().into_owned());
    folder.is_dir().then(|| Drive { name, folder: folder.to_owned(), access })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn folders_that_are_not_there_are_named_and_the_others_shared() {
        let here = tempfile::tempdir().unwrap();
        let file = here.path().join("file");
        std::fs::write(&file, "x").unwrap();
        let gone = here.path().join("gone");
        let all = [here.path().to_owned(), gone.clone(), file.clone(), PathBuf::from("/")];
        let shared = look(&all, DriveAccess::ReadWrite).await;
        let folders: Vec<_> = shared.drives.iter().map(|drive| drive.folder.as_path()).collect();
        assert_eq!(folders, [here.path(), Path::new("/")]);
        assert!(
            shared
                .drives
                .iter()
                .all(|drive| drive.access == DriveAccess::ReadWrite && !drive.name.is_empty())
        );
        assert_eq!(shared.left_out.len(), 2);
        for (said, folder) in shared.left_out.iter().zip([gone, file]) {
            assert!(said.contains(&*folder.to_string_lossy()), "{said}");
        }
        assert_eq!(look(&[], DriveAccess::ReadOnly).await, Shared::default());
    }
}
