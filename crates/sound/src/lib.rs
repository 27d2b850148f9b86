//! The loudspeaker of this computer: it plays what a [`Source`] gives, on the system's usual device.
//!
//! A device is asked for a rate that desktops have, 48 or 44.1 kHz, and what comes at another one is brought to the
//! device's. Where there is none, or it goes away, the caller is told and nothing else happens.

mod choose;
mod mix;
mod output;

pub use mix::Frame;
pub use output::{Broken, Playing, open};

/// What is to be heard. Its methods are called on the device's own thread, many times a second, and must return at once.
pub trait Source: Send + 'static {
    /// Frames in a second of what comes next.
    fn rate(&self) -> u32;

    /// Fills all of `out` with what comes next, and with silence where there is nothing.
    fn take(&mut self, out: &mut [Frame]);
}
