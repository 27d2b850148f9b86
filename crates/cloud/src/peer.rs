//! Whether the process at the other end of a loopback connection belongs to the same system user.
//!
//! Behind the relay is a real shell of the user who runs the cloud, and loopback is open to everybody on the machine.
//! So both listeners ask the operating system who owns the socket at the other end before they read a byte.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

use std::io;
use std::net::SocketAddr;

/// Finds out who owns the far socket of a connection.
trait PeerLookup {
    /// Whether the owner of the socket `peer` that is connected to `local` is the user of this process. Both addresses
    /// are as the accepting side sees them.
    ///
    /// # Errors
    /// The system did not tell; the caller refuses the connection then.
    fn is_same_user(&self, peer: SocketAddr, local: SocketAddr) -> io::Result<bool>;
}

#[cfg(target_os = "linux")]
const LOOKUP: linux::SocketTable = linux::SocketTable;
#[cfg(target_os = "macos")]
const LOOKUP: macos::ProcessSockets = macos::ProcessSockets;
#[cfg(windows)]
const LOOKUP: windows::ConnectionOwners = windows::ConnectionOwners;
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
const LOOKUP: Untold = Untold;

/// A system that nobody has taught this crate to ask: every peer is refused.
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
struct Untold;

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
impl PeerLookup for Untold {
    fn is_same_user(&self, _peer: SocketAddr, _local: SocketAddr) -> io::Result<bool> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}

/// Whether the far end of an accepted loopback connection belongs to the user of this process.
///
/// # Errors
/// The system did not tell. Refuse the connection: this is the only guard before a shell.
pub(crate) fn peer_is_same_user(peer: SocketAddr, local: SocketAddr) -> Result<bool, io::Error> {
    if !peer.ip().to_canonical().is_loopback() {
        return Ok(false);
    }
    LOOKUP.is_same_user(peer, local)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::{TcpListener, TcpStream};

    use super::peer_is_same_user;

    #[test]
    fn our_own_connection_is_ours() -> io::Result<()> {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let client = TcpStream::connect(listener.local_addr()?)?;
            let (stream, peer) = listener.accept()?;
            assert!(peer_is_same_user(peer, stream.local_addr()?)?);
            drop(client);
        }
        Ok(())
    }

    #[test]
    fn a_connection_that_does_not_exist_is_not_ours() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let local = listener.local_addr()?;
        let peer = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        assert!(!peer_is_same_user(peer, local).unwrap_or(false));
        Ok(())
    }

    #[test]
    fn an_address_outside_loopback_is_refused() -> io::Result<()> {
        let local = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        assert!(!peer_is_same_user("192.0.2.1:4000".parse().map_err(io::Error::other)?, local)?);
        Ok(())
    }
}
