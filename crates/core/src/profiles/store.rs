//! The profiles as they are now, and how they change: in this process, in another one, or by hand in the file.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use adit_contract::{Failure, Profile, SettingValue};

use super::{
    content::{self, Content, MOST_PROFILES, Read},
    shelf::Shelf,
};
use crate::{
    config::Config,
    file::{self, Loaded, Seen, Stamp, stamp},
    settings::Changed,
    words,
};

/// Whether this version may change the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// It may.
    Write,
    /// It is of a later version, cannot be read, or is not ours to set aside: it is left alone.
    Leave,
}

/// What becomes of a file that cannot be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    /// It is set aside, and another one begun.
    SetAside,
    /// It is left where it is: a command is over soon, and an app that runs may know what was in it.
    Leave,
}

/// The profiles at one moment.
#[derive(Debug)]
struct State {
    content: Content,
    access: Access,
    /// What is wrong with the file.
    trouble: Option<Failure>,
}

/// All profiles of a cloud.
#[derive(Debug)]
pub struct Profiles {
    path: PathBuf,
    cloud: String,
    broken: Broken,
    now: RwLock<Arc<State>>,
    /// How the file was when it was read last. Held while it is read or changed.
    seen: Mutex<Stamp>,
    /// Why the last start of a profile came to nothing, by its id.
    failed: Mutex<BTreeMap<String, Failure>>,
    /// Ids of those that were started with nobody there, as at login, and of which nobody has seen what became of them.
    unseen: Mutex<BTreeSet<String>>,
    /// Profiles that were removed while this process ran: what they have opened goes on with their account and settings.
    gone: Mutex<BTreeMap<String, Profile>>,
}

impl Profiles {
    /// Reads them for the app. A file that cannot be understood is set aside. Blocks.
    #[must_use]
    pub fn open(config: &Config) -> Self {
        Self::opened(config, Broken::SetAside)
    }

    /// Reads them for a command. A file that cannot be understood is left alone, and nothing can be changed. Blocks.
    #[must_use]
    pub fn peek(config: &Config) -> Self {
        Self::opened(config, Broken::Leave)
    }

    fn opened(config: &Config, broken: Broken) -> Self {
        let path = config.folders.settings.join("profiles.json");
        let cloud = config.cloud.id.clone();
        let seen = stamp(&path);
        let state = match read(&path, broken) {
            Ok(Loaded::Absent) => State::of(Content::default(), &cloud),
            Ok(Loaded::Value(read)) => State::read(read, &path, &cloud),
            Ok(Loaded::SetAside(aside)) => State {
                trouble: Some(words::profiles::set_aside(&aside)),
                ..State::of(Content::default(), &cloud)
            },
            Err(error) => State {
                content: Content::default(),
                access: Access::Leave,
                trouble: Some(words::files::failure(words::profiles::NOT_READ, &path, &error)),
            },
        };
        Self {
            path,
            cloud,
            broken,
            now: RwLock::new(Arc::new(state)),
            seen: Mutex::new(seen),
            failed: Mutex::default(),
            unseen: Mutex::default(),
            gone: Mutex::default(),
        }
    }

    fn now(&self) -> Arc<State> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is wrong with their file.
    #[must_use]
    pub fn trouble(&self) -> Option<Failure> {
        self.now().trouble.clone()
    }

