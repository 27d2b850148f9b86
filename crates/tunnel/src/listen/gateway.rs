//! Connections that say themselves where they want to go.

use std::sync::Arc;
use std::time::Duration;

use adit_relay::Target;
use tokio::time::timeout;

use super::accept::Serving;
use super::event::What;
use super::ledger::Visit;
use super::serve::{NOTHING_CARRIED, end, obstacle, open, uninspected};
use super::socket::Socket;
use crate::gateway::{Denial, GatewayTarget, Login, RefusedKind, handshake};
use crate::{Connection, DialError, DialErrorKind, Dialer};

/// How long a client may take to say what it wants.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// How long a client may take to read our answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Knows how to reach the targets that clients of a gateway ask for.
#[async_trait::async_trait]
pub trait Resolve: Send + Sync {
    /// The dialer of whichever account reaches this target, and the target as that dialer knows it.
    ///
    /// # Errors
    /// [`GatewayRefusal`], which the client is told as far as its protocol has words for it.
    async fn resolve(&self, asked: &GatewayTarget) -> Result<(Dialer, Target), GatewayRefusal>;
}

/// Why a target that was asked for is not dialled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct GatewayRefusal {
    /// What the client is told.
    pub denial: Denial,
    /// In words.
    pub why: String,
}

type Asked = crate::gateway::Asked<Socket>;

impl Serving {
    pub(super) async fn serve_gateway(
        &self,
        visit: Visit,
        socket: Socket,
        login: Option<&Login>,
        resolve: &dyn Resolve,
    ) {
        let heard = tokio::select! {
            heard = timeout(HANDSHAKE_LIMIT, handshake(socket, login)) => heard,
            () = self.asked_to_stop() => return visit.ended(NOTHING_CARRIED),
        };
        let asked = match heard {
            Ok(Ok(asked)) => asked,
            Ok(Err(refused)) => {
                return visit.ended(match refused.kind {
                    RefusedKind::Gone => NOTHING_CARRIED,
                    RefusedKind::Malformed
                    | RefusedKind::Login
                    | RefusedKind::Command
                    | RefusedKind::Target => What::Refused { why: refused.why },
                });
            }
            Err(_) => {
                let why = format!("the handshake was not over within {} s", HANDSHAKE_LIMIT.as_secs());
                return visit.ended(What::Refused { why });
            }
        };
        let reached = tokio::select! {
            reached = reach(&visit, &asked.target, resolve) => reached,
            // Nobody is left to dial for (hard case 13).
            () = asked.stream().reset() => return visit.ended(NOTHING_CARRIED),
            () = self.asked_to_stop() => return visit.ended(NOTHING_CARRIED),
        };
        match reached {
            Ok(connection) => self.grant(visit, asked, connection).await,
            Err(Unreached { denial, what }) => {
                let words = match &what {
                    What::Refused { why } => why.clone(),
                    What::Denied { reason, .. } | What::Failed { reason, .. } => reason.clone(),
                    What::Waiting { .. }
                    | What::Connected
                    | What::Reconnecting { .. }
                    | What::SignInNeeded { .. }
                    | What::Resumed
                    | What::Closed { .. } => String::new(),
                };
                // A client that does not listen is told nothing.
                let _ = timeout(ANSWER_LIMIT, asked.refused(denial, &words)).await;
                visit.ended(what);
            }
        }
    }

    /// The tunnel is up, and only now does the client hear that it is.
    async fn grant(&self, visit: Visit, asked: Asked, connection: Connection) {
        let Ok(Ok((mut socket, early))) = timeout(ANSWER_LIMIT, asked.granted()).await else {
            return visit.ended(NOTHING_CARRIED);
        };
        let what = self.carry(&visit, &mut socket, &early, uninspected(), connection).await;
        end(visit, socket, what);
    }
}

/// Why there is no tunnel, to the client and to whoever watches.
struct Unreached {
    denial: Denial,
    what: What,
}

async fn reach(visit: &Visit, asked: &GatewayTarget, resolve: &dyn Resolve) -> Result<Connection, Unreached> {
    let (dialer, target) = resolve
        .resolve(asked)
        .await
        .map_err(|refusal| Unreached { denial: refusal.denial, what: What::Refused { why: refusal.why } })?;
    open(visit, &dialer, &Arc::new(target))
        .await
        .map_err(|error| Unreached { denial: denial(&error), what: obstacle(error) })
}

/// A failed dial in the terms of the handshake.
fn denial(error: &DialError) -> Denial {
    match error.kind {
        DialErrorKind::Denied | DialErrorKind::SignInNeeded => Denial::NotAllowed,
        DialErrorKind::NotFound => Denial::NotFound,
        DialErrorKind::Backend => Denial::PortClosed,
        DialErrorKind::Throttled => Denial::Busy,
        DialErrorKind::TimedOut => Denial::TimedOut,
        DialErrorKind::Refused { .. }
        | DialErrorKind::RelayUnreachable
        | DialErrorKind::TokenUnavailable
        | DialErrorKind::Proxy(_)
        | DialErrorKind::Tls
        | DialErrorKind::Protocol(_)
        | DialErrorKind::Closed
        | DialErrorKind::Endpoint => Denial::Failed,
    }
}
