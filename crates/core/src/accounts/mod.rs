//! The accounts that signed in to the cloud in use.

mod sign_in;
mod store;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use adit_contract::{AccountInfo, AccountSource, AccountState, Failure};
use adit_google::{Credentials, Identity, OAuthClient};
use secrecy::ExposeSecret as _;

use self::store::{Record, Store};
use crate::{
    access::{Access, Refusals},
    cloud::Cloud,
    config::Folders,
    failure::{self, Subject},
    file,
    keychain::Keychain,
    words,
};

pub(crate) use self::{
    sign_in::{SignIn, by_application_default, in_browser},
    store::RememberedClient,
};

/// The client id that stands for gcloud's own credentials.
const APPLICATION_DEFAULT: &str = "application-default";

/// All accounts of the cloud in use, in the order in which they signed in.
#[derive(Debug)]
pub(crate) struct Accounts {
    cloud: Cloud,
    store: Store,
    all: Mutex<Vec<Account>>,
    /// Where each account's access tells that a person has to sign in.
    refusals: Arc<Refusals>,
}

/// An account that has signed in.
#[derive(Debug)]
pub(crate) struct Added {
    pub(crate) id: String,
    /// Why it will not be there after the next start: it could not be written down.
    pub(crate) unkept: Option<Failure>,
}

/// One account.
#[derive(Debug, Clone)]
struct Account {
    record: Record,
    /// Nothing when only a new sign-in helps.
    access: Option<Arc<Access>>,
    state: AccountState,
}

impl Account {
    fn info(&self) -> AccountInfo {
        AccountInfo {
            id: self.record.id.clone(),
            email: self.record.email.clone(),
            source: self.record.source,
            state: self.state,
        }
    }
}

impl Accounts {
    /// Reads the list of accounts and takes their credentials from the keychain. What is wrong with the list
    /// is told beside it.
    pub(crate) async fn load(
        cloud: Cloud,
        folders: &Folders,
        keychain: &Keychain,
    ) -> (Self, Option<Failure>) {
        let store = Store::new(&folders.data);
        let (records, trouble) = store.load(&cloud.id).await;
        let remembered = RememberedClient::load(&folders.settings, &cloud, keychain).await;
        let refusals = Arc::<Refusals>::default();
        let mut all = Vec::with_capacity(records.len());
        for record in records {
            let access = open(&cloud, &record, remembered.as_ref(), keychain).await;
            if let Some(access) = &access {
                access.report_to(&refusals, &record.id);
            }
            let state = if access.is_some() { AccountState::Ready } else { AccountState::SignInNeeded };
            all.push(Account { record, access, state });
        }
        (Self { cloud, store, all: Mutex::new(all), refusals }, trouble)
    }

