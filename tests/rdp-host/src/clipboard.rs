//! The clipboard: what the desktop has copied is offered, what the client has is pasted on a click.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ironrdp_cliprdr::{
    backend::{ClipboardMessage, CliprdrBackend, CliprdrBackendFactory},
    pdu::{
        ClipboardFormat, ClipboardFormatId, ClipboardFormatName, ClipboardGeneralCapabilityFlags,
        FileContentsRequest, FileContentsResponse, FormatDataRequest, FormatDataResponse, LockDataId,
        OwnedFormatDataResponse,
    },
};
use ironrdp_core::impl_as_any;
use ironrdp_server::{CliprdrServerFactory, ServerEvent, ServerEventSender};
use serde_json::json;
use tokio::sync::mpsc::UnboundedSender;

use crate::desktop::{Copied, Picture, Shared};

const HTML: &str = "HTML Format";
/// The number that we give to it; those above 0xC000 are for names.
const HTML_ID: ClipboardFormatId = ClipboardFormatId(0xC0D1);
/// What is copied beside the picture.
const FRAGMENT: &str = "<b>Four fields</b> &amp; a cross";

/// What a format of the client's is to the desktop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Html,
    Picture,
}

impl Kind {
    fn of(format: &ClipboardFormat) -> Option<Self> {
        match format.id() {
            ClipboardFormatId::CF_UNICODETEXT => Some(Self::Text),
            ClipboardFormatId::CF_DIB | ClipboardFormatId::CF_DIBV5 => Some(Self::Picture),
            _ => format.name().filter(|name| name.value() == HTML).map(|_| Self::Html),
        }
    }
}

/// A connection's clipboard; a clone is another handle on the same.
#[derive(Clone)]
pub(crate) struct Clipboard {
    desktop: Shared,
    line: Arc<Mutex<Line>>,
}

#[derive(Default)]
struct Line {
    sender: Option<UnboundedSender<ServerEvent>>,
    ready: bool,
    remote: Vec<(ClipboardFormatId, Kind)>,
    asked: Option<Kind>,
}

impl Clipboard {
    pub(crate) fn new(desktop: Shared) -> Self {
        Self { desktop, line: Arc::default() }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, message: ClipboardMessage) {
        let line = self.line();
        if let Some(sender) = line.sender.as_ref().filter(|_| line.ready) {
            // A connection that is gone needs no clipboard.
            let _ = sender.send(ServerEvent::Clipboard(message));
        }
    }

    /// Tells the client that the desktop has copied something: what the client had counts no more.
    pub(crate) fn copied(&self) {
        self.line().remote.clear();
        self.offer();
    }

    /// Tells the client what the desktop has.
    fn offer(&self) {
        let formats = match self.desktop.copied() {
            None => return,
            Some(Copied::Text(_)) => vec![ClipboardFormat::new(ClipboardFormatId::CF_UNICODETEXT)],
            Some(Copied::Picture) => vec![
                ClipboardFormat::new(ClipboardFormatId::CF_DIB),
                ClipboardFormat::new(HTML_ID).with_name(ClipboardFormatName::new_static(HTML)),
            ],
        };
        self.send(ClipboardMessage::SendInitiateCopy(formats));
    }

    /// Asks the client for what it has: a picture rather than text, and text rather than HTML.
    pub(crate) fn paste(&self) {
        let best = {
            let mut line = self.line();
            let best = [Kind::Picture, Kind::Text, Kind::Html]
                .into_iter()
                .find_map(|kind| line.remote.iter().find(|(_, one)| *one == kind).copied());
            line.asked = best.map(|(_, kind)| kind);
            best
        };
        match best {
            Some((id, _)) => self.send(ClipboardMessage::SendInitiatePaste(id)),
            None => match self.desktop.copied() {
                Some(Copied::Text(text)) => self.desktop.paste_text(&text),
                Some(Copied::Picture) => self.desktop.paste_picture(Picture::of_ours()),
                None => self.desktop.report().say(&json!({"event": "clipboard", "what": "nothing to paste"})),
            },
        }
    }

    fn pasted(&self, response: &FormatDataResponse<'_>) {
        let report = self.desktop.report();
        let Some(kind) = self.line().asked.take() else { return };
        if response.is_error() {
            report.say(&json!({"event": "clipboard", "what": "refused"}));
            return;
        }
        match kind {
            Kind::Text => {
                let text = response.to_unicode_string().unwrap_or_default();
                report.say(&json!({"event": "clipboard", "what": "text", "text": text}));
                self.desktop.paste_text(&text);
            }
            Kind::Html => {
                let html = String::from_utf8_lossy(response.data());
                report.say(&json!({"event": "clipboard", "what": "html", "html": html}));
                self.desktop.paste_text(&html);
            }
            Kind::Picture => match Picture::from_dib(response.data()) {
                Some(picture) => {
                    let (width, height) = (picture.width, picture.height);
                    report.say(
                        &json!({"event": "clipboard", "what": "picture", "width": width, "height": height}),
                    );
                    self.desktop.paste_picture(picture);
                }
                None => report.say(&json!({"event": "clipboard", "what": "no picture"})),
            },
        }
    }

