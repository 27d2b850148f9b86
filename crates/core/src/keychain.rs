//! The operating system's keychain, and what holds secrets when there is none.
//!
//! A keychain call may hang for as long as nobody answers its unlock prompt, so the calls run on a thread of
//! their own and get five seconds. Without a keychain secrets live in memory until the process ends; none is
//! ever written to a file.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use adit_contract::KeychainState;
use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{oneshot, watch};

/// How long one call may take.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// Calls that may wait for the keychain's thread.
const QUEUE: usize = 32;

/// Why a keychain could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// It is locked and nobody unlocked it.
    #[error("the keychain is locked")]
    Locked,
    /// There is none.
    #[error("there is no keychain")]
    Absent,
    /// It did not answer within [`DEADLINE`].
    #[error("the keychain did not answer in time")]
    TimedOut,
}

impl From<VaultError> for KeychainState {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Locked => Self::Locked,
            VaultError::Absent => Self::Absent,
            VaultError::TimedOut => Self::TimedOut,
        }
    }
}

/// How long a secret outlives the call that stored it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// Until it is removed.
    Stored,
    /// Until the process ends.
    Memory,
}

/// What a look into the keychain found.
#[derive(Debug)]
pub enum Lookup {
    /// The secret.
    Found {
        /// The secret.
        secret: SecretString,
        /// Where it was found.
        keeping: Keeping,
    },
    /// There is none under this name.
    Missing,
    /// There may be one: the keychain could not be asked. Nothing may be stored over it.
    Unreachable(VaultError),
}

/// A place for secrets. Entry names hold no secret.
#[async_trait]
pub trait Vault: Send + Sync {
    /// How long it keeps what it holds.
    fn keeping(&self) -> Keeping {
        Keeping::Stored
    }
    /// The secret under a name; `None` when there is none.
    async fn get(&self, entry: &str) -> Result<Option<SecretString>, VaultError>;
    /// Stores a secret, replacing what is there.
    async fn set(&self, entry: &str, secret: &SecretString) -> Result<(), VaultError>;
    /// Removes a secret; done as well when there is none.
    async fn delete(&self, entry: &str) -> Result<(), VaultError>;
}

enum Call {
    Get(oneshot::Sender<Result<Option<SecretString>, VaultError>>),
    Set(SecretString, oneshot::Sender<Result<(), VaultError>>),
    Delete(oneshot::Sender<Result<(), VaultError>>),
}

/// The operating system's keychain: Secret Service, Keychain or Credential Manager.
pub struct SystemVault {
    calls: mpsc::SyncSender<(String, Call)>,
}

impl std::fmt::Debug for SystemVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SystemVault").finish_non_exhaustive()
    }
}

impl SystemVault {
    /// The keychain, its entries under one service name such as `adit`. Nothing is asked of it yet.
    #[must_use]
    pub fn new(service: &str) -> Self {
        let (calls, waiting) = mpsc::sync_channel::<(String, Call)>(QUEUE);
        let service = service.to_owned();
        // A thread of our own, never the runtime's: a hanging prompt must not keep the process from ending.
        let started = std::thread::Builder::new().name("keychain".to_owned()).spawn(move || {
            while let Ok((name, call)) = waiting.recv() {
                serve(&service, &name, call);
            }
        });
        if let Err(error) = started {
            tracing::warn!(%error, "the keychain's thread could not be started");
        }
        Self { calls }
    }

    async fn call<T>(
        &self,
        entry: &str,
        call: impl FnOnce(oneshot::Sender<Result<T, VaultError>>) -> Call,
    ) -> Result<T, VaultError> {
        let (answer, answered) = oneshot::channel();
        self.calls.try_send((entry.to_owned(), call(answer))).map_err(|error| match error {
            mpsc::TrySendError::Full(_) => VaultError::TimedOut,
            mpsc::TrySendError::Disconnected(_) => VaultError::Absent,
        })?;
        match tokio::time::timeout(DEADLINE, answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(VaultError::Absent),
            Err(_) => Err(VaultError::TimedOut),
        }
    }
}

#[async_trait]
impl Vault for SystemVault {
    async fn get(&self, entry: &str) -> Result<Option<SecretString>, VaultError> {
        self.call(entry, Call::Get).await
    }

    async fn set(&self, entry: &str, secret: &SecretString) -> Result<(), VaultError> {
        self.call(entry, |answer| Call::Set(secret.clone(), answer)).await
    }

