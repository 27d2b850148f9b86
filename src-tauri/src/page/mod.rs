//! A page whose process has died comes back: core and its sessions are not in it.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use adit_core::windows::{Afterwards, PageDeaths};
use tauri::{Manager as _, Webview, Wry};

#[cfg(target_os = "linux")]
use linux::System;
#[cfg(target_os = "macos")]
use macos::System;
#[cfg(windows)]
use windows::System;

/// What a system tells of a page's process. Only Linux' was seen at work.
trait Watch {
    /// Has the app hear of each death of a page's process.
    fn app(builder: tauri::Builder<Wry>) -> tauri::Builder<Wry> {
        builder
    }

    /// The same for this page.
    fn page(_page: &Webview) -> tauri::Result<()> {
        Ok(())
    }
}

/// How often the page of each window has died.
#[derive(Debug, Default)]
struct Deaths(Mutex<BTreeMap<String, PageDeaths>>);

/// Watches over all pages, as far as the system does that for the whole app.
pub(crate) fn watch_app(builder: tauri::Builder<Wry>) -> tauri::Builder<Wry> {
    System::app(builder.manage(Deaths::default()))
}

/// Watches over a page that was just made.
pub(crate) fn watch(page: &Webview) -> tauri::Result<()> {
    System::page(page)
}

/// A page's process has died: it is loaded anew, unless it dies again and again.
fn died(page: &Webview, why: &dyn fmt::Debug) {
    let deaths = page.state::<Deaths>();
    let mut deaths = deaths.0.lock().unwrap_or_else(PoisonError::into_inner);
    let afterwards = deaths.entry(page.label().to_owned()).or_default().another(Instant::now());
    match afterwards {
        Afterwards::StayAway => {
            tracing::error!(?why, "The window's page dies again and again, and stays away");
        }
        Afterwards::LoadAnew => {
            tracing::warn!(?why, "The window's page has died, and is loaded anew");
            if let Err(error) = page.reload() {
                tracing::error!(%error, "The window's page could not be loaded anew");
            }
        }
    }
}
