//! The demo: a local cloud beside the app, in a process of its own, with a home of its own that goes with it.
//!
//! The programs stand beside the app's own: `adit`, which is the cloud, and `adit-rdp-host`, the remote desktop of its
//! Windows VMs. The cloud ends with its standard input, and so with the app, however that ends.

pub use crate::words::cloud::not_in_the_demo;

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use adit_contract::Failure;
use serde::Deserialize;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::{Child, ChildStdin, Command},
    time::timeout,
};
use url::Url;

use crate::{config::Config, file, words::cloud as words};

/// How long the cloud may take to become ready: it makes keys and opens a port, which takes a fraction of a second.
const READY: Duration = Duration::from_secs(20);
/// How long it may take to end by itself.
const END: Duration = Duration::from_secs(5);
/// The longest line with which it says that it is ready, in bytes.
const LONGEST_LINE: u64 = 64 * 1024;
/// What the folders of demos are called, before what tells them apart.
const HOME: &str = "adit-demo-";
/// The file in such a folder that is locked for as long as its demo runs.
const IN_USE: &str = "in-use";
/// The most entries of the folder for temporary files that are looked at for what a demo left.
const MOST_LOOKED_AT: usize = 10_000;
/// Names the remote desktop's program where it does not stand beside the app, as in development.
const RDP_HOST: &str = "ADIT_RDP_HOST";

/// The programs of the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// The command `adit`.
    cloud: PathBuf,
    /// The remote desktop's server; without one the Windows VMs have none.
    rdp_host: Option<PathBuf>,
}

impl Programs {
    /// Those beside the running program; nothing without the command.
    #[must_use]
    pub fn beside_this_one() -> Option<Self> {
        let own = std::env::current_exe().ok()?;
        let named = std::env::var_os(RDP_HOST).filter(|path| !path.is_empty()).map(PathBuf::from);
        Self::in_folder(own.parent()?, named)
    }

    /// Those in `folder`, where the remote desktop's may be `named` elsewhere.
    fn in_folder(folder: &Path, named: Option<PathBuf>) -> Option<Self> {
        let program = |name: &str| {
            Some(folder.join(name).with_extension(std::env::consts::EXE_EXTENSION))
                .filter(|path| path.is_file())
        };
        let rdp_host = named.filter(|path| path.is_file()).or_else(|| program("adit-rdp-host"));
        Some(Self { cloud: program("adit")?, rdp_host })
    }
}

/// The running cloud and the demo's home. Dropped, it ends at once and the home goes.
#[derive(Debug)]
pub struct DemoCloud {
    url: Url,
    child: Child,
    /// Held for as long as the cloud is to run.
    stdin: Option<ChildStdin>,
    home: Home,
}

/// The demo's folder. It goes with this value, or, where the app was ended by force, with the next demo.
#[derive(Debug)]
struct Home {
    /// Before the folder, which some systems do not remove while a file in it is open.
    _in_use: File,
    folder: TempDir,
}

#[derive(Deserialize)]
struct Ready {
    url: Url,
}

impl DemoCloud {
    /// Starts it and waits until it is ready. To be called in a tokio runtime.
    ///
    /// # Errors
    /// [`FailureCode::File`](adit_contract::FailureCode::File) when there is no place for its home, [`FailureCode::NotSupported`](adit_contract::FailureCode::NotSupported) when it cannot be
    /// started or does not become ready within 20 seconds.
    pub async fn start(programs: &Programs) -> Result<Self, Failure> {
        let home = file::blocking(|| Home::new(&std::env::temp_dir()))
            .await
            .map_err(|error| words::no_place_for_demo(error.to_string()))?;
        let mut child =
            command(programs).spawn().map_err(|error| words::demo_not_started(error.to_string()))?;
        let stdin = child.stdin.take();
        let line = timeout(READY, ready_line(&mut child)).await;
        let said = match line {
            Ok(Ok(line)) => line,
            Ok(Err(error)) => return Err(words::demo_not_started(error.to_string())),
            Err(_) => return Err(words::demo_not_started(format!("not ready within {} s", READY.as_secs()))),
        };
        let Ready { url } =
            serde_json::from_str(&said).map_err(|error| words::demo_not_started(error.to_string()))?;
        Ok(Self { url, child, stdin, home })
    }

    /// What the app is to be started with to be in the demo.
    ///
    /// # Errors
    /// As [`Config::demo`].
    pub async fn config(&self) -> Result<Config, Failure> {
        Config::demo(&self.url, self.home.folder.path()).await
    }

    /// Ends the cloud: by itself within five seconds, else by force. What was in its home is gone afterwards.
    pub async fn stop(mut self) {
        drop(self.stdin.take());
        match timeout(END, self.child.wait()).await {
            Ok(Ok(status)) => tracing::debug!(%status, "the demo's cloud has ended"),
            // What is left of it is ended with this value.
            Ok(Err(error)) => tracing::warn!(%error, "how the demo's cloud ended is not known"),
            Err(_) => tracing::warn!("the demo's cloud did not end in time"),
        }
    }
}

impl Home {
    /// A new one in this folder, after what earlier demos left there has been removed.
    fn new(temporary: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(HOME);
        // A command's socket is in it.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir_in(temporary)?;
        // It gets its name when it is locked: another demo that begins finds none or a locked one.
        let begun = folder.path().join("begun");
        let in_use = File::create_new(&begun)?;
        in_use.lock()?;
        fs::rename(begun, folder.path().join(IN_USE))?;
        sweep(temporary, folder.path());
        Ok(Self { _in_use: in_use, folder })
    }
}

