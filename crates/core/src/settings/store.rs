//! The settings as they are now, and how they change: in this process, in another one, or by hand in the file.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use adit_contract::{Failure, Scope, ScopeKind, SettingState, SettingValue};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    declared::{Declared, Setting},
    file::{Content, MOST_PLACES, Stored, VERSION, is_place},
    layers::Layers,
    policy, table,
};
use crate::{
    config::Config,
    failure,
    file::{
        self, Loaded, Stamp, stamp,
        versioned::{self, Kept},
    },
    words::{files, settings as words},
};

/// Most values that are told to be wrong.
const MOST_TOLD: usize = 8;

/// See the module.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    policy_path: PathBuf,
    now: RwLock<Arc<Layers>>,
    /// How the files were when they were read last. Held while they are read anew.
    seen: Mutex<[Stamp; 2]>,
}

/// Whether something is different now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is.
    Yes,
    /// It is not.
    No,
}

impl Store {
    /// Reads settings and policy; whatever is wrong with them is told beside the values to go on with. Blocks.
    #[must_use]
    pub fn open(config: &Config) -> (Self, Option<Failure>) {
        let path = config.folders.settings.join("settings.json");
        let policy_path = config.folders.policy.clone();
        let seen = [stamp(&path), stamp(&policy_path)];
        let (content, trouble) = match read(&path) {
            Ok(Kept::Absent) => (Content::default(), None),
            Ok(Kept::Value(content)) => (content, None),
            Ok(Kept::Later(content)) => (content.unwrap_or_default(), Some(words::later(&path))),
            Ok(Kept::SetAside(aside)) => (Content::default(), Some(words::set_aside(&aside))),
            Err(error) => (Content::default(), Some(files::failure(words::NOT_READ, &path, &error))),
        };
        let (policy, policy_trouble) = policy::load(&policy_path);
        let layers = Layers { cloud: config.cloud.id.clone(), content, policy, ..Layers::default() };
        // The policy's first: somebody may rely on it.
        let trouble = policy_trouble.or(trouble).or_else(|| wrong_values(&path, &layers));
        let store = Self { path, policy_path, now: RwLock::new(Arc::new(layers)), seen: Mutex::new(seen) };
        (store, trouble)
    }

    /// The settings at this moment.
    #[must_use]
    pub fn current(&self) -> Arc<Layers> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The value in force at a place.
    pub fn get<T: Serialize + DeserializeOwned + Clone + Sync>(
        &self,
        setting: &Setting<T>,
        at: impl Into<Scope>,
    ) -> T {
        self.current().get(setting, &at.into())
    }

    /// What a setting comes to at a place.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for an unknown setting or place.
    pub fn state(&self, at: &Scope, key: &str) -> Result<SettingState, Failure> {
        let declared = known(key)?;
        allowed(declared, at)?;
        Ok(self.current().state(declared, at))
    }

    /// The same for each setting that can be set there.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for what is no place.
    pub fn states(&self, at: &Scope) -> Result<Vec<SettingState>, Failure> {
        real(at)?;
        Ok(self.current().states(at))
    }

    /// The same for a profile of this id with these values of its own.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for what is no place.
    pub(crate) fn states_in_profile(
        &self,
        at: &Scope,
        id: &str,
        values: BTreeMap<String, SettingValue>,
    ) -> Result<Vec<SettingState>, Failure> {
        real(at)?;
        Ok(self.current().with_profile(id, values).states(at))
    }

    /// The same for one setting.
    ///
    /// # Errors
    /// As [`Store::state`].
    pub(crate) fn state_in_profile(
        &self,
        at: &Scope,
        id: &str,
        values: BTreeMap<String, SettingValue>,
        key: &str,
    ) -> Result<SettingState, Failure> {
        let declared = known(key)?;
        allowed(declared, at)?;
        Ok(self.current().with_profile(id, values).state(declared, at))
    }

