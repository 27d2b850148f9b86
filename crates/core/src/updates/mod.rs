//! Newer versions of the app. Core asks the publisher for a list, within bounds and by HTTPS alone; whatever installs
//! them reads the list, checks signatures and puts a package in place ([`Updater`]).

mod asked;
mod fetch;
mod list;
mod run;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc};

use adit_contract::UpdateWay;
use serde_json::Value;
use url::Url;

pub(crate) use self::{fetch::FetchError, run::Updates};

/// Where a build asks for newer versions of itself.
#[derive(Clone)]
pub struct Publisher {
    /// The list of what was published, as `https`.
    pub list: Url,
    /// What installs it.
    pub updater: Arc<dyn Updater>,
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publisher").field("list", &self.list.as_str()).finish_non_exhaustive()
    }
}

/// Reads the publisher's list and starts the app again.
pub trait Updater: Send + Sync {
    /// What the list has for this app on this system; none when that is not newer. The list is not signed and may say
    /// anything.
    ///
    /// # Errors
    /// [`UpdateError::Unreadable`], [`UpdateError::NoPackage`].
    fn newer(&self, list: &Value) -> Result<Option<Published>, UpdateError>;

    /// Ends the app and starts the version that was put in place. Returns before that has happened.
    fn restart(&self);
}

/// A version that is newer, as the list has it.
#[derive(Clone)]
pub struct Published {
    /// Which one.
    pub version: String,
    /// What is new in it, as the publisher wrote it.
    pub notes: String,
    /// When it was published.
    pub at: Option<f64>,
    /// Where its package is.
    pub address: Url,
    /// How it gets onto this computer.
    pub way: UpdateWay,
    /// What its package has to be.
    pub package: Arc<dyn Package>,
}

/// What a package has to be, and how it is put in place.
pub trait Package: Send + Sync {
    /// Whether these bytes are what the publisher signed, as this very version. May take a moment.
    ///
    /// # Errors
    /// [`UpdateError::Untrusted`].
    fn verify(&self, bytes: &[u8]) -> Result<(), UpdateError>;

    /// Verifies the bytes again and puts them in place of the running app. Blocks, and may ask the person for their
    /// password by the system's own dialog.
    ///
    /// # Errors
    /// [`UpdateError::Untrusted`], [`UpdateError::NotInstalled`] with the app as it was, and
    /// [`UpdateError::LeftAside`].
    fn install(&self, bytes: &[u8]) -> Result<(), UpdateError>;
}

/// Why an update came to nothing. The texts are the updater's own, for whoever looks closer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// The list is none.
    #[error("the list cannot be read: {0}")]
    Unreadable(String),
    /// The list has a newer version, but nothing of it for this system and kind of package.
    #[error("there is no package of it for this system")]
    NoPackage,
    /// The signature is another one's, of other bytes or of another version.
    #[error("the signature does not hold: {0}")]
    Untrusted(String),
    /// The package could not be put in place; the app is as it was.
    #[error("it could not be installed: {0}")]
    NotInstalled(String),
    /// Neither the new version nor the running one could be put in place.
    #[error("the running version was left at {}", .0.display())]
    LeftAside(PathBuf),
}
