//! Bytes on their way from the client to the backend: accepted into a bounded queue, confirmed once the backend
//! has taken them (section 7 point 5).

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;

use crate::hosts::Stream;

/// Payload bytes that the queue takes before the WebSocket is read no further. Twice the unconfirmed bytes that
/// a client should have in flight (section 5.2): as long as it keeps to that, its ACKs are always read, and a
/// backend that echoes cannot bring both directions to a standstill.
const MAX_QUEUED: usize = 8 * 1024 * 1024;

/// Chunks that the queue takes, however small.
const MAX_CHUNKS: usize = 65_536;

/// Buffers handed to the backend in one write.
const SLICES: usize = 16;

/// The queue and the positions around it, in payload bytes since the session began.
pub(super) struct Upstream {
    chunks: VecDeque<Bytes>,
    queued: usize,
    /// Everything below was accepted from the client.
    received: u64,
    /// Everything below was taken by the backend.
    written: u64,
    /// The highest position that the client was told.
    told: u64,
    backend: Taking,
}

/// Whether the backend still takes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taking {
    Yes,
    /// It does not; what arrives is counted and dropped, and never confirmed.
    No,
}

impl Upstream {
    pub(super) fn new() -> Self {
        Self { chunks: VecDeque::new(), queued: 0, received: 0, written: 0, told: 0, backend: Taking::Yes }
    }

    /// Whether the WebSocket is to be left unread until the backend has taken more.
    pub(super) fn is_full(&self) -> bool {
        self.queued >= MAX_QUEUED || self.chunks.len() >= MAX_CHUNKS
    }

    /// Whether the backend has taken everything.
    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Bytes accepted from the client.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Bytes taken by the backend.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// The highest position that the client was told.
    pub(super) fn told(&self) -> u64 {
        self.told
    }

    /// Bytes accepted from the client of which it does not know.
    pub(super) fn untold(&self) -> u64 {
        self.received.saturating_sub(self.told)
    }

    /// Whether the backend has refused bytes.
    pub(super) fn is_broken(&self) -> bool {
        self.backend == Taking::No
    }

    /// Accepts bytes of the client.
    pub(super) fn push(&mut self, payload: Bytes) {
        self.received = self.received.saturating_add(payload.len() as u64);
        if self.backend == Taking::Yes && !payload.is_empty() {
            self.queued += payload.len();
            self.chunks.push_back(payload);
        }
    }

    /// The client is told `position`.
    pub(super) fn tell(&mut self, position: u64) {
        self.told = self.told.max(position);
    }

    /// Gives the backend what it takes. The count is what it took; an error means that it takes nothing more.
    pub(super) fn poll_drain(
        &mut self,
        cx: &mut Context<'_>,
        backend: &mut Stream,
    ) -> Poll<io::Result<usize>> {
        if self.chunks.is_empty() {
            return Poll::Pending;
        }
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut count = 0;
        for (slice, chunk) in slices.iter_mut().zip(&self.chunks) {
            *slice = IoSlice::new(chunk);
            count += 1;
        }
        let slices = slices.get(..count).unwrap_or_default();
        match Pin::new(backend).poll_write_vectored(cx, slices) {
            Poll::Ready(Ok(0)) => {
                self.give_up();
                Poll::Ready(Err(io::ErrorKind::WriteZero.into()))
            }
            Poll::Ready(Ok(taken)) => {
                self.consume(taken);
                Poll::Ready(Ok(taken))
            }
            Poll::Ready(Err(error)) => {
                self.give_up();
                Poll::Ready(Err(error))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    /// The backend takes nothing more.
    pub(super) fn give_up(&mut self) {
        self.backend = Taking::No;
        self.chunks.clear();
        self.queued = 0;
    }

    fn consume(&mut self, taken: usize) {
        self.written = self.written.saturating_add(taken as u64);
        self.queued = self.queued.saturating_sub(taken);
        let mut left = taken;
        while left > 0 {
            let Some(chunk) = self.chunks.front_mut() else { break };
            if left < chunk.len() {
                chunk.advance(left);
                break;
            }
            left -= chunk.len();
            self.chunks.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn confirms_what_the_backend_took_and_no_more() {
        let (mut far, near) = tokio::io::duplex(10);
        let mut backend: Stream = Box::new(near);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let mut up = Upstream::new();
        up.push(Bytes::from_static(b"abcdef"));
        up.push(Bytes::new());
        up.push(Bytes::from_static(b"ghijkl"));
        while let Poll::Ready(Ok(_)) = up.poll_drain(&mut cx, &mut backend) {}
        assert_eq!((up.received(), up.written(), up.told()), (12, 10, 0));
        up.tell(4);
        up.tell(3);
        assert_eq!((up.told(), up.untold()), (4, 8));
        let mut got = [0; 10];
        far.read_exact(&mut got).await.unwrap();
        while let Poll::Ready(Ok(_)) = up.poll_drain(&mut cx, &mut backend) {}
        assert!(up.is_empty());
        assert_eq!(up.written(), 12);
        assert_eq!(&got, b"abcdefghij");
    }

    #[tokio::test]
    async fn drops_what_a_dead_backend_cannot_take() {
        let (far, near) = tokio::io::duplex(10);
        drop(far);
        let mut backend: Stream = Box::new(near);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let mut up = Upstream::new();
        up.push(Bytes::from_static(b"lost"));
        assert!(matches!(up.poll_drain(&mut cx, &mut backend), Poll::Ready(Err(_))));
        up.push(Bytes::from_static(b"lost too"));
        assert!(up.is_empty());
        assert_eq!((up.received(), up.written()), (12, 0));
    }
}
