//! What goes between the two clipboards: text, and if it is allowed HTML, pictures and files. Neither side's is fetched
//! before somebody pastes it.

mod channel;
pub(crate) mod files;
mod html;
mod image;

use std::path::PathBuf;

pub(crate) use channel::{Backend, Note, Notes};
pub use files::{FileError, MAX_BYTES, MAX_FILES, Progress};
pub use image::{ClipboardImage, MAX_IMAGE_PIXELS};
use ironrdp_cliprdr::pdu::{ClipboardFormat, ClipboardFormatId, ClipboardFormatName};

/// Longest text or HTML that goes from one side to the other, in bytes of UTF-8.
pub const MAX_TEXT: usize = 4 * 1024 * 1024;

/// What the clipboards exchange.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClipboardPolicy {
    /// Nothing.
    Off,
    /// Text without any form.
    #[default]
    Text,
    /// Text, HTML, pictures and files.
    All,
}

/// A kind of what is on a clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClipboardKind {
    /// Text without any form.
    Text,
    /// A fragment of HTML.
    Html,
    /// A picture.
    Image,
    /// Files and folders.
    Files,
}

impl ClipboardPolicy {
    pub(crate) fn allows(self, kind: ClipboardKind) -> bool {
        match self {
            Self::Off => false,
            Self::Text => kind == ClipboardKind::Text,
            Self::All => true,
        }
    }
}

/// The clipboard on this side. Its methods are called by the session, on its thread, and must return soon. Those that
/// have a body are for what [`ClipboardPolicy::All`] allows.
pub trait Clipboard: Send + Sync {
    /// The text on the clipboard, for the server has asked for it; none if there is none, or it is not to be had.
    fn text(&self) -> Option<String>;

    /// The server's clipboard has these kinds; [`crate::Control::fetch`] and [`crate::Control::save_files`] ask for
    /// them. An empty one has none.
    fn offers(&self, kinds: &[ClipboardKind]);

    /// The server's text, which was asked for.
    fn fetched(&self, text: String);

    /// The HTML on the clipboard, a fragment or a whole page.
    fn html(&self) -> Option<String> {
        None
    }

    /// The picture on the clipboard.
    fn image(&self) -> Option<ClipboardImage> {
        None
    }

