//! From options and environment to a dialer, and to an account's way to Google.

use std::sync::Arc;

use adit_contract::{Failure, FailureCode};
use adit_core::{Access, Cloud, Config, failure, keychain::Keychain};
use adit_google::Credentials;
use adit_tunnel::{Dialer, RelayEndpoint, Roots};

use crate::{
    arguments::{Access as AccessArguments, Identity},
    token::Given,
};

/// An account, and what belongs to it.
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) access: Arc<Access>,
    pub(crate) config: Config,
    pub(crate) keychain: Arc<Keychain>,
}

/// The account whose token was handed over, or else the one that is signed in to the app.
pub(crate) async fn account(identity: &Identity) -> Result<Account, Failure> {
    let config = Config::from_environment().await?;
    let keychain = Arc::new(Keychain::new(config.vault.clone()));
    if let Some(given) = Given::find(identity.token_file.as_ref()) {
        let token = given.read().await.map_err(|error| {
            Failure::new(
                FailureCode::SignInNeeded,
                error.to_string(),
                "Give a file that holds an access token.",
            )
        })?;
        let access = Arc::new(Access::new(&config.cloud, Credentials::from_access_token(token), None)?);
        // Whoever the token belongs to: its SSH key must not be mixed with that of a signed-in account.
        let email = access.identity().await?.email.clone();
        return Ok(Account { id: format!("token|{email}"), access, config, keychain });
    }
    let (id, access) = adit_core::stored_account(&config, &keychain, None).await?;
    Ok(Account { id, access, config, keychain })
}

/// A dialer for the relay and the identity that were given, or for those that the app uses.
pub(crate) async fn dialer(arguments: &AccessArguments) -> Result<Dialer, Failure> {
    let roots = match &arguments.ca {
        Some(path) => Some(Roots::Pem(tokio::fs::read(path).await.map_err(|error| {
            Failure::new(FailureCode::File, format!("{} cannot be read", path.display()), "")
                .with_server("file", error.to_string())
        })?)),
        None => None,
    };
    let given = Given::find(arguments.identity.token_file.as_ref());
    match (&arguments.relay_url, given) {
        // Relay and token are known: no other Google API is called, and no keychain is opened.
        (Some(url), Some(given)) => {
            let endpoint = RelayEndpoint { url: url.clone(), roots: roots.unwrap_or(Roots::System) };
            Dialer::new(endpoint, Arc::new(given)).map_err(|error| failure::from_endpoint(&error))
        }
        (url, Some(given)) => {
            let endpoint = endpoint(&Cloud::from_environment().await?, url.as_ref(), roots);
            Dialer::new(endpoint, Arc::new(given)).map_err(|error| failure::from_endpoint(&error))
        }
        (None, None) if roots.is_none() => Ok(account(&arguments.identity).await?.access.dialer().clone()),
        (url, None) => {
            let mut config = Config::from_environment().await?;
            config.cloud.relay = endpoint(&config.cloud, url.as_ref(), roots);
            let keychain = Keychain::new(config.vault.clone());
            let (_, access) = adit_core::stored_account(&config, &keychain, None).await?;
            Ok(access.dialer().clone())
        }
    }
}

fn endpoint(cloud: &Cloud, url: Option<&url::Url>, roots: Option<Roots>) -> RelayEndpoint {
    RelayEndpoint {
        url: url.unwrap_or(&cloud.relay.url).clone(),
        roots: roots.unwrap_or_else(|| cloud.relay.roots.clone()),
    }
}
