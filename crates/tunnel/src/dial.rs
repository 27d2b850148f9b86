//! Opening a tunnel.

use std::sync::Arc;
use std::time::Duration;

use adit_relay::{Config, End, Failure, FailureKind, Patience, Target, Violation};

use crate::driver::{Driver, Milestone};
use crate::endpoint::{Endpoint, EndpointError, RelayEndpoint};
use crate::network::{Network, NetworkChanges};
use crate::opening::{Cause, Shared};
use crate::pipe::Pipe;
use crate::route::ProxyProblem;
use crate::stream::Stream;
use crate::token::TokenSource;
use crate::watch::{Board, Control, Retry, Watch};

/// How long after a connection opens its round trip is measured first.
const FIRST_PING: Duration = Duration::from_secs(1);

/// Opens tunnels through one relay with one account. Cheap to clone; clones share the connect rate.
#[derive(Clone)]
pub struct Dialer {
    shared: Arc<Shared>,
    config: Config,
}

/// An established tunnel.
#[derive(Debug)]
pub struct Connection {
    /// The bytes.
    pub stream: Stream,
    /// What happens to the tunnel meanwhile. May be dropped.
    pub watch: Watch,
}

impl std::fmt::Debug for Dialer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dialer").field("relay", &self.shared.endpoint.authority).finish_non_exhaustive()
    }
}

impl Dialer {
    /// A dialer for this relay. Reads the certificate authorities, and connects to nothing. From its first dial on
    /// it listens for a sleep of the machine and for another network, and has its tunnels find out at once whether
    /// they are still connected.
    ///
    /// # Errors
    /// [`DialErrorKind::Endpoint`] when the address is not a `wss` address, there is no usable authority, or the
    /// client certificate and its key do not belong together.
    pub fn new(endpoint: RelayEndpoint, tokens: Arc<dyn TokenSource>) -> Result<Self, DialError> {
        Self::on(endpoint, tokens, Network::default())
    }

    /// The same, with word of changes from `changes` instead of from the system.
    ///
    /// # Errors
    /// As [`Dialer::new`].
    pub fn watching(
        endpoint: RelayEndpoint,
        tokens: Arc<dyn TokenSource>,
        changes: Box<dyn NetworkChanges>,
    ) -> Result<Self, DialError> {
        Self::on(endpoint, tokens, Network::with(changes))
    }

    fn on(
        endpoint: RelayEndpoint,
        tokens: Arc<dyn TokenSource>,
        network: Network,
    ) -> Result<Self, DialError> {
        let endpoint = Endpoint::new(&endpoint)?;
        // Whoever watches the tunnel wants to see a round trip before the first half minute is over.
        let config = Config { first_ping: FIRST_PING, ..Config::default() };
        Ok(Self { shared: Arc::new(Shared::new(endpoint, tokens, network)), config })
    }

    /// The same dialer, that keeps trying a target which may still be starting, for as long as `patience`
    /// says (specification section 8.1).
    #[must_use]
    pub fn with_patience(&self, patience: Patience) -> Self {
        let mut config = self.config.clone();
        config.patience = patience;
        self.with_config(config)
    }

    /// The same dialer with other limits and times. The jitter of the configuration is replaced for each
    /// connection.
    #[must_use]
    pub fn with_config(&self, config: Config) -> Self {
        Self { shared: Arc::clone(&self.shared), config }
    }

    /// The account has signed in again: every tunnel of this dialer, and of its clones, that waits for a token goes
    /// on, those that are still being opened included.
    pub fn signed_in(&self) {
        self.shared.network.tunnels().iter().for_each(|tunnel| tunnel.signed_in());
    }

    /// Ends every tunnel of this dialer and of its clones now, those that are still being opened included: the
    /// account is signed out. A dial after this is not kept from anything.
    pub fn abort(&self) {
        self.shared.network.tunnels().iter().for_each(|tunnel| tunnel.abort());
    }

    /// Opens a tunnel to `target`. Returns once the relay has reached the backend, not merely itself
    /// (specification section 6.1). Dropping the future ends the attempt at once.
    ///
    /// The tunnel then runs as a task of its own until its [`Stream`] is dropped or the session ends. To be
    /// called in a tokio runtime.
    ///
    /// # Errors
    /// [`DialError`], whose kind says what stands in the way.
    pub async fn dial(&self, target: &Target) -> Result<Connection, DialError> {
        self.dial_observed(target, |_| {}).await
    }

    /// The same, and tells on this task each time an attempt failed and another follows: a target that may still be
    /// starting is tried for long ([`with_patience`](Self::with_patience)), and whoever waits wants to see it.
    ///
    /// # Errors
    /// As [`dial`](Self::dial).
    pub async fn dial_observed(
        &self,
        target: &Target,
        mut observe: impl FnMut(Waiting),
    ) -> Result<Connection, DialError> {
        let pipe = Arc::new(Pipe::default());
        let board = Arc::new(Board::new(Arc::clone(&pipe)));
        self.shared.network.tell(&board);
        let mut driver = Box::new(Driver::new(
            self.config.clone(),
            Arc::clone(&self.shared),
            Arc::new(target.clone()),
            Arc::clone(&pipe),
            Arc::clone(&board),
        ));
        loop {
            match std::future::poll_fn(|cx| driver.poll(cx)).await {
                Milestone::Waiting(retry) => {
                    observe(Waiting { retry, control: Control::new(Arc::clone(&board)) });
                }
                Milestone::Connected => {
                    tokio::spawn(driver.run());
                    return Ok(Connection { stream: Stream::new(pipe), watch: Watch::new(board) });
                }
                Milestone::Ended(ended) => return Err(DialError::from_end(ended.end, ended.cause)),
            }
        }
    }
}

