//! Listing all that the accounts can see: projects as their pages come, instances of eight projects at a time.

use std::{collections::HashSet, sync::Arc};

use adit_contract::Failure;
use async_trait::async_trait;
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
};

use super::model::{ListedInstance, ListedProject};
use crate::panics::caught;

/// Projects whose instances are listed at the same time.
pub const PROJECTS_AT_ONCE: usize = 8;

/// Pages that may wait for the one who takes them.
const PAGES: usize = 16;

/// One page of a project's instances.
#[derive(Debug, Clone, Default)]
pub struct InstancePage {
    /// The instances.
    pub instances: Vec<ListedInstance>,
    /// Zones that did not answer.
    pub unreachable: Vec<String>,
}

/// What can list projects and instances, for one account.
#[async_trait]
pub trait Lister: Send + Sync {
    /// Sends all projects, page by page. Ends early when nobody takes the pages any more.
    async fn projects(&self, pages: mpsc::Sender<Vec<ListedProject>>) -> Result<(), Failure>;
    /// Sends all instances of a project, page by page.
    async fn instances(&self, project: &str, pages: mpsc::Sender<InstancePage>) -> Result<(), Failure>;
}

/// What a listing brings, in the order in which it comes.
#[derive(Debug)]
pub enum Found {
    /// Projects that an account sees and that no account before it did.
    Projects {
        /// The account.
        account: String,
        /// The projects.
        projects: Vec<ListedProject>,
    },
    /// Some instances of a project.
    Instances {
        /// The project.
        project: String,
        /// The instances.
        instances: Vec<ListedInstance>,
    },
    /// A project's listing is over.
    ProjectEnded {
        /// The project.
        project: String,
        /// Zones that did not answer.
        unreachable: Vec<String>,
        /// Why it could not be listed to the end.
        failure: Option<Failure>,
    },
    /// Every account's projects were listed to the end, or could not be.
    ProjectsEnded,
    /// The projects of an account could not be listed to the end.
    AccountFailed {
        /// The account.
        account: String,
        /// Why.
        failure: Failure,
    },
}

enum Message {
    Projects(usize, Vec<ListedProject>),
    AccountEnded(usize, Result<(), Failure>),
    Instances(String, InstancePage),
    ProjectEnded(String, Result<(), Failure>),
}

/// Lists everything for the given accounts and hands each piece to `take`. Dropping the future ends it all.
pub async fn list_all(accounts: Vec<(String, Arc<dyn Lister>)>, take: impl FnMut(Found)) {
    list_chosen(accounts, |_| true, take).await;
}

/// The same, with the instances of those projects alone whose id is `chosen`. All projects are handed over.
pub async fn list_chosen(
    accounts: Vec<(String, Arc<dyn Lister>)>,
    chosen: impl Fn(&str) -> bool,
    mut take: impl FnMut(Found),
) {
    let (send, mut messages) = mpsc::channel(PAGES);
    let slots = Arc::new(Semaphore::new(PROJECTS_AT_ONCE));
    let mut tasks = JoinSet::new();
    let mut running = accounts.len();
    let mut finding = accounts.len();
    for (at, (_, lister)) in accounts.iter().enumerate() {
        tasks.spawn(list_projects(at, lister.clone(), send.clone()));
    }
    let mut seen = HashSet::new();
    let mut unreachable = std::collections::HashMap::<String, Vec<String>>::new();
    while running > 0 {
        let Some(message) = messages.recv().await else { return };
        match message {
            Message::Projects(at, mut projects) => {
                let Some((account, lister)) = accounts.get(at) else { continue };
                projects.retain(|project| seen.insert(project.id.clone()));
                for project in projects.iter().filter(|project| chosen(&project.id)) {
                    running += 1;
                    tasks.spawn(list_instances(
                        project.id.clone(),
                        lister.clone(),
                        slots.clone(),
                        send.clone(),
                    ));
                }
                if !projects.is_empty() {
                    take(Found::Projects { account: account.clone(), projects });
                }
            }
            Message::AccountEnded(at, result) => {
                running -= 1;
                if let (Err(failure), Some((account, _))) = (result, accounts.get(at)) {
                    take(Found::AccountFailed { account: account.clone(), failure });
                }
                finding = finding.saturating_sub(1);
                if finding == 0 {
                    take(Found::ProjectsEnded);
                }
            }
            Message::Instances(project, page) => {
                if !page.unreachable.is_empty() {
                    unreachable.entry(project.clone()).or_default().extend(page.unreachable);
                }
                if !page.instances.is_empty() {
                    take(Found::Instances { project, instances: page.instances });
                }
            }
            Message::ProjectEnded(project, result) => {
                running -= 1;
                let mut zones = unreachable.remove(&project).unwrap_or_default();
                zones.sort();
                zones.dedup();
                take(Found::ProjectEnded { project, unreachable: zones, failure: result.err() });
            }
        }
    }
}

async fn list_projects(at: usize, lister: Arc<dyn Lister>, send: mpsc::Sender<Message>) {
    let (pages, mut taken) = mpsc::channel(1);
    let listed = caught("the listing of projects", lister.projects(pages));
    let handed_on = async {
        while let Some(page) = taken.recv().await {
            if send.send(Message::Projects(at, page)).await.is_err() {
                return;
            }
        }
    };
    let (result, ()) = tokio::join!(listed, handed_on);
    // Nobody listens any more when the listing was dropped.
    let _ = send.send(Message::AccountEnded(at, result)).await;
}

