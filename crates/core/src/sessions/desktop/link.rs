//! What a desktop and this computer share of the clipboard.
//!
//! A server may ask for what it was offered at any time. So it gets what was on the clipboard when the tab had the
//! keyboard, and nothing that came there later: a password that is copied for another program stays here.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use adit_contract::{ClipboardSharing, CopiedFiles};
use adit_rdp::{ClipboardImage, ClipboardKind, ClipboardPolicy, Control, Error, FileError, Progress};
use tokio::{sync::Notify, time::timeout};

use super::{
    coming::{Coming, wanted},
    files,
    marks::{self, Marks},
};
use crate::{
    clipboard::{Content, SystemClipboard},
    file,
};

/// How long what is typed waits for the clipboard when the tab gets the keyboard.
const HEAD_START: Duration = Duration::from_millis(150);
/// A part of what was copied there that comes no sooner is done without.
const PART: Duration = Duration::from_secs(5);

#[derive(Default)]
struct State {
    /// What was on the clipboard here when it was looked at last.
    seen: Marks,
    /// What of it may be handed out.
    offered: Marks,
    has_keyboard: bool,
    /// What is here has to be looked at.
    look: bool,
    /// What the server has that is to be fetched and was not yet.
    there: Vec<ClipboardKind>,
    /// What is being fetched.
    coming: Option<Coming>,
    /// What has come.
    ready: Option<Content>,
    /// The number of the server's files, if it has any.
    copied: Option<u32>,
    /// How often files were copied there.
    copies: u32,
    /// What can be done with them.
    files: CopiedFiles,
    /// What the tab was not told yet.
    news: Vec<News>,
}

/// What the tab is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum News {
    /// What can be done with the server's files.
    Files(CopiedFiles),
    /// Files are saved, at these places.
    Saved(Vec<PathBuf>),
    /// They are not, for this reason.
    NotSaved(FileError),
    /// The files here cannot be pasted there, for this reason.
    NotOffered(FileError),
}

impl State {
    /// What can be done with the server's files while none are being saved.
    fn at_rest(&self) -> CopiedFiles {
        self.copied.map_or(CopiedFiles::None, |number| CopiedFiles::Offered { number })
    }
}

/// See the module.
pub(super) struct Link {
    clipboard: Arc<dyn SystemClipboard>,
    sharing: ClipboardSharing,
    state: Mutex<State>,
    news: Notify,
    /// All news so far have been dealt with.
    settled: Notify,
}

impl Link {
    pub(super) fn new(clipboard: Arc<dyn SystemClipboard>, sharing: ClipboardSharing) -> Self {
        Self { clipboard, sharing, state: Mutex::default(), news: Notify::new(), settled: Notify::new() }
    }

