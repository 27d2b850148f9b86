//! The tunnels of profiles: one for each, which lasts as others do.

use std::{collections::BTreeMap, sync::Arc};

use adit_contract::{Failure, TunnelInfo, TunnelSpec};

use super::{
    Tunnels, convert,
    entry::{Entry, Kept, Run, Wish},
};

use crate::words;

impl Tunnels {
    /// Starts the tunnel of a profile as `spec` has it, unless it runs; gives its id.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for what cannot be a tunnel, or one too many.
    pub(crate) async fn start_of(
        self: &Arc<Self>,
        profile: &str,
        spec: TunnelSpec,
    ) -> Result<String, Failure> {
        convert::check(&spec)?;
        let known = self.of(profile);
        let id = match known {
            Some(id) => id,
            None => self.insert(spec.clone(), Kept::Yes)?,
        };
        // In one step, so that one which begins meanwhile is not begun twice.
        let begun = self.with(id, |entry| {
            entry.profile = Some(profile.to_owned());
            if matches!(entry.run, Run::Stopped { .. }) {
                entry.spec = spec;
                entry.wish = Wish::Run;
                self.begin(id, entry, None, None);
            }
        });
        begun.ok_or_else(words::tunnels::removed)?;
        self.save_wishes().await;
        Ok(id.to_string())
    }

    /// The tunnels of profiles, by the profiles' ids.
    pub(crate) fn of_profiles(&self) -> BTreeMap<String, TunnelInfo> {
        let all = self.all();
        let of = |(id, entry): (&u64, &Entry)| Some((entry.profile.clone()?, entry.info(*id, &self.run)));
        all.entries.iter().filter_map(of).collect()
    }

    /// Which profile a tunnel is of.
    ///
    /// # Errors
    /// For an unknown tunnel.
    pub(crate) fn profile_of(&self, id: &str) -> Result<Option<String>, Failure> {
        let id = self.find(id)?;
        Ok(self.all().entries.get(&id).and_then(|entry| entry.profile.clone()))
    }

    /// What was asked for.
    ///
    /// # Errors
    /// For an unknown tunnel.
    pub(crate) fn spec(&self, id: &str) -> Result<TunnelSpec, Failure> {
        let id = self.find(id)?;
        let spec = self.all().entries.get(&id).map(|entry| entry.spec.clone());
        spec.ok_or_else(|| crate::failure::internal("a tunnel went while it was looked at"))
    }

    /// These profiles are gone: what runs of them goes on as a tunnel like others, what does not goes with them.
    pub(crate) async fn forget_profiles(&self, profiles: &[String]) {
        let of: Vec<(u64, Option<String>)> =
            self.all().entries.iter().map(|(id, entry)| (*id, entry.profile.clone())).collect();
        for (id, _) in of.iter().filter(|(_, of)| of.as_ref().is_some_and(|of| profiles.contains(of))) {
            let runs = self.with(*id, |entry| {
                entry.profile = None;
                !matches!(entry.run, Run::Stopped { .. })
            });
            if runs == Some(false) {
                self.remove(*id);
            }
        }
        self.save_wishes().await;
    }

    fn of(&self, profile: &str) -> Option<u64> {
        let all = self.all();
        all.entries.iter().find(|(_, entry)| entry.profile.as_deref() == Some(profile)).map(|(id, _)| *id)
    }
}
