//! The IAP relay protocol ("SSH Relay v4", IAP variant) as a state machine: bytes and time in, bytes and
//! decisions out. No I/O, no clock, no async.

pub mod frame;

pub use frame::{DecodeError, Frame};
