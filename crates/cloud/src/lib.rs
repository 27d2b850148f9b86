//! A local Google Cloud on loopback: sign-in, the APIs that the product calls, IAM, the IAP relay and real hosts
//! behind it.
//!
//! It is the *other side*: it shares nothing with the product but the relay's frame codec, so that a mistake is not
//! made twice. Behind it is a real shell of the user who runs it; so it listens on loopback only, asks the system who
//! is at the other end of every connection and refuses everybody else, and lets nobody to a host without a token.

mod authority;
mod doors;
mod error;
mod faults;
mod hosts;
mod http;
mod landscape;
mod oauth;
mod peer;
mod relay;
mod rest;
mod scratch;
mod state;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use authority::Authority;
use state::{Caller, State};

pub use error::Error;
pub use faults::{ApiFault, ApiFaultKind, CloseAfter, FaultError, Faults, TokenFault};
pub use landscape::{Landscape, LandscapeError};

/// What a cloud is started with.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Where the HTTP services listen; loopback only. Port 0 lets the system pick one.
    pub listen: SocketAddr,
    /// What exists in the cloud.
    pub landscape: Landscape,
    /// What the cloud does wrong on purpose from the start.
    pub faults: Faults,
    /// The server of remote desktops (`tests/rdp-host`), for ports that the landscape calls `desktop`. Without one
    /// nothing listens there.
    pub rdp_host: Option<PathBuf>,
    /// Told, once, why there is no remote desktop where there should be one.
    pub notice: fn(&str),
}

impl Options {
    /// A cloud with this landscape, without faults, on a port of the system's choice.
    #[must_use]
    pub fn new(landscape: Landscape) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            landscape,
            faults: Faults::default(),
            rdp_host: None,
            notice: |words| tracing::warn!("{words}"),
        }
    }
}

/// How long [`Cloud::stop`] waits for answers that are under way.
const STOP_TIME: Duration = Duration::from_secs(5);

/// A running local cloud. It ends when it is dropped; [`Cloud::stop`] waits for the end.
pub struct Cloud {
    url: String,
    relay_url: String,
    authority: Authority,
    token: SecretString,
    state: State,
    tasks: Vec<JoinHandle<()>>,
}

impl Cloud {
    /// Starts a cloud: when this returns, both its ports answer. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`Error::NotLoopback`] for another address, [`Error::Faults`] for faults that cannot be played, else what the
    /// system refused.
    pub async fn start(options: Options) -> Result<Self, Error> {
        if !options.listen.ip().is_loopback() {
            return Err(Error::NotLoopback(options.listen));
        }
        options.faults.check().map_err(Error::Faults)?;
        // nothing waits for it: what it clears away is in nobody's way
        drop(tokio::task::spawn_blocking(scratch::sweep));
        let authority = Authority::new()?;
        let listen = |address| async move {
            TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })
        };
        let web = listen(options.listen).await?;
        // the same address as the HTTP services, so that one answer about loopback holds for both
        let tunnel = listen(SocketAddr::new(options.listen.ip(), 0)).await?;
        let url = format!("http://{}", web.local_addr().map_err(Error::Io)?);
        let relay_url = format!("wss://{}/v4", tunnel.local_addr().map_err(Error::Io)?);

        let state = State::new(options.landscape, options.faults);
        state.start_agents();
        let first = state
            .landscape()
            .users
            .first()
            .map(|user| Caller { email: user.email.clone(), place: user.places.first().cloned() });
        let token = match first {
            Some(caller) => state.issue_token(caller, oauth::ALL_SCOPES),
            // a landscape without users does not pass its checks
            None => SecretString::default(),
        };
        let services =
            http::Services { state: state.clone(), relay: relay_url.clone(), ca: authority.path.clone() };
        let tasks = vec![
            tokio::spawn(http::serve(web, services)),
            tokio::spawn(relay::serve(
                tunnel,
                authority.server.clone(),
                state.clone(),
                hosts::DesktopServer { program: options.rdp_host, notice: options.notice },
                state.stopping(),
            )),
        ];
        Ok(Self { url, relay_url, authority, token, state, tasks })
    }

    /// Base URL of the HTTP services, such as `http://127.0.0.1:4321`, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The relay's address with its path, such as `wss://127.0.0.1:4322/v4`.
    #[must_use]
    pub fn relay_url(&self) -> &str {
        &self.relay_url
    }

    /// Certificate of the authority that signed the relay's, in PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.authority.pem
    }

    /// A file with [`Cloud::ca_pem`], which is gone when the cloud ends.
    #[must_use]
    pub fn ca_path(&self) -> &Path {
        &self.authority.path
    }

    /// An access token of the landscape's first user at the first place, good for an hour.
    #[must_use]
    pub fn token(&self) -> &str {
        self.token.expose_secret()
    }

    /// Switches the faults: of the relay for sessions that begin or resume from now on, of the APIs at once.
    ///
    /// # Errors
    /// The first value that cannot be played; the faults stay as they were.
    pub fn set_faults(&self, faults: Faults) -> Result<(), FaultError> {
        faults.check()?;
        self.state.set_faults(faults);
        Ok(())
    }

    /// The line that `adit cloud` prints when it is ready: `{"url","relay","ca","token"}`.
    #[must_use]
    pub fn ready_line(&self) -> String {
        serde_json::json!({
            "url": self.url,
            "relay": self.relay_url,
            "ca": self.authority.path,
            "token": self.token(),
        })
        .to_string()
    }

    /// Ends the cloud with everything on it, and waits until it has ended (at most 5 seconds for each port).
    pub async fn stop(mut self) {
        self.state.stopping().cancel();
        for task in self.tasks.drain(..) {
            let abort = task.abort_handle();
            if tokio::time::timeout(STOP_TIME, task).await.is_err() {
                abort.abort();
            }
        }
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.state.stopping().cancel();
    }
}

impl std::fmt::Debug for Cloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cloud")
            .field("url", &self.url)
            .field("relay_url", &self.relay_url)
            .finish_non_exhaustive()
    }
}
