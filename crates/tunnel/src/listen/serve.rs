//! One connection that was let in, from its place to its last word.

use std::sync::Arc;

use adit_relay::Target;
use bytes::Bytes;
use tokio::io::AsyncReadExt as _;

use super::accept::{Purpose, Serving};
use super::event::What;
use super::ledger::{Phase, Visit};
use super::places::Wait;
use super::socket::Socket;
use crate::copy::{Copied, copy};
use crate::guard::{Guard, Guarded, Inspector, Refused};
use crate::proxy::{Outcome, wind_up};
use crate::{Connection, DialError, DialErrorKind, Dialer};

/// The end of a connection for which nothing was carried.
pub(super) const NOTHING_CARRIED: What = What::Closed { code: None, sent: 0, received: 0 };

impl Serving {
    /// Completes when the listener is to end.
    pub(super) async fn asked_to_stop(&self) {
        self.ledger.reached(Phase::Stopping).await;
    }

    /// Serves a connection once there is a place, if that is in time.
    pub(super) async fn serve_later(&self, visit: Visit, socket: Socket, wait: Wait) {
        let place = tokio::select! {
            place = wait.place() => Some(place),
            // Nobody is left to wait.
            () = socket.reset() => None,
            () = self.asked_to_stop() => None,
        };
        match place {
            Some(Ok(place)) => {
                drop(wait);
                self.serve(visit, socket).await;
                drop(place);
            }
            Some(Err(why)) => end(visit, socket, What::Refused { why }),
            None => end(visit, socket, NOTHING_CARRIED),
        }
    }

    pub(super) async fn serve(&self, visit: Visit, socket: Socket) {
        socket.hurry();
        match &self.purpose {
            Purpose::Tunnel { dialer, target, guard, port } => {
                let inspector = Inspector::new(*guard, *port);
                self.serve_tunnel(visit, socket, dialer, target, inspector).await;
            }
            Purpose::Gateway { login, resolve } => {
                self.serve_gateway(visit, socket, login.as_ref(), &**resolve).await;
            }
        }
    }

    async fn serve_tunnel(
        &self,
        visit: Visit,
        mut socket: Socket,
        dialer: &Dialer,
        target: &Arc<Target>,
        inspector: Inspector,
    ) {
        let dialed = tokio::select! {
            dialed = open(&visit, dialer, target) => Some(dialed),
            // Nobody is left to dial for (hard case 13).
            () = socket.reset() => None,
            () = self.asked_to_stop() => None,
        };
        let what = match dialed {
            None => NOTHING_CARRIED,
            Some(Err(error)) => {
                visit.could_not_open(error.clone());
                obstacle(error)
            }
            Some(Ok(connection)) => {
                self.carry(&visit, &mut socket, &Bytes::new(), inspector, connection).await
            }
        };
        end(visit, socket, what);
    }

    /// Carries bytes until one side ends, `early` before what the socket gives.
    pub(super) async fn carry(
        &self,
        visit: &Visit,
        socket: &mut Socket,
        early: &[u8],
        inspector: Inspector,
        connection: Connection,
    ) -> What {
        let Connection { mut stream, mut watch } = connection;
        visit.connected(watch.control());
        let mut outcome = None;
        let copied = {
            let (reader, mut writer) = socket.split();
            let mut reader = Guarded::new(early.chain(reader), inspector);
            let mut copying = std::pin::pin!(copy(&mut stream, &mut reader, &mut writer));
            loop {
                tokio::select! {
                    end = &mut copying => break Some(end),
                    () = self.asked_to_stop() => break None,
                    event = watch.next(), if outcome.is_none() => if let Some(event) = event {
                        outcome = Outcome::of(event.clone());
                        visit.heard(event);
                    },
                }
            }
        };
        let outcome = match outcome {
            Some(outcome) => outcome,
            None => {
                wind_up(stream, &mut watch, copied.as_ref(), &mut |event| visit.heard(event.clone())).await
            }
        };
        if matches!((&copied, &outcome), (Some(Copied::Ended), Outcome::Closed(_))) {
            socket.drain().await;
        }
        if let Some(Copied::Local(error)) = &copied
            && let Some(refused) = error.get_ref().and_then(|inner| inner.downcast_ref::<Refused>())
        {
            return What::Refused { why: refused.to_string() };
        }
        match outcome {
            Outcome::Closed(totals) => {
                What::Closed { code: totals.code, sent: totals.sent, received: totals.received }
            }
            Outcome::Failed(failure, _) => What::Failed { code: failure.code, reason: failure.reason },
        }
    }
}

/// Opens the tunnel of a connection.
pub(super) async fn open(
    visit: &Visit,
    dialer: &Dialer,
    target: &Arc<Target>,
) -> Result<Connection, DialError> {
    visit.opening(Arc::clone(target));
    dialer.dial_observed(target, |waiting| visit.waiting(waiting)).await
}

/// What a dial that failed means to its connection.
pub(super) fn obstacle(error: DialError) -> What {
    match error {
        DialError { kind: DialErrorKind::Denied, code, reason, .. } => What::Denied { code, reason },
        DialError { code, reason, .. } => What::Failed { code, reason },
    }
}

/// Closes the local side as the last word demands, and tells it.
pub(super) fn end(visit: Visit, socket: Socket, what: What) {
    match &what {
        What::Closed { .. } => drop(socket),
        What::Waiting { .. }
        | What::Connected
        | What::Refused { .. }
        | What::Reconnecting { .. }
        | What::SignInNeeded { .. }
        | What::Resumed
        | What::Denied { .. }
        // The peer must not take what it got for the whole.
        | What::Failed { .. } => socket.abort(),
    }
    visit.ended(what);
}

/// Nothing is looked at: for connections whose target's protocol is not known.
pub(super) fn uninspected() -> Inspector {
    Inspector::new(Guard::Any, 0)
}
