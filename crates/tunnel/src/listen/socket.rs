//! An accepted local connection: TCP, or a Unix socket's.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpStream, tcp};
#[cfg(unix)]
use tokio::net::{UnixStream, unix};

use crate::peer::Link;

/// How long a local peer that has been told the end may take to read the rest and close.
const LOCAL_LINGER: Duration = Duration::from_secs(5);

/// An accepted local connection.
#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// The reading side of a [`Socket`].
pub(crate) enum Reader<'a> {
    Tcp(tcp::ReadHalf<'a>),
    #[cfg(unix)]
    Unix(unix::ReadHalf<'a>),
}

/// The writing side of a [`Socket`].
pub(crate) enum Writer<'a> {
    Tcp(tcp::WriteHalf<'a>),
    #[cfg(unix)]
    Unix(unix::WriteHalf<'a>),
}

impl Socket {
    /// Who is there, as far as the connection itself tells.
    pub(crate) fn link(&self) -> io::Result<Link> {
        match self {
            Self::Tcp(stream) => Link::tcp(stream),
            #[cfg(unix)]
            Self::Unix(stream) => Link::unix(stream),
        }
    }

    /// Sends small pieces at once.
    pub(crate) fn hurry(&self) {
        match self {
            Self::Tcp(stream) => {
                let _ = stream.set_nodelay(true);
            }
            #[cfg(unix)]
            Self::Unix(_) => {}
        }
    }

    pub(crate) fn split(&mut self) -> (Reader<'_>, Writer<'_>) {
        match self {
            Self::Tcp(stream) => {
                let (reader, writer) = stream.split();
                (Reader::Tcp(reader), Writer::Tcp(writer))
            }
            #[cfg(unix)]
            Self::Unix(stream) => {
                let (reader, writer) = stream.split();
                (Reader::Unix(reader), Writer::Unix(writer))
            }
        }
    }

    /// Closes with a reset, so that the peer cannot take what it got for the whole. A Unix socket knows no such thing:
    /// there it is a mere close.
    pub(crate) fn abort(self) {
        self.will_be_reset();
    }

    fn will_be_reset(&self) {
        match self {
            Self::Tcp(stream) => {
                let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
            }
            #[cfg(unix)]
            Self::Unix(_) => {}
        }
    }

    /// Reads what the peer may still send, and forgets it. Closing a socket with unread bytes in it resets the
    /// connection, and a reset may take from the peer what it has not read yet.
    pub(crate) async fn drain(&mut self) {
        let mut buffer = vec![0_u8; 16 * 1024];
        let emptied = async { while matches!(self.read(&mut buffer).await, Ok(1..)) {} };
        let _ = tokio::time::timeout(LOCAL_LINGER, emptied).await;
    }

    /// Completes when the peer has reset the connection. Its mere end of file does not count: it may be a client
    /// that has said all it wants to say.
    pub(crate) async fn reset(&self) {
        let ready = match self {
            Self::Tcp(stream) => stream.ready(Interest::ERROR).await,
            #[cfg(unix)]
            Self::Unix(stream) => stream.ready(Interest::ERROR).await,
        };
        match ready {
            Ok(ready) if ready.is_error() => {}
            Ok(_) | Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Socket {
    /// A panic in what served it must not look like the end of what the peer was to get.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.will_be_reset();
        }
    }
}

/// Hands a call to whichever socket it is.
macro_rules! either {
    ($kind:ident, $value:expr, $inner:ident => $call:expr) => {
        match $value {
            $kind::Tcp($inner) => $call,
            #[cfg(unix)]
            $kind::Unix($inner) => $call,
        }
    };
}

macro_rules! readable {
    ($kind:ident $(<$life:lifetime>)?) => {
        impl AsyncRead for $kind $(<$life>)? {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffer: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                either!($kind, self.get_mut(), inner => Pin::new(inner).poll_read(cx, buffer))
            }
        }
    };
}

macro_rules! writable {
    ($kind:ident $(<$life:lifetime>)?) => {
        impl AsyncWrite for $kind $(<$life>)? {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                either!($kind, self.get_mut(), inner => Pin::new(inner).poll_write(cx, bytes))
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                pieces: &[io::IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                either!($kind, self.get_mut(), inner => Pin::new(inner).poll_write_vectored(cx, pieces))
            }

            fn is_write_vectored(&self) -> bool {
                either!($kind, self, inner => inner.is_write_vectored())
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                either!($kind, self.get_mut(), inner => Pin::new(inner).poll_flush(cx))
            }

            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                either!($kind, self.get_mut(), inner => Pin::new(inner).poll_shutdown(cx))
            }
        }
    };
}

readable!(Socket);
writable!(Socket);
readable!(Reader<'_>);
writable!(Writer<'_>);