    fn all(&self) -> MutexGuard<'_, Vec<Account>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn infos(&self) -> Vec<AccountInfo> {
        self.all().iter().map(Account::info).collect()
    }

    /// The accounts that can be used.
    pub(crate) fn ready(&self) -> Vec<(String, Arc<Access>)> {
        self.all()
            .iter()
            .filter(|account| account.state == AccountState::Ready)
            .filter_map(|account| Some((account.record.id.clone(), account.access.clone()?)))
            .collect()
    }

    /// One account's access, whether or not it has to sign in again.
    pub(crate) fn known(&self, id: &str) -> Option<(String, Arc<Access>)> {
        let all = self.all();
        let account = all.iter().find(|account| account.record.id == id)?;
        Some((account.record.id.clone(), account.access.clone()?))
    }

    /// One account's access, or the first one's that can be used.
    pub(crate) fn access(&self, id: Option<&str>) -> Result<(String, Arc<Access>), Failure> {
        let ready = self.ready();
        let wanted = id.and_then(|id| ready.iter().find(|(known, _)| known == id));
        wanted.or_else(|| ready.first()).cloned().ok_or_else(words::accounts::nobody)
    }

    /// The access of the account with this e-mail address.
    ///
    /// # Errors
    /// [`FailureCode::SignInNeeded`](adit_contract::FailureCode::SignInNeeded) when it is not signed in.
    pub(crate) fn access_of(&self, email: &str) -> Result<(String, Arc<Access>), Failure> {
        let all = self.all();
        let its = all.iter().filter(|account| account.record.email.eq_ignore_ascii_case(email));
        let mut ready = its.filter(|account| account.state == AccountState::Ready);
        let access = ready.find_map(|account| Some((account.record.id.clone(), account.access.clone()?)));
        access.ok_or_else(|| words::accounts::not_signed_in(email))
    }

    /// The e-mail address of an account that has to sign in again, to offer it on the page.
    pub(crate) fn hint(&self) -> Option<String> {
        let all = self.all();
        let account = all.iter().find(|account| account.state == AccountState::SignInNeeded)?;
        (account.record.source == AccountSource::Browser).then(|| account.record.email.clone())
    }

    /// Marks an account after a call said that its credentials are no longer good; `false` when it was known.
    pub(crate) fn needs_sign_in(&self, id: &str) -> bool {
        self.all().iter_mut().find(|account| account.record.id == id).is_some_and(|account| {
            std::mem::replace(&mut account.state, AccountState::SignInNeeded) != AccountState::SignInNeeded
        })
    }

    /// Adds an account that has just signed in, or renews the credentials of one that is known.
    pub(crate) async fn add(
        &self,
        identity: Identity,
        credentials: Credentials,
        client: Option<&OAuthClient>,
        keychain: &Keychain,
    ) -> Result<Added, Failure> {
        let source =
            if client.is_some() { AccountSource::Browser } else { AccountSource::ApplicationDefault };
        let client = client.map_or(APPLICATION_DEFAULT, |client| client.id.as_str());
        let id = format!("{}|{}|{client}", self.cloud.endpoints.issuer(), identity.sub);
        let record = Record {
            id: id.clone(),
            cloud: self.cloud.id.clone(),
            email: identity.email.clone(),
            sub: identity.sub.clone(),
            source,
            client: client.to_owned(),
        };
        if let Some(token) = credentials.refresh_token() {
            keychain.set(&self.cloud.entry("refresh-token", &id), &token).await;
        }
        let known = self.all().iter().find(|account| account.record.id == id).and_then(|a| a.access.clone());
        let access = match known {
            Some(access) => {
                access.renew(&self.cloud, credentials)?;
                access
            }
            None => {
                let access = Arc::new(Access::new(&self.cloud, credentials, Some(identity))?);
                access.report_to(&self.refusals, &id);
                access
            }
        };
        {
            let mut all = self.all();
            let account =
                Account { record: record.clone(), access: Some(access.clone()), state: AccountState::Ready };
            match all.iter_mut().find(|account| account.record.id == id) {
                Some(known) => *known = account,
                None => all.push(account),
            }
        }
        // What waited for it goes on.
        access.dialer().signed_in();
        Ok(Added { id, unkept: self.store.add(record).await.err() })
    }

    /// Whether it has signed in here, and has not signed out since.
    pub(crate) fn knows(&self, id: &str) -> bool {
        self.all().iter().any(|account| account.record.id == id)
    }

    /// The next account whose tokens were refused. For one listener.
    pub(crate) async fn refused(&self) -> String {
        self.refusals.next().await
    }

    /// Removes an account: ends what runs on its behalf, revokes its credentials at the server and deletes them here.
    /// What is here is deleted even if the server cannot be reached.
    pub(crate) async fn remove(&self, id: &str, keychain: &Keychain) -> Result<(), Failure> {
        let removed = {
            let mut all = self.all();
            let at = all
                .iter()
                .position(|account| account.record.id == id)
                .ok_or_else(words::accounts::unknown)?;
            all.remove(at)
        };
        if let Some(access) = &removed.access {
            access.dialer().abort();
        }
        if let (Some(access), AccountSource::Browser) = (&removed.access, removed.record.source)
            && let Err(error) = access.credentials().revoke().await
        {
            tracing::warn!(kind = ?error.kind, "the sign-in could not be revoked at the server");
        }
        for kind in ["refresh-token", "ssh-key"] {
            if let Err(error) = keychain.delete(&self.cloud.entry(kind, id)).await {
                tracing::warn!(%error, kind, "an entry of the keychain could not be deleted");
            }
        }
        self.store.remove(id, &self.cloud.id).await
    }

    /// Keeps refresh tokens that the server has replaced meanwhile.
    pub(crate) async fn keep_replaced_tokens(&self, keychain: &Keychain) {
        for (id, access) in self.ready() {
            let Some(token) = access.credentials().refresh_token() else { continue };
            let entry = self.cloud.entry("refresh-token", &id);
            let kept = keychain.get(&entry).await;
            // Signed out meanwhile: nothing of the account may come back.
            let listed = self.ready().iter().any(|(ready, _)| *ready == id);
            if listed && kept.is_none_or(|kept| kept.expose_secret() != token.expose_secret()) {
                keychain.set(&entry, &token).await;
            }
        }
    }
}

/// The way to Google of a stored account; nothing when its credentials are gone.
async fn open(
    cloud: &Cloud,
    record: &Record,
    remembered: Option<&OAuthClient>,
    keychain: &Keychain,
) -> Option<Arc<Access>> {
    let credentials = match record.source {
        AccountSource::Browser => {
            let token = keychain.get(&cloud.entry("refresh-token", &record.id)).await?;
            let client = [Some(&OAuthClient::local_cloud()), remembered]
                .into_iter()
                .flatten()
                .find(|client| client.id == record.client)?
                .clone();
            Credentials::from_refresh_token(&cloud.endpoints, client, token)
        }
        AccountSource::ApplicationDefault => application_default().await.transpose()?,
    };
    let identity = Identity { sub: record.sub.clone(), email: record.email.clone(), hosted_domain: None };
    let access = credentials
        .map_err(|error| failure::google(&error, Subject::Account))
        .and_then(|credentials| Access::new(cloud, credentials, Some(identity)));
    match access {
        Ok(access) => Some(Arc::new(access)),
        Err(failure) => {
            tracing::warn!(code = ?failure.code, "a stored account cannot be used");
            None
        }
    }
}

/// gcloud's own credentials, where there are any.
pub(crate) async fn application_default() -> Result<Option<Credentials>, adit_google::Error> {
    let read = file::blocking(|| Ok(Credentials::from_application_default())).await;
    read.unwrap_or(Ok(None))
}

/// The way to Google of the first stored account that can be used, or of the one with this e-mail address:
/// for a process without a window.
///
/// # Errors
/// [`FailureCode::SignInNeeded`](adit_contract::FailureCode::SignInNeeded) when there is none.
pub async fn stored(
    config: &crate::Config,
    keychain: &Keychain,
    email: Option<&str>,
) -> Result<(String, Arc<Access>), Failure> {
    let (accounts, _) = Accounts::load(config.cloud.clone(), &config.folders, keychain).await;
    let ready = accounts.ready();
    let wanted = accounts.infos().into_iter().find(|info| {
        email.is_none_or(|email| info.email == email) && ready.iter().any(|(id, _)| *id == info.id)
    });
    wanted
        .and_then(|info| ready.into_iter().find(|(id, _)| *id == info.id))
        .ok_or_else(|| words::accounts::nobody_in(&config.cloud.name))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
