//! The app's entries with the system, as the settings have them: what starts with the person's session, and what opens
//! our addresses.

use std::{io, path::Path};

use adit_contract::{Failure, Want};
use adit_core::{
    App,
    autostart::{self, Wish},
    schemes::{self, Claim},
    settings::{
        Setting,
        table::{OPEN_LINKS, START_AT_LOGIN},
    },
};
use tauri::{AppHandle, Manager as _};
use tokio::sync::Notify;

use crate::{
    start::{BACKGROUND, Core},
    wants, words,
};

/// Told when a setting has changed.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    pub(crate) settings_changed: Notify,
}

/// Follows the settings for as long as the app runs.
pub(crate) async fn run(handle: AppHandle) {
    // The person's own: the demo comes after it, and has no entries.
    let Ok(app) = handle.state::<Core>().app().await else { return };
    let mut entries = [
        Entry {
            setting: &START_AT_LOGIN,
            was: None,
            change: start_at_login,
            refused: words::login_not_changed,
        },
        Entry { setting: &OPEN_LINKS, was: None, change: open_links, refused: words::links_not_changed },
    ];
    loop {
        for entry in &mut entries {
            entry.follow(&handle, &app).await;
        }
        handle.state::<Entries>().settings_changed.notified().await;
    }
}

/// Why an entry is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// The app begins.
    Begins,
    /// Somebody has changed the setting.
    Wished,
}

struct Entry {
    setting: &'static Setting<bool>,
    /// What the setting was when the entry was changed last.
    was: Option<bool>,
    /// Makes the entry for this program, or takes it back. Blocks.
    change: fn(&Path, bool, Why) -> io::Result<()>,
    /// What is said to somebody whose change failed.
    refused: fn(String) -> Failure,
}

impl Entry {
    async fn follow(&mut self, handle: &AppHandle, app: &App) {
        let wanted = app.setting(self.setting);
        if self.was == Some(wanted) {
            return;
        }
        let why = if self.was.is_none() { Why::Begins } else { Why::Wished };
        let (change, env) = (self.change, handle.env());
        let done = tauri::async_runtime::spawn_blocking(move || {
            // An AppImage by its file, and not by where it was unpacked.
            change(&tauri::process::current_binary(&env)?, wanted, why)
        });
        if let Err(error) = done.await.unwrap_or_else(|error| Err(io::Error::other(error))) {
            let failure = (self.refused)(error.to_string());
            tracing::warn!(%error, "{}", failure.title);
            if why == Why::Wished {
                // Whoever has just changed it would learn otherwise at the next login, or the next link.
                wants::leave(handle, Want::Refused { failure });
            }
        }
        self.was = Some(wanted);
    }
}

fn start_at_login(program: &Path, wanted: bool, why: Why) -> io::Result<()> {
    match (wanted, why) {
        (true, Why::Wished) => autostart::enable(program, BACKGROUND, Wish::New),
        (true, Why::Begins) => autostart::enable(program, BACKGROUND, Wish::Old),
        (false, _) => autostart::disable(BACKGROUND),
    }
}

fn open_links(program: &Path, wanted: bool, why: Why) -> io::Result<()> {
    match (wanted, why) {
        (true, Why::Wished) => schemes::claim(program, Claim::Wished),
        (true, Why::Begins) => schemes::claim(program, Claim::Kept),
        (false, _) => schemes::release(),
    }
}
