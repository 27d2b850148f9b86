//! Projects, zones and instances in memory, fed page by page.

use adit_contract::{FailureCode, InstanceRef, InstanceStatus, Os, Problem};

use super::natural;
use crate::{explain::Forecast, words::inventory as words};

/// A project as a listing found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedProject {
    /// Project id.
    pub id: String,
    /// Its display name; may be empty.
    pub name: String,
}

/// An instance as a listing found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedInstance {
    /// Zone.
    pub zone: String,
    /// Name.
    pub name: String,
    /// Compute's numeric id.
    pub id: Option<u64>,
    /// State.
    pub status: InstanceStatus,
    /// Operating system.
    pub os: Os,
    /// Address of the first interface.
    pub internal_ip: Option<String>,
    /// Labels.
    pub labels: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) name: String,
    pub(crate) status: InstanceStatus,
    pub(crate) os: Os,
    pub(crate) internal_ip: Option<String>,
    /// Name, address and labels in lower case, each after a blank: what words are looked for in.
    pub(crate) text: String,
    generation: u32,
}

impl From<ListedInstance> for Instance {
    fn from(listed: ListedInstance) -> Self {
        let mut text = format!(" {}", listed.name);
        for part in
            listed.internal_ip.iter().cloned().chain(listed.labels.iter().map(|(k, v)| format!("{k}={v}")))
        {
            text.push(' ');
            text.push_str(&part.to_lowercase());
        }
        Self {
            name: listed.name,
            status: listed.status,
            os: listed.os,
            internal_ip: listed.internal_ip,
            text,
            generation: 0,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Zone {
    pub(crate) name: String,
    /// In natural order.
    pub(crate) instances: Vec<Instance>,
}

#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The account that sees it.
    pub(crate) account: String,
    /// In natural order; none is empty.
    pub(crate) zones: Vec<Zone>,
    /// Its instances are being listed.
    pub(crate) loading: bool,
    /// Its instances have been listed to the end at least once.
    pub(crate) listed: bool,
    /// Zones that did not answer.
    pub(crate) unreachable: Vec<String>,
    /// Why the instances could not be listed.
    pub(crate) problem: Option<(FailureCode, String)>,
    /// What its policies say of its instances, where any could be read.
    pub(crate) forecast: Option<Forecast>,
    generation: u32,
}

impl Project {
    pub(crate) fn instances(&self) -> usize {
        self.zones.iter().map(|zone| zone.instances.len()).sum()
    }
}

/// All that was listed.
#[derive(Debug, Default)]
pub(crate) struct Model {
    /// In natural order.
    pub(crate) projects: Vec<Project>,
    /// What is wrong beyond single projects.
    general: Vec<Problem>,
    generation: u32,
}

impl Model {
    /// A new listing begins; what is there stays in sight until the listing has passed it.
    pub(crate) fn begin(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.general.clear();
    }

    /// Takes a page of projects that an account sees, and gives the ids of those to be listed by it: a
    /// project that another account saw before in this listing stays with that one.
    pub(crate) fn add_projects(&mut self, account: &str, page: Vec<ListedProject>) -> Vec<String> {
        let mut taken = Vec::with_capacity(page.len());
        for listed in page {
            let place = self.projects.binary_search_by(|project| natural::compare(&project.id, &listed.id));
            match place {
                Ok(at) => {
                    let Some(project) = self.projects.get_mut(at) else { continue };
                    if project.generation == self.generation {
                        continue;
                    }
                    project.generation = self.generation;
                    account.clone_into(&mut project.account);
                    project.name = listed.name;
                    project.loading = true;
                }
                Err(at) => self.projects.insert(
                    at,
                    Project {
                        id: listed.id.clone(),
                        name: listed.name,
                        account: account.to_owned(),
                        zones: Vec::new(),
                        loading: true,
                        listed: false,
                        unreachable: Vec::new(),
                        problem: None,
                        forecast: None,
                        generation: self.generation,
                    },
                ),
            }
            taken.push(listed.id);
        }
        taken
    }

    /// Something beyond one project went wrong.
    pub(crate) fn add_problem(&mut self, problem: Problem) {
        self.general.push(problem);
    }

    /// Takes a page of a project's instances.
    pub(crate) fn add_instances(&mut self, project: &str, page: Vec<ListedInstance>) {
        let generation = self.generation;
        let Some(project) = self.project_mut(project) else { return };
        let mut touched: Vec<usize> = Vec::new();
        for listed in page {
            let at = match project.zones.binary_search_by(|zone| natural::compare(&zone.name, &listed.zone)) {
                Ok(at) => at,
                Err(at) => {
                    project.zones.insert(at, Zone { name: listed.zone.clone(), instances: Vec::new() });
                    for place in touched.iter_mut().filter(|place| **place >= at) {
                        *place += 1;
                    }
                    at
                }
            };
            let Some(zone) = project.zones.get_mut(at) else { continue };
            let mut instance = Instance::from(listed);
            instance.generation = generation;
            zone.instances.push(instance);
            if !touched.contains(&at) {
                touched.push(at);
            }
        }
        // Sorted once for each page and not at each insertion; the newer of two with one name wins.
        for at in touched {
            let Some(zone) = project.zones.get_mut(at) else { continue };
            zone.instances.sort_by(|a, b| natural::compare(&a.name, &b.name));
            zone.instances.dedup_by(|later, earlier| {
                let same = later.name == earlier.name;
                if same {
                    std::mem::swap(later, earlier);
                }
                same
            });
        }
    }

    /// A project's listing is over. When it went well, what it did not bring any more is removed, but for
    /// zones that did not answer.
    pub(crate) fn end_instances(
        &mut self,
        project: &str,
        unreachable: Vec<String>,
        problem: Option<(FailureCode, String)>,
    ) {
        let generation = self.generation;
        let Some(project) = self.project_mut(project) else { return };
        project.loading = false;
        if problem.is_none() {
            project.listed = true;
            for zone in project.zones.iter_mut().filter(|zone| !unreachable.contains(&zone.name)) {
                zone.instances.retain(|instance| instance.generation == generation);
            }
            project.zones.retain(|zone| !zone.instances.is_empty());
        }
        project.unreachable = unreachable;
        project.problem = problem;
    }

    /// The listing is over. Projects that it did not bring any more are removed when all of it went well.
    pub(crate) fn end(&mut self, outcome: ListingOutcome) {
        match outcome {
            ListingOutcome::Complete => {
                let generation = self.generation;
                self.projects.retain(|project| project.generation == generation);
            }
            ListingOutcome::Partial => {
                for project in &mut self.projects {
                    project.loading = false;
                }
            }
        }
    }

    /// What the policies of a project say of its instances.
    pub(crate) fn set_forecast(&mut self, project: &str, forecast: Option<Forecast>) {
        if let Some(project) = self.project_mut(project) {
            project.forecast = forecast;
        }
    }

    pub(crate) fn forget_forecasts(&mut self) {
        for project in &mut self.projects {
            project.forecast = None;
        }
    }

    /// Forgets all other projects.
    pub(crate) fn keep_projects(&mut self, keep: impl Fn(&str) -> bool) {
        self.projects.retain(|project| keep(&project.id));
    }

    /// Forgets what an account saw.
    pub(crate) fn remove_account(&mut self, account: &str) {
        self.projects.retain(|project| project.account != account);
    }

    /// Sets the state of one instance, as an action or a connection found it.
    pub(crate) fn set_status(&mut self, instance: &InstanceRef, status: InstanceStatus) -> bool {
        let Some(known) = self.instance_mut(instance) else { return false };
        std::mem::replace(&mut known.status, status) != status
    }

    /// The account by which an instance's project was listed.
    pub(crate) fn account_of(&self, project: &str) -> Option<&str> {
        self.project(project).map(|project| project.account.as_str())
    }

    /// How many instances there are.
    pub(crate) fn instances(&self) -> usize {
        self.projects.iter().map(Project::instances).sum()
    }

    /// What could not be listed.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = self.general.clone();
        for project in &self.projects {
            if let Some((code, text)) = &project.problem {
                problems.push(Problem { place: project.id.clone(), code: *code, text: text.clone() });
            }
            problems.extend(project.unreachable.iter().map(|zone| Problem {
                place: format!("{}/{zone}", project.id),
                code: FailureCode::Network,
                text: words::zone_silent(zone),
            }));
        }
        problems
    }

    pub(crate) fn project(&self, id: &str) -> Option<&Project> {
        let at = self.projects.binary_search_by(|project| natural::compare(&project.id, id)).ok()?;
        self.projects.get(at)
    }

    /// A listed instance, with its project and its zone.
    pub(crate) fn instance(&self, full: &InstanceRef) -> Option<(&Project, &Zone, &Instance)> {
        let project = self.project(&full.project)?;
        let at = project.zones.binary_search_by(|zone| natural::compare(&zone.name, &full.zone)).ok()?;
        let zone = project.zones.get(at)?;
        let at = zone.instances.binary_search_by(|known| natural::compare(&known.name, &full.name)).ok()?;
        Some((project, zone, zone.instances.get(at)?))
    }

    fn project_mut(&mut self, id: &str) -> Option<&mut Project> {
        let at = self.projects.binary_search_by(|project| natural::compare(&project.id, id)).ok()?;
        self.projects.get_mut(at)
    }

    fn instance_mut(&mut self, instance: &InstanceRef) -> Option<&mut Instance> {
        let project = self.project_mut(&instance.project)?;
        let at = project.zones.binary_search_by(|zone| natural::compare(&zone.name, &instance.zone)).ok()?;
        let zone = project.zones.get_mut(at)?;
        let at =
            zone.instances.binary_search_by(|known| natural::compare(&known.name, &instance.name)).ok()?;
        zone.instances.get_mut(at)
    }
}

/// How a listing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListingOutcome {
    /// Every account's projects were listed to the end.
    Complete,
    /// Something failed, or the listing was cut short.
    Partial,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn project(id: &str) -> ListedProject {
        ListedProject { id: id.to_owned(), name: String::new() }
    }

