//! From options and environment to a dialer, and to an account's way to Google.

use std::sync::Arc;

use adit_contract::Failure;
use adit_core::{
    Access, Cloud, Config, RelayRoute, failure,
    keychain::{Keychain, MemoryVault},
};
use adit_google::Credentials;
use adit_tunnel::{Dialer, RelayEndpoint, Roots};

use crate::{
    arguments::{Access as AccessArguments, Identity, Route},
    file,
    token::Given,
};

/// The largest file of certificate authorities, in bytes.
const LARGEST_CA: u64 = 1024 * 1024;

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
    account_of(config, Given::find(identity.token_file.as_ref())).await
}

async fn account_of(mut config: Config, given: Option<Given>) -> Result<Account, Failure> {
    if let Some(given) = given {
        // The system's keychain is not asked: the SSH key that is made lasts as long as this process.
        config.vault = Arc::new(MemoryVault::new());
        let keychain = Arc::new(Keychain::new(config.vault.clone()));
        let token = given.read().await?;
        let access = Arc::new(Access::new(&config.cloud, Credentials::from_access_token(token), None)?);
        // Whoever the token belongs to: its SSH key must not be mixed with that of a signed-in account.
        let email = access.identity().await?.email.clone();
        return Ok(Account { id: format!("token|{email}"), access, config, keychain });
    }
    let keychain = Arc::new(Keychain::new(config.vault.clone()));
    let (id, access) = adit_core::stored_account(&config, &keychain, None).await?;
    Ok(Account { id, access, config, keychain })
}

/// A dialer for the relay and the identity that were given, or for those that the app uses.
pub(crate) async fn dialer(arguments: &AccessArguments) -> Result<Dialer, Failure> {
    let roots = match &arguments.ca {
        Some(path) => Some(Roots::Pem(file::bytes(path, LARGEST_CA).await?)),
        None => None,
    };
    let given = Given::find(arguments.identity.token_file.as_ref());
    if let Some(given) = &given {
        // Known at once, and under its own name, rather than after attempts to dial. Each dial reads it anew.
        drop(given.read().await?);
    }
    match (&arguments.relay_url, given) {
        // Relay and token are known: no other Google API is called, and no keychain is opened.
        (Some(url), Some(given)) => {
            let mut endpoint = RelayEndpoint::new(url.clone(), roots.unwrap_or(Roots::System));
            RelayRoute::from_environment()?.apply(&mut endpoint).await?;
            route(&arguments.route)?.apply(&mut endpoint).await?;
            Dialer::new(endpoint, Arc::new(given)).map_err(|error| failure::from_endpoint(&error))
        }
        (url, Some(given)) => {
            let mut endpoint = endpoint(&Cloud::from_environment().await?, url.as_ref(), roots);
            route(&arguments.route)?.apply(&mut endpoint).await?;
            Dialer::new(endpoint, Arc::new(given)).map_err(|error| failure::from_endpoint(&error))
        }
        (url, None) => {
            let mut config = Config::from_environment().await?;
            config.cloud.relay = endpoint(&config.cloud, url.as_ref(), roots);
            route(&arguments.route)?.apply(&mut config.cloud.relay).await?;
            let keychain = Keychain::new(config.vault.clone());
            let (_, access) = adit_core::stored_account(&config, &keychain, None).await?;
            Ok(access.dialer().clone())
        }
    }
}

/// What the options choose.
fn route(options: &Route) -> Result<RelayRoute, Failure> {
    RelayRoute {
        address: options.relay_address.clone(),
        identity: options.client_certificate.clone().zip(options.client_key.clone()),
        proxy: None,
    }
    .with_proxy("--proxy", options.proxy.as_deref())
}

fn endpoint(cloud: &Cloud, url: Option<&url::Url>, roots: Option<Roots>) -> RelayEndpoint {
    RelayEndpoint {
        url: url.unwrap_or(&cloud.relay.url).clone(),
        roots: roots.unwrap_or_else(|| cloud.relay.roots.clone()),
        ..cloud.relay.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use adit_cloud::{Landscape, Options};
    use adit_contract::FailureCode;
    use adit_core::{
        Folders,
        browser::SystemBrowser,
        keychain::{Vault, VaultError},
    };
    use async_trait::async_trait;
    use secrecy::SecretString;

    use super::{AccessArguments, Arc, Cloud, Config, Given, Identity, Route, account_of, dialer};

    /// Counts how often it is opened.
    #[derive(Default)]
    struct Counted(AtomicUsize);

    impl Counted {
        fn opened<T>(&self) -> Result<T, VaultError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Err(VaultError::Absent)
        }
    }

    #[async_trait]
    impl Vault for Counted {
        async fn get(&self, _entry: &str) -> Result<Option<SecretString>, VaultError> {
            self.opened()
        }

        async fn set(&self, _entry: &str, _secret: &SecretString) -> Result<(), VaultError> {
            self.opened()
        }

        async fn delete(&self, _entry: &str) -> Result<(), VaultError> {
            self.opened()
        }
    }

    #[tokio::test]
    async fn a_given_token_leaves_the_keychain_alone() {
        let landscape = Landscape::demo().expect("the demo landscape is right");
        let cloud = adit_cloud::Cloud::start(Options::new(landscape)).await.expect("a cloud");
        let home = tempfile::tempdir().expect("a folder");
        let vault = Arc::new(Counted::default());
        let config = Config {
            folders: Folders {
                settings: home.path().to_owned(),
                data: home.path().to_owned(),
                run: home.path().join("run"),
                policy: home.path().join("policy.json"),
                gcloud_known_hosts: None,
            },
            cloud: Cloud::local(&cloud.url().parse().expect("an address")).await.expect("it answers"),
            demo: adit_contract::Demo::Unavailable,
            vault: vault.clone(),
            browser: Arc::new(SystemBrowser::default()),
            clipboard: Arc::new(adit_core::clipboard::Without),
            loudspeaker: Arc::new(adit_core::loudspeaker::Mute),
            printing: adit_core::printing::here(),
            downloads: None,
            development_origin: None,
            publisher: None,
        };
        let given = Given::Environment(SecretString::from(cloud.token()));
        let account = account_of(config.clone(), Some(given)).await.expect("an account");
        assert!(account.id.starts_with("token|"), "{}", account.id);
        // What `adit ssh` does with its key.
        account.keychain.set("ssh-key|x|y", &SecretString::from("key")).await;
        assert!(account.keychain.get("ssh-key|x|y").await.is_some());
        assert!(account.config.vault.get("x").await.expect("it lives in memory").is_none());
        assert_eq!(vault.0.load(Ordering::Relaxed), 0);

        // Without a token it is the keychain that is asked.
        let failure = account_of(config, None).await.err().expect("nobody is signed in");
        assert_eq!(failure.code, FailureCode::SignInNeeded);
        cloud.stop().await;
    }

    #[tokio::test]
    async fn a_token_file_that_gives_none_is_named_before_anything_is_dialled() {
        let folder = tempfile::tempdir().expect("a folder");
        let empty = folder.path().join("empty");
        std::fs::write(&empty, "\n").expect("written");
        for path in [folder.path().join("absent"), folder.path().to_owned(), empty] {
            let arguments = AccessArguments {
                relay_url: Some("wss://127.0.0.1:9/v4".parse().expect("an address")),
                ca: None,
                route: Route::default(),
                identity: Identity { token_file: Some(path.clone()) },
            };
            let failure = dialer(&arguments).await.expect_err("no token");
            assert_eq!(failure.code, FailureCode::File);
            assert!(failure.title.starts_with(&path.display().to_string()), "{}", failure.title);
        }
    }
}
