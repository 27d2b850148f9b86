//! `adit ls`: projects, zones and instances, printed as they come.

use std::{collections::BTreeMap, io::Write as _, sync::Arc};

use adit_contract::{Failure, FailureCode, InstanceStatus, Os};
use adit_core::inventory::{ListedInstance, Lister, list_all, listing::Found, natural_order};
use serde_json::json;

use crate::{access, arguments::LsArguments, ending};

pub(crate) async fn run(arguments: LsArguments) -> Result<(), Failure> {
    let account = access::account(&arguments.identity).await?;
    let lister: Arc<dyn Lister> = account.access.clone();
    let mut listing = Listing { json: arguments.json, found: BTreeMap::new(), failed: None, any: false };
    list_all(vec![(account.id, lister)], |found| listing.take(found)).await;
    listing.end()
}

struct Listing {
    json: bool,
    /// Instances of projects whose list is not complete yet, for the tree that people read.
    found: BTreeMap<String, Vec<ListedInstance>>,
    failed: Option<Failure>,
    any: bool,
}

impl Listing {
    fn take(&mut self, found: Found) {
        match found {
            Found::Projects { projects, .. } => {
                self.any = true;
                for project in projects {
                    self.found.insert(project.id, Vec::new());
                }
            }
            Found::Instances { project, instances } => {
                if self.json {
                    for instance in &instances {
                        print(&line(&project, instance));
                    }
                } else {
                    self.found.entry(project).or_default().extend(instances);
                }
            }
            Found::ProjectEnded { project, unreachable, failure } => {
                for zone in unreachable {
                    ending::say!("adit: {project}: {zone} did not answer");
                }
                if let Some(failure) = failure {
                    ending::say!("adit: {project}: {}", failure.title);
                }
                if !self.json {
                    self.print_project(&project);
                }
            }
            Found::AccountFailed { failure, .. } => self.failed = Some(failure),
            Found::ProjectsEnded => {}
        }
    }

    fn print_project(&mut self, project: &str) {
        let mut zones: BTreeMap<String, Vec<ListedInstance>> = BTreeMap::new();
        for instance in self.found.remove(project).unwrap_or_default() {
            zones.entry(instance.zone.clone()).or_default().push(instance);
        }
        print(project);
        for (zone, mut instances) in zones {
            print(&format!("  {zone}"));
            instances.sort_by(|a, b| natural_order(&a.name, &b.name));
            for instance in instances {
                let address = instance.internal_ip.as_deref().unwrap_or("-");
                print(&format!(
                    "    {:<24} {:<15} {:<8} {}",
                    instance.name,
                    address,
                    os(instance.os),
                    status(instance.status).to_lowercase()
                ));
            }
        }
    }

    fn end(self) -> Result<(), Failure> {
        match self.failed {
            // Part of the truth was printed; what is missing is a complaint, not the end of the command.
            Some(failure) if self.any => {
                ending::say!("adit: {}", failure.title);
                Ok(())
            }
            Some(failure) => Err(failure),
            None if !self.any => Err(Failure::new(
                FailureCode::NotFound,
                "No projects",
                "This account sees no project. Ask for a role on one, such as Compute Viewer.",
            )),
            None => Ok(()),
        }
    }
}

fn print(text: &str) {
    // Whoever reads may have had enough, as `head` has.
    drop(writeln!(std::io::stdout().lock(), "{text}"));
}

fn line(project: &str, instance: &ListedInstance) -> String {
    json!({
        "project": project,
        "zone": instance.zone,
        "name": instance.name,
        "id": instance.id.map(|id| id.to_string()),
        "status": status(instance.status),
        "os": os(instance.os),
        "internalIp": instance.internal_ip,
    })
    .to_string()
}

fn os(os: Os) -> &'static str {
    match os {
        Os::Linux => "linux",
        Os::Windows => "windows",
        Os::Unknown => "unknown",
    }
}

/// Compute's own names.
fn status(status: InstanceStatus) -> &'static str {
    match status {
        InstanceStatus::Provisioning => "PROVISIONING",
        InstanceStatus::Staging => "STAGING",
        InstanceStatus::Running => "RUNNING",
        InstanceStatus::Stopping => "STOPPING",
        InstanceStatus::Suspending => "SUSPENDING",
        InstanceStatus::Suspended => "SUSPENDED",
        InstanceStatus::Repairing => "REPAIRING",
        InstanceStatus::Stopped => "TERMINATED",
        InstanceStatus::Unknown => "UNKNOWN",
    }
}
