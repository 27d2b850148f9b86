//! Remote desktops: their connection, what is typed there, and the files, folders and sound that go with them.

use std::path::Path;

use adit_contract::{Action, Failure, FailureCode};
use adit_rdp::{FileError, MAX_BYTES, MAX_FILES};

use super::invalid;

/// A gibibyte.
const GIB: u64 = 1024 * 1024 * 1024;

// ---- the connection

pub(crate) fn waiting_for_picture(vm: &str) -> String {
    format!("Waiting for the picture of {vm}")
}

pub(crate) fn reconnecting(vm: &str) -> String {
    format!("The connection was lost. Connecting to {vm} again")
}

pub(crate) const RESUMES: &str = "The relay was lost. The desktop goes on where it was.";
pub(crate) const DISCONNECTED: &str = "You disconnected";

pub(crate) const CERTIFICATES_NOT_READ: &str = "The known certificates could not be read";
pub(crate) const CERTIFICATES_NOT_WRITTEN: &str = "The known certificates could not be written";

pub(crate) fn certificate_rejected(fingerprint: String) -> Failure {
    Failure::new(
        FailureCode::CertificateUnknown,
        "The certificate was not accepted",
        "Nothing was sent that says who you are. Connect again once you know the VM's certificate.",
    )
    .with_fact("Presented SHA-256", fingerprint)
    .with_action(Action::TryAgain)
}

pub(crate) fn not_shown() -> Failure {
    invalid("No desktop is shown in this tab", "Connect it, then try again.")
}

// ---- who signs in

pub(crate) fn name_too_long() -> Failure {
    wrong("The name is too long")
}

pub(crate) fn name_odd() -> Failure {
    wrong("The name has characters that no name has")
}

pub(crate) fn password_too_long() -> Failure {
    wrong("The password is too long")
}

fn wrong(title: &str) -> Failure {
    invalid(title, "Correct it and try again.")
}

/// What the keychain keeps for removed profiles is still there; `entries` are the names of the first.
pub(crate) fn left_behind(entries: impl Iterator<Item = String>, why: String) -> Failure {
    let failure = Failure::new(
        FailureCode::Keychain,
        "The keychain could not be asked to forget the removed profiles",
        "The profiles are gone. A password, if one was saved for them, is still in the keychain, as an entry of adit whose \
         name begins with profile|. Delete it there.",
    )
    .with_server("keychain", why);
    entries.fold(failure, |failure, entry| failure.with_fact("Entry", entry))
}

// ---- the clipboard, typed

pub(crate) fn nothing_to_type() -> Failure {
    invalid("There is no text on the clipboard", "Copy some, then try again.")
}

pub(crate) fn too_long_to_type() -> Failure {
    invalid(
        "The text on the clipboard is too long to be typed",
        "Up to 16 KiB are typed. Share the clipboard with the desktop instead, or copy less.",
    )
}

// ---- files

pub(crate) fn no_files() -> Failure {
    invalid("No files are copied on the desktop", "Copy some there first.")
}

pub(crate) fn files_being_saved() -> Failure {
    invalid("Files are being saved already", "Wait until they are.")
}

pub(crate) fn no_downloads() -> Failure {
    invalid("This system names no folder for downloads", "Make one in your home folder.")
}

pub(crate) const DOWNLOADS_NOT_MADE: &str = "The folder for downloads could not be made";
pub(crate) const FILES_CUT_OFF: &str =
    "The connection was lost before all files were saved. Those that are whole stay.";

/// The first of what was saved, and how many more were.
pub(crate) fn files_saved(first: &str, more: usize, folder: &Path) -> String {
    let folder = folder.display();
    match more {
        0 => format!("{first} is saved in {folder}."),
        more => format!("{first} and {more} more are saved in {folder}."),
    }
}

pub(crate) fn files_not_offered(error: &FileError) -> String {
    match error {
        FileError::TooMany => format!(
            "The files you copied cannot be pasted there: there are more than {MAX_FILES}, or folders lie too deep."
        ),
        FileError::TooLarge => {
            format!(
                "The files you copied cannot be pasted there: they have more than {} GiB.",
                MAX_BYTES / GIB
            )
        }
        FileError::TooLong => "The files you copied cannot be pasted there: a path is too long.".to_owned(),
        FileError::Untaken => {
            "The files you copied cannot be pasted there: that desktop takes no files.".to_owned()
        }
        FileError::None
        | FileError::Busy
        | FileError::Refused
        | FileError::Replaced
        | FileError::Cancelled
        | FileError::Write(_) => {
            "The files you copied cannot be pasted there: they cannot be read.".to_owned()
        }
    }
}

pub(crate) fn files_not_saved(error: &FileError) -> String {
    match error {
        FileError::None => "The files were not all saved: the desktop has none any more.".to_owned(),
        FileError::Busy => "The files were not all saved: others are being saved.".to_owned(),
        FileError::TooMany => format!("The files were not saved: there are more than {MAX_FILES}."),
        FileError::TooLarge => format!(
            "The files were not saved: they have more than {} GiB, or more than was said.",
            MAX_BYTES / GIB
        ),
        FileError::TooLong => "The files were not all saved: a path is too long.".to_owned(),
        FileError::Refused => "The files were not all saved: the desktop did not give one.".to_owned(),
        FileError::Replaced => {
            "The files were not all saved: something else was copied there meanwhile.".to_owned()
        }
        FileError::Untaken => "The files were not all saved: that desktop gives no files.".to_owned(),
        FileError::Cancelled => "The files were not all saved: you cancelled it.".to_owned(),
        FileError::Write(kind) => format!("The files were not all saved: {kind}."),
    }
}

// ---- folders and sound

pub(crate) const NO_FOLDERS_HERE: &str = "Adit cannot share folders on this system yet.";
pub(crate) const FOLDERS_SILENT: &str = "The shared folders did not answer in time.";

pub(crate) fn folder_missing(folder: &Path) -> String {
    format!("{} is not shared: no such folder is there.", folder.display())
}

pub(crate) const LOUDSPEAKER_FAILS: &str =
    "The desktop has sound, but the loudspeaker here fails. Adit tries it again now and then.";
pub(crate) const NO_LOUDSPEAKER: &str =
    "The desktop has sound, but Adit finds no loudspeaker here to play it.";
