//! The settings file.

use std::path::{Path, PathBuf};

use adit_contract::{Failure, FailureCode, Settings};

use crate::file::{self, Loaded};

/// The settings and the file they live in.
#[derive(Debug)]
pub(crate) struct SettingsFile {
    path: PathBuf,
    now: Settings,
}

impl SettingsFile {
    /// Reads the settings of a folder; whatever is wrong with the file is told beside the values to go on with.
    pub(crate) fn load(folder: &Path) -> (Self, Option<Failure>) {
        let path = folder.join("settings.json");
        let (now, trouble) = match file::load::<Settings>(&path) {
            Ok(Loaded::Absent) => (Settings::default(), None),
            Ok(Loaded::Value(settings)) => (settings.clamped(), None),
            Ok(Loaded::SetAside(aside)) => (
                Settings::default(),
                Some(
                    Failure::new(
                        FailureCode::File,
                        "The settings file could not be understood",
                        "The settings are back at their defaults; the old file was kept.",
                    )
                    .with_fact("Kept as", aside.display().to_string()),
                ),
            ),
            Err(error) => (
                Settings::default(),
                Some(file::failure("The settings file could not be read", &path, &error)),
            ),
        };
        (Self { path, now }, trouble)
    }

    /// The settings as they are.
    pub(crate) fn current(&self) -> &Settings {
        &self.now
    }

    /// Takes new settings, cut to their bounds, and gives what is to be written where.
    pub(crate) fn replace(&mut self, settings: Settings) -> (PathBuf, Settings) {
        self.now = settings.clamped();
        (self.path.clone(), self.now.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_clamped_and_missing_ones_take_their_defaults() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("settings.json"), r#"{"terminalFontSize":4000}"#).unwrap();
        let (settings, trouble) = SettingsFile::load(folder.path());
        assert_eq!(trouble, None);
        assert_eq!(settings.current().terminal_font_size, 32);
        assert_eq!(settings.current().scrollback, 5000);
    }

    #[test]
    fn a_broken_file_is_reported_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("settings.json"), r#"{"theme":"purple"}"#).unwrap();
        let (settings, trouble) = SettingsFile::load(folder.path());
        assert_eq!(settings.current(), &Settings::default());
        assert_eq!(trouble.unwrap().code, FailureCode::File);
        assert!(folder.path().join("settings.json.broken").exists());
    }
}
