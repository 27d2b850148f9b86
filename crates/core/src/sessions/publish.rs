//! Bringing our key to where the VM looks for it: its metadata, or the person's OS Login profile (guest
//! access, sections 3 and 4).

use std::time::Duration;

use adit_contract::{Failure, InstanceRef};
use adit_google::{Google, ImportedKey, Instance};
use adit_ssh::{
    KeyPair,
    guest::{
        Entry, EntryError, Lifetime, Merge, OperatingSystem, PosixAccount, SSH_KEYS, merge, user_account,
        user_name_from_email,
    },
};
use jiff::Timestamp;

use crate::{
    explain::Refused,
    failure::{self, Subject},
    inventory::at,
    metadata::{self, Change},
    words::sessions as words,
};

/// A key that was published this short a time ago may not have reached the VM yet.
const SETTLING: Duration = Duration::from_secs(120);

/// Whether the VM may still have to pick up the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pickup {
    /// It may.
    Pending,
    /// It has the key, or asks for it at each login.
    Done,
}

/// A key that the VM is going to accept.
#[derive(Debug, Clone)]
pub(crate) struct Published {
    /// The name to log in with.
    pub(crate) user: String,
    /// When the key ends; none if never.
    pub(crate) expires: Option<Timestamp>,
    pub(crate) pickup: Pickup,
}

/// Writes our key into the instance's metadata, unless it is there with enough life left.
pub(crate) async fn to_metadata(
    google: &Google,
    instance: &InstanceRef,
    read: &Instance,
    email: &str,
    key: &KeyPair,
    lifetime: Lifetime,
) -> Result<Published, Refused> {
    let user = user_name_from_email(email);
    let entry = Entry::new(&user, email, key.public_line(), lifetime)
        .map_err(|error| unwritable(instance, &error))?;
    let (mut ends, mut at_work) = (None, Pickup::Pending);
    metadata::change(google, instance, read.metadata.clone(), |current| {
        let now = Timestamp::now();
        match merge(current.get(SSH_KEYS), &entry, now).map_err(|error| unwritable(instance, &error))? {
            Merge::Present { expires } => {
                ends = expires;
                at_work = expires.map_or(Pickup::Done, |expires| pickup(expires, lifetime, now));
                Ok(Change::Nothing)
            }
            Merge::Write { value, expires } => {
                (ends, at_work) = (Some(expires), Pickup::Pending);
                Ok(Change::set(SSH_KEYS, value))
            }
        }
    })
    .await?;
    Ok(Published { user, expires: ends, pickup: at_work })
}

fn pickup(expires: Timestamp, lifetime: Lifetime, now: Timestamp) -> Pickup {
    let left = Duration::try_from(expires.duration_since(now)).unwrap_or_default();
    if left + SETTLING > lifetime.duration() { Pickup::Pending } else { Pickup::Done }
}

fn unwritable(instance: &InstanceRef, error: &EntryError) -> Failure {
    let failure = match error {
        EntryError::TooLarge { .. } => words::metadata_full(&instance.name),
        EntryError::UserName | EntryError::Email => words::unwritable_name(),
        EntryError::Key | EntryError::Expiry => failure::internal("the key entry could not be made"),
    };
    failure.with_server("metadata", error.to_string())
}

/// Puts our key into the person's OS Login profile, unless it is there with enough life left.
pub(crate) async fn to_os_login(
    google: &Google,
    instance: &InstanceRef,
    email: &str,
    key: &KeyPair,
    lifetime: Lifetime,
) -> Result<(Published, Imported), Refused> {
    let said = |error: adit_google::Error| failure::refused(&error, Subject::Instance(instance));
    let now = Timestamp::now();
    let profile = google.login_profile(email, &instance.project).await.map_err(said)?;
    if let Some(profile) = profile
        && let Some(user) = login_name(&profile)
    {
        let keys: Vec<_> = profile
            .keys
            .values()
            .map(|key| adit_ssh::guest::ProfileKey {
                key: key.key.clone(),
                expiration_time_usec: key.expires_usec,
            })
            .collect();
        if !adit_ssh::guest::needs_import(&keys, key.public_line(), lifetime, now) {
            return Ok((Published { user, expires: None, pickup: Pickup::Done }, Imported::Before));
        }
    }
    let expires = now
        .checked_add(lifetime.duration())
        .map_err(|_| failure::internal("the key's end is out of range"))?;
    let place = at(instance);
    let import = google
        .import_ssh_public_key(
            email,
            &instance.project,
            Some(place.region()),
            key.public_line(),
            Some(expires.into()),
        )
        .await
        .map_err(said)?;
    if let ImportedKey::Missing { details } = &import.key {
        return Err(words::keys_not_allowed(details).into());
    }
    let user = login_name(&import.profile).ok_or_else(|| words::no_os_login_account(&instance.project))?;
    Ok((Published { user, expires: Some(expires), pickup: Pickup::Done }, Imported::Now))
}

/// Whether the key was imported by this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Imported {
    Now,
    Before,
}

fn login_name(profile: &adit_google::LoginProfile) -> Option<String> {
    let accounts: Vec<PosixAccount> = profile
        .posix_accounts
        .iter()
        .map(|account| PosixAccount {
            user_name: account.username.clone(),
            primary: account.primary,
            operating_system: if account.is_linux {
                OperatingSystem::Linux
            } else {
                OperatingSystem::Windows
            },
        })
        .collect();
    user_account(&accounts).map(|account| account.user_name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_moment_ago_may_not_have_arrived() {
        let now: Timestamp = "2026-11-22T06:30:00Z".parse().unwrap();
        let lifetime = Lifetime::default();
        let expires = now.checked_add(lifetime.duration()).unwrap();
        assert_eq!(pickup(expires, lifetime, now), Pickup::Pending);
        let later = now.checked_add(SETTLING * 2).unwrap();
        assert_eq!(pickup(expires, lifetime, later), Pickup::Done);
    }
}
