//! Who signs in to a desktop: as it is typed, kept in the keychain, and told to the server.

use adit_contract::{Failure, FailureCode};
use adit_rdp::Credentials;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::super::{connect::Context, known_hosts::HostId, observer::Remember};

/// Longest name that is taken, in characters: that of a user with its domain.
const LONGEST_NAME: usize = 512;
/// Longest password, in bytes.
const LONGEST_PASSWORD: usize = 1024;

/// A name and a password. Neither is shown by `Debug`.
#[derive(Clone)]
pub(crate) struct Login {
    /// `NAME`, `DOMAIN\NAME` or `NAME@DOMAIN`.
    pub(crate) user: String,
    pub(crate) password: SecretString,
    /// Where it came from, and what becomes of it.
    pub(crate) source: Source,
}

/// Where a login came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The keychain.
    Keychain,
    /// The person, or the VM's agent.
    Person(Remember),
}

/// What a refusal says of the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Password {
    /// It is wrong, or the name is.
    Wrong,
    /// Nothing: the account may be locked, for instance.
    Unjudged,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("source", &self.source).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Kept<'a> {
    user: &'a str,
    password: &'a str,
}

#[derive(Deserialize)]
struct Found {
    user: String,
    password: String,
}

impl Login {
    /// What the server is told. A name before `\` is a domain, and `.` is the VM itself; a name with `@` is whole.
    pub(crate) fn credentials(&self) -> Credentials {
        let (domain, user) = match self.user.split_once('\\') {
            Some(("" | ".", user)) => (None, user),
            Some((domain, user)) => (Some(domain.to_owned()), user),
            None => (None, self.user.as_str()),
        };
        Credentials { user: user.to_owned(), domain, password: self.password.clone() }
    }

    /// The one that the keychain has for a VM.
    pub(crate) async fn remembered(context: &Context, host: &HostId) -> Option<Self> {
        let secret = context.keychain.get(&entry(context, host)).await?;
        let Ok(Found { user, password }) = serde_json::from_str(secret.expose_secret()) else {
            tracing::warn!("what the keychain has for a desktop cannot be used");
            return None;
        };
        let password = SecretString::from(password);
        Some(Self { user, password, source: Source::Keychain })
    }

    /// Has the keychain keep it for a VM.
    pub(crate) async fn remember(&self, context: &Context, host: &HostId) {
        let kept = Kept { user: &self.user, password: self.password.expose_secret() };
        match serde_json::to_string(&kept) {
            Ok(text) => context.keychain.set(&entry(context, host), &SecretString::from(text)).await,
            Err(error) => tracing::warn!(%error, "a password could not be written down"),
        }
    }

    /// Has the keychain forget the one of a VM.
    pub(crate) async fn forget(context: &Context, host: &HostId) {
        if let Err(error) = context.keychain.delete(&entry(context, host)).await {
            tracing::debug!(%error, "a password that was refused stays in the keychain");
        }
    }
}

/// The name says which VM; nothing of the user.
fn entry(context: &Context, host: &HostId) -> String {
    context.cloud.entry("desktop", &format!("{}|{}", host.project, host.instance))
}

/// Whether what was typed can be a name and a password at all.
pub(crate) fn check_typed(user: &str, password: &SecretString) -> Result<(), Failure> {
    let wrong =
        |title: &str| Err(Failure::new(FailureCode::InvalidInput, title, "Correct it and try again."));
    if user.chars().count() > LONGEST_NAME {
        return wrong("The name is too long");
    }
    if user.chars().any(char::is_control) || user.matches('\\').count() > 1 {
        return wrong("The name has characters that no name has");
    }
    if password.expose_secret().len() > LONGEST_PASSWORD {
        return wrong("The password is too long");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(user: &str) -> (Option<String>, String) {
        let login =
            Login { user: user.to_owned(), password: "p".into(), source: Source::Person(Remember::No) };
        let Credentials { user, domain, .. } = login.credentials();
        (domain, user)
    }

    #[test]
    fn names_are_understood_as_they_are_written_on_windows() {
        assert_eq!(split("ana"), (None, "ana".to_owned()));
        assert_eq!(split(r"CORP\ana"), (Some("CORP".to_owned()), "ana".to_owned()));
        assert_eq!(split(r".\ana"), (None, "ana".to_owned()));
        assert_eq!(split(r"\ana"), (None, "ana".to_owned()));
        assert_eq!(split("ana@corp.example"), (None, "ana@corp.example".to_owned()));
    }

    #[test]
    fn what_no_server_takes_is_not_sent() {
        check_typed(r"CORP\ana", &"secret".into()).unwrap();
        check_typed("", &"".into()).unwrap();
        assert!(check_typed("a\nb", &"".into()).is_err());
        assert!(check_typed(r"A\B\c", &"".into()).is_err());
        assert!(check_typed(&"x".repeat(LONGEST_NAME + 1), &"".into()).is_err());
        assert!(check_typed("a", &SecretString::from("x".repeat(LONGEST_PASSWORD + 1))).is_err());
    }

    #[test]
    fn a_login_is_not_shown() {
        let login =
            Login { user: "ana".to_owned(), password: "hush".into(), source: Source::Person(Remember::No) };
        let shown = format!("{login:?}");
        assert!(!shown.contains("hush") && !shown.contains("ana"), "{shown}");
    }
}