/// A dial that waits before it tries again.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// What comes, and why not yet.
    pub retry: Retry,
    /// Steers the dial, for instance to try at once.
    pub control: Control,
}

/// Why a tunnel could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct DialError {
    /// To decide by.
    pub kind: DialErrorKind,
    /// The relay's close code, or the HTTP status of [`DialErrorKind::Refused`] or of the proxy, where there was one.
    pub code: Option<u16>,
    /// The relay's text where there was one, else our own. Show it, never parse it.
    pub reason: String,
    /// The beginning of the body of an HTTP refusal, at most 4 KiB: a proxy's or the relay's own explanation.
    pub body: Option<String>,
    /// Who is known to stand between this machine and the relay.
    pub between: Option<Between>,
}

/// Something between this machine and the relay that had a part in a failed dial.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Between {
    /// A proxy, of which [`DialErrorKind::Proxy`] says more.
    Proxy {
        /// Its address without user and password, or what stands for it.
        address: String,
    },
    /// Something that shows a certificate of its own for the relay, with [`DialErrorKind::Tls`].
    Inspection {
        /// Whom that certificate names as its issuer. Its own claim: show it, believe nothing of it.
        issuer: String,
        /// A client certificate was to be shown to the relay, which cannot work through inspection.
        client_certificate: bool,
    },
    /// A clock that is wrong, with [`DialErrorKind::Tls`]: by this machine's, the relay's certificate is not valid yet or
    /// not any more.
    Clock,
}

/// What kind of obstacle it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DialErrorKind {
    /// 4033: no permission, or an access level is missing.
    Denied,
    /// 4047, 4051: the relay does not know the instance, zone or interface.
    NotFound,
    /// 4003 and the like: nothing answers on that port of the target.
    Backend,
    /// A person has to sign in again.
    SignInNeeded,
    /// 429 for too long.
    Throttled,
    /// The upgrade was answered with this HTTP status.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// Name resolution or TCP failed.
    RelayUnreachable,
    /// The way ended at a proxy.
    Proxy(ProxyProblem),
    /// There was no access token to ask the relay with: its source could not be asked just now.
    TokenUnavailable,
    /// TLS failed: the certificate is not trusted, or something interferes.
    Tls,
    /// The relay broke the protocol, or says that we did.
    Protocol(Violation),
    /// The relay took the connection, then nothing came.
    TimedOut,
    /// The relay closed with some other code.
    Closed,
    /// The relay's address, its authorities, the client certificate or the proxy's address cannot be used.
    Endpoint,
}

impl From<FailureKind> for DialErrorKind {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Denied => Self::Denied,
            FailureKind::NotFound => Self::NotFound,
            FailureKind::Backend => Self::Backend,
            FailureKind::SignInNeeded => Self::SignInNeeded,
            FailureKind::Throttled => Self::Throttled,
            FailureKind::Refused { status } => Self::Refused { status },
            FailureKind::Unreachable => Self::RelayUnreachable,
            FailureKind::TokenUnavailable => Self::TokenUnavailable,
            FailureKind::Tls => Self::Tls,
            FailureKind::Protocol(violation) => Self::Protocol(violation),
            FailureKind::TimedOut => Self::TimedOut,
            // The first two need a session, which a dial does not have yet.
            FailureKind::Expired | FailureKind::DataLost | FailureKind::Closed => Self::Closed,
        }
    }
}

impl DialError {
    fn from_end(end: End, cause: Cause) -> Self {
        let Cause { body, proxy, between } = cause;
        match end {
            End::Failed { failure: Failure { kind, code, reason } } => {
                let kind = match (DialErrorKind::from(kind), proxy) {
                    (DialErrorKind::RelayUnreachable, Some(problem)) => DialErrorKind::Proxy(problem),
                    (kind, _) => kind,
                };
                let code = match kind {
                    DialErrorKind::Refused { status }
                    | DialErrorKind::Proxy(ProxyProblem::Refused { status }) => Some(status),
                    DialErrorKind::Denied
                    | DialErrorKind::NotFound
                    | DialErrorKind::Backend
                    | DialErrorKind::SignInNeeded
                    | DialErrorKind::Throttled
                    | DialErrorKind::RelayUnreachable
                    | DialErrorKind::Proxy(_)
                    | DialErrorKind::TokenUnavailable
                    | DialErrorKind::Tls
                    | DialErrorKind::Protocol(_)
                    | DialErrorKind::TimedOut
                    | DialErrorKind::Closed
                    | DialErrorKind::Endpoint => code,
                };
                Self { kind, code, reason, body, between }
            }
            End::Normal { code, .. } => Self {
                kind: DialErrorKind::Closed,
                code: Some(code),
                reason: "the relay closed the connection before there was a session".to_owned(),
                body,
                between: None,
            },
        }
    }
}

impl From<EndpointError> for DialError {
    fn from(error: EndpointError) -> Self {
        Self {
            kind: DialErrorKind::Endpoint,
            code: None,
            reason: error.to_string(),
            body: None,
            between: None,
        }
    }
}
