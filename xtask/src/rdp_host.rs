//! The remote desktop to test against: a workspace of its own, since the release lines of the two sides of the
//! protocol cannot stand in one lock file.

use anyhow::Result;

use crate::process::{self, cargo, run};

/// Where it lives.
const FOLDER: &str = "tests/rdp-host";

fn in_its_folder(words: &[&str]) -> Result<()> {
    let mut command = cargo();
    // Its target folder is its own, whatever is set for ours: two lock files in one would build each other anew.
    command.current_dir(process::root().join(FOLDER)).env_remove("CARGO_TARGET_DIR").args(words);
    run(&mut command)
}

/// Builds it, into a target folder of its own.
pub(crate) fn build() -> Result<()> {
    in_its_folder(&["build", "--locked"])
}

/// The lints, as for everything else.
pub(crate) fn lint() -> Result<()> {
    in_its_folder(&["clippy", "--locked", "--quiet", "--", "-D", "warnings"])
}

/// The format, as for everything else.
pub(crate) fn check_format() -> Result<()> {
    in_its_folder(&["fmt", "--check"])
}
