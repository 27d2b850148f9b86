//! Having the system open our addresses with this app, as the settings have it.

use adit_contract::Want;
use adit_core::{
    schemes::{self, Claim},
    settings::table::OPEN_LINKS,
};
use tauri::{AppHandle, Manager as _};
use tokio::sync::Notify;

use crate::{start::Core, wants, words};

/// Told when a setting has changed.
#[derive(Debug, Default)]
pub(crate) struct Links {
    pub(crate) settings_changed: Notify,
}

/// Follows the setting for as long as the app runs.
pub(crate) async fn run(handle: AppHandle) {
    // The person's own: the demo comes after it.
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
        let wanted = app.setting(&OPEN_LINKS);
        if was != Some(wanted) {
            let claim = if was.is_none() { Claim::Kept } else { Claim::Wished };
            let program = program.clone();
            let done = tauri::async_runtime::spawn_blocking(move || {
                if wanted { schemes::claim(&program, claim) } else { schemes::release() }
            });
            let done = done.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
            if let Err(error) = done {
                tracing::warn!(%error, "What opens links could not be changed");
                if claim == Claim::Wished {
                    // Somebody has just changed it, and would learn otherwise at the next link.
                    wants::leave(
                        &handle,
                        Want::Refused { failure: words::links_not_changed(error.to_string()) },
                    );
                }
            }
            was = Some(wanted);
        }
        handle.state::<Links>().settings_changed.notified().await;
    }
}
