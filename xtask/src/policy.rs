//! Dependency policy: one TLS stack, known licences, known sources.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{self, cargo};

const CARGO_DENY: &str = "0.20.2";

/// Checks all of it.
fn checks(deny: &std::path::Path) -> Result<()> {
    process::run(
        Command::new(deny)
            .args(["--all-features", "check", "licenses", "bans", "sources"])
            .current_dir(process::root()),
    )?;
    // Advisories need their database, which not every machine can reach.
    let reachable =
        Command::new(deny).args(["fetch", "db"]).current_dir(process::root()).output()?.status.success();
    if reachable {
        process::run(Command::new(deny).args(["check", "advisories"]).current_dir(process::root()))
    } else {
        println!("not run: advisories (their database cannot be reached from here)");
        Ok(())
    }
}

/// `cargo xtask deny`.
pub(crate) fn run() -> Result<()> {
    one_tls_stack()?;
    checks(&cargo_deny()?)
}

/// With a second provider compiled in, rustls cannot choose and panics at run time.
fn one_tls_stack() -> Result<()> {
    let tree = ["tree", "--workspace", "--target", "all", "-e", "normal,build,dev", "-i"];
    for banned in ["ring", "native-tls", "openssl"] {
        let output = cargo().args(tree).arg(banned).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() && !said.contains("did not match any packages") {
            bail!("cargo tree could not say whether {banned} is in the build:\n{said}");
        }
        let users = String::from_utf8_lossy(&output.stdout);
        if !users.trim().is_empty() {
            bail!("{banned} entered the build; rustls with aws-lc-rs is the only TLS stack here:\n{users}");
        }
    }
    Ok(())
}

fn cargo_deny() -> Result<std::path::PathBuf> {
    if process::exists("cargo-deny") {
        return Ok("cargo-deny".into());
    }
    let tools = process::root().join("target/tools");
    let program = tools.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if !program.is_file() {
        let version = format!("cargo-deny@{CARGO_DENY}");
        process::run(cargo().args(["install", "--quiet", "--locked", &version, "--root"]).arg(&tools))?;
    }
    Ok(program)
}
