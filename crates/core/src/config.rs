//! What the app is given when it starts: folders, the cloud, the keychain, the browser.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use adit_contract::{Demo, Failure};

use crate::{
    browser::{Browser, SystemBrowser},
    clipboard::{SystemClipboard, Without},
    cloud::Cloud,
    keychain::{MemoryVault, SystemVault, Vault},
    loudspeaker::{Loudspeaker, Mute},
    printing::{self, Printing},
    settings,
    updates::Publisher,
    words,
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
    /// The file of the organisation's policy, which is read and never written.
    pub policy: PathBuf,
    /// gcloud's known host keys, which are read and never written.
    pub gcloud_known_hosts: Option<PathBuf>,
}

impl Folders {
    /// The system's own for this person; `ADIT_HOME` replaces all but the policy by one folder.
    ///
    /// # Errors
    /// [`FailureCode::File`](adit_contract::FailureCode::File) when the system names no home.
    pub fn from_environment() -> Result<Self, Failure> {
        // Not one of this person's: no variable leads round it.
        let policy = settings::system_path();
        let base = directories::BaseDirs::new();
        let gcloud_known_hosts =
            base.as_ref().map(|base| base.home_dir().join(".ssh").join("google_compute_known_hosts"));
        if let Some(home) = std::env::var_os("ADIT_HOME").filter(|home| !home.is_empty()) {
            let home = PathBuf::from(home);
            let run = home.join("run");
            return Ok(Self { settings: home.clone(), data: home, run, policy, gcloud_known_hosts });
        }
        let ours = directories::ProjectDirs::from("", "", "adit").ok_or_else(words::cloud::no_home)?;
        Ok(Self {
            settings: ours.config_dir().to_owned(),
            data: ours.data_local_dir().to_owned(),
            run: ours.runtime_dir().map_or_else(|| ours.data_local_dir().join("run"), Path::to_owned),
            policy,
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
    /// Whether this is the demo, or the front end may offer it.
    pub demo: Demo,
    /// Where secrets live.
    pub vault: Arc<dyn Vault>,
    /// Opens the sign-in page.
    pub browser: Arc<dyn Browser>,
    /// The clipboard that desktops may share.
    pub clipboard: Arc<dyn SystemClipboard>,
    /// What plays the sound of desktops.
    pub loudspeaker: Arc<dyn Loudspeaker>,
    /// The printers that desktops may print on.
    pub printing: Arc<dyn Printing>,
    /// Where files that were copied on a desktop are saved; none where the system names no such folder.
    pub downloads: Option<PathBuf>,
    /// The origin of the front end's development server, where there is one: its pages may attach to sessions.
    pub development_origin: Option<String>,
    /// Whom to ask for newer versions; none where whatever installed the app brings them.
    pub publisher: Option<Publisher>,
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
            demo: Demo::Unavailable,
            vault,
            browser: Arc::new(SystemBrowser::from_environment()),
            // A window brings them.
            clipboard: Arc::new(Without),
            loudspeaker: Arc::new(Mute),
            printing: printing::here(),
            downloads: downloads(),
            // Release builds have no development server, and so no foreign page may name itself one.
            development_origin: cfg!(debug_assertions).then(|| "http://localhost:5173".to_owned()),
            // Whoever can install one brings it.
            publisher: None,
        })
    }

    /// For the demo: its cloud at `url`, files in `home`, secrets in memory. The organisation's policy holds there as well;
    /// nothing else of this person's is read or written.
    ///
    /// # Errors
    /// As [`Cloud::local`].
    pub async fn demo(url: &url::Url, home: &Path) -> Result<Self, Failure> {
        Ok(Self {
            folders: Folders {
                settings: home.to_owned(),
                data: home.to_owned(),
                run: home.join("run"),
                policy: settings::system_path(),
                gcloud_known_hosts: None,
            },
            cloud: Cloud::local(url).await?,
            demo: Demo::Running,
            vault: Arc::new(MemoryVault::new()),
            browser: Arc::new(SystemBrowser::from_environment()),
            // A window brings them.
            clipboard: Arc::new(Without),
            loudspeaker: Arc::new(Mute),
            printing: printing::here(),
            downloads: Some(home.join("Downloads")),
            development_origin: cfg!(debug_assertions).then(|| "http://localhost:5173".to_owned()),
            // The demo is no other version of the app: that one asks.
            publisher: None,
        })
    }
}

/// The folder for downloads. An app with a home of its own has one there.
fn downloads() -> Option<PathBuf> {
    if let Some(home) = std::env::var_os("ADIT_HOME").filter(|home| !home.is_empty()) {
        return Some(PathBuf::from(home).join("Downloads"));
    }
    let folders = directories::UserDirs::new()?;
    // Where no folder is chosen for them, the usual one is made.
    Some(folders.download_dir().map_or_else(|| folders.home_dir().join("Downloads"), Path::to_owned))
}

#[cfg(test)]
impl Config {
    /// One that keeps everything in this folder, or in memory.
    pub(crate) fn for_tests(folder: &Path) -> Self {
        Self {
            folders: Folders {
                settings: folder.to_owned(),
                data: folder.to_owned(),
                run: folder.join("run"),
                policy: folder.join("policy.json"),
                gcloud_known_hosts: None,
            },
            cloud: Cloud::google().unwrap(),
            demo: Demo::Unavailable,
            vault: Arc::new(MemoryVault::new()),
            browser: Arc::new(SystemBrowser::from_environment()),
            clipboard: Arc::new(Without),
            loudspeaker: Arc::new(Mute),
            printing: printing::here(),
            downloads: None,
            development_origin: None,
            publisher: None,
        }
    }
}
