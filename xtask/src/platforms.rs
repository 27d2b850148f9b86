//! Type-checks for the systems that this machine is not: `cargo check` never links, so a stand-in for the C
//! compiler is enough where the real one is not at hand. It proves types and `cfg`s, not C code and not linking.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::{
    process::{self, cargo, run},
    setup::{self, Need},
};

const STAND_IN_TARGETS: [&str; 2] = ["x86_64-pc-windows-msvc", "aarch64-apple-darwin"];
/// mingw compiles the C parts for real.
const MINGW_TARGET: &str = "x86_64-pc-windows-gnu";

/// `cargo xtask check-platforms`.
pub(crate) fn run_all() -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!(
            "the other platforms are type-checked on Linux; here, `cargo check --workspace` checks this one"
        );
    }
    setup::ensure(&[Need::Build, Need::Cross])?;
    add_targets()?;
    let (compiler, archiver) = write_stand_ins()?;
    for target in STAND_IN_TARGETS {
        let suffix = target.replace('-', "_");
        run(cargo()
            .args(["check", "--workspace", "--quiet", "--target", target])
            .env(format!("CC_{suffix}"), &compiler)
            .env(format!("CXX_{suffix}"), &compiler)
            .env(format!("AR_{suffix}"), &archiver))?;
        println!("{target}: types and cfgs hold");
    }
    run(cargo().args(["check", "--workspace", "--quiet", "--target", MINGW_TARGET]))?;
    println!("{MINGW_TARGET}: types, cfgs and C code hold");
    Ok(())
}

fn add_targets() -> Result<()> {
    let installed =
        process::output("rustup", &["target", "list", "--installed"]).context("rustup is missing")?;
    for target in STAND_IN_TARGETS.iter().chain([&MINGW_TARGET]) {
        if !installed.lines().any(|line| line == *target) {
            run(std::process::Command::new("rustup").args(["target", "add", target]))?;
        }
    }
    Ok(())
}

fn write_stand_ins() -> Result<(PathBuf, PathBuf)> {
    let folder = process::root().join("target/stand-in");
    fs::create_dir_all(&folder)?;
    let compiler = write_script(
        &folder.join("cc"),
        r#"#!/bin/sh
# Asked to preprocess (which compiler is this? what does this resource file say?), the host's compiler answers,
# without the options that only the other one knows; asked to compile, an empty file will do.
for word in "$@"; do
  if [ "$word" = -E ]; then
    for word in "$@"; do
      shift
      case "$word" in
        -E|-D*|-I*) set -- "$@" "$word" ;;
        -*) ;;
        *.rc) set -- "$@" -P -xc "$word" ;;
        *) set -- "$@" "$word" ;;
      esac
    done
    exec cc "$@"
  fi
done
out=
while [ $# -gt 0 ]; do
  case "$1" in
    -o) out=$2; shift ;;
    -Fo*|/Fo*) out=${1#?Fo} ;;
  esac
  shift
done
[ -n "$out" ] && : > "$out"
exit 0
"#,
    )?;
    let archiver = write_script(
        &folder.join("ar"),
        r#"#!/bin/sh
for word in "$@"; do
  case "$word" in
    -out:*|/out:*|-OUT:*|/OUT:*) : > "${word#?????}"; exit 0 ;;
  esac
done
for word in "$@"; do
  case "$word" in *.a|*.lib) : > "$word"; exit 0 ;; esac
done
exit 0
"#,
    )?;
    Ok((compiler, archiver))
}

fn write_script(path: &std::path::Path, text: &str) -> Result<PathBuf> {
    fs::write(path, text)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(path.to_path_buf())
}
