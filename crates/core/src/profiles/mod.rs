//! Profiles: saved connections in folders, started by name. Kept by cloud in one file that several processes share, and
//! that later versions may have written ([`Profiles`]); taken from and given to files of others ([`Profiles::import`]).

mod check;
mod content;
mod draft;
mod files;
mod follow;
mod settings;
mod shelf;
mod start;
mod store;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use adit_contract::{
    Failure, Profile, ProfileFolderChange, ProfileInfo, ProfileList, ProfileState, SettingValue,
};

use self::store::Access;
use crate::file::versioned::Changed;

pub use self::store::Profiles;
pub(crate) use self::{
    draft::{from_session, from_tunnel, from_vm},
    follow::Follow,
    start::{Plan, choose, hindered, is_of, may_mean, plan, runs_as, states},
};

impl Profiles {
    /// All of them; `states` says what those are doing that do anything.
    #[must_use]
    pub fn list(&self, mut states: BTreeMap<String, ProfileState>) -> ProfileList {
        let shelf = self.shelf();
        let mut failed = self.failed();
        let infos = shelf.profiles.into_iter().map(|stored| {
            let state = match states.remove(&stored.id) {
                Some(open @ (ProfileState::Session { .. } | ProfileState::Tunnel { .. })) => {
                    // What is on makes an old start of no account, also once it is over.
                    failed.remove(&stored.id);
                    open
                }
                // The last start says more than what an earlier one had opened.
                over @ (Some(ProfileState::Failed { .. } | ProfileState::Idle) | None) => {
                    let failure = failed.get(&stored.id).cloned();
                    let failed = failure.map(|failure| ProfileState::Failed { failure });
                    failed.or(over).unwrap_or(ProfileState::Idle)
                }
            };
            ProfileInfo {
                problem: check::problem(&stored.profile),
                id: stored.id,
                profile: stored.profile,
                state,
            }
        });
        ProfileList {
            profiles: infos.collect(),
            folders: shelf.folders,
            trouble: self.trouble(),
            writable: self.access() == Access::Write,
        }
    }

    /// Keeps a new profile, or the new form of a known one; gives its id. Blocks, as all below do.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for what no profile may have, for an unknown
    /// one and one too many; [`FailureCode::File`](adit_contract::FailureCode::File) when it cannot be written: then
    /// nothing has changed. The same for all below.
    pub(crate) fn save(&self, id: Option<&str>, profile: Profile) -> Result<String, Failure> {
        let id = self.change(|shelf| shelf.save(id, profile))?;
        self.failed().remove(&id);
        let _ = self.see([&id]);
        Ok(id)
    }

    /// Takes profiles away.
    pub(crate) fn remove(&self, ids: &[String]) -> Result<(), Failure> {
        self.change(|shelf| shelf.remove(ids))?;
        self.failed().retain(|id, _| !ids.contains(id));
        let _ = self.see(ids);
        Ok(())
    }

    /// Puts profiles into a folder, before one that is there or at its end.
    pub(crate) fn arrange(
        &self,
        ids: &[String],
        folder: &[String],
        before: Option<&str>,
    ) -> Result<(), Failure> {
        self.change(|shelf| shelf.arrange(ids, folder, before))
    }

    /// Makes a copy of each behind it; gives the copies' ids.
    pub(crate) fn duplicate(&self, ids: &[String]) -> Result<Vec<String>, Failure> {
        self.change(|shelf| shelf.duplicate(ids))
    }

    /// Changes a folder.
    pub(crate) fn change_folder(&self, change: ProfileFolderChange) -> Result<(), Failure> {
        self.change(|shelf| shelf.change_folder(change))
    }

    /// Sets a value of a profile's own, or forgets it.
    pub(crate) fn set(&self, id: &str, key: &str, value: Option<SettingValue>) -> Result<(), Failure> {
        self.change(|shelf| shelf.set(id, key, value))
    }

    /// Remembers why a start of a known profile came to nothing, or that it has not.
    pub(crate) fn started(&self, id: &str, failure: Option<Failure>) {
        let known = self.get(id).is_ok();
        let mut failed = self.failed();
        match failure.filter(|_| known) {
            Some(failure) => failed.insert(id.to_owned(), failure),
            None => failed.remove(id),
        };
    }

    /// These are started with nobody there: that one fails needs somebody until [`Profiles::see`].
    pub(crate) fn begin_unseen(&self, ids: &[String]) {
        self.unseen().extend(ids.iter().cloned());
    }

    /// Somebody has seen what became of these, or has done something about it. Gives whether that was still to come of one.
    pub(crate) fn see<'a>(&self, ids: impl IntoIterator<Item = &'a String>) -> Changed {
        let mut unseen = self.unseen();
        let removed = ids.into_iter().filter(|id| unseen.remove(*id)).count();
        if removed == 0 { Changed::No } else { Changed::Yes }
    }

    /// Ids of those of which nobody has seen what became of them.
    pub(crate) fn still_unseen(&self) -> BTreeSet<String> {
        self.unseen().clone()
    }

    /// Those that are started when the app begins at login.
    pub(crate) fn at_login(&self) -> Vec<String> {
        let at_login = |profile: &Profile| profile.start == adit_contract::ProfileStart::AtLogin;
        let all = self.shelf().profiles;
        all.into_iter().filter(|stored| at_login(&stored.profile)).map(|stored| stored.id).collect()
    }
}
