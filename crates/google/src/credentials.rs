//! Credentials: one source of access tokens, renewed in time and by one request at a time.

mod application_default;
mod provider;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use google_cloud_auth::credentials::AccessTokenCredentials;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::Url;

use crate::{
    client::OAuthClient,
    endpoints::Endpoints,
    error::{Error, ErrorKind, SignInCause, is_out_of_its_time},
    http,
    oauth::{self, Tokens},
    sign_in::SignedIn,
};

/// How long before its end an access token is renewed.
const EARLY: Duration = Duration::from_secs(5 * 60);
/// With less left than this, a token is of no use although it could not be renewed.
const TOO_LATE: Duration = Duration::from_secs(30);
/// Who asks for a renewed token this soon after a renewal gets that one: it saw the token before it.
const SHARED: Duration = Duration::from_secs(10);

/// Which access token is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// One that is good for a while yet.
    Cached,
    /// A new one, because the present one was not accepted.
    Renewed,
}

/// Where credentials come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialSource {
    /// A sign-in in the browser.
    SignIn,
    /// gcloud's Application Default Credentials.
    ApplicationDefault,
    /// A given access token, which cannot be renewed.
    AccessToken,
}

/// Credentials of one account in one cloud. Clones share their tokens. Neither prints nor serialises any.
#[derive(Clone)]
pub struct Credentials(Arc<Inner>);

struct Inner {
    origin: Origin,
    source: CredentialSource,
    /// The token endpoint of the cloud they were made for; they are used with no other.
    made_for: Option<Url>,
    state: Mutex<State>,
    /// Held while a token is being fetched.
    flight: tokio::sync::Mutex<()>,
}

enum Origin {
    Refresh(Box<Refresh>),
    Fixed(SecretString),
    Library(AccessTokenCredentials),
}

struct Refresh {
    http: reqwest::Client,
    token: Url,
    revoke: Url,
    client: OAuthClient,
    /// Changes when the server hands out another one.
    refresh_token: Mutex<SecretString>,
}

#[derive(Default)]
struct State {
    current: Option<Access>,
    /// Fetches that have ended.
    fetches: u64,
    /// Why the last one failed.
    failure: Option<Error>,
}

struct Access {
    token: SecretString,
    // The steady clock stands still while the machine sleeps, the wall clock can be set: the earlier end counts.
    until: Instant,
    until_wall: SystemTime,
    /// When it was fetched, if because its predecessor was not accepted.
    renewed: Option<Instant>,
}

impl Access {
    fn new(token: SecretString, lifetime: Duration, need: Need<'_>) -> Self {
        let now = Instant::now();
        Self {
            token,
            until: now + lifetime,
            until_wall: SystemTime::now() + lifetime,
            renewed: match need {
                Need::Cached => None,
                Need::Renewed | Need::InsteadOf(_) => Some(now),
            },
        }
    }

    fn lasts(&self, time: Duration) -> bool {
        self.lasts_at(Instant::now(), SystemTime::now(), time)
    }

    /// Whether so much time is left by both clocks.
    fn lasts_at(&self, steady: Instant, wall: SystemTime, time: Duration) -> bool {
        self.until > steady + time && self.until_wall > wall + time
    }
}

#[derive(Clone, Copy)]
enum Need<'a> {
    Cached,
    Renewed,
    InsteadOf(&'a SecretString),
}

impl Credentials {
    /// Credentials of an account that signed in earlier.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for unusable endpoints, [`ErrorKind::Local`] if HTTP cannot be set up.
    pub fn from_refresh_token(
        endpoints: &Endpoints,
        client: OAuthClient,
        refresh_token: SecretString,
    ) -> Result<Self, Error> {
        Self::refreshing(endpoints, client, refresh_token, CredentialSource::SignIn)
    }

    /// Credentials of an account that has just signed in; its first access token is used.
    ///
    /// # Errors
    /// As [`Credentials::from_refresh_token`].
    pub fn from_sign_in(
        endpoints: &Endpoints,
        client: OAuthClient,
        signed_in: &SignedIn,
    ) -> Result<Self, Error> {
        let credentials = Self::from_refresh_token(endpoints, client, signed_in.refresh_token.clone())?;
        credentials.state().current =
            Some(Access::new(signed_in.access_token.clone(), signed_in.lifetime, Need::Cached));
        Ok(credentials)
    }

    /// A given access token. It cannot be renewed, and is used with whichever cloud it is given to.
    #[must_use]
    pub fn from_access_token(token: SecretString) -> Self {
        Self::with(Origin::Fixed(token), CredentialSource::AccessToken, None)
    }