    pub(crate) fn instance(zone: &str, name: &str) -> ListedInstance {
        ListedInstance {
            zone: zone.to_owned(),
            name: name.to_owned(),
            id: None,
            status: InstanceStatus::Running,
            os: Os::Linux,
            internal_ip: None,
            labels: Vec::new(),
        }
    }

    fn names(model: &Model, id: &str) -> Vec<String> {
        let project = model.project(id).unwrap();
        project
            .zones
            .iter()
            .flat_map(|zone| zone.instances.iter().map(move |i| format!("{}/{}", zone.name, i.name)))
            .collect()
    }

    #[test]
    fn pages_are_merged_and_a_later_listing_replaces_the_earlier_one() {
        let mut model = Model::default();
        model.begin();
        assert_eq!(
            model.add_projects("a", vec![project("acme-10"), project("acme-2")]),
            ["acme-10", "acme-2"]
        );
        assert!(model.add_projects("b", vec![project("acme-2")]).is_empty());
        assert_eq!(model.account_of("acme-2"), Some("a"));
        model.add_instances(
            "acme-2",
            vec![instance("b", "web-10"), instance("a", "db"), instance("b", "web-2")],
        );
        model.add_instances("acme-2", vec![instance("b", "web-1"), instance("0", "x")]);
        model.end_instances("acme-2", vec![], None);
        model.end_instances("acme-10", vec![], Some((FailureCode::PermissionDenied, "no".to_owned())));
        model.end(ListingOutcome::Complete);
        assert_eq!(names(&model, "acme-2"), ["0/x", "a/db", "b/web-1", "b/web-2", "b/web-10"]);
        assert_eq!(model.problems().len(), 1);

        model.begin();
        model.add_projects("a", vec![project("acme-2")]);
        let mut stopped = instance("b", "web-2");
        stopped.status = InstanceStatus::Stopped;
        model.add_instances("acme-2", vec![stopped]);
        assert_eq!(model.instances(), 5, "what is not yet passed stays in sight");
        model.end_instances("acme-2", vec!["a".to_owned()], None);
        model.end(ListingOutcome::Complete);
        assert_eq!(
            names(&model, "acme-2"),
            ["a/db", "b/web-2"],
            "a zone that did not answer keeps what it had"
        );
        assert_eq!(model.project("acme-2").unwrap().zones[1].instances[0].status, InstanceStatus::Stopped);
        assert!(model.project("acme-10").is_none());
    }

    #[test]
    fn a_failed_listing_keeps_what_was_known() {
        let mut model = Model::default();
        model.begin();
        model.add_projects("a", vec![project("p")]);
        model.add_instances("p", vec![instance("z", "x")]);
        model.end_instances("p", vec![], None);
        model.end(ListingOutcome::Complete);
        model.begin();
        model.add_projects("a", vec![project("p")]);
        model.end_instances("p", vec![], Some((FailureCode::Network, "no answer".to_owned())));
        model.end(ListingOutcome::Partial);
        assert_eq!(names(&model, "p"), ["z/x"]);
        let reference = InstanceRef { project: "p".to_owned(), zone: "z".to_owned(), name: "x".to_owned() };
        assert!(model.set_status(&reference, InstanceStatus::Stopped));
        assert!(!model.set_status(&reference, InstanceStatus::Stopped));
        model.remove_account("a");
        assert_eq!(model.instances(), 0);
    }
}
