//! What a person does with keyboard and mouse, on its way to the server.

mod keys;
mod read;
mod send;

pub use keys::{Scancode, scancode};
pub use read::{MAX_BYTES, MAX_EVENTS, Malformed, read};
pub(crate) use send::Keyboard;

/// A mouse button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// The primary one.
    Left,
    /// The wheel's.
    Middle,
    /// The secondary one.
    Right,
    /// Back.
    X1,
    /// Forward.
    X2,
}

/// Down or up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// It went down.
    Down,
    /// It came up.
    Up,
}

/// Which way a wheel turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Positive is away from the person.
    Vertical,
    /// Positive is to the right.
    Horizontal,
}

/// The state of the keys that stay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Locks {
    /// Scroll Lock.
    pub scroll: bool,
    /// Num Lock.
    pub num: bool,
    /// Caps Lock.
    pub caps: bool,
    /// Kana Lock.
    pub kana: bool,
}

/// One thing that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The mouse is at this pixel of the picture.
    Move {
        /// From the left.
        x: u16,
        /// From the top.
        y: u16,
    },
    /// A mouse button, where the mouse is.
    Button(Button, Press),
    /// The wheel turned, where the mouse is; a notch is 120 units.
    Wheel(Axis, i16),
    /// A key, by its place on the keyboard. One that is down and goes down repeats.
    Key(Scancode, Press),
    /// A character that no single key gives, as from an input method: it is typed and released.
    Character(char),
    /// These keys stay; to be told when the picture gets the keyboard.
    Locks(Locks),
    /// The picture has lost the keyboard: all keys and buttons come up.
    ReleaseAll,
}
