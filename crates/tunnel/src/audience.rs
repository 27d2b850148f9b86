//! Who may come in through a local listener (`ssh-and-tunnels.md` section 5).
//!
//! The check comes before IAP is dialled, and before a byte of the connection is read.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::peer::{Link, PeerLookup, PeerUser, Process};

/// Parents that are looked at, one after the other.
const MAX_GENERATIONS: usize = 64;

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

/// A launched program, told from whoever has its number after it.
///
/// What it launches is let in as long as the chain of parents leads to it, or as long as it is alive and leads the
/// process group of the peer. A descendant that has left both is not.
#[derive(Debug, Clone)]
pub struct Launched(Arc<OnceLock<Known>>);

/// What tells a process from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    pid: u32,
    started: u64,
}

impl PartialEq for Launched {
    /// Two launches are never the same.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Launched {}

impl Launched {
    /// Of a program that is yet to be launched, since it has to be told the address first: nobody is let in until
    /// [`begun`](Self::begun).
    #[must_use]
    pub fn awaited() -> Self {
        Self(Arc::default())
    }

    /// The program runs, as this child. Call it before the child is waited for: until then nobody else can have its
    /// number. Only the first call counts.
    ///
    /// # Errors
    /// There is no such process, or the system does not tell when it started.
    pub fn begun(&self, pid: u32, peers: &dyn PeerLookup) -> io::Result<()> {
        let process = peers.running(pid)?;
        let started = process.started.ok_or_else(|| io::Error::from(io::ErrorKind::Unsupported))?;
        self.0.get_or_init(|| Known { pid, started });
        Ok(())
    }

    fn is(&self, process: &Process) -> bool {
        self.0.get().is_some_and(|known| process.pid == known.pid && process.started == Some(known.started))
    }

    /// Whether a process is the launched one or comes from it.
    fn launched(&self, process: &Process, peers: &dyn PeerLookup) -> bool {
        let Some(known) = self.0.get() else { return false };
        if self.is(process) {
            return true;
        }
        let leads = process.group == Some(known.pid);
        if leads && peers.running(known.pid).is_ok_and(|leader| self.is(&leader)) {
            return true;
        }
        let mut child = process.clone();
        for _ in 0..MAX_GENERATIONS {
            let Some(parent) = child.parent.and_then(|pid| peers.running(pid).ok()) else { return false };
            // A parent is older than its child. One that is not has the number of a parent that has ended.
            if parent.started > child.started {
                return false;
            }
            if self.is(&parent) {
                return true;
            }
            child = parent;
        }
        false
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

impl Refusal {
    fn new(kind: RefusalKind, process: Option<Process>) -> Self {
        let who = |of: &str| match &process {
            Some(process) => format!("{process}{of}"),
            None => format!("a program{of}"),
        };
        let why = match kind {
            RefusalKind::NotLocal => "a connection from another machine is not let in".to_owned(),
            RefusalKind::Untold => {
                "the system does not tell who is there; nobody unknown is let in".to_owned()
            }
            RefusalKind::OtherUser => format!("{} is not let in", who(" of another user")),
            RefusalKind::OtherProgram => {
                format!("{} is not one of the programs that are let in", who(""))
            }
            RefusalKind::NotLaunched => {
                format!("{} does not come from the program that was launched for this port", who(""))
            }
        };
        Self { kind, process, why }
    }

    pub(crate) fn untold(error: &io::Error) -> Self {
        let refusal = Self::new(RefusalKind::Untold, None);
        Self { why: format!("{}: {error}", refusal.why), ..refusal }
    }
}

impl Audience {
    /// Whether a connection may come in; if so, with its process where that had to be found out. Asks the system on
    /// a thread that may block.
    ///
    /// # Errors
    /// [`Refusal`]: close the connection, and dial nothing for it.
    pub async fn admit(&self, link: Link, peers: &Arc<dyn PeerLookup>) -> Result<Option<Process>, Refusal> {
        if !link.is_local() {
            return Err(Refusal::new(RefusalKind::NotLocal, None));
        }
        if *self == Self::Everyone {
            return Ok(None);
        }
        let (audience, peers) = (self.clone(), peers.clone());
        let asking = tokio::task::spawn_blocking(move || audience.ask(link, &*peers));
        asking.await.unwrap_or_else(|error| Err(Refusal::untold(&io::Error::other(error))))
    }

    fn ask(&self, link: Link, peers: &dyn PeerLookup) -> Result<Option<Process>, Refusal> {
        match peers.user(link) {
            Ok(PeerUser::Same) => {}
            Ok(PeerUser::Other) => {
                return Err(Refusal::new(RefusalKind::OtherUser, peers.process(link).ok()));
            }
            Err(error) => return Err(Refusal::untold(&error)),
        }
        let process = || peers.process(link).map_err(|error| Refusal::untold(&error));
        match self {
            Self::User | Self::Everyone => Ok(None),
            Self::Programs(named) => {
                let process = process()?;
                if is_one_of(&process, named) {
                    Ok(Some(process))
                } else {
                    Err(Refusal::new(RefusalKind::OtherProgram, Some(process)))
                }
            }
            Self::Launched(launched) => {
                let process = process()?;
                if launched.launched(&process, peers) {
                    Ok(Some(process))
                } else {
                    Err(Refusal::new(RefusalKind::NotLaunched, Some(process)))
                }
            }
        }
    }
}

/// Whether a process runs one of the named executables, whatever links lead to them. One that has been replaced since
/// it started runs none.
fn is_one_of(process: &Process, named: &[PathBuf]) -> bool {
    let Some(program) = process.program.as_ref().and_then(|program| program.canonicalize().ok()) else {
        return false;
    };
    named.iter().any(|named| named.canonicalize().is_ok_and(|named| named == program))
}

#[cfg(test)]
#[path = "audience_tests.rs"]
mod tests;
