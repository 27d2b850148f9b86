//! What the clipboards exchange, while a desktop is shown.

use std::{collections::VecDeque, path::PathBuf, sync::Arc, time::Duration};

use ironrdp_cliprdr::{
    CliprdrClient,
    pdu::{ClipboardFormat, ClipboardFormatId, FormatDataResponse},
};
use ironrdp_pdu::PduResult;
use ironrdp_svc::SvcProcessorMessages;
use tokio::time::Instant;

use super::active::{Active, broken};
use crate::{
    clipboard::{
        Clipboard, ClipboardKind, ClipboardPolicy, FileError, Note, Notes,
        files::{Ask, Receiving, Sending},
        format_of, formats_of, received, rendered,
    },
    error::Error,
    options::Options,
};

/// Most questions to the server that wait for their answer.
const MAX_ASKED: usize = 8;
/// How long the server may take for a part of a file, or for their list.
const PART: Duration = Duration::from_secs(60);
/// A server that has asked for no part of a file for so long pastes none any more.
const QUIET: Duration = Duration::from_secs(30);

/// Whether files were offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offered {
    Yes,
    No,
}

/// Both clipboards, as far as they are shared.
pub(super) struct Exchange {
    clipboard: Arc<dyn Clipboard>,
    policy: ClipboardPolicy,
    notes: Notes,
    /// What the server's has, with the number to ask for it by.
    offered: Vec<(ClipboardKind, ClipboardFormatId)>,
    /// What was asked for, in the order in which it is answered.
    asked: VecDeque<ClipboardKind>,
    sending: Sending,
    /// Until when the server may still be pasting files of which it has not had all.
    pasting: Option<Instant>,
    /// When to offer the files that could not be offered while it does.
    offer_at: Option<Instant>,
    receiving: Option<(Receiving, Instant)>,
    /// The number of the last part of a file that was asked for.
    stream: u32,
}

impl Exchange {
    pub(super) fn new(options: &Options, notes: Notes) -> Option<Self> {
        let clipboard =
            options.clipboard.clone().filter(|_| options.clipboard_policy != ClipboardPolicy::Off)?;
        Some(Self {
            clipboard,
            policy: options.clipboard_policy,
            notes,
            offered: Vec::new(),
            asked: VecDeque::new(),
            sending: Sending::default(),
            pasting: None,
            offer_at: None,
            receiving: None,
            stream: 0,
        })
    }

    /// When the server is too late with a part of a file, or files can be offered that could not before.
    pub(super) fn limit(&self) -> Option<Instant> {
        let part = self.receiving.as_ref().map(|(_, limit)| *limit);
        part.into_iter().chain(self.offer_at).min()
    }
}

impl Active {
    /// Does what the clipboard's channel has asked for.
    pub(super) fn exchange_clipboards(&mut self) -> Result<(), Error> {
        let Some(exchange) = &self.exchange else { return Ok(()) };
        for note in exchange.notes.take() {
            self.note(note)?;
        }
        Ok(())
    }

    fn note(&mut self, note: Note) -> Result<(), Error> {
        let Some(exchange) = &mut self.exchange else { return Ok(()) };
        match note {
            Note::WantsOffer => return self.offer(),
            // Files cannot be offered before.
            Note::Ready if exchange.clipboard.kinds().contains(&ClipboardKind::Files) => return self.offer(),
            Note::Ready => {}
            Note::Offered(offered) => {
                let kinds: Vec<_> = offered.iter().map(|(kind, _)| *kind).collect();
                exchange.offered = offered;
                exchange.clipboard.offers(&kinds);
                // Parts are asked for by their place in the server's list, which may be another by now: what is being
                // saved would go on with what other files hold.
                return self.files_failed(FileError::Replaced);
            }
            Note::Wants(format) => {
                let response = match rendered(exchange.clipboard.as_ref(), exchange.policy, format) {
                    Some(data) => FormatDataResponse::new_data(data),
                    None => FormatDataResponse::new_error(),
                };
                self.on_clipboard(|channel| channel.submit_format_data(response))?;
            }
            Note::Fetched(data) => {
                let Some(kind) = exchange.asked.pop_front() else { return Ok(()) };
                if kind == ClipboardKind::Files {
                    return self.files_failed(FileError::Refused);
                }
                let usable = data.is_some_and(|data| received(exchange.clipboard.as_ref(), kind, &data));
                if !usable {
                    exchange.clipboard.unavailable(kind);
                }
            }
            Note::Listed(files) => {
                exchange.asked.pop_front();
                let Some((receiving, _)) = &mut exchange.receiving else { return Ok(()) };
                if receiving.is_listing() {
                    let next = receiving.listed(&files).and_then(|()| receiving.next());
                    return self.go_on(next);
                }
            }
            Note::WantsPart(request) => {
                let response = exchange.sending.part(&request);
                exchange.pasting = (!exchange.sending.is_all_read()).then(|| Instant::now() + QUIET);
                self.on_clipboard(|channel| channel.submit_file_contents(response))?;
            }
            Note::Part(stream, data) => {
                let Some((receiving, _)) = &mut exchange.receiving else { return Ok(()) };
                if receiving.stream() == stream && !receiving.is_listing() {
                    let next = data.ok_or(FileError::Refused).and_then(|data| receiving.received(&data));
                    return self.go_on(next);
                }
            }
        }
        Ok(())
    }

