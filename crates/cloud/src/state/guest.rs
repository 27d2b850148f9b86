//! What the guest inside an instance knows: its host key and whose keys it accepts.

use std::collections::HashSet;

use jiff::Timestamp;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::ssh_key::{PrivateKey, PublicKey};
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::access::Resource;
use super::{Caller, Items, State};
use crate::landscape::{Announce, Os, User};

/// One instance's guest. Cheap to keep: it reads what it is asked for at that moment.
pub(crate) struct Guest {
    /// The instance's name, which is the guest's host name.
    pub(crate) name: String,
    /// The instance's numeric id.
    pub(crate) id: u64,
    pub(crate) project: String,
    pub(crate) zone: String,
    state: State,
    index: usize,
}

/// How the guest lets users in (guest-access, section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WayIn {
    MetadataKeys,
    OsLogin,
}

impl Guest {
    pub(super) fn new(state: State, index: usize) -> Option<Self> {
        let definition = state.0.landscape.instances.get(index)?;
        let (name, project, zone) =
            (definition.name.clone(), definition.project.clone(), definition.zone.clone());
        let id = state.world().machines.get(index)?.id;
        Some(Self { name, id, project, zone, state, index })
    }

    /// The host's Ed25519 key of this boot.
    pub(crate) fn host_key(&self) -> Option<PrivateKey> {
        let world = self.state.world();
        let seed = &world.machines.get(self.index)?.host_key;
        Some(PrivateKey::from(Ed25519Keypair::from_seed(seed.expose_secret())))
    }

    /// What the guest has written to guest attributes: (key type, base64), nothing where it writes none.
    pub(crate) fn announced_host_keys(&self) -> Vec<(String, String)> {
        let announces = self.definition().is_some_and(|instance| instance.announce_host_key == Announce::Yes);
        if !announces || !self.flag("enable-guest-attributes") {
            return Vec::new();
        }
        let line = self.host_key().and_then(|key| key.public_key().to_openssh().ok());
        let mut words = line.as_deref().unwrap_or_default().split_whitespace();
        match (words.next(), words.next()) {
            (Some(kind), Some(blob)) => vec![(kind.to_owned(), blob.to_owned())],
            (_, None) | (None, Some(_)) => Vec::new(),
        }
    }

    pub(crate) fn way_in(&self) -> WayIn {
        let linux = self.definition().is_some_and(|instance| instance.os != Os::Windows);
        if linux && self.flag("enable-oslogin") { WayIn::OsLogin } else { WayIn::MetadataKeys }
    }

    /// The keys that a user may log in with at this moment. Key options in front of a metadata key are not played.
    pub(crate) fn authorised_keys(&self, user: &str) -> Vec<PublicKey> {
        match self.way_in() {
            WayIn::OsLogin => self.os_login_keys(user),
            WayIn::MetadataKeys => {
                let (instance, project) = self.items();
                metadata_keys(&instance, &project, user, Timestamp::now())
            }
        }
    }

    fn definition(&self) -> Option<&crate::landscape::Instance> {
        self.state.0.landscape.instances.get(self.index)
    }

    /// Metadata of the instance and the project, as far as the guest has picked it up.
    fn items(&self) -> (Items, Items) {
        let mut world = self.state.world();
        let instance =
            world.machines.get_mut(self.index).map(|machine| machine.metadata.seen()).unwrap_or_default();
        let project =
            world.projects.get(&self.project).map(|metadata| metadata.items.clone()).unwrap_or_default();
        (instance, project)
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        let (instance, project) = self.items();
        flag(&instance, key).or_else(|| flag(&project, key)).unwrap_or(false)
    }

    fn os_login_keys(&self, user: &str) -> Vec<PublicKey> {
        // certificates are the only way in where these are demanded
        if self.flag("enable-oslogin-certificates") {
            return Vec::new();
        }
        // the guest asks, wherever its user may be
        let caller = |user: &User| Caller { email: user.email.clone(), place: None };
        let Some(caller) = self.state.os_login_user(user).map(caller) else { return Vec::new() };
        let resource = Resource::Instance { project: &self.project, instance: self.definition() };
        let granted = ["compute.instances.osLogin", "compute.instances.osAdminLogin"]
            .iter()
            .any(|permission| self.state.allows(&caller, permission, resource));
        if !granted {
            return Vec::new();
        }
        let security_keys_only = self.flag("enable-oslogin-sk");
        let keys = self.state.profile_keys(&caller.email);
        keys.iter()
            .filter_map(|line| PublicKey::from_openssh(line).ok())
            .filter(|key| !security_keys_only || key.algorithm().as_str().starts_with("sk-"))
            .collect()
    }
}

pub(super) fn value<'a>(items: &'a Items, key: &str) -> Option<&'a str> {
    items.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

/// Go's boolean rules: anything else counts as unset (guest-access, section 1).
fn flag(items: &Items, key: &str) -> Option<bool> {
    match value(items, key)? {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Which metadata values the guest reads, and which of their lines count for a user (guest-access, section 3).
fn metadata_keys(instance: &Items, project: &Items, user: &str, now: Timestamp) -> Vec<PublicKey> {
    let legacy = value(instance, "sshKeys").filter(|value| !value.is_empty());
    let mut sources = vec![value(instance, "ssh-keys")];
    if legacy.is_some() {
        sources.push(legacy);
    } else if !flag(instance, "block-project-ssh-keys").unwrap_or(false) {
        sources.push(value(project, "ssh-keys"));
        sources.push(value(project, "sshKeys"));
    }
    let mut seen = HashSet::new();
    sources
        .into_iter()
        .flatten()
        .flat_map(str::lines)
        .filter_map(|line| usable(line, user, now))
        .filter(|key| seen.insert(key.to_bytes().unwrap_or_default()))
        .collect()
}

#[derive(Deserialize)]
struct Expiry {
    #[serde(rename = "expireOn")]
    expire_on: String,
}

/// The key of one `USER:[OPTIONS ]TYPE BASE64[ COMMENT]` line, where it is this user's and counts.
fn usable(line: &str, user: &str, now: Timestamp) -> Option<PublicKey> {
    let (name, entry) = line.trim().split_once(':')?;
    if name != user || name.is_empty() || name.contains(char::is_whitespace) {
        return None;
    }
    let entry = entry.trim();
    let mut words = entry.split(' ').skip_while(|word| *word != "google-ssh");
    if words.next().is_some() {
        // JSON that is missing, broken or expired drops the entry whole
        let json = words.collect::<Vec<_>>().join(" ");
        let expiry: Expiry = serde_json::from_str(&json).ok()?;
        if instant(&expiry.expire_on)? <= now {
            return None;
        }
    }
    PublicKey::from_openssh(entry).ok().or_else(|| after_options(entry))
}

fn after_options(entry: &str) -> Option<PublicKey> {
    let words: Vec<&str> = entry.split_whitespace().collect();
    words.windows(2).find_map(|pair| PublicKey::from_openssh(&pair.join(" ")).ok())
}

/// RFC 3339, or the form with an offset without a colon, which old guests demand.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text).ok())
}
