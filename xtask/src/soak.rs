//! `cargo xtask soak tunnel|rdp|desktop --minutes N …`: for a long time, through connections that misbehave.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{
    process::{self, cargo, run},
    rdp_host,
};

/// Runs the soak of this name with its options. A finding ends it with an error and leaves what reproduces it in
/// `artifacts/soak/`.
pub(crate) fn run_for(what: &str, options: &[&str]) -> Result<()> {
    match what {
        "tunnel" => run(cargo()
            .args(["run", "--quiet", "-p", "adit-tunnel", "--example", "tunnel_soak", "--"])
            .args(options)),
        "rdp" => rdp(options),
        "desktop" => desktop(options),
        _ => bail!("no such soak: {what}; there are tunnel, rdp and desktop"),
    }
}

fn rdp(options: &[&str]) -> Result<()> {
    rdp_host::build_released()?;
    // As `bench rdp` builds it.
    let wanted = ["--workspace", "--bin", "adit", "--bin", "adit-app", "--example", "rdp_bench"];
    run(cargo().args(["build", "--release"]).args(wanted).args(["--example", "rdp_soak"]))?;
    let mut soak = Command::new(process::released("examples/rdp_soak"));
    run(soak.current_dir(process::root()).arg("--host").arg(rdp_host::released()).args(options))
}

/// The test of that name, for long: through the core, and the local cloud's relay.
fn desktop(options: &[&str]) -> Result<()> {
    let ["--minutes", minutes] = options else { bail!("soak desktop --minutes N") };
    rdp_host::build()?;
    run(cargo()
        .args(["test", "--workspace", "--quiet", "--test", "desktop", "soak::", "--", "--nocapture"])
        .env("ADIT_SOAK_MINUTES", minutes))
}
