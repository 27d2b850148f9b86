//! What a person reads, in one place: each area of the app has a file here, and whoever fails or tells something takes the
//! words from it. A translation would replace the bodies (decision 27), so each is a whole sentence that gets what it names
//! as parameters: nothing is glued together where it is used, and what depends on a number is decided here.
//!
//! Two places declare words of their own beside these: the settings' titles and help (`settings/table`), and what an
//! explanation makes of its evidence (`explain/words`). `cargo xtask tidy` finds sentences anywhere else.

pub(crate) mod accounts;
pub(crate) mod cloud;
pub(crate) mod desktop;
pub mod failure;
pub(crate) mod files;
pub(crate) mod inventory;
pub(crate) mod links;
pub(crate) mod notices;
pub(crate) mod printing;
pub(crate) mod profile_files;
pub(crate) mod profiles;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod share;
pub(crate) mod tray;
pub(crate) mod tunnels;
pub(crate) mod updates;
pub(crate) mod window;
pub(crate) mod windows_password;

use adit_contract::{Failure, FailureCode};

/// What was typed, chosen or asked for cannot be.
fn invalid(title: impl Into<String>, advice: impl Into<String>) -> Failure {
    Failure::new(FailureCode::InvalidInput, title, advice)
}