    /// The Application Default Credentials that gcloud, or an administrator, has left on this machine: the file
    /// named by `GOOGLE_APPLICATION_CREDENTIALS`, else gcloud's own. They are Google's and work with no local
    /// cloud. Nothing where there is no such file. Reads a small file, so it may block for a moment.
    ///
    /// # Errors
    /// [`ErrorKind::Local`] for a file that cannot be read, [`ErrorKind::Decode`] for one that is broken,
    /// [`ErrorKind::Unsupported`] for a kind that is not supported.
    pub fn from_application_default() -> Result<Option<Self>, Error> {
        application_default::load(&|name| std::env::var_os(name), &Endpoints::google())
    }

    fn refreshing(
        endpoints: &Endpoints,
        client: OAuthClient,
        refresh_token: SecretString,
        source: CredentialSource,
    ) -> Result<Self, Error> {
        endpoints.check()?;
        let refresh = Refresh {
            http: http::client(&endpoints.token)?,
            token: endpoints.token.clone(),
            revoke: endpoints.revoke.clone(),
            client,
            refresh_token: Mutex::new(refresh_token),
        };
        Ok(Self::with(Origin::Refresh(Box::new(refresh)), source, Some(endpoints.token.clone())))
    }

    fn library(credentials: AccessTokenCredentials, endpoints: &Endpoints) -> Self {
        let origin = Origin::Library(credentials);
        Self::with(origin, CredentialSource::ApplicationDefault, Some(endpoints.token.clone()))
    }

    fn with(origin: Origin, source: CredentialSource, made_for: Option<Url>) -> Self {
        Self(Arc::new(Inner {
            origin,
            source,
            made_for,
            state: Mutex::default(),
            flight: tokio::sync::Mutex::default(),
        }))
    }

    /// Where they come from.
    #[must_use]
    pub fn source(&self) -> CredentialSource {
        self.0.source
    }

    /// An access token: from memory, or fetched. Callers that ask at the same time share one request, and its
    /// failure. A token whose renewal fails for a passing reason is used to its end; no failure discards the
    /// refresh token.
    ///
    /// # Errors
    /// [`ErrorKind::SignInNeeded`] when a person has to sign in again, [`ErrorKind::InvalidClient`],
    /// [`ErrorKind::AccountRestricted`] or [`ErrorKind::AdminPolicy`] when that would not help; the kinds of a
    /// failed call otherwise.
    pub async fn access_token(&self, freshness: Freshness) -> Result<SecretString, Error> {
        match freshness {
            Freshness::Cached => self.get(Need::Cached).await,
            Freshness::Renewed => self.get(Need::Renewed).await,
        }
    }

    /// An access token other than `refused`, which a server did not accept. Fetches one only if nobody has done
    /// so since.
    ///
    /// # Errors
    /// As [`Credentials::access_token`].
    pub async fn access_token_instead_of(&self, refused: &SecretString) -> Result<SecretString, Error> {
        self.get(Need::InsteadOf(refused)).await
    }

    /// The refresh token as it stands, to be kept: a server may replace it when it is used. Nothing for other
    /// sources than a sign-in, whose tokens are not ours to keep.
    #[must_use]
    pub fn refresh_token(&self) -> Option<SecretString> {
        match (&self.0.origin, self.0.source) {
            (Origin::Refresh(refresh), CredentialSource::SignIn) => {
                Some(lock(&refresh.refresh_token).clone())
            }
            _ => None,
        }
    }

    /// Ends the sign-in at the server and forgets the access token.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for credentials that are not ours to revoke; the kinds of a failed call.
    pub async fn revoke(&self) -> Result<(), Error> {
        let refused = |text| Err(Error::new(ErrorKind::Unsupported, "revoke the sign-in", text));
        match (&self.0.origin, self.0.source) {
            (Origin::Refresh(refresh), CredentialSource::SignIn) => {
                let token = lock(&refresh.refresh_token).clone();
                oauth::revoke(&refresh.http, &refresh.revoke, &token).await?;
                self.state().current = None;
                Ok(())
            }
            (_, CredentialSource::ApplicationDefault) => {
                refused("these credentials are gcloud's; gcloud auth application-default revoke ends them")
            }
            _ => refused("a given access token ends by itself"),
        }
    }

