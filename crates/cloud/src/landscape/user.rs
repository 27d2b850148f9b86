//! Users, and the places that they sign in from.

use std::net::IpAddr;

use serde::Deserialize;

use super::Device;

/// A place that a user can sign in from: what the far side would see of the computer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Place {
    pub(crate) name: String,
    /// The address that its requests come from.
    pub(crate) ip: IpAddr,
    /// ISO 3166-1 alpha-2; unknown where it is missing.
    #[serde(default)]
    pub(crate) region: Option<String>,
    /// The inventory's record of the device; `None` where there is none.
    #[serde(default)]
    pub(crate) device: Option<Device>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) places: Vec<Place>,
    #[serde(default)]
    pub(crate) os_login: OsLogin,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OsLogin {
    /// The POSIX name; made from the whole address where it is missing.
    #[serde(default)]
    pub(crate) username: Option<String>,
    #[serde(default)]
    pub(crate) keys: OsLoginKeys,
}

/// Whether the organisation lets a user add keys to the OS Login profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum OsLoginKeys {
    #[default]
    Accepted,
    /// An import "succeeds", adds nothing and says why in `details`.
    Ignored,
}
