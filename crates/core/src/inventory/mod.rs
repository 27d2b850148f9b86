//! Projects, zones and instances: listed, held in memory, shown as the rows of a tree.

mod filter;
pub mod listing;
pub mod model;
mod natural;
mod search;
mod source;
mod tree;

use std::sync::{Mutex, MutexGuard, PoisonError};

use adit_contract::{InstanceRef, InstanceStatus, InventoryState, Problem, SearchHit, TreeWindow};
use tokio::sync::Notify;

use self::{
    filter::Filter,
    listing::Found,
    model::{ListingOutcome, Model},
    tree::Tree,
};

use crate::explain::Forecast;

pub(crate) use self::source::{at, listers, status};
pub use self::{
    listing::{InstancePage, Lister, list_all},
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
}

#[derive(Debug, Default)]
struct Inner {
    model: Model,
    tree: Tree,
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
                self.model.add_projects(&account, projects);
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
        });
    }

    /// The listing under way was cut short.
    pub(crate) fn cancel(&self) {
        self.change(|inner| {
            inner.listing = inner.listing.wrapping_add(1);
            inner.model.end(ListingOutcome::Partial);
            inner.loading = false;
        });
    }

    pub(crate) fn remove_account(&self, account: &str) {
        self.change(|inner| inner.model.remove_account(account));
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

    pub(crate) fn account_of(&self, project: &str) -> Option<String> {
        self.inner().model.account_of(project).map(str::to_owned)
    }

    /// The projects, each with the account that sees it.
    pub(crate) fn projects(&self) -> Vec<(String, String)> {
        let inner = self.inner();
        inner.model.projects.iter().map(|project| (project.id.clone(), project.account.clone())).collect()
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

    pub(crate) fn find(&self, prefix: &str, from: u32) -> Option<u32> {
        let mut inner = self.inner();
        inner.fresh();
        let found = inner.tree.find(&inner.model, prefix, usize::try_from(from).ok()?)?;
        u32::try_from(found).ok()
    }

    pub(crate) fn search(&self, text: &str, limit: u32) -> Vec<SearchHit> {
        search::search(&self.inner().model, text, usize::try_from(limit).unwrap_or(MAX_HITS))
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
