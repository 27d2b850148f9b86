//! What is on the clipboard here, by marks alone: they tell whether it is the same as before, and keep none of it.

use std::path::PathBuf;

use adit_contract::ClipboardSharing;
use adit_rdp::{ClipboardImage, ClipboardKind, MAX_TEXT};
use sha2::{Digest as _, Sha256};

use crate::clipboard::SystemClipboard;

/// Tells one content from another.
pub(super) type Mark = [u8; 32];

/// The marks of what a clipboard has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) text: Option<Mark>,
    pub(super) html: Option<Mark>,
    pub(super) image: Option<Mark>,
    pub(super) files: Option<Mark>,
}

impl Marks {
    /// Those of what is shared. Blocks.
    pub(super) fn read(clipboard: &dyn SystemClipboard, sharing: ClipboardSharing) -> Self {
        let text = || clipboard.text().as_deref().and_then(of_text);
        match sharing {
            ClipboardSharing::Off => Self::default(),
            ClipboardSharing::Text => Self { text: text(), ..Self::default() },
            ClipboardSharing::All => {
                // Beside files a system has their names as text, which are not meant.
                if let Some(files) = of_files(&clipboard.files()) {
                    return Self { files: Some(files), ..Self::default() };
                }
                Self {
                    text: text(),
                    html: clipboard.html().as_deref().and_then(of_text),
                    image: clipboard.image().as_ref().map(of_image),
                    files: None,
                }
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The kinds that there are marks of.
    pub(super) fn kinds(&self) -> Vec<ClipboardKind> {
        [
            self.text.map(|_| ClipboardKind::Text),
            self.html.map(|_| ClipboardKind::Html),
            self.image.map(|_| ClipboardKind::Image),
            self.files.map(|_| ClipboardKind::Files),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// None for one that is too long to be shared.
pub(super) fn of_text(text: &str) -> Option<Mark> {
    (text.len() <= MAX_TEXT).then(|| Sha256::digest(text.as_bytes()).into())
}

pub(super) fn of_image(image: &ClipboardImage) -> Mark {
    let mut digest = Sha256::new();
    digest.update(image.width().to_le_bytes());
    digest.update(image.rgba());
    digest.finalize().into()
}

/// None for none.
pub(super) fn of_files(files: &[PathBuf]) -> Option<Mark> {
    let mut digest = Sha256::new();
    for file in files {
        digest.update(file.as_os_str().as_encoded_bytes());
        digest.update([0]);
    }
    (!files.is_empty()).then(|| digest.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clipboard::{Content, MemoryClipboard};

    #[test]
    fn each_kind_has_its_mark_where_it_is_shared() {
        let clipboard = MemoryClipboard::default();
        let kinds = |sharing| Marks::read(&clipboard, sharing).kinds();
        assert!(Marks::read(&clipboard, ClipboardSharing::All).is_empty());
        let html = Content::Html { html: "<b>a</b>".to_owned(), text: Some("a".to_owned()) };
        clipboard.set(html).unwrap();
        assert_eq!(kinds(ClipboardSharing::All), [ClipboardKind::Text, ClipboardKind::Html]);
        assert_eq!(kinds(ClipboardSharing::Text), [ClipboardKind::Text]);
        assert_eq!(kinds(ClipboardSharing::Off), []);
        let image = ClipboardImage::new(1, 1, vec![1, 2, 3, 4]).unwrap();
        clipboard.set(Content::Image(image)).unwrap();
        assert_eq!(kinds(ClipboardSharing::All), [ClipboardKind::Image]);
        assert_eq!(kinds(ClipboardSharing::Text), []);
        clipboard.set_files(vec!["/a".into()]);
        assert_eq!(kinds(ClipboardSharing::All), [ClipboardKind::Files]);
        clipboard.set_text(&"x".repeat(MAX_TEXT + 1)).unwrap();
        assert!(Marks::read(&clipboard, ClipboardSharing::All).is_empty());
    }

    #[test]
    fn another_content_has_another_mark() {
        let image = |width, height| ClipboardImage::new(width, height, vec![0; 16]).unwrap();
        assert_ne!(of_image(&image(1, 4)), of_image(&image(2, 2)));
        let files = |all: &[&str]| of_files(&all.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_ne!(files(&["/a", "/b"]), files(&["/a/b"]));
        assert_ne!(files(&["/ab"]), files(&["/a", "b"]));
        assert_eq!(files(&[]), None);
    }
}
