//! The palette's search over all instances.

use adit_contract::{InstanceRef, InstanceStatus, SearchHit};

use super::{
    filter::Filter,
    model::{Instance, Model},
    natural,
};

/// The most hits that one search gives.
pub const MAX_HITS: usize = 50;

/// How well a name fits, best first. Running VMs come before others of the same fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Whole,
    Start,
    Word,
    Inside,
    Elsewhere,
}

pub(crate) fn search(model: &Model, text: &str, limit: usize) -> Vec<SearchHit> {
    let filter = Filter::parse(text);
    let first = text.split_whitespace().find(|word| !word.contains(':')).unwrap_or_default().to_lowercase();
    let mut found: Vec<(Fit, bool, &str, &str, &Instance)> = Vec::new();
    for project in &model.projects {
        for zone in &project.zones {
            found.extend(
                zone.instances
                    .iter()
                    .filter(|instance| {
                        filter.as_ref().is_none_or(|filter| filter.matches(&project.id, &zone.name, instance))
                    })
                    .map(|instance| {
                        let stopped = instance.status != InstanceStatus::Running;
                        (
                            fit(&instance.name, &first),
                            stopped,
                            project.id.as_str(),
                            zone.name.as_str(),
                            instance,
                        )
                    }),
            );
        }
    }
    let order = |a: &(Fit, bool, &str, &str, &Instance), b: &(Fit, bool, &str, &str, &Instance)| {
        (a.0, a.1)
            .cmp(&(b.0, b.1))
            .then_with(|| natural::compare(&a.4.name, &b.4.name))
            .then_with(|| a.2.cmp(b.2))
    };
    let limit = limit.min(MAX_HITS);
    if found.len() > limit && limit > 0 {
        found.select_nth_unstable_by(limit - 1, order);
    }
    found.truncate(limit);
    found.sort_by(order);
    found
        .into_iter()
        .map(|(_, _, project, zone, instance)| SearchHit {
            instance: InstanceRef {
                project: project.to_owned(),
                zone: zone.to_owned(),
                name: instance.name.clone(),
            },
            status: instance.status,
            os: instance.os,
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
            search(&model, text, limit).into_iter().map(|hit| hit.instance.name).collect::<Vec<_>>()
        };
        assert_eq!(names("web", 50), ["web", "web-2", "web-10", "web-0", "my-web", "cobweb", "db"]);
        assert_eq!(names("web", 2), ["web", "web-2"]);
        assert_eq!(names("status:stopped", 9), ["web-0"]);
        assert_eq!(names("", 3).len(), 3);
        assert_eq!(names("web", 0).len(), 0);
        assert!(names("nothing", 9).is_empty());
    }
}
