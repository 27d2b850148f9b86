//! A Unix socket in a folder that is this user's alone (`ssh-and-tunnels.md` section 5).

use std::fs::{self, DirBuilder, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::UnixSocket;

use super::error::BindError;
use super::place::Local;
use crate::peer::own_user;

/// The rights of the folder: the owner's only.
const FOLDER_MODE: u32 = 0o700;
/// The rights that nobody but the owner may have there.
const OTHERS: u32 = 0o077;

/// The file of a bound socket. Removed when this is dropped, unless somebody else has put another in its place.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    identity: Option<(u64, u64)>,
}

impl SocketFile {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let now = fs::symlink_metadata(&self.path).ok().map(|file| identity(&file));
        if now.is_some() && now == self.identity {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

/// Takes the path without yet accepting anyone there.
pub(crate) fn reserve(path: &Path) -> Result<(UnixSocket, SocketFile), BindError> {
    let refused = |error| BindError::Socket { path: path.to_owned(), error: Arc::new(error) };
    let folder = match path.parent() {
        Some(folder) if path.is_absolute() => folder,
        Some(_) | None => return Err(refused(io::Error::new(ErrorKind::InvalidInput, "it is not absolute"))),
    };
    make_private(folder, refused)?;
    make_room(path, refused)?;
    let socket = UnixSocket::new_stream().map_err(refused)?;
    socket.bind(path).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => BindError::InUse { place: Local::Socket(path.to_owned()), by: None },
        _ => refused(error),
    })?;
    let identity = fs::symlink_metadata(path).ok().map(|file| identity(&file));
    Ok((socket, SocketFile { path: path.to_owned(), identity }))
}

/// Makes the folder, or finds out whether it is this user's alone.
fn make_private(folder: &Path, refused: impl Fn(io::Error) -> BindError) -> Result<(), BindError> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder).map_err(&refused)?;
    let found = fs::symlink_metadata(folder).map_err(&refused)?;
    let not = |why| BindError::NotPrivate { folder: folder.to_owned(), why };
    if !found.is_dir() {
        return Err(not("it is a link to a folder"));
    }
    if found.uid() != own_user() {
        return Err(not("it belongs to another user"));
    }
    if found.mode() & OTHERS != 0 {
        return Err(not("others may enter it; its mode must be 0700"));
    }
    Ok(())
}

/// Removes what a listener left behind that could not clean up. Anything else that is there stays.
fn make_room(path: &Path, refused: impl Fn(io::Error) -> BindError) -> Result<(), BindError> {
    match fs::symlink_metadata(path) {
        Ok(file) if file.file_type().is_socket() => {}
        Ok(_) => {
            return Err(refused(io::Error::new(
                ErrorKind::AlreadyExists,
                "a file that is no socket is there",
            )));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(error)),
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path).map_err(refused),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Ok(_) | Err(_) => Err(BindError::InUse { place: Local::Socket(path.to_owned()), by: None }),
    }
}
