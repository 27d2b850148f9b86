//! Why a local cloud could not be started.

use std::net::SocketAddr;

use crate::faults::FaultError;

/// Why a cloud could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The cloud serves its own user on this machine only.
    #[error(
        "{0} is not a loopback address: the local cloud has a shell behind it and listens on loopback only"
    )]
    NotLoopback(SocketAddr),
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A fault that the relay cannot play.
    #[error(transparent)]
    Faults(FaultError),
    /// The certificate authority could not be made.
    #[error("cannot make the relay's certificates")]
    Certificate(#[source] rcgen::Error),
    /// The relay's TLS could not be set up.
    #[error("cannot set up the relay's TLS")]
    Tls(#[source] rustls::Error),
    /// Another refusal of the system's.
    #[error("the system refused")]
    Io(#[source] std::io::Error),
}
