//! Bytes on their way from the backend to the client: retained until the client has confirmed them, so that
//! they can be replayed on another WebSocket (section 5, section 7 point 4).

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use adit_relay::frame::Frame;
use bytes::{BufMut, Bytes, BytesMut};
use tokio_util::io::poll_read_buf;

use crate::hosts::Stream;

/// Bytes before the payload of a DATA message: tag and length (section 4).
const HEADER: usize = 6;

/// The tag of a DATA message.
const TAG_DATA: u16 = 0x0004;

/// Messages that one allocation holds when they are full.
const MESSAGES_PER_ARENA: usize = 8;

/// Chunks retained at most: a backend that dribbles single bytes is not read further, however small the sum.
const MAX_CHUNKS: usize = 65_536;

/// Why an acknowledgement is refused (section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadAck {
    /// It is below what was confirmed before: close code 4005, or 4074 on a reconnect.
    Backwards,
    /// It is beyond what was sent: close code 4006.
    Beyond,
}

/// The retained bytes and the positions in them. All positions count payload bytes since the session began.
pub(super) struct Downstream {
    /// Ready-made DATA messages; the payload of each begins at [`HEADER`].
    chunks: VecDeque<Bytes>,
    /// Position of the first byte of the front chunk.
    front: u64,
    /// Everything below is confirmed by the client.
    acked: u64,
    /// Everything below was read from the backend.
    produced: u64,
    /// The highest position that any WebSocket has carried.
    sent: u64,
    /// The next position for the current WebSocket; lies in chunk `index` at `offset` of its payload.
    cursor: u64,
    index: usize,
    offset: usize,
    arena: BytesMut,
}

impl Downstream {
    pub(super) fn new() -> Self {
        Self {
            chunks: VecDeque::new(),
            front: 0,
            acked: 0,
            produced: 0,
            sent: 0,
            cursor: 0,
            index: 0,
            offset: 0,
            arena: BytesMut::new(),
        }
    }

    /// The position that the current WebSocket has carried so far.
    pub(super) fn cursor(&self) -> u64 {
        self.cursor
    }

    /// The highest position that any WebSocket has carried.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// Whether everything read from the backend is on the current WebSocket.
    pub(super) fn is_drained(&self) -> bool {
        self.cursor == self.produced
    }

    /// Room for bytes of the backend below `window` unconfirmed ones.
    pub(super) fn room(&self, window: u64) -> usize {
        if self.chunks.len() >= MAX_CHUNKS {
            return 0;
        }
        let retained = self.produced.saturating_sub(self.acked);
        usize::try_from(window.saturating_sub(retained)).unwrap_or(usize::MAX)
    }

    /// Reads at most `want` bytes of the backend straight into a DATA message. `Ok(0)` is the backend's end.
    pub(super) fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        backend: &mut Stream,
        want: usize,
        frame: usize,
    ) -> Poll<io::Result<usize>> {
        let want = want.min(frame);
        if self.arena.capacity() < HEADER + want {
            self.arena = BytesMut::with_capacity(MESSAGES_PER_ARENA * (HEADER + frame));
        }
        self.arena.put_u16(TAG_DATA);
        self.arena.put_u32(0);
        let read = poll_read_buf(Pin::new(backend), cx, &mut (&mut self.arena).limit(want));
        let Poll::Ready(Ok(count)) = read else {
            self.arena.clear();
            return read;
        };
        let (Ok(length), true) = (u32::try_from(count), count > 0) else {
            self.arena.clear();
            return Poll::Ready(Ok(0));
        };
        if let Some(field) = self.arena.get_mut(2..HEADER) {
            field.copy_from_slice(&length.to_be_bytes());
        }
        self.chunks.push_back(self.arena.split().freeze());
        self.produced = self.produced.saturating_add(u64::from(length));
        Poll::Ready(Ok(count))
    }

    /// The next DATA message for the current WebSocket, of at most `limit` payload bytes; none when all is sent
    /// or `limit` is 0.
    pub(super) fn next(&mut self, limit: u64) -> Option<Bytes> {
        let message = self.chunks.get(self.index)?;
        let length = message.len().saturating_sub(HEADER);
        let count = (length - self.offset).min(usize::try_from(limit).unwrap_or(usize::MAX));
        if count == 0 {
            return None;
        }
        let out = if count == length {
            message.clone()
        } else {
            let from = HEADER + self.offset;
            Frame::Data(message.slice(from..from + count)).encode()
        };
        self.offset += count;
        if self.offset == length {
            self.index += 1;
            self.offset = 0;
        }
        self.cursor = self.cursor.saturating_add(count as u64);
        self.sent = self.sent.max(self.cursor);
        Some(out)
    }

    /// The client has everything below `position`.
    pub(super) fn acknowledge(&mut self, position: u64) -> Result<(), BadAck> {
        if position < self.acked {
            return Err(BadAck::Backwards);
        }
        if position > self.cursor {
            return Err(BadAck::Beyond);
        }
        self.trim(position);
        Ok(())
    }

    /// A new WebSocket goes on at `position`, which also confirms everything below it.
    pub(super) fn rewind(&mut self, position: u64) -> Result<(), BadAck> {
        if position < self.acked {
            return Err(BadAck::Backwards);
        }
        if position > self.sent {
            return Err(BadAck::Beyond);
        }
        self.trim(position);
        self.index = 0;
        self.offset = usize::try_from(position.saturating_sub(self.front)).unwrap_or(0);
        self.cursor = position;
        Ok(())
    }

    fn trim(&mut self, position: u64) {
        self.acked = position;
        while let Some(chunk) = self.chunks.front() {
            let end = self.front.saturating_add(chunk.len().saturating_sub(HEADER) as u64);
            if end > position {
                break;
            }
            self.front = end;
            self.chunks.pop_front();
            self.index = self.index.saturating_sub(1);
        }
    }
}

