//! Listening local addresses with tunnels behind them: one session for each accepted connection.
//!
//! A [`Listener`] asks at each connection who is there ([`audience`](crate::audience)), and looks at the first bytes
//! where that is wanted ([`guard`](crate::guard)). [`Pool`](crate::pool::Pool) opens them.

mod accept;
mod acceptor;
mod error;
mod event;
mod gateway;
mod ledger;
mod listener;
mod place;
mod places;
mod serve;
mod socket;
mod stats;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::time::Duration;

pub(crate) use self::accept::{Purpose, Serving, start};
pub(crate) use self::acceptor::{Acceptor, reserve};
pub use self::error::BindError;
pub use self::event::{Event, Events, What};
pub use self::gateway::{GatewayRefusal, Resolve};
pub(crate) use self::ledger::{Changes, Ledger, Phase, bump};
pub use self::listener::Listener;
pub use self::place::{Local, Place};
pub(crate) use self::places::{Places, SharedPlaces};
pub use self::stats::{Activity, ConnectionInfo, ConnectionState, Stats};

/// Connections that are served at once unless [`Options`] say otherwise.
pub const DEFAULT_LIMIT: usize = 2048;
/// Connections beyond them that wait for a place unless [`Options`] say otherwise.
pub const DEFAULT_WAITING: usize = 256;
/// How long they wait unless [`Options`] say otherwise.
pub const DEFAULT_WAIT: Duration = Duration::from_secs(10);

/// How many connections a listener serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Connections served at once. At least 1.
    pub limit: usize,
    /// Connections beyond them that are kept until a place is free; any more are refused at once.
    pub waiting: usize,
    /// How long they are kept before they are refused, too.
    pub wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { limit: DEFAULT_LIMIT, waiting: DEFAULT_WAITING, wait: DEFAULT_WAIT }
    }
}
