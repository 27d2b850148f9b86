//! The words typed above the tree and into the palette.

use adit_contract::{InstanceStatus, Os};

use super::model::Instance;

/// The longest text that is looked at, in characters.
const MAX_TEXT: usize = 200;

/// Words that must all be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    /// Anywhere in name, zone, project, address or labels.
    Anywhere(String),
    Name(String),
    /// The whole of it, as [`Term::ProjectIs`] and [`Term::Address`]: for profiles that name a VM.
    NameIs(String),
    Zone(String),
    Project(String),
    ProjectIs(String),
    Address(String),
    /// `key`, or `key=value`.
    Label(String),
    Status(String),
    Os(String),
}

impl Filter {
    /// Reads words such as `web os:linux status:running`; `None` when there are none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text: String = text.chars().take(MAX_TEXT).collect::<String>().to_lowercase();
        let terms: Vec<Term> = text.split_whitespace().filter_map(term).collect();
        (!terms.is_empty()).then_some(Self { terms })
    }

    /// Whether an instance has all words.
    pub(crate) fn matches(&self, project: &str, zone: &str, instance: &Instance) -> bool {
        self.terms.iter().all(|term| match term {
            Term::Anywhere(word) => {
                instance.text.contains(word.as_str())
                    || zone.contains(word.as_str())
                    || project.contains(word.as_str())
            }
            Term::Name(word) => instance.name.contains(word.as_str()),
            Term::NameIs(word) => instance.name == *word,
            Term::ProjectIs(word) => project == word,
            Term::Address(word) => instance.internal_ip.as_ref() == Some(word),
            Term::Zone(word) => zone.contains(word.as_str()),
            Term::Project(word) => project.contains(word.as_str()),
            Term::Label(word) => instance.text.contains(&format!(" {word}")),
            Term::Status(word) => status_word(instance.status).starts_with(word.as_str()),
            Term::Os(word) => os_word(instance.os).starts_with(word.as_str()),
        })
    }

    /// Whether a project without instances is worth showing: its own name has all the words.
    pub(crate) fn matches_project(&self, project: &str) -> bool {
        self.terms.iter().all(|term| match term {
            Term::Anywhere(word) | Term::Project(word) => project.contains(word.as_str()),
            Term::ProjectIs(word) => project == word,
            Term::Name(_)
            | Term::NameIs(_)
            | Term::Zone(_)
            | Term::Address(_)
            | Term::Label(_)
            | Term::Status(_)
            | Term::Os(_) => false,
        })
    }
}

fn term(word: &str) -> Option<Term> {
    // While somebody still types `os:`, everything stays in sight.
    let value = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    match word.split_once('=') {
        Some(("name", rest)) => return value(rest).map(Term::NameIs),
        Some(("project", rest)) => return value(rest).map(Term::ProjectIs),
        Some(("address", rest)) => return value(rest).map(Term::Address),
        Some(_) | None => {}
    }
    match word.split_once(':') {
        Some(("name", rest)) => value(rest).map(Term::Name),
        Some(("zone", rest)) => value(rest).map(Term::Zone),
        Some(("project", rest)) => value(rest).map(Term::Project),
        Some(("label" | "labels", rest)) => value(rest).map(Term::Label),
        Some(("status" | "state", rest)) => value(rest).map(Term::Status),
        Some(("os", rest)) => value(rest).map(Term::Os),
        Some(_) | None => Some(Term::Anywhere(word.to_owned())),
    }
}

/// The word for a state, as the tree shows it.
pub(crate) fn status_word(status: InstanceStatus) -> &'static str {
    match status {
        InstanceStatus::Provisioning | InstanceStatus::Staging => "starting",
        InstanceStatus::Running => "running",
        InstanceStatus::Stopping => "stopping",
        InstanceStatus::Suspending => "suspending",
        InstanceStatus::Suspended => "suspended",
        InstanceStatus::Repairing => "repairing",
        InstanceStatus::Stopped => "stopped",
        InstanceStatus::Unknown => "unknown",
    }
}

fn os_word(os: Os) -> &'static str {
    match os {
        Os::Linux => "linux",
        Os::Windows => "windows",
        Os::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::model::ListedInstance;

    #[test]
    fn words_are_found_where_they_should_be() {
        let instance = Instance::from(ListedInstance {
            zone: "europe-west1-b".to_owned(),
            name: "web-1".to_owned(),
            id: Some(1),
            status: InstanceStatus::Running,
            os: Os::Linux,
            internal_ip: Some("10.0.0.5".to_owned()),
            labels: vec![("env".to_owned(), "Prod".to_owned())],
        });
        for (text, expected) in [
            ("web", true),
            ("WEB europe", true),
            ("web asia", false),
            ("acme", true),
            ("10.0.0.5", true),
            ("env=prod", true),
            ("label:env", true),
            ("label:env=prod", true),
            ("label:prod", false),
            ("os:linux", true),
            ("os:win", false),
            ("status:running", true),
            ("status:stopped", false),
            ("os: web", true),
            ("zone:west1 name:1", true),
            ("name:europe", false),
            ("project:acme-prod", true),
            ("name=WEB-1 project=acme-prod", true),
            ("name=web", false),
            ("project=acme", false),
            ("address=10.0.0.5", true),
            ("address=10.0.0", false),
            ("unknown:word", false),
        ] {
            let filter = Filter::parse(text).unwrap();
            assert_eq!(filter.matches("acme-prod", "europe-west1-b", &instance), expected, "{text}");
        }
        assert_eq!(Filter::parse("  "), None);
        assert!(Filter::parse(&"x ".repeat(100_000)).unwrap().terms.len() <= 100);
    }
}
