//! The framing of RFC 6455, the client's side, over a stream that is already upgraded.
//!
//! Of our own because of what it costs otherwise: here a message that goes out is put into the outgoing buffer
//! once and masked where it lies, and one that comes in is copied once, out of the TLS record into memory of
//! its own size. Nothing that a relay does makes it hold more than one message and a little.

mod inbound;
#[cfg(test)]
mod tests;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncBufRead, AsyncWrite, AsyncWriteExt as _};

use self::inbound::{Found, Inbound};

/// Outgoing bytes are gathered up to here before TLS gets them.
pub(crate) const GATHERED: usize = 128 * 1024;
/// An outgoing buffer that has been written keeps this much room, unless it was just used for more.
const KEPT: usize = 4 * 1024;
/// Room that is left for a header before its payload is there: what a full DATA frame needs, mask included.
const HEADER: usize = 8;
/// The longest payload of a control frame (RFC 6455, section 5.5).
const MAX_CONTROL: usize = 125;

/// The bit of the second byte that says that a mask follows, and the lengths that say that the length follows
/// in two or eight bytes (section 5.2).
const MASKED: u8 = 0x80;
const TWO_BYTES: u8 = 126;
const EIGHT_BYTES: u8 = 127;
/// First bytes of final frames (section 5.2).
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8A;

/// What arrived.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// A binary message, whole.
    Binary(Bytes),
    /// A text message, whose content no one wants.
    Text,
    /// A Ping; its Pong goes out with the next flush.
    Ping,
    Pong,
    /// A Close, with its code and reason if it has any. Nothing more is to be read.
    Close(Option<(u16, String)>),
    /// The stream has ended without a Close.
    End,
}

/// Why a WebSocket can no longer be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    /// The stream below failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The other side broke RFC 6455.
    #[error("{reason}")]
    Violation {
        /// The close code that says so.
        code: u16,
        /// What it did.
        reason: &'static str,
    },
}

/// One WebSocket. What is put into it is on its way after [`poll_flush`](Self::poll_flush); whoever puts stops
/// at [`GATHERED`] bytes until then.
pub(crate) struct WebSocket<T> {
    stream: T,
    /// What was read behind the head of the upgrade's answer.
    early: Bytes,
    inbound: Inbound,
    /// Frames that are to go out, and how much of them has gone.
    out: Vec<u8>,
    written: usize,
    /// The payload of the last Ping that was not answered yet: one answer is enough (section 5.5.3).
    pong: Option<Vec<u8>>,
    /// Something was written to the stream that it may still hold.
    unflushed: bool,
}

impl<T> WebSocket<T> {
    /// `early` is what the other side sent directly behind its answer to the upgrade; messages longer than
    /// `max_message` bytes break the connection.
    pub(crate) fn new(stream: T, early: Bytes, max_message: usize) -> Self {
        Self {
            stream,
            early,
            inbound: Inbound::new(max_message),
            out: Vec::new(),
            written: 0,
            pong: None,
            unflushed: false,
        }
    }

    /// Bytes that wait to be written.
    pub(crate) fn queued(&self) -> usize {
        self.out.len().saturating_sub(self.written)
    }

    /// Whether there is anything for [`poll_flush`](Self::poll_flush) to do.
    pub(crate) fn wants_flush(&self) -> bool {
        self.unflushed || self.pong.is_some() || !self.out.is_empty()
    }

