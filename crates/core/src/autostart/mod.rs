//! Has the system start this app when the person's session begins, for this person alone, and takes that back.

#[cfg(any(target_os = "linux", test))]
mod linux;
#[cfg(any(target_os = "macos", test))]
mod macos;
#[cfg(any(windows, test))]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;
#[cfg(windows)]
use windows as system;

use std::{io, path::Path};

/// What the system calls the entry. It has no letter that any system reads as more than itself.
const NAME: &str = "Adit";

/// Why the app is to be started at login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// A person has just wished for it.
    New,
    /// It was wished for at some time, and the app begins. What the person did to the entry meanwhile stays, such as turning
    /// it off in the system's own settings; so does that of another Adit which is still there.
    Old,
}

/// Has this program started at login, with this option. Blocks.
///
/// # Errors
/// Whatever keeps it from being written down; [`io::ErrorKind::InvalidInput`] for a path that cannot be.
pub fn enable(program: &Path, option: &'static str, wish: Wish) -> io::Result<()> {
    let path = program
        .to_str()
        .filter(|path| !path.contains(char::is_control) && program.is_absolute())
        .ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "the app lies where no login can find it")
        })?;
    system::enable(path, option, wish)
}

/// Takes back what [`enable`] has written with this option; an entry that somebody else has made stays. Blocks.
///
/// # Errors
/// Whatever keeps it from being taken back.
pub fn disable(option: &str) -> io::Result<()> {
    system::disable(option)
}

/// Removes a file that is ours, which may have gone.
#[cfg(any(target_os = "linux", target_os = "macos", test))]
fn remove(path: &Path, is_ours: impl Fn(&str) -> bool) -> io::Result<()> {
    if !read(path)?.is_some_and(|text| is_ours(&text)) {
        return Ok(());
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// What is in a file of ours, if it is there and can be ours.
#[cfg(any(target_os = "linux", target_os = "macos", test))]
fn read(path: &Path) -> io::Result<Option<String>> {
    /// The largest file that is read, in bytes: ours has some hundred.
    const LARGEST: u64 = 64 * 1024;
    match crate::file::read_text_at_most(path, LARGEST) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
