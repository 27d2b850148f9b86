//! Text between the two clipboards. Neither side's text is fetched before somebody pastes it.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use ironrdp_cliprdr::{
    backend::CliprdrBackend,
    pdu::{
        ClipboardFormat, ClipboardFormatId, ClipboardGeneralCapabilityFlags, FileContentsRequest,
        FileContentsResponse, FormatDataRequest, FormatDataResponse, LockDataId,
    },
};
use ironrdp_core::impl_as_any;

/// Longest text that goes from one side to the other, in bytes of UTF-8.
pub const MAX_TEXT: usize = 4 * 1024 * 1024;
/// Most notes of the channel that wait; a server that sends more loses the oldest.
const MAX_NOTES: usize = 32;

/// The clipboard on this side. Its methods are called by the session and must return soon.
pub trait Clipboard: Send + Sync {
    /// The text on the clipboard, for the server has asked for it; none if there is none, or it is not to be had.
    fn text(&self) -> Option<String>;
    /// The server's clipboard has text; [`crate::Control::fetch_text`] asks for it.
    fn offered(&self);
    /// The server's text, which was asked for.
    fn fetched(&self, text: String);
}

/// What the channel has to say.
#[derive(Debug)]
pub(crate) enum Note {
    /// It wants to know what this side has.
    WantsOffer,
    /// The server has text.
    Offered,
    /// The server wants data in this format.
    Wants(ClipboardFormatId),
    /// The server's text.
    Fetched(String),
}

/// The notes of one channel.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<VecDeque<Note>>>);

impl Notes {
    fn add(&self, note: Note) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() >= MAX_NOTES {
            notes.pop_front();
        }
        notes.push_back(note);
    }

    pub(crate) fn take(&self) -> VecDeque<Note> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The format in which text is exchanged.
pub(crate) const TEXT: ClipboardFormatId = ClipboardFormatId::CF_UNICODETEXT;

/// The text with the line ends of the protocol.
pub(crate) fn to_wire(text: &str) -> Option<String> {
    (text.len() <= MAX_TEXT).then(|| text.replace("\r\n", "\n").replace('\n', "\r\n"))
}

/// The text with the line ends of this side.
fn from_wire(text: &str) -> Option<String> {
    let text = text.trim_end_matches('\0').replace("\r\n", "\n");
    (text.len() <= MAX_TEXT).then_some(text)
}

/// Notes what the channel says; the session acts on it.
pub(crate) struct Backend(pub(crate) Notes);

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Backend")
    }
}

impl_as_any!(Backend);

impl CliprdrBackend for Backend {
    fn temporary_directory(&self) -> &str {
        // No files are exchanged.
        ""
    }

    fn client_capabilities(&self) -> ClipboardGeneralCapabilityFlags {
        ClipboardGeneralCapabilityFlags::USE_LONG_FORMAT_NAMES
    }

    fn on_ready(&mut self) {}

    fn on_request_format_list(&mut self) {
        self.0.add(Note::WantsOffer);
    }

    fn on_process_negotiated_capabilities(&mut self, _capabilities: ClipboardGeneralCapabilityFlags) {}

    fn on_remote_copy(&mut self, available_formats: &[ClipboardFormat]) {
        if available_formats.iter().any(|format| format.id == TEXT) {
            self.0.add(Note::Offered);
        }
    }

    fn on_format_data_request(&mut self, request: FormatDataRequest) {
        self.0.add(Note::Wants(request.format));
    }

    fn on_format_data_response(&mut self, response: FormatDataResponse<'_>) {
        if response.is_error() {
            return;
        }
        if let Some(text) = response.to_unicode_string().ok().and_then(|text| from_wire(&text)) {
            self.0.add(Note::Fetched(text));
        }
    }

    fn on_file_contents_request(&mut self, _request: FileContentsRequest) {}

    fn on_file_contents_response(&mut self, _response: FileContentsResponse<'_>) {}

    fn on_lock(&mut self, _data_id: LockDataId) {}

    fn on_unlock(&mut self, _data_id: LockDataId) {}
}

#[cfg(test)]
mod tests {
    use super::{MAX_TEXT, from_wire, to_wire};

    #[test]
    fn lines_end_as_each_side_has_it() {
        assert_eq!(to_wire("a\nb\r\nc").as_deref(), Some("a\r\nb\r\nc"));
        assert_eq!(from_wire("a\r\nb\0").as_deref(), Some("a\nb"));
    }

    #[test]
    fn too_long_a_text_stays_where_it_is() {
        let long = "x".repeat(MAX_TEXT + 1);
        assert_eq!(to_wire(&long), None);
        assert_eq!(from_wire(&long), None);
    }
}
