//! What a device policy asks for, against what this computer says of itself (specification, section 7.2). A
//! local pass proves nothing, since only Google's inventory counts; a local fail is good evidence.

use std::cmp::Ordering;

use crate::input::Client;
use crate::policy::OsConstraint;
use crate::value::Value;

/// Operating systems that Access Context Manager knows.
const OS_TYPES: [&str; 6] =
    ["DESKTOP_MAC", "DESKTOP_WINDOWS", "DESKTOP_LINUX", "DESKTOP_CHROME_OS", "ANDROID", "IOS"];
/// States of disk encryption that it knows.
const ENCRYPTION: [&str; 3] = ["ENCRYPTION_UNSUPPORTED", "UNENCRYPTED", "ENCRYPTED"];

/// The operating system's type, if it is one of the known ones.
pub(crate) fn os_type(name: &str) -> Option<&str> {
    OS_TYPES.contains(&name).then_some(name)
}

/// The state of disk encryption, if it is one of the known ones.
pub(crate) fn encryption(name: &str) -> Option<&str> {
    ENCRYPTION.contains(&name).then_some(name)
}

/// Compares versions number by number; missing parts are zero. `None` if either is not made of numbers.
pub(crate) fn compare_versions(left: &str, right: &str) -> Option<Ordering> {
    let parse = |text: &str| -> Option<Vec<u64>> {
        text.split('.')
            .map(|part| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?)
            .collect()
    };
    let (mut left, mut right) = (parse(left)?, parse(right)?);
    let length = left.len().max(right.len());
    left.resize(length, 0);
    right.resize(length, 0);
    Some(left.cmp(&right))
}

/// False if this computer certainly lacks what is asked for.
fn unless_failed(failed: bool) -> Value {
    if failed { Value::F } else { Value::U }
}

/// Whether the screen must lock and does not.
pub(crate) fn screen_lock(client: &Client) -> Value {
    unless_failed(client.screen_lock == Some(false))
}

/// Whether the disk's encryption is none of the allowed states.
pub(crate) fn encryption_allowed(client: &Client, allowed: &[String]) -> Value {
    let own = client.encryption.as_deref().and_then(encryption);
    unless_failed(
        own.is_some_and(|own| {
            allowed.iter().all(|state| encryption(state).is_some_and(|state| state != own))
        }),
    )
}

/// Whether the operating system is wrong by every constraint.
pub(crate) fn os_allowed(client: &Client, constraints: &[OsConstraint]) -> Value {
    let Some(own) = client.os_type.as_deref().and_then(os_type) else { return Value::U };
    let wrong = |constraint: &OsConstraint| {
        let Some(wanted) = constraint.os_type.as_deref().and_then(os_type) else { return false };
        if wanted != own {
            return true;
        }
        let versions = client.os_version.as_deref().zip(constraint.minimum_version.as_deref());
        versions.and_then(|(own, least)| compare_versions(own, least)) == Some(Ordering::Less)
    };
    unless_failed(constraints.iter().all(wrong))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_number_by_number() {
        assert_eq!(compare_versions("10.0.9", "10.0.19045"), Some(Ordering::Less));
        assert_eq!(compare_versions("14", "14.0.0"), Some(Ordering::Equal));
        assert_eq!(compare_versions("14.5-beta", "14"), None);
        assert_eq!(compare_versions("", "14"), None);
    }
}
