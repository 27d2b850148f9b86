//! Starting the app with the person's session, as the settings have it.

use adit_contract::Want;
use adit_core::{
    autostart::{self, Wish},
    settings::table::START_AT_LOGIN,
};
use tauri::{AppHandle, Manager as _};
use tokio::sync::Notify;

use crate::{
    start::{BACKGROUND, Core},
    wants, words,
};

/// Told when a setting has changed.
#[derive(Debug, Default)]
pub(crate) struct Login {
    pub(crate) settings_changed: Notify,
}

/// Follows the setting for as long as the app runs.
pub(crate) async fn run(handle: AppHandle) {
    // The person's own: the demo comes after it, and has no such entry.
    let Ok(app) = handle.state::<Core>().app().await else { return };
    // An AppImage by its file, and not by where it was unpacked.
    let program = match tauri::process::current_binary(&handle.env()) {
        Ok(program) => program,
        Err(error) => {
            tracing::warn!(%error, "Where the app lies could not be found out");
            return;
        }
    };
    let mut was = None;
    loop {
        let wanted = app.setting(&START_AT_LOGIN);
        if was != Some(wanted) {
            let wish = if was.is_none() { Wish::Old } else { Wish::New };
            let program = program.clone();
            let done = tauri::async_runtime::spawn_blocking(move || {
                if wanted {
                    autostart::enable(&program, BACKGROUND, wish)
                } else {
                    autostart::disable(BACKGROUND)
                }
            });
            let done = done.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
            if let Err(error) = done {
                tracing::warn!(%error, "Starting at login could not be changed");
                if wish == Wish::New {
                    // Somebody has just changed it, and would learn otherwise at the next login.
                    wants::leave(
                        &handle,
                        Want::Refused { failure: words::login_not_changed(error.to_string()) },
                    );
                }
            }
            was = Some(wanted);
        }
        handle.state::<Login>().settings_changed.notified().await;
    }
}
