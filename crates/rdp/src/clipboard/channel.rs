//! What the clipboard's channel says, noted for the session to act on.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use ironrdp_cliprdr::{
    backend::CliprdrBackend,
    pdu::{
        ClipboardFormat, ClipboardFormatId, ClipboardGeneralCapabilityFlags, FileContentsRequest,
        FileContentsResponse, FileDescriptor, FormatDataRequest, FormatDataResponse, LockDataId,
    },
};
use ironrdp_core::impl_as_any;

use super::{ClipboardKind, ClipboardPolicy, kinds_of};

/// Most notes of the channel that wait; a server that sends more loses the oldest.
const MAX_NOTES: usize = 32;

/// What the channel has to say.
#[derive(Debug)]
pub(crate) enum Note {
    /// It wants to know what this side has, to begin with.
    WantsOffer,
    /// It is open for everything.
    Ready,
    /// The server's clipboard has these kinds.
    Offered(Vec<(ClipboardKind, ClipboardFormatId)>),
    /// The server wants data in this format.
    Wants(ClipboardFormatId),
    /// The server's answer to what was asked first; none if it has nothing.
    Fetched(Option<Vec<u8>>),
    /// The server's files.
    Listed(Vec<FileDescriptor>),
    /// The server wants a part of a file.
    WantsPart(FileContentsRequest),
    /// A part of a file, by the number it was asked with; none if it is not to be had.
    Part(u32, Option<Vec<u8>>),
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

/// Notes what the channel says.
pub(crate) struct Backend {
    pub(crate) notes: Notes,
    pub(crate) policy: ClipboardPolicy,
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Backend")
    }
}

impl_as_any!(Backend);

impl CliprdrBackend for Backend {
    fn temporary_directory(&self) -> &str {
        // Files are streamed; the server reads none from a folder of this side's.
        ""
    }

    fn client_capabilities(&self) -> ClipboardGeneralCapabilityFlags {
        let names = ClipboardGeneralCapabilityFlags::USE_LONG_FORMAT_NAMES;
        match self.policy {
            ClipboardPolicy::Off | ClipboardPolicy::Text => names,
            ClipboardPolicy::All => {
                names
                    | ClipboardGeneralCapabilityFlags::STREAM_FILECLIP_ENABLED
                    | ClipboardGeneralCapabilityFlags::FILECLIP_NO_FILE_PATHS
                    | ClipboardGeneralCapabilityFlags::HUGE_FILE_SUPPORT_ENABLED
            }
        }
    }

    fn on_ready(&mut self) {
        self.notes.add(Note::Ready);
    }

    fn on_request_format_list(&mut self) {
        self.notes.add(Note::WantsOffer);
    }

    fn on_process_negotiated_capabilities(&mut self, _capabilities: ClipboardGeneralCapabilityFlags) {}

    fn on_remote_copy(&mut self, available_formats: &[ClipboardFormat]) {
        let mut kinds = kinds_of(available_formats);
        kinds.retain(|(kind, _)| self.policy.allows(*kind));
        self.notes.add(Note::Offered(kinds));
    }

    fn on_format_data_request(&mut self, request: FormatDataRequest) {
        self.notes.add(Note::Wants(request.format));
    }

    fn on_format_data_response(&mut self, response: FormatDataResponse<'_>) {
        let data = (!response.is_error()).then(|| response.data().to_vec());
        self.notes.add(Note::Fetched(data));
    }

    fn on_file_contents_request(&mut self, request: FileContentsRequest) {
        self.notes.add(Note::WantsPart(request));
    }

    fn on_file_contents_response(&mut self, response: FileContentsResponse<'_>) {
        let data = (!response.is_error()).then(|| response.data().to_vec());
        self.notes.add(Note::Part(response.stream_id(), data));
    }

    fn on_lock(&mut self, _data_id: LockDataId) {}

    fn on_unlock(&mut self, _data_id: LockDataId) {}

    fn on_remote_file_list(&mut self, files: &[FileDescriptor], _clip_data_id: Option<u32>) {
        self.notes.add(Note::Listed(files.to_vec()));
    }
}
