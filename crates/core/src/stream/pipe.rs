//! The bounded pipe between one terminal and the front end that draws it.
//!
//! Outwards: the terminal's bytes wait here until they are sent, and count until the front end says they are
//! drawn. While 512 KiB wait or are being drawn, the terminal is not read, so its SSH window stops growing.
//! The last 256 KiB are kept for a front end that attaches anew, as after a page reload.
//! Inwards: typed bytes and sizes, read at once whatever the terminal does, so that the front end's count of
//! drawn bytes does not wait behind a paste. Beyond 16 MiB of unread input the front end has to wait, and nothing
//! of a paste is lost: half a command is another command.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::sync::Notify;

use super::{
    frame::Frame,
    typed::{Typed, interrupts},
    way::{Attachment, NotAFrame, NotTaken, Way},
};

/// Bytes that may wait or be drawn before the terminal is read no further.
pub(super) const IN_FLIGHT: usize = 512 * 1024;
/// The largest message to the front end, in bytes.
pub(super) const CHUNK: usize = 64 * 1024;
/// Bytes kept for a front end that attaches anew.
pub(super) const REPLAY: usize = 256 * 1024;
/// While the front end has to wait with its input, what it has drawn cannot be heard: after so long without, it
/// is taken to have drawn what it got.
const UNHEARD: Duration = Duration::from_millis(250);
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

#[derive(Debug, Default)]
struct State {
    attachment: u64,
    /// For the front end that attaches next or is attached.
    waiting: VecDeque<Bytes>,
    waiting_bytes: usize,
    /// Sent and not yet drawn.
    drawing: usize,
    /// Taken as drawn without having been told.
    unheard: usize,
    /// The last bytes that were sent, for the next front end.
    sent: VecDeque<Bytes>,
    sent_bytes: usize,
    /// Of what waits, so many first bytes were sent to an earlier front end.
    replay: usize,
    typed: Typed,
    ended: bool,
}

impl State {
    fn full(&self) -> bool {
        self.waiting_bytes.saturating_add(self.drawing) >= IN_FLIGHT
    }

    fn presume_drawn(&mut self, attachment: Attachment) {
        if self.attachment == attachment.0 {
            self.unheard = self.unheard.saturating_add(std::mem::take(&mut self.drawing));
        }
    }

    /// Drops what waits and no front end has had.
    fn keep_replay(&mut self) {
        let mut rest = self.replay;
        self.waiting.retain_mut(|bytes| {
            bytes.truncate(rest);
            rest -= bytes.len();
            !bytes.is_empty()
        });
        self.waiting_bytes = self.replay - rest;
        self.replay = self.waiting_bytes;
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
    /// Room for more input, a new attachment, or the end.
    input_room: Notify,
}

impl Pipe {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change below is whole before anything could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A front end is going to take over: the one before it gets nothing more from now on. Gives how many bytes that one
    /// has had come first for the next.
    pub(crate) fn hand_over(&self) -> usize {
        let mut state = self.state();
        state.attachment = state.attachment.wrapping_add(1);
        let replay = state.sent_bytes.saturating_add(state.replay);
        drop(state);
        self.outward.notify_waiters();
        self.input_room.notify_waiters();
        replay
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
        self.input_room.notify_waiters();
    }

    /// The next thing to do; `None` after the end.
    pub(crate) async fn input(&self) -> Option<Input> {
        loop {
            let inward = self.inward.notified();
            {
                let mut state = self.state();
                if let Some(input) = state.typed.pop() {
                    drop(state);
                    self.input_room.notify_waiters();
                    return Some(input);
                }
                if state.ended {
                    return None;
                }
            }
            inward.await;
        }
    }

    #[cfg(test)]
    pub(super) fn input_is_full(&self) -> bool {
        self.state().typed.full()
    }
}

impl Way for Pipe {
    type Frame = Frame;

    /// A front end takes over: it gets the last bytes first, and the one before it gets nothing more.
    fn attach(&self) -> Attachment {
        let mut state = self.state();
        state.attachment = state.attachment.wrapping_add(1);
        state.drawing = 0;
        state.unheard = 0;
        let mut replay = std::mem::take(&mut state.sent);
        let had = std::mem::take(&mut state.sent_bytes);
        state.waiting_bytes = state.waiting_bytes.saturating_add(had);
        state.replay = state.replay.saturating_add(had);
        replay.append(&mut state.waiting);
        state.waiting = replay;
        let attachment = Attachment(state.attachment);
        drop(state);
        self.outward.notify_waiters();
        self.input_room.notify_waiters();
        attachment
    }

    fn detach(&self, _attachment: Attachment) {
        // A terminal goes on: what it writes is kept, up to a bound, for whoever attaches next.
    }

    fn decode(message: Bytes) -> Result<Frame, NotAFrame> {
        Frame::decode(message)
    }

    /// The next bytes for a front end, at most 64 KiB; `None` when another took over or all is said.
    async fn next(&self, attachment: Attachment) -> Option<Bytes> {
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
                    state.replay = state.replay.saturating_sub(bytes.len());
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
    ///
    /// # Errors
    /// Too much unread input waits: nothing was taken.
    fn take(&self, attachment: Attachment, frame: Frame) -> Result<(), NotTaken> {
        let mut state = self.state();
        if state.attachment != attachment.0 || state.ended {
            return Ok(());
        }
        match frame {
            Frame::Drawn(bytes) => {
                let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
                let known = bytes.min(state.unheard);
                state.unheard -= known;
                state.drawing = state.drawing.saturating_sub(bytes - known);
                drop(state);
                self.room.notify_waiters();
                self.outward.notify_waiters();
            }
            Frame::Size { cols, rows } => {
                state.typed.resize(cols, rows);
                drop(state);
                self.inward.notify_waiters();
            }
            Frame::Input(bytes) if bytes.is_empty() => {}
            Frame::Input(bytes) if interrupts(&bytes) && (state.full() || state.typed.stuck()) => {
                if state.full() {
                    // A program that floods the screen: the interrupt must not wait behind what it wrote, and
                    // nobody wants to see that first. What was seen already still comes: it was told how much that is.
                    state.keep_replay();
                    state.waiting.push_back(Bytes::from_static(CANCEL));
                    state.waiting_bytes += CANCEL.len();
                }
                state.typed.interrupt(bytes);
                drop(state);
                self.room.notify_waiters();
                self.outward.notify_waiters();
                self.inward.notify_waiters();
                self.input_room.notify_waiters();
            }
            Frame::Input(_) if state.typed.full() => return Err(NotTaken::Full),
            Frame::Input(bytes) => {
                state.typed.push(bytes);
                drop(state);
                self.inward.notify_waiters();
            }
        }
        Ok(())
    }

    /// Waits until input of this front end is taken again, or would be dropped.
    async fn input_room(&self, attachment: Attachment) {
        loop {
            let room = self.input_room.notified();
            {
                let state = self.state();
                if state.attachment != attachment.0 || state.ended || !state.typed.full() {
                    return;
                }
            }
            // A program that echoes what it reads stops reading when its output is not taken; so output goes on,
            // at a pace that any front end keeps up with.
            if tokio::time::timeout(UNHEARD, room).await.is_err() {
                self.state().presume_drawn(attachment);
                self.room.notify_waiters();
                self.outward.notify_waiters();
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
#[path = "pipe_tests.rs"]
mod tests;