async fn list_instances(
    project: String,
    lister: Arc<dyn Lister>,
    slots: Arc<Semaphore>,
    send: mpsc::Sender<Message>,
) {
    let _slot = slots.acquire().await;
    let (pages, mut taken) = mpsc::channel(1);
    let listed = caught("the listing of VMs", lister.instances(&project, pages));
    let handed_on = async {
        while let Some(page) = taken.recv().await {
            if send.send(Message::Instances(project.clone(), page)).await.is_err() {
                return;
            }
        }
    };
    let (result, ()) = tokio::join!(listed, handed_on);
    let _ = send.send(Message::ProjectEnded(project, result)).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::model::tests::{instance, project};
    use adit_contract::FailureCode;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Default)]
    struct Fake {
        at_once: AtomicUsize,
        most: AtomicUsize,
    }

    #[async_trait]
    impl Lister for Fake {
        async fn projects(&self, pages: mpsc::Sender<Vec<ListedProject>>) -> Result<(), Failure> {
            for page in 0..3 {
                pages.send((0..10).map(|n| project(&format!("p-{page}-{n}"))).collect()).await.unwrap();
            }
            Err(Failure::new(FailureCode::Network, "the last page is missing", ""))
        }

        async fn instances(&self, name: &str, pages: mpsc::Sender<InstancePage>) -> Result<(), Failure> {
            let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            for zone in ["z-1", "z-2"] {
                tokio::task::yield_now().await;
                let page = InstancePage {
                    instances: vec![instance(zone, "vm")],
                    unreachable: vec!["z-9".to_owned()],
                };
                pages.send(page).await.unwrap();
            }
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            if name == "p-1-1" { Err(Failure::new(FailureCode::PermissionDenied, "no", "")) } else { Ok(()) }
        }
    }

    #[tokio::test]
    async fn two_accounts_share_their_projects_and_eight_are_listed_at_once() {
        let fake = Arc::new(Fake::default());
        let accounts: Vec<(String, Arc<dyn Lister>)> =
            vec![("a".to_owned(), fake.clone()), ("b".to_owned(), fake.clone())];
        let (mut projects, mut instances, mut failed, mut zones, mut accounts_failed) = (0, 0, vec![], 0, 0);
        list_all(accounts, |found| match found {
            Found::Projects { projects: page, .. } => projects += page.len(),
            Found::Instances { instances: page, .. } => instances += page.len(),
            Found::ProjectEnded { project, unreachable, failure } => {
                zones += unreachable.len();
                failed.extend(failure.map(|_| project));
            }
            Found::AccountFailed { .. } => accounts_failed += 1,
            Found::ProjectsEnded => {}
        })
        .await;
        assert_eq!((projects, instances, zones, accounts_failed), (30, 60, 30, 2));
        assert_eq!(failed, ["p-1-1"]);
        assert!((2..=PROJECTS_AT_ONCE).contains(&fake.most.load(Ordering::SeqCst)));
    }

    #[tokio::test]
    async fn a_project_that_is_not_chosen_is_found_and_its_vms_are_not_asked_for() {
        let accounts: Vec<(String, Arc<dyn Lister>)> = vec![("a".to_owned(), Arc::new(Fake::default()))];
        let (mut projects, mut ended, mut order) = (0, vec![], vec![]);
        let chosen = |id: &str| id == "p-0-3" || id == "p-2-0";
        list_chosen(accounts, chosen, |found| match found {
            Found::Projects { projects: page, .. } => projects += page.len(),
            Found::ProjectEnded { project, .. } => ended.push(project),
            Found::ProjectsEnded => order.push("projects"),
            Found::AccountFailed { .. } => order.push("failure"),
            Found::Instances { .. } => {}
        })
        .await;
        ended.sort();
        assert_eq!((projects, ended), (30, vec!["p-0-3".to_owned(), "p-2-0".to_owned()]));
        assert_eq!(
            order,
            ["failure", "projects"],
            "the end of the projects is told once, after what went wrong"
        );
    }

    /// One whose every call ends in a mistake of ours.
    struct Broken;

    #[async_trait]
    impl Lister for Broken {
        async fn projects(&self, pages: mpsc::Sender<Vec<ListedProject>>) -> Result<(), Failure> {
            pages.send(vec![project("p")]).await.unwrap();
            panic!("a mistake");
        }

        async fn instances(&self, _project: &str, _pages: mpsc::Sender<InstancePage>) -> Result<(), Failure> {
            panic!("a mistake");
        }
    }

    #[tokio::test]
    async fn a_panic_ends_the_listing_in_words() {
        let accounts: Vec<(String, Arc<dyn Lister>)> = vec![("a".to_owned(), Arc::new(Broken))];
        let mut failures = vec![];
        list_all(accounts, |found| match found {
            Found::AccountFailed { failure, .. } => failures.push(failure.code),
            Found::ProjectEnded { failure, .. } => failures.extend(failure.map(|failure| failure.code)),
            Found::Projects { .. } | Found::Instances { .. } | Found::ProjectsEnded => {}
        })
        .await;
        assert_eq!(failures, [FailureCode::Internal, FailureCode::Internal]);
    }
}
