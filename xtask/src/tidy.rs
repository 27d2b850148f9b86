//! The rules that no compiler checks: floors, module documents, generated bundles, words in their places, unfinished marks.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::{
    process::{self, cargo},
    words,
};

/// Which of our packages a package may depend on: an arrow only ever points down (docs/architecture.md).
/// The local cloud stands beside the floors; the tests of any crate may start it.
const FLOORS: &[(&str, &[&str])] = &[
    ("adit-relay", &[]),
    ("adit-access", &[]),
    ("adit-contract", &[]),
    ("adit-firewall", &[]),
    ("adit-tunnel", &["adit-relay"]),
    ("adit-google", &[]),
    ("adit-ssh", &[]),
    ("adit-device", &[]),
    ("adit-sound", &[]),
    ("adit-print", &[]),
    ("adit-rdp", &[]),
    (
        "adit-core",
        &[
            "adit-relay",
            "adit-access",
            "adit-contract",
            "adit-firewall",
            "adit-tunnel",
            "adit-google",
            "adit-ssh",
            "adit-rdp",
            "adit-device",
            "adit-print",
        ],
    ),
    ("adit-cloud", &["adit-relay"]),
    (
        "adit-cli",
        &[
            "adit-core",
            "adit-contract",
            "adit-relay",
            "adit-tunnel",
            "adit-google",
            "adit-ssh",
            "adit-rdp",
            "adit-access",
            "adit-cloud",
        ],
    ),
    ("adit-app", &["adit-core", "adit-contract", "adit-sound"]),
    ("xtask", &[]),
];

/// What a pure crate may not even name.
const NOT_IN_PURE: &[&str] =
    &["tokio", "reqwest", "rustls", "tauri", "std::net", "std::fs", "SystemTime", "Instant::now"];
const PURE: &[&str] = &["crates/relay/src", "crates/contract/src", "crates/firewall/src"];

/// Unfinished work, and tests that do not run.
const MARKS: &[&str] =
    &["FIXME", "XXX:", "#[ignore", "it.only", "describe.only", "it.skip", "test.skip", "describe.skip"];

/// Longest source file before somebody has to look for the seam, in lines.
const LONGEST_FILE: usize = 900;

/// `cargo xtask tidy`.
pub(crate) fn run() -> Result<()> {
    let mut complaints = Vec::new();
    floors(&mut complaints)?;
    files(&mut complaints)?;
    if complaints.is_empty() {
        println!("tidy: floors, files, words and marks hold");
        return Ok(());
    }
    for complaint in &complaints {
        println!("{complaint}");
    }
    bail!("tidy found {} things", complaints.len())
}

fn floors(complaints: &mut Vec<String>) -> Result<()> {
    let output = cargo().args(["metadata", "--format-version", "1", "--no-deps"]).output()?;
    let metadata: Value =
        serde_json::from_slice(&output.stdout).context("cargo metadata said something odd")?;
    for package in metadata["packages"].as_array().context("no packages")? {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = FLOORS.iter().find(|(package, _)| *package == name) else {
            complaints.push(format!(
                "{name} has no floor: give it one in xtask/src/tidy.rs and docs/architecture.md"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let target = dependency["name"].as_str().unwrap_or_default();
            let in_tests = dependency["kind"].as_str() == Some("dev");
            let in_build = dependency["kind"].as_str() == Some("build");
            let ours = FLOORS.iter().any(|(package, _)| *package == target);
            let fine = allowed.contains(&target)
                || (in_tests && target == "adit-cloud")
                || (in_build && target == "adit-contract");
            if ours && !fine {
                complaints.push(format!("{name} depends on {target}, which is not below it"));
            }
            if target.starts_with("tauri") && name != "adit-app" {
                complaints.push(format!("{name} depends on {target}; only the shell knows Tauri"));
            }
        }
    }
    Ok(())
}

fn files(complaints: &mut Vec<String>) -> Result<()> {
    let listed = process::output("git", &["ls-files", "--cached", "--others", "--exclude-standard"])
        .context("git could not list the files")?;
    for name in listed.lines() {
        let path = Path::new(name);
        if name.ends_with(".md") {
            links(path, complaints);
        }
        let is_code = matches!(
            path.extension().and_then(|extension| extension.to_str()),
            Some("rs" | "ts" | "tsx" | "mjs" | "css")
        );
        if !is_code || name.starts_with("ui/src/contract/") {
            continue;
        }
        let Ok(text) = fs::read_to_string(process::root().join(path)) else { continue };
        file(name, &text, complaints);
    }
    Ok(())
}

/// Pictures and pages that a document points to have to be there.
fn links(document: &Path, complaints: &mut Vec<String>) {
    let Ok(text) = fs::read_to_string(process::root().join(document)) else { return };
    for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        let target = target.split('#').next().unwrap_or_default();
        if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
            continue;
        }
        let place = process::root().join(document).with_file_name("").join(target);
        if !place.exists() {
            complaints.push(format!("{} points to {target}, which is not there", document.display()));
        }
    }
}

fn file(name: &str, text: &str, complaints: &mut Vec<String>) {
    let lines = text.lines().count();
    if lines > LONGEST_FILE {
        complaints.push(format!("{name} has {lines} lines: look for the seam"));
    }
    if text.lines().any(|line| line.ends_with([' ', '\t'])) {
        complaints.push(format!("{name} has white space at the end of a line"));
    }
    let is_rust = name.ends_with(".rs");
    let is_test = name.contains("/tests/") || name.contains("/fuzz/") || name.ends_with("tests.rs");
    if is_rust && !is_test && !text.trim_start().starts_with("//!") {
        complaints.push(format!("{name} does not say at its top what it is for"));
    }
    if name != "xtask/src/tidy.rs" {
        for mark in MARKS {
            if text.contains(mark) {
                complaints.push(format!("{name} holds {mark}"));
            }
        }
    }
    if is_rust && words::is_bound(name) {
        match words::strays(text) {
            Ok(strays) => {
                complaints.extend(strays.into_iter().map(|stray| {
                    format!("{name} says \"{stray}\" itself: what a person reads stands in words")
                }))
            }
            Err(error) => complaints.push(format!("{name} cannot be read: {error}")),
        }
    }
    if PURE.iter().any(|pure| name.starts_with(pure)) {
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for word in NOT_IN_PURE {
                if line.contains(word) {
                    complaints.push(format!("{name} is pure and names {word}"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::file;

    #[test]
    fn a_pure_file_may_not_name_the_network() {
        let mut complaints = Vec::new();
        file("crates/relay/src/x.rs", "//! Pure.\nuse std::net::IpAddr;\n", &mut complaints);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
    }

    #[test]
    fn a_sentence_outside_its_place_draws_a_complaint() {
        let mut complaints = Vec::new();
        let text = "//! Says what it is for.\nconst A: &str = \"The list could not be read\";\n";
        file("crates/core/src/x.rs", text, &mut complaints);
        file("crates/core/src/words/x.rs", text, &mut complaints);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
    }

    #[test]
    fn a_tidy_file_draws_no_complaint() {
        let mut complaints = Vec::new();
        file("crates/tunnel/src/x.rs", "//! Says what it is for.\nuse std::net::IpAddr;\n", &mut complaints);
        assert!(complaints.is_empty(), "{complaints:?}");
    }
}
