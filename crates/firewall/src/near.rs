//! Rules that nearly let IAP in, which is what is wrong more often than that there is none.

use crate::command::{Command, Flag};
use crate::matching::{self, Connection, Match, Miss};
use crate::remedy::{Fix, Task};
use crate::wire::Firewall;
use crate::words;

/// Fixes of this kind that are offered at most.
const MOST: usize = 2;

/// Fixes that complete a VPC firewall rule which is there. They help only where no other rule blocks.
pub(crate) fn fixes(task: Task<'_>) -> Vec<Fix> {
    task.effective.firewalls.iter().filter_map(|rule| fix(task, rule)).take(MOST).collect()
}

fn fix(task: Task<'_>, rule: &Firewall) -> Option<Fix> {
    let vm = task.vm;
    let name = words::plain(&rule.name);
    if rule.disabled {
        let enabled = Firewall { disabled: false, ..rule.clone() };
        takes_all(task, &enabled).then_some(())?;
        let command = Command::new("gcloud compute firewall-rules update")
            .word(&rule.name)
            .flag("project", Flag::One(vm.network_project()))
            .flag("no-disabled", Flag::Set)
            .finish()?;
        return Some(Fix {
            note: format!("Switches on firewall rule {name}, which is disabled."),
            commands: vec![command],
        });
    }
    let tag = rule.target_tags.first()?;
    // Where the VM's tags are not known, it may have it.
    let tags = vm.tags.as_ref()?;
    if tags.contains(tag) {
        return None;
    }
    let untargeted =
        Firewall { target_tags: Vec::new(), target_service_accounts: Vec::new(), ..rule.clone() };
    (takes_all(task, &untargeted) && matched(task, rule).missed == Some(Miss::Target)).then_some(())?;
    let command = Command::new("gcloud compute instances add-tags")
        .word(&vm.name)
        .flag("project", Flag::One(&vm.project))
        .flag("zone", Flag::One(&vm.zone))
        .flag("tags", Flag::Listed(tag))
        .finish()?;
    Some(Fix {
        note: format!(
            "Gives {} the network tag {} that firewall rule {name} asks for.",
            words::plain(&vm.name),
            words::plain(tag)
        ),
        commands: vec![command],
    })
}

fn takes_all(task: Task<'_>, rule: &Firewall) -> bool {
    let found = matched(task, rule);
    found.unseen.is_empty() && found.ranges == [task.family.source_range()]
}

fn matched(task: Task<'_>, rule: &Firewall) -> Match {
    let connection = Connection { vm: task.vm, port: task.port, family: task.family };
    matching::firewall(rule, &rule.allowed, connection)
}

/// A network tag of the VM to limit a new rule to: one that a firewall rule goes by already, else the only one.
pub(crate) fn tag<'a>(task: Task<'a>) -> Option<&'a str> {
    let Task { effective, vm, .. } = task;
    let tags = vm.tags.as_deref().unwrap_or_default();
    let in_use = |tag: &&String| effective.firewalls.iter().any(|rule| rule.target_tags.contains(tag));
    let only = if let [only] = tags { Some(only) } else { None };
    tags.iter().find(in_use).or(only).map(String::as_str)
}
