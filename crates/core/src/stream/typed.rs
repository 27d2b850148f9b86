//! What the front end sent and the terminal has not taken yet: bounded in bytes, and in entries by joining small ones.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use super::pipe::Input;

/// Typed bytes that may wait before no more are taken. Messages are read in their order, so that behind a paste that
/// is not taken the count of drawn bytes and an interrupt would wait as well: a paste of any common size has room here.
pub(super) const MOST: usize = 16 * 1024 * 1024;
/// The most that is given to the terminal at once, in bytes, unless one message brings more.
const PIECE: usize = 32 * 1024;
/// So many waiting bytes say that the program is not reading: an interrupt passes them.
const STUCK: usize = 256 * 1024;
/// A longer message is a paste, in which an interrupt is a character like others.
const LONGEST_KEY: usize = 32;
/// What Ctrl+C sends.
const INTERRUPT: u8 = 0x03;

/// Whether a message is Ctrl+C, perhaps with other keys that were pressed in the same moment.
pub(super) fn interrupts(bytes: &Bytes) -> bool {
    bytes.len() <= LONGEST_KEY && bytes.contains(&INTERRUPT)
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Typed {
    /// Only the last of several sizes matters, and it does not wait behind a paste.
    size: Option<(u16, u16)>,
    interrupt: Option<Bytes>,
    pieces: VecDeque<BytesMut>,
    /// Of all pieces.
    waiting: usize,
}

impl Typed {
    /// Whether no more bytes are taken. The last message may go over the bound by its own length.
    pub(super) fn full(&self) -> bool {
        self.waiting >= MOST
    }

    pub(super) fn stuck(&self) -> bool {
        self.waiting >= STUCK
    }

    pub(super) fn resize(&mut self, cols: u16, rows: u16) {
        self.size = Some((cols, rows));
    }

    pub(super) fn push(&mut self, bytes: Bytes) {
        self.waiting = self.waiting.saturating_add(bytes.len());
        match self.pieces.back_mut() {
            Some(last) if last.len() + bytes.len() <= PIECE => last.extend_from_slice(&bytes),
            Some(_) | None => self.pieces.push_back(BytesMut::from(bytes)),
        }
    }

    /// Drops what waits, and has this given first.
    pub(super) fn interrupt(&mut self, bytes: Bytes) {
        self.pieces.clear();
        self.waiting = 0;
        self.interrupt = Some(bytes);
    }

    pub(super) fn pop(&mut self) -> Option<Input> {
        if let Some((cols, rows)) = self.size.take() {
            return Some(Input::Size(cols, rows));
        }
        if let Some(bytes) = self.interrupt.take() {
            return Some(Input::Interrupt(bytes));
        }
        let piece = self.pieces.pop_front()?;
        self.waiting = self.waiting.saturating_sub(piece.len());
        Some(Input::Bytes(piece.freeze()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_pieces_are_joined_in_their_order() {
        let mut typed = Typed::default();
        for n in 0..200_000_u32 {
            typed.push(Bytes::copy_from_slice(&n.to_be_bytes()));
        }
        assert!(typed.pieces.len() <= 200_000 * 4 / (PIECE - 4) + 1, "{} entries", typed.pieces.len());
        let mut all = Vec::new();
        while let Some(Input::Bytes(bytes)) = typed.pop() {
            all.extend_from_slice(&bytes);
        }
        assert_eq!(all, (0..200_000_u32).flat_map(u32::to_be_bytes).collect::<Vec<_>>());
        assert_eq!(typed.waiting, 0);
    }

    #[test]
    fn a_size_goes_first_and_an_interrupt_drops_what_waits() {
        let mut typed = Typed::default();
        typed.push(Bytes::from_static(b"before"));
        typed.interrupt(Bytes::from_static(b"\x03"));
        typed.push(Bytes::from_static(b"after"));
        typed.resize(80, 24);
        typed.resize(81, 25);
        assert_eq!(typed.pop(), Some(Input::Size(81, 25)));
        assert_eq!(typed.pop(), Some(Input::Interrupt(Bytes::from_static(b"\x03"))));
        assert_eq!(typed.pop(), Some(Input::Bytes(Bytes::from_static(b"after"))));
        assert_eq!(typed.pop(), None);
    }
}
