//! Files between the two clipboards: the server's are streamed into a folder, piece by piece; this side's are read as
//! the server asks for them. Names of the server's are made safe, and nothing that is there already is touched.

mod names;
mod receive;
mod send;

pub(crate) use receive::{Ask, Receiving};
pub(crate) use send::Sending;

/// Most files and folders that are copied at once; for more there are shared folders.
pub const MAX_FILES: usize = 1000;
/// Most bytes that the files copied at once may have together, either way.
pub const MAX_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// How many folders lie within one another at most.
const MAX_DEPTH: usize = 32;
/// Longest path within what is copied, in characters as Windows counts them ([MS-RDPECLIP] 2.2.5.2.3.1).
const MAX_PATH: usize = 259;
/// Most bytes of a file that are asked for at once.
const PIECE: u32 = 256 * 1024;
/// Most bytes of a file that the server gets at once.
const MAX_PIECE: u32 = 4 * 1024 * 1024;

/// How far the saving of files is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Files and folders that are saved.
    pub files: usize,
    /// Those there are.
    pub of_files: usize,
    /// Bytes that are saved.
    pub bytes: u64,
    /// Those there are, as far as the server has said.
    pub of_bytes: u64,
}

/// Why files could not be saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The server's clipboard has none, or no more.
    #[error("the clipboard there has no files")]
    None,
    /// Another copy is still going on.
    #[error("files are being copied already")]
    Busy,
    /// There are more than is taken.
    #[error("there are too many files")]
    TooMany,
    /// They are larger than is taken, or larger than the server said.
    #[error("the files are too large")]
    TooLarge,
    /// A path is longer than is taken.
    #[error("a path is too long")]
    TooLong,
    /// The server does not give a file, or does not answer.
    #[error("the server does not give a file")]
    Refused,
    /// Other things were copied on the server meanwhile, and it gives those alone.
    #[error("something else was copied meanwhile")]
    Replaced,
    /// The server exchanges no files.
    #[error("the server exchanges no files")]
    Untaken,
    /// It was cancelled.
    #[error("it was cancelled")]
    Cancelled,
    /// A file could not be written.
    #[error("a file cannot be written: {0}")]
    Write(std::io::ErrorKind),
}
