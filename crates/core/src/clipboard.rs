//! The clipboard of this computer, which the shell has and a desktop may share.

use std::{
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

pub use adit_rdp::ClipboardImage;

/// The system's clipboard. Each call may block, for at most [`DEADLINE`]; what cannot be had in time is not there.
pub trait SystemClipboard: Send + Sync {
    /// The text on it.
    fn text(&self) -> Option<String>;
    /// The HTML on it.
    fn html(&self) -> Option<String>;
    /// The picture on it; none for one of more than [`adit_rdp::MAX_IMAGE_PIXELS`].
    fn image(&self) -> Option<ClipboardImage>;
    /// The files and folders on it, by their paths.
    fn files(&self) -> Vec<PathBuf>;
    /// Puts this on it, in place of all that was.
    ///
    /// # Errors
    /// [`NoClipboard`] when that has not worked.
    fn set(&self, content: Content) -> Result<(), NoClipboard>;

    /// Puts text on it.
    ///
    /// # Errors
    /// As [`SystemClipboard::set`].
    fn set_text(&self, text: &str) -> Result<(), NoClipboard> {
        self.set(Content::Text(text.to_owned()))
    }
}

/// What is put on a clipboard.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// Text without any form.
    Text(String),
    /// HTML, with the same as text where there is such.
    Html {
        /// A fragment.
        html: String,
        /// For programs that take no HTML.
        text: Option<String>,
    },
    /// A picture.
    Image(ClipboardImage),
}

impl std::fmt::Debug for Content {
    /// Never shows what it is.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Html { .. } => "Html(..)",
            Self::Image(_) => "Image(..)",
        })
    }
}

/// The longest that a call may take.
pub const DEADLINE: std::time::Duration = std::time::Duration::from_secs(2);

/// The clipboard cannot be had: there is none, or it did not answer in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the clipboard cannot be had")]
pub struct NoClipboard;

/// No clipboard, as for a process without a window.
#[derive(Debug, Clone, Copy, Default)]
pub struct Without;

impl SystemClipboard for Without {
    fn text(&self) -> Option<String> {
        None
    }

    fn html(&self) -> Option<String> {
        None
    }

    fn image(&self) -> Option<ClipboardImage> {
        None
    }

    fn files(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn set(&self, _content: Content) -> Result<(), NoClipboard> {
        Err(NoClipboard)
    }
}

/// A clipboard in memory, for tests.
#[derive(Default)]
pub struct MemoryClipboard(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    content: Option<Content>,
    files: Vec<PathBuf>,
}

impl std::fmt::Debug for MemoryClipboard {
    /// Never shows what is on it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryClipboard").finish_non_exhaustive()
    }
}

impl MemoryClipboard {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts files on it, in place of all that was.
    pub fn set_files(&self, files: Vec<PathBuf>) {
        *self.memory() = Memory { content: None, files };
    }
}

impl SystemClipboard for MemoryClipboard {
    fn text(&self) -> Option<String> {
        match &self.memory().content {
            Some(Content::Text(text)) => Some(text.clone()),
            Some(Content::Html { text, .. }) => text.clone(),
            Some(Content::Image(_)) | None => None,
        }
    }

    fn html(&self) -> Option<String> {
        match &self.memory().content {
            Some(Content::Html { html, .. }) => Some(html.clone()),
            Some(Content::Text(_) | Content::Image(_)) | None => None,
        }
    }

    fn image(&self) -> Option<ClipboardImage> {
        match &self.memory().content {
            Some(Content::Image(image)) => Some(image.clone()),
            Some(Content::Text(_) | Content::Html { .. }) | None => None,
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        self.memory().files.clone()
    }

    fn set(&self, content: Content) -> Result<(), NoClipboard> {
        *self.memory() = Memory { content: Some(content), files: Vec::new() };
        Ok(())
    }
}
