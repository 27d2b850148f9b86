//! The sessions that the relay knows, by their identifier.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::close::Socket;
use super::sid::Sid;
use super::target::Target;
use crate::faults::Faults;

/// Sessions at most, attached or not. Each is bounded in itself (see `downstream`, `upstream`).
const MAX_SESSIONS: usize = 512;

/// WebSockets that wait for one session to take them over.
const ATTACH_QUEUE: usize = 4;

/// A WebSocket that claims a session.
pub(super) struct Attach {
    pub(super) socket: Socket,
    /// Payload bytes that the client has received.
    pub(super) ack: u64,
    /// The faults as they are now.
    pub(super) faults: Faults,
}

/// What a session and the relay share about it.
#[derive(Clone)]
pub(super) struct Entry {
    /// Who opened it; nobody else may resume it.
    pub(super) owner: String,
    pub(super) target: Target,
    pub(super) attach: mpsc::Sender<Attach>,
    evict: CancellationToken,
    detached: Arc<Mutex<Option<Instant>>>,
}

/// All sessions of one relay; a clone is another handle on the same.
#[derive(Clone, Default)]
pub(super) struct Sessions(Arc<Mutex<HashMap<Sid, Entry>>>);

/// A session's own end of its entry; the entry goes when this is dropped.
pub(super) struct Seat {
    sessions: Sessions,
    sid: Sid,
    pub(super) attach: mpsc::Receiver<Attach>,
    /// Fires when the session has to make room for another.
    pub(super) evict: CancellationToken,
    detached: Arc<Mutex<Option<Instant>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // every change under these locks is a single one, complete before anything that could panic
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sessions {
    /// Takes a seat for a new session. Where none is free, the session that has been without a WebSocket for
    /// longest is ended; `None` where every one has its WebSocket.
    pub(super) fn open(&self, owner: String, target: Target) -> Option<Seat> {
        let mut sessions = lock(&self.0);
        if sessions.len() >= MAX_SESSIONS {
            let oldest = sessions
                .iter()
                .filter_map(|(sid, entry)| (*lock(&entry.detached)).map(|since| (since, sid)))
                .min_by_key(|(since, _)| *since)
                .map(|(_, sid)| sid.clone())?;
            if let Some(entry) = sessions.remove(&oldest) {
                entry.evict.cancel();
            }
        }
        let sid = Sid::random();
        let (sender, attach) = mpsc::channel(ATTACH_QUEUE);
        let (evict, detached) = (CancellationToken::new(), Arc::new(Mutex::new(None)));
        let entry =
            Entry { owner, target, attach: sender, evict: evict.clone(), detached: Arc::clone(&detached) };
        sessions.insert(sid.clone(), entry);
        drop(sessions);
        Some(Seat { sessions: self.clone(), sid, attach, evict, detached })
    }

    /// The session of this identifier, as long as it lives.
    pub(super) fn find(&self, sid: &Sid) -> Option<Entry> {
        lock(&self.0).get(sid).cloned()
    }

    /// Whether a new session would find no seat.
    pub(super) fn is_full(&self) -> bool {
        let sessions = lock(&self.0);
        sessions.len() >= MAX_SESSIONS && !sessions.values().any(|entry| lock(&entry.detached).is_some())
    }
}

impl Seat {
    pub(super) fn sid(&self) -> &Sid {
        &self.sid
    }

    /// Notes since when the session has had no WebSocket; `None` while it has one.
    pub(super) fn set_detached(&self, since: Option<Instant>) {
        *lock(&self.detached) = since;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.sessions.0).remove(&self.sid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        let text = String::new;
        Target::Instance { project: text(), zone: text(), instance: text(), interface: text(), port: 1 }
    }

    #[test]
    fn makes_room_by_ending_the_session_that_was_detached_first() {
        let sessions = Sessions::default();
        let seats: Vec<Seat> =
            (0..MAX_SESSIONS).map(|_| sessions.open("a".into(), target()).unwrap()).collect();
        assert!(sessions.is_full());
        assert!(sessions.open("a".into(), target()).is_none());
        let now = Instant::now();
        seats[3].set_detached(Some(now + std::time::Duration::from_secs(1)));
        seats[7].set_detached(Some(now));
        assert!(!sessions.is_full());
        let seat = sessions.open("a".into(), target()).unwrap();
        assert!(seats[7].evict.is_cancelled() && !seats[3].evict.is_cancelled());
        assert!(sessions.find(seats[7].sid()).is_none());
        let sid = seat.sid().clone();
        drop(seat);
        assert!(sessions.find(&sid).is_none());
    }
}
