//! Getting an address, and taking connections on it.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket};

use super::error::BindError;
use super::place::{Local, Place};
use super::socket::Socket;
#[cfg(unix)]
use super::unix::{self, SocketFile};

/// Connections that the operating system may keep waiting for their turn.
const BACKLOG: u32 = 1024;
/// The first port that every program may listen on.
const FIRST_UNPRIVILEGED: u16 = 1024;

/// Any free port.
const ANY_PORT: Place = Place::Address(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0));

/// A place that is taken, with nobody let in yet.
pub(crate) enum Reserved {
    Tcp {
        socket: TcpSocket,
        asked: SocketAddr,
        otherwise: Otherwise,
    },
    #[cfg(unix)]
    Unix(tokio::net::UnixSocket, SocketFile),
}

/// What to do when somebody else has the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Otherwise {
    Fail,
    TakeAnother,
}

/// A place where connections are taken.
pub(crate) enum Acceptor {
    Tcp(TcpListener, SocketAddr),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener, SocketFile),
}

/// Takes the place without yet accepting anyone there. `steady` is the port of [`Place::Steady`], and what is proposed
/// in place of a privileged one.
pub(crate) fn reserve(place: &Place, steady: u16) -> Result<Reserved, BindError> {
    match place {
        Place::Address(address) if !address.ip().is_loopback() => Err(BindError::NotLoopback(*address)),
        Place::Address(address) => match reserve_port(*address) {
            Ok(socket) => Ok(Reserved::Tcp { socket, asked: *address, otherwise: Otherwise::Fail }),
            Err(error) => Err(unavailable(*address, steady, error)),
        },
        Place::Steady => {
            let asked = SocketAddr::from((Ipv4Addr::LOCALHOST, steady));
            match reserve_port(asked) {
                Ok(socket) => Ok(Reserved::Tcp { socket, asked, otherwise: Otherwise::TakeAnother }),
                Err(error) => {
                    tracing::debug!(%asked, %error, "the steady port cannot be had");
                    reserve(&ANY_PORT, steady)
                }
            }
        }
        #[cfg(unix)]
        Place::Socket(path) => {
            let (socket, file) = unix::reserve(path)?;
            Ok(Reserved::Unix(socket, file))
        }
        #[cfg(not(unix))]
        Place::Socket(_) => Err(BindError::NoSockets),
    }
}

fn reserve_port(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // On Windows this option would let another program take the port as well.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    #[cfg(windows)]
    super::windows::take_exclusively(&socket)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Why the address cannot be had, in the terms of who asked for it.
fn unavailable(address: SocketAddr, instead: u16, error: io::Error) -> BindError {
    match error.kind() {
        ErrorKind::AddrInUse => BindError::InUse { place: Local::Tcp(address), by: None },
        ErrorKind::PermissionDenied if (1..FIRST_UNPRIVILEGED).contains(&address.port()) => {
            BindError::Privileged { address, instead }
        }
        _ => BindError::Local { address, error: Arc::new(error) },
    }
}

impl Reserved {
    /// Lets connections come.
    pub(crate) fn listen(self, steady: u16) -> Result<Acceptor, BindError> {
        match self {
            Self::Tcp { socket, asked, otherwise } => {
                let listening = socket.listen(BACKLOG).and_then(|listener| {
                    let address = listener.local_addr()?;
                    Ok(Acceptor::Tcp(listener, address))
                });
                match (listening, otherwise) {
                    (Ok(acceptor), _) => Ok(acceptor),
                    // Some systems let two reserve the same port, and only one of them listen.
                    (Err(_), Otherwise::TakeAnother) => reserve(&ANY_PORT, steady)?.listen(steady),
                    (Err(error), Otherwise::Fail) => Err(unavailable(asked, steady, error)),
                }
            }
            #[cfg(unix)]
            Self::Unix(socket, file) => match socket.listen(BACKLOG) {
                Ok(listener) => Ok(Acceptor::Unix(listener, file)),
                Err(error) => Err(BindError::Socket { path: file.path().to_owned(), error: Arc::new(error) }),
            },
        }
    }
}

impl Acceptor {
    pub(crate) fn local(&self) -> Local {
        match self {
            Self::Tcp(_, address) => Local::Tcp(*address),
            #[cfg(unix)]
            Self::Unix(_, file) => Local::Socket(file.path().to_owned()),
        }
    }

    /// The next connection. May be dropped and called again.
    pub(crate) async fn accept(&self) -> io::Result<Socket> {
        match self {
            Self::Tcp(listener, _) => Ok(Socket::Tcp(listener.accept().await?.0)),
            #[cfg(unix)]
            Self::Unix(listener, _) => Ok(Socket::Unix(listener.accept().await?.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BindError, ErrorKind, unavailable};

    #[test]
    fn a_privileged_port_is_told_from_a_refused_one() {
        let refused = |port| {
            let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
            unavailable(address, 12_345, ErrorKind::PermissionDenied.into())
        };
        let error = refused(80);
        assert!(matches!(error, BindError::Privileged { instead: 12_345, .. }), "{error:?}");
        let words = "port 80 is below 1024, where only a privileged program may listen; 12345 would do";
        assert_eq!(error.to_string(), words);
        assert!(matches!(refused(1024), BindError::Local { .. }));
    }
}
