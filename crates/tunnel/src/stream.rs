//! The byte stream that a tunnel hands up.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use adit_relay::Failure;
use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};

use crate::driver::Aboard;
use crate::pipe::Pipe;

/// The session was lost: what was read so far is not the whole. The source of the [`io::Error`] with which
/// reads and writes of a [`Stream`] fail, so that no one takes a loss for an end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the tunnel was lost: {}", .failure.reason)]
pub struct Lost {
    /// Why, with the relay's code.
    pub failure: Failure,
}

impl Lost {
    /// The loss behind an error of a [`Stream`], also through the errors that others wrapped around it.
    #[must_use]
    pub fn of<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Self> {
        let mut current = Some(error);
        while let Some(error) = current {
            if let Some(lost) = error.downcast_ref::<Self>() {
                return Some(lost);
            }
            if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                return Self::of(inner);
            }
            current = error.source();
        }
        None
    }
}

impl From<Lost> for io::Error {
    fn from(lost: Lost) -> Self {
        Self::new(io::ErrorKind::ConnectionAborted, lost)
    }
}

/// One tunnelled TCP connection, as bytes. It stays the same stream while WebSockets come and go below it;
/// during a reconnect reads and writes simply wait.
///
/// * Reading ends with 0 bytes when the backend closed its side, and with [`Lost`] when the session failed.
///   Everything that arrived before is read first.
/// * Writing waits when too much is unsent or unacknowledged (back-pressure).
/// * `shutdown` is the local end of file: what was written is sent, late replies are still read for a grace
///   period (specification section 6.3; the relay protocol cannot tell the backend).
/// * Dropping it ends the session: what was written is sent if that is possible within a few seconds, what
///   arrives is discarded.
///
/// It may be split by [`tokio::io::split`]. [`AsyncBufRead`] gives the received pieces without a copy.
#[derive(Debug)]
pub struct Stream {
    pipe: Arc<Pipe>,
    /// The piece being read; the pipe still counts it until it is consumed.
    current: Bytes,
}

impl Stream {
    pub(crate) fn new(pipe: Arc<Pipe>) -> Self {
        Self { pipe, current: Bytes::new() }
    }

    /// Takes over the task that drives the session, to be one with whoever copies local bytes. Until the result
    /// goes, nothing else may read or write this stream.
    pub(crate) async fn take_over(&mut self) -> (Aboard, Arc<Pipe>) {
        // What was being read is still in the pipe.
        self.current = Bytes::new();
        (Aboard::take_over(Arc::clone(&self.pipe)).await, Arc::clone(&self.pipe))
    }

    fn poll_current(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.current.is_empty() {
            // One task that reads from a fast relay must not starve its neighbours.
            let coop = ready!(tokio::task::coop::poll_proceed(cx));
            self.current = ready!(self.pipe.poll_peek(cx))?;
            coop.made_progress();
        }
        Poll::Ready(Ok(()))
    }

    fn advance(&mut self, amount: usize) {
        let amount = amount.min(self.current.len());
        self.current.advance(amount);
        self.pipe.consume(amount);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.pipe.leave();
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_current(cx))?;
        loop {
            let length = self.current.len().min(buf.remaining());
            if length == 0 {
                return Poll::Ready(Ok(()));
            }
            buf.put_slice(self.current.get(..length).unwrap_or_default());
            self.advance(length);
            if !self.current.is_empty() {
                return Poll::Ready(Ok(()));
            }
            // More of what is there already; an end or an error is for the next read.
            match self.pipe.peek() {
                Some(piece) => self.current = piece,
                None => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl AsyncBufRead for Stream {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        ready!(this.poll_current(cx))?;
        Poll::Ready(Ok(&this.current))
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        self.advance(amount);
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let coop = ready!(tokio::task::coop::poll_proceed(cx));
        let result = self.pipe.poll_write(cx, bytes);
        if result.is_ready() {
            coop.made_progress();
        }
        result
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The driver sends without being asked; the session keeps what is unacknowledged.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pipe.shut_down();
        Poll::Ready(Ok(()))
    }
}
