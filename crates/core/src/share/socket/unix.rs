//! A Unix socket in a folder that only this user may enter; whoever connects is asked for all the same.

use std::{
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::{Path, PathBuf},
};

use tokio::net::{UnixListener, UnixStream};

use super::NAME;

/// The app's end of a connection.
pub(in super::super) type Incoming = UnixStream;
/// The command's end of a connection.
pub(in super::super) type Outgoing = UnixStream;

/// See the module. Its file goes with it.
#[derive(Debug)]
pub(in super::super) struct Listener {
    socket: UnixListener,
    file: File,
}

/// The socket's file, removed when this goes.
#[derive(Debug)]
struct File {
    path: PathBuf,
    /// Device and inode: another process may have put its own there meanwhile.
    is: Option<(u64, u64)>,
}

impl File {
    fn new(path: PathBuf) -> Self {
        let is = Self::at(&path);
        Self { path, is }
    }

    fn at(path: &Path) -> Option<(u64, u64)> {
        std::fs::symlink_metadata(path).ok().map(|found| (found.dev(), found.ino()))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if self.is.is_some() && self.is == Self::at(&self.path) {
            // Somebody may have removed it already.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Listener {
    /// Listens in this folder, which is made if need be. What a dead process left there is replaced.
    ///
    /// # Errors
    /// [`io::ErrorKind::AddrInUse`] when another process listens there, [`io::ErrorKind::PermissionDenied`] for a
    /// folder that others may enter, and whatever the system says.
    pub(in super::super) async fn bind(folder: &Path) -> io::Result<Self> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        check(folder)?;
        let path = folder.join(NAME);
        if connect(folder).await?.is_some() {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        match std::fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let socket = UnixListener::bind(&path)?;
        Ok(Self { socket, file: File::new(path) })
    }

    /// The next connection of this system user; others are hung up on.
    pub(in super::super) async fn accept(&mut self) -> io::Result<Incoming> {
        loop {
            let (stream, _) = self.socket.accept().await?;
            if stream.peer_cred().is_ok_and(|peer| peer.uid() == own()) {
                return Ok(stream);
            }
            tracing::warn!(file = %self.file.path.display(), "another user's process was not let in");
        }
    }

    /// Leaves the file behind, as a crash does.
    #[cfg(test)]
    pub(super) fn forget_file(self) -> PathBuf {
        let path = self.file.path.clone();
        std::mem::forget(self.file);
        path
    }
}

/// Connects to whoever listens in this folder; `None` when nobody does.
///
/// # Errors
/// [`io::ErrorKind::PermissionDenied`] for a folder that is not this user's alone, or a process that is not.
pub(in super::super) async fn connect(folder: &Path) -> io::Result<Option<Outgoing>> {
    match check(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    match UnixStream::connect(folder.join(NAME)).await {
        Ok(stream) if stream.peer_cred()?.uid() == own() => Ok(Some(stream)),
        Ok(_) => Err(io::ErrorKind::PermissionDenied.into()),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether the folder is this user's and nobody else may enter it.
fn check(folder: &Path) -> io::Result<()> {
    let found = std::fs::metadata(folder)?;
    if !found.is_dir() || found.uid() != own() || found.mode() & 0o077 != 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the folder is not this user's alone"));
    }
    Ok(())
}

fn own() -> u32 {
    // SAFETY: geteuid takes nothing, touches no memory of ours and cannot fail.
    unsafe { libc::geteuid() }
}
