//! `cargo xtask fuzz TARGET --minutes N`: feeds the relay crate what a hostile relay might send.

use anyhow::{Context as _, Result, bail};

use crate::process::{self, cargo, run};

const CARGO_FUZZ: &str = "0.13.2";
const TARGETS: [&str; 2] = ["decode", "relay"];

/// Runs one target for so many minutes. A finding ends it with an error and leaves what reproduces it.
pub(crate) fn run_for(target: &str, minutes: &str) -> Result<()> {
    if !TARGETS.contains(&target) {
        bail!("no such target: {target}; there are {}", TARGETS.join(" and "));
    }
    let minutes: u32 = minutes.parse().context("--minutes wants a whole number")?;
    let tools = process::root().join("target/tools");
    let program = tools.join("bin/cargo-fuzz");
    if !program.is_file() {
        run(cargo()
            .args(["install", "--quiet", "--locked", &format!("cargo-fuzz@{CARGO_FUZZ}"), "--root"])
            .arg(&tools))?;
    }
    let folder = process::root().join("crates/relay/fuzz");
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
        .current_dir(process::root().join("crates/relay")))
}
