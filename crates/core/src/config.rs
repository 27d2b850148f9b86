//! What the app is given when it starts: folders, the cloud, the keychain, the browser.

use std::{path::PathBuf, sync::Arc};

use adit_contract::{Failure, FailureCode};

use crate::{
    browser::{Browser, SystemBrowser},
    cloud::Cloud,
    keychain::{MemoryVault, SystemVault, Vault},
};

/// Where small files live. None of them holds a secret.
#[derive(Debug, Clone)]
pub struct Folders {
    /// Settings, and the id of the OAuth client.
    pub settings: PathBuf,
    /// Accounts and known host keys.
    pub data: PathBuf,
    /// Sockets: where the command line finds the running app, and those of tunnels. Private to this user.
    pub run: PathBuf,
    /// gcloud's known host keys, which are read and never written.
    pub gcloud_known_hosts: Option<PathBuf>,
}

impl Folders {
    /// The system's own for this person; `ADIT_HOME` replaces both by one folder.
    ///
    /// # Errors
    /// [`FailureCode::File`] when the system names no home.
    pub fn from_environment() -> Result<Self, Failure> {
        let base = directories::BaseDirs::new();
        let gcloud_known_hosts =
            base.as_ref().map(|base| base.home_dir().join(".ssh").join("google_compute_known_hosts"));
        if let Some(home) = std::env::var_os("ADIT_HOME").filter(|home| !home.is_empty()) {
            let home = PathBuf::from(home);
            let run = home.join("run");
            return Ok(Self { settings: home.clone(), data: home, run, gcloud_known_hosts });
        }
        let ours = directories::ProjectDirs::from("", "", "adit").ok_or_else(|| {
            Failure::new(
                FailureCode::File,
                "This system names no home folder",
                "Set the environment variable ADIT_HOME to a folder of yours.",
            )
        })?;
        Ok(Self {
            settings: ours.config_dir().to_owned(),
            data: ours.data_local_dir().to_owned(),
            run: ours
                .runtime_dir()
                .map_or_else(|| ours.data_local_dir().join("run"), std::path::Path::to_owned),
            gcloud_known_hosts,
        })
    }
}

/// See the module.
#[derive(Clone)]
pub struct Config {
    /// Where small files live.
    pub folders: Folders,
    /// The cloud in use.
    pub cloud: Cloud,
    /// Where secrets live.
    pub vault: Arc<dyn Vault>,
    /// Opens the sign-in page.
    pub browser: Arc<dyn Browser>,
    /// The origin of the front end's development server, where there is one: its pages may attach to terminals.
    pub development_origin: Option<String>,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("folders", &self.folders)
            .field("cloud", &self.cloud)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// The system's own folders, keychain and browser, and the cloud that the environment names
    /// ([`Cloud::from_environment`]). `ADIT_KEYCHAIN=memory` keeps secrets in memory until the process ends.
    ///
    /// # Errors
    /// As [`Cloud::from_environment`] and [`Folders::from_environment`].
    pub async fn from_environment() -> Result<Self, Failure> {
        let vault: Arc<dyn Vault> = match std::env::var("ADIT_KEYCHAIN").as_deref() {
            Ok("memory") => Arc::new(MemoryVault::new()),
            Ok(_) | Err(_) => Arc::new(SystemVault::new("adit")),
        };
        Ok(Self {
            folders: Folders::from_environment()?,
            cloud: Cloud::from_environment().await?,
            vault,
            browser: Arc::new(SystemBrowser::from_environment()),
            // Release builds have no development server, and so no foreign page may name itself one.
            development_origin: cfg!(debug_assertions).then(|| "http://localhost:5173".to_owned()),
        })
    }
}
