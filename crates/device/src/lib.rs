//! What this computer can tell about itself, for the explanation of a denied connection: the facts that access levels
//! ask for, each with how it was found.
//!
//! Google decides by what its device inventory holds, so each fact is found in the way that Endpoint Verification and
//! Chrome find it for that inventory, where an unprivileged program can. What cannot be told is unknown, never guessed.
//! Nothing here asks for privileges, writes, or takes longer than [`LIMIT`].
//!
//! The modules of all three systems are compiled on each, so that their parsers are tested on each; only `here` knows
//! on which one it runs.

mod here;
mod keyboard;
mod linux;
mod macos;
mod probe;
#[cfg(test)]
mod recorded;
mod windows;

pub use keyboard::keyboard_layout;

use std::time::Duration;

use serde::Serialize;

/// Longest that one look at the system takes. All are taken at the same time.
pub const LIMIT: Duration = Duration::from_secs(2);

/// Facts about this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// Which system it runs.
    pub os_type: Fact<OsType>,
    /// Version of the system: `10.0.19045` (Windows), `14.5.0` (macOS), `24.04` (a distribution), or the kernel's where
    /// a Linux distribution has no versions.
    pub os_version: Fact<String>,
    /// Whether a password is needed to come back to an idle screen.
    pub screen_lock: Fact<bool>,
    /// Whether the system's disk is encrypted.
    pub encryption: Fact<Encryption>,
    /// Who manages it; empty if it is known that nobody does.
    pub management: Fact<Vec<Management>>,
}

/// A fact, or that it is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fact<T> {
    /// The fact; `None` if it is unknown.
    pub value: Option<T>,
    /// How it was found, or why it could not be, in a few words for people.
    pub how: String,
}

impl<T> Fact<T> {
    pub(crate) fn known(value: T, how: impl Into<String>) -> Self {
        Self { value: Some(value), how: how.into() }
    }

    pub(crate) fn unknown(why: impl Into<String>) -> Self {
        Self { value: None, how: why.into() }
    }

    /// A fact from what a source said, which may have been something else than expected.
    pub(crate) fn from(value: Option<T>, source: &str) -> Self {
        match value {
            Some(value) => Self::known(value, source),
            None => Self::unknown(format!("{source} does not tell")),
        }
    }
}

/// Kinds of systems, by Access Context Manager's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum OsType {
    /// macOS.
    #[serde(rename = "DESKTOP_MAC")]
    Mac,
    /// Windows.
    #[serde(rename = "DESKTOP_WINDOWS")]
    Windows,
    /// Linux.
    #[serde(rename = "DESKTOP_LINUX")]
    Linux,
    /// ChromeOS.
    #[serde(rename = "DESKTOP_CHROME_OS")]
    ChromeOs,
}

impl OsType {
    /// Access Context Manager's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mac => "DESKTOP_MAC",
            Self::Windows => "DESKTOP_WINDOWS",
            Self::Linux => "DESKTOP_LINUX",
            Self::ChromeOs => "DESKTOP_CHROME_OS",
        }
    }
}

/// Whether the system's disk is encrypted, by Access Context Manager's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Encryption {
    /// It is.
    Encrypted,
    /// It is not, or the protection is suspended.
    Unencrypted,
}

impl Encryption {
    /// Access Context Manager's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Encrypted => "ENCRYPTED",
            Self::Unencrypted => "UNENCRYPTED",
        }
    }
}

/// Who manages a computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Management {
    /// A directory that it was joined to: Active Directory, FreeIPA.
    Domain,
    /// Microsoft Entra ID.
    EntraId,
    /// Mobile device management.
    Mdm,
}

impl Device {
    pub(crate) fn unknown(why: &str) -> Self {
        Self {
            os_type: Fact::unknown(why),
            os_version: Fact::unknown(why),
            screen_lock: Fact::unknown(why),
            encryption: Fact::unknown(why),
            management: Fact::unknown(why),
        }
    }
}

/// Looks at this computer. Takes [`LIMIT`] at most; needs a tokio runtime with I/O and time.
pub async fn look() -> Device {
    let here = here::Here;
    match std::env::consts::OS {
        "linux" => linux::look(&here).await,
        "macos" => macos::look(&here).await,
        "windows" => windows::look(&here).await,
        _ => Device::unknown("this system is not known here"),
    }
}
