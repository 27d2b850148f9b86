//! What an OS Login profile says (specification: guest access, section 4).

use std::time::Duration;

use jiff::Timestamp;

use super::metadata_keys::Lifetime;

/// The operating system of a POSIX account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatingSystem {
    /// `LINUX`
    Linux,
    /// `WINDOWS`
    Windows,
    /// `OPERATING_SYSTEM_TYPE_UNSPECIFIED`, absent, or one not known here.
    Unspecified,
}

impl OperatingSystem {
    /// Reads the API's `operatingSystemType`.
    pub fn parse(value: &str) -> Self {
        match value {
            "LINUX" => OperatingSystem::Linux,
            "WINDOWS" => OperatingSystem::Windows,
            _ => OperatingSystem::Unspecified,
        }
    }
}

/// One of a profile's `posixAccounts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PosixAccount {
    /// The login name, assigned by Google.
    pub user_name: String,
    /// Whether the account is the one to use for its operating system.
    pub primary: bool,
    /// The operating system that the account is for.
    pub operating_system: OperatingSystem,
}

/// One of a profile's `sshPublicKeys`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileKey {
    /// `TYPE BASE64 [COMMENT]`
    pub key: String,
    /// When the key expires, in microseconds since the epoch; none if never.
    pub expiration_time_usec: Option<i64>,
}

/// The account to log in with: the primary one for Linux, else a primary one that names no system. None also
/// where the name is not one that OS Login can have assigned.
pub fn user_account(accounts: &[PosixAccount]) -> Option<&PosixAccount> {
    let primary = |system| {
        accounts
            .iter()
            .find(|a| a.primary && a.operating_system == system && super::valid_user_name(&a.user_name))
    };
    primary(OperatingSystem::Linux).or_else(|| primary(OperatingSystem::Unspecified))
}

/// Whether a profile has the key `public_line` (`TYPE BASE64`) and it has not expired. To be asked of the
/// profile that an import returned: an import can succeed without adding the key.
pub fn profile_has_key(keys: &[ProfileKey], public_line: &str, now: Timestamp) -> bool {
    longest_life(keys, public_line, now).is_some()
}

/// Whether the key must be imported (again): it is absent, expired, or has less than a quarter of its life left.
pub fn needs_import(keys: &[ProfileKey], public_line: &str, lifetime: Lifetime, now: Timestamp) -> bool {
    longest_life(keys, public_line, now).is_none_or(|left| left < lifetime.renewal())
}

fn longest_life(keys: &[ProfileKey], public_line: &str, now: Timestamp) -> Option<Duration> {
    let wanted = type_and_key(public_line)?;
    keys.iter()
        .filter(|k| type_and_key(&k.key) == Some(wanted))
        .filter_map(|k| match k.expiration_time_usec {
            None => Some(Duration::MAX),
            Some(usec) => {
                let left = i128::from(usec) - i128::from(now.as_microsecond());
                u64::try_from(left).ok().filter(|left| *left > 0).map(Duration::from_micros)
            }
        })
        .max()
}

fn type_and_key(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_ascii_whitespace();
    Some((words.next()?, words.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(user_name: &str, primary: bool, operating_system: OperatingSystem) -> PosixAccount {
        PosixAccount { user_name: user_name.to_owned(), primary, operating_system }
    }

    #[test]
    fn the_primary_linux_account_is_taken() {
        use OperatingSystem::{Linux, Unspecified, Windows};
        let table: [(&[PosixAccount], Option<&str>); 7] = [
            (&[], None),
            (&[account("a", false, Linux), account("b", true, Linux)], Some("b")),
            (&[account("a", true, Windows), account("b", true, Linux)], Some("b")),
            (&[account("a", true, Unspecified), account("b", true, Linux)], Some("b")),
            (&[account("a", true, Unspecified), account("b", false, Linux)], Some("a")),
            (&[account("a", false, Linux), account("b", true, Windows)], None),
            (&[account("-oProxyCommand=x", true, Linux), account("", true, Linux)], None),
        ];
        for (accounts, wanted) in table {
            assert_eq!(user_account(accounts).map(|a| a.user_name.as_str()), wanted, "{accounts:?}");
        }
        assert_eq!(OperatingSystem::parse("LINUX"), Linux);
        assert_eq!(OperatingSystem::parse("linux"), Unspecified);
    }

    #[test]
    fn a_key_is_imported_when_absent_expired_or_nearly_so() {
        let now: Timestamp = "2026-11-22T06:00:00Z".parse().unwrap();
        let lifetime = Lifetime::default(); // 24 h, so renewal below 6 h
        let in_hours = |h: i64| Some(now.as_microsecond() + h * 3_600_000_000);
        let line = "ssh-ed25519 AAAA";
        let key = |key: &str, expiration_time_usec| ProfileKey { key: key.to_owned(), expiration_time_usec };
        let table: [(&[ProfileKey], bool, bool); 9] = [
            (&[], false, true),
            (&[key("ssh-ed25519 BBBB", None)], false, true),
            (&[key("ssh-rsa AAAA", None)], false, true),
            (&[key("ssh-ed25519 AAAA", None)], true, false),
            (&[key("ssh-ed25519 AAAA comment\n", in_hours(7))], true, false),
            (&[key("ssh-ed25519 AAAA", in_hours(5))], true, true),
            (&[key("ssh-ed25519 AAAA", in_hours(0))], false, true),
            (&[key("ssh-ed25519 AAAA", Some(i64::MIN))], false, true),
            (&[key("ssh-ed25519 AAAA", in_hours(1)), key("ssh-ed25519 AAAA", Some(i64::MAX))], true, false),
        ];
        for (keys, has, import) in table {
            assert_eq!(profile_has_key(keys, line, now), has, "{keys:?}");
            assert_eq!(needs_import(keys, line, lifetime, now), import, "{keys:?}");
        }
        assert!(!profile_has_key(&[key("", None)], "", now));
    }
}
