//! What may go through a local port, by the bytes that a client sends (`ssh-and-tunnels.md` section 5).
//!
//! A web page in the user's own browser can reach a loopback port, and the browser is the same user: no peer check
//! keeps it out. So a tunnel that is not for HTTP drops what starts like an HTTP request, and one that is can be strict
//! about where requests come from. Only what the client sends is looked at, so a server that speaks first loses
//! nothing. Inside TLS nothing can be seen: it passes.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};

/// How a connection's bytes are looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Guard {
    /// Not at all.
    #[default]
    Any,
    /// What starts like an HTTP request is refused. For SSH, RDP, databases.
    NotHttp,
    /// Every HTTP request must be meant for this port and must not come from another site.
    StrictHttp,
}

/// How long the first bytes are held under [`Guard::NotHttp`] while they may yet become a request. Browsers send theirs
/// in one piece; a client that says a word and waits for an answer must not wait for ever.
pub const HOLD_LIMIT: Duration = Duration::from_millis(200);

/// What is to happen with the bytes that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// This many of them, the oldest first, go on unchanged. The others are held until more have come; 0 holds all.
    Forward(usize),
    /// None of them goes on, and the connection is to be closed. Why, in words.
    Refuse(&'static str),
}

/// Looks at what one connection's client sends. [`Guarded`] applies it to a reader.
#[derive(Debug)]
pub struct Inspector {
    guard: Guard,
    #[expect(dead_code, reason = "not yet")]
    port: u16,
}

impl Inspector {
    /// For a connection to the listener at `local_port`, which the client names in its requests.
    #[must_use]
    pub fn new(guard: Guard, local_port: u16) -> Self {
        Self { guard, port: local_port }
    }

    /// Looks at everything that has been read and not yet forwarded, which the caller keeps.
    pub fn look(&mut self, waiting: &[u8]) -> Verdict {
        Verdict::Forward(waiting.len())
    }

    /// Whether the rest of the connection may pass without being looked at.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.guard == Guard::Any
    }
}

/// A reader whose bytes have been looked at. A refusal is an error of kind `PermissionDenied` that carries
/// [`Refused`].
#[derive(Debug)]
pub struct Guarded<R> {
    reader: R,
    inspector: Inspector,
}

/// What a guard has refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub &'static str);

impl<R> Guarded<R> {
    /// Puts an inspector before a reader.
    pub fn new(reader: R, inspector: Inspector) -> Self {
        Self { reader, inspector }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Guarded<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let _ = self.inspector.is_done();
        Pin::new(&mut self.reader).poll_read(cx, buffer)
    }
}
