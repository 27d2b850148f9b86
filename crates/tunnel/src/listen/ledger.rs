//! What a listener, its tasks and whoever watches it share.

mod visit;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use adit_relay::Target;
use tokio::sync::{broadcast, watch};

pub(crate) use self::visit::Visit;
use super::event::{Event, Events, What};
use super::stats::{Activity, ConnectionInfo, ConnectionState, Stats};
use crate::peer::{Link, Process};
use crate::{Control, DialError, DialErrorKind, Retry};

/// Events that may wait for whoever reads them.
const MAX_EVENTS: usize = 256;

/// The life of a listener. It goes one way only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Serving,
    /// Asked to stop.
    Stopping,
    /// The address is free again; connections may still be ending.
    Released,
    Ended,
}

/// One listener's record.
#[derive(Debug)]
pub(crate) struct Ledger {
    state: Mutex<State>,
    phase: watch::Sender<Phase>,
    changed: Changes,
    /// Of the pool.
    pool_changed: Changes,
}

/// A count of changes, to wait on.
pub(crate) type Changes = Arc<watch::Sender<u64>>;

/// One more change.
pub(crate) fn bump(changes: &Changes) {
    changes.send_modify(|count| *count = count.wrapping_add(1));
}

#[derive(Debug)]
struct State {
    connections: BTreeMap<u64, Entry>,
    /// Of connections that have ended.
    sent: u64,
    received: u64,
    accepted: u64,
    resumes: u64,
    refused: u64,
    last_refusal: Option<String>,
    round_trip: Option<Duration>,
    since: SystemTime,
    failing: Option<DialError>,
    /// A panic has ended the listener.
    broken: bool,
    /// `None` once everything has been told.
    events: Option<broadcast::Sender<Event>>,
}

#[derive(Debug)]
struct Entry {
    link: Link,
    who: Who,
    since: SystemTime,
    target: Option<Arc<Target>>,
    state: ConnectionState,
    control: Option<Control>,
}

/// The process at the far end of a connection.
#[derive(Debug, Clone)]
enum Who {
    /// Nobody has asked yet.
    Unasked,
    /// The answer; `None` where there was none.
    Told(Option<Process>),
}

impl Ledger {
    pub(crate) fn new(pool_changed: Changes) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                connections: BTreeMap::new(),
                sent: 0,
                received: 0,
                accepted: 0,
                resumes: 0,
                refused: 0,
                last_refusal: None,
                round_trip: None,
                since: SystemTime::now(),
                failing: None,
                broken: false,
                events: Some(broadcast::Sender::new(MAX_EVENTS)),
            }),
            phase: watch::Sender::new(Phase::Serving),
            changed: Arc::default(),
            pool_changed,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_change(&self) {
        bump(&self.changed);
        bump(&self.pool_changed);
    }

    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Enters a phase, unless that is past already.
    pub(crate) fn enter(&self, phase: Phase) {
        let entered = self.phase.send_if_modified(|current| {
            let later = phase > *current;
            if later {
                *current = phase;
            }
            later
        });
        if phase == Phase::Ended {
            self.lock().events = None;
        }
        if entered {
            self.note_change();
        }
    }

    /// A panic has ended what takes connections: the listener stops, and says why.
    pub(crate) fn break_off(&self) {
        self.lock().broken = true;
        self.enter(Phase::Stopping);
    }

    /// Completes when the listener is in this phase or a later one.
    pub(crate) async fn reached(&self, phase: Phase) {
        // The sender is here as long as this is.
        let _ = self.phase.subscribe().wait_for(|current| *current >= phase).await;
    }

    pub(crate) fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(crate) fn events(&self) -> Events {
        let receiver = match &self.lock().events {
            Some(sender) => sender.subscribe(),
            None => broadcast::Sender::new(1).subscribe(),
        };
        Events::new(receiver)
    }

    fn tell(state: &State, connection: u64, what: What) {
        if let Some(events) = &state.events {
            // Nobody may be listening.
            let _ = events.send(Event { connection, what });
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        let phase = self.phase();
        let state = self.lock();
        let (mut sent, mut received) = (state.sent, state.received);
        for entry in state.connections.values() {
            let (up, down) = entry.bytes();
            sent = sent.saturating_add(up);
            received = received.saturating_add(down);
        }
        Stats {
            sent,
            received,
            open: u32::try_from(state.connections.len()).unwrap_or(u32::MAX),
            accepted: state.accepted,
            resumes: state.resumes,
            refused: state.refused,
            last_refusal: state.last_refusal.clone(),
            round_trip: state.round_trip,
            since: state.since,
            activity: match phase {
                _ if state.broken => Activity::Broken,
                Phase::Serving => state.activity(),
                Phase::Stopping | Phase::Released | Phase::Ended => Activity::Ended,
            },
        }
    }

    pub(crate) fn connections(&self) -> Vec<ConnectionInfo> {
        let state = self.lock();
        state.connections.iter().map(|(number, entry)| entry.info(*number)).collect()
    }

    /// Connections of whose process nobody has asked, the oldest first.
    pub(crate) fn unasked(&self, limit: usize) -> Vec<(u64, Link)> {
        let state = self.lock();
        let unasked = state.connections.iter().filter(|(_, entry)| matches!(entry.who, Who::Unasked));
        unasked.take(limit).map(|(number, entry)| (*number, entry.link)).collect()
    }

    pub(crate) fn identify(&self, number: u64, process: Option<Process>) {
        if let Some(entry) = self.lock().connections.get_mut(&number) {
            entry.who = Who::Told(process);
        }
    }

    /// What steers the connections that have something to steer.
    pub(crate) fn controls(&self) -> Vec<Control> {
        self.lock().connections.values().filter_map(|entry| entry.control.clone()).collect()
    }

    /// A person has signed in: the last refusal for want of that no longer tells how things stand.
    pub(crate) fn signed_in(&self) {
        let mut state = self.lock();
        if state.failing.take_if(|error| error.kind == DialErrorKind::SignInNeeded).is_some() {
            drop(state);
            self.note_change();
        }
    }

    /// A connection that was not let in.
    pub(crate) fn refuse(&self, number: u64, why: String) {
        let mut state = self.lock();
        state.refuse(why.clone());
        Self::tell(&state, number, What::Refused { why });
        drop(state);
        self.note_change();
    }

    /// A connection that was let in.
    pub(crate) fn admit(self: &Arc<Self>, number: u64, link: Link, process: Option<Process>) -> Visit {
        let mut state = self.lock();
        state.accepted = state.accepted.saturating_add(1);
        let entry = Entry {
            link,
            who: process.map_or(Who::Unasked, |process| Who::Told(Some(process))),
            since: SystemTime::now(),
            target: None,
            state: ConnectionState::Queued,
            control: None,
        };
        state.connections.insert(number, entry);
        drop(state);
        self.note_change();
        Visit::new(Arc::clone(self), number)
    }
}

