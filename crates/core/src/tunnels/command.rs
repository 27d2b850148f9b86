//! What commands have of the pool: a tunnel for as long as they run, or a stream without a listener.

use std::{net::SocketAddr, sync::Arc};

use adit_contract::{Failure, TunnelSpec, TunnelTarget};
use adit_tunnel::{Connection, listen::Events, pool::Lease};
use tokio::sync::{mpsc, oneshot};

use super::{
    Tunnels, convert,
    convert::relay_target,
    entry::{Kept, Run},
};
use crate::{
    failure,
    share::{Patient, Wait},
    words,
};

impl Tunnels {
    /// Opens a tunnel that goes with the result: the command line's.
    ///
    /// # Errors
    /// What stands in the way.
    pub(crate) async fn borrow(
        self: &Arc<Self>,
        spec: TunnelSpec,
        local: Option<SocketAddr>,
        waits: mpsc::Sender<Wait>,
    ) -> Result<Borrowed, Failure> {
        convert::check(&spec)?;
        let id = self.insert(spec, Kept::WhileUsed)?;
        let guard = Removing { tunnels: self.clone(), id };
        let (told, opened) = oneshot::channel();
        self.start(id, local, Some(Asker { waits, opened: told }));
        match opened.await {
            Ok(Ok(lease)) => {
                let (local, events) = (lease.tunnel().local().to_string(), lease.tunnel().events());
                Ok(Borrowed { local, events, guard })
            }
            Ok(Err(failure)) => Err(failure),
            // Stopped on the way, by the person or because the account signed out.
            Err(_) => Err(guard.failure().unwrap_or_else(failure::cancelled)),
        }
    }

    /// Opens a stream without a listener: the command line's.
    ///
    /// # Errors
    /// What stands in the way.
    pub(crate) async fn dial(
        &self,
        target: &TunnelTarget,
        patient: Patient,
        waits: mpsc::Sender<Wait>,
    ) -> Result<Dialed, Failure> {
        let (account, access) = self.ways.way(convert::project(target), None)?;
        let dialer = access.dialer().with_patience(patient.into());
        let to = relay_target(target);
        let dialed = dialer.dial_observed(&to, |waiting| Wait::tell(&waits, &waiting.retry)).await;
        match dialed {
            Ok(connection) => Ok(Dialed { connection, account }),
            Err(_) if !self.ways.knows(&account) => Err(words::sessions::signed_out()),
            Err(error) => Err(self.note(&account, failure::dial_to(&error, &to))),
        }
    }

    /// What a stream came to that ended without an error: an account that signed out meanwhile ended it.
    pub(crate) fn end_of(&self, account: &str) -> Result<(), Failure> {
        if self.ways.knows(account) { Ok(()) } else { Err(words::sessions::signed_out()) }
    }
}

/// A tunnel that is there as long as this.
pub(crate) struct Borrowed {
    /// Where it listens.
    pub(crate) local: String,
    /// What happens to its connections.
    pub(crate) events: Events,
    guard: Removing,
}

impl Borrowed {
    /// Why it was stopped; nothing when a person did.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.guard.failure()
    }
}

/// A stream for a command, and the account on whose behalf it is open.
pub(crate) struct Dialed {
    pub(crate) connection: Connection,
    pub(crate) account: String,
}

/// Whoever waits for a start.
pub(super) struct Asker {
    pub(super) waits: mpsc::Sender<Wait>,
    pub(super) opened: Opened,
}

/// Tells whoever asked what came of it.
pub(super) type Opened = oneshot::Sender<Result<Lease, Failure>>;

struct Removing {
    tunnels: Arc<Tunnels>,
    id: u64,
}

impl Removing {
    fn failure(&self) -> Option<Failure> {
        match &self.tunnels.all().entries.get(&self.id)?.run {
            Run::Stopped { refused } => refused.as_ref().map(|refused| refused.0.failure.clone()),
            Run::Starting { .. } | Run::Running { .. } => None,
        }
    }
}

impl Drop for Removing {
    fn drop(&mut self) {
        self.tunnels.remove(self.id);
    }
}
