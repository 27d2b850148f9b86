//! Between one desktop and the tab that paints it.
//!
//! Outwards nothing is made that was not asked for: a picture waits here only until it is sent, and the next is made
//! when that has gone. Changes are merged at their source meanwhile, so a slow tab costs two pictures of memory and
//! sees fewer, never older ones. A tab that is hidden, or is not there, gets none.
//! Inwards what the person does goes on in its order and is bounded: what a desktop does not take makes the tab wait.
//! Whatever was held down comes up when the tab goes.
//! That the tab lost the keyboard passes whatever waits, and takes back that it had got it: what a desktop hears late
//! must not have it look at what was copied for another program since.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use adit_contract::DesktopSize;
use adit_rdp::{Visibility, input::Input, message::Kind};
use bytes::Bytes;
use tokio::sync::Notify;

use super::{
    gesture::Gesture,
    way::{Attachment, NotAFrame, NotTaken, Way},
};

/// Pictures that may be asked for before one has come.
const MOST_ASKED: u8 = 4;
/// Batches of input that may wait.
const MOST_INPUT: usize = 64;
/// Where a message says what it is about.
const KIND_AT: usize = 3;

fn is_of(message: &Bytes, kind: Kind) -> bool {
    message.get(KIND_AT) == Some(&(kind as u8))
}

/// What a desktop is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Draw, or not.
    Show(Visibility),
    /// Take this size.
    Size(DesktopSize),
    /// Give the whole picture.
    Redraw,
    /// Learn what is on the clipboard here.
    Keyboard,
    /// Take what was done.
    Input(Vec<Input>),
}

#[derive(Debug)]
struct State {
    attachment: u64,
    attached: bool,
    seen: Visibility,
    /// What the desktop knows of whether it is seen.
    told: Visibility,
    asked: u8,
    waiting: Option<Bytes>,
    /// Whoever paints does not know the picture's size yet: what comes before it would say nothing to them.
    unsized_yet: bool,
    /// The pointer's last shape, for a front end that attaches anew.
    pointer: Option<Bytes>,
    pointer_due: bool,
    size: Option<DesktopSize>,
    redraw: bool,
    /// What was done, and that the tab got the keyboard, in their order: [`Wish::Input`] and [`Wish::Keyboard`].
    deeds: VecDeque<Wish>,
    /// Whether the tab has the keyboard, as far as it was heard.
    keyboard: bool,
    ended: bool,
}

impl State {
    fn visibility(&self) -> Visibility {
        if self.attached { self.seen } else { Visibility::Hidden }
    }

    /// Everything comes up, and what was not taken yet is not done.
    fn let_go(&mut self) {
        self.deeds.clear();
        self.keyboard = false;
        self.deeds.push_back(Wish::Input(vec![Input::ReleaseAll]));
    }

    /// The tab does not have the keyboard any more; that it had got it is not told, if it was not yet.
    fn lose_keyboard(&mut self) {
        self.keyboard = false;
        self.deeds.retain(|deed| *deed != Wish::Keyboard);
    }

    /// The next message for whoever has asked. The pointer's shape, which the desktop tells once, follows the size.
    fn next(&mut self) -> Option<Bytes> {
        if self.asked == 0 {
            return None;
        }
        let size_waits = self.waiting.as_ref().is_some_and(|message| is_of(message, Kind::Resized));
        let message = if self.pointer_due && !self.unsized_yet && !size_waits {
            self.pointer_due = false;
            self.pointer.clone()
        } else {
            self.waiting.take()
        }?;
        self.asked -= 1;
        Some(message)
    }

