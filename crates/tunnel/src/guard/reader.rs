//! A guard before a reader.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::{Inspector, Verdict};

/// How long bytes are held that may yet become a request's first line. Browsers send theirs in one piece; a client that
/// says one word and waits for an answer must not wait for ever.
pub const HOLD_LIMIT: Duration = Duration::from_millis(200);
/// Bytes that are read in one go.
const READ: usize = 16 * 1024;

/// What a guard has refused, in words; the inner error of the reader's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub &'static str);

impl Refused {
    /// The refusal behind a reader's error, if it is one.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }

    fn error(self) -> io::Error {
        io::Error::new(io::ErrorKind::PermissionDenied, self)
    }
}

/// A reader of which only those bytes come through that its inspector lets pass, unchanged. What it refuses is an error
/// of kind `PermissionDenied` with [`Refused`] inside, and stays one. Once the inspector is done, nothing is copied.
#[derive(Debug)]
pub struct Guarded<R> {
    reader: R,
    inspector: Inspector,
    /// What was read and not yet handed on.
    waiting: BytesMut,
    /// How many of those may go on.
    passed: usize,
    /// Until when they are held, while they are.
    hold: Option<Pin<Box<Sleep>>>,
    refused: Option<Refused>,
}

impl<R> Guarded<R> {
    /// Puts an inspector before a reader.
    pub fn new(reader: R, inspector: Inspector) -> Self {
        Self { reader, inspector, waiting: BytesMut::new(), passed: 0, hold: None, refused: None }
    }

    fn look(&mut self) -> io::Result<()> {
        match self.inspector.look(&self.waiting) {
            Verdict::Forward(passed) => {
                self.passed = passed;
                if passed > 0 {
                    self.hold = None;
                }
                Ok(())
            }
            Verdict::Refuse(why) => Err(self.refuse(why)),
        }
    }

    fn refuse(&mut self, why: &'static str) -> io::Error {
        self.waiting = BytesMut::new();
        self.refused.insert(Refused(why)).error()
    }

    /// Completes with what may go on although more was awaited.
    fn poll_release(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let hold = self.hold.get_or_insert_with(|| Box::pin(sleep(HOLD_LIMIT)));
        // A timer that is over is not asked again: its limit then holds for what comes next, too.
        if !hold.is_elapsed() {
            ready!(hold.as_mut().poll(cx));
        }
        self.passed = self.inspector.release(&self.waiting);
        if self.passed == 0 {
            return Poll::Pending;
        }
        self.hold = None;
        Poll::Ready(())
    }
}

impl<R: AsyncRead + Unpin> Guarded<R> {
    /// Reads behind what waits; the number of bytes, 0 at the end.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let before = self.waiting.len();
        self.waiting.resize(before + READ, 0);
        let mut room = ReadBuf::new(self.waiting.get_mut(before..).unwrap_or_default());
        let polled = Pin::new(&mut self.reader).poll_read(cx, &mut room);
        let read = room.filled().len();
        self.waiting.truncate(before + read);
        polled.map_ok(|()| read)
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Guarded<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            if let Some(refused) = this.refused {
                return Poll::Ready(Err(refused.error()));
            }
            if this.passed > 0 {
                let taken = this.passed.min(buffer.remaining());
                buffer.put_slice(this.waiting.get(..taken).unwrap_or_default());
                this.waiting.advance(taken);
                this.passed -= taken;
                return Poll::Ready(Ok(()));
            }
            if this.inspector.is_done() && this.waiting.is_empty() {
                // An idle connection keeps no buffer.
                this.waiting = BytesMut::new();
                return Pin::new(&mut this.reader).poll_read(cx, buffer);
            }
            match this.poll_more(cx) {
                Poll::Ready(Ok(0)) if this.waiting.is_empty() => return Poll::Ready(Ok(())),
                Poll::Ready(Ok(0)) => {
                    this.passed = this.inspector.release(&this.waiting);
                    if this.passed == 0 {
                        return Poll::Ready(Err(this.refuse("an HTTP request ended within its head")));
                    }
                }
                Poll::Ready(Ok(_)) => this.look()?,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending if this.waiting.is_empty() => {
                    this.waiting = BytesMut::new();
                    return Poll::Pending;
                }
                Poll::Pending => ready!(this.poll_release(cx)),
            }
        }
    }
}
