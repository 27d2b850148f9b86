//! The metadata value `ssh-keys`: reading, merging and writing it (specification: guest access, section 3).

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::valid_user_name;

/// The metadata key that is written. Never the legacy `sshKeys`.
pub const SSH_KEYS: &str = "ssh-keys";

/// Longest metadata value, in bytes.
pub const MAX_VALUE: usize = 262_144;

/// Longest e-mail address that is written, in bytes.
const MAX_EMAIL: usize = 320;

/// The word that marks an expiring entry.
const GOOGLE_SSH: &str = "google-ssh";

/// Why an entry cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The user name is not one that is written to metadata.
    #[error("the user name cannot be used on the VM")]
    UserName,
    /// The e-mail address is empty, too long, or has white space or control characters in it.
    #[error("the e-mail address cannot be written to the VM's metadata")]
    Email,
    /// The public key is not exactly `TYPE BASE64`.
    #[error("the public key is malformed")]
    Key,
    /// The expiry is beyond what can be written.
    #[error("the expiry is out of range")]
    Expiry,
    /// The value would be larger than [`MAX_VALUE`], even without the expired entries.
    #[error(
        "the metadata value ssh-keys would have {bytes} bytes, {over} more than the {MAX_VALUE} allowed; \
         {others} bytes of it are other entries that have not expired", over = bytes.saturating_sub(MAX_VALUE)
    )]
    TooLarge {
        /// The bytes that the value would have.
        bytes: usize,
        /// The bytes of the entries, not ours, that may not be dropped.
        others: usize,
    },
}

/// How long an entry is valid: 5 minutes to 30 days, 24 hours by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(Duration);

impl Lifetime {
    /// The shortest lifetime.
    pub const MIN: Lifetime = Lifetime(Duration::from_secs(5 * 60));
    /// The longest lifetime.
    pub const MAX: Lifetime = Lifetime(Duration::from_secs(30 * 24 * 60 * 60));

    /// A lifetime, brought within [`Lifetime::MIN`] and [`Lifetime::MAX`].
    pub fn new(duration: Duration) -> Self {
        Lifetime(duration.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// The duration.
    pub fn duration(self) -> Duration {
        self.0
    }

    /// An entry is renewed when less than this is left of it: a quarter of its life.
    pub fn renewal(self) -> Duration {
        self.0 / 4
    }
}

impl Default for Lifetime {
    fn default() -> Self {
        Lifetime(Duration::from_secs(24 * 60 * 60))
    }
}

/// The entry that lets our key in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    user: String,
    email: String,
    key: String,
    lifetime: Lifetime,
}

impl Entry {
    /// An entry for `user` with the key `public_line` (`TYPE BASE64`), marked with the account's e-mail address.
    pub fn new(user: &str, email: &str, public_line: &str, lifetime: Lifetime) -> Result<Self, EntryError> {
        if !valid_user_name(user) {
            return Err(EntryError::UserName);
        }
        if email.is_empty()
            || email.len() > MAX_EMAIL
            || email.chars().any(|c| c.is_whitespace() || c.is_control())
        {
            return Err(EntryError::Email);
        }
        let graphic = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic());
        match public_line.split_once(' ') {
            Some((kind, base64)) if graphic(kind) && graphic(base64) => {}
            _ => return Err(EntryError::Key),
        }
        Ok(Self { user: user.to_owned(), email: email.to_owned(), key: public_line.to_owned(), lifetime })
    }

    fn line(&self, expires: Timestamp) -> Result<String, EntryError> {
        let marker = Marker { user_name: &self.email, expire_on: expire_on(expires) };
        let json = serde_json::to_string(&marker).map_err(|_| EntryError::Email)?;
        Ok(format!("{}:{} {GOOGLE_SSH} {json}", self.user, self.key))
    }
}

/// The compact JSON of an expiring entry, in the only order that the console's editor takes.
#[derive(Serialize)]
struct Marker<'a> {
    #[serde(rename = "userName")]
    user_name: &'a str,
    #[serde(rename = "expireOn")]
    expire_on: String,
}

/// `YYYY-MM-DDThh:mm:ss+0000`: the one form that old guests read too.
pub fn expire_on(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

/// What has to be done so that our entry is in a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge {
    /// It is there with enough life left; nothing is to be written.
    Present {
        /// When it expires; none if never.
        expires: Option<Timestamp>,
    },
    /// This value is to be written.
    Write {
        /// The whole value.
        value: String,
        /// When our entry in it expires, in whole seconds.
        expires: Timestamp,
    },
}