impl State {
    fn refuse(&mut self, why: String) {
        self.refused = self.refused.saturating_add(1);
        self.last_refusal = Some(why);
    }

    fn enter(&mut self, number: u64, now: ConnectionState) {
        if let Some(entry) = self.connections.get_mut(&number) {
            entry.state = now;
        }
    }

    fn steer(&mut self, number: u64, control: Control) {
        if let Some(entry) = self.connections.get_mut(&number) {
            entry.control = Some(control);
        }
    }

    /// Whether the connection was there.
    fn leave(&mut self, number: u64) -> bool {
        let Some(entry) = self.connections.remove(&number) else { return false };
        let (sent, received) = entry.bytes();
        self.sent = self.sent.saturating_add(sent);
        self.received = self.received.saturating_add(received);
        true
    }

    fn activity(&self) -> Activity {
        let mut resuming: Option<&Retry> = None;
        let mut waiting: Option<&Retry> = None;
        for entry in self.connections.values() {
            match &entry.state {
                ConnectionState::SignInNeeded { message } => {
                    return Activity::SignInNeeded { message: message.clone() };
                }
                ConnectionState::Resuming(retry) => resuming = Some(sooner(resuming, retry)),
                ConnectionState::Waiting(retry) => waiting = Some(sooner(waiting, retry)),
                ConnectionState::Queued | ConnectionState::Opening | ConnectionState::Live => {}
            }
        }
        match (&self.failing, resuming, waiting) {
            (Some(error), _, _) if error.kind == DialErrorKind::SignInNeeded => {
                Activity::SignInNeeded { message: error.reason.clone() }
            }
            (_, Some(retry), _) => Activity::Resuming(retry.clone()),
            (_, None, Some(retry)) => Activity::Waiting(retry.clone()),
            (Some(error), None, None) => Activity::Failing(error.clone()),
            (None, None, None) if self.connections.is_empty() => Activity::Idle,
            (None, None, None) => Activity::Live,
        }
    }
}

fn sooner<'a>(found: Option<&'a Retry>, retry: &'a Retry) -> &'a Retry {
    found.filter(|found| found.at <= retry.at).unwrap_or(retry)
}

impl Entry {
    fn bytes(&self) -> (u64, u64) {
        self.control.as_ref().map_or((0, 0), Control::bytes)
    }

    fn info(&self, number: u64) -> ConnectionInfo {
        let (sent, received) = self.bytes();
        ConnectionInfo {
            number,
            process: match &self.who {
                Who::Unasked => None,
                Who::Told(process) => process.clone(),
            },
            target: self.target.as_deref().cloned(),
            since: self.since,
            sent,
            received,
            state: self.state.clone(),
        }
    }
}
