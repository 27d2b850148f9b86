//! When the publisher answered last, and with what: in a file, so that a start of the app asks nobody anew.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::file::{self, Loaded};

/// The form of the file that this version writes.
const VERSION: u32 = 1;

/// The last answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Answer {
    version: u32,
    /// When it came, in milliseconds since the Unix epoch.
    pub(super) at: f64,
    /// The list. It is read as one that has just come: somebody may have changed the file.
    pub(super) list: Value,
}

impl Answer {
    pub(super) fn new(at: f64, list: Value) -> Self {
        Self { version: VERSION, at, list }
    }
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
        match file::load::<Answer>(&self.0) {
            Ok(Loaded::Value(answer)) if answer.version == VERSION => Some(answer),
            Ok(Loaded::Value(_) | Loaded::Absent | Loaded::SetAside(_)) | Err(_) => None,
        }
    }

    /// Keeps an answer. One that cannot be kept is asked for once more after the next start.
    pub(super) async fn keep(&self, answer: Answer) {
        let path = self.0.clone();
        if let Err(error) = file::blocking(move || file::save(&path, &answer)).await {
            tracing::warn!(%error, "when updates were looked for could not be written down");
        }
    }
}
