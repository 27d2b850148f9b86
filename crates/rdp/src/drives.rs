//! Folders of this side that a desktop may use, each shared by itself. A path of the server's cannot lead out of its
//! folder: links and what is mounted within it are refused ([`ironrdp_rdpdr_native`] walks it part by part).

use std::path::PathBuf;

use ironrdp_rdpdr::RdpdrBackend;

/// Most folders that are shared at once.
pub const MAX_DRIVES: usize = 16;

/// What a desktop may do in a folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DriveAccess {
    /// Read.
    #[default]
    ReadOnly,
    /// Read, write, rename and delete.
    ReadWrite,
}

/// A folder that a desktop may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drive {
    /// What it is called there.
    pub name: String,
    /// The folder here.
    pub folder: PathBuf,
    /// What it may be used for.
    pub access: DriveAccess,
}

/// Whether this system can share folders.
#[must_use]
pub fn can_share_drives() -> bool {
    cfg!(any(target_os = "linux", target_os = "macos"))
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
mod unix;

/// Folders for the channel: what answers for them, and their numbers and names there.
pub(crate) type Shared = (Box<dyn RdpdrBackend>, Vec<(u32, String)>);

#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(crate) use unix::shared;

/// None is shared on this system.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(crate) fn shared(_drives: &[Drive]) -> Option<Shared> {
    None
}
