//! What a listener knows of itself and of its connections.

use std::time::{Duration, SystemTime};

use adit_relay::Target;

use crate::peer::Process;
use crate::{DialError, Retry};

/// What a listener has done since it opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Stats {
    /// Payload bytes sent to backends, by all its connections.
    pub sent: u64,
    /// Payload bytes received from backends.
    pub received: u64,
    /// Connections that are open now, those that wait for a place or a tunnel included.
    pub open: u32,
    /// Connections that were let in.
    pub accepted: u64,
    /// Losses of a WebSocket after which a session went on.
    pub resumes: u64,
    /// Connections that were refused here, before or without the relay.
    pub refused: u64,
    /// Why the last of them was, in words.
    pub last_refusal: Option<String>,
    /// The last round trip to the relay that was measured.
    pub round_trip: Option<Duration>,
    /// When the listener opened.
    pub since: SystemTime,
    /// What it is about.
    pub activity: Activity,
}

/// What a listener is about. Where several things are true of its connections, the one that needs a person most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activity {
    /// Nobody is connected.
    Idle,
    /// There are connections.
    Live,
    /// A connection is being opened whose target does not answer yet.
    Waiting(Retry),
    /// A connection lost its WebSocket and is to be resumed; of several, the one that is tried next.
    Resuming(Retry),
    /// A connection waits for the person to sign in, or the last one could not be opened for want of it.
    SignInNeeded {
        /// What the token source said, to show.
        message: String,
    },
    /// The last connection could not be opened.
    Failing(DialError),
    /// The listener was stopped.
    Ended,
    /// A mistake in this program has ended the listener.
    Broken,
}

/// A connection of a listener.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionInfo {
    /// Which one, from 1 in the order of acceptance.
    pub number: u64,
    /// Who is connected, where the system tells.
    pub process: Option<Process>,
    /// Where it leads; `None` while a client of a gateway has not said it.
    pub target: Option<Target>,
    /// Since when.
    pub since: SystemTime,
    /// Payload bytes sent to the backend.
    pub sent: u64,
    /// Payload bytes received from it.
    pub received: u64,
    /// How it stands.
    pub state: ConnectionState,
}

/// How a connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionState {
    /// It waits for a place.
    Queued,
    /// Its tunnel is being opened.
    Opening,
    /// The same; the target does not answer yet.
    Waiting(Retry),
    /// It carries bytes.
    Live,
    /// Its WebSocket was lost and is to be resumed.
    Resuming(Retry),
    /// It waits for the person to sign in.
    SignInNeeded {
        /// What the token source said, to show.
        message: String,
    },
}
