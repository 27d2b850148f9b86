//! The window: how it is arranged, its keys, its favourites, and the displays it covers.

use std::path::Path;

use adit_contract::{Failure, FailureCode};

use super::{files, invalid};

pub(crate) const LAYOUT_NOT_WRITTEN: &str = "The window's layout could not be written";
pub(crate) const TABS_NOT_WRITTEN: &str = "The window's tabs could not be remembered";

pub(crate) fn too_many_tabs() -> Failure {
    invalid("The window has too many tabs to be remembered", "Close some of them.")
}

// ---- keys

pub(crate) const KEYS_NOT_WRITTEN: &str = "The chosen keys could not be written";

pub(crate) fn too_many_keys() -> Failure {
    invalid("These keys cannot be kept", "Choose fewer.")
}

pub(crate) fn foreign_keys(path: &Path) -> Failure {
    files::about(
        "The chosen keys cannot be kept",
        "They hold until Adit ends. Their file holds more than this version takes: put it away first.",
        path,
    )
}

// ---- favourites

pub(crate) const FAVOURITES_NOT_READ: &str = "The list of favourites could not be read";
pub(crate) const FAVOURITES_NOT_WRITTEN: &str = "The list of favourites could not be written";

pub(crate) fn favourites_later(path: &Path) -> Failure {
    files::later("A later version of Adit wrote the list of favourites", path)
}

pub(crate) fn favourites_set_aside(aside: &Path) -> Failure {
    files::set_aside(
        "The list of favourites could not be understood",
        "It begins anew; the old file was kept.",
        aside,
    )
}

pub(crate) fn no_favourite() -> Failure {
    invalid("This is no VM", "Choose one from the list.")
}

pub(crate) fn too_many_favourites(most: usize) -> Failure {
    invalid(format!("There are {most} favourites"), "Take the star from one of them first.")
}

// ---- displays

pub(crate) fn display_gone() -> Failure {
    invalid("One of the displays is not there any more", "Choose from those that are.")
}

pub(crate) fn displays_apart() -> Failure {
    Failure::new(
        FailureCode::NotSupported,
        "One window cannot cover these displays",
        "Choose displays that lie side by side.",
    )
}
