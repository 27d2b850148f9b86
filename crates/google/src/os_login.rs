//! OS Login: a person's profile and keys (guest-access, section 4).

use std::{collections::BTreeMap, time::SystemTime};

use google_cloud_oslogin_common::model::{OperatingSystemType, PosixAccount as SdkAccount, SshPublicKey};
use google_cloud_oslogin_v1::model::LoginProfile as SdkProfile;

use crate::{
    error::{Error, ErrorKind, from_sdk},
    google::{Call, Google, options, segment},
};

const PROFILE: Call = Call::get("read the OS Login profile", "/v1/users/{user}/loginProfile");
// Importing the same key again changes nothing but its expiry.
const IMPORT: Call = Call::post("import the SSH key to OS Login", "/v1/users/{user}:importSshPublicKey");

/// A person's OS Login profile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoginProfile {
    /// The accounts on VMs; they differ by project and organisation.
    pub posix_accounts: Vec<PosixAccount>,
    /// The keys by their fingerprint (SHA-256 in hexadecimal).
    pub keys: BTreeMap<String, LoginKey>,
}

/// An account on VMs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PosixAccount {
    /// The login name.
    pub username: String,
    /// Whether it is the main one.
    pub primary: bool,
    /// Whether it is for Linux (and not for Windows).
    pub is_linux: bool,
}

/// A key of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginKey {
    /// The public key line: type, base64 and perhaps a comment.
    pub key: String,
    /// When it ends, in microseconds since 1970; nothing for a key that does not.
    pub expires_usec: Option<i64>,
}

/// What became of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyImport {
    /// The profile after it.
    pub profile: LoginProfile,
    /// Whether the key is in it.
    pub key: ImportedKey,
}

/// Whether an imported key is in the profile. An organisation can forbid people to manage keys; the import then
/// succeeds without adding it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportedKey {
    /// It is.
    Present,
    /// It is not.
    Missing {
        /// Why, in the server's words; may be empty.
        details: String,
    },
}

impl LoginProfile {
    /// The account to log in with: the primary Linux one, else a Linux one, else the first.
    #[must_use]
    pub fn account(&self) -> Option<&PosixAccount> {
        let of =
            |wanted: fn(&PosixAccount) -> bool| self.posix_accounts.iter().find(|account| wanted(account));
        of(|a| a.primary && a.is_linux).or_else(|| of(|a| a.is_linux)).or_else(|| self.posix_accounts.first())
    }

    /// The entry for a public key line, whatever its comment.
    #[must_use]
    pub fn key(&self, public_line: &str) -> Option<&LoginKey> {
        let wanted = words(public_line)?;
        self.keys.values().find(|key| words(&key.key) == Some(wanted))
    }
}

fn words(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_whitespace();
    Some((words.next()?, words.next()?))
}

impl From<SdkProfile> for LoginProfile {
    fn from(profile: SdkProfile) -> Self {
        Self {
            posix_accounts: profile.posix_accounts.into_iter().map(PosixAccount::from).collect(),
            keys: profile
                .ssh_public_keys
                .into_iter()
                .map(|(fingerprint, key)| {
                    let expires_usec = Some(key.expiration_time_usec).filter(|at| *at != 0);
                    (fingerprint, LoginKey { key: key.key, expires_usec })
                })
                .collect(),
        }
    }
}

impl From<SdkAccount> for PosixAccount {
    fn from(account: SdkAccount) -> Self {
        // Profiles made before the field existed leave it out; they are Linux ones.
        let is_linux = account.operating_system_type != OperatingSystemType::Windows;
        Self { username: account.username, primary: account.primary, is_linux }
    }
}

impl Google {
    /// The OS Login profile of a person for a project; nothing if there is none yet.
    ///
    /// # Errors
    /// [`ErrorKind::PermissionDenied`] for consumer accounts or where OS Login is switched off; the kinds of a
    /// failed call.
    pub async fn login_profile(&self, email: &str, project: &str) -> Result<Option<LoginProfile>, Error> {
        let email = segment(PROFILE.doing, "e-mail address", email)?;
        let client = self.os_login().await?;
        let request = client.get_login_profile().set_name(format!("users/{email}")).set_project_id(project);
        let request = options(request, PROFILE.policy);
        let result = self
            .call(&self.inner.endpoints.os_login, PROFILE, |_| {
                let request = request.clone();
                async move { request.send().await.map_err(|e| from_sdk(PROFILE.doing, &e)) }
            })
            .await;
        match result {
            Ok(profile) => Ok(Some(profile.into())),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Adds a public key to a person's profile, or renews it, and makes the POSIX account if there is none.
    /// `public_line` is the type and the base64 of the key; the key is known in `region`, the VM's, when the call
    /// returns.
    ///
    /// # Errors
    /// As [`Google::login_profile`]. A key that was not added is no error but [`ImportedKey::Missing`].
    pub async fn import_ssh_public_key(
        &self,
        email: &str,
        project: &str,
        region: Option<&str>,
        public_line: &str,
        expires: Option<SystemTime>,
    ) -> Result<KeyImport, Error> {
        let email = segment(IMPORT.doing, "e-mail address", email)?;
        let mut key = SshPublicKey::new().set_key(public_line);
        if let Some(expires) = expires {
            let since = expires.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            key = key.set_expiration_time_usec(i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
        }
        let client = self.os_login().await?;
        let request = client
            .import_ssh_public_key()
            .set_parent(format!("users/{email}"))
            .set_project_id(project)
            .set_ssh_public_key(key)
            .set_regions(region);
        let request = options(request, IMPORT.policy);
        let answer = self
            .call(&self.inner.endpoints.os_login, IMPORT, |_| {
                let request = request.clone();
                async move { request.send().await.map_err(|e| from_sdk(IMPORT.doing, &e)) }
            })
            .await?;
        let profile: LoginProfile = answer.login_profile.map(LoginProfile::from).unwrap_or_default();
        let key = match profile.key(public_line) {
            Some(_) => ImportedKey::Present,
            None => ImportedKey::Missing { details: crate::error::clean(&answer.details, 2000) },
        };
        Ok(KeyImport { profile, key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(username: &str, primary: bool, is_linux: bool) -> PosixAccount {
        PosixAccount { username: username.into(), primary, is_linux }
    }

    #[test]
    fn picks_the_primary_linux_account() {
        let of = |accounts: &[PosixAccount]| {
            let profile = LoginProfile { posix_accounts: accounts.to_vec(), ..LoginProfile::default() };
            profile.account().map(|a| a.username.clone())
        };
        assert_eq!(of(&[]), None);
        assert_eq!(
            of(&[account("w", true, false), account("l", false, true), account("p", true, true)]).as_deref(),
            Some("p")
        );
        assert_eq!(of(&[account("w", true, false), account("l", false, true)]).as_deref(), Some("l"));
    }

    #[test]
    fn finds_a_key_whatever_its_comment() {
        let mut profile = LoginProfile::default();
        let key = LoginKey { key: "ssh-ed25519 AAAA someone@somewhere".into(), expires_usec: None };
        profile.keys.insert("f".into(), key);
        assert!(profile.key("ssh-ed25519 AAAA\n").is_some());
        assert!(profile.key("ssh-ed25519 AAAB").is_none());
        assert!(profile.key("").is_none());
    }
}
