//! Files of ours and of others.

use std::{io, path::Path};

use adit_contract::{Failure, FailureCode};

use crate::file::versioned;

/// A file error as a failure: `title` says what could not be done.
pub(crate) fn failure(title: &str, path: &Path, error: &io::Error) -> Failure {
    let advice = match error.kind() {
        _ if versioned::is_later(error) => {
            "A later version of Adit wrote it, and it is left as it is. Update Adit, or put the file away."
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "There is no room left where it lies. Make some, then try again."
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "It lies where nothing can be written. Make that writable, then try again."
        }
        io::ErrorKind::PermissionDenied => {
            "You may not open it. Check whose it and its folder are and what they allow, then try again."
        }
        _ => "Check that the folder exists and can be written, then try again.",
    };
    about(title, advice, path).with_server("file", error.to_string())
}

/// A later version of Adit wrote what `title` says, which is read as far as it can be understood.
pub(super) fn later(title: &str, path: &Path) -> Failure {
    about(
        title,
        "It is used as far as this one understands it, and not changed. Update Adit, or put the file away.",
        path,
    )
}

/// Something is the matter with a file.
pub(super) fn about(title: impl Into<String>, advice: impl Into<String>, path: &Path) -> Failure {
    Failure::new(FailureCode::File, title, advice).with_fact("File", path.display().to_string())
}

/// A file could not be understood and lies elsewhere now, so that nothing in it is lost.
pub(super) fn set_aside(title: &str, advice: &str, aside: &Path) -> Failure {
    Failure::new(FailureCode::File, title, advice).with_fact("Kept as", aside.display().to_string())
}

/// The same failure, with the title of another one.
pub(crate) fn also(failure: Failure, title: String) -> Failure {
    failure.with_fact("Also", title)
}
