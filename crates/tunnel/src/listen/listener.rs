//! The handle of a listening local address.

use std::sync::Arc;

use tokio::sync::watch;

use super::event::Events;
use super::ledger::{Ledger, Phase};
use super::place::Local;
use super::stats::{ConnectionInfo, Stats};
use crate::peer::{Link, PeerLookup};

/// Processes that are looked up for one list of connections: each may cost a walk over a system table.
const MAX_LOOKUPS: usize = 16;

/// A listening local address that was opened by a specification `S`. Dropping it stops it.
pub struct Listener<S> {
    id: u64,
    spec: S,
    local: Local,
    ledger: Arc<Ledger>,
    peers: Arc<dyn PeerLookup>,
}

impl<S> Listener<S> {
    pub(crate) fn new(
        id: u64,
        spec: S,
        local: Local,
        ledger: Arc<Ledger>,
        peers: Arc<dyn PeerLookup>,
    ) -> Self {
        Self { id, spec, local, ledger, peers }
    }

    /// Tells it from the others of its pool, those before it included.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// What it was opened by.
    #[must_use]
    pub fn spec(&self) -> &S {
        &self.spec
    }

    /// Where it listens.
    #[must_use]
    pub fn local(&self) -> &Local {
        &self.local
    }

    /// What it has done until now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.ledger.stats()
    }

    /// The connections that are open now, in the order of acceptance. The system is asked whose they are, once for each,
    /// on a thread that may block; of many new ones, the rest at the next call.
    pub async fn connections(&self) -> Vec<ConnectionInfo> {
        let unasked = self.ledger.unasked(MAX_LOOKUPS);
        if !unasked.is_empty() {
            let peers = Arc::clone(&self.peers);
            let look = move || -> Vec<_> {
                let process = |link: Link| peers.process(link).ok();
                unasked.into_iter().map(|(number, link)| (number, process(link))).collect()
            };
            // A lookup that fails leaves the names out.
            for (number, process) in tokio::task::spawn_blocking(look).await.unwrap_or_default() {
                self.ledger.identify(number, process);
            }
        }
        self.ledger.connections()
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> Events {
        self.ledger.events()
    }

    /// A count that goes on whenever its statistics or connections are others, mere bytes excepted.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.ledger.changed()
    }

    /// Tries everything now that waits for its next attempt.
    pub fn resume_now(&self) {
        self.ledger.controls().iter().for_each(crate::Control::resume_now);
    }

    /// The network is another one, or the machine woke up: see
    /// [`Control::network_changed`](crate::Control::network_changed).
    pub fn network_changed(&self) {
        self.ledger.controls().iter().for_each(crate::Control::network_changed);
    }

    /// The person has signed in again: connections that wait for that go on.
    pub fn signed_in(&self) {
        self.ledger.signed_in();
        self.ledger.controls().iter().for_each(crate::Control::signed_in);
    }

    /// Takes no more connections and ends those there are: what they have written is sent if that is possible
    /// within a few seconds.
    pub fn stop(&self) {
        self.ledger.enter(Phase::Stopping);
    }

    /// Completes when it was stopped and its last connection has ended.
    pub async fn ended(&self) {
        self.ledger.reached(Phase::Ended).await;
    }

    pub(crate) fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }
}

impl<S: std::fmt::Debug> std::fmt::Debug for Listener<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener")
            .field("id", &self.id)
            .field("spec", &self.spec)
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}

impl<S> Drop for Listener<S> {
    fn drop(&mut self) {
        self.stop();
    }
}
