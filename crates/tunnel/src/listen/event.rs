//! What a listener tells of its connections.

use std::time::Duration;

use tokio::sync::broadcast;

/// Something that happened to an accepted connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Which connection, from 1 in the order of acceptance.
    pub connection: u64,
    /// What.
    pub what: What,
}

/// What happened to an accepted connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// Its target does not answer yet, and is tried again.
    Waiting {
        /// The close code, where there was one.
        code: Option<u16>,
        /// What stood in the way, to show.
        reason: String,
        /// Which attempt comes next, from 2.
        attempt: u32,
        /// How long until it.
        wait: Duration,
    },
    /// Its tunnel is open.
    Connected,
    /// Its WebSocket was lost and is about to be resumed.
    Reconnecting {
        /// The close code, where there was one.
        code: Option<u16>,
        /// What happened, to show.
        reason: String,
        /// Which attempt comes next, from 1.
        attempt: u32,
        /// How long until it.
        wait: Duration,
    },
    /// Its reconnect waits for the person to sign in.
    SignInNeeded {
        /// What the token source said, to show.
        message: String,
    },
    /// It goes on where it was.
    Resumed,
    /// It was refused here: whoever it is may not come in, it found no place in time, or what it sent may not go
    /// through. The local peer's connection was reset. All but the last of these are refused before anything is
    /// dialled.
    Refused {
        /// Why, to show.
        why: String,
    },
    /// The relay or its policy refused it.
    Denied {
        /// The close code.
        code: Option<u16>,
        /// The relay's text.
        reason: String,
    },
    /// It could not be opened or was lost. The local peer's connection was reset.
    Failed {
        /// The close code or HTTP status, where there was one.
        code: Option<u16>,
        /// Why, to show.
        reason: String,
    },
    /// It ended normally.
    Closed {
        /// The relay's close code, where it was the relay that ended it.
        code: Option<u16>,
        /// Payload bytes sent to the backend.
        sent: u64,
        /// Payload bytes received from the backend.
        received: u64,
    },
}

/// The events of a listener from when this was asked for. Need not be read: when too many wait, the oldest are left
/// out. How things stand is told by the listener itself.
#[derive(Debug)]
pub struct Events {
    receiver: broadcast::Receiver<Event>,
}

impl Events {
    pub(super) fn new(receiver: broadcast::Receiver<Event>) -> Self {
        Self { receiver }
    }

    /// The next event; `None` once a stopped listener's last connection has ended. May be dropped and called again.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            match self.receiver.recv().await {
                Ok(event) => return Some(event),
                Err(broadcast::error::RecvError::Lagged(left_out)) => {
                    tracing::debug!(left_out, "events of a listener were not read in time");
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}
