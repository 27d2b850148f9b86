//! The IAP relay protocol ("SSH Relay v4", IAP variant) as a state machine: bytes and time in, bytes and
//! decisions out. No I/O, no clock, no randomness, no async.
//!
//! [`Session`] is the client's side of one session; whoever drives it opens the WebSockets it asks for, feeds
//! it what arrives, writes what it hands out, and wakes it at its deadlines.

mod config;
mod event;
pub mod frame;
mod liveness;
mod outcome;
mod receive;
mod retry;
mod send;
mod session;
mod target;

pub use config::{Config, Patience};
pub use event::{
    End, Event, Failure, FailureKind, FrameName, Refusal, Request, TokenNeed, Transmit, Violation,
};
pub use frame::{DecodeError, Frame};
pub use session::Session;
pub use target::{ORIGIN, SUBPROTOCOL, Sid, Target};

/// A moment: the time since an arbitrary start that the caller chooses and keeps. It must not run backwards,
/// and should go on while the machine sleeps where the system has such a clock.
pub type Time = std::time::Duration;
