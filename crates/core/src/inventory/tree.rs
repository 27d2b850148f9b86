//! The visible tree: which rows there are as it is expanded and filtered now.
//!
//! The rows are kept as small indexes into the model and rebuilt in one pass when something has changed; a
//! row's texts are made only for the window that is asked for.

use std::collections::HashSet;

use adit_contract::{FailureCode, InstanceRef, InstanceStatus, Os, RowKind, Scope, TreeRow};

use super::{
    filter::{Filter, status_word},
    model::{Instance, Model, Project, Zone},
};

use crate::words::inventory as words;

/// No row above.
const NONE: u32 = u32::MAX;
/// The id of the row above all favourites.
const FAVOURITES: &str = "f";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Project(u32),
    Zone(u32, u32),
    Instance(u32, u32, u32),
    /// A project's line about itself: why it could not be listed, or that it is empty.
    About(u32),
    /// A project's zone that did not answer, by its place in `unreachable`.
    Unreachable(u32, u32),
    /// What holds the favourites.
    Favourites,
    /// One of them, by its place in `favourites`.
    Favourite(u32),
}

#[derive(Debug, Clone, Copy)]
struct Flat {
    place: Place,
    parent: u32,
    position: u32,
    set_size: u32,
    /// Instances below, for projects and zones.
    count: u32,
}

/// How far a toggle reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The row alone.
    Row,
    /// The row and its siblings (the `*` key).
    Siblings,
}

#[derive(Debug)]
pub(crate) struct Tree {
    /// In the order in which they were marked.
    favourites: Vec<InstanceRef>,
    /// The same, to look one up.
    starred: HashSet<InstanceRef>,
    expanded: HashSet<String>,
    /// While a filter shows everything open: what was closed by hand.
    closed: HashSet<String>,
    filter: Option<Filter>,
    rows: Vec<Flat>,
}

impl Default for Tree {
    /// Nothing is open but the favourites: whoever marks some wants to see them.
    fn default() -> Self {
        Self {
            favourites: Vec::new(),
            starred: HashSet::new(),
            expanded: HashSet::from([FAVOURITES.to_owned()]),
            closed: HashSet::new(),
            filter: None,
            rows: Vec::new(),
        }
    }
}

impl Tree {
    pub(crate) fn set_favourites(&mut self, favourites: Vec<InstanceRef>) {
        self.starred = favourites.iter().cloned().collect();
        self.favourites = favourites;
    }

