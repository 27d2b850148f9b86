//! Files that were copied on a desktop, on their way into the folder for downloads.

use std::path::{Path, PathBuf};

use adit_contract::{CopiedFiles, Failure, FilesAction, Note, NoteKind};
use adit_rdp::Progress;

use super::{
    super::{attempt::Tab, observer::Observer as _, session::Session},
    link::News,
};
use crate::{
    failure, file,
    words::{desktop as words, files},
};

impl Session {
    /// Saves what was copied on the desktop as files, or ends that. How far it is, and how it ends, is told in the tab.
    pub(crate) async fn copied_files(&self, action: FilesAction) -> Result<(), Failure> {
        let control = self.held(|held| held.control.clone()).flatten();
        let control = control.ok_or_else(words::not_shown)?;
        let sent = match action {
            FilesAction::Cancel => control.cancel_files().await,
            FilesAction::Save => {
                match self.info().desktop.map(|desktop| desktop.files).unwrap_or_default() {
                    CopiedFiles::Offered { .. } => {}
                    CopiedFiles::None => return Err(words::no_files()),
                    CopiedFiles::Saving { .. } => return Err(words::files_being_saved()),
                }
                let folder = self.surroundings.desktops().downloads.ok_or_else(words::no_downloads)?;
                let made = folder.clone();
                file::blocking(move || std::fs::create_dir_all(made))
                    .await
                    .map_err(|error| files::failure(words::DOWNLOADS_NOT_MADE, &folder, &error))?;
                control.save_files(folder).await
            }
        };
        sent.map_err(|error| failure::rdp(&error, &self.instance))
    }
}

/// Shows in the tab what the clipboards have to tell.
pub(super) fn tell(tab: &Tab, news: News) {
    match news {
        News::Files(files) => tab.session.change(tab.epoch, |inner| {
            if let Some(desktop) = &mut inner.info.desktop {
                desktop.files = files;
            }
        }),
        News::Saved(saved) => {
            if let Some(text) = saved_words(&saved) {
                tab.note(Note { kind: NoteKind::FilesSaved, text });
            }
        }
        News::NotSaved(error) => tab.limited(&words::files_not_saved(&error)),
        News::NotOffered(error) => tab.limited(&words::files_not_offered(&error)),
    }
}

/// The connection is over: what was on its way does not come any more.
pub(super) fn lost(tab: &Tab) {
    let files = tab.session.info().desktop.map(|desktop| desktop.files).unwrap_or_default();
    match files {
        CopiedFiles::None => return,
        CopiedFiles::Offered { .. } => {}
        CopiedFiles::Saving { .. } => {
            tab.limited(words::FILES_CUT_OFF);
        }
    }
    tell(tab, News::Files(CopiedFiles::None));
}

/// How much is saved, 0 to 100.
pub(super) fn percent(progress: Progress) -> u8 {
    let Progress { files, of_files, bytes, of_bytes } = progress;
    let (done, of) = match of_bytes {
        0 => (u64::try_from(files).unwrap_or(u64::MAX), u64::try_from(of_files).unwrap_or(u64::MAX)),
        _ => (bytes, of_bytes),
    };
    u8::try_from(done.min(of).saturating_mul(100) / of.max(1)).unwrap_or(100)
}

/// Where they are; nothing for none.
fn saved_words(saved: &[PathBuf]) -> Option<String> {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let (first, more) = saved.split_first()?;
    Some(words::files_saved(&name(first)?, more.len(), first.parent()?))
}

#[cfg(test)]
mod tests {
    use adit_rdp::{FileError, MAX_BYTES};

    use super::*;

    #[test]
    fn progress_is_told_by_bytes_or_by_files_and_never_beyond_the_end() {
        let of = |files, of_files, bytes, of_bytes| percent(Progress { files, of_files, bytes, of_bytes });
        assert_eq!(of(0, 2, 0, 0), 0);
        assert_eq!(of(1, 2, 0, 0), 50);
        assert_eq!(of(0, 0, 0, 0), 0);
        assert_eq!(of(0, 1, 999, 1000), 99);
        assert_eq!(of(1, 1, MAX_BYTES, MAX_BYTES), 100);
        assert_eq!(of(1, 1, 5, 4), 100);
    }

    #[test]
    fn what_is_saved_is_named_with_its_folder() {
        let words = |paths: &[&str]| saved_words(&paths.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(words(&[]), None);
        assert_eq!(words(&["/d/a.txt"]).as_deref(), Some("a.txt is saved in /d."));
        assert_eq!(words(&["/d/a", "/d/b", "/d/c"]).as_deref(), Some("a and 2 more are saved in /d."));
    }

    #[test]
    fn each_reason_is_a_sentence() {
        assert_eq!(
            words::files_not_offered(&FileError::TooLong),
            "The files you copied cannot be pasted there: a path is too long."
        );
        for error in [
            FileError::None,
            FileError::Busy,
            FileError::TooMany,
            FileError::TooLarge,
            FileError::TooLong,
            FileError::Refused,
            FileError::Replaced,
            FileError::Untaken,
            FileError::Cancelled,
            FileError::Write(std::io::ErrorKind::StorageFull),
        ] {
            let said = words::files_not_saved(&error);
            assert!(said.starts_with("The files were not") && said.ends_with('.'), "{said}");
            let said = words::files_not_offered(&error);
            assert!(said.ends_with('.') && !said.contains("  "), "{said}");
        }
    }
}
