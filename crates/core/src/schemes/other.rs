//! Where the system knows an app by what it finds in it, as macOS does, nothing is written down.

use std::{
    io,
    path::{Path, PathBuf},
};

pub(super) fn holder() -> io::Result<Option<PathBuf>> {
    Ok(None)
}

pub(super) fn claim(_: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn release() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
