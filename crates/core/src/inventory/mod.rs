//! Projects, zones and instances: listed, held in memory, shown as the rows of a tree.

mod choice;
mod filter;
pub mod listing;
pub mod model;
mod natural;
mod search;
mod source;
mod tree;

use std::sync::{Mutex, MutexGuard, PoisonError};

use adit_contract::{
    Failure, InstanceRef, InstanceStatus, InventoryState, Os, Problem, ProjectInfo, SearchHit, TreeWindow,
};
use tokio::sync::{Notify, watch};

use self::{
    choice::Projects,
    filter::Filter,
    listing::Found,
    model::{ListingOutcome, Model},
    tree::Tree,
};

use crate::explain::Forecast;

pub(crate) use self::choice::Chosen;
pub(crate) use self::source::{at, listers, status};
pub use self::{
    listing::{InstancePage, Lister, list_all, list_chosen},
    model::{ListedInstance, ListedProject},
    natural::compare as natural_order,
    search::MAX_HITS,
    tree::{Open, Reach},
};

/// The most rows that are given at once.
pub const MAX_WINDOW: usize = 500;

/// The inventory of the app.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    inner: Mutex<Inner>,
    changed: Notify,
    /// Whether a listing is under way, for whoever waits for its end.
    listing: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Inner {
    model: Model,
    tree: Tree,
    projects: Projects,
    /// See [`InventoryState::projects_found`].
    projects_found: bool,
    /// The rows do not yet show what the model holds.
    stale: bool,
    revision: u32,
    loading: bool,
    /// Counts the listings: what an earlier one still brings is dropped.
    listing: u64,
    outcome: Option<ListingOutcome>,
    listed_at: Option<f64>,
}

impl Inner {
    fn touch(&mut self) {
        self.stale = true;
        self.revision = self.revision.wrapping_add(1);
    }

    fn take(&mut self, found: Found) {
        match found {
            Found::Projects { account, projects } => {
                let shown = self.projects.found(self.listing, &account, projects);
                self.model.add_projects(&account, shown);
            }
            Found::ProjectsEnded => {
                self.projects_found = true;
                // After a failure what was known stays, as in the tree.
                if self.outcome == Some(ListingOutcome::Complete) {
                    self.projects.ended(self.listing);
                }
            }
            Found::Instances { project, instances } => self.model.add_instances(&project, instances),
            Found::ProjectEnded { project, unreachable, failure } => {
                let problem = failure.map(|failure| (failure.code, failure.title));
                self.model.end_instances(&project, unreachable, problem);
            }
            Found::AccountFailed { account: _, failure } => {
                self.outcome = Some(ListingOutcome::Partial);
                self.model.add_problem(Problem {
                    place: "Projects".to_owned(),
                    code: failure.code,
                    text: failure.title,
                });
            }
        }
    }

    fn fresh(&mut self) {
        if std::mem::take(&mut self.stale) {
            self.tree.rebuild(&self.model);
        }
    }
}

