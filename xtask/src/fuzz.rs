//! `cargo xtask fuzz TARGET --minutes N`: feeds a crate what the hostile other side might send.

use anyhow::{Context as _, Result, bail};

use crate::process::{self, cargo, run};

const CARGO_FUZZ: &str = "0.13.2";
/// Each target, and the crate that it is of.
const TARGETS: [(&str, &str); 4] =
    [("decode", "relay"), ("relay", "relay"), ("rdp", "rdp"), ("rdp-setup", "rdp")];

/// Runs one target for so many minutes. A finding ends it with an error and leaves what reproduces it.
pub(crate) fn run_for(target: &str, minutes: &str) -> Result<()> {
    let Some((_, of)) = TARGETS.iter().find(|(name, _)| *name == target) else {
        bail!("no such target: {target}; there are {}", TARGETS.map(|(name, _)| name).join(", "));
    };
    let minutes: u32 = minutes.parse().context("--minutes wants a whole number")?;
    let tools = process::root().join("target/tools");
    let program = tools.join("bin/cargo-fuzz");
    if !program.is_file() {
        run(cargo()
            .args(["install", "--quiet", "--locked", &format!("cargo-fuzz@{CARGO_FUZZ}"), "--root"])
            .arg(&tools))?;
    }
    let package = process::root().join("crates").join(of);
    let folder = package.join("fuzz");
    let corpus = folder.join("corpus").join(target);
    std::fs::create_dir_all(&corpus)?;
    // The fuzzer's instrumentation needs a nightly compiler; any will do.
    run(std::process::Command::new("rustup")
        .args(["run", "nightly"])
        .arg(&program)
        .args(["fuzz", "run", target])
        .arg(&corpus)
        .arg(folder.join("corpus-regressions").join(target))
        .args(["--", &format!("-max_total_time={}", minutes.saturating_mul(60))])
        .env_remove("CARGO")
        .env_remove("RUSTUP_TOOLCHAIN")
        .current_dir(&package))
}
