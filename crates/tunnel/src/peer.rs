//! Who holds the far end of an accepted local connection.
//!
//! Loopback is open to every user of the machine, so the operating system is asked before a byte is read
//! (`ssh-and-tunnels.md` section 5). Whose process it is, is cheap to know; which one, may be costly. A peer that has
//! gone is in no table any more: the answer is an error then, and whoever asked refuses the connection.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// One accepted local connection, as the accepting side sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// A TCP connection on this machine.
    Tcp {
        /// The far end.
        peer: SocketAddr,
        /// Our end.
        local: SocketAddr,
    },
    /// A Unix socket's connection. The kernel wrote down who the peer was when it connected.
    #[cfg(unix)]
    Unix {
        /// The peer's effective user.
        uid: u32,
        /// The peer's process, where the system tells.
        pid: Option<u32>,
    },
}

impl Link {
    /// The link of an accepted TCP connection.
    ///
    /// # Errors
    /// The connection has no two ends any more.
    pub fn tcp(stream: &tokio::net::TcpStream) -> io::Result<Self> {
        Ok(Self::Tcp { peer: stream.peer_addr()?, local: stream.local_addr()? })
    }

    /// Whether both ends are on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let loopback = |address: &SocketAddr| address.ip().to_canonical().is_loopback();
        match self {
            Self::Tcp { peer, local } => loopback(peer) && loopback(local),
            #[cfg(unix)]
            Self::Unix { .. } => true,
        }
    }

    /// The link of an accepted connection to a Unix socket (`SO_PEERCRED` and its like).
    ///
    /// # Errors
    /// The system did not tell who is there.
    #[cfg(unix)]
    pub fn unix(stream: &tokio::net::UnixStream) -> io::Result<Self> {
        let peer = stream.peer_cred()?;
        Ok(Self::Unix { uid: peer.uid(), pid: peer.pid().and_then(|pid| u32::try_from(pid).ok()) })
    }
}

/// Whose process holds the far end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerUser {
    /// The user who runs this process.
    Same,
    /// Somebody else, also where the process runs with higher rights than this one may look at.
    Other,
}

/// A process, as far as the system tells about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its number, which is given out anew when it has ended.
    pub pid: u32,
    /// The process that started it, or that took it over when that one ended.
    pub parent: Option<u32>,
    /// Its process group, on systems that have such.
    pub group: Option<u32>,
    /// Its executable.
    pub program: Option<PathBuf>,
    /// When it started, in the system's own unit and from its own origin. Together with the number it tells one
    /// process from all others.
    pub started: Option<u64>,
}

impl Process {
    /// The executable's name without folders; `None` where it is not known.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        Some(self.program.as_ref()?.file_name()?.to_string_lossy().into_owned())
    }
}

/// As refusals name it: `curl (pid 4121)`.
impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} (pid {})", self.pid),
            None => write!(f, "a program (pid {})", self.pid),
        }
    }
}

/// Finds out who holds the far end of a connection. Every call may block for as long as reading a system table
/// takes: from async code, use a thread that may block.
pub trait PeerLookup: Send + Sync {
    /// Whose process it is. Microseconds on Linux, one table's copy on Windows, a walk over this user's processes on
    /// macOS.
    ///
    /// # Errors
    /// The system did not tell, most often since the peer has gone. Refuse the connection.
    fn user(&self, link: Link) -> io::Result<PeerUser>;

    /// Which process it is; of several that share the socket, the one that started first. A walk over the
    /// descriptors of all processes on Linux and macOS, a few milliseconds.
    ///
    /// # Errors
    /// The system did not tell: the peer has gone, or is a process that this user may not look at.
    fn process(&self, link: Link) -> io::Result<Process>;

    /// The process that has this number now.
    ///
    /// # Errors
    /// There is none, or this user may not look at it.
    fn running(&self, pid: u32) -> io::Result<Process>;

    /// The process that listens at a local address, so that whoever wants the address too can be told. Linux only.
    ///
    /// # Errors
    /// There is none, or the system does not tell which.
    fn listener(&self, _address: SocketAddr) -> io::Result<Process> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}

/// Both ends of a TCP connection on this machine. IPv4 addresses stand as such, also where a socket of IPv6 holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ends {
    peer: SocketAddr,
    local: SocketAddr,
}

impl Ends {
    fn new(peer: SocketAddr, local: SocketAddr) -> Self {
        let canonical = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
        Self { peer: canonical(peer), local: canonical(local) }
    }

    /// As the other side sees them.
    #[cfg(target_os = "linux")]
    fn reversed(self) -> Self {
        Self { peer: self.local, local: self.peer }
    }
}

/// What each operating system answers in its own way.
trait System {
    fn user(&self, ends: Ends) -> io::Result<PeerUser>;
    fn process(&self, ends: Ends) -> io::Result<Process>;
    fn running(&self, pid: u32) -> io::Result<Process>;
    fn listener(&self, _address: SocketAddr) -> io::Result<Process> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}

#[cfg(target_os = "linux")]
const SYSTEM: linux::Kernel = linux::Kernel;
#[cfg(target_os = "macos")]
const SYSTEM: macos::LibProc = macos::LibProc;
#[cfg(windows)]
const SYSTEM: windows::TcpTable = windows::TcpTable;
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
const SYSTEM: Unknown = Unknown;

/// A system that is not asked: every question fails, and so every peer is refused.
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
struct Unknown;

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
impl System for Unknown {
    fn user(&self, _ends: Ends) -> io::Result<PeerUser> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    fn process(&self, _ends: Ends) -> io::Result<Process> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    fn running(&self, _pid: u32) -> io::Result<Process> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}

/// The error of a peer that no table names.
#[cfg(any(target_os = "linux", target_os = "macos", windows))]
fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the peer is in no table of the system; it has gone, most likely")
}

/// Asks the operating system: Linux, macOS and Windows are known, on others every question about TCP fails.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemPeers;

impl PeerLookup for SystemPeers {
    fn user(&self, link: Link) -> io::Result<PeerUser> {
        match link {
            Link::Tcp { peer, local } => SYSTEM.user(Ends::new(peer, local)),
            #[cfg(unix)]
            Link::Unix { uid, .. } => Ok(user_of(uid)),
        }
    }

    fn process(&self, link: Link) -> io::Result<Process> {
        match link {
            Link::Tcp { peer, local } => SYSTEM.process(Ends::new(peer, local)),
            #[cfg(unix)]
            Link::Unix { pid, .. } => SYSTEM.running(pid.ok_or_else(no_process)?),
        }
    }

    fn running(&self, pid: u32) -> io::Result<Process> {
        SYSTEM.running(pid)
    }

    fn listener(&self, address: SocketAddr) -> io::Result<Process> {
        SYSTEM.listener(address)
    }
}

/// Whose process this is.
///
/// # Errors
/// There is no such process, or the system did not tell.
#[cfg(windows)]
pub fn process_user(pid: u32) -> io::Result<PeerUser> {
    windows::process_user(pid)
}

#[cfg(unix)]
fn no_process() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "the system does not tell which process is there")
}

#[cfg(unix)]
fn user_of(uid: u32) -> PeerUser {
    if uid == own_user() { PeerUser::Same } else { PeerUser::Other }
}

#[cfg(unix)]
pub(crate) fn own_user() -> u32 {
    // SAFETY: geteuid takes nothing, touches no memory of ours and cannot fail.
    unsafe { libc::geteuid() }
}

#[cfg(unix)]
#[cfg(test)]
#[path = "peer_tests.rs"]
mod tests;
