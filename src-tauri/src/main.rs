//! The shell: start-up, the window, its plugins and the command table. Nothing else: what the app does
//! stands in `adit-core`, and how it looks in `ui/`.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod commands;
mod start;
mod window;

use tauri::Manager as _;

fn main() {
    adit_core::log::start("warn,adit=info");
    adit_core::files::raise_limit();
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("A TLS provider was already installed");
    }
    start::prepare_environment();

    let mut builder = tauri::Builder::default();
    // An app with a home of its own, as the demo has it, is an app of its own beside the person's.
    if std::env::var_os("ADIT_HOME").is_none_or(|home| home.is_empty()) {
        // First, so that a second start hands its arguments over before anything else happens.
        builder = builder
            .plugin(tauri_plugin_single_instance::init(|app, _arguments, _directory| window::raise(app)));
    }
    let result = builder
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .plugin(tauri_plugin_opener::init())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_clipboard_manager::init())
        .setup(|app| {
            app.manage(start::launch_core(app.handle().clone()));
            window::open(app.handle())?;
            Ok(())
        })
        .invoke_handler(commands::table())
        .run(tauri::generate_context!());
    if let Err(error) = result {
        tracing::error!(%error, "The window could not be opened");
        eprintln!("adit-app: the window could not be opened: {error}");
        std::process::exit(1);
    }
}