/// Brings `entry` into the value `current`: drops expired entries (ours and others'), never an unexpired one
/// of anyone else, renews ours when less than a quarter of its life is left, and leaves every other line as
/// it is, byte for byte.
pub fn merge(current: Option<&str>, entry: &Entry, now: Timestamp) -> Result<Merge, EntryError> {
    let mut kept: Vec<&str> = Vec::new();
    let mut ours: Option<Option<Timestamp>> = None;
    for raw in current.unwrap_or_default().split('\n') {
        let line = Line::parse(raw);
        let expired = matches!(line.expiry, Expiry::At(at) if at < now);
        if line.is_of(entry) {
            match line.expiry {
                Expiry::Never => ours = Some(None),
                // where both are there, the entry that never expires is the one that counts
                Expiry::At(at) if !expired && ours != Some(None) => ours = ours.max(Some(Some(at))),
                Expiry::At(_) => {}
                // the guest drops it whole; ours or not, it is no use to anyone, but not provably expired
                Expiry::Broken => kept.push(raw),
            }
        } else if !expired {
            kept.push(raw);
        }
    }
    match ours {
        Some(None) => return Ok(Merge::Present { expires: None }),
        Some(Some(at)) if !nearly_over(at, entry.lifetime, now) => {
            return Ok(Merge::Present { expires: Some(at) });
        }
        Some(Some(_)) | None => {}
    }
    // the empty piece behind a final line feed would become an empty line in the middle
    if kept.last().is_some_and(|raw| raw.is_empty()) {
        kept.pop();
    }
    let expires = now.checked_add(entry.lifetime.0).map_err(|_| EntryError::Expiry)?;
    let expires = Timestamp::from_second(expires.as_second()).map_err(|_| EntryError::Expiry)?;
    let line = entry.line(expires)?;
    kept.push(&line);
    let value = kept.join("\n");
    if value.len() > MAX_VALUE {
        let others = value.len().saturating_sub(line.len()).saturating_sub(1);
        return Err(EntryError::TooLarge { bytes: value.len(), others });
    }
    Ok(Merge::Write { value, expires })
}

/// What has to be done with an instance's metadata so that our entry is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Nothing is to be written.
    Present {
        /// When our entry expires; none if never.
        expires: Option<Timestamp>,
    },
    /// All of these items are to be written, with the fingerprint that was read with the current ones.
    Write {
        /// All items (key, value), the current ones in their order.
        items: Vec<(String, String)>,
        /// When our entry expires.
        expires: Timestamp,
    },
}

/// [`merge`] for the whole of an instance's metadata items: the others are passed on as they are, a legacy
/// `sshKeys` among them.
pub fn plan<'a>(
    items: impl IntoIterator<Item = (&'a str, &'a str)>,
    entry: &Entry,
    now: Timestamp,
) -> Result<Plan, EntryError> {
    let mut items: Vec<(String, String)> =
        items.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let current = items.iter_mut().find(|(key, _)| key == SSH_KEYS);
    match merge(current.as_ref().map(|(_, value)| value.as_str()), entry, now)? {
        Merge::Present { expires } => Ok(Plan::Present { expires }),
        Merge::Write { value, expires } => {
            match current {
                Some((_, current)) => *current = value,
                None => items.push((SSH_KEYS.to_owned(), value)),
            }
            Ok(Plan::Write { items, expires })
        }
    }
}

fn nearly_over(expires: Timestamp, lifetime: Lifetime, now: Timestamp) -> bool {
    let left = expires.duration_since(now);
    Duration::try_from(left).map_or(true, |left| left < lifetime.renewal())
}

/// One line of the value, as far as it must be understood.
struct Line<'a> {
    user: &'a str,
    /// `TYPE BASE64`; empty where the line has not even that.
    key: &'a str,
    expiry: Expiry,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expiry {
    /// Not an expiring entry (or no entry at all).
    Never,
    At(Timestamp),
    /// A `google-ssh` entry without a readable expiry: the guest ignores it.
    Broken,
}

impl<'a> Line<'a> {
    fn parse(raw: &'a str) -> Self {
        let line = raw.trim_matches([' ', '\r']);
        let (user, rest) = line.split_once(':').unwrap_or(("", ""));
        let mut gaps = rest.match_indices(' ').map(|(at, _)| at);
        let key_end = gaps.nth(1).unwrap_or(rest.len());
        let (key, comment) = rest.split_at_checked(key_end).unwrap_or((rest, ""));
        let expiry = match comment.strip_prefix(' ').and_then(|c| c.strip_prefix(GOOGLE_SSH)) {
            Some("") => Expiry::Broken,
            Some(json) if json.starts_with(' ') => read_expiry(json).map_or(Expiry::Broken, Expiry::At),
            Some(_) | None => Expiry::Never,
        };
        Self { user, key, expiry }
    }

    fn is_of(&self, entry: &Entry) -> bool {
        self.user == entry.user && self.key == entry.key
    }
}

#[derive(Deserialize)]
struct ReadMarker<'a> {
    #[serde(rename = "expireOn", borrow)]
    expire_on: std::borrow::Cow<'a, str>,
}

fn read_expiry(json: &str) -> Option<Timestamp> {
    let marker: ReadMarker<'_> = serde_json::from_str(json).ok()?;
    // RFC 3339, or the form that old guests read
    marker
        .expire_on
        .parse()
        .or_else(|_| Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", marker.expire_on.as_bytes()))
        .ok()
}

#[cfg(test)]
#[path = "metadata_keys_tests.rs"]
mod tests;
