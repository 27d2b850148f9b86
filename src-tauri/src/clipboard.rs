//! The computer's clipboard, for core: on a thread of its own, since the system may take its time and must hold up neither
//! the window nor a desktop.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use adit_core::clipboard::{ClipboardImage, Content, DEADLINE, NoClipboard, SystemClipboard};
use arboard::{Clipboard, ImageData};

/// Calls that may wait.
const QUEUE: usize = 8;

/// See the module.
pub(crate) struct WindowClipboard {
    clipboard: Desk<Clipboard>,
}

impl WindowClipboard {
    pub(crate) fn new() -> Self {
        let open = || match Clipboard::new() {
            Ok(clipboard) => Some(clipboard),
            Err(error) => {
                tracing::debug!(%error, "The clipboard cannot be opened");
                None
            }
        };
        Self { clipboard: Desk::new(open) }
    }

    /// Has the thread do that, and waits for it as long as core allows.
    fn call<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Clipboard) -> Result<T, arboard::Error> + Send + 'static,
    ) -> Option<T> {
        self.clipboard.call(DEADLINE, act)?.ok()
    }
}

type Work<C> = Box<dyn FnOnce(&mut C) + Send>;

/// Where work with a clipboard is done, one piece after the other, on a thread of its own.
struct Desk<C> {
    work: mpsc::SyncSender<Work<C>>,
}

impl<C: 'static> Desk<C> {
    fn new(open: impl Fn() -> Option<C> + Send + 'static) -> Self {
        let (work, waiting) = mpsc::sync_channel::<Work<C>>(QUEUE);
        let started = thread::Builder::new().name("clipboard".to_owned()).spawn(move || {
            // One that could not be opened may come later, as with a display server.
            let mut opened = None;
            while let Ok(work) = waiting.recv() {
                // Whoever asked hears of no answer when the work is dropped. A panic is of this piece alone: the clipboard
                // that it left behind is opened anew.
                let done = catch_unwind(AssertUnwindSafe(|| {
                    let mut clipboard = opened.take().or_else(&open)?;
                    work(&mut clipboard);
                    Some(clipboard)
                }));
                opened = done.unwrap_or_default();
            }
        });
        if let Err(error) = started {
            tracing::warn!(%error, "The clipboard's thread could not be started");
        }
        Self { work }
    }

    /// Has that done, and waits so long for it. What was not begun by then is not done later: the person has gone on.
    fn call<T: Send + 'static>(
        &self,
        deadline: Duration,
        act: impl FnOnce(&mut C) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = mpsc::sync_channel(1);
        let taken = Arc::new(AtomicBool::new(false));
        let begins = Arc::clone(&taken);
        let work: Work<C> = Box::new(move |clipboard| {
            if !begins.swap(true, Ordering::Relaxed) {
                // Whoever asked may have given up.
                let _ = answer.send(act(clipboard));
            }
        });
        self.work.try_send(work).ok()?;
        if let Ok(answer) = answered.recv_timeout(deadline) {
            return Some(answer);
        }
        // Either it has begun, or it never will.
        taken.store(true, Ordering::Relaxed);
        None
    }
}

impl SystemClipboard for WindowClipboard {
    fn text(&self) -> Option<String> {
        self.call(|clipboard| clipboard.get().text()).filter(|text| !text.is_empty())
    }

    fn html(&self) -> Option<String> {
        self.call(|clipboard| clipboard.get().html()).filter(|html| !html.is_empty())
    }

    fn image(&self) -> Option<ClipboardImage> {
        let ImageData { width, height, bytes } = self.call(|clipboard| clipboard.get().image())?;
        ClipboardImage::new(width, height, bytes.into_owned())
    }

    fn files(&self) -> Vec<PathBuf> {
        self.call(|clipboard| clipboard.get().file_list()).unwrap_or_default()
    }

    fn set(&self, content: Content) -> Result<(), NoClipboard> {
        let set = self.call(move |clipboard| match content {
            Content::Text(text) => clipboard.set().text(text),
            Content::Html { html, text } => clipboard.set().html(html, text),
            Content::Image(image) => clipboard.set().image(ImageData {
                width: image.width(),
                height: image.height(),
                bytes: image.rgba().into(),
            }),
        });
        set.ok_or(NoClipboard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most that a test waits for anything.
    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn what_was_given_up_is_not_done_later() {
        let desk = Desk::new(|| Some(Vec::new()));
        let (begins, begun) = mpsc::channel();
        let (go, wait) = mpsc::channel::<()>();
        thread::scope(|scope| {
            scope.spawn(|| {
                desk.call(PATIENCE, move |_| {
                    begins.send(()).expect("somebody waits");
                    wait.recv_timeout(PATIENCE)
                })
            });
            begun.recv_timeout(PATIENCE).expect("it begins");
            assert_eq!(desk.call(Duration::ZERO, |done| done.push("late")), None);
            go.send(()).expect("it waits");
        });
        assert_eq!(desk.call(PATIENCE, |done| done.clone()), Some(Vec::<&str>::new()));
    }

    #[test]
    fn a_panic_costs_one_call_and_the_clipboard_is_opened_anew() {
        let desk = Desk::new(|| Some(7));
        assert_eq!(desk.call(PATIENCE, |number| *number += 1), Some(()));
        assert_eq!(desk.call::<()>(PATIENCE, |_| panic!("a mistake in a library")), None);
        assert_eq!(desk.call(PATIENCE, |number| *number), Some(7));
    }

    #[test]
    fn one_that_cannot_be_opened_answers_nothing() {
        assert_eq!(Desk::<()>::new(|| None).call(PATIENCE, |()| ()), None);
    }
}
