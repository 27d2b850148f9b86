//! Where the system knows an app by what it finds in it, as macOS does, nothing is written down.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::Claim;

pub(super) fn holder() -> io::Result<Option<PathBuf>> {
    Ok(None)
}

pub(super) fn is_marked() -> io::Result<bool> {
    Ok(false)
}

pub(super) fn claim(_: &Path, _: Claim) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn release() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
