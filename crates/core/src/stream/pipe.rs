//! The bounded pipe between one terminal and the front end that draws it.
//!
//! Outwards: the terminal's bytes wait here until they are sent, and count until the front end says they are
//! drawn. While 512 KiB wait or are being drawn, the terminal is not read, so its SSH window stops growing.
//! The last 256 KiB are kept for a front end that attaches anew, as after a page reload.
//! Inwards: typed bytes and sizes, read at once whatever the terminal does, so that the front end's count of
//! drawn bytes never waits behind a paste.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::sync::Notify;

use super::frame::Frame;

/// Bytes that may wait or be drawn before the terminal is read no further.
pub(super) const IN_FLIGHT: usize = 512 * 1024;
/// The largest message to the front end, in bytes.
pub(super) const CHUNK: usize = 64 * 1024;
/// Bytes kept for a front end that attaches anew.
pub(super) const REPLAY: usize = 256 * 1024;
/// Typed bytes that may wait for a terminal that takes none; more are dropped.
const INPUT: usize = 4 * 1024 * 1024;
/// What Ctrl+C sends.
const INTERRUPT: &[u8] = &[0x03];
/// Ends an escape sequence that was cut by dropping what followed.
const CANCEL: &[u8] = &[0x18];

/// What a terminal is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    /// Give these bytes to the program.
    Bytes(Bytes),
    /// Drop what was not yet read, then give the program an interrupt.
    Interrupt(Bytes),
    /// Take this size: columns, rows.
    Size(u16, u16),
}

/// Counts the front ends of one pipe: the latest one has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attachment(u64);

#[derive(Debug, Default)]
struct State {
    attachment: u64,
    /// For the front end that attaches next or is attached.
    waiting: VecDeque<Bytes>,
    waiting_bytes: usize,
    /// Sent and not yet drawn.
    drawing: usize,
    /// The last bytes that were sent, for the next front end.
    sent: VecDeque<Bytes>,
    sent_bytes: usize,
    input: VecDeque<Input>,
    input_bytes: usize,
    ended: bool,
}

impl State {
    fn full(&self) -> bool {
        self.waiting_bytes.saturating_add(self.drawing) >= IN_FLIGHT
    }