/// Removes the homes of demos that run no more: this person's, whose file nobody holds.
fn sweep(temporary: &Path, own: &Path) {
    let Ok(entries) = fs::read_dir(temporary) else { return };
    for entry in entries.take(MOST_LOOKED_AT).flatten() {
        let path = entry.path();
        let is_home = entry.file_name().to_str().is_some_and(|name| name.starts_with(HOME));
        if is_home && path != own && is_left(&path, own) {
            match fs::remove_dir_all(&path) {
                Ok(()) => tracing::info!("what an earlier demo left is removed"),
                Err(error) => tracing::info!(%error, "what an earlier demo left could not be removed"),
            }
        }
    }
}

/// Whether a folder is a home like our own one, and its demo has ended.
fn is_left(path: &Path, own: &Path) -> bool {
    let (Ok(found), Ok(ours)) = (fs::symlink_metadata(path), fs::symlink_metadata(own)) else { return false };
    if !found.is_dir() || !is_like(&found, &ours) {
        return false;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true);
    // Nothing that stands there is followed or waited for.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let Ok(file) = options.open(path.join(IN_USE)) else { return false };
    match file.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
    }
}

/// Whether it has the same owner, and nobody else may get in.
#[cfg(unix)]
fn is_like(found: &fs::Metadata, ours: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    found.uid() == ours.uid() && found.mode() == ours.mode()
}

/// Elsewhere the folder for temporary files is the person's own.
#[cfg(not(unix))]
fn is_like(_found: &fs::Metadata, _ours: &fs::Metadata) -> bool {
    true
}

fn command(programs: &Programs) -> Command {
    let mut command = Command::new(&programs.cloud);
    command.args(["cloud", "--until-stdin-closes"]);
    if let Some(host) = &programs.rdp_host {
        command.arg("--rdp-host").arg(host);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    // A console window would come up beside the app.
    #[cfg(windows)]
    command.creation_flags(windows_sys::Win32::System::Threading::CREATE_NO_WINDOW);
    command
}

/// The one line that the cloud prints.
async fn ready_line(child: &mut Child) -> io::Result<String> {
    let stdout = child.stdout.take().ok_or_else(|| io::Error::other("it has no output"))?;
    let mut line = String::new();
    BufReader::new(stdout.take(LONGEST_LINE)).read_line(&mut line).await?;
    if line.ends_with('\n') {
        return Ok(line);
    }
    // Its output has ended, and so has it, or soon will.
    let status: ExitStatus = child.wait().await?;
    Err(io::Error::other(format!("it ended with {status}")))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use adit_contract::FailureCode;

    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn programs(script: &str) -> (TempDir, Programs) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("adit");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        let programs = Programs::in_folder(folder.path(), None).unwrap();
        (folder, programs)
    }

    #[test]
    fn programs_stand_beside_the_app_and_the_desktops_may_stand_elsewhere() {
        let (folder, found) = programs("");
        assert_eq!(found.rdp_host, None);
        let elsewhere = folder.path().join("rdp-host");
        let missing = Programs::in_folder(folder.path(), Some(elsewhere.clone())).unwrap();
        assert_eq!(missing.rdp_host, None, "one that is not there is none");
        std::fs::write(&elsewhere, "").unwrap();
        let named = Programs::in_folder(folder.path(), Some(elsewhere.clone())).unwrap();
        assert_eq!(named.rdp_host, Some(elsewhere));
        std::fs::remove_file(folder.path().join("adit")).unwrap();
        assert_eq!(Programs::in_folder(folder.path(), None), None);
    }

    #[tokio::test]
    async fn a_cloud_that_is_ready_runs_until_it_is_stopped_and_its_home_goes() {
        // It ends with its input, as the real one does, and says so.
        let (folder, programs) = programs(
            "echo '{\"url\":\"http://127.0.0.1:9/\",\"relay\":\"\",\"token\":\"\"}'\ncat >/dev/null\n: > \"$(dirname \"$0\")/ended\"",
        );
        let cloud = DemoCloud::start(&programs).await.unwrap();
        assert_eq!(cloud.url.as_str(), "http://127.0.0.1:9/");
        let home = cloud.home.folder.path().to_owned();
        assert_eq!(std::fs::metadata(&home).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(!folder.path().join("ended").exists());
        cloud.stop().await;
        assert!(folder.path().join("ended").exists() && !home.exists());
    }

    #[test]
    fn what_a_demo_left_goes_and_what_one_uses_stays() {
        let temporary = tempfile::tempdir().unwrap();
        let running = Home::new(temporary.path()).unwrap();
        // As an app that was killed leaves it: the lock goes with the process.
        let Home { _in_use: in_use, folder } = Home::new(temporary.path()).unwrap();
        drop(in_use);
        let left = folder.keep();
        let (foreign, open) =
            (temporary.path().join("adit-demo-foreign"), temporary.path().join("adit-demo-open"));
        fs::create_dir(&foreign).unwrap();
        fs::set_permissions(&foreign, fs::Permissions::from_mode(0o700)).unwrap();
        fs::create_dir(&open).unwrap();
        fs::write(open.join(IN_USE), "").unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
        let link = temporary.path().join("adit-demo-link");
        std::os::unix::fs::symlink(running.folder.path(), &link).unwrap();
        let begun = Home::new(temporary.path()).unwrap();
        assert!(!left.exists());
        for kept in [running.folder.path(), begun.folder.path(), &foreign, &open, &link] {
            assert!(kept.exists(), "{}", kept.display());
        }
    }

    #[tokio::test]
    async fn a_cloud_that_ends_or_speaks_otherwise_has_not_started() {
        for script in ["exit 3", "echo hello\ncat >/dev/null", "printf '{\"url\"'"] {
            let (_folder, programs) = programs(script);
            let failure = DemoCloud::start(&programs).await.unwrap_err();
            assert_eq!(failure.code, FailureCode::NotSupported, "{script}");
        }
    }
}
