//! What a person reads that the shell itself says: titles of windows and dialogs, and failures. All else is said by core
//! (`crates/core/src/words`); the rows of the tray are among it.

use adit_contract::{Failure, FailureCode};
use adit_core::windows::MOST_FURTHER;

// ---- titles

pub(crate) const APP: &str = "Adit";
pub(crate) const DEMO: &str = "Adit demo";
pub(crate) const CLIENT_FILE: &str = "OAuth client file";
pub(crate) const IMPORT_PROFILES: &str = "Import profiles";
pub(crate) const EXPORT_PROFILES: &str = "Export profiles";
/// Files of profiles, in a dialog.
pub(crate) const PROFILES: &str = "Profiles";

// ---- a notice

/// What a click beside its buttons does.
#[cfg(target_os = "linux")]
pub(crate) const OPEN: &str = "Open";

// ---- the start

pub(crate) fn not_started() -> Failure {
    Failure::new(FailureCode::Internal, "Adit did not start", "Quit the app and start it again.")
}

// ---- the system's entries for the app

pub(crate) fn login_not_changed(why: String) -> Failure {
    entry("What starts at login could not be changed", why)
}

pub(crate) fn links_not_changed(why: String) -> Failure {
    entry("What opens links could not be changed", why)
}

fn entry(title: &str, why: String) -> Failure {
    let advice = "The system's entry for Adit could not be written. Look at the log, then turn the setting off and on again.";
    Failure::new(FailureCode::File, title, advice).with_server("file", why)
}

// ---- windows

pub(crate) fn window_not_opened(why: String) -> Failure {
    window("The window could not be opened", "Try again.", why)
}

pub(crate) fn window_not_closed(why: String) -> Failure {
    window("The window could not be closed", "Close it by its frame.", why)
}

pub(crate) fn window_not_changed(why: String) -> Failure {
    window("The window could not be changed", "Try again.", why)
}

fn window(title: &str, advice: &str, why: String) -> Failure {
    Failure::new(FailureCode::Internal, title, advice).with_server("window", why)
}

pub(crate) fn window_gone() -> Failure {
    invalid("That window is closed", "Choose another.")
}

pub(crate) fn too_many_windows() -> Failure {
    invalid(format!("{MOST_FURTHER} windows are open"), "Close one of them first.")
}

pub(crate) fn placed_by_system() -> Failure {
    Failure::new(
        FailureCode::NotSupported,
        "This desktop lets a window fill only the display that it is on",
        "Wayland places windows by itself. Move the window there first, or start a session of X11.",
    )
}

// ---- the clipboard, the browser, files

pub(crate) fn clipboard_not_written(why: String) -> Failure {
    Failure::new(FailureCode::Internal, "The clipboard could not be written", "Try again.")
        .with_server("clipboard", why)
}

pub(crate) fn browser_not_opened(advice: &str, why: String) -> Failure {
    Failure::new(FailureCode::Internal, "The browser could not be opened", advice).with_server("browser", why)
}

/// What to do where the browser opens no package of an update.
pub(crate) const GET_PACKAGE: &str = "Get the package from where this one came from.";
/// What to do where it opens no address.
pub(crate) const COPY_ADDRESS: &str = "Copy the address instead.";

pub(crate) fn no_web_address() -> Failure {
    invalid("This address cannot be opened", "Only web addresses can.")
}

pub(crate) fn file_elsewhere() -> Failure {
    Failure::new(FailureCode::File, "This file cannot be used", "Choose a file on this computer.")
}

// ---- the demo

pub(crate) fn page_of_before() -> Failure {
    invalid("This page shows what was before", "It is loaded anew in a moment.")
}

pub(crate) fn demo_missing() -> Failure {
    Failure::new(
        FailureCode::NotSupported,
        "The demo is not installed",
        "Its cloud is the command adit, beside the app. Install Adit anew.",
    )
}

pub(crate) fn demo_beside_accounts() -> Failure {
    invalid("The demo begins where nobody is signed in", "Sign out first.")
}

pub(crate) fn demo_beside_update() -> Failure {
    invalid("An update is on its way", "Install it or cancel it, then start the demo.")
}

fn invalid(title: impl Into<String>, advice: &str) -> Failure {
    Failure::new(FailureCode::InvalidInput, title, advice)
}