    /// Sets a value at a place, and writes it down. Blocks.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for an unknown setting, a value out of
    /// its bounds, or a place where it cannot be set;
    /// [`FailureCode::PermissionDenied`](adit_contract::FailureCode::PermissionDenied) where the policy has decided;
    /// [`FailureCode::File`](adit_contract::FailureCode::File) when it cannot be written: then nothing has changed.
    pub fn set(&self, at: &Scope, key: &str, value: SettingValue) -> Result<(), Failure> {
        let (declared, value) = self.check(at, key, value)?;
        self.write(at, declared, value)
    }

    fn check(
        &self,
        at: &Scope,
        key: &str,
        value: SettingValue,
    ) -> Result<(&'static dyn Declared, SettingValue), Failure> {
        let declared = self.changeable(at, key)?;
        let value = declared.kind().check(value).map_err(|why| words::no_value_of(declared.key(), why))?;
        Ok((declared, value))
    }

    /// A value as it is kept, for whoever keeps the values of a place itself, as a profile does.
    ///
    /// # Errors
    /// As [`Store::set`], but for those of writing.
    pub(crate) fn checked(
        &self,
        at: &Scope,
        key: &str,
        value: SettingValue,
    ) -> Result<SettingValue, Failure> {
        Ok(self.check(at, key, value)?.1)
    }

    /// Whether what is set at a place may be changed there.
    ///
    /// # Errors
    /// As [`Store::checked`].
    pub(crate) fn may_change(&self, at: &Scope, key: &str) -> Result<(), Failure> {
        self.changeable(at, key).map(drop)
    }

    /// The same from the words of a command line: one, or for a list as many as there are. Blocks.
    ///
    /// # Errors
    /// As [`Store::set`].
    pub fn set_words(&self, at: &Scope, key: &str, words: &[String]) -> Result<(), Failure> {
        let value = self.parsed(at, key, words)?;
        self.write(at, known(key)?, value)
    }

    /// A value as it is kept, from such words, for whoever keeps the values of a place itself.
    ///
    /// # Errors
    /// As [`Store::checked`].
    pub(crate) fn parsed(&self, at: &Scope, key: &str, words: &[String]) -> Result<SettingValue, Failure> {
        let declared = self.changeable(at, key)?;
        declared.kind().parse(words).map_err(|why| words::no_value_of(declared.key(), why))
    }

    /// The same for a setting of the table, in the type that code has it in. Blocks.
    ///
    /// # Errors
    /// As [`Store::set`].
    pub fn put<T: Serialize + DeserializeOwned + Clone + Sync>(
        &self,
        setting: &Setting<T>,
        at: impl Into<Scope>,
        value: &T,
    ) -> Result<(), Failure> {
        let value = serde_json::to_value(value).and_then(serde_json::from_value);
        self.set(&at.into(), setting.key, value.map_err(|error| failure::internal(error.to_string()))?)
    }

    fn write(&self, at: &Scope, declared: &dyn Declared, value: SettingValue) -> Result<(), Failure> {
        let value = serde_json::to_value(value).map_err(|error| failure::internal(error.to_string()))?;
        self.change(at, |content, cloud| content.set(cloud, at, declared.key(), value))
    }

    /// Forgets what is set at a place, so that the inherited value holds there. Blocks.
    ///
    /// # Errors
    /// As [`Store::set`].
    pub fn reset(&self, at: &Scope, key: &str) -> Result<(), Failure> {
        let declared = self.changeable(at, key)?;
        self.change(at, |content, cloud| content.reset(cloud, at, declared.key()))
    }

