//! Host keys that the guest published in its guest attributes (specification: guest access, section 7).

use crate::host_key::{HostKey, InvalidHostKey};

/// The `queryPath` under which the guest publishes its host keys.
pub const GUEST_ATTRIBUTES_QUERY: &str = "hostkeys/";

const NAMESPACE: &str = "hostkeys";
const TYPES: [&str; 3] = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"];

/// A published host key that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedHostKey {
    /// The type under which it was published.
    pub algorithm: &'static str,
    /// What is wrong with it.
    pub why: InvalidHostKey,
}

/// The host keys among guest attribute items (namespace, key, value), and those that had to be rejected.
/// Any process in the VM can write these items, so nothing in them is believed: a value ends at its first
/// white space, must be canonical base64, and must hold one key of the type under which it stands.
pub fn host_keys<'a>(
    items: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
) -> (Vec<HostKey>, Vec<RejectedHostKey>) {
    let (mut keys, mut rejected) = (Vec::new(), Vec::new());
    for (namespace, key, value) in items {
        let Some(algorithm) = TYPES.into_iter().find(|t| namespace == NAMESPACE && *t == key) else {
            continue;
        };
        let base64 = value.split(char::is_whitespace).next().unwrap_or_default();
        match HostKey::from_parts(algorithm, base64) {
            Ok(key) if keys.contains(&key) => {}
            Ok(key) => keys.push(key),
            Err(why) => rejected.push(RejectedHostKey { algorithm, why }),
        }
    }
    (keys, rejected)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED: &str = "AAAAC3NzaC1lZDI1NTE5AAAAINi9R/anWqKh6g9LR0mzo5CrNphgT8SWPlCkZJCToogx";
    const EC: &str = "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDRQUNVv16CXwNNdUBnOLGGlcYVEAEioYN0665VqGVgZx/HauufYrTtYAKW1LKNk8qwp+TqJyVOaGYY+uT1v3Sg=";
    const RSA: &str = "AAAAB3NzaC1yc2EAAAADAQABAAABAQDZArv1oTiUCCEySRs3805NyH19wBz8e1qagojVECa3O/FVx3ysHjizKJWzi+CaZjY//IohJWUfybT7tRWY78So6bpRvx4MmffHMwmZNel5Z9Rr8E6RgE5KjywKvumdCkzTWpaKUOEPerA88yiBVrdDAEFIgI2+ZgMUwKr0q74ItUEzAYnqxilVwI9PE1jxLCW/m42EHdlprpPUVLTngcbzEu+xof6L1NTdWzUh0gqA/pmUgWWrhHV1xopR1xWUOd3JkDpPx6oFNbabb4qL1dTv2gsD5B0edQyUMK8GcR2HV3sN70Y5lOEgLNarL4nSg5i1C6StoKBsdbzLz5IWXdGD";

    #[test]
    fn the_three_types_are_taken() {
        let (keys, rejected) = host_keys([
            ("hostkeys", "ssh-ed25519", ED),
            ("hostkeys", "ecdsa-sha2-nistp256", EC),
            ("hostkeys", "ssh-rsa", RSA),
            ("hostkeys", "ssh-ed25519", ED),
            ("hostkeys", "ssh-dss", ED),
            ("other", "ssh-ed25519", ED),
            ("hostkeys", "SSH-ED25519", ED),
        ]);
        let lines: Vec<String> = keys.iter().map(HostKey::line).collect();
        assert_eq!(
            lines,
            [format!("ssh-ed25519 {ED}"), format!("ecdsa-sha2-nistp256 {EC}"), format!("ssh-rsa {RSA}")]
        );
        assert_eq!(rejected, []);
    }

    #[test]
    fn hostile_values_give_nothing_more_than_they_may() {
        // a newline would inject a second known-hosts line
        let (keys, _) = host_keys([("hostkeys", "ssh-ed25519", &*format!("{ED}\n* ssh-rsa {RSA}"))]);
        assert_eq!(keys.iter().map(HostKey::line).collect::<Vec<_>>(), [format!("ssh-ed25519 {ED}")]);

        for (key, value, why) in [
            ("ssh-ed25519", EC.to_owned(), InvalidHostKey::WrongType),
            ("ecdsa-sha2-nistp256", ED.to_owned(), InvalidHostKey::WrongType),
            ("ssh-ed25519", format!("ssh-ed25519 {ED}"), InvalidHostKey::NotBase64),
            ("ssh-ed25519", format!("\n{ED}"), InvalidHostKey::NotAKey),
            ("ssh-ed25519", format!("{ED}="), InvalidHostKey::NotBase64),
            ("ssh-ed25519", ED.replace('/', "_"), InvalidHostKey::NotBase64),
            ("ecdsa-sha2-nistp256", EC.replace('=', ""), InvalidHostKey::NotBase64),
            // the unused bits of the last character are set: decodes leniently, does not encode to itself
            ("ecdsa-sha2-nistp256", EC.replace("Sg=", "Sh="), InvalidHostKey::NotBase64),
            ("ssh-rsa", "A".repeat(1 << 20), InvalidHostKey::TooLong),
            ("ssh-ed25519", String::new(), InvalidHostKey::NotAKey),
            ("ssh-ed25519", "AAAA".to_owned(), InvalidHostKey::NotAKey),
        ] {
            let (keys, rejected) = host_keys([("hostkeys", key, &*value)]);
            assert_eq!(keys, [], "{value}");
            assert_eq!(rejected.iter().map(|r| r.why).collect::<Vec<_>>(), [why], "{key} {value}");
        }
    }
}
