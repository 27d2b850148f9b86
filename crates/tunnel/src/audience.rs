//! Who may come in through a local listener (`ssh-and-tunnels.md` section 5).
//!
//! The check comes before IAP is dialled, and before a byte of the connection is read.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::peer::{Link, PeerLookup, Process};

/// Who may come in. Whatever is chosen, only connections on this machine do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Audience {
    /// Every process of the user who runs this one.
    #[default]
    User,
    /// Processes of this user whose executable is one of these files. An interpreted program's executable is its
    /// interpreter.
    Programs(Vec<PathBuf>),
    /// A program of this user that was launched for this listener, and what it launches.
    Launched(Launched),
    /// Anyone on this machine, also other users.
    Everyone,
}

/// A running child process, told from whoever has its number after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launched {
    pid: u32,
    started: u64,
}

impl Launched {
    /// Of a running child. Call it before the child is waited for: until then nobody else can have its number.
    ///
    /// # Errors
    /// There is no such process, or the system does not tell when it started.
    pub fn of(pid: u32, peers: &dyn PeerLookup) -> io::Result<Self> {
        let process = peers.running(pid)?;
        let started = process.started.ok_or_else(|| io::Error::from(io::ErrorKind::Unsupported))?;
        Ok(Self { pid, started })
    }
}

/// What kind of refusal it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The connection does not come from a loopback address.
    NotLocal,
    /// The system did not tell who is there; most often the peer has gone already.
    Untold,
    /// Another user's process.
    OtherUser,
    /// A program that was not named.
    OtherProgram,
    /// Neither the launched program nor a descendant of it.
    NotLaunched,
}

/// Why a connection may not come in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// To decide by.
    pub kind: RefusalKind,
    /// Who it was, where known.
    pub process: Option<Process>,
    /// In words, such as `curl (pid 4121) of another user is not let in`.
    pub why: String,
}

impl Audience {
    /// Whether a connection may come in; if so, with its process where that had to be found out. Asks the system on
    /// a thread that may block.
    ///
    /// # Errors
    /// [`Refusal`]: close the connection, and dial nothing for it.
    pub async fn admit(&self, _link: Link, _peers: &Arc<dyn PeerLookup>) -> Result<Option<Process>, Refusal> {
        Err(Refusal { kind: RefusalKind::Untold, process: None, why: String::new() })
    }
}