    /// Tells the server what this side's clipboard has.
    pub(super) fn offer(&mut self) -> Result<(), Error> {
        let ready = self.stage.get_svc_processor::<CliprdrClient>().is_some_and(CliprdrClient::is_ready);
        let Some(exchange) = &mut self.exchange else { return Ok(()) };
        let mut kinds = exchange.clipboard.kinds();
        kinds.retain(|kind| exchange.policy.allows(*kind) && (ready || *kind != ClipboardKind::Files));
        // Whatever was offered before is not given any more.
        exchange.sending = Sending::default();
        exchange.offer_at = None;
        if kinds.contains(&ClipboardKind::Files) {
            // The server asks for parts by their place in a list, and does not say in which. A paste that has not had
            // all of the last list would go on with other files: it is refused, and the new list waits until it is over.
            exchange.offer_at = exchange.pasting.filter(|until| *until > Instant::now());
            if exchange.offer_at.is_none() && self.offer_files()? == Offered::Yes {
                return Ok(());
            }
        }
        let formats: Vec<ClipboardFormat> = kinds.into_iter().flat_map(formats_of).collect();
        self.on_clipboard(|channel| channel.initiate_copy(&formats))
    }

    fn offer_files(&mut self) -> Result<Offered, Error> {
        let Some(exchange) = &mut self.exchange else { return Ok(Offered::No) };
        let sending = match Sending::new(&exchange.clipboard.files()) {
            Ok(sending) => sending,
            Err(error) => {
                tracing::debug!(%error, "the files are not offered");
                exchange.clipboard.not_offered(error);
                return Ok(Offered::No);
            }
        };
        let files = sending.descriptors();
        exchange.pasting = None;
        exchange.sending = sending;
        let mut offered = Offered::Yes;
        self.on_clipboard(|channel| {
            let messages = channel.initiate_file_copy(files);
            if messages.is_err() {
                offered = Offered::No;
            }
            messages
        })?;
        if offered == Offered::No
            && let Some(exchange) = &mut self.exchange
        {
            exchange.sending = Sending::default();
            exchange.clipboard.not_offered(FileError::Untaken);
        }
        Ok(offered)
    }

    /// Does what the time has come for ([`Exchange::limit`]).
    pub(super) fn clipboard_due(&mut self) -> Result<(), Error> {
        let Some(exchange) = &self.exchange else { return Ok(()) };
        let now = Instant::now();
        let late = exchange.receiving.as_ref().is_some_and(|(_, limit)| *limit <= now);
        if exchange.offer_at.is_some_and(|at| at <= now) {
            self.offer()?;
        }
        if late { self.files_failed(FileError::Refused) } else { Ok(()) }
    }

    /// Asks for what the server's clipboard has of a kind.
    pub(super) fn fetch(&mut self, kind: ClipboardKind) -> Result<(), Error> {
        let Some(exchange) = &mut self.exchange else { return Ok(()) };
        let format = format_of(&exchange.offered, kind);
        match format.filter(|_| exchange.asked.len() < MAX_ASKED && kind != ClipboardKind::Files) {
            Some(format) => {
                exchange.asked.push_back(kind);
                self.on_clipboard(|channel| channel.initiate_paste(format))
            }
            None => {
                exchange.clipboard.unavailable(kind);
                Ok(())
            }
        }
    }

    /// Begins to save the server's files.
    pub(super) fn save_files(&mut self, folder: PathBuf) -> Result<(), Error> {
        let Some(exchange) = &mut self.exchange else { return Ok(()) };
        if exchange.receiving.is_some() {
            exchange.clipboard.saved(Err(FileError::Busy));
            return Ok(());
        }
        let format = format_of(&exchange.offered, ClipboardKind::Files);
        let Some(format) = format.filter(|_| exchange.asked.len() < MAX_ASKED) else {
            exchange.clipboard.saved(Err(FileError::None));
            return Ok(());
        };
        exchange.asked.push_back(ClipboardKind::Files);
        exchange.receiving = Some((Receiving::new(folder, exchange.stream), Instant::now() + PART));
        self.on_clipboard(|channel| channel.initiate_paste(format))
    }

    /// Ends the saving of files.
    pub(super) fn files_failed(&mut self, error: FileError) -> Result<(), Error> {
        let Some(exchange) = &mut self.exchange else { return Ok(()) };
        if let Some((receiving, _)) = exchange.receiving.take() {
            // An answer that is still on its way is nobody's then.
            exchange.stream = receiving.stream();
            drop(receiving);
            exchange.clipboard.saved(Err(error));
        }
        Ok(())
    }

    fn go_on(&mut self, next: Result<Ask, FileError>) -> Result<(), Error> {
        let Some(exchange) = &mut self.exchange else { return Ok(()) };
        let Some((receiving, limit)) = &mut exchange.receiving else { return Ok(()) };
        match next {
            Ok(Ask::Part(request)) => {
                *limit = Instant::now() + PART;
                exchange.clipboard.saving(receiving.progress());
                self.on_clipboard(|channel| channel.request_file_contents(request))
            }
            Ok(Ask::Done(saved)) => {
                exchange.stream = receiving.stream();
                exchange.clipboard.saving(receiving.progress());
                exchange.receiving = None;
                exchange.clipboard.saved(Ok(saved));
                Ok(())
            }
            Err(error) => self.files_failed(error),
        }
    }

    fn on_clipboard(
        &mut self,
        act: impl FnOnce(&mut CliprdrClient) -> PduResult<SvcProcessorMessages<CliprdrClient>>,
    ) -> Result<(), Error> {
        let Some(channel) = self.stage.get_svc_processor_mut::<CliprdrClient>() else { return Ok(()) };
        match act(channel) {
            Ok(messages) => {
                let bytes =
                    self.stage.process_svc_processor_messages(messages).map_err(|error| broken(&error))?;
                self.wire.outgoing.put(&bytes);
            }
            // The clipboard alone does not end a desktop.
            Err(error) => tracing::debug!(%error, "the clipboard's channel is not ready"),
        }
        Ok(())
    }
}