impl Inventory {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic in here leaves at worst a stale tree; the next listing makes it whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let done = {
            let mut inner = self.inner();
            let done = change(&mut inner);
            inner.touch();
            done
        };
        self.changed.notify_one();
        done
    }

    /// Waits until something has changed since the last call.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// A listing begins; its number is given.
    pub(crate) fn begin(&self) -> u64 {
        self.listing.send_replace(true);
        self.change(|inner| {
            inner.model.begin();
            inner.loading = true;
            inner.outcome = Some(ListingOutcome::Complete);
            inner.listing = inner.listing.wrapping_add(1);
            inner.listing
        })
    }

    /// Takes one piece of a listing.
    pub(crate) fn take(&self, listing: u64, found: Found) {
        self.change(|inner| {
            if inner.listing == listing {
                inner.take(found);
            }
        });
    }

    /// The listing is over, at `now` in milliseconds since the epoch.
    pub(crate) fn end(&self, listing: u64, now: f64) {
        self.change(|inner| {
            if inner.listing != listing {
                return;
            }
            let outcome = inner.outcome.take().unwrap_or(ListingOutcome::Partial);
            inner.model.end(outcome);
            inner.loading = false;
            inner.listed_at = Some(now);
            self.listing.send_replace(false);
        });
    }

    /// Waits until a listing that is under way has ended.
    pub(crate) async fn listed(&self) {
        // The sender is here: there is always an answer.
        let _ = self.listing.subscribe().wait_for(|listing| !listing).await;
    }

    /// The listing under way was cut short.
    pub(crate) fn cancel(&self) {
        self.change(|inner| {
            inner.listing = inner.listing.wrapping_add(1);
            inner.model.end(ListingOutcome::Partial);
            inner.loading = false;
            self.listing.send_replace(false);
        });
    }

    /// A mistake of ours ended the listing: what it brought stays, and that it is not whole is told.
    pub(crate) fn break_off(&self, listing: u64, failure: Failure) {
        self.change(|inner| {
            if inner.listing == listing {
                inner.take(Found::AccountFailed { account: String::new(), failure });
                inner.take(Found::ProjectsEnded);
                inner.model.end(ListingOutcome::Partial);
                inner.outcome = None;
                inner.loading = false;
                self.listing.send_replace(false);
            }
        });
    }

    pub(crate) fn remove_account(&self, account: &str) {
        self.change(|inner| {
            inner.model.remove_account(account);
            inner.projects.remove_account(account);
            inner.projects_found = false;
        });
    }

    /// Shows these projects alone from now on; `false` when it did so before.
    pub(crate) fn choose(&self, chosen: Chosen) -> bool {
        let mut inner = self.inner();
        if inner.projects.chosen == chosen {
            return false;
        }
        inner.model.keep_projects(|id| chosen.shows(id));
        inner.projects.chosen = chosen;
        inner.touch();
        drop(inner);
        self.changed.notify_one();
        true
    }

    pub(crate) fn chosen(&self) -> Chosen {
        self.inner().projects.chosen.clone()
    }

    /// Every project that was found, chosen or not.
    pub(crate) fn project_infos(&self) -> Vec<ProjectInfo> {
        self.inner().projects.infos()
    }

    pub(crate) fn set_status(&self, instance: &InstanceRef, status: InstanceStatus) {
        let changed = {
            let mut inner = self.inner();
            let changed = inner.model.set_status(instance, status);
            if changed {
                inner.touch();
            }
            changed
        };
        if changed {
            self.changed.notify_one();
        }
    }

    /// The account that sees a project. One that is left out of the choice can be reached all the same, by a link or a
    /// profile.
    pub(crate) fn account_of(&self, project: &str) -> Option<String> {
        let inner = self.inner();
        let shown = inner.model.account_of(project);
        shown.or_else(|| inner.projects.account_of(project)).map(str::to_owned)
    }

    /// The projects, each with the account that sees it.
    pub(crate) fn projects(&self) -> Vec<(String, String)> {
        let inner = self.inner();
        inner.model.projects.iter().map(|project| (project.id.clone(), project.account.clone())).collect()
    }

    /// The ids of all projects that were found, and the names of the VMs of those that are shown.
    pub(crate) fn named(&self) -> Vec<(String, Vec<String>)> {
        let inner = self.inner();
        let vms = |project: &str| {
            let zones = inner.model.project(project).into_iter().flat_map(|project| &project.zones);
            zones.flat_map(|zone| zone.instances.iter().map(|instance| instance.name.clone())).collect()
        };
        inner.projects.infos().into_iter().map(|project| (project.id.clone(), vms(&project.id))).collect()
    }

    /// What the policies of a project say of its VMs; nothing where none could be read.
    pub(crate) fn set_forecast(&self, project: &str, forecast: Option<Forecast>) {
        self.change(|inner| inner.model.set_forecast(project, forecast));
    }

    pub(crate) fn forget_forecasts(&self) {
        self.change(|inner| inner.model.forget_forecasts());
    }

    pub(crate) fn toggle(&self, row: &str, open: Open, reach: Reach) {
        self.change(|inner| inner.tree.toggle(&inner.model, row, open, reach));
    }

    pub(crate) fn set_filter(&self, text: &str) {
        let filter = Filter::parse(text);
        self.change(|inner| inner.tree.set_filter(filter));
    }

    pub(crate) fn set_favourites(&self, favourites: Vec<InstanceRef>) {
        self.change(|inner| inner.tree.set_favourites(favourites));
    }

    /// The operating system of an instance, as far as it was listed.
    pub(crate) fn os_of(&self, instance: &InstanceRef) -> Os {
        self.inner().model.instance(instance).map_or(Os::Unknown, |(_, _, found)| found.os)
    }

    pub(crate) fn find(&self, prefix: &str, from: u32) -> Option<u32> {
        let mut inner = self.inner();
        inner.fresh();
        let found = inner.tree.find(&inner.model, prefix, usize::try_from(from).ok()?)?;
        u32::try_from(found).ok()
    }

    pub(crate) fn search(&self, text: &str, limit: u32) -> Vec<SearchHit> {
        let inner = self.inner();
        search::search(&inner.model, inner.tree.starred(), text, usize::try_from(limit).unwrap_or(MAX_HITS))
    }

    pub(crate) fn window(&self, offset: u32, count: u32) -> TreeWindow {
        let mut inner = self.inner();
        inner.fresh();
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let count = usize::try_from(count).unwrap_or(MAX_WINDOW).min(MAX_WINDOW);
        TreeWindow {
            revision: inner.revision,
            total: number(inner.tree.len()),
            offset,
            rows: inner.tree.window(&inner.model, from, count),
        }
    }

    pub(crate) fn state(&self) -> InventoryState {
        let mut inner = self.inner();
        inner.fresh();
        InventoryState {
            loading: inner.loading,
            projects: number(inner.model.projects.len()),
            left_out: number(inner.projects.left_out()),
            projects_found: inner.projects_found,
            instances: number(inner.model.instances()),
            rows: number(inner.tree.len()),
            listed_at: inner.listed_at,
            problems: inner.model.problems(),
            revision: inner.revision,
        }
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use adit_contract::FailureCode;

    use super::*;
    use crate::inventory::model::tests::project;

    #[test]
    fn a_project_that_is_left_out_is_reached_by_the_account_that_sees_it() {
        let inventory = Inventory::default();
        inventory.choose(Chosen::of(["shown".to_owned()]));
        let listing = inventory.begin();
        for (account, id) in [("a", "shown"), ("b", "left-out")] {
            let found = Found::Projects { account: account.to_owned(), projects: vec![project(id)] };
            inventory.take(listing, found);
        }
        assert_eq!(inventory.state().projects, 1);
        assert_eq!(inventory.account_of("shown").as_deref(), Some("a"));
        assert_eq!(inventory.account_of("left-out").as_deref(), Some("b"));
        assert_eq!(inventory.account_of("unknown"), None);
        inventory.remove_account("b");
        assert_eq!(inventory.account_of("left-out"), None);
    }

    #[tokio::test]
    async fn nobody_waits_for_a_listing_that_a_mistake_ended() {
        let inventory = Inventory::default();
        let listing = inventory.begin();
        inventory.break_off(listing, Failure::new(FailureCode::Internal, "a mistake", ""));
        let deadline = std::time::Duration::from_secs(30);
        tokio::time::timeout(deadline, inventory.listed()).await.expect("it still waits");
    }
}
