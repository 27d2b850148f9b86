//! `cargo xtask demo`: the main job on the local cloud.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::{
    display::Display,
    front_end,
    process::{self, PrivateFolder, Running, built, cargo, run},
    rdp_host,
    setup::{self, Need},
};

const PICTURES: &str = "artifacts/demo";

fn build() -> Result<()> {
    front_end::build()?;
    run(cargo().args(["build", "--workspace"]))?;
    rdp_host::build()
}

/// Opens the app, signed in to a local cloud, and waits until it is closed.
pub(crate) fn open() -> Result<()> {
    setup::ensure(&[Need::Build])?;
    build()?;
    let (cloud, url) = start_cloud()?;
    let home = PrivateFolder::new("demo")?;
    println!("The local cloud is at {url}. Close the window to end the demo.");
    println!(
        "On its Windows VM win-jump-1, ana signs in with Quiet-Harbour-27, or with a new password that you set."
    );
    let status = Command::new(built("adit-app"))
        .arg("--sign-in")
        .env("ADIT_CLOUD", &url)
        // Each demo's cloud is a new one: nothing of it is to stay among the person's files and secrets.
        .env("ADIT_HOME", home.path())
        .env("ADIT_KEYCHAIN", "memory")
        .env("ADIT_BROWSER", pick_user_program())
        .env("NO_PROXY", "127.0.0.1,localhost,::1")
        .status()
        .context("could not start the app")?;
    drop(cloud);
    if !status.success() {
        bail!("the app ended with {status}");
    }
    Ok(())
}

/// The same on a virtual display: opens a terminal, and leaves pictures of what a person would see.
pub(crate) fn headless() -> Result<()> {
    setup::ensure(&[Need::Build, Need::Display])?;
    build()?;
    let pictures = process::root().join(PICTURES);
    if pictures.is_dir() {
        fs::remove_dir_all(&pictures)?;
    }
    fs::create_dir_all(&pictures)?;
    let (cloud, url) = start_cloud()?;
    let display = Display::start(1282, 822)?;
    let mut walk = display.command("node".as_ref(), &["tests/e2e/demo.mjs"]);
    walk.current_dir(process::root())
        .env("ADIT_CLOUD", &url)
        .env("ADIT_BROWSER", pick_user_program())
        .env("ADIT_PROGRAMS", built("adit").parent().unwrap_or_else(|| "target/debug".as_ref()))
        .env("ADIT_PICTURES", &pictures);
    run(&mut walk)?;
    drop(display);
    drop(cloud);
    let mut names: Vec<_> =
        fs::read_dir(&pictures)?.filter_map(Result::ok).map(|entry| entry.file_name()).collect();
    names.sort();
    if names.is_empty() {
        bail!("the demo left no picture");
    }
    for name in names {
        println!("{PICTURES}/{}", name.to_string_lossy());
    }
    Ok(())
}

/// The program that stands in for the person at the browser: this one. By its place, not by asking the system
/// for the running file, which the build may just have replaced.
fn pick_user_program() -> std::path::PathBuf {
    built("xtask")
}

fn start_cloud() -> Result<(Running, String)> {
    let mut cloud = Command::new(built("adit"))
        .args(["cloud", "--rdp-host"])
        .arg(rdp_host::program())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("could not start the local cloud")?;
    let stdout = cloud.stdout.take().context("the local cloud has no output")?;
    let cloud = Running(cloud);
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    let ready: Value = serde_json::from_str(&line).context("the local cloud did not become ready")?;
    let url = ready.get("url").and_then(Value::as_str).context("the local cloud named no address")?;
    Ok((cloud, url.to_owned()))
}
