//! Newer versions of the app, for builds that know their publisher.

mod plugin;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use adit_core::updates::Publisher;
use tauri::{AppHandle, Builder, Manager as _, Url, Wry};

use self::plugin::Installer;
use crate::start;

/// The publisher's list, by `https`; `build.rs` sees to that.
const LIST: Option<&str> = option_env!("ADIT_UPDATE_URL");
/// The publisher's public key, as `tauri signer generate` writes it.
const KEY: Option<&str> = option_env!("ADIT_UPDATE_PUBLIC_KEY");

/// The address and the key that were built in; an empty variable is none.
fn built_in() -> Option<(&'static str, &'static str)> {
    LIST.zip(KEY).filter(|(list, key)| !list.is_empty() && !key.is_empty())
}

/// Adds what checks and installs, where there is anything to install.
pub(crate) fn with_plugin(builder: Builder<Wry>) -> Builder<Wry> {
    match built_in() {
        Some(_) => builder.plugin(tauri_plugin_updater::Builder::new().build()),
        None => builder,
    }
}

/// Whom this build asks.
pub(crate) fn publisher(handle: &AppHandle) -> Option<Publisher> {
    let (list, key) = built_in()?;
    let list: Url = match list.parse() {
        Ok(list) => list,
        Err(error) => {
            tracing::error!(%error, "The address of updates is none");
            return None;
        }
    };
    let (ending, starting) = (handle.clone(), handle.clone());
    let updater = Installer {
        handle: handle.clone(),
        list: list.clone(),
        key: key.to_owned(),
        // On Windows the installer ends the app without its usual end. Windows and tray stay until then: a person may yet
        // refuse the installer, and would be left without them.
        before_exit: Arc::new(move || start::end(&ending)),
        restart: Arc::new(move || {
            starting.state::<Again>().0.store(true, Ordering::Relaxed);
            starting.exit(0);
        }),
    };
    Some(Publisher { list, updater: Arc::new(updater) })
}

/// Whether the app starts again when it ends.
#[derive(Debug, Default)]
pub(crate) struct Again(AtomicBool);

/// Called at the end: starts the app again if that is wanted, and then does not return. Not with what it was started with
/// once: whoever installs an update wants a window, and no link anew.
pub(crate) fn begin_again(handle: &AppHandle) {
    if handle.try_state::<Again>().is_some_and(|again| again.0.load(Ordering::Relaxed)) {
        handle.cleanup_before_exit();
        let mut env = handle.env();
        env.args_os.truncate(1);
        tauri::process::restart(&env);
    }
}