    pub(crate) fn starred(&self) -> &HashSet<InstanceRef> {
        &self.starred
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn set_filter(&mut self, filter: Option<Filter>) -> bool {
        if self.filter == filter {
            return false;
        }
        self.filter = filter;
        self.closed.clear();
        true
    }

    /// Opens or closes a row, and its siblings when wished; `false` when nothing changed.
    pub(crate) fn toggle(&mut self, model: &Model, row: &str, open: Open, reach: Reach) -> bool {
        let ids = match (reach, split(row)) {
            (Reach::Siblings, Some(RowKey::Project(_))) => {
                model.projects.iter().map(|project| project_row(&project.id)).collect()
            }
            (Reach::Siblings, Some(RowKey::Zone(project, _))) => model
                .project(project)
                .map(|project| project.zones.iter().map(|zone| zone_row(&project.id, &zone.name)).collect())
                .unwrap_or_default(),
            (Reach::Row | Reach::Siblings, Some(RowKey::Favourites)) => vec![FAVOURITES.to_owned()],
            (Reach::Row, Some(RowKey::Project(id))) if model.project(id).is_some() => vec![row.to_owned()],
            (Reach::Row, Some(RowKey::Zone(id, zone)))
                if model.project(id).is_some_and(|project| project.zones.iter().any(|z| z.name == zone)) =>
            {
                vec![row.to_owned()]
            }
            (Reach::Row | Reach::Siblings, Some(RowKey::Project(_) | RowKey::Zone(..)) | None) => Vec::new(),
        };
        let mut changed = false;
        for id in ids {
            changed |= match (self.filter.is_some(), open) {
                (false, Open::Yes) => self.expanded.insert(id),
                (false, Open::No) => self.expanded.remove(&id),
                (true, Open::Yes) => self.closed.remove(&id),
                (true, Open::No) => self.closed.insert(id),
            };
        }
        changed
    }

    fn is_open(&self, id: &str) -> bool {
        if self.filter.is_some() { !self.closed.contains(id) } else { self.expanded.contains(id) }
    }

    /// Makes the rows anew.
    pub(crate) fn rebuild(&mut self, model: &Model) {
        let mut rows = std::mem::take(&mut self.rows);
        rows.clear();
        self.push_favourites(&mut rows, model);
        for (p, project) in indexed(&model.projects) {
            let matching: Option<Vec<(u32, Vec<u32>)>> =
                self.filter.as_ref().map(|filter| matches(filter, project));
            if let (Some(matching), Some(filter)) = (&matching, &self.filter)
                && matching.is_empty()
                && !filter.matches_project(&project.id)
            {
                continue;
            }
            let at = index(rows.len());
            let count = match &matching {
                Some(matching) => index(matching.iter().map(|(_, instances)| instances.len()).sum()),
                None => index(project.instances()),
            };
            rows.push(Flat { place: Place::Project(p), parent: NONE, position: 0, set_size: 0, count });
            if self.is_open(&project_row(&project.id)) {
                self.push_project(&mut rows, p, project, at, matching);
            }
        }
        number(&mut rows, 0, NONE);
        self.rows = rows;
    }

    fn push_favourites(&self, rows: &mut Vec<Flat>, model: &Model) {
        let shown: Vec<u32> = indexed(&self.favourites)
            .filter(|(_, full)| match (&self.filter, model.instance(full)) {
                (None, _) => true,
                (Some(filter), Some((project, zone, instance))) => {
                    filter.matches(&project.id, &zone.name, instance)
                }
                (Some(_), None) => false,
            })
            .map(|(at, _)| at)
            .collect();
        if shown.is_empty() {
            return;
        }
        let (at, count) = (index(rows.len()), index(shown.len()));
        rows.push(Flat { place: Place::Favourites, parent: NONE, position: 0, set_size: 0, count });
        if self.is_open(FAVOURITES) {
            rows.extend(shown.into_iter().zip(1..).map(|(favourite, position)| Flat {
                place: Place::Favourite(favourite),
                parent: at,
                position,
                set_size: count,
                count: 0,
            }));
        }
    }

    fn push_project(
        &self,
        rows: &mut Vec<Flat>,
        p: u32,
        project: &Project,
        at: u32,
        matching: Option<Vec<(u32, Vec<u32>)>>,
    ) {
        let start = rows.len();
        match matching {
            Some(matching) => {
                for (z, instances) in matching {
                    self.push_zone(rows, p, project, z, at, instances.into_iter());
                }
            }
            None => {
                for (z, zone) in indexed(&project.zones) {
                    self.push_zone(rows, p, project, z, at, 0..index(zone.instances.len()));
                }
                let notice = |place| Flat { place, parent: at, position: 0, set_size: 0, count: 0 };
                rows.extend((0..index(project.unreachable.len())).map(|u| notice(Place::Unreachable(p, u))));
                let empty = project.listed && project.zones.is_empty() && project.unreachable.is_empty();
                if project.problem.is_some() || empty {
                    rows.push(notice(Place::About(p)));
                }
            }
        }
        number(rows, start, at);
    }

    fn push_zone(
        &self,
        rows: &mut Vec<Flat>,
        p: u32,
        project: &Project,
        z: u32,
        parent: u32,
        instances: impl ExactSizeIterator<Item = u32>,
    ) {
        let Some(zone) = project.zones.get(z as usize) else { return };
        let at = index(rows.len());
        let count = index(instances.len());
        rows.push(Flat { place: Place::Zone(p, z), parent, position: 0, set_size: 0, count });
        if self.is_open(&zone_row(&project.id, &zone.name)) {
            rows.extend(instances.zip(1..).map(|(i, position)| Flat {
                place: Place::Instance(p, z, i),
                parent: at,
                position,
                set_size: count,
                count: 0,
            }));
        }
    }

    /// Up to `count` rows from `offset`.
    pub(crate) fn window(&self, model: &Model, offset: usize, count: usize) -> Vec<TreeRow> {
        self.rows.iter().skip(offset).take(count).filter_map(|flat| self.row(model, flat)).collect()
    }

    /// The next row from `from` on, around the end, whose name starts with `prefix`.
    pub(crate) fn find(&self, model: &Model, prefix: &str, from: usize) -> Option<usize> {
        let prefix = prefix.to_lowercase();
        if prefix.is_empty() || self.rows.is_empty() {
            return None;
        }
        let from = from % self.rows.len();
        let starts = |flat: &Flat| {
            let name = match self.resolve(model, flat.place) {
                Some(Resolved::Project(project)) => &project.id,
                Some(Resolved::Zone(_, zone)) => &zone.name,
                Some(Resolved::Instance(_, _, instance)) => &instance.name,
                Some(Resolved::Favourite(full)) => &full.name,
                Some(Resolved::Favourites | Resolved::About(_) | Resolved::Unreachable(..)) | None => {
                    return false;
                }
            };
            name.to_lowercase().starts_with(&prefix)
        };
        (from..self.rows.len()).chain(0..from).find(|at| self.rows.get(*at).is_some_and(starts))
    }

    fn resolve<'a>(&'a self, model: &'a Model, place: Place) -> Option<Resolved<'a>> {
        let project = |p: u32| model.projects.get(p as usize);
        Some(match place {
            Place::Project(p) => Resolved::Project(project(p)?),
            Place::Zone(p, z) => Resolved::Zone(project(p)?, project(p)?.zones.get(z as usize)?),
            Place::Instance(p, z, i) => {
                let zone = project(p)?.zones.get(z as usize)?;
                Resolved::Instance(project(p)?, zone, zone.instances.get(i as usize)?)
            }
            Place::About(p) => Resolved::About(project(p)?),
            Place::Unreachable(p, u) => {
                Resolved::Unreachable(project(p)?, project(p)?.unreachable.get(u as usize)?)
            }
            Place::Favourites => Resolved::Favourites,
            Place::Favourite(at) => {
                let full = self.favourites.get(at as usize)?;
                match model.instance(full) {
                    Some((project, zone, instance)) => Resolved::Instance(project, zone, instance),
                    None => Resolved::Favourite(full),
                }
            }
        })
    }

    fn row(&self, model: &Model, flat: &Flat) -> Option<TreeRow> {
        let parent = (flat.parent != NONE).then_some(flat.parent);
        let base = TreeRow {
            id: String::new(),
            kind: RowKind::Notice,
            depth: 0,
            name: String::new(),
            detail: String::new(),
            expanded: None,
            set_size: flat.set_size,
            position: flat.position,
            parent,
            count: None,
            loading: false,
            problem: None,
            scope: None,
            instance: None,
            status: None,
            os: None,
            favourite: false,
            preflight: None,
        };
        Some(match self.resolve(model, flat.place)? {
            Resolved::Project(project) => {
                let id = project_row(&project.id);
                TreeRow {
                    kind: RowKind::Project,
                    name: project.id.clone(),
                    detail: project_detail(project),
                    expanded: Some(self.is_open(&id)),
                    count: (project.listed || !project.zones.is_empty()).then_some(flat.count),
                    loading: project.loading,
                    problem: project.problem.as_ref().map(|(code, _)| *code),
                    scope: Some(Scope::Project { project: project.id.clone() }),
                    id,
                    ..base
                }
            }
            Resolved::Zone(project, zone) => {
                let id = zone_row(&project.id, &zone.name);
                TreeRow {
                    kind: RowKind::Zone,
                    depth: 1,
                    name: zone.name.clone(),
                    expanded: Some(self.is_open(&id)),
                    count: Some(flat.count),
                    problem: project.unreachable.contains(&zone.name).then_some(FailureCode::Network),
                    scope: Some(Scope::Zone { project: project.id.clone(), zone: zone.name.clone() }),
                    id,
                    ..base
                }
            }
            Resolved::Instance(project, zone, instance) => {
                let full = InstanceRef {
                    project: project.id.clone(),
                    zone: zone.name.clone(),
                    name: instance.name.clone(),
                };
                let (id, depth, detail) = match flat.place {
                    // In its zone it has its address; here it has to be told apart from those of other projects.
                    Place::Favourite(_) => (format!("f/{full}"), 1, project.id.clone()),
                    Place::Project(_)
                    | Place::Zone(..)
                    | Place::Instance(..)
                    | Place::About(_)
                    | Place::Unreachable(..)
                    | Place::Favourites => (format!("i/{full}"), 2, instance_detail(instance)),
                };
                TreeRow {
                    id,
                    kind: RowKind::Instance,
                    depth,
                    name: instance.name.clone(),
                    detail,
                    favourite: self.starred.contains(&full),
                    scope: Some(Scope::from(&full)),
                    instance: Some(full),
                    status: Some(instance.status),
                    os: Some(instance.os),
                    preflight: project.forecast.as_ref().map(|forecast| {
                        let ip = instance.internal_ip.as_deref();
                        forecast.of_vm(&zone.name, &instance.name, ip, instance.os)
                    }),
                    ..base
                }
            }
            Resolved::Favourites => TreeRow {
                id: FAVOURITES.to_owned(),
                kind: RowKind::Favourites,
                name: "Favourites".to_owned(),
                expanded: Some(self.is_open(FAVOURITES)),
                count: Some(flat.count),
                ..base
            },
            // Of a project that was not listed yet, or gone: its star can be taken away here all the same.
            Resolved::Favourite(full) => TreeRow {
                id: format!("f/{full}"),
                kind: RowKind::Instance,
                depth: 1,
                name: full.name.clone(),
                detail: full.project.clone(),
                scope: Some(Scope::from(full)),
                instance: Some(full.clone()),
                status: Some(InstanceStatus::Unknown),
                os: Some(Os::Unknown),
                favourite: true,
                ..base
            },
            Resolved::About(project) => TreeRow {
                id: format!("n/{}", project.id),
                depth: 1,
                name: match &project.problem {
                    Some((_, text)) => text.clone(),
                    None => words::NO_VMS.to_owned(),
                },
                problem: project.problem.as_ref().map(|(code, _)| *code),
                ..base
            },
            Resolved::Unreachable(project, zone) => TreeRow {
                id: format!("n/{}/{zone}", project.id),
                depth: 1,
                name: words::zone_silent(zone),
                problem: Some(FailureCode::Network),
                ..base
            },
        })
    }
}

/// Whether a row is to be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// It is.
    Yes,
    /// It is not.
    No,
}

