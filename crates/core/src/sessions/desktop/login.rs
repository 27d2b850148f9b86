//! Who signs in to a desktop: as it is typed, kept in the keychain, and told to the server.

use adit_contract::Failure;
use adit_rdp::Credentials;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::super::{connect::Context, known_hosts::HostId, observer::Remember};
use crate::{
    cloud::Cloud,
    keychain::{Keychain, VaultError},
    words::desktop as words,
};

/// Longest name that is taken, in characters: that of a user with its domain.
const LONGEST_NAME: usize = 512;
/// Longest password, in bytes.
const LONGEST_PASSWORD: usize = 1024;
/// The most entries that are named as left behind.
const MOST_NAMED: usize = 5;

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
    Keychain(KeptFor),
    /// The person, or the VM's agent.
    Person(Remember),
}

/// Whom the keychain keeps a login for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeptFor {
    /// The profile that the desktop was opened from, and no other connection.
    Profile,
    /// Every connection to the VM that has none of its own.
    Vm,
}

/// The connection that a login is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connection<'a> {
    pub(crate) context: &'a Context,
    pub(crate) host: &'a HostId,
    /// Id of the profile that it was opened from, as long as there is one.
    pub(crate) profile: Option<&'a str>,
}

impl Connection<'_> {
    /// The entry's name says which VM or profile; nothing of the user. None for the profile of a connection that has none.
    fn entry(&self, kept_for: KeptFor) -> Option<String> {
        match kept_for {
            KeptFor::Profile => self.profile.map(|id| profile_entry(&self.context.cloud, id)),
            KeptFor::Vm => Some(self.vm_entry()),
        }
    }

    fn vm_entry(&self) -> String {
        self.context.cloud.entry("desktop", &self.vm())
    }

    fn vm(&self) -> String {
        format!("{}|{}", self.host.project, self.host.instance)
    }
}

fn profile_entry(cloud: &Cloud, id: &str) -> String {
    cloud.entry("profile", id)
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
    /// In a profile's entry: the VM that it was right for. A profile may lead to another one later.
    #[serde(skip_serializing_if = "Option::is_none")]
    vm: Option<&'a str>,
}

#[derive(Deserialize)]
struct Found {
    user: String,
    password: String,
    #[serde(default)]
    vm: Option<String>,
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

    /// Those that the keychain has for a connection: its profile's own one before that of its VM.
    pub(crate) async fn remembered(of: Connection<'_>) -> Vec<Self> {
        let mut all = Vec::new();
        for kept_for in [KeptFor::Profile, KeptFor::Vm] {
            all.extend(Self::look(of, kept_for).await);
        }
        all
    }

    async fn look(of: Connection<'_>, kept_for: KeptFor) -> Option<Self> {
        let secret = of.context.keychain.get(&of.entry(kept_for)?).await?;
        let Ok(Found { user, password, vm }) = serde_json::from_str(secret.expose_secret()) else {
            tracing::warn!("what the keychain has for a desktop cannot be used");
            return None;
        };
        let password = SecretString::from(password);
        // It is for the VM that it was given for, and sent to no other.
        let is_for = match kept_for {
            KeptFor::Profile => vm.is_some_and(|vm| vm == of.vm()),
            KeptFor::Vm => true,
        };
        is_for.then_some(Self { user, password, source: Source::Keychain(kept_for) })
    }

    /// Has the keychain keep it: for the profile, where there is one, else for the VM. Says for which.
    pub(crate) async fn remember(&self, of: Connection<'_>) -> KeptFor {
        let (entry, kept_for) = match of.entry(KeptFor::Profile) {
            Some(entry) => (entry, KeptFor::Profile),
            None => (of.vm_entry(), KeptFor::Vm),
        };
        let vm = (kept_for == KeptFor::Profile).then(|| of.vm());
        let kept = Kept { user: &self.user, password: self.password.expose_secret(), vm: vm.as_deref() };
        match serde_json::to_string(&kept) {
            Ok(text) => of.context.keychain.set(&entry, &SecretString::from(text)).await,
            Err(error) => tracing::warn!(%error, "a password could not be written down"),
        }
        kept_for
    }

