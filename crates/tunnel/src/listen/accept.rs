//! Taking connections: who is it, is there a place, and then a task of its own.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use adit_relay::Target;
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::task::JoinSet;

use super::acceptor::Acceptor;
use super::gateway::Resolve;
use super::ledger::{Ledger, Phase};
use super::places::{Places, Turn};
use super::socket::Socket;
use crate::Dialer;
use crate::audience::{Audience, Refusal};
use crate::gateway::Login;
use crate::guard::Guard;
use crate::peer::{Link, PeerLookup, Process};

/// Connections of which the system is being asked who is there.
const CHECKS: usize = 8;
/// The pause after a failed `accept`: with no file descriptors left it would fail again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long a graceful stop waits for connections to end.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// What the connections of a listener have in common.
pub(crate) struct Serving {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) peers: Arc<dyn PeerLookup>,
    pub(crate) audience: Audience,
    pub(crate) places: Places,
    pub(crate) purpose: Purpose,
}

/// Where its connections lead.
pub(crate) enum Purpose {
    /// All to one target.
    Tunnel { dialer: Box<Dialer>, target: Arc<Target>, guard: Guard, port: u16 },
    /// Each to the target that its client asks for.
    Gateway { login: Option<Login>, resolve: Arc<dyn Resolve> },
}

/// Takes connections, in a task of its own, until the ledger says that the listener is to stop.
pub(crate) fn start(acceptor: Acceptor, serving: Serving) {
    tokio::spawn(run(acceptor, Arc::new(serving)));
}

/// A connection of which it is known whether it may come in.
struct Checked {
    number: u64,
    socket: Socket,
    admitted: Result<(Link, Option<Process>), Refusal>,
}

async fn run(acceptor: Acceptor, serving: Arc<Serving>) {
    let ledger = Arc::clone(&serving.ledger);
    let mut visits = JoinSet::new();
    guarded(&ledger, accept(&acceptor, serving, &mut visits)).await;
    drop(acceptor);
    ledger.enter(Phase::Released);
    let ended = async { while visits.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_LIMIT, ended).await.is_err() {
        tracing::warn!("some connections did not end in time");
        visits.shutdown().await;
    }
    ledger.enter(Phase::Ended);
}

/// Runs what takes connections. A panic there must not leave a listener that looks as if it served.
async fn guarded(ledger: &Ledger, accepting: impl Future<Output = ()>) {
    if AssertUnwindSafe(accepting).catch_unwind().await.is_err() {
        tracing::error!("a listener broke off");
        ledger.break_off();
    }
}

async fn accept(acceptor: &Acceptor, serving: Arc<Serving>, visits: &mut JoinSet<()>) {
    let ledger = Arc::clone(&serving.ledger);
    // In order, so that who came first gets the place.
    let mut checks = FuturesOrdered::new();
    let mut number = 0_u64;
    loop {
        tokio::select! {
            () = ledger.reached(Phase::Stopping) => break,
            Some(_) = visits.join_next(), if !visits.is_empty() => {}
            Some(checked) = checks.next(), if !checks.is_empty() => receive(checked, &serving, visits),
            accepted = acceptor.accept(), if checks.len() < CHECKS => match accepted {
                Ok(socket) => {
                    number = number.saturating_add(1);
                    checks.push_back(check(number, socket, Arc::clone(&serving)));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
}

async fn check(number: u64, socket: Socket, serving: Arc<Serving>) -> Checked {
    let admitted = match socket.link() {
        Ok(link) => serving.audience.admit(link, &serving.peers).await.map(|process| (link, process)),
        Err(error) => Err(Refusal::untold(&error)),
    };
    Checked { number, socket, admitted }
}

fn receive(checked: Checked, serving: &Arc<Serving>, visits: &mut JoinSet<()>) {
    let Checked { number, socket, admitted } = checked;
    let refuse = |socket: Socket, why| {
        // Reset, so that the peer cannot take it for a connection that was served.
        socket.abort();
        serving.ledger.refuse(number, why);
    };
    let (link, process) = match admitted {
        Ok(admitted) => admitted,
        Err(refusal) => return refuse(socket, refusal.to_string()),
    };
    match serving.places.turn() {
        Turn::Now(place) => {
            let visit = serving.ledger.admit(number, link, process);
            let serving = Arc::clone(serving);
            visits.spawn(async move {
                serving.serve(visit, socket).await;
                drop(place);
            });
        }
        Turn::Later(wait) => {
            let visit = serving.ledger.admit(number, link, process);
            let serving = Arc::clone(serving);
            visits.spawn(async move { serving.serve_later(visit, socket, wait).await });
        }
        Turn::Never { why } => refuse(socket, why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listen::Activity;

    #[tokio::test]
    async fn a_listener_that_breaks_off_says_so_and_one_that_is_stopped_does_not() {
        for (accepting, activity) in [(true, Activity::Broken), (false, Activity::Ended)] {
            let ledger = Ledger::new(Arc::default());
            let mut changed = ledger.changed();
            guarded(&ledger, async { assert!(!accepting, "a mistake") }).await;
            ledger.enter(Phase::Stopping);
            changed.changed().await.unwrap();
            ledger.enter(Phase::Ended);
            assert_eq!(ledger.stats().activity, activity);
        }
    }
}
