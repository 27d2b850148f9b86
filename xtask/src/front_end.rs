//! The front end: its packages, its bundle, its checks.

use std::{fs, path::Path, time::SystemTime};

use anyhow::Result;

use crate::process::{self, npm, run};

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// Installs the packages of the lock file when they are missing or older than it.
pub(crate) fn install() -> Result<()> {
    let lock = modified(&process::root().join("package-lock.json"));
    let installed = modified(&process::root().join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= lock {
        return Ok(());
    }
    run(npm().args(["ci", "--no-audit", "--no-fund"]))
}

/// Builds the bundle that the shell embeds.
pub(crate) fn build() -> Result<()> {
    install()?;
    run(npm().args(["run", "build", "--silent"]))
}

/// Lints and type-checks.
pub(crate) fn check() -> Result<()> {
    install()?;
    run(npm().args(["run", "lint", "--silent"]))?;
    run(npm().args(["run", "typecheck", "--silent"]))
}
