//! What a role holds (specification, section 4).

use std::collections::BTreeMap;

use crate::value::Value;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Permission {
    /// A tunnel to a VM.
    #[default]
    Tunnel,
    /// A web app behind IAP.
    Web,
}

const TUNNEL_ROLE: &str = "roles/iap.tunnelResourceAccessor";
const WEB_ROLE: &str = "roles/iap.httpsResourceAccessor";
const OWNER: &str = "roles/owner";
const BASIC: [&str; 3] = [OWNER, "roles/editor", "roles/viewer"];
/// Known to hold neither permission.
const NEITHER: [&str; 5] =
    ["roles/editor", "roles/viewer", "roles/browser", "roles/iap.admin", "roles/compute.admin"];

impl Permission {
    /// Its name in allow policies.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tunnel => "iap.tunnelInstances.accessViaIAP",
            Self::Web => "iap.webServiceVersions.accessViaIAP",
        }
    }

    /// The role made for it.
    #[must_use]
    pub fn role(self) -> &'static str {
        match self {
            Self::Tunnel => TUNNEL_ROLE,
            Self::Web => WEB_ROLE,
        }
    }

    /// The kind of resource in deny policies (`tunnelInstances`).
    fn resource(self) -> &'static str {
        match self {
            Self::Tunnel => "tunnelInstances",
            Self::Web => "webServiceVersions",
        }
    }

    /// Whether an entry of a deny policy means it, by name or by one of its groups.
    pub(crate) fn is_denied_by(self, entry: &str) -> bool {
        match entry.strip_prefix("iap.googleapis.com/").and_then(|entry| entry.split_once('.')) {
            Some((resource, verb)) => {
                (resource == "*" || resource == self.resource()) && (verb == "*" || verb == "accessViaIAP")
            }
            None => false,
        }
    }

    /// Whether a role holds it.
    pub(crate) fn in_role(self, role: &str, read: &BTreeMap<String, Vec<String>>) -> Value {
        if role == self.role() || (self == Self::Tunnel && role == OWNER) {
            return Value::T;
        }
        if NEITHER.contains(&role) || [TUNNEL_ROLE, WEB_ROLE, OWNER].contains(&role) {
            return Value::F;
        }
        match read.get(role) {
            Some(permissions) => Value::known(permissions.iter().any(|held| held == self.name())),
            None if role.starts_with("roles/") && !role.starts_with("roles/iap.") => Value::F,
            None => Value::U,
        }
    }
}

/// Whether a role is one that IAM allows no condition on.
pub(crate) fn is_basic(role: &str) -> bool {
    BASIC.contains(&role)
}

/// A role as people know it.
pub(crate) fn display(role: &str) -> &str {
    match role {
        TUNNEL_ROLE => "IAP-secured Tunnel User",
        WEB_ROLE => "IAP-secured Web App User",
        OWNER => "Owner",
        _ => role,
    }
}

/// Whether a role is known to hold more than access through IAP.
pub(crate) fn is_broad(role: &str, read: &BTreeMap<String, Vec<String>>) -> bool {
    if is_basic(role) {
        return true;
    }
    [TUNNEL_ROLE, WEB_ROLE].iter().all(|narrow| *narrow != role)
        && read
            .get(role)
            .is_some_and(|held| held.iter().any(|permission| !permission.ends_with(".accessViaIAP")))
}
