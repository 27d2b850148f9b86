//! What the window is asked to do from outside of it, kept until its page takes it: the page may still have to load.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use adit_contract::{Event, Want};
use tauri::{AppHandle, Emitter as _, Manager as _};

use crate::{start::EVENT, window};

/// Wishes that wait at most; beyond it the oldest goes, as nobody waits for that one any more.
const MOST: usize = 16;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Wants(Mutex<VecDeque<Want>>);

impl Wants {
    fn push(&self, want: Want) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Asked twice, it is wanted once.
        waiting.retain(|known| *known != want);
        while waiting.len() >= MOST {
            waiting.pop_front();
        }
        waiting.push_back(want);
    }

    /// Whether all that waits is only to be said, in whichever window somebody looks at.
    pub(crate) fn are_said(&self) -> bool {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.iter().all(|want| matches!(want, Want::Remark { .. } | Want::Refused { .. }))
    }

    /// Gives what waits, the oldest first.
    pub(crate) fn take(&self) -> Vec<Want> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }
}

/// The question before the end is no longer asked.
pub(crate) fn forget_close(handle: &AppHandle) {
    let wants = handle.state::<Wants>();
    let mut waiting = wants.0.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.retain(|known| !matches!(known, Want::Close { .. }));
}

/// Opens the window, or brings it to the front, and has it do something.
pub(crate) fn want(handle: &AppHandle, want: Want) {
    handle.state::<Wants>().push(want);
    window::raise(handle);
    tell(handle);
}

/// Has a window say something, or the next one that opens: none is raised for it.
pub(crate) fn leave(handle: &AppHandle, want: Want) {
    handle.state::<Wants>().push(want);
    if !handle.webview_windows().is_empty() {
        tell(handle);
    }
}

fn tell(handle: &AppHandle) {
    if let Err(error) = handle.emit(EVENT, Event::Wanted) {
        tracing::warn!(%error, "The window could not be told what is wanted of it");
    }
}
