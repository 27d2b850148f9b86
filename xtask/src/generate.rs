//! The TypeScript of the contract crate.

use anyhow::{Result, bail};

use crate::process::{self, cargo, run};

const FOLDER: &str = "ui/src/contract";

/// Writes it.
pub(crate) fn write() -> Result<()> {
    let folder = process::root().join(FOLDER);
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder)?;
    }
    // ts-rs writes its files from tests of its own making.
    run(cargo().args(["test", "--quiet", "--package", "adit-contract", "export_bindings"]))
}

/// Fails when what is checked in differs from what the crate says now.
pub(crate) fn check() -> Result<()> {
    write()?;
    match process::output("git", &["status", "--porcelain", "--", FOLDER]).as_deref() {
        Some("") => Ok(()),
        Some(changes) => {
            bail!("the generated types are stale; commit what `cargo xtask generate` wrote:\n{changes}")
        }
        None => bail!("git could not say whether the generated types are fresh"),
    }
}
