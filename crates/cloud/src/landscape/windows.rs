//! What is particular to Windows instances: their accounts, and how their agent behaves.

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

/// How the agent answers to `windows-keys` (guest-access, section 8): what a client has to cope with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WindowsAgent {
    /// As today's does.
    #[default]
    Current,
    /// As one of years ago: it knows of SHA-1 only, does not name it, and writes `\/` for `/`.
    Old,
    /// Its answers arrive in two pieces.
    Split,
    /// It answers that it could not do it.
    Failing,
    /// It is there and never answers.
    Silent,
    /// It does not run.
    Absent,
}

/// The password that an account has from the start. It does not print.
#[derive(Debug, Clone)]
pub(crate) struct FirstPassword(pub(crate) SecretString);

impl<'de> Deserialize<'de> for FirstPassword {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(SecretString::from(String::deserialize(deserializer)?)))
    }
}

/// Whether Windows takes this as the name of a local account: at most 20 characters, none of those that separate
/// something, not only dots and spaces, and not the machine's own.
pub(crate) fn is_account_name(name: &str, machine: &str) -> bool {
    let apart = |character: char| character.is_control() || r#""/\[]:;|=,+*?<>@"#.contains(character);
    (1..=20).contains(&name.chars().count())
        && !name.chars().any(apart)
        && !name.chars().all(|character| matches!(character, '.' | ' '))
        && !name.eq_ignore_ascii_case(machine)
}

#[cfg(test)]
mod tests {
    use super::is_account_name;

    #[test]
    fn names_that_windows_takes() {
        for name in ["ana", "Ana Ferreira", "ana.ferreira", "café-1"] {
            assert!(is_account_name(name, "win-1"), "{name}");
        }
        for name in ["", "...", "a@b", r"acme\ana", "WIN-1", "abcdefghijklmnopqrstu", "a\tb"] {
            assert!(!is_account_name(name, "win-1"), "{name}");
        }
    }
}
