//! Bytes on their way in: received, queued, taken, accepted, acknowledged; in this order.

use std::collections::VecDeque;

use bytes::{BufMut, Bytes, BytesMut};

use crate::{Time, Violation, frame::MAX_MESSAGE};

/// Payloads below this size are copied together: a hostile relay could otherwise pin a large message by one
/// byte of it, and an honest one that sends single bytes would cost an entry each.
const SMALL: usize = 2048;

/// Size at which gathered payloads become a chunk.
const GATHERED: usize = 16 * 1024;

/// Entries for which a queue that has become empty keeps its room.
const KEPT: usize = 64;

/// The incoming stream: counters of section 5 and the bounded queue before the local side.
pub(crate) struct ReceiveQueue {
    chunks: VecDeque<Bytes>,
    /// The last bytes of the queue, not yet a chunk.
    tail: BytesMut,
    queued: usize,
    window: usize,
    received: u64,
    accepted: u64,
    ack_sent: u64,
}

/// When a remainder too small to be acknowledged at once is acknowledged (section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AckTimer {
    Off,
    At(Time),
    Fired,
}

impl AckTimer {
    pub(crate) fn deadline(self) -> Option<Time> {
        match self {
            Self::At(deadline) => Some(deadline),
            Self::Off | Self::Fired => None,
        }
    }

    /// Starts unless it runs, and says whether the time has come.
    pub(crate) fn started(&mut self, deadline: Time, now: Time) -> bool {
        if *self == Self::Off {
            *self = Self::At(deadline);
        }
        self.fire(now);
        *self == Self::Fired
    }

    /// Notes that the time has come, if it has: the ACK waits until the connection takes it.
    pub(crate) fn fire(&mut self, now: Time) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            *self = Self::Fired;
        }
    }
}

/// Whether a payload found its place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Queued {
    Yes,
    /// The queue is far over its window: the payload was not taken.
    Full,
}

impl ReceiveQueue {
    pub(crate) fn new(window: usize, start: u64) -> Self {
        Self {
            chunks: VecDeque::new(),
            tail: BytesMut::new(),
            queued: 0,
            window,
            received: start,
            accepted: start,
            ack_sent: start,
        }
    }

    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    pub(crate) fn accepted(&self) -> u64 {
        self.accepted
    }

    pub(crate) fn ack_sent(&self) -> u64 {
        self.ack_sent
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queued == 0
    }

    pub(crate) fn capacity(&self) -> usize {
        self.window.saturating_sub(self.queued)
    }

    /// Queues one payload. One message beyond the window is taken (it was read before the window was known to
    /// be full); more is not, since memory must stay bounded.
    pub(crate) fn push(&mut self, payload: Bytes) -> Result<Queued, Violation> {
        let length = payload.len();
        if self.queued.saturating_add(length) > self.window.saturating_add(MAX_MESSAGE) {
            return Ok(Queued::Full);
        }
        self.received = u64::try_from(length)
            .ok()
            .and_then(|length| self.received.checked_add(length))
            .ok_or(Violation::CounterOverflow)?;
        self.queued += length;
        if length < SMALL {
            self.tail.put_slice(&payload);
            if self.tail.len() >= GATHERED {
                self.flush_tail();
            }
        } else {
            self.flush_tail();
            self.chunks.push_back(payload);
        }
        Ok(Queued::Yes)
    }

    fn flush_tail(&mut self) {
        if !self.tail.is_empty() {
            self.chunks.push_back(self.tail.split().freeze());
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Bytes> {
        self.flush_tail();
        let chunk = self.chunks.pop_front()?;
        self.queued = self.queued.saturating_sub(chunk.len());
        if self.queued == 0 {
            // A tunnel may be idle for days.
            self.tail = BytesMut::new();
            if self.chunks.capacity() > KEPT {
                self.chunks = VecDeque::new();
            }
        }
        Some(chunk)
    }

    /// The local side has `bytes` more; never more than were taken.
    pub(crate) fn accept(&mut self, bytes: u64) {
        let taken = self.received.saturating_sub(self.queued as u64);
        self.accepted = self.accepted.saturating_add(bytes).min(taken);
    }

    /// Accepted bytes that the relay was not told of.
    pub(crate) fn unacknowledged(&self) -> u64 {
        self.accepted.saturating_sub(self.ack_sent)
    }

    /// The value of the ACK that now goes out. Never 0, since it is only asked for when something new was
    /// accepted.
    pub(crate) fn take_ack(&mut self) -> u64 {
        self.ack_sent = self.accepted;
        self.accepted
    }

    /// The reconnect told the relay `received` (section 6.2, step 6). That may be more than was accepted: the
    /// queue outlives the connection.
    pub(crate) fn told_by_reconnect(&mut self) {
        self.ack_sent = self.received;
    }

    /// Frees the queue; the counters stay.
    pub(crate) fn clear(&mut self) {
        self.chunks = VecDeque::new();
        self.tail = BytesMut::new();
        self.queued = 0;
    }
}
