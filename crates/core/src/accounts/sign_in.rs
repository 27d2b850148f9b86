//! A sign-in from the click to the account.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use adit_contract::{Failure, SignInState};
use adit_google::{
    Credentials, Endpoints, ErrorKind, Identity, OAuthClient,
    sign_in::{self, Consent},
};
use tokio::task::AbortHandle;
use url::Url;

use crate::{
    browser::Browser,
    failure::{self, Subject},
    words,
};

/// The one sign-in that may be under way.
#[derive(Debug)]
pub(crate) struct SignIn {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: SignInState,
    task: Option<AbortHandle>,
    /// Counts the sign-ins: what an earlier one still has to say no longer matters.
    number: u64,
}

impl SignIn {
    pub(crate) fn new() -> Self {
        Self { inner: Mutex::new(Inner { state: SignInState::Idle, task: None, number: 0 }) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn state(&self) -> SignInState {
        self.inner().state.clone()
    }

    /// Ends the one under way and begins another, whose number is given.
    pub(crate) fn begin(&self) -> u64 {
        let mut inner = self.inner();
        if let Some(task) = inner.task.take() {
            task.abort();
        }
        inner.number = inner.number.wrapping_add(1);
        inner.state = SignInState::Idle;
        inner.number
    }

    /// Keeps what ends the sign-in's task.
    pub(crate) fn run_as(&self, number: u64, task: AbortHandle) {
        let mut inner = self.inner();
        if inner.number == number {
            inner.task = Some(task);
        } else {
            task.abort();
        }
    }

    /// Sets the state, unless another sign-in has begun.
    pub(crate) fn set(&self, number: u64, state: SignInState) -> bool {
        let mut inner = self.inner();
        let current = inner.number == number;
        if current {
            inner.state = state;
        }
        current
    }
}

/// Who signed in, and the credentials.
pub(crate) type SignedIn = (Identity, Credentials);

/// Signs in in the browser. `tell` is told the page's address, whether the browser failed to open it, and when the
/// browser has come back.
pub(crate) async fn in_browser(
    endpoints: &Endpoints,
    client: &OAuthClient,
    hint: Option<&str>,
    browser: Arc<dyn Browser>,
    tell: impl Fn(SignInState),
) -> Result<SignedIn, Failure> {
    let said = |error: adit_google::Error| failure::google(&error, Subject::Account);
    let first = one_round(endpoints, client, hint, Consent::WhenNeeded, &browser, &tell).await;
    let signed_in = match first {
        // Google gives a refresh token with a consent only, and this consent was given long ago.
        Err(error) if error.kind == ErrorKind::NoRefreshToken => {
            one_round(endpoints, client, hint, Consent::Always, &browser, &tell).await.map_err(said)?
        }
        result => result.map_err(said)?,
    };
    let credentials = Credentials::from_sign_in(endpoints, client.clone(), &signed_in).map_err(said)?;
    Ok((signed_in.identity, credentials))
}

async fn one_round(
    endpoints: &Endpoints,
    client: &OAuthClient,
    hint: Option<&str>,
    consent: Consent,
    browser: &Arc<dyn Browser>,
    tell: &impl Fn(SignInState),
) -> Result<adit_google::SignedIn, adit_google::Error> {
    let pending = sign_in::begin_with(endpoints, client, hint, consent).await?;
    let url = pending.url().clone();
    // The page may come back before the browser's starter returns.
    let opened = open(browser.clone(), url.clone());
    let returned = pending.returned();
    tokio::pin!(returned);
    tell(SignInState::WaitingForBrowser { url: url.to_string(), browser_failed: false });
    let returned = tokio::select! {
        returned = &mut returned => returned?,
        opened = opened => {
            if let Err(error) = opened {
                tracing::warn!(%error, "the browser could not be opened");
                tell(SignInState::WaitingForBrowser { url: url.to_string(), browser_failed: true });
            }
            returned.await?
        }
    };
    tell(SignInState::Exchanging);
    returned.finish().await
}

async fn open(browser: Arc<dyn Browser>, url: Url) -> Result<(), String> {
    tokio::task::spawn_blocking(move || browser.open(&url)).await.map_err(|error| error.to_string())?
}

/// Signs in by gcloud's own credentials. They are Google's: no local cloud is ever shown them.
pub(crate) async fn by_application_default(endpoints: &Endpoints) -> Result<SignedIn, Failure> {
    let said = |error: adit_google::Error| failure::google(&error, Subject::Account);
    let credentials = super::application_default()
        .await
        .map_err(said)?
        .ok_or_else(words::accounts::no_default_credentials)?;
    let google = adit_google::Google::new(endpoints.clone(), credentials.clone()).map_err(said)?;
    let identity = google.identity().await.map_err(said)?;
    Ok((identity, credentials))
}