    async fn delete(&self, entry: &str) -> Result<(), VaultError> {
        self.call(entry, Call::Delete).await
    }
}

/// One call, on the keychain's thread. A caller who gave up is not served any more: a secret that he has
/// meanwhile put elsewhere must not appear here later.
fn serve(service: &str, name: &str, call: Call) {
    match call {
        Call::Get(answer) if !answer.is_closed() => {
            let got = keyring::Entry::new(service, name).and_then(|entry| entry.get_secret());
            let secret = match got {
                Ok(bytes) => Ok(String::from_utf8(bytes).ok().map(SecretString::from)),
                Err(keyring::Error::NoEntry) => Ok(None),
                Err(error) => Err(state_of(&error)),
            };
            let _ = answer.send(secret);
        }
        Call::Set(secret, answer) if !answer.is_closed() => {
            let set = keyring::Entry::new(service, name)
                .and_then(|entry| entry.set_secret(secret.expose_secret().as_bytes()));
            let _ = answer.send(set.map_err(|error| state_of(&error)));
        }
        Call::Delete(answer) if !answer.is_closed() => {
            let deleted = keyring::Entry::new(service, name).and_then(|entry| entry.delete_credential());
            let _ = answer.send(match deleted {
                Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
                Err(error) => Err(state_of(&error)),
            });
        }
        Call::Get(_) | Call::Set(..) | Call::Delete(_) => {}
    }
}

/// What an error says about the keychain. Its text is logged by kind only: some errors carry the secret.
fn state_of(error: &keyring::Error) -> VaultError {
    match error {
        keyring::Error::NoStorageAccess(_) => VaultError::Locked,
        _ => VaultError::Absent,
    }
}

/// A keychain in memory: for tests, and for a machine on which the person wants none.
#[derive(Default)]
pub struct MemoryVault {
    entries: Mutex<HashMap<String, SecretString>>,
}

impl std::fmt::Debug for MemoryVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryVault").finish_non_exhaustive()
    }
}

impl MemoryVault {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, HashMap<String, SecretString>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Vault for MemoryVault {
    fn keeping(&self) -> Keeping {
        Keeping::Memory
    }

    async fn get(&self, entry: &str) -> Result<Option<SecretString>, VaultError> {
        Ok(self.entries().get(entry).cloned())
    }

    async fn set(&self, entry: &str, secret: &SecretString) -> Result<(), VaultError> {
        self.entries().insert(entry.to_owned(), secret.clone());
        Ok(())
    }

    async fn delete(&self, entry: &str) -> Result<(), VaultError> {
        self.entries().remove(entry);
        Ok(())
    }
}

/// The keychain with memory behind it: what it cannot hold is held until the process ends.
pub struct Keychain {
    vault: Arc<dyn Vault>,
    fallback: MemoryVault,
    state: watch::Sender<KeychainState>,
    reached: AtomicBool,
}

impl std::fmt::Debug for Keychain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keychain").field("state", &self.state()).finish_non_exhaustive()
    }
}

impl Keychain {
    /// A keychain on top of a vault.
    #[must_use]
    pub fn new(vault: Arc<dyn Vault>) -> Self {
        let state = watch::channel(KeychainState::Available).0;
        Self { vault, fallback: MemoryVault::new(), state, reached: AtomicBool::new(false) }
    }

    /// How the last call found it.
    #[must_use]
    pub fn state(&self) -> KeychainState {
        *self.state.borrow()
    }