    /// Where they are kept.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn access(&self) -> Access {
        self.now().access
    }

    /// Those of the cloud in use.
    pub(super) fn shelf(&self) -> Shelf {
        self.now().content.clouds.get(&self.cloud).cloned().unwrap_or_default()
    }

    /// What was saved.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for an unknown one.
    pub(crate) fn get(&self, id: &str) -> Result<Profile, Failure> {
        let now = self.now();
        now.content
            .clouds
            .get(&self.cloud)
            .and_then(|shelf| shelf.get(id))
            .cloned()
            .ok_or_else(words::profiles::unknown)
    }

    /// A profile's own settings, also of one that was removed; none of an unknown one, whose session goes on with those of
    /// its VM.
    pub(crate) fn values(&self, id: &str) -> BTreeMap<String, SettingValue> {
        self.even_gone(id).map(|profile| profile.settings).unwrap_or_default()
    }

    /// The account that a profile names, also one that was removed.
    pub(crate) fn account(&self, id: &str) -> Option<String> {
        self.even_gone(id).and_then(|profile| profile.account)
    }

    fn even_gone(&self, id: &str) -> Option<Profile> {
        let gone = || self.gone.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        self.get(id).ok().or_else(gone)
    }

    /// Reads the file, changes it and writes it, with no other process in between. Blocks.
    ///
    /// # Errors
    /// Those of the change, and [`FailureCode::File`](adit_contract::FailureCode::File) when the file is of a later version or
    /// cannot be read or written: then nothing has changed.
    pub(super) fn change<T>(
        &self,
        edit: impl FnOnce(&mut Shelf) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.now();
        let mut trouble = None;
        let written = file::exclusively(&self.path, || {
            let mut content = match file::see::<Read>(&self.path)? {
                Seen::Absent => before.without_file(),
                Seen::Value(Read::Ours(content)) => content,
                Seen::Value(Read::Later(_)) => return Ok(Err(words::profiles::later(&self.path))),
                Seen::Value(Read::Export) => return Ok(Err(words::profiles::an_export(&self.path))),
                Seen::Broken if self.broken == Broken::Leave => return Err(not_understood()),
                // Somebody broke it while we ran: what we know is better than nothing.
                Seen::Broken => {
                    trouble = Some(words::profiles::restored(&file::keep_copy(&self.path)?));
                    // At once: the change itself may be refused.
                    file::save(&self.path, &before.content)?;
                    before.content.clone()
                }
            };
            let done = match edit(content.clouds.entry(self.cloud.clone()).or_default()) {
                Ok(done) => done,
                Err(refused) => return Ok(Err(refused)),
            };
            match file::save(&self.path, &content) {
                Ok(()) => Ok(Ok((done, content, stamp(&self.path)))),
                Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                    Ok(Err(words::profiles::too_much()))
                }
                Err(error) => Err(error),
            }
        });
        let (done, content, stamp) = written
            .map_err(|error| words::files::failure(words::profiles::NOT_WRITTEN, &self.path, &error))??;
        *seen = stamp;
        let state = State::of(content, &self.cloud);
        self.hold(State { trouble: trouble.or_else(|| state.trouble.clone()), ..state });
        Ok(done)
    }

    /// Reads what has changed in the file since it was read last. One that cannot be understood now changes nothing:
    /// somebody may be writing it. Neither does one that has gone: another process may have set it aside. Blocks.
    pub(crate) fn renew(&self) -> Changed {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = stamp(&self.path);
        if *seen == stamp {
            return Changed::No;
        }
        *seen = stamp;
        let state = match file::peek::<Read>(&self.path) {
            Ok(None) => State::of(self.now().without_file(), &self.cloud),
            Ok(Some(read)) => State::read(read, &self.path, &self.cloud),
            Err(error) => {
                tracing::warn!(%error, "the profiles could not be read anew");
                return Changed::No;
            }
        };
        let before = self.now();
        if state.content == before.content && state.access == before.access {
            return Changed::No;
        }
        self.hold(state);
        Changed::Yes
    }

    fn hold(&self, state: State) {
        let before = self.shelf().profiles;
        let stays =
            |id: &str| state.content.clouds.get(&self.cloud).is_some_and(|shelf| shelf.get(id).is_some());
        let going = before.into_iter().filter(|stored| !stays(&stored.id));
        let mut gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        gone.extend(going.map(|stored| (stored.id, stored.profile)));
        while gone.len() > MOST_PROFILES {
            gone.pop_first();
        }
        drop(gone);
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
    }

    /// Why last starts came to nothing, by the profiles' ids.
    pub(super) fn failed(&self) -> MutexGuard<'_, BTreeMap<String, Failure>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those of which nobody has seen what became of a start, by their ids.
    pub(super) fn unseen(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.unseen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn of(content: Content, cloud: &str) -> Self {
        let trouble = content.clouds.get(cloud).and_then(content::not_understood);
        Self { content, access: Access::Write, trouble }
    }

    fn read(read: Read, path: &Path, cloud: &str) -> Self {
        match read {
            Read::Ours(content) => Self::of(content, cloud),
            Read::Later(content) => {
                Self { content, access: Access::Leave, trouble: Some(words::profiles::later(path)) }
            }
            Read::Export => Self {
                content: Content::default(),
                access: Access::Leave,
                trouble: Some(words::profiles::an_export(path)),
            },
        }
    }

    /// What there is while the file is not: what was known, if the file was ours to write.
    fn without_file(&self) -> Content {
        match self.access {
            Access::Write => self.content.clone(),
            Access::Leave => Content::default(),
        }
    }
}

/// Reads the file. What is to be set aside is so with no other process of ours in between.
fn read(path: &Path, broken: Broken) -> io::Result<Loaded<Read>> {
    match file::see(path)? {
        Seen::Absent => Ok(Loaded::Absent),
        Seen::Value(read) => Ok(Loaded::Value(read)),
        Seen::Broken => match broken {
            // Another process may have mended it meanwhile.
            Broken::SetAside => file::exclusively(path, || file::load(path)),
            Broken::Leave => Err(not_understood()),
        },
    }
}

fn not_understood() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it cannot be understood")
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
