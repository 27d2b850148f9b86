//! What a listener tells of its connections.

use std::time::Duration;

use crate::Event as TunnelEvent;

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
    /// It found no place in time: as many connections as [`Options`] allow are open. Nothing was dialled, and
    /// the local peer's connection was reset.
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

/// What of a tunnel's events a listener passes on while the connection lasts.
pub(super) fn what(event: TunnelEvent) -> Option<What> {
    match event {
        TunnelEvent::Reconnecting { code, reason, attempt, wait } => {
            Some(What::Reconnecting { code, reason, attempt, wait })
        }
        TunnelEvent::SignInNeeded { message } => Some(What::SignInNeeded { message }),
        TunnelEvent::Resumed => Some(What::Resumed),
        // The last word follows once the local side is told; round trips are not of interest here.
        TunnelEvent::RoundTrip(_) | TunnelEvent::Closed { .. } | TunnelEvent::Failed { .. } => None,
    }
}
