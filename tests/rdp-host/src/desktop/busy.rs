//! Change for its own sake: what a desktop at work, or a film, is to a client.

use crate::canvas::{Area, Canvas};

/// What changes by itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Busy {
    /// A text that scrolls and a window that moves, as often in a second.
    pub(super) windows: Option<u16>,
    /// The whole screen, as often in a second.
    pub(super) full: Option<u16>,
    pub(super) step: u32,
}

const WORDS: [&str; 12] = [
    "commit",
    "checkpoint",
    "listen",
    "connect",
    "replica",
    "SELECT",
    "vacuum",
    "index",
    "tunnel",
    "ready",
    "sync",
    "archive",
];

/// A line of a log.
pub(super) fn line(number: u32, columns: usize) -> String {
    let mut line = format!("{number:06}");
    let mut state = number.wrapping_mul(2_654_435_761).wrapping_add(1);
    while line.len() < columns.min(60) {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let word = WORDS.get((state >> 16) as usize % WORDS.len()).copied().unwrap_or_default();
        line.push(' ');
        line.push_str(word);
    }
    line.chars().take(columns).collect()
}

/// One picture of a film without end.
pub(super) fn film(canvas: &mut Canvas, area: Area, step: u32) {
    let shift = |by: u32| (step.wrapping_mul(by) & 0xFFFF) as u16;
    let (right, down) = (shift(5), shift(3));
    canvas.fill_by(area, |x, y| {
        let (x, y) = (x.wrapping_add(right), y.wrapping_add(down));
        let wave = |value: u16| {
            let place = value & 0x1FF;
            (if place < 0x100 { place } else { 0x1FF - place }) as u8
        };
        [wave(x), wave(y), wave(x.wrapping_add(y) / 2)]
    });
}
