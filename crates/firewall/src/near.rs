//! Rules that nearly let IAP in, which is what is wrong more often than that there is none.

use crate::command::{Command, Flag};
use crate::judgement::{self, Verdict};
use crate::matching::{self, Connection};
use crate::remedy::{Fix, Task};
use crate::vm::Vm;
use crate::wire::{EffectiveFirewalls, Firewall};
use crate::words;

/// Fixes of this kind that are offered at most, and rules that are tried for them.
const MOST: usize = 2;
const MOST_TRIED: usize = 8;

/// Fixes that complete a VPC firewall rule which is there: it is switched on, or the VM gets the tag that it asks for.
/// Each was tried: it opens the port, though a tag may bring rules that deny as well.
pub(crate) fn fixes(task: Task<'_>) -> Vec<Fix> {
    let rules = task.effective.firewalls.iter().enumerate();
    let disabled = rules.clone().filter(|(_, rule)| rule.disabled && takes_all(task, rule));
    let switched = disabled.take(MOST_TRIED).filter_map(|(index, rule)| switch_on(task, index, rule));
    let tagged = rules
        .filter(|(_, rule)| !rule.disabled && !rule.target_tags.is_empty() && takes_all(task, rule))
        .take(MOST_TRIED)
        .filter_map(|(_, rule)| tag_vm(task, rule));
    switched.chain(tagged).take(MOST).collect()
}

/// Whether the rule would let in all of IAP if it were switched on and about every VM.
fn takes_all(task: Task<'_>, rule: &Firewall) -> bool {
    let connection = Connection { vm: task.vm, port: task.port, family: task.family };
    let able = Firewall {
        disabled: false,
        target_tags: Vec::new(),
        target_service_accounts: Vec::new(),
        ..rule.clone()
    };
    let found = matching::firewall(&able, &able.allowed, connection);
    found.unseen.is_empty() && found.ranges == [task.family.source_range()]
}

fn opens(task: Task<'_>, effective: &EffectiveFirewalls, vm: &Vm) -> bool {
    judgement::judge_family(effective, vm, task.port, task.family).verdict == Verdict::Allowed
}

fn switch_on(task: Task<'_>, index: usize, rule: &Firewall) -> Option<Fix> {
    let mut effective = task.effective.clone();
    effective.firewalls.get_mut(index)?.disabled = false;
    opens(task, &effective, task.vm).then_some(())?;
    let command = Command::new("gcloud compute firewall-rules update")
        .word(&rule.name)
        .flag("project", Flag::One(task.vm.network_project()))
        .flag("no-disabled", Flag::Set)
        .finish()?;
    let note = format!("Switches on firewall rule {}, which is disabled.", words::plain(&rule.name));
    Some(Fix { note, commands: vec![command] })
}

fn tag_vm(task: Task<'_>, rule: &Firewall) -> Option<Fix> {
    let vm = task.vm;
    let tag = rule.target_tags.first()?;
    let tags = vm.tags.iter().flatten().chain([tag]).cloned().collect();
    opens(task, task.effective, &Vm { tags: Some(tags), ..vm.clone() }).then_some(())?;
    let command = Command::new("gcloud compute instances add-tags")
        .word(&vm.name)
        .flag("project", Flag::One(&vm.project))
        .flag("zone", Flag::One(&vm.zone))
        .flag("tags", Flag::Listed(tag))
        .finish()?;
    let [name, tag, rule] = [&vm.name, tag, &rule.name].map(|name| words::plain(name));
    let note = format!("Gives {name} the network tag {tag} that firewall rule {rule} asks for.");
    Some(Fix { note, commands: vec![command] })
}

/// A network tag of the VM to limit a new rule to: one that a firewall rule goes by already, else the only one.
pub(crate) fn tag<'a>(task: Task<'a>) -> Option<&'a str> {
    let Task { effective, vm, .. } = task;
    let tags = vm.tags.as_deref().unwrap_or_default();
    let in_use = |tag: &&String| effective.firewalls.iter().any(|rule| rule.target_tags.contains(tag));
    let only = if let [only] = tags { Some(only) } else { None };
    tags.iter().find(in_use).or(only).map(String::as_str)
}
