//! What was copied on a desktop, while it comes: a clipboard takes its parts together.

use adit_rdp::{ClipboardImage, ClipboardKind};

use crate::clipboard::Content;

/// What is fetched of what a server has, without being asked to: text with its form, else a picture. A picture beside text
/// is mostly a copy of it. Files wait for the person.
pub(super) fn wanted(kinds: &[ClipboardKind]) -> Vec<ClipboardKind> {
    let has = |kind| kinds.contains(&kind);
    if has(ClipboardKind::Text) {
        let with_form = has(ClipboardKind::Html).then_some(ClipboardKind::Html);
        return std::iter::once(ClipboardKind::Text).chain(with_form).collect();
    }
    let other = [ClipboardKind::Image, ClipboardKind::Html].into_iter().find(|kind| has(*kind));
    other.into_iter().collect()
}

/// See the module.
pub(super) struct Coming {
    /// All that was asked for.
    kinds: Vec<ClipboardKind>,
    /// What has not come yet.
    missing: Vec<ClipboardKind>,
    text: Option<String>,
    html: Option<String>,
    image: Option<ClipboardImage>,
}

impl Coming {
    pub(super) fn new(kinds: Vec<ClipboardKind>) -> Self {
        Self { missing: kinds.clone(), kinds, text: None, html: None, image: None }
    }

    pub(super) fn text(&mut self, text: String) {
        self.missing(ClipboardKind::Text);
        self.text = Some(text);
    }

    pub(super) fn html(&mut self, html: String) {
        self.missing(ClipboardKind::Html);
        self.html = Some(html);
    }

    pub(super) fn image(&mut self, image: ClipboardImage) {
        self.missing(ClipboardKind::Image);
        self.image = Some(image);
    }

    /// Nothing more comes of this kind.
    pub(super) fn missing(&mut self, kind: ClipboardKind) {
        self.missing.retain(|missing| *missing != kind);
    }

    /// Nothing more comes at all.
    pub(super) fn give_up(&mut self) {
        self.missing.clear();
    }

    pub(super) fn is_whole(&self) -> bool {
        self.missing.is_empty()
    }

    pub(super) fn kinds(self) -> Vec<ClipboardKind> {
        self.kinds
    }

    /// What goes on a clipboard; none when nothing has come.
    pub(super) fn content(self) -> Option<Content> {
        match (self.html, self.text, self.image) {
            (Some(html), text, _) => Some(Content::Html { html, text }),
            (None, Some(text), _) => Some(Content::Text(text)),
            (None, None, Some(image)) => Some(Content::Image(image)),
            (None, None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use ClipboardKind::{Files, Html, Image, Text};

    use super::*;

    #[test]
    fn text_with_its_form_comes_before_a_picture_and_files_wait() {
        for (there, fetched) in [
            (&[Text, Html, Image][..], &[Text, Html][..]),
            (&[Text, Image], &[Text]),
            (&[Html, Image], &[Image]),
            (&[Html], &[Html]),
            (&[Files], &[]),
            (&[Files, Text], &[Text]),
            (&[], &[]),
        ] {
            assert_eq!(wanted(there), fetched, "{there:?}");
        }
    }

    #[test]
    fn it_is_whole_when_each_part_has_come_or_does_not() {
        let mut coming = Coming::new(vec![Text, Html]);
        coming.text("a".to_owned());
        assert!(!coming.is_whole());
        coming.missing(Html);
        assert!(coming.is_whole());
        assert_eq!(coming.content(), Some(Content::Text("a".to_owned())));

        let mut coming = Coming::new(vec![Text, Html]);
        coming.html("<b>a</b>".to_owned());
        coming.text("a".to_owned());
        let html = Content::Html { html: "<b>a</b>".to_owned(), text: Some("a".to_owned()) };
        assert_eq!(coming.content(), Some(html));

        let mut coming = Coming::new(vec![Image]);
        coming.missing(Image);
        assert!(coming.is_whole());
        assert_eq!(coming.content(), None);
    }
}