/// Fills until the backend has nothing more to give now; for tests and for nothing else.
#[cfg(test)]
pub(super) fn fill_all(down: &mut Downstream, backend: &mut Stream, frame: usize) {
    let mut cx = Context::from_waker(std::task::Waker::noop());
    while let Poll::Ready(Ok(1..)) = down.poll_fill(&mut cx, backend, usize::MAX, frame) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    async fn filled(bytes: &[u8], frame: usize) -> Downstream {
        let (mut far, near) = tokio::io::duplex(1 << 16);
        far.write_all(bytes).await.unwrap();
        let mut backend: Stream = Box::new(near);
        let mut down = Downstream::new();
        fill_all(&mut down, &mut backend, frame);
        down
    }

    fn payloads(down: &mut Downstream, limit: u64) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        while let Some(message) = down.next(limit) {
            match Frame::decode(message).unwrap() {
                Frame::Data(payload) => all.push(payload.to_vec()),
                other => panic!("{other:?}"),
            }
        }
        all
    }

    #[tokio::test]
    async fn cuts_messages_at_the_frame_size_and_replays_from_every_position() {
        let bytes: Vec<u8> = (0..=99).collect();
        for position in 0..=100_u64 {
            let mut down = filled(&bytes, 16).await;
            assert_eq!(payloads(&mut down, u64::MAX).concat(), bytes);
            assert_eq!(down.rewind(position), Ok(()));
            assert_eq!(payloads(&mut down, 7).concat(), bytes[position as usize..]);
            assert!(down.is_drained());
        }
    }

    #[tokio::test]
    async fn an_acknowledgement_inside_a_chunk_keeps_the_rest_of_it() {
        let bytes: Vec<u8> = (0..=99).collect();
        let mut down = filled(&bytes, 16).await;
        assert_eq!(down.acknowledge(1), Err(BadAck::Beyond));
        let first = down.next(40).unwrap();
        assert_eq!(first.len(), 6 + 16);
        assert_eq!(down.acknowledge(5), Ok(()));
        assert_eq!(down.acknowledge(4), Err(BadAck::Backwards));
        assert_eq!(down.acknowledge(17), Err(BadAck::Beyond));
        assert_eq!(down.rewind(4), Err(BadAck::Backwards));
        assert_eq!(down.rewind(17), Err(BadAck::Beyond));
        assert_eq!(down.rewind(5), Ok(()));
        assert_eq!(payloads(&mut down, u64::MAX).concat(), bytes[5..]);
    }

    #[tokio::test]
    async fn the_window_counts_unconfirmed_bytes() {
        let mut down = filled(&[7; 100], 16).await;
        assert_eq!(down.room(100), 0);
        payloads(&mut down, u64::MAX);
        assert_eq!(down.acknowledge(30), Ok(()));
        assert_eq!(down.room(100), 30);
    }
}
