//! OS Login profiles: POSIX accounts and imported keys (guest-access, section 4).

use std::collections::BTreeMap;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::State;
use crate::landscape::{OsLoginKeys, User};

/// Keys that a profile can hold; OS Login has a limit too.
const MOST_KEYS: usize = 128;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) line: String,
    /// Microseconds since 1970.
    pub(crate) expires: Option<i64>,
}

/// Fingerprint to key.
pub(super) type Keys = BTreeMap<String, Key>;

/// What a user's profile holds.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub(crate) email: String,
    pub(crate) username: String,
    pub(crate) uid: u32,
    pub(crate) keys: BTreeMap<String, Key>,
}

/// What became of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Imported {
    Added,
    /// The organisation forbids users to manage keys; nothing was added.
    Ignored,
    /// The profile is full.
    TooMany,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn username(user: &User) -> String {
    if let Some(name) = &user.os_login.username {
        return name.clone();
    }
    // the rule that Google Cloud uses for users of the organisation: the whole address
    let name: String = user
        .email
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .take(32)
        .collect();
    name
}

/// A POSIX user id, the same at every start.
fn uid(email: &str) -> u32 {
    let hash = Sha256::digest(email.to_lowercase().as_bytes());
    let number = hash.iter().take(4).fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
    60_001 + number % 2_000_000_000
}

fn is_current(key: &Key) -> bool {
    key.expires.is_none_or(|expires| expires > Timestamp::now().as_microsecond())
}

impl State {
    pub(super) fn os_login_user(&self, name: &str) -> Option<&User> {
        self.landscape().users.iter().find(|user| username(user) == name)
    }

    /// Unexpired keys of a profile, as OpenSSH lines.
    pub(super) fn profile_keys(&self, email: &str) -> Vec<String> {
        let world = self.world();
        let keys = world.profiles.get(&email.to_lowercase());
        keys.into_iter()
            .flat_map(BTreeMap::values)
            .filter(|key| is_current(key))
            .map(|key| key.line.clone())
            .collect()
    }

    /// A user's profile; `None` before the first import has made one.
    pub(crate) fn profile(&self, email: &str) -> Option<Profile> {
        let user = self.user(email)?;
        let mut world = self.world();
        let keys = world.profiles.get_mut(&user.email.to_lowercase())?;
        keys.retain(|_, key| is_current(key));
        let keys = keys.clone();
        Some(Profile { email: user.email.clone(), username: username(user), uid: uid(&user.email), keys })
    }

    /// Adds a key to a profile, or renews its expiry; `None` for nobody of this landscape.
    pub(crate) fn import_key(&self, email: &str, line: &str, expires: Option<i64>) -> Option<Imported> {
        let user = self.user(email)?;
        let mut world = self.world();
        // the POSIX account is made with the first import, whatever becomes of the key
        let keys = world.profiles.entry(user.email.to_lowercase()).or_default();
        if user.os_login.keys == OsLoginKeys::Ignored {
            return Some(Imported::Ignored);
        }
        keys.retain(|_, key| is_current(key));
        let fingerprint = hex(&Sha256::digest(line.as_bytes()));
        if keys.len() >= MOST_KEYS && !keys.contains_key(&fingerprint) {
            return Some(Imported::TooMany);
        }
        keys.insert(fingerprint, Key { line: line.to_owned(), expires });
        Some(Imported::Added)
    }

    /// Whether there was such a key to take away.
    pub(crate) fn delete_key(&self, email: &str, fingerprint: &str) -> bool {
        let mut world = self.world();
        world.profiles.get_mut(&email.to_lowercase()).is_some_and(|keys| keys.remove(fingerprint).is_some())
    }
}
