//! Listing what the accounts can see, in the background.

use std::sync::{Arc, PoisonError};

use adit_contract::{Failure, FailureCode, Scope};

use super::Core;
use crate::{
    inventory::{self, Chosen, listing::Found},
    now,
    panics::caught,
    sessions::Surroundings,
    settings::table::PROJECTS,
};

impl Core {
    pub(crate) fn refresh_if_signed_in(self: &Arc<Self>) {
        if !self.accounts.ready().is_empty() {
            self.list();
        }
    }

    /// After the accounts have changed, or the choice of projects.
    pub(crate) fn relist(self: &Arc<Self>) {
        if self.accounts.ready().is_empty() {
            self.stop_listing();
            self.stop_forecast();
            self.inventory.cancel();
        } else {
            self.list();
        }
    }

    pub(crate) fn refresh(self: &Arc<Self>) -> Result<(), Failure> {
        self.accounts.access(None)?;
        self.list();
        Ok(())
    }

    pub(crate) fn stop_listing(&self) {
        if let Some(task) = self.listing.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }

    fn list(self: &Arc<Self>) {
        self.stop_listing();
        let number = self.inventory.begin();
        let core = self.clone();
        let task = tokio::spawn(async move {
            let listing = caught("the listing", async {
                core.run_listing(number).await;
                Ok(())
            });
            // Otherwise the list would be on its way for ever.
            if let Err(failure) = listing.await {
                core.inventory.break_off(number, failure);
            }
        });
        *self.listing.lock().unwrap_or_else(PoisonError::into_inner) = Some(task.abort_handle());
    }

    async fn run_listing(self: &Arc<Self>, number: u64) {
        let listers = inventory::listers(self.accounts.ready());
        let chosen = self.inventory.chosen();
        let take = |found| {
            if let Found::AccountFailed { account, failure } = &found
                && failure.code == FailureCode::SignInNeeded
            {
                Surroundings::sign_in_needed(&**self, account);
            }
            self.inventory.take(number, found);
        };
        inventory::list_chosen(listers, |project| chosen.shows(project), take).await;
        self.inventory.end(number, now());
        self.forecast();
        self.accounts.keep_replaced_tokens(&self.keychain).await;
    }

    /// Takes from the settings which projects are shown; `false` when they were shown before.
    pub(crate) fn choose_projects(&self) -> bool {
        let chosen = self.settings.current().get(&PROJECTS, &Scope::Everywhere);
        self.inventory.choose(Chosen::of(chosen))
    }
}