    fn wish(&mut self) -> Option<Wish> {
        let visibility = self.visibility();
        if self.told != visibility {
            self.told = visibility;
            return Some(Wish::Show(visibility));
        }
        if let Some(size) = self.size.take() {
            return Some(Wish::Size(size));
        }
        if std::mem::take(&mut self.redraw) {
            return Some(Wish::Redraw);
        }
        self.deeds.pop_front()
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Screen {
    state: Mutex<State>,
    /// Something to send, a new attachment, or the end.
    outward: Notify,
    /// A picture is wanted.
    wanted: Notify,
    /// Something to do, or the end.
    inward: Notify,
    /// Room for more input, a new attachment, or the end.
    input_room: Notify,
    /// The tab lost the keyboard since this was looked at last.
    keyboard_lost: Notify,
}

impl Screen {
    pub(crate) fn new() -> Self {
        let state = State {
            attachment: 0,
            attached: false,
            seen: Visibility::Shown,
            told: Visibility::Shown,
            asked: 0,
            waiting: None,
            unsized_yet: true,
            pointer: None,
            pointer_due: false,
            size: None,
            redraw: false,
            deeds: VecDeque::new(),
            keyboard: false,
            ended: false,
        };
        Self {
            state: Mutex::new(state),
            outward: Notify::new(),
            wanted: Notify::new(),
            inward: Notify::new(),
            input_room: Notify::new(),
            keyboard_lost: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change below is whole before anything could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ---- the desktop's side

    /// Waits until the next message is wanted and has room.
    pub(crate) async fn wanted(&self) {
        loop {
            let wanted = self.wanted.notified();
            {
                let state = self.state();
                let shown = state.visibility() == Visibility::Shown;
                if shown && state.asked > 0 && state.waiting.is_none() {
                    return;
                }
            }
            wanted.await;
        }
    }

    /// Takes a message ([`adit_rdp::message`]); call [`Screen::wanted`] before. What comes after the end is dropped.
    pub(crate) fn put(&self, message: Bytes) {
        let mut state = self.state();
        if is_of(&message, Kind::Pointer) {
            state.pointer = Some(message.clone());
            state.pointer_due = state.unsized_yet;
        }
        if is_of(&message, Kind::Resized) {
            state.unsized_yet = false;
        }
        if state.ended || state.unsized_yet {
            return;
        }
        state.waiting = Some(message);
        drop(state);
        self.outward.notify_waiters();
    }

    /// Remembers of a message what a front end that attaches later needs to know.
    pub(crate) fn note(&self, message: &Bytes) {
        if is_of(message, Kind::Pointer) {
            let mut state = self.state();
            state.pointer = Some(message.clone());
            state.pointer_due = true;
        }
    }

    /// A connection is opened: its picture begins with its size, and it knows no pointer yet.
    pub(crate) fn renew(&self) {
        let mut state = self.state();
        state.waiting = None;
        state.unsized_yet = true;
        state.pointer = None;
        state.pointer_due = false;
    }

    /// The connection is shown from now on. What was done to a picture that stood still is not done to this one.
    pub(crate) fn show(&self) {
        let mut state = self.state();
        state.told = Visibility::Shown;
        // A tab that has the keyboard says so when it attaches.
        state.deeds.clear();
        state.keyboard = false;
        drop(state);
        self.keyboard_lost.notify_one();
        self.input_room.notify_waiters();
    }

    /// Whether the tab has the keyboard, as far as it was heard: later than what [`Screen::wish`] gives.
    pub(crate) fn has_keyboard(&self) -> bool {
        self.state().keyboard
    }

    /// Waits until the tab loses the keyboard, however much else waits to be done. It may have it again by then.
    pub(crate) async fn keyboard_lost(&self) {
        self.keyboard_lost.notified().await;
    }

    /// The next thing to do; `None` after the end.
    pub(crate) async fn wish(&self) -> Option<Wish> {
        loop {
            let inward = self.inward.notified();
            {
                let mut state = self.state();
                if state.ended {
                    return None;
                }
                if let Some(wish) = state.wish() {
                    drop(state);
                    self.input_room.notify_waiters();
                    return Some(wish);
                }
            }
            inward.await;
        }
    }

    /// No picture comes any more. What waits is still sent.
    pub(crate) fn end(&self) {
        self.state().ended = true;
        self.outward.notify_waiters();
        self.inward.notify_waiters();
        self.input_room.notify_waiters();
    }
}

impl Way for Screen {
    type Frame = Gesture;

    /// A front end takes over: it gets the whole picture.
    fn attach(&self) -> Attachment {
        let mut state = self.state();
        state.attachment = state.attachment.wrapping_add(1);
        state.attached = true;
        state.seen = Visibility::Shown;
        state.asked = 0;
        state.waiting = None;
        state.unsized_yet = true;
        state.pointer_due = state.pointer.is_some();
        state.redraw = true;
        state.let_go();
        let attachment = Attachment(state.attachment);
        drop(state);
        self.keyboard_lost.notify_one();
        self.outward.notify_waiters();
        self.inward.notify_waiters();
        self.input_room.notify_waiters();
        attachment
    }

    fn detach(&self, attachment: Attachment) {
        let mut state = self.state();
        if state.attachment != attachment.0 {
            return;
        }
        state.attached = false;
        state.asked = 0;
        state.let_go();
        drop(state);
        self.keyboard_lost.notify_one();
        self.inward.notify_waiters();
    }

    fn decode(message: Bytes) -> Result<Gesture, NotAFrame> {
        Gesture::decode(message)
    }

    fn take(&self, attachment: Attachment, gesture: Gesture) -> Result<(), NotTaken> {
        let mut state = self.state();
        if state.attachment != attachment.0 || state.ended {
            return Ok(());
        }
        match gesture {
            Gesture::Ask if state.asked >= MOST_ASKED => return Err(NotTaken::Wrong(NotAFrame)),
            Gesture::Ask => state.asked += 1,
            Gesture::Size(size) => state.size = Some(size),
            Gesture::Seen(visibility) => state.seen = visibility,
            Gesture::Redraw => state.redraw = true,
            // Once is enough until it is taken. Where no more is taken, that it is lost again could not be heard.
            Gesture::Keyboard
                if state.deeds.back() == Some(&Wish::Keyboard) || state.deeds.len() >= MOST_INPUT => {}
            Gesture::Keyboard => {
                state.keyboard = true;
                state.deeds.push_back(Wish::Keyboard);
            }
            Gesture::Input(input) if input.is_empty() => {}
            Gesture::Input(input) => {
                if input.contains(&Input::ReleaseAll) {
                    state.lose_keyboard();
                    self.keyboard_lost.notify_one();
                }
                // The mouse alone: only where it is now matters.
                let moves = |input: &[Input]| input.iter().all(|one| matches!(one, Input::Move { .. }));
                let is_full = state.deeds.len() >= MOST_INPUT;
                match state.deeds.back_mut() {
                    Some(Wish::Input(last)) if moves(last) && moves(&input) => *last = input,
                    Some(_) | None if is_full => {
                        // What comes behind is not heard now, such as that the keyboard is lost.
                        state.lose_keyboard();
                        self.keyboard_lost.notify_one();
                        return Err(NotTaken::Full);
                    }
                    Some(_) | None => state.deeds.push_back(Wish::Input(input)),
                }
            }
        }
        drop(state);
        self.wanted.notify_waiters();
        self.outward.notify_waiters();
        self.inward.notify_waiters();
        Ok(())
    }

    async fn input_room(&self, attachment: Attachment) {
        loop {
            let room = self.input_room.notified();
            {
                let state = self.state();
                if state.attachment != attachment.0 || state.ended || state.deeds.len() < MOST_INPUT {
                    return;
                }
            }
            room.await;
        }
    }

    async fn next(&self, attachment: Attachment) -> Option<Bytes> {
        loop {
            let outward = self.outward.notified();
            {
                let mut state = self.state();
                if state.attachment != attachment.0 {
                    return None;
                }
                if let Some(message) = state.next() {
                    drop(state);
                    self.wanted.notify_waiters();
                    return Some(message);
                }
                if state.ended {
                    return None;
                }
            }
            outward.await;
        }
    }

    fn ask(&self, attachment: Attachment) {
        // One pull at a time asks for one; more of them at once get no more.
        let _ = self.take(attachment, Gesture::Ask);
    }

    fn ask_no_more(&self, attachment: Attachment) {
        let mut state = self.state();
        if state.attachment == attachment.0 {
            state.asked = state.asked.saturating_sub(1);
        }
    }
}

#[cfg(test)]
#[path = "screen_tests.rs"]
mod tests;
