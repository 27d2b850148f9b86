//! The palette's search over all instances.

use std::collections::HashSet;

use adit_contract::{InstanceRef, InstanceStatus, SearchHit};

use super::{
    filter::Filter,
    model::{Instance, Model},
    natural,
};

/// The most hits that one search gives.
pub const MAX_HITS: usize = 50;

/// How well a name fits, best first. Of the same fit, favourites come first, then running VMs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Whole,
    Start,
    Word,
    Inside,
    Elsewhere,
}

/// What is found, in the order of its hits.
struct Hit<'a> {
    order: (Fit, Star, bool),
    project: &'a str,
    zone: &'a str,
    instance: &'a Instance,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Star {
    Favourite,
    None,
}

pub(crate) fn search(
    model: &Model,
    favourites: &HashSet<InstanceRef>,
    text: &str,
    limit: usize,
) -> Vec<SearchHit> {
    let filter = Filter::parse(text);
    let first = text.split_whitespace().find(|word| !word.contains(':')).unwrap_or_default().to_lowercase();
    let mut found: Vec<Hit<'_>> = Vec::new();
    for project in &model.projects {
        let starred = favourites.iter().any(|favourite| favourite.project == project.id);
        for zone in &project.zones {
            let fits = zone.instances.iter().filter(|instance| {
                filter.as_ref().is_none_or(|filter| filter.matches(&project.id, &zone.name, instance))
            });
            found.extend(fits.map(|instance| {
                let star = if starred
                    && favourites.iter().any(|favourite| {
                        favourite.name == instance.name
                            && favourite.zone == zone.name
                            && favourite.project == project.id
                    }) {
                    Star::Favourite
                } else {
                    Star::None
                };
                let stopped = instance.status != InstanceStatus::Running;
                Hit {
                    order: (fit(&instance.name, &first), star, stopped),
                    project: &project.id,
                    zone: &zone.name,
                    instance,
                }
            }));
        }
    }
    let order = |a: &Hit<'_>, b: &Hit<'_>| {
        a.order
            .cmp(&b.order)
            .then_with(|| natural::compare(&a.instance.name, &b.instance.name))
            .then_with(|| a.project.cmp(b.project))
    };
    let limit = limit.min(MAX_HITS);
    if found.len() > limit && limit > 0 {
        found.select_nth_unstable_by(limit - 1, order);
    }
    found.truncate(limit);
    found.sort_by(order);
    found
        .into_iter()
        .map(|hit| SearchHit {
            instance: InstanceRef {
                project: hit.project.to_owned(),
                zone: hit.zone.to_owned(),
                name: hit.instance.name.clone(),
            },
            status: hit.instance.status,
            os: hit.instance.os,
            favourite: hit.order.1 == Star::Favourite,
        })
        .collect()
}

fn fit(name: &str, word: &str) -> Fit {
    match name.find(word) {
        Some(0) if name.len() == word.len() => Fit::Whole,
        Some(0) => Fit::Start,
        Some(_) if name.split('-').any(|part| part.starts_with(word)) => Fit::Word,
        Some(_) => Fit::Inside,
        None => Fit::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::model::tests::{instance, project};

    #[test]
    fn the_best_fit_comes_first() {
        let mut model = Model::default();
        model.begin();
        model.add_projects("a", vec![project("web-project"), project("other")]);
        let mut stopped = instance("z", "web-0");
        stopped.status = InstanceStatus::Stopped;
        model.add_instances(
            "other",
            vec![
                stopped,
                instance("z", "web-10"),
                instance("z", "web-2"),
                instance("z", "my-web"),
                instance("z", "cobweb"),
                instance("z", "web"),
            ],
        );
        model.add_instances("web-project", vec![instance("z", "db")]);
        let names = |text: &str, limit| {
            search(&model, &HashSet::new(), text, limit)
                .into_iter()
                .map(|hit| hit.instance.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names("web", 50), ["web", "web-2", "web-10", "web-0", "my-web", "cobweb", "db"]);
        assert_eq!(names("web", 2), ["web", "web-2"]);
        assert_eq!(names("status:stopped", 9), ["web-0"]);
        assert_eq!(names("", 3).len(), 3);
        assert_eq!(names("web", 0).len(), 0);
        assert!(names("nothing", 9).is_empty());
        // A favourite comes first among those that fit as well, and not before one that fits better.
        let vm = InstanceRef { project: "other".into(), zone: "z".into(), name: "web-10".into() };
        let hits = search(&model, &HashSet::from([vm]), "web", 3);
        let found: Vec<_> = hits.iter().map(|hit| (hit.instance.name.as_str(), hit.favourite)).collect();
        assert_eq!(found, [("web", false), ("web-10", true), ("web-2", false)]);
    }
}
