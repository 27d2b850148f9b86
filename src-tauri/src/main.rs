//! The shell: start-up, the window, its plugins, the tray and the command table. Nothing else: what the app does
//! stands in `adit-core`, and how it looks in `ui/`.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod clipboard;
mod closing;
mod commands;
mod demo;
mod display;
mod entries;
mod loudspeaker;
mod notices;
mod page;
mod resting;
mod start;
mod tray;
mod updates;
mod wants;
mod window;
mod words;

use std::sync::Arc;

use adit_core::{closing::TrayPresence, panics::kept_up};
use tauri::{Manager as _, RunEvent};
use tokio::sync::Mutex;

use self::start::Arguments;

fn main() {
    match adit_core::Folders::from_environment() {
        Ok(folders) => adit_core::log::start_app("warn,adit=info", &folders),
        // Core says so in the window.
        Err(_) => adit_core::log::start("warn,adit=info"),
    }
    adit_core::files::raise_limit();
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("A TLS provider was already installed");
    }
    start::prepare_environment();

    let arguments = Arguments::of(std::env::args().skip(1));
    let mut builder = page::watch_app(tauri::Builder::default());
    // An app with a home of its own, as the demo has it, is an app of its own beside the person's.
    let is_persons_own = std::env::var_os("ADIT_HOME").is_none_or(|home| home.is_empty());
    if is_persons_own {
        // First, so that a second start hands its arguments over before anything else happens.
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, arguments, _directory| {
            start::again(app, Arguments::of(arguments.into_iter().skip(1)));
        }));
    }
    let builder = updates::with_plugin(builder)
        .plugin(tauri_plugin_window_state::Builder::default().with_state_flags(window::REMEMBERED).build())
        .plugin(tauri_plugin_opener::init())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_clipboard_manager::init());
    let result = builder
        .setup(move |app| {
            app.manage(display::Places::default());
            app.manage(demo::DemoPlace::default());
            app.manage(wants::Wants::default());
            app.manage(closing::Question::default());
            app.manage(tray::TrayPlace::default());
            app.manage(entries::Entries::default());
            app.manage(updates::Again::default());
            let (heard, events) = notices::heard();
            app.manage(heard);
            app.manage(start::launch_core(app.handle().clone(), &arguments));
            let (handle, events) = (app.handle().clone(), Arc::new(Mutex::new(events)));
            tauri::async_runtime::spawn(kept_up("notices", move || {
                let (handle, events) = (handle.clone(), events.clone());
                async move { notices::run(handle, &mut *events.lock().await).await }
            }));
            let handle = app.handle().clone();
            tauri::async_runtime::spawn(kept_up("the tray", move || tray::run(handle.clone())));
            // What the system is told of an app is told of the person's own.
            if is_persons_own {
                let handle = app.handle().clone();
                tauri::async_runtime::spawn(kept_up("entries", move || entries::run(handle.clone())));
            }
            start::first(app.handle(), arguments)?;
            Ok(())
        })
        .on_window_event(window::heard)
        .invoke_handler(commands::table())
        .build(tauri::generate_context!());
    match result {
        Ok(app) => app.run(|handle, event| match event {
            // The last window has gone, and nobody has asked for the end.
            RunEvent::ExitRequested { code: None, api, .. }
                if handle.state::<tray::TrayPlace>().presence() == TrayPresence::Shown =>
            {
                api.prevent_exit();
            }
            #[cfg(target_os = "macos")]
            RunEvent::Opened { urls } => start::opened(handle, urls),
            #[cfg(target_os = "macos")]
            RunEvent::Reopen { .. } => window::raise(handle),
            event => start::ended(handle, &event),
        }),
        Err(error) => {
            tracing::error!(%error, "The window could not be opened");
            eprintln!("adit-app: the window could not be opened: {error}");
            std::process::exit(1);
        }
    }
}
