//! Memory while the app waits in the tray: of what drew the window, whatever nobody uses is given back to the system.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

use std::{io, time::Duration};

use tauri::{AppHandle, Manager as _};

#[cfg(target_os = "linux")]
use linux::System;
#[cfg(target_os = "macos")]
use macos::System;
#[cfg(windows)]
use windows::System;

/// The web view's engine puts its things away within this.
const SETTLED: Duration = Duration::from_secs(5);

/// What a system offers for this.
trait Memory {
    /// Gives memory back that nobody uses just now. Whoever uses it again finds it as it was, a moment later.
    fn give_back() -> io::Result<()>;
}

/// The app is without a window: gives back what the last one needed, unless another opens at once.
pub(crate) fn begins(handle: &AppHandle) {
    let handle = handle.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(SETTLED).await;
        if !handle.webview_windows().is_empty() {
            return;
        }
        match tokio::task::spawn_blocking(System::give_back).await {
            Ok(Ok(())) => tracing::debug!("Memory was given back to the system"),
            Ok(Err(error)) => tracing::debug!(%error, "Memory could not be given back to the system"),
            Err(error) => tracing::warn!(%error, "Giving memory back broke off"),
        }
    });
}
