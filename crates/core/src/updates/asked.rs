//! When the publisher answered last, and with what: in a file, so that a start of the app asks nobody anew.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::file::{
    self,
    versioned::{self, Form, Kept},
};

/// The last answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Answer {
    /// When it came, in milliseconds since the Unix epoch.
    pub(super) at: f64,
    /// The list. It is read as one that has just come: somebody may have changed the file.
    pub(super) list: Value,
}

impl Form for Answer {
    const VERSION: u64 = 1;
}

/// See the module.
#[derive(Debug)]
pub(super) struct AskedFile(PathBuf);

impl AskedFile {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.join("updates.json"))
    }

    /// The last answer. Nobody misses one that cannot be understood: the publisher is asked again.
    pub(super) fn load(&self) -> Option<Answer> {
        match versioned::read::<Answer>(&self.0) {
            Ok(Kept::Value(answer)) => Some(answer),
            Ok(Kept::Absent | Kept::Later(_) | Kept::SetAside(_)) | Err(_) => None,
        }
    }

    /// Keeps an answer. One that cannot be kept is asked for once more after the next start.
    pub(super) async fn keep(&self, answer: Answer) {
        let path = self.0.clone();
        if let Err(error) = file::blocking(move || versioned::write(&path, &answer)).await {
            tracing::warn!(%error, "when updates were looked for could not be written down");
        }
    }
}
