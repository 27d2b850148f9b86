//! By the systems of Windows and macOS. Only type-checked so far: nobody has seen their buttons pressed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use adit_core::notice::{Cause, Notice};
use notify_rust::{CloseReason, Notification, NotificationResponse};
use tauri::{AppHandle, Manager as _};

use super::{Heard, clicked};

/// The most notices that can still be clicked on: each has a thread that waits for it. More are not shown; the window and
/// the tray have what they are about.
const MOST_OPEN: usize = 16;

pub(super) struct Shown {
    handle: AppHandle,
    open: Arc<AtomicUsize>,
}

impl Shown {
    pub(super) fn new(handle: &AppHandle) -> Self {
        #[cfg(target_os = "macos")]
        if let Err(error) = notify_rust::set_application(&handle.config().identifier) {
            tracing::info!(%error, "The system shows notices under another name");
        }
        Self { handle: handle.clone(), open: Arc::default() }
    }

    pub(super) async fn show(&self, notice: Notice) {
        if self.open.fetch_add(1, Ordering::Relaxed) >= MOST_OPEN {
            self.open.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let (handle, open) = (self.handle.clone(), self.open.clone());
        let core = handle.state::<Heard>().shown.number();
        let waits = thread::Builder::new().name("notice".to_owned()).spawn(move || {
            show_and_wait(&handle, core, notice);
            open.fetch_sub(1, Ordering::Relaxed);
        });
        if let Err(error) = waits {
            self.open.fetch_sub(1, Ordering::Relaxed);
            tracing::info!(%error, "A notice was not shown");
        }
    }

    /// The library cannot take back what is waited for: it goes by itself.
    pub(super) async fn withdraw(&self, _: &Cause) {}

    /// See [`Self::withdraw`].
    pub(super) async fn withdraw_all(&self) {}
}

fn show_and_wait(handle: &AppHandle, core: u64, notice: Notice) {
    let mut shown = Notification::new();
    shown.summary(&notice.title).body(&notice.text);
    // A build that is not installed has no name that Windows knows.
    #[cfg(windows)]
    if !cfg!(debug_assertions) {
        shown.app_id(&handle.config().identifier);
    }
    for (at, (label, _)) in notice.actions.iter().enumerate() {
        shown.action(&at.to_string(), label);
    }
    let answer = shown.show().and_then(|shown| {
        shown.wait_for_response(|response: &NotificationResponse| match response {
            NotificationResponse::Default => clicked(handle, core, notice.click.clone()),
            NotificationResponse::Action(key) => {
                if let Some((_, does)) = key.parse::<usize>().ok().and_then(|at| notice.actions.get(at)) {
                    clicked(handle, core, does.clone());
                }
            }
            // On macOS one that has gone by itself says the same.
            NotificationResponse::Closed(CloseReason::Dismissed) if cfg!(windows) => {
                handle.state::<Heard>().dismissed(core, notice.about.clone());
            }
            NotificationResponse::Reply(_) | NotificationResponse::Closed(_) => {}
        })
    });
    if let Err(error) = answer {
        tracing::info!(%error, "The system shows no notices");
    }
}
