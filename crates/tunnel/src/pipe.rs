//! The two bounded queues between a [`Stream`](crate::Stream) and the task that drives its session.
//!
//! Both outlive every WebSocket of the session: what is in them is neither lost nor doubled by a reconnect.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::sync::oneshot;

use crate::Lost;
use crate::driver::Aboard;

/// Bytes that may wait on their way to the relay, before the session takes them for replay.
const UP_LIMIT: usize = 256 * 1024;
/// Bytes that may wait for the reader.
const DOWN_LIMIT: usize = 512 * 1024;
/// Pieces that may wait for the reader: a relay that sends single bytes must not cost more memory than one
/// that sends full frames.
const DOWN_PIECES: usize = 1024;
/// Memory for outgoing bytes is taken in pieces of this size.
const UP_CHUNK: usize = 64 * 1024;

/// What the reader finds.
#[derive(Debug)]
pub(crate) enum Look {
    /// So many pieces.
    Pieces(usize),
    Nothing,
    Eof,
    Lost(Lost),
}

/// How reading ends.
#[derive(Debug, Clone)]
enum End {
    /// The backend closed: everything that came before it is delivered first.
    Eof,
    /// The session failed: everything that came before it is delivered first.
    Lost(Lost),
}

/// What the writing side of the stream has announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LocalSide {
    /// More may come.
    Open,
    /// `shutdown` was called, and everything written before it has been taken.
    Finished,
    /// The stream is gone, and everything written before that has been taken.
    Gone,
}

/// Whether stream and driver are in the same hands: then neither has to be woken for the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Hands {
    #[default]
    Two,
    One,
}

#[derive(Default)]
struct State {
    up: BytesMut,
    shut_down: bool,
    gone: bool,
    down: VecDeque<Bytes>,
    down_len: usize,
    end: Option<End>,
    driver: Option<Waker>,
    /// Where the driver is awaited by whoever wants to drive it together with the stream.
    seat: Option<oneshot::Sender<Aboard>>,
    hands: Hands,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Pipe {
    state: Mutex<State>,
}

impl Pipe {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code under the lock can leave the queues half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // The driver's side.

    /// Wakes this task on the next change from the stream's side.
    pub(crate) fn register_driver(&self, waker: &Waker) {
        let mut state = self.lock();
        if !state.driver.as_ref().is_some_and(|old| old.will_wake(waker)) {
            state.driver = Some(waker.clone());
        }
    }

    /// Wakes the driver, for changes that do not pass through the pipe.
    pub(crate) fn wake_driver(&self) {
        let waker = self.lock().driver.take();
        wake(waker);
    }

    /// Whoever wants to drive the session from now on.
    pub(crate) fn take_seat(&self) -> Option<oneshot::Sender<Aboard>> {
        let mut state = self.lock();
        let seat = state.seat.take().filter(|seat| !seat.is_closed())?;
        state.hands = Hands::One;
        Some(seat)
    }

    /// At most `limit` written bytes, none when there are none.
    pub(crate) fn collect(&self, limit: usize) -> Bytes {
        let mut state = self.lock();
        let length = state.up.len().min(limit);
        if length == 0 {
            return Bytes::new();
        }
        let taken = state.up.split_to(length).freeze();
        let waker = state.writer.take();
        drop(state);
        wake(waker);
        taken
    }

    /// What the local side announced. It counts only once the bytes before it are collected.
    pub(crate) fn local_side(&self) -> LocalSide {
        let state = self.lock();
        if !state.up.is_empty() {
            LocalSide::Open
        } else if state.gone {
            LocalSide::Gone
        } else if state.shut_down {
            LocalSide::Finished
        } else {
            LocalSide::Open
        }
    }

    /// Whether the stream was dropped, whatever may still wait to be sent.
    pub(crate) fn is_gone(&self) -> bool {
        self.lock().gone
    }

    /// How many more bytes may be delivered now. One piece may exceed it.
    pub(crate) fn room(&self) -> usize {
        let state = self.lock();
        if state.gone {
            // Nobody will read it: take and forget.
            usize::MAX
        } else if state.down.len() >= DOWN_PIECES {
            0
        } else {
            DOWN_LIMIT.saturating_sub(state.down_len)
        }
    }

    /// Queues bytes for the reader.
    pub(crate) fn deliver(&self, bytes: Bytes) {
        let mut state = self.lock();
        if state.gone || bytes.is_empty() {
            return;
        }
        state.down_len = state.down_len.saturating_add(bytes.len());
        state.down.push_back(bytes);
        let waker = state.reader.take();
        drop(state);
        wake(waker);
    }

    /// The backend is done: the reader gets what is queued, then the end.
    pub(crate) fn end(&self) {
        self.finish(End::Eof);
    }

    /// The session failed: the reader gets what is queued, then the error.
    pub(crate) fn lose(&self, lost: Lost) {
        self.finish(End::Lost(lost));
    }

    fn finish(&self, end: End) {
        let mut state = self.lock();
        state.end.get_or_insert(end);
        state.driver = None;
        state.seat = None;
        state.up = BytesMut::new();
        let wakers = (state.reader.take(), state.writer.take());
        drop(state);
        wake(wakers.0);
        wake(wakers.1);
    }

