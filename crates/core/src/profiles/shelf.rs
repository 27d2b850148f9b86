//! The profiles of one cloud in their folders, and what is done to them. Pure: what fails has changed nothing that is kept.

use std::collections::{BTreeMap, BTreeSet};

use adit_contract::{Failure, Profile, ProfileFolderChange, ProfileStart, SettingValue};
use serde_json::{Map, Value};

use super::{
    check::{self, DEEPEST, LONGEST_FOLDER, LONGEST_NAME},
    content::{MOST_PROFILES, Stored},
};
use crate::words::profiles as words;

/// The most folders.
const MOST_FOLDERS: usize = 200;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Shelf {
    /// Every folder by its names from the outermost; one comes after that it is in.
    pub(super) folders: Vec<Vec<String>>,
    /// In their order, which is that within each folder.
    pub(super) profiles: Vec<Stored>,
    /// What the file has among profiles and folders and this version does not understand.
    pub(super) odd: Vec<Value>,
    pub(super) odd_folders: Vec<Value>,
    /// Of a later version.
    pub(super) rest: Map<String, Value>,
}

impl Shelf {
    pub(super) fn get(&self, id: &str) -> Option<&Profile> {
        self.profiles.iter().find(|stored| stored.id == id).map(|stored| &stored.profile)
    }

    fn at(&self, id: &str) -> Result<usize, Failure> {
        self.profiles.iter().position(|stored| stored.id == id).ok_or_else(words::unknown)
    }

    /// Keeps a new profile, or the new form of a known one; gives its id.
    pub(super) fn save(&mut self, id: Option<&str>, profile: Profile) -> Result<String, Failure> {
        let profile = check::check(profile)?;
        self.make_folder(&profile.folder)?;
        match id {
            Some(id) => {
                let at = self.at(id)?;
                if let Some(stored) = self.profiles.get_mut(at) {
                    stored.profile = profile;
                }
                Ok(id.to_owned())
            }
            None => {
                self.room(1)?;
                let stored = new(profile);
                let id = stored.id.clone();
                self.profiles.push(stored);
                Ok(id)
            }
        }
    }

    /// Keeps new profiles in one step.
    pub(super) fn add_all(&mut self, folders: &[Vec<String>], profiles: Vec<Profile>) -> Result<(), Failure> {
        self.room(profiles.len())?;
        for path in folders {
            self.make_folder(&check::folder(path)?)?;
        }
        for profile in profiles {
            self.save(None, profile)?;
        }
        Ok(())
    }

    fn room(&self, more: usize) -> Result<(), Failure> {
        // What is not understood counts: it takes room in the file.
        let taken = self.profiles.len().saturating_add(self.odd.len());
        let left = MOST_PROFILES.saturating_sub(taken);
        if more > left {
            return Err(words::too_many(MOST_PROFILES, left));
        }
        Ok(())
    }

    /// Takes profiles away.
    pub(super) fn remove(&mut self, ids: &[String]) -> Result<(), Failure> {
        let going = self.all(ids)?;
        self.profiles.retain(|stored| !going.contains(stored.id.as_str()));
        Ok(())
    }

    /// Puts profiles into a folder, before one that is there or at its end. They keep their order.
    pub(super) fn arrange(
        &mut self,
        ids: &[String],
        folder: &[String],
        before: Option<&str>,
    ) -> Result<(), Failure> {
        let going = self.all(ids)?;
        let folder = check::folder(folder)?;
        self.make_folder(&folder)?;
        // One that goes along is no place: the next of those that stay is.
        let stays = |stored: &&Stored| stored.profile.folder == folder && !going.contains(stored.id.as_str());
        let before = match before {
            None => None,
            Some(id) => {
                let from = self.profiles.get(self.at(id)?..).unwrap_or_default();
                from.iter().find(stays).map(|stored| stored.id.clone())
            }
        };
        let all = std::mem::take(&mut self.profiles);
        let (mut moved, mut rest): (Vec<Stored>, Vec<Stored>) =
            all.into_iter().partition(|stored| going.contains(stored.id.as_str()));
        for stored in &mut moved {
            stored.profile.folder.clone_from(&folder);
        }
        let place = match before {
            Some(before) => rest.iter().position(|stored| stored.id == before),
            None => rest.iter().rposition(|stored| stored.profile.folder == folder).map(|last| last + 1),
        };
        let place = place.unwrap_or(rest.len());
        rest.splice(place..place, moved);
        self.profiles = rest;
        Ok(())
    }

    /// Makes a copy of each profile behind it, started by hand; gives their ids in the order of `ids`.
    pub(super) fn duplicate(&mut self, ids: &[String]) -> Result<Vec<String>, Failure> {
        let wanted = self.all(ids)?;
        self.room(wanted.len())?;
        let mut made = BTreeMap::new();
        for id in wanted {
            let at = self.at(id)?;
            let Some(stored) = self.profiles.get(at) else { continue };
            let name = copied(&stored.profile.name);
            // Two that start at login would be in each other's way.
            let profile = Profile { name, start: ProfileStart::ByHand, ..stored.profile.clone() };
            let copy = Stored { id: new_id(), profile, ..stored.clone() };
            made.insert(id.to_owned(), copy.id.clone());
            self.profiles.insert(at + 1, copy);
        }
        Ok(ids.iter().filter_map(|id| made.remove(id)).collect())
    }

