//! One attempt to get a WebSocket: token, queue for a place, upgrade.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use adit_relay::{Refusal, Request, Target, TokenNeed};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout};

use crate::dial::Between;
use crate::endpoint::Endpoint;
use crate::network::Network;
use crate::route::{ProxyFailure, ProxyProblem};
use crate::token::{Freshness, TokenError, TokenSource};
use crate::upgrade::{self, UpgradeError, WebSocket};

/// Upgrades that may be under way at once for one dialer (hard case 27: the connect rate is limited).
const PARALLEL_UPGRADES: usize = 16;
/// How long a token may take. Long, since the keychain may have to ask the person.
const TOKEN_LIMIT: Duration = Duration::from_secs(60);
/// How long name resolution, TCP, TLS and the upgrade may take together.
const UPGRADE_LIMIT: Duration = Duration::from_secs(30);
/// The status with which the relay asks to slow down.
const THROTTLED: u16 = 429;
/// The pause of all upgrades after a 429 that names none.
const DEFAULT_PAUSE: Duration = Duration::from_secs(1);
/// The longest such pause that is honoured.
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);
/// What is left of a pause is waited for within an attempt up to here. Before a longer one an attempt is refused
/// as the relay would refuse it, so that its session waits, tells for how long, and is not timed out meanwhile.
const PATIENCE: Duration = Duration::from_secs(10);

/// What all connections of a dialer share.
pub(crate) struct Shared {
    pub(crate) endpoint: Endpoint,
    pub(crate) tokens: Arc<dyn TokenSource>,
    pub(crate) network: Network,
    upgrades: Semaphore,
    /// Set by a 429: no upgrade starts before.
    not_before: Mutex<Option<Instant>>,
}

/// What is known of a refused attempt beyond what its session decides by.
#[derive(Debug, Default)]
pub(crate) struct Cause {
    /// The beginning of the body of an HTTP refusal.
    pub(crate) body: Option<String>,
    /// Set when the attempt ended at a proxy.
    pub(crate) proxy: Option<ProxyProblem>,
    pub(crate) between: Option<Between>,
}

/// Why an attempt gave no WebSocket.
pub(crate) enum OpenError {
    /// The session decides what follows.
    Refused { refusal: Refusal, cause: Cause },
    /// The token source needs the person.
    SignInNeeded(String),
}

impl Shared {
    pub(crate) fn new(endpoint: Endpoint, tokens: Arc<dyn TokenSource>, network: Network) -> Self {
        let upgrades = Semaphore::new(PARALLEL_UPGRADES);
        Self { endpoint, tokens, network, upgrades, not_before: Mutex::default() }
    }

    /// Until when nothing is to be asked of the relay.
    fn not_before(&self) -> Option<Instant> {
        let not_before = *self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        not_before.filter(|not_before| *not_before > Instant::now())
    }

    fn pause(&self, wait: Option<Duration>) {
        let until = Instant::now() + wait.unwrap_or(DEFAULT_PAUSE).min(LONGEST_PAUSE);
        let mut not_before = self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        *not_before = Some(not_before.map_or(until, |old| old.max(until)));
    }
}

/// Opens the WebSocket that `request` asks for, and notes in `has_token` once it has the token. Dropping the
/// future ends the attempt.
pub(crate) async fn open(
    shared: Arc<Shared>,
    target: Arc<Target>,
    request: Request,
    need: TokenNeed,
    has_token: Arc<AtomicBool>,
) -> Result<WebSocket, OpenError> {
    let refused = |refusal| OpenError::Refused { refusal, cause: Cause::default() };
    let freshness = match need {
        TokenNeed::Usable => Freshness::Cached,
        TokenNeed::Renewed => Freshness::Renewed,
    };
    let token = match timeout(TOKEN_LIMIT, shared.tokens.access_token(freshness)).await {
        Ok(Ok(token)) => token,
        Ok(Err(TokenError::SignInNeeded { message })) => return Err(OpenError::SignInNeeded(message)),
        Ok(Err(error @ TokenError::Unavailable { .. })) => {
            return Err(refused(Refusal::NoToken { reason: error.to_string() }));
        }
        Err(_) => {
            return Err(refused(Refusal::NoToken { reason: "no access token: it took too long".to_owned() }));
        }
    };
    // Nothing but the flag itself is passed on, to the task that polls this.
    has_token.store(true, Ordering::Relaxed);
    // The semaphore is never closed; a permit lasts until this attempt is decided.
    let _permit = shared.upgrades.acquire().await;
    // Another attempt may have been told to wait while this one waited.
    while let Some(not_before) = shared.not_before() {
        let wait = not_before.saturating_duration_since(Instant::now());
        if wait > PATIENCE {
            return Err(refused(Refusal::Status { status: THROTTLED, retry_after: Some(wait) }));
        }
        sleep_until(not_before).await;
    }
    // Carries the session's secret: it is built late and logged nowhere.
    let path = match &request {
        Request::Connect => format!("connect?{}", target.connect_query()),
        Request::Reconnect { sid, ack } => format!("reconnect?{}", target.reconnect_query(sid, *ack)),
    };
    let Ok(opened) = timeout(UPGRADE_LIMIT, upgrade::open(&shared.endpoint, &path, &token)).await else {
        return Err(refused(Refusal::TimedOut));
    };
    opened.map_err(|error| shared.refused(error))
}

impl Shared {
    fn refused(&self, error: UpgradeError) -> OpenError {
        let (refusal, cause) = match error {
            UpgradeError::Status(refused) => {
                if refused.status == THROTTLED {
                    self.pause(refused.retry_after);
                }
                let cause =
                    Cause { body: Some(refused.body).filter(|body| !body.is_empty()), ..Cause::default() };
                let refusal = Refusal::Status { status: refused.status, retry_after: refused.retry_after };
                (refusal, cause)
            }
            UpgradeError::NotWebSocket(reason) => {
                (Refusal::Upgrade { reason: reason.to_owned() }, Cause::default())
            }
            UpgradeError::Unreachable(reason) => (Refusal::Unreachable { reason }, Cause::default()),
            UpgradeError::Tls(reason) => (Refusal::Tls { reason }, Cause::default()),
            UpgradeError::OutOfItsTime(reason) => {
                (Refusal::Tls { reason }, Cause { between: Some(Between::Clock), ..Cause::default() })
            }
            UpgradeError::Untrusted { issuer, reason } => {
                let between =
                    Some(Between::Inspection { issuer, client_certificate: self.endpoint.has_identity });
                (Refusal::Tls { reason }, Cause { between, ..Cause::default() })
            }
            UpgradeError::Proxy(ProxyFailure { problem, proxy, reason, body }) => {
                let between = Some(Between::Proxy { address: proxy });
                let cause = Cause { body, proxy: Some(problem), between };
                (
                    if passes(problem) {
                        Refusal::Unreachable { reason }
                    } else {
                        Refusal::Upgrade { reason }
                    },
                    cause,
                )
            }
        };
        OpenError::Refused { refusal, cause }
    }
}

/// Whether what a proxy does may pass by itself. The rest is a matter of set-up: reported at once when a tunnel is
/// opened, tried again when one is resumed, since the network may be another one by then.
fn passes(problem: ProxyProblem) -> bool {
    match problem {
        ProxyProblem::Unreachable | ProxyProblem::TimedOut | ProxyProblem::Script => true,
        ProxyProblem::Refused { status } => status >= 500,
        ProxyProblem::CredentialsNeeded
        | ProxyProblem::CredentialsRefused
        | ProxyProblem::Rubbish
        | ProxyProblem::Unsupported => false,
    }
}
