//! Which tunnels are to run: paused together, started again together, and begun anew by the next start of the app.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
};

use adit_contract::Failure;

use super::{
    Tunnels,
    entry::{Entry, Kept, Run, Wish},
};

impl Tunnels {
    /// Pauses one of a person's that runs: it is among those that [`Tunnels::resume_all`] starts.
    ///
    /// # Errors
    /// For an unknown one, and one that a command opened.
    pub(crate) async fn pause(&self, id: &str) -> Result<(), Failure> {
        let id = self.find(id)?;
        self.is_ours(id)?;
        self.with(id, |entry| {
            entry.wish = Wish::Pause;
            entry.stop(None)
        });
        self.save_wishes().await;
        Ok(())
    }

    /// Pauses all that run, but for those of commands.
    pub(crate) async fn pause_all(&self) {
        for id in self.ids(|entry| entry.kept == Kept::Yes && !matches!(entry.run, Run::Stopped { .. })) {
            self.with(id, |entry| {
                entry.wish = Wish::Pause;
                entry.stop(None)
            });
        }
        self.save_wishes().await;
    }

    /// Starts those again that were paused.
    pub(crate) async fn resume_all(self: &Arc<Self>) {
        for id in self.ids(|entry| entry.wish == Wish::Pause) {
            self.start(id, None, None);
        }
        self.save_wishes().await;
    }

    /// Starts those that ran when the app ended.
    pub(crate) fn restore(self: &Arc<Self>) {
        for id in self.ids(|entry| entry.wish == Wish::Run) {
            self.start(id, None, None);
        }
    }

    /// The same, as soon as somebody has signed in: at a login the keychain may still be locked.
    pub(crate) fn restore_once_signed_in(&self) {
        self.waits.store(true, Ordering::Relaxed);
    }

    /// Ids of those that are paused.
    pub(crate) fn paused(&self) -> BTreeSet<String> {
        self.ids(|entry| entry.wish == Wish::Pause).iter().map(u64::to_string).collect()
    }

    fn ids(&self, wanted: impl Fn(&Entry) -> bool) -> Vec<u64> {
        self.all().entries.iter().filter(|(_, entry)| wanted(entry)).map(|(id, _)| *id).collect()
    }

    /// What a tunnel does must not hang on a file: that it cannot be written costs the next start only.
    pub(super) async fn save_wishes(&self) {
        if let Err(failure) = self.save().await {
            tracing::warn!(code = ?failure.code, "which tunnels run could not be written down");
        }
    }
}
