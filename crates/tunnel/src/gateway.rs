//! One local port for all VMs: the handshakes of SOCKS5 (RFC 1928, RFC 1929) and HTTP CONNECT (RFC 9110), told apart by
//! the first byte. Only names of VMs are taken, `NAME.ZONE.PROJECT.adit`; addresses and all other names are refused, so
//! that this is no way into anything else.

use std::io;

use adit_relay::Target;
use bytes::Bytes;
use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncWrite};

/// A user name and password that clients must give.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user name; no secret.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

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
    /// In words.
    pub why: String,
}

/// Hears what a client wants. Reads no more than its handshake and what came with it. The caller sets the time limit.
///
/// # Errors
/// [`Refused`], after the client has been told.
pub async fn handshake<S>(_stream: S, _login: Option<&Login>) -> Result<Asked<S>, Refused>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    Err(Refused { kind: RefusedKind::Gone, why: String::new() })
}

impl<S: AsyncRead + AsyncWrite + Unpin> Asked<S> {
    /// Tells the client that its tunnel is up. Call it only when it is. Gives the stream, and the bytes that the
    /// client has sent already: they come before whatever the stream gives.
    ///
    /// # Errors
    /// The client has gone.
    pub async fn granted(self) -> io::Result<(S, Bytes)> {
        Ok((self.stream, self.early))
    }

    /// Tells the client that it cannot have what it asked for, `why` in words where its protocol has room for them,
    /// and closes.
    ///
    /// # Errors
    /// The client has gone.
    pub async fn refused(self, _denial: Denial, _why: &str) -> io::Result<()> {
        Ok(())
    }
}
