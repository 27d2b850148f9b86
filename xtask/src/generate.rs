//! The TypeScript of the contract crate, and what is written from the table of settings.

use anyhow::{Result, bail};

use crate::process::{self, cargo, run};

const FOLDER: &str = "ui/src/contract";
/// Written from the table of settings.
const SETTINGS: &[&str] = &["docs/settings.md", "ui/src/platform/demo/specs.json"];

/// Writes it.
pub(crate) fn write() -> Result<()> {
    let folder = process::root().join(FOLDER);
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder)?;
    }
    // ts-rs writes its files from tests of its own making.
    run(cargo().args(["test", "--quiet", "--package", "adit-contract", "export_bindings"]))?;
    // With the features of the whole workspace, so that nothing is built twice.
    run(cargo().args(["test", "--quiet", "--workspace", "--test", "generated"]).env("ADIT_GENERATE", "1"))
}

/// Fails when what is checked in differs from what the crate says now.
pub(crate) fn check() -> Result<()> {
    write()?;
    let mut status = vec!["status", "--porcelain", "--", FOLDER];
    status.extend(SETTINGS);
    match process::output("git", &status).as_deref() {
        Some("") => Ok(()),
        Some(changes) => {
            bail!("what is generated is stale; commit what `cargo xtask generate` wrote:\n{changes}")
        }
        None => bail!("git could not say whether what is generated is fresh"),
    }
}
