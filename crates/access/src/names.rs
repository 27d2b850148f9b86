//! Names of access levels.

/// The last path element.
pub(crate) fn short(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Whether a name has the form `accessPolicies/N/accessLevels/NAME`.
pub(crate) fn is_well_formed(name: &str) -> bool {
    let Some((policy, level)) = split(name) else { return false };
    let digits = !policy.is_empty() && policy.bytes().all(|byte| byte.is_ascii_digit());
    digits
        && level.starts_with(|c: char| c.is_ascii_alphabetic())
        && level.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The policy's number and the level's own name.
pub(crate) fn split(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix("accessPolicies/")?.split_once("/accessLevels/")
}

/// The full name of another level of the same policy.
pub(crate) fn sibling(of: &str, name: &str) -> String {
    let policy = split(of).map_or("", |(policy, _)| policy);
    format!("accessPolicies/{policy}/accessLevels/{name}")
}
