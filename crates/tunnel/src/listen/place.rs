//! Where a listener listens.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A loopback address. Port 0 means any free one.
    Address(SocketAddr),
    /// 127.0.0.1, at the port that is always the same for the same target
    /// ([`ports::steady`](crate::ports::steady)), or at a free one where that is taken.
    Steady,
    /// A Unix socket at this path. Its folder is created, or must be, this user's alone.
    Socket(PathBuf),
}

/// Where a listener listens in fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Local {
    /// A loopback address.
    Tcp(SocketAddr),
    /// A Unix socket.
    Socket(PathBuf),
}

impl Local {
    /// The address, if it is one.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Socket(_) => None,
        }
    }
}

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Socket(path) => path.display().fmt(f),
        }
    }
}
