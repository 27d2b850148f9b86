//! Declares the app's commands, so that the capability file has to allow each by name, and holds that a build that asks
//! for updates can ask.

use std::{fs, path::Path};

fn main() {
    // The window's assets are embedded at compile time. Where they have not been built yet, checks and
    // tests that never open a window must still compile.
    let dist = Path::new("../ui/dist");
    if !dist.join("index.html").exists() {
        let page = "<!doctype html><title>Adit</title><p>The front end is not built. Run: cargo xtask demo";
        if let Err(error) = fs::create_dir_all(dist).and_then(|()| fs::write(dist.join("index.html"), page)) {
            println!("cargo:warning=could not write a placeholder for the front end: {error}");
        }
    }
    println!("cargo:rerun-if-changed=../ui/dist");
    if let Err(complaint) = updates() {
        println!("cargo:warning={complaint}");
        std::process::exit(1);
    }
    let manifest = tauri_build::AppManifest::new().commands(adit_contract::COMMANDS);
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo:warning={error:#}");
        std::process::exit(1);
    }
}

/// Where the app asks for updates and whose signature it takes are built in together, or not at all.
fn updates() -> Result<(), &'static str> {
    let [list, key] = ["ADIT_UPDATE_URL", "ADIT_UPDATE_PUBLIC_KEY"].map(|name| {
        println!("cargo:rerun-if-env-changed={name}");
        std::env::var(name).unwrap_or_default()
    });
    match (list.is_empty(), key.is_empty()) {
        (true, true) => Ok(()),
        (false, false) if list.starts_with("https://") => Ok(()),
        (false, false) => Err("ADIT_UPDATE_URL is not https"),
        (true, false) | (false, true) => Err("ADIT_UPDATE_URL and ADIT_UPDATE_PUBLIC_KEY belong together"),
    }
}
