//! `cargo xtask bundle`: what a person installs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::{
    front_end,
    process::{self, cargo, released, run},
    rdp_host,
    setup::{self, Need},
};

/// Makes the packages. Its own packages for the other systems cannot all be had from every registry, which a lock file
/// would insist on: it is fetched when it is needed, in this version (`docs/decisions/0016-packages.md`).
const BUNDLER: &str = "@tauri-apps/cli@2.12.5";
/// What packs a Debian package anew.
const PACKERS: [&str; 3] = ["dpkg-deb", "ar", "xz"];
/// Looks back over all programs. Whoever unpacks needs as much memory.
const LOOKS_BACK: &str = "--lzma2=preset=9,dict=128MiB";
/// The largest package that we want to hand out, in bytes.
const LARGEST: u64 = 25_000_000;
/// The largest `.rpm`, which the bundler packs by itself: what the programs have in common lies more or less far apart.
const LARGEST_RPM: u64 = 28_000_000;
/// The largest AppImage: it carries the web view, which elsewhere the system has. The app fetches none beyond 256 MiB.
const LARGEST_APP_IMAGE: u64 = 150_000_000;
/// Where the programs that stand beside the app are laid out for the bundler.
const STAGE: &str = "target/bundle";

/// The kinds that this system's own tools make.
fn usual_kinds() -> &'static str {
    if cfg!(target_os = "macos") {
        "dmg"
    } else if cfg!(windows) {
        "nsis"
    } else {
        "deb,rpm"
    }
}

/// What signs. Only the bundler is to see it: a build runs the code of every dependency.
const SECRETS: [&str; 7] = [
    "TAURI_SIGNING_PRIVATE_KEY",
    "TAURI_SIGNING_PRIVATE_KEY_PASSWORD",
    "APPLE_CERTIFICATE",
    "APPLE_CERTIFICATE_PASSWORD",
    "APPLE_ID",
    "APPLE_PASSWORD",
    "APPLE_TEAM_ID",
];

/// Builds the programs and packs them; `kinds` in place of the usual ones of this system.
pub(crate) fn make(chosen: Option<&str>) -> Result<()> {
    build()?;
    pack(chosen)
}

/// Builds the programs, and fetches what packs them: nothing is compiled or fetched any more when keys are there.
pub(crate) fn build() -> Result<()> {
    if let Some(secret) = SECRETS.into_iter().find(|name| !variable(name).is_empty()) {
        bail!(
            "a build is not to see {secret}: run `bundle --build` without it, then `bundle --pack` with it"
        );
    }
    setup::ensure(&[Need::Build])?;
    front_end::build()?;
    run(cargo().args(["build", "--release", "--workspace", "--bins"]))?;
    rdp_host::build_released()?;
    run(bundler().arg("--version"))
}

/// Packs what was built, and signs it with the keys that the environment has.
pub(crate) fn pack(chosen: Option<&str>) -> Result<()> {
    let triple = host()?;
    let stage = process::root().join(STAGE);
    fs::create_dir_all(&stage)?;
    for (program, name) in [(released("adit"), "adit"), (rdp_host::released(), "adit-rdp-host")] {
        let to = stage.join(format!("{name}-{triple}{}", std::env::consts::EXE_SUFFIX));
        fs::copy(&program, &to).with_context(|| format!("could not copy {}", program.display()))?;
    }
    let folder = released("bundle");
    let began = std::time::SystemTime::now();
    let kinds = chosen.unwrap_or(usual_kinds());
    let overlay = overlay(&stage, updates()?);
    run(bundler().args(["bundle", "--bundles", kinds, "--config", &overlay.to_string()]))?;
    let made = packages(&folder, began)?;
    if made.is_empty() {
        bail!("the bundler made nothing");
    }
    for package in &made {
        if package.extension().is_some_and(|ending| ending == "deb") {
            match PACKERS.into_iter().find(|program| !process::exists(program)) {
                None => pack_tightly(package)?,
                Some(missing) => {
                    println!(
                        "there is no {missing} here: {} stays as the bundler packed it",
                        package.display()
                    );
                }
            }
        }
        let size = fs::metadata(package)?.len();
        println!("{} {:.1} MB", package.display(), size as f64 / 1e6);
        let largest = match package.extension().and_then(|ending| ending.to_str()) {
            Some("AppImage") => LARGEST_APP_IMAGE,
            Some("rpm") => LARGEST_RPM,
            _ => LARGEST,
        };
        if size > largest {
            bail!("{} is larger than {} MB", package.display(), largest / 1_000_000);
        }
    }
    Ok(())
}

