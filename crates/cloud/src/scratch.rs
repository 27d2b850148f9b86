//! Private temporary directories, and the end of those that a killed cloud left behind.
//!
//! Each holds a file that is locked for as long as its cloud lives: the system drops the lock with the process, however
//! that ends. A process id in the name would say less, since ids come back and containers have their own.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use tempfile::TempDir;

const PREFIXES: [&str; 2] = ["adit-cloud-", "adit-home-"];
const LOCK: &str = ".lock";
/// Entries of the temporary directory that are looked at.
const MOST_ENTRIES: usize = 100_000;
/// How often a directory is made anew when somebody clears it away before it is locked.
const TRIES: usize = 5;

/// A directory of this user's alone, gone when dropped or else at the next start of a cloud.
#[derive(Debug)]
pub(crate) struct Scratch {
    // before the directory, so that it is closed first
    _lock: File,
    directory: TempDir,
}

impl Scratch {
    pub(crate) fn new(prefix: &str) -> io::Result<Self> {
        Self::within(&std::env::temp_dir(), prefix)
    }

    fn within(parent: &Path, prefix: &str) -> io::Result<Self> {
        for _ in 0..TRIES {
            let mut builder = tempfile::Builder::new();
            builder.prefix(prefix);
            // elsewhere the temporary folder is the user's own
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
            let directory = builder.tempdir_in(parent)?;
            let path = directory.path().join(LOCK);
            let lock = OpenOptions::new().write(true).create_new(true).open(&path)?;
            // another cloud that starts now may have found it unlocked
            match lock.try_lock() {
                Ok(()) if path.exists() => return Ok(Self { _lock: lock, directory }),
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::other("no temporary directory could be kept"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Removes this user's directories whose clouds have ended without removing them.
pub(crate) fn sweep() {
    sweep_in(&std::env::temp_dir());
}

fn sweep_in(parent: &Path) {
    let Ok(entries) = parent.read_dir() else { return };
    for entry in entries.take(MOST_ENTRIES).flatten() {
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|name| PREFIXES.iter().any(|prefix| name.starts_with(prefix)));
        if !ours || !entry.metadata().is_ok_and(|metadata| metadata.is_dir() && is_own(&metadata)) {
            continue;
        }
        // one without the file has only just been made, or is something else
        let Ok(lock) = OpenOptions::new().write(true).open(entry.path().join(LOCK)) else { continue };
        if lock.try_lock().is_ok() {
            match std::fs::remove_dir_all(entry.path()) {
                Ok(()) => tracing::debug!("removed a directory that a killed cloud had left"),
                Err(error) => tracing::warn!(%error, "a directory that a killed cloud had left stays"),
            }
        }
    }
}

#[cfg(unix)]
fn is_own(metadata: &Metadata) -> bool {
    // SAFETY: geteuid takes nothing, touches no memory of ours and cannot fail.
    std::os::unix::fs::MetadataExt::uid(metadata) == unsafe { libc::geteuid() }
}

/// Elsewhere the temporary directory is the user's own.
#[cfg(not(unix))]
fn is_own(_metadata: &Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_cloud_left_goes_and_all_else_stays() -> io::Result<()> {
        let parent = tempfile::tempdir()?;
        let at = |name: &str| parent.path().join(name);
        let alive = Scratch::within(parent.path(), "adit-home-")?;
        std::fs::write(alive.path().join("kept"), "")?;
        // a cloud that was killed: its file is there, and nobody holds the lock
        for name in ["adit-cloud-left", "adit-home-left", "other-left"] {
            std::fs::create_dir_all(at(name).join("ana"))?;
            std::fs::write(at(name).join(LOCK), "")?;
        }
        std::fs::create_dir(at("adit-cloud-new"))?;
        std::fs::write(at("adit-cloud-file"), "")?;
        #[cfg(unix)]
        std::os::unix::fs::symlink(at("other-left"), at("adit-home-link"))?;

        sweep_in(parent.path());
        assert!(!at("adit-cloud-left").exists() && !at("adit-home-left").exists());
        assert!(at("other-left").join("ana").exists());
        assert!(at("adit-cloud-new").exists() && at("adit-cloud-file").exists());
        #[cfg(unix)]
        assert!(at("adit-home-link").exists());
        assert!(alive.path().join("kept").exists());

        let path = alive.path().to_owned();
        drop(alive);
        assert!(!path.exists());
        Ok(())
    }
}
