//! Starting the app with the person's session, as the settings have it.

use adit_core::settings::table::START_AT_LOGIN;
use tauri::{AppHandle, Manager as _, Wry, plugin::TauriPlugin};
use tauri_plugin_autostart::AutoLaunchManager;
use tokio::sync::Notify;

use crate::start::{BACKGROUND, Core};

/// Told when a setting has changed.
#[derive(Debug, Default)]
pub(crate) struct Login {
    pub(crate) settings_changed: Notify,
}

/// What writes the entry.
pub(crate) fn plugin() -> TauriPlugin<Wry> {
    tauri_plugin_autostart::Builder::new().arg(BACKGROUND).app_name("Adit").build()
}

/// Follows the setting for as long as the app runs. An app beside the person's own has no such entry.
pub(crate) async fn run(handle: AppHandle) {
    // The person's own: the demo comes after it, and has no such entry either.
    let Ok(app) = handle.state::<Core>().app().await else { return };
    let Some(entry) = handle.try_state::<AutoLaunchManager>() else { return };
    loop {
        let wanted = app.setting(&START_AT_LOGIN);
        let is = entry.is_enabled();
        let done = match (wanted, &is) {
            (true, Ok(false) | Err(_)) => entry.enable(),
            (false, Ok(true)) => entry.disable(),
            (true, Ok(true)) | (false, Ok(false) | Err(_)) => Ok(()),
        };
        if let Err(error) = done {
            tracing::warn!(%error, "Starting at login could not be changed");
        }
        handle.state::<Login>().settings_changed.notified().await;
    }
}