    fn answer(&self, format: ClipboardFormatId) -> OwnedFormatDataResponse {
        match (format, self.desktop.copied()) {
            (ClipboardFormatId::CF_UNICODETEXT, Some(Copied::Text(text))) => {
                FormatDataResponse::new_unicode_string(&text)
            }
            (ClipboardFormatId::CF_DIB, Some(Copied::Picture)) => {
                FormatDataResponse::new_data(Picture::of_ours().to_dib())
            }
            (HTML_ID, Some(Copied::Picture)) => FormatDataResponse::new_data(html().into_bytes()),
            _ => FormatDataResponse::new_error(),
        }
    }
}

/// A fragment of HTML with the head that says where it is.
fn html() -> String {
    const START: &str = "<html><body><!--StartFragment-->";
    const END: &str = "<!--EndFragment--></body></html>";
    let head = |numbers: [usize; 4]| {
        let [html, end, fragment, fragment_end] = numbers;
        format!(
            "Version:0.9\r\nStartHTML:{html:010}\r\nEndHTML:{end:010}\r\nStartFragment:{fragment:010}\r\n\
             EndFragment:{fragment_end:010}\r\n"
        )
    };
    let begin = head([0; 4]).len();
    let fragment = begin + START.len();
    let fragment_end = fragment + FRAGMENT.len();
    format!("{}{START}{FRAGMENT}{END}\0", head([begin, fragment_end + END.len(), fragment, fragment_end]))
}

impl ServerEventSender for Clipboard {
    fn set_sender(&mut self, sender: UnboundedSender<ServerEvent>) {
        self.line().sender = Some(sender);
    }
}

impl CliprdrBackendFactory for Clipboard {
    fn build_cliprdr_backend(&self) -> Box<dyn CliprdrBackend> {
        Box::new(Backend(self.clone()))
    }
}

impl CliprdrServerFactory for Clipboard {}

struct Backend(Clipboard);

impl_as_any!(Backend);

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backend").finish_non_exhaustive()
    }
}

impl CliprdrBackend for Backend {
    fn temporary_directory(&self) -> &str {
        // No files: none is ever written.
        ".cliprdr"
    }

    fn client_capabilities(&self) -> ClipboardGeneralCapabilityFlags {
        ClipboardGeneralCapabilityFlags::USE_LONG_FORMAT_NAMES
    }

    fn on_ready(&mut self) {
        self.0.line().ready = true;
    }

    fn on_request_format_list(&mut self) {
        self.0.offer();
    }

    fn on_process_negotiated_capabilities(&mut self, _capabilities: ClipboardGeneralCapabilityFlags) {}

    fn on_remote_copy(&mut self, formats: &[ClipboardFormat]) {
        let known = formats.iter().filter_map(|format| Some((format.id(), Kind::of(format)?))).collect();
        self.0.line().remote = known;
        // Whoever copies last has it; a client that comes with nothing leaves the desktop what it has.
        if formats.is_empty() {
            self.0.offer();
        } else {
            self.0.desktop.forget_copied();
        }
        let names: Vec<String> = formats
            .iter()
            .map(|format| {
                format.name().map_or_else(|| format.id().value().to_string(), |name| name.value().to_owned())
            })
            .collect();
        self.0.desktop.report().say(&json!({"event": "clipboard", "what": "offered", "formats": names}));
    }

    fn on_format_data_request(&mut self, request: FormatDataRequest) {
        let id = request.format.value();
        self.0.desktop.report().say(&json!({"event": "clipboard", "what": "asked", "format": id}));
        self.0.send(ClipboardMessage::SendFormatData(self.0.answer(request.format)));
    }

    fn on_format_data_response(&mut self, response: FormatDataResponse<'_>) {
        self.0.pasted(&response);
    }

    fn on_file_contents_request(&mut self, _request: FileContentsRequest) {}

    fn on_file_contents_response(&mut self, _response: FileContentsResponse<'_>) {}

    fn on_lock(&mut self, _data_id: LockDataId) {}

    fn on_unlock(&mut self, _data_id: LockDataId) {}
}
