//! `cargo xtask soak tunnel --minutes N …`: many tunnels for a long time, through a relay that misbehaves.

use anyhow::{Result, bail};

use crate::process::{cargo, run};

/// Runs the soak of this name with its options. A finding ends it with an error and leaves what reproduces it in
/// `artifacts/soak/`.
pub(crate) fn run_for(what: &str, options: &[&str]) -> Result<()> {
    if what != "tunnel" {
        bail!("no such soak: {what}; there is tunnel");
    }
    run(cargo().args(["run", "--quiet", "-p", "adit-tunnel", "--example", "tunnel_soak", "--"]).args(options))
}
