//! What the tests of profiles share.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use adit_contract::{
    HttpRule, InstanceRef, MAIN_WINDOW, Profile, ProfileAction, ProfileForward, ProfileStart, ProfileTarget,
    Protocol, SessionInfo, SessionState, TabColour, TunnelAudience, TunnelPlace, TunnelProtocol,
};

use super::Profiles;
use crate::{
    browser::SystemBrowser,
    clipboard::Without,
    cloud::Cloud,
    config::{Config, Folders},
    keychain::MemoryVault,
    loudspeaker::Mute,
};

/// A home whose profiles are opened as often as there are processes.
pub(super) struct Home(tempfile::TempDir);

impl Home {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn file(&self) -> PathBuf {
        self.path().join("profiles.json")
    }

    pub(super) fn open(&self) -> Profiles {
        Profiles::open(&self.config())
    }

    /// As a command does.
    pub(super) fn peek(&self) -> Profiles {
        Profiles::peek(&self.config())
    }

    fn config(&self) -> Config {
        let path = self.path().to_owned();
        Config {
            folders: Folders {
                settings: path.clone(),
                data: path.clone(),
                run: path.join("run"),
                policy: path.join("policy.json"),
                gcloud_known_hosts: None,
            },
            cloud: Cloud::google().unwrap(),
            demo: adit_contract::Demo::Unavailable,
            vault: Arc::new(MemoryVault::new()),
            browser: Arc::new(SystemBrowser::from_environment()),
            clipboard: Arc::new(Without),
            loudspeaker: Arc::new(Mute),
            printing: crate::printing::here(),
            downloads: None,
            development_origin: None,
            publisher: None,
        }
    }
}

pub(super) fn vm(name: &str) -> InstanceRef {
    InstanceRef { project: "acme-prod".into(), zone: "europe-west1-b".into(), name: name.into() }
}

/// A terminal on whichever VM has its name.
pub(super) fn profile(name: &str) -> Profile {
    Profile {
        name: name.to_owned(),
        folder: Vec::new(),
        target: ProfileTarget::Search { text: "web".to_owned() },
        action: ProfileAction::Ssh,
        account: None,
        settings: BTreeMap::new(),
        start: ProfileStart::ByHand,
        unconfirmed: None,
    }
}

pub(super) fn forward(port: u16) -> ProfileAction {
    ProfileAction::Forward {
        forward: ProfileForward {
            interface: "nic0".to_owned(),
            port,
            protocol: TunnelProtocol::usual(port),
            http: HttpRule::Strict,
            audience: TunnelAudience::User,
            place: TunnelPlace::Steady,
            wait_for_vm: false,
        },
    }
}

pub(super) fn host() -> ProfileTarget {
    ProfileTarget::Host {
        project: "acme-prod".to_owned(),
        region: "europe-west1".to_owned(),
        network: "vpc".to_owned(),
        group: "on-premises".to_owned(),
        host: "mainframe.acme.example".to_owned(),
    }
}

pub(super) fn session(id: &str, of: Option<&str>, state: SessionState) -> SessionInfo {
    SessionInfo {
        id: id.to_owned(),
        protocol: Protocol::Ssh,
        instance: vm("web-1"),
        profile: of.map(str::to_owned),
        window: MAIN_WINDOW.to_owned(),
        name: None,
        colour: TabColour::None,
        desktop: None,
        user: None,
        state,
        notes: Vec::new(),
        attempt: 1,
    }
}
