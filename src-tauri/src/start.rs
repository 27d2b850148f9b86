//! Starting core beside the window, so that the window never waits for it.

use std::sync::Arc;

use adit_contract::{Event, Failure, FailureCode, SignInMethod};
use adit_core::{App, Config, EventSink};
use tauri::{AppHandle, Emitter as _};
use tokio::sync::watch;

/// Option that begins the app's own browser sign-in at once when nobody is signed in yet.
const SIGN_IN: &str = "--sign-in";

/// Core, once it has started.
pub(crate) struct Core(watch::Receiver<Option<Result<Arc<App>, Failure>>>);

impl Core {
    /// Waits until core has started.
    ///
    /// # Errors
    /// The failure with which core could not start.
    pub(crate) async fn app(&self) -> Result<Arc<App>, Failure> {
        let mut started = self.0.clone();
        let outcome = started.wait_for(Option::is_some).await.map_err(|_| {
            Failure::new(FailureCode::Internal, "Adit did not start", "Quit the app and start it again.")
        })?;
        match &*outcome {
            Some(result) => result.clone(),
            None => Err(Failure::new(
                FailureCode::Internal,
                "Adit did not start",
                "Quit the app and start it again.",
            )),
        }
    }
}

/// Hands core's events to the window.
struct Window(AppHandle);

impl EventSink for Window {
    fn send(&self, event: Event) {
        if let Err(error) = self.0.emit("adit", &event) {
            tracing::warn!(%error, "An event did not reach the window");
        }
    }
}

/// Starts core in the background.
pub(crate) fn launch_core(handle: AppHandle) -> Core {
    let (done, started) = watch::channel(None);
    let wants_sign_in = std::env::args().any(|argument| argument == SIGN_IN);
    tauri::async_runtime::spawn(async move {
        let result = start_core(handle).await;
        if let Err(failure) = &result {
            tracing::error!(code = ?failure.code, "Core did not start");
        }
        let app = result.as_ref().ok().cloned();
        done.send_replace(Some(result));
        if let Some(app) = app.filter(|_| wants_sign_in) {
            sign_in_if_needed(&app).await;
        }
        // Keeps the channel open for as long as the app runs.
        done.closed().await;
    });
    Core(started)
}

async fn start_core(handle: AppHandle) -> Result<Arc<App>, Failure> {
    let config = Config::from_environment().await?;
    App::start(config, Arc::new(Window(handle))).await
}

async fn sign_in_if_needed(app: &App) {
    if app.snapshot().await.accounts.is_empty()
        && let Err(failure) = app.sign_in(SignInMethod::Browser).await
    {
        tracing::warn!(code = ?failure.code, "The sign-in asked for on the command line did not begin");
    }
}

/// Sets what the system's web view must know before any thread starts.
pub(crate) fn prepare_environment() {
    #[cfg(target_os = "linux")]
    {
        const DMABUF_OFF: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
        // WebKitGTK's DMABUF renderer shows a blank window on NVIDIA's own driver.
        if std::env::var_os(DMABUF_OFF).is_none()
            && std::path::Path::new("/proc/driver/nvidia/version").exists()
        {
            // SAFETY: called from `main` before any other thread exists.
            unsafe { std::env::set_var(DMABUF_OFF, "1") };
        }
    }
}
