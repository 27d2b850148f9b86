//! SSH sessions over any stream, and the rules by which a Compute Engine guest lets a user in.
//!
//! [`connect`] takes a stream (an IAP tunnel, in the product) and gives a [`Client`], which becomes one
//! [`Terminal`] or one [`Exec`]. One connection serves one purpose: within one connection of the library
//! below, a channel that is not read stops all the others, so [`Client`] is consumed by what it opens.
//!
//! [`guest`] is pure: it reads metadata and profiles and says what must be written or called beforehand.

mod auth;
mod backlog;
mod client;
mod error;
mod exec;
pub mod guest;
mod handler;
pub mod host_key;
mod input;
mod key_pair;
mod severable;
mod terminal;
mod text;

pub use auth::{Echo, Interaction, Prompt};
pub use backlog::{BACKLOG_LIMIT, CHUNK_LIMIT, Exit};
pub use client::{Client, Options, Timeouts, connect};
pub use error::{Error, Request, Stage};
pub use exec::{Exec, Output, Stdin};
pub use host_key::{Expect, HostKey};
pub use input::{INPUT_LIMIT, InputError};
pub use key_pair::{KeyError, KeyPair};
pub use terminal::{Input, Size, Term, Terminal};