    /// Changes of the state.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<KeychainState> {
        self.state.subscribe()
    }

    /// Whether it has ever answered: one that has not may not be there at all.
    #[must_use]
    pub fn was_reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
    }

    fn found(&self, state: KeychainState) {
        if state == KeychainState::Available {
            self.reached.store(true, Ordering::Relaxed);
        }
        self.state.send_if_modified(|now| std::mem::replace(now, state) != state);
    }

    /// The secret under a name; `None` when there is none, or none that can be reached. Who would store another
    /// one then asks [`Keychain::look`].
    pub async fn get(&self, entry: &str) -> Option<SecretString> {
        match self.look(entry).await {
            Lookup::Found { secret, keeping: _ } => Some(secret),
            Lookup::Missing | Lookup::Unreachable(_) => None,
        }
    }

    /// The secret under a name, or why there is none.
    pub async fn look(&self, entry: &str) -> Lookup {
        if let Ok(Some(secret)) = self.fallback.get(entry).await {
            return Lookup::Found { secret, keeping: Keeping::Memory };
        }
        match self.vault.get(entry).await {
            Ok(secret) => {
                self.found(KeychainState::Available);
                match secret {
                    Some(secret) => Lookup::Found { secret, keeping: self.vault.keeping() },
                    None => Lookup::Missing,
                }
            }
            Err(error) => {
                self.found(error.into());
                Lookup::Unreachable(error)
            }
        }
    }

    /// Stores a secret: in the keychain, or in memory when that fails.
    pub async fn set(&self, entry: &str, secret: &SecretString) {
        self.store(entry, secret).await;
    }

    /// The same, and tells where it is now.
    pub async fn store(&self, entry: &str, secret: &SecretString) -> Keeping {
        match self.vault.set(entry, secret).await {
            Ok(()) => {
                self.found(KeychainState::Available);
                let _ = self.fallback.delete(entry).await;
                self.vault.keeping()
            }
            Err(error) => {
                self.found(error.into());
                self.hold(entry, secret).await;
                Keeping::Memory
            }
        }
    }

    /// Holds a secret in memory only: what the keychain may have under this name stays there.
    pub async fn hold(&self, entry: &str, secret: &SecretString) {
        // memory does not fail
        let _ = self.fallback.set(entry, secret).await;
    }

    /// Removes a secret from both.
    pub async fn delete(&self, entry: &str) -> Result<(), VaultError> {
        let _ = self.fallback.delete(entry).await;
        let deleted = self.vault.delete(entry).await;
        self.found(deleted.map_or_else(Into::into, |()| KeychainState::Available));
        deleted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(VaultError);

    #[async_trait]
    impl Vault for Broken {
        async fn get(&self, _: &str) -> Result<Option<SecretString>, VaultError> {
            Err(self.0)
        }
        async fn set(&self, _: &str, _: &SecretString) -> Result<(), VaultError> {
            Err(self.0)
        }
        async fn delete(&self, _: &str) -> Result<(), VaultError> {
            Err(self.0)
        }
    }

    #[tokio::test]
    async fn without_a_keychain_secrets_live_in_memory_and_the_state_says_so() {
        for (error, state) in [
            (VaultError::Locked, KeychainState::Locked),
            (VaultError::Absent, KeychainState::Absent),
            (VaultError::TimedOut, KeychainState::TimedOut),
        ] {
            let keychain = Keychain::new(Arc::new(Broken(error)));
            keychain.set("a", &"secret".into()).await;
            assert_eq!(keychain.state(), state);
            assert_eq!(keychain.get("a").await.unwrap().expose_secret(), "secret");
            assert_eq!(keychain.delete("a").await, Err(error));
            assert!(keychain.get("a").await.is_none());
        }
    }

    #[tokio::test]
    async fn not_there_and_not_to_be_asked_are_two_things() {
        let keychain = Keychain::new(Arc::new(MemoryVault::new()));
        assert!(matches!(keychain.look("a").await, Lookup::Missing));
        for error in [VaultError::Locked, VaultError::Absent, VaultError::TimedOut] {
            let keychain = Keychain::new(Arc::new(Broken(error)));
            assert!(matches!(keychain.look("a").await, Lookup::Unreachable(seen) if seen == error));
            assert_eq!(keychain.store("a", &"secret".into()).await, Keeping::Memory);
            assert!(matches!(keychain.look("a").await, Lookup::Found { keeping: Keeping::Memory, .. }));
        }
    }

    #[tokio::test]
    async fn what_the_keychain_holds_is_not_held_twice() {
        let vault = Arc::new(MemoryVault::new());
        let keychain = Keychain::new(vault.clone());
        keychain.set("a", &"secret".into()).await;
        assert!(keychain.fallback.get("a").await.unwrap().is_none());
        assert_eq!(vault.get("a").await.unwrap().unwrap().expose_secret(), "secret");
        assert_eq!(keychain.state(), KeychainState::Available);
    }

    /// A keychain whose thread never comes back, as one whose unlock prompt nobody sees.
    #[tokio::test(start_paused = true)]
    async fn a_hanging_keychain_times_out_and_its_queue_stays_bounded() {
        let (calls, _never_served) = mpsc::sync_channel(1);
        let vault = SystemVault { calls };
        assert_eq!(vault.get("a").await.err(), Some(VaultError::TimedOut));
        assert_eq!(vault.set("b", &"x".into()).await.err(), Some(VaultError::TimedOut));
    }

    #[test]
    fn nothing_shows_a_secret() {
        assert!(!format!("{:?}", MemoryVault::new()).contains("entries"));
    }
}
