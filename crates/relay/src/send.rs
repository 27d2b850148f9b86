//! Bytes on their way out: kept from when they are handed in until the relay has acknowledged them.

use std::collections::VecDeque;

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::{Violation, frame, frame::MAX_PAYLOAD};

/// Writes below this size are gathered, so that a buffer of single bytes costs no allocation each.
const SMALL: usize = 1024;

/// Room that is allocated at once for gathered writes.
const GATHERED: usize = 16 * 1024;

/// Entries for which a queue that has become empty keeps its room.
const KEPT: usize = 64;

/// Most chunks that are kept: bounds the cost of many small, unacknowledged writes.
const MAX_CHUNKS: usize = 65_536;

/// The bytes `[acked, end)` of the outgoing stream (section 5). `acked <= next <= sent <= end`, and
/// `acked == min(confirmed, next)`.
pub(crate) struct SendBuffer {
    chunks: VecDeque<Bytes>,
    /// The last bytes of the stream, not yet a chunk.
    tail: BytesMut,
    window: usize,
    /// Everything below is acknowledged, and dropped.
    acked: u64,
    /// The highest position that the relay named. Above `next` during a replay if the relay had more than it
    /// said when the session was resumed: those bytes are sent again all the same, since DATA carries no
    /// position and the relay counts on from what it said.
    confirmed: u64,
    /// Position of the next byte to put on the wire; below `sent` during a replay.
    next: u64,
    /// Position after the last byte that was ever put on the wire.
    sent: u64,
    end: u64,
    /// Where `next` is: index into `chunks` and offset there.
    cursor: usize,
    offset: usize,
    largest_message: usize,
}

impl SendBuffer {
    pub(crate) fn new(window: usize, start: u64) -> Self {
        Self {
            chunks: VecDeque::new(),
            tail: BytesMut::new(),
            window,
            acked: start,
            confirmed: start,
            next: start,
            sent: start,
            end: start,
            cursor: 0,
            offset: 0,
            largest_message: 0,
        }
    }

    pub(crate) fn acked(&self) -> u64 {
        self.acked
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// Bytes that are not acknowledged, queued ones included.
    pub(crate) fn unacknowledged(&self) -> u64 {
        self.end.saturating_sub(self.acked)
    }

    pub(crate) fn largest_message(&self) -> usize {
        self.largest_message
    }

    pub(crate) fn capacity(&self) -> usize {
        if self.chunks.len() >= MAX_CHUNKS {
            return 0;
        }
        let held = usize::try_from(self.unacknowledged()).unwrap_or(usize::MAX);
        self.window.saturating_sub(held)
    }

    /// Takes as much of `bytes` as there is capacity for, and says how much that was.
    pub(crate) fn push(&mut self, mut bytes: Bytes) -> Result<usize, Violation> {
        bytes.truncate(self.capacity());
        let length = bytes.len();
        if length == 0 {
            return Ok(0);
        }
        self.end = u64::try_from(length)
            .ok()
            .and_then(|length| self.end.checked_add(length))
            .ok_or(Violation::CounterOverflow)?;
        if length < SMALL {
            if self.tail.capacity() - self.tail.len() < length {
                self.flush_tail();
                self.tail.reserve(GATHERED);
            }
            self.tail.put_slice(&bytes);
        } else {
            self.flush_tail();
            self.chunks.push_back(bytes);
        }
        Ok(length)
    }

    fn flush_tail(&mut self) {
        if !self.tail.is_empty() {
            self.chunks.push_back(self.tail.split().freeze());
        }
    }

    /// Puts the next DATA message, header and payload in one and cut anew from whatever chunks there are,
    /// behind what `out` holds. `None` when there is nothing to send.
    pub(crate) fn next_message(&mut self, out: &mut Vec<u8>) -> Option<()> {
        let wanted =
            usize::try_from(self.end.saturating_sub(self.next)).unwrap_or(usize::MAX).min(MAX_PAYLOAD);
        if wanted == 0 {
            return None;
        }
        self.flush_tail();
        let size = frame::DATA_HEADER + wanted;
        out.reserve(size);
        frame::put_data_header(out, wanted);
        let mut left = wanted;
        while left > 0 {
            let chunk = self.chunks.get(self.cursor)?;
            let part = chunk.get(self.offset..)?;
            let taken = part.get(..left.min(part.len()))?;
            out.put_slice(taken);
            left -= taken.len();
            self.offset += taken.len();
            if self.offset == chunk.len() {
                self.cursor += 1;
                self.offset = 0;
            }
        }
        // Cannot overflow: `next + wanted <= end`.
        self.next += wanted as u64;
        self.sent = self.sent.max(self.next);
        self.largest_message = self.largest_message.max(size);
        self.trim();
        Some(())
    }

    /// An ACK: checks it against section 5 and drops what it covers, splitting a chunk if need be. During a
    /// replay nothing is left out because of it; what it covers is dropped as it is sent again.
    pub(crate) fn acknowledge(&mut self, position: u64) -> Result<(), Violation> {
        self.confirm(position)?;
        self.trim();
        Ok(())
    }

    /// The relay goes on at `position` on a new connection: everything from there is sent again, and nothing
    /// below (section 6.2, steps 3 and 4).
    pub(crate) fn resume(&mut self, position: u64) -> Result<(), Violation> {
        self.confirm(position)?;
        self.drop_below(position);
        self.next = position;
        self.cursor = 0;
        self.offset = 0;
        Ok(())
    }

    fn confirm(&mut self, position: u64) -> Result<(), Violation> {
        if position < self.confirmed {
            return Err(Violation::AckBackwards { acknowledged: position, before: self.confirmed });
        }
        if position > self.sent {
            return Err(Violation::AckBeyondSent { acknowledged: position, sent: self.sent });
        }
        self.confirmed = position;
        Ok(())
    }

    fn trim(&mut self) {
        self.drop_below(self.confirmed.min(self.next));
    }

    /// Drops what lies before `position`, which is at most `sent`.
    fn drop_below(&mut self, position: u64) {
        // No more than the window is ever held.
        let mut left = usize::try_from(position.saturating_sub(self.acked)).unwrap_or(usize::MAX);
        while left > 0 {
            let Some(front) = self.chunks.front_mut() else { break };
            if front.len() <= left {
                left -= front.len();
                self.chunks.pop_front();
                if self.cursor == 0 {
                    self.offset = 0;
                } else {
                    self.cursor -= 1;
                }
            } else {
                front.advance(left);
                if self.cursor == 0 {
                    self.offset = self.offset.saturating_sub(left);
                }
                left = 0;
            }
        }
        self.acked = self.acked.max(position);
        if self.acked == self.end {
            self.rest();
        }
    }

    /// Gives back the memory of a buffer that holds nothing: a tunnel may be idle for days.
    fn rest(&mut self) {
        self.tail = BytesMut::new();
        if self.chunks.capacity() > KEPT {
            self.chunks = VecDeque::new();
        }
    }

    /// Frees what is held; the counters stay.
    pub(crate) fn clear(&mut self) {
        self.chunks = VecDeque::new();
        self.tail = BytesMut::new();
        self.cursor = 0;
        self.offset = 0;
        self.next = self.end;
    }
}
