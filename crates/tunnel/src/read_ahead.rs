//! Reads ahead from a connection: TLS asks for 4 KiB at a time, which in bulk is a system call for each
//! quarter of a record.

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// Read in one go in bulk, in bytes.
const BUFFER: usize = 128 * 1024;
/// A read that brings less than this is the end of a burst.
const BULK: usize = 4096;

/// How to read next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// What is asked for, without a buffer between.
    Direct,
    /// As much as there is: the last read brought all that was asked for.
    Ahead,
}

/// A connection that is read ahead of who reads from it. Writes go through as they are.
#[derive(Debug)]
pub(crate) struct ReadAhead<T> {
    inner: T,
    buffer: Vec<u8>,
    taken: usize,
    pace: Pace,
}

impl<T> ReadAhead<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self { inner, buffer: Vec::new(), taken: 0, pace: Pace::Direct }
    }

    /// Gives back the memory, unless there is something in it.
    pub(crate) fn rest(&mut self) {
        if self.taken >= self.buffer.len() {
            self.buffer = Vec::new();
            self.taken = 0;
            self.pace = Pace::Direct;
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for ReadAhead<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.taken >= this.buffer.len() {
            this.buffer.clear();
            this.taken = 0;
            if this.pace == Pace::Direct {
                let room = buf.remaining();
                ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
                if buf.remaining() == 0 && room >= BULK {
                    this.pace = Pace::Ahead;
                }
                return Poll::Ready(Ok(()));
            }
            this.buffer.reserve_exact(BUFFER);
            let read = ready!(pin!(this.inner.read_buf(&mut this.buffer)).poll(cx))?;
            if read < BULK {
                this.pace = Pace::Direct;
            }
        }
        let ahead = this.buffer.get(this.taken..).unwrap_or_default();
        let part = ahead.get(..buf.remaining()).unwrap_or(ahead);
        buf.put_slice(part);
        this.taken += part.len();
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for ReadAhead<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;

    #[tokio::test]
    async fn nothing_is_lost_between_the_paces() {
        let sent: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
        let (mut theirs, ours) = tokio::io::duplex(300_000);
        let copy = sent.clone();
        let writing = tokio::spawn(async move {
            for part in copy.chunks(70_001) {
                theirs.write_all(part).await.unwrap();
                theirs.write_all(&[]).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        let mut ahead = ReadAhead::new(ours);
        let mut got = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let length = ahead.read(&mut buffer).await.unwrap();
            if length == 0 {
                break;
            }
            got.extend_from_slice(&buffer[..length]);
            ahead.rest();
        }
        writing.await.unwrap();
        assert!(got == sent);
        assert_eq!(ahead.buffer.capacity(), 0);
    }
}
