//! Has the system open `adit://` and `iap-rdp://` addresses with this app, for this user alone, and takes that back. Packages do it
//! where they are installed; an AppImage, and what was built by hand, are not.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(any(target_os = "linux", windows)))]
mod other;
#[cfg(any(windows, test))]
mod registry;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(any(target_os = "linux", windows)))]
use other as system;
#[cfg(windows)]
use windows as system;

use std::{io, path::Path};

/// What addresses of ours begin with.
#[cfg(any(target_os = "linux", windows, test))]
const SCHEMES: [&str; 2] = ["adit", "iap-rdp"];

/// Why addresses are to be opened by this app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// A person has just wished for it.
    Wished,
    /// It was wished for at some time, and the app begins. Another Adit that has them and is still there keeps them, and on
    /// Windows every other program; so does nobody where this is a development build, which is begun for other reasons.
    Kept,
}

/// Has addresses opened by this program. Blocks.
///
/// # Errors
/// Whatever keeps it from being written down; [`io::ErrorKind::InvalidInput`] for a path that cannot be.
pub fn claim(program: &Path, claim: Claim) -> io::Result<()> {
    match claim {
        Claim::Kept if cfg!(debug_assertions) => Ok(()),
        Claim::Kept if system::holder()?.is_some_and(|holder| holder.exists()) => Ok(()),
        Claim::Wished | Claim::Kept => system::claim(program, claim),
    }
}

/// Takes back what [`claim`] has written, and nothing else. Blocks.
///
/// # Errors
/// Whatever keeps it from being taken back.
pub fn release() -> io::Result<()> {
    if system::is_marked()? { system::release() } else { Ok(()) }
}

/// The path as it is written down.
#[cfg(any(target_os = "linux", windows))]
fn plain(program: &Path) -> io::Result<&str> {
    let plain = program.to_str().filter(|path| !path.contains(char::is_control) && program.is_absolute());
    plain.ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, "the app lies where no address can be handed to it")
    })
}
