//! Why there is no listener.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::place::Local;
use crate::DialError;

/// Why there is no listener. Cheap to clone: several may wait for the same one.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// Only loopback addresses are listened on: anyone who reaches the port gets into the tunnel.
    #[error("{0} is not a loopback address; a tunnel listens on loopback only")]
    NotLoopback(SocketAddr),
    /// Somebody listens there already.
    #[error("{place} is in use{}", .by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default())]
    InUse {
        /// What was asked for.
        place: Local,
        /// Who it is, where that is known, such as `postgres (pid 812)`.
        by: Option<String>,
    },
    /// The port is one of those that the system keeps for privileged programs.
    #[error("port {} is below 1024, where only a privileged program may listen; {instead} would do", .address.port())]
    Privileged {
        /// The address that was asked for.
        address: SocketAddr,
        /// A port that is not.
        instead: u16,
    },
    /// The address cannot be had for another reason.
    #[error("cannot listen on {address}: {error}")]
    Local {
        /// The address that was asked for.
        address: SocketAddr,
        /// Why not.
        #[source]
        error: Arc<io::Error>,
    },
    /// The path cannot be had for another reason.
    #[error("cannot listen on {}: {error}", .path.display())]
    Socket {
        /// The path that was asked for.
        path: PathBuf,
        /// Why not.
        #[source]
        error: Arc<io::Error>,
    },
    /// The folder of a Unix socket is open to others, or is not a folder of this user.
    #[error("{} is not private: {why}", .folder.display())]
    NotPrivate {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// This system has no Unix sockets that a tunnel could listen on.
    #[error("this system has no Unix sockets for tunnels; use an address")]
    NoSockets,
    /// The pool holds as many tunnels as it may.
    #[error("there are {0} tunnels already, and no more may be opened")]
    TooMany(usize),
    /// The probe failed: no tunnel can be opened to this target.
    #[error(transparent)]
    Probe(#[from] DialError),
}
