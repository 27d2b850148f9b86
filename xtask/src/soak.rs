//! `cargo xtask soak tunnel|rdp --minutes N …`: for a long time, through connections that misbehave.

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
        _ => bail!("no such soak: {what}; there are tunnel and rdp"),
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
