//! The keys that a person chose in place of the usual ones, by the front end's commands. In a file of their own beside the
//! settings.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use adit_contract::Failure;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::file::{
    self,
    versioned::{self, Form, Kept},
};

use crate::words::{files, window as words};

/// Chosen keys by command.
pub(crate) type Keys = BTreeMap<String, Vec<String>>;

/// Most commands with keys of their own.
const MOST_COMMANDS: usize = 128;
/// Most keys of a command.
const MOST_KEYS: usize = 4;
/// The longest name of a command or of its keys, in bytes.
const LONGEST: usize = 64;

#[derive(Debug, Serialize, Deserialize)]
struct Content {
    keys: Keys,
}

impl Form for Content {
    const VERSION: u64 = 1;

    fn from_earlier(_version: Option<u64>, value: Value) -> serde_json::Result<Self> {
        // The first form was the keys alone.
        serde_json::from_value(value).map(|keys| Self { keys })
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct KeysFile {
    path: PathBuf,
    /// The file has more than this version takes: it is left as it is.
    foreign: bool,
    /// It could not be read: what lies there is not what is known here.
    unread: Arc<AtomicBool>,
    /// Held while writing, so that the last ones are those that stay in the file.
    now: tokio::sync::Mutex<Keys>,
}

impl KeysFile {
    /// Reads them. Of a file that cannot be understood the usual keys are what is left; it is set aside.
    pub(crate) fn load(folder: &Path) -> Self {
        let path = folder.join("keys.json");
        let read = versioned::read::<Content>(&path);
        let unread = Arc::new(AtomicBool::new(read.is_err()));
        let (now, foreign) = match read {
            Ok(Kept::Value(content) | Kept::Later(Some(content))) if fits(&content.keys) => {
                (content.keys, false)
            }
            Ok(Kept::Value(_) | Kept::Later(Some(_))) => (Keys::new(), true),
            Ok(Kept::Absent | Kept::Later(None) | Kept::SetAside(_)) => (Keys::new(), false),
            Err(error) => {
                tracing::warn!(%error, "The chosen keys could not be read");
                (Keys::new(), false)
            }
        };
        Self { path, foreign, unread, now: tokio::sync::Mutex::new(now) }
    }

    pub(crate) async fn current(&self) -> Keys {
        self.now.lock().await.clone()
    }

    /// Takes others; they hold until the app ends even if they cannot be written.
    pub(crate) async fn set(&self, keys: Keys, told: impl FnOnce(Keys)) -> Result<(), Failure> {
        if !fits(&keys) {
            return Err(words::too_many_keys());
        }
        let mut now = self.now.lock().await;
        now.clone_from(&keys);
        told(keys.clone());
        if self.foreign {
            return Err(words::foreign_keys(&self.path));
        }
        let (path, unread) = (self.path.clone(), self.unread.clone());
        let written = file::blocking(move || versioned::write_over(&path, &unread, &Content { keys })).await;
        written.map_err(|error| files::failure(words::KEYS_NOT_WRITTEN, &self.path, &error))
    }
}

fn fits(keys: &Keys) -> bool {
    let short = |text: &String| text.len() <= LONGEST && !text.chars().any(char::is_control);
    keys.len() <= MOST_COMMANDS
        && keys
            .iter()
            .all(|(command, keys)| short(command) && keys.len() <= MOST_KEYS && keys.iter().all(short))
}

#[cfg(test)]
mod tests {
    use adit_contract::FailureCode;

    use super::*;
    use crate::file::versioned::tests::later_forms;

    fn keys(command: &str, chosen: &[&str]) -> Keys {
        Keys::from([(command.to_owned(), chosen.iter().map(|key| (*key).to_owned()).collect())])
    }

    #[tokio::test]
    async fn chosen_keys_are_kept_within_bounds_and_a_broken_file_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeysFile::load(folder.path());
        let mut told = None;
        file.set(keys("palette", &["Ctrl+J"]), |keys| told = Some(keys)).await.unwrap();
        assert_eq!(told, Some(keys("palette", &["Ctrl+J"])));
        assert_eq!(KeysFile::load(folder.path()).current().await, keys("palette", &["Ctrl+J"]));
        for wrong in
            [keys("palette", &["a", "b", "c", "d", "e"]), keys(&"x".repeat(65), &[]), keys("p", &["\n"])]
        {
            let refused = file.set(wrong, |_| panic!("nobody is told")).await.unwrap_err();
            assert_eq!(refused.code, FailureCode::InvalidInput);
        }
        let later = serde_json::to_string(&keys("palette", &["a", "b", "c", "d", "e"])).unwrap();
        std::fs::write(folder.path().join("keys.json"), &later).unwrap();
        let older = KeysFile::load(folder.path());
        let refused = older.set(keys("palette", &["Ctrl+J"]), |_| ()).await.unwrap_err();
        assert_eq!(refused.code, FailureCode::File);
        assert_eq!(older.current().await, keys("palette", &["Ctrl+J"]));
        assert_eq!(std::fs::read_to_string(folder.path().join("keys.json")).unwrap(), later);
        std::fs::write(folder.path().join("keys.json"), "[]").unwrap();
        assert_eq!(KeysFile::load(folder.path()).current().await, Keys::new());
        assert!(folder.path().join("keys.json.broken").exists());
    }

    #[tokio::test]
    async fn the_first_form_had_no_version_and_a_later_one_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let chosen = keys("palette", &["Ctrl+J"]);
        std::fs::write(&path, serde_json::to_string(&chosen).unwrap()).unwrap();
        let file = KeysFile::load(folder.path());
        assert_eq!(file.current().await, chosen);
        file.set(chosen.clone(), |_| ()).await.unwrap();
        let written: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(written, serde_json::json!({"version": 1, "keys": {"palette": ["Ctrl+J"]}}));

        let content = Content { keys: chosen.clone() };
        for (form, known) in later_forms(Content::VERSION + 1, &content).iter().zip([chosen, Keys::new()]) {
            std::fs::write(&path, form).unwrap();
            let file = KeysFile::load(folder.path());
            assert_eq!(file.current().await, known);
            let refused = file.set(keys("find", &["F3"]), |_| ()).await.unwrap_err();
            assert!(refused.advice.contains("later version"), "{}", refused.advice);
            assert_eq!(file.current().await, keys("find", &["F3"]), "they hold until the app ends");
            assert_eq!(&std::fs::read_to_string(&path).unwrap(), form);
        }
    }
}