    /// Refuses to be used with another cloud than they were made for.
    pub(crate) fn check(&self, endpoints: &Endpoints) -> Result<(), Error> {
        match &self.0.made_for {
            Some(token) if token.origin() != endpoints.token.origin() => Err(Error::new(
                ErrorKind::WrongCloud,
                "use the credentials",
                format!(
                    "they are for {} and are not sent to {}",
                    token.origin().ascii_serialization(),
                    endpoints.token.origin().ascii_serialization()
                ),
            )),
            _ => Ok(()),
        }
    }

    async fn get(&self, need: Need<'_>) -> Result<SecretString, Error> {
        if let Origin::Fixed(token) = &self.0.origin {
            return match need {
                Need::Cached => Ok(token.clone()),
                Need::Renewed | Need::InsteadOf(_) => Err(Error::sign_in_needed(
                    "renew the access token",
                    SignInCause::Rejected,
                    "the given access token was not accepted and cannot be renewed",
                )),
            };
        }
        let seen = {
            let state = self.state();
            if let Some(token) = state.enough(need) {
                return Ok(token);
            }
            state.fetches
        };
        let _flight = self.0.flight.lock().await;
        {
            let state = self.state();
            if state.fetches != seen {
                // Somebody's fetch ended while we waited for ours to begin: share what came of it.
                if let Some(failure) = &state.failure {
                    return state.in_spite_of(failure.clone(), need);
                }
                if let Some(access) = &state.current {
                    return Ok(access.token.clone());
                }
            }
        }
        let fetched = self.fetch().await;
        let mut state = self.state();
        state.fetches = state.fetches.wrapping_add(1);
        match fetched {
            Ok((token, lifetime)) => {
                state.failure = None;
                state.current = Some(Access::new(token.clone(), lifetime, need));
                Ok(token)
            }
            Err(failure) => {
                state.failure = Some(failure.clone());
                state.in_spite_of(failure, need)
            }
        }
    }

    async fn fetch(&self) -> Result<(SecretString, Duration), Error> {
        match &self.0.origin {
            Origin::Refresh(refresh) => {
                let token = lock(&refresh.refresh_token).clone();
                let Tokens { access, lifetime, refresh: replaced, .. } =
                    oauth::refresh(&refresh.http, &refresh.token, &refresh.client, &token).await?;
                if let Some(replaced) = replaced {
                    *lock(&refresh.refresh_token) = replaced;
                }
                Ok((access, lifetime))
            }
            // The library keeps and renews its tokens itself and does not tell their lifetime, so that none is
            // kept here for longer than one that must be asked for again at once.
            Origin::Library(library) => {
                let token = library.access_token().await.map_err(|e| {
                    let text = e.to_string();
                    if is_out_of_its_time(&e) {
                        Error::new(ErrorKind::WrongClock, "get an access token", text)
                    } else if e.is_transient() {
                        Error::new(ErrorKind::Unreachable, "get an access token", text)
                    } else {
                        Error::sign_in_needed("get an access token", SignInCause::Rejected, text)
                    }
                })?;
                Ok((SecretString::from(token.token), Duration::ZERO))
            }
            Origin::Fixed(token) => Ok((token.clone(), Duration::ZERO)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0.state)
    }
}

impl State {
    fn enough(&self, need: Need<'_>) -> Option<SecretString> {
        let access = self.current.as_ref().filter(|access| access.lasts(EARLY))?;
        let enough = match need {
            Need::Cached => true,
            Need::Renewed => access.renewed.is_some_and(|at| at.elapsed() < SHARED),
            Need::InsteadOf(refused) => access.token.expose_secret() != refused.expose_secret(),
        };
        enough.then(|| access.token.clone())
    }

    /// What there is although a fetch failed.
    fn in_spite_of(&self, failure: Error, need: Need<'_>) -> Result<SecretString, Error> {
        match (&self.current, need) {
            (Some(access), Need::Cached) if failure.is_transient() && access.lasts(TOO_LATE) => {
                Ok(access.token.clone())
            }
            _ => Err(failure),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("source", &self.0.source).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    #[test]
    fn a_clock_that_is_set_keeps_no_token_beyond_its_time_and_none_from_being_renewed() {
        let access = Access::new(SecretString::from("token"), HOUR, Need::Cached);
        let (steady, wall) = (access.until - HOUR, access.until_wall - HOUR);
        assert!(access.lasts_at(steady, wall, EARLY));
        assert!(!access.lasts_at(steady, wall + 2 * HOUR, EARLY), "set forward, or the machine slept");
        assert!(access.lasts_at(steady, wall - 48 * HOUR, EARLY), "set back, it is as good as it was");
        assert!(!access.lasts_at(steady + HOUR, wall - 48 * HOUR, EARLY), "and its hour ends all the same");
    }
}
