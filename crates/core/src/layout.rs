//! How the window was left, kept in a file of its own.

use std::path::{Path, PathBuf};

use adit_contract::{Failure, Layout};

use crate::file::{
    self,
    versioned::{self, Form, Kept},
};

use crate::words::{files, window as words};

impl Form for Layout {
    const VERSION: u64 = 1;
}

/// See the module.
#[derive(Debug)]
pub(crate) struct LayoutFile {
    path: PathBuf,
    /// Held while writing, so that the last one is the one that stays in the file.
    now: tokio::sync::Mutex<Layout>,
}

impl LayoutFile {
    /// Reads it. Nothing in it is worth telling anybody that it is lost.
    pub(crate) fn load(folder: &Path) -> Self {
        let path = folder.join("layout.json");
        let now = match versioned::read::<Layout>(&path) {
            Ok(Kept::Value(layout) | Kept::Later(Some(layout))) => layout,
            // It was among the settings once.
            Ok(Kept::Absent) => file::peek(&folder.join("settings.json")).ok().flatten().unwrap_or_default(),
            Ok(Kept::Later(None) | Kept::SetAside(_)) | Err(_) => Layout::default(),
        };
        Self { path, now: tokio::sync::Mutex::new(now.clamped()) }
    }

    pub(crate) async fn current(&self) -> Layout {
        *self.now.lock().await
    }

    /// Takes a new one, cut to its bounds; it holds until the app ends even if it cannot be written.
    pub(crate) async fn set(&self, layout: Layout) -> Result<(), Failure> {
        let mut now = self.now.lock().await;
        *now = layout.clamped();
        let (path, layout) = (self.path.clone(), *now);
        let written = file::blocking(move || versioned::write(&path, &layout)).await;
        written.map_err(|error| files::failure(words::LAYOUT_NOT_WRITTEN, &self.path, &error))
    }
}

#[cfg(test)]
mod tests {
    use adit_contract::FailureCode;

    use super::*;
    use crate::file::versioned::tests::later_forms;

    #[tokio::test]
    async fn the_layout_is_taken_over_from_the_settings_bounded_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(LayoutFile::load(folder.path()).current().await, Layout::default());
        let old = r#"{"theme":"dark","explorerWidth":9000,"explorerOpen":false}"#;
        std::fs::write(folder.path().join("settings.json"), old).unwrap();
        let file = LayoutFile::load(folder.path());
        assert_eq!(
            file.current().await,
            Layout { explorer_width: 480, explorer_open: false, projects_asked: false }
        );
        file.set(Layout { explorer_width: 300, explorer_open: true, projects_asked: true }).await.unwrap();
        let kept = LayoutFile::load(folder.path()).current().await;
        assert_eq!(kept, Layout { explorer_width: 300, explorer_open: true, projects_asked: true });
    }

    #[tokio::test]
    async fn the_first_form_had_no_version_and_a_later_one_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("layout.json");
        let wide = Layout { explorer_width: 300, ..Layout::default() };
        std::fs::write(&path, serde_json::to_string(&wide).unwrap()).unwrap();
        let file = LayoutFile::load(folder.path());
        assert_eq!(file.current().await, wide);
        file.set(wide).await.unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().contains("\"version\": 1"));

        // Each of its values has a default.
        for (form, known) in later_forms(Layout::VERSION + 1, &wide).iter().zip([wide, Layout::default()]) {
            std::fs::write(&path, form).unwrap();
            let file = LayoutFile::load(folder.path());
            assert_eq!(file.current().await, known);
            let narrow = Layout { explorer_width: 200, ..wide };
            assert_eq!(file.set(narrow).await.unwrap_err().code, FailureCode::File);
            assert_eq!(file.current().await, narrow, "it holds until the app ends");
            assert_eq!(&std::fs::read_to_string(&path).unwrap(), form);
        }
        std::fs::write(&path, "{").unwrap();
        assert_eq!(LayoutFile::load(folder.path()).current().await, Layout::default());
        assert!(folder.path().join("layout.json.broken").exists());
    }
}