    /// The files and folders on the clipboard.
    fn files(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Which kinds the clipboard has, without fetching any.
    fn kinds(&self) -> Vec<ClipboardKind> {
        if self.text().is_some() { vec![ClipboardKind::Text] } else { Vec::new() }
    }

    /// The server's HTML, a fragment, which was asked for. It is a stranger's: it may hold anything.
    fn fetched_html(&self, html: String) {
        let _ = html;
    }

    /// The server's picture, which was asked for.
    fn fetched_image(&self, image: ClipboardImage) {
        let _ = image;
    }

    /// What was asked for is not to be had, or too much.
    fn unavailable(&self, kind: ClipboardKind) {
        let _ = kind;
    }

    /// The files on the clipboard are not offered to the server, for this reason.
    fn not_offered(&self, error: FileError) {
        let _ = error;
    }

    /// How far the saving of the server's files is.
    fn saving(&self, progress: Progress) {
        let _ = progress;
    }

    /// The server's files are saved, at these places, or why they are not. What was saved before a failure stays,
    /// but for the file in whose midst it happened.
    fn saved(&self, result: Result<Vec<PathBuf>, FileError>) {
        let _ = result;
    }
}

/// The format in which text is exchanged.
pub(crate) const TEXT: ClipboardFormatId = ClipboardFormatId::CF_UNICODETEXT;
/// The number that HTML has among the formats of this side; its name counts.
const HTML: u32 = 0xC0F0;

/// The formats that this side has for a kind; files have theirs made by the channel.
pub(crate) fn formats_of(kind: ClipboardKind) -> Vec<ClipboardFormat> {
    match kind {
        ClipboardKind::Text => vec![ClipboardFormat::new(TEXT)],
        ClipboardKind::Html => {
            vec![ClipboardFormat::new(ClipboardFormatId::new(HTML)).with_name(ClipboardFormatName::HTML)]
        }
        ClipboardKind::Image => vec![
            ClipboardFormat::new(ClipboardFormatId::CF_DIBV5),
            ClipboardFormat::new(ClipboardFormatId::CF_DIB),
        ],
        ClipboardKind::Files => Vec::new(),
    }
}

/// The kinds among the formats of the server, each with the number to ask for it by.
pub(crate) fn kinds_of(formats: &[ClipboardFormat]) -> Vec<(ClipboardKind, ClipboardFormatId)> {
    let of = |kind, matches: &dyn Fn(&ClipboardFormat) -> bool| {
        formats.iter().find(|format| matches(format)).map(|format| (kind, format.id()))
    };
    let named = |format: &ClipboardFormat, name: &str| {
        format.name().is_some_and(|own| own.value().eq_ignore_ascii_case(name))
    };
    [
        of(ClipboardKind::Text, &|format| format.id() == TEXT),
        of(ClipboardKind::Html, &|format| named(format, "HTML Format")),
        // With an alpha channel where there is one.
        of(ClipboardKind::Image, &|format| format.id() == ClipboardFormatId::CF_DIBV5)
            .or_else(|| of(ClipboardKind::Image, &|format| format.id() == ClipboardFormatId::CF_DIB)),
        of(ClipboardKind::Files, &|format| named(format, "FileGroupDescriptorW")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The number to ask for a kind by, if the server has it.
pub(crate) fn format_of(
    offered: &[(ClipboardKind, ClipboardFormatId)],
    kind: ClipboardKind,
) -> Option<ClipboardFormatId> {
    offered.iter().find(|(of, _)| *of == kind).map(|(_, format)| *format)
}

/// What this side has in a format that the server asks for, as it goes on the wire.
pub(crate) fn rendered(
    clipboard: &dyn Clipboard,
    policy: ClipboardPolicy,
    format: ClipboardFormatId,
) -> Option<Vec<u8>> {
    let kind = if format == TEXT {
        ClipboardKind::Text
    } else if format == ClipboardFormatId::new(HTML) {
        ClipboardKind::Html
    } else if format == ClipboardFormatId::CF_DIB || format == ClipboardFormatId::CF_DIBV5 {
        ClipboardKind::Image
    } else {
        return None;
    };
    if !policy.allows(kind) {
        return None;
    }
    match kind {
        ClipboardKind::Text => {
            let text = to_wire(&clipboard.text()?)?;
            Some(text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect())
        }
        ClipboardKind::Html => html::to_wire(&clipboard.html()?),
        ClipboardKind::Image if format == ClipboardFormatId::CF_DIB => {
            image::to_dib(&clipboard.image()?, image::Form::Plain)
        }
        ClipboardKind::Image => image::to_dib(&clipboard.image()?, image::Form::V5),
        ClipboardKind::Files => None,
    }
}

/// Hands on what the server has answered; false if it is nothing that can be used.
pub(crate) fn received(clipboard: &dyn Clipboard, kind: ClipboardKind, data: &[u8]) -> bool {
    match kind {
        ClipboardKind::Text => text_of(data).map(|text| clipboard.fetched(text)).is_some(),
        ClipboardKind::Html => html::from_wire(data).map(|html| clipboard.fetched_html(html)).is_some(),
        ClipboardKind::Image => image::from_dib(data).map(|image| clipboard.fetched_image(image)).is_some(),
        ClipboardKind::Files => false,
    }
}

/// The text with the line ends of the protocol.
fn to_wire(text: &str) -> Option<String> {
    (text.len() <= MAX_TEXT).then(|| text.replace("\r\n", "\n").replace('\n', "\r\n"))
}

/// The text of UTF-16, up to its end, with the line ends of this side.
fn text_of(data: &[u8]) -> Option<String> {
    let units = data.chunks_exact(2).filter_map(|unit| unit.try_into().ok().map(u16::from_le_bytes));
    let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    let text = String::from_utf16_lossy(&units).replace("\r\n", "\n");
    (text.len() <= MAX_TEXT).then_some(text)
}

#[cfg(test)]
mod tests {
    use ironrdp_cliprdr::pdu::{ClipboardFormat, ClipboardFormatId, ClipboardFormatName};

    use super::{ClipboardKind, MAX_TEXT, kinds_of, text_of, to_wire};

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn lines_end_as_each_side_has_it() {
        assert_eq!(to_wire("a\nb\r\nc").as_deref(), Some("a\r\nb\r\nc"));
        assert_eq!(text_of(&utf16("a\r\nb\0rest")).as_deref(), Some("a\nb"));
        assert_eq!(text_of(&utf16("no end 😀")).as_deref(), Some("no end 😀"));
    }

    #[test]
    fn too_long_a_text_stays_where_it_is() {
        let long = "x".repeat(MAX_TEXT + 1);
        assert_eq!(to_wire(&long), None);
        assert_eq!(text_of(&utf16(&long)), None);
    }

    #[test]
    fn kinds_are_known_by_number_or_name() {
        let named = |id, name: &'static str| {
            ClipboardFormat::new(ClipboardFormatId::new(id)).with_name(ClipboardFormatName::new(name))
        };
        let formats = [
            ClipboardFormat::new(ClipboardFormatId::CF_DIB),
            named(0xC123, "HTML Format"),
            named(0xC124, "FileGroupDescriptorW"),
            named(0xC125, "Rich Text Format"),
        ];
        assert_eq!(
            kinds_of(&formats),
            [
                (ClipboardKind::Html, ClipboardFormatId::new(0xC123)),
                (ClipboardKind::Image, ClipboardFormatId::CF_DIB),
                (ClipboardKind::Files, ClipboardFormatId::new(0xC124)),
            ]
        );
        assert_eq!(kinds_of(&[]), []);
    }
}
