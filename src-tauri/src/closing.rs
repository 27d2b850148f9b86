//! Closing the window, and the end of the app.

use std::sync::{Mutex, PoisonError};

use adit_contract::{CloseAnswer, CloseQuestion, Want};
use adit_core::{
    App,
    closing::{self, Closing, TrayPresence},
    settings::table::CloseTo,
};
use tauri::{AppHandle, Manager as _};

use crate::{start::Core, tray::TrayPlace, wants, window};

/// The window's question that is still to be answered.
#[derive(Debug, Default)]
pub(crate) struct Question(Mutex<Option<CloseQuestion>>);

impl Question {
    fn asked(&self) -> Option<CloseQuestion> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It is no longer asked: what it was about is not shown any more.
    pub(crate) fn forget(&self) {
        self.set(None);
    }

    fn set(&self, question: Option<CloseQuestion>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = question;
    }
}

/// A person closes the window.
pub(crate) fn requested(handle: &AppHandle) {
    let Some(app) = handle.state::<Core>().started() else {
        // Nothing runs yet, or never will.
        handle.exit(0);
        return;
    };
    let asked = handle.state::<Question>().asked();
    let tray = handle.state::<TrayPlace>().presence();
    follow(handle, &app, closing::close(tray, app.close_to(), app.live(), asked));
}

/// A person quits the app from the tray.
pub(crate) fn quit(handle: &AppHandle, app: &App) {
    let asked = handle.state::<Question>().asked();
    follow(handle, app, closing::quit(app.live(), asked));
}

fn follow(handle: &AppHandle, app: &App, closing: Closing) {
    let closing = if app.installs_update() { closing.while_installing() } else { closing };
    match closing {
        Closing::ToTray => to_tray(handle, app),
        Closing::Quit => handle.exit(0),
        Closing::Wait => wants::want(handle, Want::Refused { failure: closing::being_installed() }),
        Closing::Ask(question) => {
            handle.state::<Question>().set(Some(question));
            // A question that stood before it is not to be answered any more.
            wants::forget_close(handle);
            let live = app.live();
            let (sessions, tunnels) = (live.sessions, live.tunnels);
            wants::want(handle, Want::Close { question, sessions, tunnels });
        }
    }
}

/// The window's page has the answer.
pub(crate) async fn answered(handle: &AppHandle, answer: CloseAnswer) {
    handle.state::<Question>().set(None);
    match answer {
        CloseAnswer::AlwaysTray => {
            remember(handle, CloseTo::Tray).await;
            match handle.state::<TrayPlace>().presence() {
                TrayPresence::Shown => {
                    if let Some(app) = handle.state::<Core>().started() {
                        to_tray(handle, &app);
                    }
                }
                // It went while the question stood: nothing would show the app any more.
                TrayPresence::Absent => {}
            }
        }
        CloseAnswer::AlwaysQuit => {
            remember(handle, CloseTo::Quit).await;
            end(handle);
        }
        CloseAnswer::Quit => end(handle),
        CloseAnswer::Stay => {}
    }
}

/// The person has agreed to the end. An update may have got so far meanwhile that it has to wait.
fn end(handle: &AppHandle) {
    match handle.state::<Core>().started() {
        Some(app) => follow(handle, &app, Closing::Quit),
        None => handle.exit(0),
    }
}

async fn remember(handle: &AppHandle, to: CloseTo) {
    let Some(app) = handle.state::<Core>().started() else { return };
    if let Err(failure) = app.set_close_to(to).await {
        // It is asked again the next time; what was wanted now is done all the same.
        tracing::warn!(code = ?failure.code, "What closing does could not be remembered");
    }
}

/// The window goes, with the page and its processes; core and its sessions stay.
fn to_tray(handle: &AppHandle, app: &App) {
    handle.state::<Question>().set(None);
    wants::forget_close(handle);
    window::release(handle, app);
}