/// Packs a Debian package as small as can be. The programs have much in common, which lies further apart than the bundler and
/// `dpkg-deb` look back: 64 MB at most, so that a few megabytes more in one program made the package larger by three.
fn pack_tightly(package: &Path) -> Result<()> {
    let folder = package.with_extension("unpacked");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let tool = |arguments: &[&std::ffi::OsStr]| run(Command::new("dpkg-deb").args(arguments));
    tool(&["--raw-extract".as_ref(), package.as_ref(), folder.as_ref()])?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // It takes no others, and gets those of who unpacks.
        fs::set_permissions(folder.join("DEBIAN"), fs::Permissions::from_mode(0o755))?;
    }
    let plain = ["--root-owner-group", "-Znone", "--build"].map(AsRef::as_ref);
    tool(&[&plain[..], &[folder.as_ref(), package.as_ref()]].concat())?;
    let within = |program: &str, arguments: &[&std::ffi::OsStr]| {
        run(Command::new(program).current_dir(&folder).args(arguments))
    };
    within("ar", &["x".as_ref(), package.as_ref()])?;
    within("xz", &[LOOKS_BACK.as_ref(), "data.tar".as_ref()])?;
    fs::remove_file(package)?;
    // In this order: deb(5).
    let parts = ["debian-binary", "control.tar", "data.tar.xz"].map(AsRef::as_ref);
    within("ar", &[&["rc".as_ref(), package.as_ref()], &parts[..]].concat())?;
    fs::remove_dir_all(&folder)?;
    // One that the bundler has made is of other bytes; a system's own packages are not what the app updates itself with.
    let mut signature = package.as_os_str().to_owned();
    signature.push(".sig");
    match fs::remove_file(&signature) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// What the configuration says beside `tauri.conf.json`, where it names files that only a bundle has.
fn overlay(stage: &Path, updates: Updates) -> Value {
    // In this order the two that have much in common lie side by side in a package.
    let beside: Vec<PathBuf> = ["adit-rdp-host", "adit"].iter().map(|name| stage.join(name)).collect();
    let about = json!({
        "/usr/share/metainfo/dev.adit.app.metainfo.xml": process::root().join("assets/package/dev.adit.app.metainfo.xml"),
    });
    // The bundler's own entry passes no address on, which links need.
    let entry = process::root().join("assets/package/adit.desktop");
    json!({
        "build": { "beforeBundleCommand": null },
        "plugins": { "updater": { "pubkey": variable("ADIT_UPDATE_PUBLIC_KEY") } },
        "bundle": {
            "createUpdaterArtifacts": updates == Updates::Signed,
            "windows": certificate(),
            "externalBin": beside,
            "linux": {
                "deb": { "files": about, "desktopTemplate": entry },
                "rpm": { "files": about, "desktopTemplate": entry, "compression": { "type": "zstd", "level": 22 } },
            },
        },
    })
}

/// Whether what the app updates itself with is signed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Updates {
    Signed,
    /// There is no key: who has these packages gets newer ones as they got these.
    Unsigned,
}

/// By the keys that the environment has. The bundler reads the private one itself.
fn updates() -> Result<Updates> {
    if variable("TAURI_SIGNING_PRIVATE_KEY").is_empty() {
        return Ok(Updates::Unsigned);
    }
    if variable("ADIT_UPDATE_PUBLIC_KEY").is_empty() {
        bail!(
            "TAURI_SIGNING_PRIVATE_KEY would sign updates that no app takes: ADIT_UPDATE_PUBLIC_KEY is missing"
        );
    }
    Ok(Updates::Signed)
}

/// What Windows is to know the publisher by, out of its own store. The bundler signs with it before it signs the update:
/// afterwards that signature would be one of other bytes.
fn certificate() -> Value {
    match variable("ADIT_WINDOWS_CERTIFICATE").as_str() {
        "" => json!({}),
        thumbprint => json!({
            "certificateThumbprint": thumbprint,
            "digestAlgorithm": "sha256",
            "timestampUrl": "http://timestamp.digicert.com",
            "tsp": true,
        }),
    }
}

/// A variable of the environment; empty where there is none.
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

fn bundler() -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(process::root().join("src-tauri")).args([
        "exec",
        "--yes",
        "--package",
        BUNDLER,
        "--",
        "tauri",
    ]);
    if std::env::var_os("CI").is_some() {
        // It takes no other word for yes.
        command.env("CI", "true");
    }
    command
}

/// The platform that the compiler makes programs for.
fn host() -> Result<String> {
    let said = process::output("rustc", &["-vV"]).context("could not ask the compiler for its platform")?;
    let line = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("the compiler names no platform")?.to_owned())
}

/// What has been made since, of those kinds that a person installs.
fn packages(folder: &Path, since: std::time::SystemTime) -> Result<Vec<PathBuf>> {
    const ENDINGS: [&str; 6] = ["deb", "rpm", "AppImage", "dmg", "exe", "msi"];
    let mut made = Vec::new();
    for kind in fs::read_dir(folder)? {
        let kind = kind?.path();
        if !kind.is_dir() {
            continue;
        }
        for file in fs::read_dir(kind)? {
            let file = file?;
            let path = file.path();
            let is_package =
                path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
            if is_package && file.metadata()?.modified()? >= since {
                made.push(path);
            }
        }
    }
    made.sort();
    Ok(made)
}