    fn remember(&mut self, bytes: Bytes) {
        self.sent_bytes += bytes.len();
        self.sent.push_back(bytes);
        while let Some(over) = self.sent_bytes.checked_sub(REPLAY).filter(|over| *over > 0) {
            let Some(first) = self.sent.front_mut() else { return };
            let cut = over.min(first.len());
            first.advance(cut);
            self.sent_bytes -= cut;
            if first.is_empty() {
                self.sent.pop_front();
            }
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Pipe {
    state: Mutex<State>,
    /// Something to send, a new attachment, or the end.
    outward: Notify,
    /// Room for more output.
    room: Notify,
    /// Something typed, or the end.
    inward: Notify,
}

impl Pipe {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change below is whole before anything could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ---- the terminal's side

    /// Waits until more output is wanted.
    pub(crate) async fn room(&self) {
        loop {
            let room = self.room.notified();
            if !self.state().full() {
                return;
            }
            room.await;
        }
    }

    /// Takes output; call [`Pipe::room`] before. What comes after the end is dropped.
    pub(crate) fn push(&self, bytes: Bytes) {
        let mut state = self.state();
        if bytes.is_empty() || state.ended {
            return;
        }
        state.waiting_bytes += bytes.len();
        state.waiting.push_back(bytes);
        drop(state);
        self.outward.notify_waiters();
    }

    /// No output comes any more. What waits is still sent.
    pub(crate) fn end(&self) {
        self.state().ended = true;
        self.outward.notify_waiters();
        self.room.notify_waiters();
        self.inward.notify_waiters();
    }

    /// The next thing to do; `None` after the end.
    pub(crate) async fn input(&self) -> Option<Input> {
        loop {
            let inward = self.inward.notified();
            {
                let mut state = self.state();
                if let Some(input) = state.input.pop_front() {
                    if let Input::Bytes(bytes) | Input::Interrupt(bytes) = &input {
                        state.input_bytes = state.input_bytes.saturating_sub(bytes.len());
                    }
                    return Some(input);
                }
                if state.ended {
                    return None;
                }
            }
            inward.await;
        }
    }

    // ---- the front end's side

    /// A front end takes over: it gets the last bytes first, and the one before it gets nothing more.
    pub(crate) fn attach(&self) -> Attachment {
        let mut state = self.state();
        state.attachment = state.attachment.wrapping_add(1);
        state.drawing = 0;
        let mut replay = std::mem::take(&mut state.sent);
        state.waiting_bytes = state.waiting_bytes.saturating_add(std::mem::take(&mut state.sent_bytes));
        replay.append(&mut state.waiting);
        state.waiting = replay;
        let attachment = Attachment(state.attachment);
        drop(state);
        self.outward.notify_waiters();
        attachment
    }

    /// The next bytes for a front end, at most 64 KiB; `None` when another took over or all is said.
    pub(crate) async fn next(&self, attachment: Attachment) -> Option<Bytes> {
        loop {
            let outward = self.outward.notified();
            {
                let mut state = self.state();
                if state.attachment != attachment.0 {
                    return None;
                }
                if state.drawing < IN_FLIGHT
                    && let Some(bytes) = chunk(&mut state)
                {
                    state.drawing += bytes.len();
                    state.remember(bytes.clone());
                    return Some(bytes);
                }
                if state.ended && state.waiting.is_empty() {
                    return None;
                }
            }
            outward.await;
        }
    }

    /// Takes a message of the front end; those of one that lost the pipe are dropped.
    pub(crate) fn take(&self, attachment: Attachment, frame: Frame) {
        let mut state = self.state();
        if state.attachment != attachment.0 || state.ended {
            return;
        }
        match frame {
            Frame::Drawn(bytes) => {
                let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
                state.drawing = state.drawing.saturating_sub(bytes);
                drop(state);
                self.room.notify_waiters();
                self.outward.notify_waiters();
            }
            Frame::Size { cols, rows } => {
                // Only the last of several sizes in a row matters.
                if let Some(Input::Size(..)) = state.input.back() {
                    state.input.pop_back();
                }
                state.input.push_back(Input::Size(cols, rows));
                drop(state);
                self.inward.notify_waiters();
            }
            Frame::Input(bytes) if bytes.is_empty() => {}
            Frame::Input(bytes) if bytes.as_ref() == INTERRUPT && state.full() => {
                // A program that floods the screen: the interrupt must not wait behind what it wrote, and
                // nobody wants to see that first.
                state.waiting.clear();
                state.waiting.push_back(Bytes::from_static(CANCEL));
                state.waiting_bytes = CANCEL.len();
                state.input.retain(|input| matches!(input, Input::Size(..)));
                state.input_bytes = bytes.len();
                state.input.push_back(Input::Interrupt(bytes));
                drop(state);
                self.room.notify_waiters();
                self.outward.notify_waiters();
                self.inward.notify_waiters();
            }
            Frame::Input(bytes) => {
                if state.input_bytes.saturating_add(bytes.len()) > INPUT {
                    tracing::warn!(bytes = bytes.len(), "input dropped: the program does not read it");
                    return;
                }
                state.input_bytes += bytes.len();
                state.input.push_back(Input::Bytes(bytes));
                drop(state);
                self.inward.notify_waiters();
            }
        }
    }
}

/// Joins what waits, up to one message.
fn chunk(state: &mut State) -> Option<Bytes> {
    let mut first = state.waiting.pop_front()?;
    let bytes = if first.len() > CHUNK {
        let head = first.split_to(CHUNK);
        state.waiting.push_front(first);
        head
    } else if state.waiting.front().is_none_or(|next| first.len() + next.len() > CHUNK) {
        first
    } else {
        let mut joined = BytesMut::with_capacity(state.waiting_bytes.min(CHUNK));
        joined.extend_from_slice(&first);
        while let Some(next) = state.waiting.front()
            && joined.len() + next.len() <= CHUNK
        {
            joined.extend_from_slice(next);
            state.waiting.pop_front();
        }
        joined.freeze()
    };
    state.waiting_bytes = state.waiting_bytes.saturating_sub(bytes.len());
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    fn drain(pipe: &Pipe, attachment: Attachment) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some(Some(bytes)) = pipe.next(attachment).now_or_never() {
            assert!(bytes.len() <= CHUNK);
            all.extend_from_slice(&bytes);
        }
        all
    }

    #[tokio::test]
    async fn a_front_end_that_draws_nothing_stops_the_terminal() {
        let pipe = Pipe::new();
        let front = pipe.attach();
        let mut pushed = 0;
        while pipe.room().now_or_never().is_some() {
            pipe.push(Bytes::from(vec![7; 10_000]));
            pushed += 10_000;
        }
        assert!((IN_FLIGHT..IN_FLIGHT + 10_000).contains(&pushed));
        assert!(drain(&pipe, front).len() <= IN_FLIGHT + CHUNK);
        assert!(pipe.room().now_or_never().is_none(), "sent is not yet drawn");
        pipe.take(front, Frame::Drawn(20_000));
        assert!(pipe.room().now_or_never().is_some());
        pipe.take(front, Frame::Drawn(u32::MAX));
        pipe.push(Bytes::from_static(b"x"));
        assert!(drain(&pipe, front).ends_with(b"x"));
    }

    #[tokio::test]
    async fn small_pieces_are_joined_and_large_ones_cut() {
        let pipe = Pipe::new();
        let front = pipe.attach();
        for _ in 0..3 {
            pipe.push(Bytes::from_static(b"abc"));
        }
        assert_eq!(pipe.next(front).await.unwrap().as_ref(), b"abcabcabc");
        pipe.push(Bytes::from(vec![1; CHUNK + 1]));
        assert_eq!(pipe.next(front).await.unwrap().len(), CHUNK);
        assert_eq!(pipe.next(front).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn who_attaches_anew_gets_the_last_bytes_and_then_goes_on() {
        let pipe = Pipe::new();
        let first = pipe.attach();
        let all: Vec<u8> = (0..400_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        for piece in all.chunks(5_000) {
            pipe.push(Bytes::copy_from_slice(piece));
        }
        assert_eq!(drain(&pipe, first), all);
        pipe.push(Bytes::from_static(b"new"));
        let second = pipe.attach();
        let mut expected = all[all.len() - REPLAY..].to_vec();
        expected.extend_from_slice(b"new");
        assert_eq!(drain(&pipe, second), expected);
        assert_eq!(pipe.next(first).await, None);
        pipe.take(first, Frame::Input(Bytes::from_static(b"late")));
        assert!(pipe.input().now_or_never().is_none());
    }

    #[tokio::test]
    async fn an_interrupt_passes_what_it_is_meant_to_stop() {
        let pipe = Pipe::new();
        let front = pipe.attach();
        pipe.take(front, Frame::Input(Bytes::from_static(b"\x03")));
        assert_eq!(pipe.input().await, Some(Input::Bytes(Bytes::from_static(b"\x03"))));
        while pipe.room().now_or_never().is_some() {
            pipe.push(Bytes::from(vec![b'y'; 30_000]));
        }
        let sent = pipe.next(front).await.unwrap().len();
        pipe.take(front, Frame::Input(Bytes::from_static(b"typed before")));
        pipe.take(front, Frame::Input(Bytes::from_static(b"\x03")));
        assert_eq!(pipe.input().await, Some(Input::Interrupt(Bytes::from_static(b"\x03"))));
        assert!(pipe.input().now_or_never().is_none());
        assert_eq!(drain(&pipe, front), CANCEL);
        assert!(sent <= CHUNK);
        assert!(pipe.room().now_or_never().is_some());
    }

    #[tokio::test]
    async fn input_is_bounded_and_sizes_are_joined() {
        let pipe = Pipe::new();
        let front = pipe.attach();
        for _ in 0..100 {
            pipe.take(front, Frame::Input(Bytes::from(vec![0; 100_000])));
        }
        let mut taken = 0;
        while let Some(Some(Input::Bytes(bytes))) = pipe.input().now_or_never() {
            taken += bytes.len();
        }
        assert!((INPUT - 100_000..=INPUT).contains(&taken));
        pipe.take(front, Frame::Size { cols: 80, rows: 24 });
        pipe.take(front, Frame::Size { cols: 81, rows: 25 });
        assert_eq!(pipe.input().await, Some(Input::Size(81, 25)));
        assert!(pipe.input().now_or_never().is_none());
    }

    #[tokio::test]
    async fn the_end_comes_after_the_last_byte() {
        let pipe = Pipe::new();
        let front = pipe.attach();
        pipe.push(Bytes::from_static(b"bye"));
        pipe.end();
        pipe.push(Bytes::from_static(b"too late"));
        assert_eq!(pipe.next(front).await.unwrap().as_ref(), b"bye");
        assert_eq!(pipe.next(front).await, None);
        assert_eq!(pipe.input().await, None);
    }
}