    /// Sets or forgets a value of a profile's own.
    pub(super) fn set(&mut self, id: &str, key: &str, value: Option<SettingValue>) -> Result<(), Failure> {
        let mut profile = self.get(id).ok_or_else(words::unknown)?.clone();
        match value {
            Some(value) => profile.settings.insert(key.to_owned(), value),
            None => profile.settings.remove(key),
        };
        self.save(Some(id), profile).map(drop)
    }

    /// Changes a folder.
    pub(super) fn change_folder(&mut self, change: ProfileFolderChange) -> Result<(), Failure> {
        match change {
            ProfileFolderChange::Add { path } => {
                let path = check::folder(&path)?;
                if path.is_empty() {
                    return Err(words::folder_unnamed());
                }
                if self.folders.contains(&path) {
                    return Err(taken(&path));
                }
                self.make_folder(&path)
            }
            ProfileFolderChange::Rename { path, name } => {
                self.known(&path)?;
                let mut to = path.clone();
                to.pop();
                to.push(name);
                self.carry(&path, &check::folder(&to)?)
            }
            ProfileFolderChange::Move { path, into } => {
                self.known(&path)?;
                // As it would be kept: space around its names does not make it another folder.
                let into = check::folder(&into)?;
                if into.starts_with(&path) {
                    return Err(words::folder_into_itself());
                }
                self.make_folder(&into)?;
                let to: Vec<String> = into.into_iter().chain(path.last().cloned()).collect();
                self.carry(&path, &to)
            }
            ProfileFolderChange::Remove { path } => {
                self.known(&path)?;
                let around = path.split_last().map_or(&[] as &[String], |(_, around)| around);
                self.folders.retain(|known| *known != path);
                self.rename(&path, around);
                Ok(())
            }
        }
    }

    /// Gives a folder another place or name, with all that is in it.
    fn carry(&mut self, from: &[String], to: &[String]) -> Result<(), Failure> {
        if from == to {
            return Ok(());
        }
        if self.folders.iter().any(|known| known == to) {
            return Err(taken(to));
        }
        let inside = self.folders.iter().filter(|known| known.starts_with(from));
        let deepest = inside.map(|known| known.len() - from.len()).max().unwrap_or(0);
        if to.len() + deepest > DEEPEST {
            return Err(words::folder_too_deep(DEEPEST));
        }
        self.rename(from, to);
        Ok(())
    }

    fn rename(&mut self, from: &[String], to: &[String]) {
        let renamed = |path: &mut Vec<String>| {
            if let Some(inside) = path.strip_prefix(from) {
                *path = [to, inside].concat();
            }
        };
        self.folders.iter_mut().for_each(renamed);
        self.profiles.iter_mut().for_each(|stored| renamed(&mut stored.profile.folder));
        // Two that have become one are there once.
        let mut seen = BTreeSet::new();
        self.folders.retain(|path| !path.is_empty() && seen.insert(path.clone()));
        self.folders = ordered(&self.folders, &[]);
    }

    /// Makes a folder, and those that it is in, where they are missing.
    pub(super) fn make_folder(&mut self, path: &[String]) -> Result<(), Failure> {
        let missing: Vec<Vec<String>> = (1..=path.len())
            .filter_map(|depth| path.get(..depth))
            .filter(|part| !self.folders.iter().any(|known| known == part))
            .map(<[String]>::to_vec)
            .collect();
        if self.folders.len().saturating_add(missing.len()) > MOST_FOLDERS {
            return Err(words::too_many_folders(MOST_FOLDERS));
        }
        self.folders.extend(missing);
        Ok(())
    }

    /// A name that no folder at the top has, by adding a number if need be.
    pub(super) fn free_folder(&self, name: &str) -> String {
        let is_free = |name: &String| !self.folders.iter().any(|path| path.first() == Some(name));
        let short: String = name.chars().take(LONGEST_FOLDER - 4).collect();
        let numbered = (2_u32..1000).map(|n| format!("{} {n}", short.trim_end()));
        std::iter::once(short.trim_end().to_owned()).chain(numbered).find(is_free).unwrap_or(short)
    }

    fn known(&self, path: &[String]) -> Result<(), Failure> {
        if self.folders.iter().any(|known| known == path) {
            return Ok(());
        }
        Err(words::folder_unknown())
    }

    /// These profiles, each once and in the order of the shelf.
    fn all<'a>(&self, ids: &'a [String]) -> Result<BTreeSet<&'a str>, Failure> {
        let wanted: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
        let found = self.profiles.iter().filter(|stored| wanted.contains(stored.id.as_str())).count();
        if found == wanted.len() { Ok(wanted) } else { Err(words::unknown()) }
    }
}

/// Folders so that one comes after that it is in, in their order otherwise.
fn ordered(all: &[Vec<String>], within: &[String]) -> Vec<Vec<String>> {
    let here = all.iter().filter(|path| path.len() == within.len() + 1 && path.starts_with(within));
    here.flat_map(|path| std::iter::once(path.clone()).chain(ordered(all, path))).collect()
}

fn new(profile: Profile) -> Stored {
    Stored { id: new_id(), profile, rest: Map::new(), within: Map::new() }
}

fn new_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

fn copied(name: &str) -> String {
    let room = LONGEST_NAME.saturating_sub(words::COPY.chars().count());
    let kept: String = name.chars().take(room).collect();
    format!("{}{}", kept.trim_end(), words::COPY)
}

fn taken(path: &[String]) -> Failure {
    let name = path.last().map_or("", String::as_str);
    words::folder_taken(name)
}

#[cfg(test)]
#[path = "shelf_tests.rs"]
mod tests;
