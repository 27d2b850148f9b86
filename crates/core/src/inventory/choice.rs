//! Which of the projects that were found are shown: all, or those that a person chose.

use std::collections::{BTreeMap, HashSet};

use adit_contract::ProjectInfo;

use super::{model::ListedProject, natural};

/// The chosen projects by id. None chosen means that all are shown, those that come later as well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Chosen(HashSet<String>);

impl Chosen {
    pub(crate) fn of(ids: impl IntoIterator<Item = String>) -> Self {
        Self(ids.into_iter().collect())
    }

    pub(crate) fn shows(&self, project: &str) -> bool {
        self.0.is_empty() || self.0.contains(project)
    }
}

#[derive(Debug)]
struct Found {
    name: String,
    /// The account that sees it.
    account: String,
    listing: u64,
}

/// All that were found, and the chosen ones.
#[derive(Debug, Default)]
pub(super) struct Projects {
    pub(super) chosen: Chosen,
    found: BTreeMap<String, Found>,
}

impl Projects {
    /// A listing found these; gives those that are shown.
    pub(super) fn found(
        &mut self,
        listing: u64,
        account: &str,
        page: Vec<ListedProject>,
    ) -> Vec<ListedProject> {
        for project in &page {
            let found = Found { name: project.name.clone(), account: account.to_owned(), listing };
            self.found.insert(project.id.clone(), found);
        }
        page.into_iter().filter(|project| self.chosen.shows(&project.id)).collect()
    }

    /// Every account's projects have been found by this listing: those that it did not bring are gone.
    pub(super) fn ended(&mut self, listing: u64) {
        self.found.retain(|_, found| found.listing == listing);
    }

    pub(super) fn remove_account(&mut self, account: &str) {
        self.found.retain(|_, found| found.account != account);
    }

    /// The account that sees a project, shown or not.
    pub(super) fn account_of(&self, project: &str) -> Option<&str> {
        self.found.get(project).map(|found| found.account.as_str())
    }

    /// How many were found and are not shown.
    pub(super) fn left_out(&self) -> usize {
        self.found.keys().filter(|id| !self.chosen.shows(id)).count()
    }

    /// All of them, in natural order.
    pub(super) fn infos(&self) -> Vec<ProjectInfo> {
        let mut infos: Vec<ProjectInfo> = self
            .found
            .iter()
            .map(|(id, found)| ProjectInfo {
                id: id.clone(),
                name: found.name.clone(),
                chosen: self.chosen.shows(id),
            })
            .collect();
        infos.sort_by(|a, b| natural::compare(&a.id, &b.id));
        infos
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::model::tests::project;

    #[test]
    fn without_a_choice_all_are_shown_and_with_one_the_rest_is_only_counted() {
        let mut projects = Projects::default();
        let page = || vec![project("p-10"), project("p-2"), project("p-1")];
        assert_eq!(projects.found(1, "a", page()).len(), 3);
        assert_eq!(projects.left_out(), 0);

        projects.chosen = Chosen::of(["p-2".to_owned(), "gone".to_owned()]);
        let shown = projects.found(2, "a", page());
        assert_eq!(shown.iter().map(|project| project.id.as_str()).collect::<Vec<_>>(), ["p-2"]);
        assert_eq!(projects.left_out(), 2);
        assert_eq!(projects.account_of("p-1"), Some("a"));
        let infos = projects.infos();
        let named: Vec<_> = infos.iter().map(|info| (info.id.as_str(), info.chosen)).collect();
        assert_eq!(named, [("p-1", false), ("p-2", true), ("p-10", false)]);
    }

    #[test]
    fn what_a_listing_did_not_bring_is_gone_with_its_end() {
        let mut projects = Projects::default();
        projects.found(1, "a", vec![project("old"), project("kept")]);
        projects.found(2, "b", vec![project("kept"), project("new")]);
        assert_eq!(projects.infos().len(), 3, "what is not yet passed stays");
        projects.ended(2);
        assert_eq!(projects.infos().iter().map(|info| info.id.as_str()).collect::<Vec<_>>(), ["kept", "new"]);
        projects.remove_account("b");
        assert!(projects.infos().is_empty());
    }
}
