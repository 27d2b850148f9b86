//! `cargo xtask bench …`: what a tunnel or an explanation costs, on release builds. A table goes to standard error, one
//! line of JSON for each figure to standard output, and nothing else does.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::{
    display::Display,
    process::{self, PrivateFolder, cargo, npm},
    rdp_host,
};

/// The display of the window: room for a tab of 3840 x 2160 beside the tree.
const DISPLAY: (u32, u32) = (4400, 2500);

/// Runs the benchmark of this name with its options. A missed target is no error.
pub(crate) fn run_for(what: &str, options: &[&str]) -> Result<()> {
    match (what, options) {
        ("tunnel", options) => tunnel(options),
        ("explain", []) => explain(),
        ("explain", _) => bail!("bench explain takes no options"),
        ("rdp", options) => rdp(options),
        ("start", options) => start(options),
        _ => bail!("no such benchmark: {what}; there are tunnel, explain, rdp and start"),
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

fn rdp(options: &[&str]) -> Result<()> {
    let mut rounds = "5";
    let mut seconds = "6";
    let mut only = None;
    let mut rest = options;
    while let [name, value, others @ ..] = rest {
        match *name {
            "--rounds" => rounds = value,
            "--seconds" => seconds = value,
            "--only" => only = Some(*value),
            _ => bail!("bench rdp takes --rounds N, --seconds N and --only NAME"),
        }
        rest = others;
    }
    if !rest.is_empty() {
        bail!("{} wants a value", rest.join(" "));
    }
    // What these say is not for those who read figures.
    let xtask = std::env::current_exe().context("where is this program?")?;
    quietly(Command::new(xtask).args(["setup", "bench"]).stdout(std::io::stderr()))?;
    quietly(npm().args(["run", "build", "--silent"]).stdout(std::io::stderr()))?;
    rdp_host::build_released()?;
    let wanted = ["--workspace", "--bin", "adit", "--bin", "adit-app", "--example", "rdp_bench"];
    // With the soak, so that one does not build the other's half anew.
    quietly(cargo().args(["build", "--release"]).args(wanted).args(["--example", "rdp_soak"]))?;

    let mut sessions = Command::new(process::released("examples/rdp_bench"));
    sessions.arg("run").arg("--host").arg(rdp_host::released());
    sessions.args(["--rounds", rounds, "--seconds", seconds]);
    if let Some(only) = only {
        sessions.args(["--peer", only]);
    }
    // A server that could not be measured keeps nobody from measuring the rest.
    let measured = quietly(&mut sessions).and(if only.is_none() { input() } else { Ok(()) });

    let display = Display::start(DISPLAY.0, DISPLAY.1)?;
    let mut window = display.command("node".as_ref(), &["tests/e2e/desktop.bench.mjs"]);
    window
        .current_dir(process::root())
        .env("ADIT_PROGRAMS", process::released("adit").parent().unwrap_or_else(|| "target/release".as_ref()))
        .env("ADIT_RDP_HOST", rdp_host::released())
        .env("ADIT_PICTURES", process::root().join("artifacts/bench"))
        .env("ADIT_BENCH_ROUNDS", rounds)
        .env("ADIT_BENCH_SECONDS", seconds)
        .env("ADIT_BENCH_ONLY", only.unwrap_or_default());
    quietly(&mut window)?;
    measured
}

/// Input through core, tunnel and relay: a test of the core's measures it.
fn input() -> Result<()> {
    let folder = PrivateFolder::new("bench")?;
    let figures = folder.path().join("input");
    let mut test = cargo();
    test.args(["test", "--release", "--workspace", "--quiet", "--test", "desktop", "input::"]);
    test.env("ADIT_FIGURES", &figures).env("ADIT_RDP_HOST", rdp_host::released());
    quietly(test.stdout(std::io::stderr()))?;
    quietly(Command::new(process::released("examples/rdp_bench")).arg("input").arg(&figures))
}

fn start(options: &[&str]) -> Result<()> {
    let (rounds, seconds) = match options {
        [] => ("7", "60"),
        ["--rounds", rounds, "--seconds", seconds] => (*rounds, *seconds),
        _ => bail!("bench start takes --rounds N --seconds N"),
    };
    let xtask = std::env::current_exe().context("where is this program?")?;
    quietly(Command::new(xtask).args(["setup", "bench"]).stdout(std::io::stderr()))?;
    quietly(npm().args(["run", "build", "--silent"]).stdout(std::io::stderr()))?;
    let wanted = ["--workspace", "--bins", "--example", "empty_window", "--example", "tray_host"];
    quietly(cargo().args(["build", "--release"]).args(wanted))?;
    let display = Display::start(1280, 1024)?;
    let mut window = display.command("node".as_ref(), &["tests/e2e/start.bench.mjs"]);
    window
        .current_dir(process::root())
        .env("ADIT_PROGRAMS", process::released("adit").parent().unwrap_or_else(|| "target/release".as_ref()))
        .env("ADIT_BENCH_ROUNDS", rounds)
        .env("ADIT_BENCH_SECONDS", seconds);
    quietly(&mut window)
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