    fn changeable(&self, at: &Scope, key: &str) -> Result<&'static dyn Declared, Failure> {
        let declared = known(key)?;
        allowed(declared, at)?;
        if self.current().is_locked(declared) {
            return Err(words::decided_by(key, &self.policy_path));
        }
        Ok(declared)
    }

    /// Reads the file, changes it and writes it, with no other process in between.
    fn change(&self, at: &Scope, edit: impl FnOnce(&mut Content, &str)) -> Result<(), Failure> {
        if at.kind() == ScopeKind::Profile {
            return Err(words::kept_by_profile());
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.current();
        let written = file::exclusively(&self.path, || {
            let mut content = match read(&self.path)? {
                Kept::Absent => Content::default(),
                Kept::Value(content) => content,
                // Somebody broke it while we ran: what we know is better than nothing.
                Kept::SetAside(_) => before.content.clone(),
                Kept::Later(_) => return Err(versioned::later()),
            };
            edit(&mut content, &before.cloud);
            if content.count_places() > MOST_PLACES {
                return Err(io::Error::other(format!("more than {MOST_PLACES} places have settings")));
            }
            file::save(&self.path, &content)?;
            Ok((content, stamp(&self.path)))
        });
        let (content, stamp) =
            written.map_err(|error| files::failure(words::NOT_WRITTEN, &self.path, &error))?;
        seen[0] = stamp;
        self.hold(Layers { content, ..Layers::clone(&before) });
        Ok(())
    }

    /// Reads what has changed in the files since they were read last. One that cannot be understood now changes
    /// nothing: somebody may be writing it. Blocks.
    pub fn renew(&self) -> Changed {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps = [stamp(&self.path), stamp(&self.policy_path)];
        if *seen == stamps {
            return Changed::No;
        }
        *seen = stamps;
        let before = self.current();
        let mut layers = Layers::clone(&before);
        match file::peek::<Stored>(&self.path) {
            Ok(found) => layers.content = found.map_or_else(Content::default, |Stored(content)| content),
            Err(error) => tracing::warn!(%error, "the settings file could not be read anew"),
        }
        match policy::load(&self.policy_path) {
            (policy, None) => layers.policy = policy,
            (_, Some(_)) => tracing::warn!("the policy could not be read anew"),
        }
        if layers.content == before.content && layers.policy == before.policy {
            return Changed::No;
        }
        self.hold(layers);
        Changed::Yes
    }

    fn hold(&self, layers: Layers) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(layers);
    }
}

/// Reads the settings file.
fn read(path: &Path) -> io::Result<Kept<Content>> {
    if versioned::version_of(path)?.is_some_and(|version| version > VERSION) {
        let understood = file::peek::<Stored>(path).ok().flatten();
        return Ok(Kept::Later(understood.map(|Stored(content)| content)));
    }
    Ok(match file::load::<Stored>(path)? {
        Loaded::Absent => Kept::Absent,
        Loaded::Value(Stored(content)) => Kept::Value(content),
        Loaded::SetAside(aside) => Kept::SetAside(aside),
    })
}

/// A value as a profile keeps it, whether or not a policy decides otherwise.
///
/// # Errors
/// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for an unknown setting, one that no profile
/// has, and a value out of its bounds.
pub(crate) fn usable_in_profile(key: &str, value: SettingValue) -> Result<SettingValue, Failure> {
    let declared = known(key)?;
    if !declared.reach().scopes().contains(&ScopeKind::Profile) {
        return Err(words::only_everywhere(declared.key()));
    }
    declared.kind().check(value).map_err(|why| words::no_value_of(declared.key(), why))
}

fn known(key: &str) -> Result<&'static dyn Declared, Failure> {
    table::declared(key).ok_or_else(|| words::unknown(key))
}

fn real(at: &Scope) -> Result<(), Failure> {
    if is_place(at) {
        return Ok(());
    }
    Err(words::no_place(at))
}

fn allowed(declared: &dyn Declared, at: &Scope) -> Result<(), Failure> {
    real(at)?;
    if declared.reach().scopes().contains(&at.kind()) {
        return Ok(());
    }
    Err(words::only_everywhere(declared.key()))
}

/// What the file has that cannot be used, once for all of it.
fn wrong_values(path: &Path, layers: &Layers) -> Option<Failure> {
    let problems = layers.problems();
    if problems.is_empty() {
        return None;
    }
    Some(words::wrong_values(path, problems.into_iter().take(MOST_TOLD)))
}
