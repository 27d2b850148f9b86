//! What is written from the table of settings, and has to say what it says: the guide's tables, and what the front
//! end's double plays. `cargo xtask generate` writes both.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use adit_core::settings::{guide, specs};

const BEGIN: &str = "<!-- Generated from the table of settings by cargo xtask generate. -->\n";

fn place(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Writes the file where that is asked for, and holds that it is as it should be.
fn hold(path: &str, wanted: &str) {
    if std::env::var_os("ADIT_GENERATE").is_some() {
        std::fs::write(place(path), wanted).unwrap();
    }
    let found = std::fs::read_to_string(place(path)).unwrap().replace("\r\n", "\n");
    assert!(found == wanted, "{path} is stale; commit what cargo xtask generate writes");
}

#[test]
fn the_guide_has_every_setting_as_it_is() {
    let path = "docs/settings.md";
    let text = std::fs::read_to_string(place(path)).unwrap().replace("\r\n", "\n");
    let (before, _) = text.split_once(BEGIN).unwrap();
    hold(path, &format!("{before}{BEGIN}\n{}", guide()));
}

#[test]
fn the_front_ends_double_has_the_same_settings() {
    let json = serde_json::to_string_pretty(&specs()).unwrap();
    hold("ui/src/platform/demo/specs.json", &format!("{json}\n"));
}
