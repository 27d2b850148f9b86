//! The keys that a person chose in place of the usual ones, by the front end's commands. In a file of their own beside the
//! settings.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use adit_contract::{Failure, FailureCode};

use crate::file::{self, Loaded};

/// Chosen keys by command.
pub(crate) type Keys = BTreeMap<String, Vec<String>>;

/// Most commands with keys of their own.
const MOST_COMMANDS: usize = 128;
/// Most keys of a command.
const MOST_KEYS: usize = 4;
/// The longest name of a command or of its keys, in bytes.
const LONGEST: usize = 64;

/// See the module.
#[derive(Debug)]
pub(crate) struct KeysFile {
    path: PathBuf,
    /// The file is not as this version writes it, or could not be read: it is left as it is.
    foreign: bool,
    /// Held while writing, so that the last ones are those that stay in the file.
    now: tokio::sync::Mutex<Keys>,
}

impl KeysFile {
    /// Reads them. Of a file that cannot be understood the usual keys are what is left; it is set aside.
    pub(crate) fn load(folder: &Path) -> Self {
        let path = folder.join("keys.json");
        let (now, foreign) = match file::load::<Keys>(&path) {
            Ok(Loaded::Value(keys)) if fits(&keys) => (keys, false),
            Ok(Loaded::Value(_)) => (Keys::new(), true),
            Ok(Loaded::Absent | Loaded::SetAside(_)) => (Keys::new(), false),
            Err(error) => {
                tracing::warn!(%error, "The chosen keys could not be read");
                (Keys::new(), true)
            }
        };
        Self { path, foreign, now: tokio::sync::Mutex::new(now) }
    }

    pub(crate) async fn current(&self) -> Keys {
        self.now.lock().await.clone()
    }

    /// Takes others; they hold until the app ends even if they cannot be written.
    pub(crate) async fn set(&self, keys: Keys, told: impl FnOnce(Keys)) -> Result<(), Failure> {
        if !fits(&keys) {
            return Err(Failure::new(
                FailureCode::InvalidInput,
                "These keys cannot be kept",
                "Choose fewer.",
            ));
        }
        let mut now = self.now.lock().await;
        now.clone_from(&keys);
        told(keys.clone());
        if self.foreign {
            let failure = Failure::new(
                FailureCode::File,
                "The chosen keys cannot be kept",
                "They hold until Adit ends. Their file holds what this version does not know, or cannot be read: put it away first.",
            );
            return Err(failure.with_fact("File", self.path.display().to_string()));
        }
        let path = self.path.clone();
        let written = file::blocking(move || file::save(&path, &keys)).await;
        written.map_err(|error| file::failure("The chosen keys could not be written", &self.path, &error))
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
    use super::*;

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
}