    /// Puts the binary message that `write` puts behind what it is given into the outgoing buffer; nothing if
    /// it puts nothing there.
    pub(crate) fn put<R>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let start = self.out.len();
        self.out.extend_from_slice(&[0; HEADER]);
        let result = write(&mut self.out);
        if self.out.len() > start + HEADER {
            self.seal(BINARY, start);
        } else {
            self.out.truncate(start);
        }
        result
    }

    /// Puts a Ping into the outgoing buffer.
    pub(crate) fn ping(&mut self) {
        self.control(PING, &[]);
    }

    /// Puts a Close into the outgoing buffer: it begins the closing handshake, or answers it.
    pub(crate) fn close(&mut self, code: Option<u16>) {
        match code {
            Some(code) => self.control(CLOSE, &code.to_be_bytes()),
            None => self.control(CLOSE, &[]),
        }
    }

    fn control(&mut self, first: u8, payload: &[u8]) {
        let start = self.out.len();
        self.out.extend_from_slice(&[0; HEADER]);
        self.out.extend_from_slice(payload);
        self.seal(first, start);
    }

    /// Masks the payload that ends the outgoing buffer, and replaces the room before it by its header.
    fn seal(&mut self, first: u8, start: usize) {
        // Unpredictable, as section 5.3 wants it: the generator is seeded by the system.
        let key: [u8; 4] = rand::random();
        let payload = self.out.get_mut(start + HEADER..).unwrap_or_default();
        mask(payload, key);
        let length = payload.len();
        let [.., g, h] = length.to_be_bytes();
        let room = start..start + HEADER;
        let [k, l, m, n] = key;
        if length <= MAX_CONTROL {
            self.out.splice(room, [first, MASKED | h, k, l, m, n]);
        } else if u16::try_from(length).is_ok() {
            self.out.splice(room, [first, MASKED | TWO_BYTES, g, h, k, l, m, n]);
        } else {
            let wide = (length as u64).to_be_bytes();
            self.out.splice(room, [first, MASKED | EIGHT_BYTES].into_iter().chain(wide).chain(key));
        }
    }
}

impl<T: AsyncBufRead + Unpin> WebSocket<T> {
    /// The next message or control frame. After a Close, the end or an error there is nothing more to ask for.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, Broken>> {
        loop {
            let found = if self.early.is_empty() {
                let bytes = ready!(Pin::new(&mut self.stream).poll_fill_buf(cx))?;
                if bytes.is_empty() {
                    return Poll::Ready(Ok(Incoming::End));
                }
                let (used, found) = self.inbound.take(bytes)?;
                Pin::new(&mut self.stream).consume(used);
                found
            } else {
                let (used, found) = self.inbound.take(&self.early)?;
                self.early.advance(used);
                found
            };
            match found {
                None => {}
                Some(Found::Message(message)) => return Poll::Ready(Ok(Incoming::Binary(message))),
                Some(Found::Text) => return Poll::Ready(Ok(Incoming::Text)),
                Some(Found::Ping(payload)) => {
                    self.pong = Some(payload);
                    return Poll::Ready(Ok(Incoming::Ping));
                }
                Some(Found::Pong) => return Poll::Ready(Ok(Incoming::Pong)),
                Some(Found::Close(close)) => return Poll::Ready(Ok(Incoming::Close(close))),
            }
        }
    }
}

impl<T: AsyncWrite + Unpin> WebSocket<T> {
    /// Writes what is queued, and sees to it that the stream holds nothing back.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(payload) = self.pong.take() {
            self.control(PONG, &payload);
        }
        while let Some(rest) = self.out.get(self.written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                length => self.written += length,
            }
            self.unflushed = true;
        }
        if self.written <= KEPT && self.out.capacity() > KEPT {
            self.out = Vec::new();
        } else {
            self.out.clear();
        }
        self.written = 0;
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.unflushed = false;
        Poll::Ready(Ok(()))
    }

    /// Writes what is queued and ends the outgoing direction of the stream.
    pub(crate) async fn shut_down(&mut self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_flush(cx)).await?;
        self.stream.shutdown().await
    }
}

/// Masks or unmasks a payload (section 5.3).
fn mask(payload: &mut [u8], key: [u8; 4]) {
    let [k, l, m, n] = key;
    let wide = u64::from_ne_bytes([k, l, m, n, k, l, m, n]);
    let (chunks, rest) = payload.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}
