//! The remote desktop to test against: a workspace of its own, since the release lines of the two sides of the
//! protocol cannot stand in one lock file.

use std::{path::PathBuf, process::Command};

use anyhow::{Result, bail};

use crate::process::{self, cargo, run};

/// Where it lives.
const FOLDER: &str = "tests/rdp-host";

fn in_its_folder(words: &[&str]) -> Result<()> {
    let mut command = cargo();
    // Its target folder is its own, whatever is set for ours: two lock files in one would build each other anew.
    command.current_dir(process::root().join(FOLDER)).env_remove("CARGO_TARGET_DIR").args(words);
    run(&mut command)
}

/// Has what it is made of on this machine.
pub(crate) fn fetch() -> Result<()> {
    in_its_folder(&["fetch", "--locked", "--quiet"])
}

/// Builds it, into a target folder of its own.
pub(crate) fn build() -> Result<()> {
    in_its_folder(&["build", "--locked"])
}

/// The program that [`build`] makes.
pub(crate) fn program() -> PathBuf {
    of_profile("debug")
}

/// Builds it as fast as it can be, without a word on standard output.
pub(crate) fn build_released() -> Result<()> {
    let status = cargo()
        .current_dir(process::root().join(FOLDER))
        .env_remove("CARGO_TARGET_DIR")
        .args(["build", "--locked", "--release"])
        .status()?;
    if !status.success() {
        bail!("the remote desktop to test against was not built: {status}");
    }
    Ok(())
}

/// The program that [`build_released`] makes.
pub(crate) fn released() -> PathBuf {
    of_profile("release")
}

fn of_profile(folder: &str) -> PathBuf {
    let program = format!("target/{folder}/rdp-host");
    process::root().join(FOLDER).join(program).with_extension(std::env::consts::EXE_EXTENSION)
}

/// Its own tests; what `cargo test` prints.
pub(crate) fn tests() -> Command {
    let mut command = cargo();
    command
        .current_dir(process::root().join(FOLDER))
        .env_remove("CARGO_TARGET_DIR")
        .args(["test", "--locked"]);
    command
}

/// The lints, as for everything else.
pub(crate) fn lint() -> Result<()> {
    in_its_folder(&["clippy", "--locked", "--quiet", "--", "-D", "warnings"])
}

/// The format, as for everything else.
pub(crate) fn check_format() -> Result<()> {
    in_its_folder(&["fmt", "--check"])
}
