//! One account's way to Google: its APIs and the relay, with one set of tokens that a new sign-in replaces in
//! place, so that what is open goes on with the new one.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
};

use adit_contract::Failure;
use adit_google::{Credentials, ErrorKind, Google, Identity};
use adit_tunnel::{DialError, DialErrorKind, Dialer, Freshness, TokenError, TokenSource};
use async_trait::async_trait;
use secrecy::SecretString;
use tokio::sync::{Notify, OnceCell};

use crate::{
    cloud::Cloud,
    explain::Observed,
    failure::{self, Subject},
};

/// See the module. Cheap to clone by its `Arc`.
#[derive(Debug)]
pub struct Access {
    tokens: Arc<Tokens>,
    google: RwLock<Google>,
    dialer: Dialer,
    identity: OnceCell<Identity>,
}

/// The tokens of one account, for the relay.
#[derive(Debug)]
struct Tokens {
    credentials: RwLock<Credentials>,
    /// Where it is told that a person has to sign in, and of which account.
    refusals: OnceLock<(Arc<Refusals>, String)>,
    /// Why the last token could not be had: the relay's errors have no room for it.
    seen: Mutex<Option<Observed>>,
}

/// Accounts whose tokens were refused, whatever wanted one: a session, a tunnel, the gateway or a stream of the
/// command line.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    accounts: Mutex<BTreeSet<String>>,
    told: Notify,
}

impl Refusals {
    fn tell(&self, account: &str) {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).insert(account.to_owned());
        self.told.notify_one();
    }

    /// The next account that has to sign in again. For one listener.
    pub(crate) async fn next(&self) -> String {
        loop {
            let told = self.told.notified();
            let account = self.accounts.lock().unwrap_or_else(PoisonError::into_inner).pop_first();
            if let Some(account) = account {
                return account;
            }
            told.await;
        }
    }
}

impl Tokens {
    fn credentials(&self) -> Credentials {
        self.credentials.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl TokenSource for Tokens {
    async fn access_token(&self, need: Freshness) -> Result<SecretString, TokenError> {
        let need = match need {
            Freshness::Cached => adit_google::Freshness::Cached,
            Freshness::Renewed => adit_google::Freshness::Renewed,
        };
        let token = self.credentials().access_token(need).await;
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) =
            token.as_ref().err().and_then(Observed::of_google);
        let token = token.map_err(|error| {
            let message = failure::google(&error, Subject::Account).title;
            match error.kind {
                ErrorKind::Unreachable
                | ErrorKind::WrongClock
                | ErrorKind::TimedOut
                | ErrorKind::Throttled
                | ErrorKind::Server
                | ErrorKind::Decode
                | ErrorKind::Local => TokenError::Unavailable { message },
                ErrorKind::SignInNeeded
                | ErrorKind::AccessDenied
                | ErrorKind::AccountRestricted
                | ErrorKind::AdminPolicy
                | ErrorKind::ScopeMissing
                | ErrorKind::NoRefreshToken
                | ErrorKind::InvalidClient
                | ErrorKind::PermissionDenied
                | ErrorKind::ApiDisabled
                | ErrorKind::NotFound
                | ErrorKind::Conflict
                | ErrorKind::InvalidRequest
                | ErrorKind::InvalidArgument
                | ErrorKind::OperationFailed
                | ErrorKind::WrongCloud
                | ErrorKind::Unsupported
                | ErrorKind::SignInExpired => TokenError::SignInNeeded { message },
            }
        });
        if let (Err(TokenError::SignInNeeded { .. }), Some((refusals, account))) =
            (&token, self.refusals.get())
        {
            refusals.tell(account);
        }
        token
    }
}

impl Access {
    /// The way with these credentials.
    ///
    /// # Errors
    /// When the credentials belong to another cloud, or an address or certificate authority cannot be used.
    pub fn new(cloud: &Cloud, credentials: Credentials, identity: Option<Identity>) -> Result<Self, Failure> {
        let google = Google::new(cloud.endpoints.clone(), credentials.clone())
            .map_err(|error| failure::google(&error, Subject::Account))?;
        let tokens = Arc::new(Tokens {
            credentials: RwLock::new(credentials),
            refusals: OnceLock::new(),
            seen: Mutex::default(),
        });
        let dialer = Dialer::new(cloud.relay.clone(), tokens.clone())
            .map_err(|error| failure::from_endpoint(&error))?;
        let identity = identity.map_or_else(OnceCell::new, |identity| OnceCell::new_with(Some(identity)));
        Ok(Self { tokens, google: RwLock::new(google), dialer, identity })
    }

    /// The same account has signed in again: everything goes on with the new credentials.
    pub(crate) fn renew(&self, cloud: &Cloud, credentials: Credentials) -> Result<(), Failure> {
        let google = Google::new(cloud.endpoints.clone(), credentials.clone())
            .map_err(|error| failure::google(&error, Subject::Account))?;
        *self.tokens.credentials.write().unwrap_or_else(PoisonError::into_inner) = credentials;
        *self.google.write().unwrap_or_else(PoisonError::into_inner) = google;
        Ok(())
    }

    /// From now on it is told there when this account has to sign in again.
    pub(crate) fn report_to(&self, refusals: &Arc<Refusals>, account: &str) {
        // Once is enough: neither changes while the account is known.
        let _ = self.tokens.refusals.set((refusals.clone(), account.to_owned()));
    }

    /// Google's APIs.
    #[must_use]
    pub fn google(&self) -> Google {
        self.google.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The relay.
    #[must_use]
    pub fn dialer(&self) -> &Dialer {
        &self.dialer
    }

    /// What was seen of a failed dial, down to why there was no token for it.
    #[must_use]
    pub fn observed(&self, error: &DialError) -> Option<Observed> {
        if error.kind == DialErrorKind::SignInNeeded && error.code.is_none() {
            let refusal = self.tokens.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if refusal.is_some() {
                return refusal;
            }
        }
        Observed::of_dial(error)
    }

    /// The credentials in use.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        self.tokens.credentials()
    }

    /// Whom the credentials belong to; asked once where it is not known.
    ///
    /// # Errors
    /// What came of asking.
    pub async fn identity(&self) -> Result<&Identity, Failure> {
        self.identity
            .get_or_try_init(|| async { self.google().identity().await })
            .await
            .map_err(|error| failure::google(&error, Subject::Account))
    }
}
