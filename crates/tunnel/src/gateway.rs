//! One local port for all VMs: the handshakes of SOCKS5 (RFC 1928, RFC 1929) and HTTP CONNECT (RFC 9110), told apart by
//! the first byte. Only names of VMs are taken, `NAME.ZONE.PROJECT.adit`; addresses and all other names are refused, so
//! that this is no way into anything else.

mod connect;
mod login;
mod name;
mod socks;

use std::io;
use std::time::Duration;

use adit_relay::Target;
use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

pub use self::login::Login;

/// The longest message of a handshake, in bytes; for one that is longer, no more is read.
const MAX_MESSAGE: usize = 16 * 1024;
/// The most bytes that are read and dropped after a refusal.
const MAX_DRAIN: usize = 64 * 1024;
/// How long they are awaited.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);
/// Bytes that are read in one go.
const READ: usize = 2048;

/// A VM's port, as a client names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GatewayTarget {
    /// Instance name.
    pub name: String,
    /// Zone name.
    pub zone: String,
    /// Project identifier.
    pub project: String,
    /// TCP port, 1 to 65535.
    pub port: u16,
}

impl GatewayTarget {
    /// The port at the VM's first network interface, `nic0`.
    #[must_use]
    pub fn target(&self) -> Target {
        Target::Instance {
            project: self.project.clone(),
            zone: self.zone.clone(),
            instance: self.name.clone(),
            interface: "nic0".to_owned(),
            port: self.port,
        }
    }
}

/// Which protocol a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// SOCKS version 5.
    Socks5,
    /// HTTP/1.1 CONNECT.
    HttpConnect,
}

/// A client that has asked for a target and waits for the answer.
#[derive(Debug)]
pub struct Asked<S> {
    /// Where it wants to go.
    pub target: GatewayTarget,
    /// How it asked.
    pub protocol: Protocol,
    stream: S,
    early: Bytes,
}

/// Why a target that was asked for cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// IAP or a rule of ours does not allow it.
    NotAllowed,
    /// There is no such VM, or it is not running.
    NotFound,
    /// The VM is there, and nothing listens at the port.
    PortClosed,
    /// Too many connections.
    Busy,
    /// It took too long.
    TimedOut,
    /// Anything else.
    Failed,
}

/// What is wrong with a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedKind {
    /// The connection ended or failed before the client had said what it wants.
    Gone,
    /// The bytes are neither protocol, or break its rules.
    Malformed,
    /// No login, or a wrong one.
    Login,
    /// Something other than a CONNECT.
    Command,
    /// A target that is not a VM's name.
    Target,
}

/// A handshake that came to nothing. The client has been told as far as it listens, and the connection is closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refused {
    /// To decide by.
    pub kind: RefusedKind,
    /// In words, without what a client gave for a login.
    pub why: String,
}

impl Refused {
    fn new(kind: RefusedKind, why: impl Into<String>) -> Self {
        Self { kind, why: why.into() }
    }

    fn gone(error: &io::Error) -> Self {
        Self::new(RefusedKind::Gone, format!("the client went away: {error}"))
    }
}

/// What the bytes that have come so far ask for.
enum Step {
    /// More are needed.
    More,
    /// So many of them are a message that has this answer, and then the client goes on.
    Answer(usize, &'static [u8]),
    /// So many of them complete the handshake.
    Asked(usize, GatewayTarget),
    /// The handshake has failed, and the client is to hear these bytes.
    Refuse(Refused, Vec<u8>),
}

/// A protocol's side of the handshake.
enum Talk {
    Socks(socks::Socks),
    Http,
}

impl Talk {
    fn protocol(&self) -> Protocol {
        match self {
            Self::Socks(_) => Protocol::Socks5,
            Self::Http => Protocol::HttpConnect,
        }
    }

    /// Looks at all bytes that were read and not yet answered.
    fn step(&mut self, bytes: &[u8], login: Option<&Login>) -> Step {
        match self {
            Self::Socks(socks) => socks.step(bytes, login),
            Self::Http => connect::step(bytes, login),
        }
    }
}

/// Hears what a client wants. Little more is read than its handshake and what came with it. The caller sets the time
/// limit.
///
/// # Errors
/// [`Refused`], after the client has been told.
pub async fn handshake<S>(mut stream: S, login: Option<&Login>) -> Result<Asked<S>, Refused>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut bytes = BytesMut::new();
    let mut talk: Option<Talk> = None;
    loop {
        let step = match bytes.first() {
            None => Step::More,
            Some(first) => {
                let talk = talk.get_or_insert_with(|| Talk::of(*first));
                talk.step(&bytes, login)
            }
        };
        match step {
            Step::More => {
                bytes.reserve(READ);
                let read = stream.read_buf(&mut bytes).await.map_err(|error| Refused::gone(&error))?;
                if read == 0 {
                    return Err(Refused::gone(&io::ErrorKind::UnexpectedEof.into()));
                }
            }
            Step::Answer(length, answer) => {
                bytes.advance(length);
                send(&mut stream, answer).await.map_err(|error| Refused::gone(&error))?;
            }
            Step::Asked(length, target) => {
                bytes.advance(length);
                let protocol = talk.map_or(Protocol::HttpConnect, |talk| talk.protocol());
                return Ok(Asked { target, protocol, stream, early: bytes.freeze() });
            }
            Step::Refuse(refused, answer) => {
                // It is refused also if it does not hear of it.
                let _ = close(stream, &answer).await;
                return Err(refused);
            }
        }
    }
}

impl Talk {
    /// By the first byte: a SOCKS version, or the beginning of a request line.
    fn of(first: u8) -> Self {
        if first == socks::VERSION { Self::Socks(socks::Socks::default()) } else { Self::Http }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Asked<S> {
    /// The stream, to find out whether the client is still there.
    pub fn stream(&self) -> &S {
        &self.stream
    }

    /// Tells the client that its tunnel is up. Call it only when it is. Gives the stream, and the bytes that the
    /// client has sent already: they come before whatever the stream gives.
    ///
    /// # Errors
    /// The client has gone.
    pub async fn granted(mut self) -> io::Result<(S, Bytes)> {
        let answer = match self.protocol {
            Protocol::Socks5 => &socks::GRANTED[..],
            Protocol::HttpConnect => connect::GRANTED,
        };
        send(&mut self.stream, answer).await?;
        Ok((self.stream, self.early))
    }

    /// Tells the client that it cannot have what it asked for, `why` in words where its protocol has room for them,
    /// and closes.
    ///
    /// # Errors
    /// The client has gone.
    pub async fn refused(self, denial: Denial, why: &str) -> io::Result<()> {
        let answer = match self.protocol {
            Protocol::Socks5 => socks::denied(denial).to_vec(),
            Protocol::HttpConnect => connect::denied(denial, why),
        };
        close(self.stream, &answer).await
    }
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// Sends the last words and closes. What the client may still send is read for a while: closing a socket with unread
/// bytes in it resets the connection, and a reset may take the words from the client.
async fn close<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.shutdown().await?;
    let mut rest = stream.take(MAX_DRAIN as u64);
    let drained = async { tokio::io::copy(&mut rest, &mut tokio::io::sink()).await };
    // Whether it ended by itself does not matter.
    let _ = tokio::time::timeout(DRAIN_LIMIT, drained).await;
    Ok(())
}

#[cfg(test)]
#[path = "gateway_tests.rs"]
mod tests;
