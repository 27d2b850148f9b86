//! The main window.

use tauri::{
    AppHandle, Manager as _, WebviewUrl, WebviewWindowBuilder, utils::config::BackgroundThrottlingPolicy,
};

const LABEL: &str = "main";

/// Opens the main window.
pub(crate) fn open(app: &AppHandle) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title("Adit")
        .inner_size(1280.0, 800.0)
        .min_inner_size(640.0, 420.0)
        // Tabs keep being fed while the window is hidden; macOS would suspend them after minutes.
        .background_throttling(BackgroundThrottlingPolicy::Disabled)
        .build()?;
    Ok(())
}

/// Brings the window to the front, as a second start of the app does.
pub(crate) fn raise(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else {
        return;
    };
    for result in [window.show(), window.unminimize(), window.set_focus()] {
        if let Err(error) = result {
            tracing::debug!(%error, "The window could not be raised");
        }
    }
}
