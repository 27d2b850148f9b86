//! How the window was left, kept in a file of its own.

use std::path::{Path, PathBuf};

use adit_contract::{Failure, Layout};

use crate::file::{self, Loaded};

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
        let now = match file::load::<Layout>(&path) {
            Ok(Loaded::Value(layout)) => layout,
            // It was among the settings once.
            Ok(Loaded::Absent) => {
                file::peek(&folder.join("settings.json")).ok().flatten().unwrap_or_default()
            }
            Ok(Loaded::SetAside(_)) | Err(_) => Layout::default(),
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
        let written = file::blocking(move || file::save(&path, &layout)).await;
        written.map_err(|error| file::failure("The window's layout could not be written", &self.path, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
