//! A window with nothing in it: what the app's start is measured against (`cargo xtask bench start`).

fn main() {
    let built = tauri::Builder::default()
        .setup(|app| {
            tauri::WebviewWindowBuilder::new(app, "main", tauri::WebviewUrl::default()).build()?;
            Ok(())
        })
        .run(tauri::generate_context!("examples/empty_window/tauri.conf.json"));
    if let Err(error) = built {
        eprintln!("empty_window: {error}");
        std::process::exit(1);
    }
}