    pub(super) fn policy(&self) -> ClipboardPolicy {
        match self.sharing {
            ClipboardSharing::Off => ClipboardPolicy::Off,
            ClipboardSharing::Text => ClipboardPolicy::Text,
            ClipboardSharing::All => ClipboardPolicy::All,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tab has got the keyboard: what is on the clipboard here is offered if it is new, else what waits there is
    /// fetched. That has a head start before what is typed next, which may be to paste it, and no more: a clipboard may
    /// take its time.
    pub(super) async fn got_keyboard(&self) {
        let settled = self.settled.notified();
        {
            let mut state = self.state();
            state.has_keyboard = true;
            state.look = true;
        }
        self.news.notify_one();
        // Later is as well.
        let _ = timeout(HEAD_START, settled).await;
    }

    /// The tab has the keyboard no more: what is copied from now on is for others.
    pub(super) fn lost_keyboard(&self) {
        let mut state = self.state();
        state.has_keyboard = false;
        state.look = false;
    }

    /// Does what there is to be done, until the desktop has ended.
    pub(super) async fn run(&self, control: &Control, tell: impl Fn(News)) {
        loop {
            let (look, ready, news) = {
                let mut state = self.state();
                let news = std::mem::take(&mut state.news);
                (std::mem::take(&mut state.look), state.ready.take(), news)
            };
            news.into_iter().for_each(&tell);
            if let Some(content) = ready {
                self.take_over(content).await;
            }
            let is_new = look && self.look().await;
            let done = if is_new { control.offer().await } else { self.fetch(control).await };
            self.settled.notify_waiters();
            if done.is_err() {
                return;
            }
            if self.state().coming.is_none() {
                self.news.notified().await;
            } else if timeout(PART, self.news.notified()).await.is_err() {
                self.came(Coming::give_up);
            }
        }
    }

    async fn read(&self) -> Marks {
        let (clipboard, sharing) = (self.clipboard.clone(), self.sharing);
        file::blocking(move || Ok(Marks::read(clipboard.as_ref(), sharing))).await.unwrap_or_default()
    }

    /// Looks at the clipboard here; gives whether it has something new.
    async fn look(&self) -> bool {
        let here = self.read().await;
        let mut state = self.state();
        // While it was looked at, the keyboard may have been lost, and something else copied.
        let is_new = state.has_keyboard && !here.is_empty() && state.seen != here;
        if is_new {
            state.seen = here.clone();
            state.offered = here;
            // Whoever copies last has it.
            state.there.clear();
            state.coming = None;
        }
        is_new
    }

    /// Asks for what waits there.
    async fn fetch(&self, control: &Control) -> Result<(), Error> {
        let kinds = {
            let mut state = self.state();
            if !state.has_keyboard || state.there.is_empty() {
                return Ok(());
            }
            let kinds = std::mem::take(&mut state.there);
            state.coming = Some(Coming::new(kinds.clone()));
            kinds
        };
        for kind in kinds {
            control.fetch(kind).await?;
        }
        Ok(())
    }

    /// Puts what was copied there on the clipboard here.
    async fn take_over(&self, content: Content) {
        let clipboard = self.clipboard.clone();
        let set = file::blocking(move || Ok(clipboard.set(content))).await;
        if !matches!(set, Ok(Ok(()))) {
            tracing::warn!("what was copied on a desktop did not reach the clipboard");
        }
        // As a system gives it back, which may be otherwise: it is not offered to where it came from.
        let here = self.read().await;
        let mut state = self.state();
        state.seen = here;
        state.offered = Marks::default();
    }

    /// A part of what is being fetched has come, or does not.
    fn came(&self, take: impl FnOnce(&mut Coming)) {
        {
            let mut state = self.state();
            let Some(mut coming) = state.coming.take() else { return };
            take(&mut coming);
            if !coming.is_whole() {
                state.coming = Some(coming);
                return;
            }
            if !state.has_keyboard {
                // It came late: whoever works elsewhere now keeps their clipboard, and it is asked for again.
                state.there = coming.kinds();
                return;
            }
            state.ready = coming.content();
        }
        self.news.notify_one();
    }

    /// Notes what can be done with the server's files, and what the tab is told beside that.
    fn note_files(&self, files: CopiedFiles, more: Option<News>) {
        {
            let mut state = self.state();
            if state.files != files {
                state.files = files;
                // Only the last of these counts.
                state.news.retain(|news| !matches!(news, News::Files(_)));
                state.news.push(News::Files(files));
            }
            if let Some(news) = more {
                state.news.retain(|old| *old != news);
                state.news.push(news);
            }
        }
        self.news.notify_one();
    }
}

impl adit_rdp::Clipboard for Link {
    fn text(&self) -> Option<String> {
        let offered = self.state().offered.text?;
        self.clipboard.text().filter(|text| marks::of_text(text) == Some(offered))
    }

    fn html(&self) -> Option<String> {
        let offered = self.state().offered.html?;
        self.clipboard.html().filter(|html| marks::of_text(html) == Some(offered))
    }

    fn image(&self) -> Option<ClipboardImage> {
        let offered = self.state().offered.image?;
        self.clipboard.image().filter(|image| marks::of_image(image) == offered)
    }

    fn files(&self) -> Vec<PathBuf> {
        let Some(offered) = self.state().offered.files else { return Vec::new() };
        let files = self.clipboard.files();
        if marks::of_files(&files) == Some(offered) { files } else { Vec::new() }
    }

    fn kinds(&self) -> Vec<ClipboardKind> {
        self.state().offered.kinds()
    }

    fn offers(&self, kinds: &[ClipboardKind]) {
        let files = {
            let mut state = self.state();
            state.there = wanted(kinds);
            state.coming = None;
            state.copied = kinds.contains(&ClipboardKind::Files).then(|| {
                state.copies = state.copies.wrapping_add(1);
                state.copies
            });
            match state.files {
                // It ends with this, and says so itself ([`FileError::Replaced`]).
                saving @ CopiedFiles::Saving { .. } => saving,
                CopiedFiles::None | CopiedFiles::Offered { .. } => state.at_rest(),
            }
        };
        self.note_files(files, None);
    }

    fn fetched(&self, text: String) {
        self.came(|coming| coming.text(text));
    }

    fn fetched_html(&self, html: String) {
        self.came(|coming| coming.html(html));
    }

    fn fetched_image(&self, image: ClipboardImage) {
        self.came(|coming| coming.image(image));
    }

    fn unavailable(&self, kind: ClipboardKind) {
        self.came(|coming| coming.missing(kind));
    }

    fn not_offered(&self, error: FileError) {
        let files = self.state().files;
        self.note_files(files, Some(News::NotOffered(error)));
    }

    fn saving(&self, progress: Progress) {
        self.note_files(CopiedFiles::Saving { percent: files::percent(progress) }, None);
    }

    fn saved(&self, result: Result<Vec<PathBuf>, FileError>) {
        let more = match result {
            // The one that is going on says how it ends.
            Err(FileError::Busy) => return,
            Err(FileError::Cancelled) => None,
            Err(error) => Some(News::NotSaved(error)),
            Ok(saved) => Some(News::Saved(saved)),
        };
        let files = {
            let mut state = self.state();
            if more == Some(News::NotSaved(FileError::None)) {
                state.copied = None;
            }
            state.at_rest()
        };
        self.note_files(files, more);
    }
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
