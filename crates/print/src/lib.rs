//! The printers of this computer: which there are, and a document handed to one of them.
//!
//! On Linux and macOS that is CUPS, by its own commands `lpstat` and `lp`: they are where the printers are, and the way to
//! the server is their business. On Windows nothing is printed yet.
//!
//! A document may come from a stranger. It is handed on as what it was found to be, so that the printing system does not
//! guess for itself, and what is neither PostScript nor PDF is not handed on at all.

#[cfg(unix)]
mod cups;
mod format;
#[cfg(not(unix))]
mod missing;

use std::{fs::File, io, sync::Arc};

use async_trait::async_trait;

#[cfg(unix)]
pub use cups::Cups;
#[cfg(unix)]
use cups::Cups as Here;
pub use format::Format;
#[cfg(not(unix))]
use missing::Missing as Here;

/// Most printers that are listed.
pub const MAX_PRINTERS: usize = 32;

/// A printer of this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printer {
    /// What the system calls it: 1 to 127 bytes, without control characters.
    pub name: String,
    /// Whether it is the one that is used where none is chosen. One is at most.
    pub is_default: bool,
}

/// The printers of this computer.
#[async_trait]
pub trait Printing: Send + Sync {
    /// The printers that there are, the usual one first, and at most [`MAX_PRINTERS`].
    ///
    /// # Errors
    /// Why they cannot be known.
    async fn printers(&self) -> Result<Vec<Printer>, Error>;

    /// What a printer takes best of what a desktop can make.
    fn format(&self) -> Format;

    /// Hands a document to the printer of this name, under a title. The file is read from its beginning, and closed. `Ok` says
    /// that the printing system has it, not that it is on paper. Dropping the future does not take it back.
    ///
    /// # Errors
    /// Why the printing system does not have it.
    async fn print(&self, printer: &str, title: &str, document: File) -> Result<(), Error>;
}

/// The printers of the system that this runs on.
#[must_use]
pub fn here() -> Arc<dyn Printing> {
    Arc::new(Here::new())
}

/// Why something is not printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing is printed on this system.
    #[error("nothing is printed on this system yet")]
    Unsupported,
    /// The program that is missing, such as `lp`.
    #[error("{0} is not installed")]
    NotInstalled(&'static str),
    /// The printing system did not answer in time.
    #[error("the printing system did not answer in time")]
    TimedOut,
    /// The document is neither PostScript nor PDF.
    #[error("the document is neither PostScript nor PDF")]
    UnknownFormat,
    /// The printing system did not take it.
    #[error("the printing system refused it: {0}")]
    Refused(
        /// What it said: one line of at most 200 characters; may be empty.
        String,
    ),
    /// Its programs could not be run, or the document not read.
    #[error("it could not be printed: {0}")]
    Io(io::ErrorKind),
}
