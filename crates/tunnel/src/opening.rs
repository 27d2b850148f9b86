//! One attempt to get a WebSocket: token, queue for a place, upgrade.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use adit_relay::{Refusal, Request, Target, TokenNeed};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout};

use crate::endpoint::Endpoint;
use crate::token::{Freshness, TokenError, TokenSource};
use crate::upgrade::{self, UpgradeError, WebSocket};

/// Upgrades that may be under way at once for one dialer (hard case 27: the connect rate is limited).
const PARALLEL_UPGRADES: usize = 16;
/// How long a token may take. Long, since the keychain may have to ask the person.
const TOKEN_LIMIT: Duration = Duration::from_secs(60);
/// How long name resolution, TCP, TLS and the upgrade may take together.
const UPGRADE_LIMIT: Duration = Duration::from_secs(30);
/// The pause of all upgrades after a 429 that names none.
const DEFAULT_PAUSE: Duration = Duration::from_secs(1);
/// The longest such pause that is honoured before an attempt; each session backs off by itself besides.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What all connections of a dialer share.
pub(crate) struct Shared {
    pub(crate) endpoint: Endpoint,
    pub(crate) tokens: Arc<dyn TokenSource>,
    upgrades: Semaphore,
    /// Set by a 429: no upgrade starts before.
    not_before: Mutex<Option<Instant>>,
}

/// Why an attempt gave no WebSocket.
pub(crate) enum OpenError {
    /// The session decides what follows.
    Refused {
        refusal: Refusal,
        /// The beginning of the body of an HTTP refusal.
        body: Option<String>,
    },
    /// The token source needs the person.
    SignInNeeded(String),
}

impl Shared {
    pub(crate) fn new(endpoint: Endpoint, tokens: Arc<dyn TokenSource>) -> Self {
        Self { endpoint, tokens, upgrades: Semaphore::new(PARALLEL_UPGRADES), not_before: Mutex::default() }
    }

    fn not_before(&self) -> Option<Instant> {
        *self.not_before.lock().unwrap_or_else(PoisonError::into_inner)
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
    let refused = |refusal| OpenError::Refused { refusal, body: None };
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
    if let Some(not_before) = shared.not_before() {
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
    opened.map_err(|error| match error {
        UpgradeError::Status { status, retry_after, body } => {
            if status == 429 {
                shared.pause(retry_after);
            }
            OpenError::Refused {
                refusal: Refusal::Status { status, retry_after },
                body: Some(body).filter(|body| !body.is_empty()),
            }
        }
        UpgradeError::NotWebSocket(reason) => refused(Refusal::Upgrade { reason: reason.to_owned() }),
        UpgradeError::Unreachable(reason) => refused(Refusal::Unreachable { reason }),
        UpgradeError::Tls(reason) => refused(Refusal::Tls { reason }),
    })
}