enum Resolved<'a> {
    Project(&'a Project),
    Zone(&'a Project, &'a Zone),
    Instance(&'a Project, &'a Zone, &'a Instance),
    About(&'a Project),
    Unreachable(&'a Project, &'a str),
    Favourites,
    /// One that was not listed.
    Favourite(&'a InstanceRef),
}

/// The instances that a filter leaves, by zone; zones without any are left out.
fn matches(filter: &Filter, project: &Project) -> Vec<(u32, Vec<u32>)> {
    indexed(&project.zones)
        .map(|(z, zone)| {
            let instances = indexed(&zone.instances)
                .filter(|(_, instance)| filter.matches(&project.id, &zone.name, instance))
                .map(|(i, _)| i)
                .collect::<Vec<_>>();
            (z, instances)
        })
        .filter(|(_, instances)| !instances.is_empty())
        .collect()
}

/// Numbers the rows from `start` on that have `parent` above them.
fn number(rows: &mut [Flat], start: usize, parent: u32) {
    let rows = rows.get_mut(start..).unwrap_or_default();
    let set_size = index(rows.iter().filter(|row| row.parent == parent).count());
    for (row, position) in rows.iter_mut().filter(|row| row.parent == parent).zip(1..) {
        row.position = position;
        row.set_size = set_size;
    }
}

fn project_detail(project: &Project) -> String {
    match &project.problem {
        Some((FailureCode::PermissionDenied, _)) => words::NO_ACCESS.to_owned(),
        Some((FailureCode::ApiDisabled, _)) => words::API_OFF.to_owned(),
        Some(_) => words::NOT_LISTED.to_owned(),
        None if project.name == project.id => String::new(),
        None => project.name.clone(),
    }
}

fn instance_detail(instance: &Instance) -> String {
    match (instance.status, &instance.internal_ip) {
        (InstanceStatus::Running, Some(address)) => address.clone(),
        (InstanceStatus::Running, None) => String::new(),
        (status, _) => status_word(status).to_owned(),
    }
}

enum RowKey<'a> {
    Favourites,
    Project(&'a str),
    Zone(&'a str, &'a str),
}

fn split(row: &str) -> Option<RowKey<'_>> {
    if row == FAVOURITES {
        return Some(RowKey::Favourites);
    }
    if let Some(project) = row.strip_prefix("p/") {
        return Some(RowKey::Project(project));
    }
    let (project, zone) = row.strip_prefix("z/")?.split_once('/')?;
    Some(RowKey::Zone(project, zone))
}

fn project_row(project: &str) -> String {
    format!("p/{project}")
}

fn zone_row(project: &str, zone: &str) -> String {
    format!("z/{project}/{zone}")
}

/// A place in a list; lists of ours stay far below what fits.
fn index(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(NONE)
}

fn indexed<T>(items: &[T]) -> impl Iterator<Item = (u32, &T)> {
    (0..).zip(items)
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
