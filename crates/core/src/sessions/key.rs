//! The account's SSH key: where it comes from, and how long what is published of it lives.

use adit_contract::Failure;
use adit_ssh::{KeyPair, guest::Lifetime};

use crate::{
    failure,
    keychain::{Keeping, Keychain, Lookup},
};

/// The account's SSH key, from the keychain or made now and put there.
pub(super) async fn key_pair(keychain: &Keychain, entry: &str) -> Result<(KeyPair, Keeping), Failure> {
    /// One at a time in this process, or two sessions opened together would make two keys.
    static MAKING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _making = MAKING.lock().await;
    let there_may_be_another = match keychain.look(entry).await {
        Lookup::Found { secret, keeping } => match KeyPair::from_openssh(&secret) {
            Ok(pair) => return Ok((pair, keeping)),
            Err(error) => {
                tracing::warn!(%error, "the SSH key in the keychain cannot be used; a new one is made");
                None
            }
        },
        Lookup::Missing => None,
        Lookup::Unreachable(error) => Some(error),
    };
    let pair = KeyPair::generate().map_err(|error| failure::internal(error.to_string()))?;
    let text = pair.to_openssh().map_err(|error| failure::internal(error.to_string()))?;
    let keeping = match there_may_be_another {
        Some(error) => {
            tracing::debug!(%error, "an SSH key is made that is held in memory only");
            keychain.hold(entry, &text).await;
            Keeping::Memory
        }
        None => keychain.store(entry, &text).await,
    };
    Ok((pair, keeping))
}

/// How long the public half is to be valid.
pub(super) fn lifetime(keeping: Keeping, in_memory: Lifetime) -> Lifetime {
    match keeping {
        Keeping::Stored => Lifetime::default(),
        Keeping::Memory => in_memory,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;
    use secrecy::SecretString;

    use super::*;
    use crate::keychain::{MemoryVault, Vault, VaultError};

    /// A keychain that can be locked.
    #[derive(Default)]
    struct Lockable {
        inside: MemoryVault,
        locked: Mutex<Option<VaultError>>,
    }

    impl Lockable {
        fn asked(&self) -> Result<(), VaultError> {
            self.locked.lock().unwrap().map_or(Ok(()), Err)
        }
    }

    #[async_trait]
    impl Vault for Lockable {
        async fn get(&self, entry: &str) -> Result<Option<SecretString>, VaultError> {
            self.asked()?;
            self.inside.get(entry).await
        }

        // Somebody unlocks it between the two calls: that is when a key could be lost.
        async fn set(&self, entry: &str, secret: &SecretString) -> Result<(), VaultError> {
            self.inside.set(entry, secret).await
        }

        async fn delete(&self, entry: &str) -> Result<(), VaultError> {
            self.asked()?;
            self.inside.delete(entry).await
        }
    }

    #[tokio::test]
    async fn a_key_is_made_once_and_stored() {
        let keychain = Keychain::new(Arc::new(Lockable::default()));
        let (made, keeping) = key_pair(&keychain, "a").await.unwrap();
        assert_eq!(keeping, Keeping::Stored);
        let (again, keeping) = key_pair(&keychain, "a").await.unwrap();
        assert_eq!((again.public_line(), keeping), (made.public_line(), Keeping::Stored));
    }

    #[tokio::test]
    async fn a_key_behind_a_lock_is_never_overwritten() {
        for error in [VaultError::Locked, VaultError::TimedOut, VaultError::Absent] {
            let vault = Arc::new(Lockable::default());
            let (good, _) = key_pair(&Keychain::new(vault.clone()), "a").await.unwrap();
            *vault.locked.lock().unwrap() = Some(error);
            let keychain = Keychain::new(vault.clone());
            let (made, keeping) = key_pair(&keychain, "a").await.unwrap();
            assert_eq!(keeping, Keeping::Memory);
            assert_ne!(made.public_line(), good.public_line());
            let (again, _) = key_pair(&keychain, "a").await.unwrap();
            assert_eq!(again.public_line(), made.public_line(), "it is held for this process");

            *vault.locked.lock().unwrap() = None;
            let (found, keeping) = key_pair(&Keychain::new(vault), "a").await.unwrap();
            assert_eq!((found.public_line(), keeping), (good.public_line(), Keeping::Stored), "{error:?}");
        }
    }

    #[test]
    fn what_is_lost_with_the_process_is_valid_for_a_short_time() {
        assert_eq!(lifetime(Keeping::Stored, Lifetime::MIN), Lifetime::default());
        assert_eq!(lifetime(Keeping::Memory, Lifetime::MIN), Lifetime::MIN);
    }
}
