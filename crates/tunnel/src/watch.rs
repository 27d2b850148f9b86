//! What happens to a connection while it lives.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use adit_relay::Failure;
use tokio::sync::Notify;

use crate::pipe::Pipe;

/// Events that may wait for a slow watcher. What is over is dropped first; the last one never is.
const MAX_EVENTS: usize = 64;

/// Something that happened to an established connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The WebSocket was lost; the session is to be resumed on a new one.
    Reconnecting {
        /// The close code, where there was one.
        code: Option<u16>,
        /// What happened, to show.
        reason: String,
        /// Which attempt in a row comes next, from 1.
        attempt: u32,
        /// How long until it.
        wait: Duration,
    },
    /// Reconnecting waits for the person to sign in: call [`Control::signed_in`] afterwards.
    SignInNeeded {
        /// What the token source said, to show.
        message: String,
    },
    /// The session goes on where it was interrupted: nothing is lost or doubled.
    Resumed,
    /// The time from a ping to its answer.
    RoundTrip(Duration),
    /// The session ended normally. The last event.
    Closed {
        /// The relay's close code, where it was the relay that ended it.
        code: Option<u16>,
        /// Payload bytes sent to the backend.
        sent: u64,
        /// Payload bytes received from the backend.
        received: u64,
    },
    /// The session was lost. The last event.
    Failed {
        /// Why.
        failure: Failure,
        /// Payload bytes sent to the backend.
        sent: u64,
        /// Payload bytes received from the backend.
        received: u64,
    },
}

impl Event {
    fn is_last(&self) -> bool {
        match self {
            Self::Closed { .. } | Self::Failed { .. } => true,
            Self::Reconnecting { .. } | Self::SignInNeeded { .. } | Self::Resumed | Self::RoundTrip(_) => {
                false
            }
        }
    }
}

/// An attempt that is to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// Which attempt in a row it is, from 1.
    pub attempt: u32,
    /// When it is made.
    pub at: Instant,
    /// The close code of the attempt or connection before, where there was one.
    pub code: Option<u16>,
    /// What happened to that, to show.
    pub reason: String,
}

impl Retry {
    pub(crate) fn after(wait: Duration, attempt: u32, code: Option<u16>, reason: String) -> Self {
        let now = Instant::now();
        Self { attempt, at: now.checked_add(wait).unwrap_or(now), code, reason }
    }

    /// How long until it; zero when it is due.
    #[must_use]
    pub fn wait(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }
}

/// What a [`Control`] asks of the driver. Kept as marks, so that asking twice costs nothing.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) resume_now: bool,
    pub(crate) network_changed: bool,
    pub(crate) signed_in: bool,
    pub(crate) abort: bool,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Event>,
    over: bool,
    asked: Asked,
    sent: u64,
    received: u64,
    unacknowledged: u64,
}

/// Shared by the driver, [`Watch`] and [`Control`].
#[derive(Debug)]
pub(crate) struct Board {
    state: Mutex<State>,
    changed: Notify,
    pipe: Arc<Pipe>,
}

impl Board {
    pub(crate) fn new(pipe: Arc<Pipe>) -> Self {
        Self { state: Mutex::default(), changed: Notify::new(), pipe }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn post(&self, event: Event) {
        let mut state = self.lock();
        if state.over {
            return;
        }
        state.over = event.is_last();
        // Only the newest round trip is worth knowing.
        if matches!(event, Event::RoundTrip(_)) {
            state.events.retain(|old| !matches!(old, Event::RoundTrip(_)));
        }
        if state.events.len() >= MAX_EVENTS {
            state.events.pop_front();
        }
        state.events.push_back(event);
        drop(state);
        self.changed.notify_one();
    }

    pub(crate) fn count(&self, sent: u64, received: u64) {
        let mut state = self.lock();
        state.sent = sent;
        state.received = received;
    }

    pub(crate) fn leave_unacknowledged(&self, bytes: u64) {
        self.lock().unacknowledged = bytes;
    }

    pub(crate) fn asked(&self) -> Asked {
        std::mem::take(&mut self.lock().asked)
    }

    pub(crate) fn network_changed(&self) {
        self.ask(|asked| asked.network_changed = true);
    }

    pub(crate) fn signed_in(&self) {
        self.ask(|asked| asked.signed_in = true);
    }

    pub(crate) fn abort(&self) {
        self.ask(|asked| asked.abort = true);
    }

    fn ask(&self, mark: impl FnOnce(&mut Asked)) {
        mark(&mut self.lock().asked);
        self.pipe.wake_driver();
    }
}

/// The events of one connection. Need not be read: they wait in a short queue in which new ones push out the
/// oldest, the last one excepted.
#[derive(Debug)]
pub struct Watch {
    board: Arc<Board>,
}

impl Watch {
    pub(crate) fn new(board: Arc<Board>) -> Self {
        Self { board }
    }

    /// The next event; `None` after [`Event::Closed`] or [`Event::Failed`]. May be dropped and called again.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let changed = self.board.changed.notified();
            {
                let mut state = self.board.lock();
                if let Some(event) = state.events.pop_front() {
                    return Some(event);
                }
                if state.over {
                    return None;
                }
            }
            changed.await;
        }
    }

    /// A handle that steers the connection.
    #[must_use]
    pub fn control(&self) -> Control {
        Control::new(Arc::clone(&self.board))
    }
}

/// Steers one connection. Harmless after its end.
#[derive(Debug, Clone)]
pub struct Control {
    board: Arc<Board>,
}

impl Control {
    pub(crate) fn new(board: Arc<Board>) -> Self {
        Self { board }
    }

    /// Tries the next reconnect now instead of after its wait.
    pub fn resume_now(&self) {
        self.board.ask(|asked| asked.resume_now = true);
    }

    /// The network is another one, or the machine woke up: finds out whether the link is still alive, and
    /// reconnects at once if a reconnect was waiting. A dialer tells its tunnels so by itself; this is for
    /// whoever knows more.
    pub fn network_changed(&self) {
        self.board.network_changed();
    }

    /// The person has signed in again: a session that waits for a token ([`Event::SignInNeeded`]) goes on.
    pub fn signed_in(&self) {
        self.board.signed_in();
    }

    /// Ends the session now, without waiting for anything to be sent.
    pub fn abort(&self) {
        self.board.abort();
    }

    /// Payload bytes sent to and received from the backend so far, in this order.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        let state = self.board.lock();
        (state.sent, state.received)
    }

    /// After [`Event::Closed`]: bytes whose arrival the relay never confirmed. The backend may lack them.
    #[must_use]
    pub fn unacknowledged(&self) -> u64 {
        self.board.lock().unacknowledged
    }
}