    // The stream's side.

    /// Where the driver will arrive; `None` when the session is over. If it ends meanwhile, nothing arrives.
    pub(crate) fn ask_for_driver(&self) -> Option<oneshot::Receiver<Aboard>> {
        let mut state = self.lock();
        if state.end.is_some() {
            return None;
        }
        let (seat, arrival) = oneshot::channel();
        state.seat = Some(seat);
        let waker = state.driver.take();
        drop(state);
        wake(waker);
        Some(arrival)
    }

    /// The driver is a task of its own again.
    pub(crate) fn stand_up(&self) {
        self.lock().hands = Hands::Two;
    }

    /// Whether bytes were written that the driver has not collected.
    pub(crate) fn holds_written(&self) -> bool {
        !self.lock().up.is_empty()
    }

    /// The next pieces for the reader, left in the queue, at most so many as there are places.
    pub(crate) fn look(&self, places: &mut [Bytes]) -> Look {
        let state = self.lock();
        let mut count = 0;
        for (place, piece) in places.iter_mut().zip(&state.down) {
            place.clone_from(piece);
            count += 1;
        }
        match (&state.end, count) {
            (_, 1..) => Look::Pieces(count),
            (None, 0) => Look::Nothing,
            (Some(End::Eof), 0) => Look::Eof,
            (Some(End::Lost(lost)), 0) => Look::Lost(lost.clone()),
        }
    }

    pub(crate) fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        let mut state = self.lock();
        match &state.end {
            Some(End::Lost(lost)) => return Poll::Ready(Err(lost.clone().into())),
            Some(End::Eof) => return Poll::Ready(Err(std::io::ErrorKind::BrokenPipe.into())),
            None => {}
        }
        if state.shut_down {
            return Poll::Ready(Err(std::io::ErrorKind::BrokenPipe.into()));
        }
        let room = UP_LIMIT.saturating_sub(state.up.len());
        let Some(part) =
            bytes.get(..bytes.len().min(room)).filter(|part| !part.is_empty() || bytes.is_empty())
        else {
            register(&mut state.writer, cx);
            return Poll::Pending;
        };
        if state.up.capacity() - state.up.len() < part.len() {
            state.up.reserve(part.len().max(UP_CHUNK));
        }
        state.up.extend_from_slice(part);
        let waker = state.driver.take();
        drop(state);
        wake(waker);
        Poll::Ready(Ok(part.len()))
    }

    pub(crate) fn shut_down(&self) {
        let mut state = self.lock();
        state.shut_down = true;
        let waker = state.driver.take();
        drop(state);
        wake(waker);
    }

    /// The stream is dropped.
    pub(crate) fn leave(&self) {
        let mut state = self.lock();
        state.gone = true;
        state.down = VecDeque::new();
        state.down_len = 0;
        let waker = state.driver.take();
        drop(state);
        wake(waker);
    }

    /// The next piece, left in the queue. Empty at the end.
    pub(crate) fn poll_peek(&self, cx: &mut Context<'_>) -> Poll<std::io::Result<Bytes>> {
        let mut state = self.lock();
        if let Some(piece) = state.down.front() {
            return Poll::Ready(Ok(piece.clone()));
        }
        match &state.end {
            Some(End::Eof) => Poll::Ready(Ok(Bytes::new())),
            Some(End::Lost(lost)) => Poll::Ready(Err(lost.clone().into())),
            None => {
                register(&mut state.reader, cx);
                Poll::Pending
            }
        }
    }

    /// The next piece, left in the queue, if there is one.
    pub(crate) fn peek(&self) -> Option<Bytes> {
        self.lock().down.front().cloned()
    }

    /// Takes `amount` bytes off the front.
    pub(crate) fn consume(&self, mut amount: usize) {
        let mut state = self.lock();
        while amount > 0 {
            let Some(piece) = state.down.front_mut() else { break };
            let step = amount.min(piece.len());
            piece.advance(step);
            let emptied = piece.is_empty();
            amount -= step;
            state.down_len = state.down_len.saturating_sub(step);
            if emptied {
                state.down.pop_front();
            }
        }
        // Not at each byte: the driver is worth waking for a good part of the room.
        let half = state.down_len <= DOWN_LIMIT / 2 && state.down.len() <= DOWN_PIECES / 2;
        let waker = if half && state.hands == Hands::Two { state.driver.take() } else { None };
        drop(state);
        wake(waker);
    }
}

impl std::fmt::Debug for Pipe {
    /// Shows how much waits, and no bytes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.lock();
        f.debug_struct("Pipe")
            .field("up", &state.up.len())
            .field("down", &state.down_len)
            .field("end", &state.end)
            .finish_non_exhaustive()
    }
}

fn register(slot: &mut Option<Waker>, cx: &Context<'_>) {
    if !slot.as_ref().is_some_and(|old| old.will_wake(cx.waker())) {
        *slot = Some(cx.waker().clone());
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
