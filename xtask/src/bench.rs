//! `cargo xtask bench …`: what a tunnel or an explanation costs, on release builds. A table goes to standard error, one
//! line of JSON for each figure to standard output, and nothing else does.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::process::{self, cargo};

/// Runs the benchmark of this name with its options. A missed target is no error.
pub(crate) fn run_for(what: &str, options: &[&str]) -> Result<()> {
    match (what, options) {
        ("tunnel", options) => tunnel(options),
        ("explain", []) => explain(),
        ("explain", _) => bail!("bench explain takes no options"),
        _ => bail!("no such benchmark: {what}; there are tunnel and explain"),
    }
}

fn explain() -> Result<()> {
    quietly(cargo().args(["build", "--release", "--package", "adit-access", "--example", "explain_bench"]))?;
    quietly(Command::new(process::released("examples/explain_bench")).arg("assets/landscapes/demo.json"))
}

fn tunnel(options: &[&str]) -> Result<()> {
    // In the workspace, as for a release: a package by itself gets other features of what is shared.
    let wanted = ["--workspace", "--bin", "adit", "--example", "tunnel_bench"];
    quietly(cargo().args(["build", "--release"]).args(wanted))?;
    let program = process::released("examples/tunnel_bench");
    quietly(Command::new(program).args(["run", "--adit"]).arg(process::released("adit")).args(options))
}

/// Runs a program to its end without a word on standard output of our own.
fn quietly(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("could not start {name}"))?;
    if !status.success() {
        bail!("{name} ended with {status}");
    }
    Ok(())
}