    /// Has the keychain forget one of a connection.
    pub(crate) async fn forget(of: Connection<'_>, kept_for: KeptFor) {
        let Some(entry) = of.entry(kept_for) else { return };
        if let Err(error) = of.context.keychain.delete(&entry).await {
            tracing::debug!(%error, "a password that was refused stays in the keychain");
        }
    }
}

/// Has the keychain forget what it keeps for profiles that have gone.
///
/// # Errors
/// [`FailureCode::Keychain`](adit_contract::FailureCode::Keychain) when it could not be asked, which names what may be
/// left there.
pub(crate) async fn forget_profiles(
    cloud: &Cloud,
    keychain: &Keychain,
    ids: &[String],
) -> Result<(), Failure> {
    for (at, id) in ids.iter().enumerate() {
        match keychain.delete(&profile_entry(cloud, id)).await {
            Ok(()) => {}
            // There is none, and was none to keep anything.
            Err(VaultError::Absent) if !keychain.was_reached() => {}
            // What does not answer once is not waited for again.
            Err(error) => {
                let left = ids.get(at..).unwrap_or_default();
                return Err(left_behind(cloud, left, error));
            }
        }
    }
    Ok(())
}

fn left_behind(cloud: &Cloud, ids: &[String], error: VaultError) -> Failure {
    let entries = ids.iter().take(MOST_NAMED).map(|id| profile_entry(cloud, id));
    words::left_behind(entries, error.to_string())
}

/// Whether what was typed can be a name and a password at all.
pub(crate) fn check_typed(user: &str, password: &SecretString) -> Result<(), Failure> {
    if user.chars().count() > LONGEST_NAME {
        return Err(words::name_too_long());
    }
    if user.chars().any(char::is_control) || user.matches('\\').count() > 1 {
        return Err(words::name_odd());
    }
    if password.expose_secret().len() > LONGEST_PASSWORD {
        return Err(words::password_too_long());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use adit_contract::FailureCode;

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

    /// A keychain that keeps nothing, and deletes nothing for this reason.
    struct Broken(VaultError);

    #[async_trait::async_trait]
    impl crate::keychain::Vault for Broken {
        async fn get(&self, _: &str) -> Result<Option<SecretString>, VaultError> {
            Ok(None)
        }
        async fn set(&self, _: &str, _: &SecretString) -> Result<(), VaultError> {
            Err(self.0)
        }
        async fn delete(&self, _: &str) -> Result<(), VaultError> {
            Err(self.0)
        }
    }

    #[tokio::test]
    async fn where_there_never_was_a_keychain_nothing_is_left_in_it() {
        let (cloud, ids) = (Cloud::google().unwrap(), ["a".to_owned()]);
        let keychain = Keychain::new(std::sync::Arc::new(Broken(VaultError::Absent)));
        forget_profiles(&cloud, &keychain, &ids).await.unwrap();
        forget_profiles(&cloud, &keychain, &ids).await.unwrap();
        // One that has answered by now may keep something.
        assert!(keychain.get("other").await.is_none());
        forget_profiles(&cloud, &keychain, &ids).await.unwrap_err();
    }

    #[tokio::test]
    async fn what_stays_in_the_keychain_is_told() {
        let cloud = Cloud::google().unwrap();
        let ids = ["a".to_owned(), "b".to_owned()];
        let keychain = Keychain::new(std::sync::Arc::new(Broken(VaultError::Locked)));
        let failure = forget_profiles(&cloud, &keychain, &ids).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::Keychain);
        let entries: Vec<&str> = failure.facts.iter().map(|fact| fact.value.as_str()).collect();
        assert_eq!(entries, ["profile|google|a", "profile|google|b"]);

        let vault = std::sync::Arc::new(crate::keychain::MemoryVault::new());
        let keychain = Keychain::new(vault);
        keychain.set("profile|google|a", &"hush".into()).await;
        forget_profiles(&cloud, &keychain, &ids).await.unwrap();
        assert!(keychain.get("profile|google|a").await.is_none());
    }

    #[test]
    fn a_login_is_not_shown() {
        let login =
            Login { user: "ana".to_owned(), password: "hush".into(), source: Source::Person(Remember::No) };
        let shown = format!("{login:?}");
        assert!(!shown.contains("hush") && !shown.contains("ana"), "{shown}");
    }
}
