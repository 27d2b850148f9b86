//! Running other programs: visibly, by absolute folder, and ended by their own process id.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, Result, bail};

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    // The package stands one folder below it.
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Where built programs of the development profile are.
pub(crate) fn built(name: &str) -> PathBuf {
    of_profile("debug", name)
}

/// Where built programs of the release profile are.
pub(crate) fn released(name: &str) -> PathBuf {
    of_profile("release", name)
}

fn of_profile(folder: &str, name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join(folder).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// The running cargo.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// npm, which is a script on Windows.
pub(crate) fn npm() -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(root());
    command
}

/// Runs a program to its end, showing what is run and how long it took.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    println!("$ {shown}");
    let began = Instant::now();
    let status = command.status().with_context(|| format!("could not start `{shown}`"))?;
    println!("  {} s", began.elapsed().as_secs());
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// What a program prints, without the white space around it; `None` when it is missing or fails.
pub(crate) fn output(program: impl AsRef<OsStr>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program can be found.
pub(crate) fn exists(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(program).is_file() || folder.join(format!("{program}.exe")).is_file())
}

fn show(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    // A script of several lines says little on one.
    words.extend(command.get_args().map(|argument| match argument.to_string_lossy() {
        argument if argument.contains('\n') => "…".to_owned(),
        argument => argument.into_owned(),
    }));
    let mut shown = words.join(" ");
    if shown.len() > 200 {
        shown = shown.chars().take(197).chain("...".chars()).collect();
    }
    shown
}

/// A program that is ended, by its own process id, when this value goes.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        #[cfg(unix)]
        {
            if let Ok(id) = i32::try_from(self.0.id()) {
                // SAFETY: a plain signal to a child that has not been waited for, so its id is still its own.
                unsafe { libc::kill(id, libc::SIGTERM) };
                for _ in 0..50 {
                    if matches!(self.0.try_wait(), Ok(Some(_))) {
                        return;
                    }
                    std::thread::sleep(std::time::Duration::from_millis(40));
                }
            }
        }
        // It has ended by itself, or it did not heed the request: either way it is gone after this.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A folder in the system's place for temporary files that nobody else can read; it goes with this value.
pub(crate) struct PrivateFolder(PathBuf);

impl PrivateFolder {
    /// A new one for this purpose.
    pub(crate) fn new(purpose: &str) -> Result<Self> {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let name = format!("adit-{purpose}-{}-{}", std::process::id(), since.as_nanos());
        let path = std::env::temp_dir().join(name);
        // Private from its first moment, and never one that somebody else has put there.
        let builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        let builder = {
            let mut builder = builder;
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder
        };
        builder.create(&path).with_context(|| format!("could not make {}", path.display()))?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own clearing up.
        drop(std::fs::remove_dir_all(&self.0));
    }
}
