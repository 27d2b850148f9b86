//! What opens the port, as commands to copy.
//!
//! The new rule is put just before the first one that blocks, in the same place, and lets in IAP's whole range: so
//! nothing that comes later can block a part of it.

use serde::Serialize;

use crate::command::{Command, Flag};
use crate::judgement::{FamilyJudgement, Named, Place, Rule, Verdict};
use crate::matching::{self, Connection};
use crate::ranges::Family;
use crate::vm::{EnforcementOrder, Vm};
use crate::wire::{EffectiveFirewalls, Firewall, PolicyKind};
use crate::{near, words};

/// Rules that are moved at most to make room for another.
const MOST_MOVED: usize = 4;

/// What opens the port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Remedy {
    /// Who can do it.
    pub who: Who,
    /// In plain words: what has to change, or what to look at.
    pub note: String,
    /// Ways to do it, the best first; each is enough. Empty when no command can help.
    pub fixes: Vec<Fix>,
}

/// Who can open the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Who {
    /// Whoever may log in to the VM: the firewall is not what is in the way.
    VmAdministrator,
    /// Whoever administers the network's firewall rules: `roles/compute.securityAdmin`.
    NetworkAdministrator,
    /// Whoever administers the organization's firewall policies: `roles/compute.orgFirewallPolicyAdmin`.
    OrganizationAdministrator,
    /// Nobody but Google.
    Google,
}

/// One way to open the port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    /// What it does.
    pub note: String,
    /// `gcloud` commands for a POSIX shell, to be run in this order.
    pub commands: Vec<String>,
}

/// What a remedy is made for.
#[derive(Clone, Copy)]
pub(crate) struct Task<'a> {
    pub(crate) effective: &'a EffectiveFirewalls,
    pub(crate) vm: &'a Vm,
    pub(crate) port: u16,
    pub(crate) family: Family,
}

pub(crate) fn remedy(
    judged: &FamilyJudgement,
    effective: &EffectiveFirewalls,
    vm: &Vm,
    port: u16,
    family: Family,
) -> Remedy {
    let task = Task { effective, vm, port, family };
    match (judged.verdict, judged.decided_by.first()) {
        (Verdict::Allowed, _) => Remedy {
            who: Who::VmAdministrator,
            note: format!(
                "Check on the VM that a program listens on port {port}, on more than the loopback address, and that \
                 the VM's own firewall lets {} in.",
                family.source()
            ),
            fixes: Vec::new(),
        },
        (Verdict::Blocked | Verdict::PartlyAllowed, Some(rule)) => task.against(rule),
        _ => Remedy {
            who: Who::NetworkAdministrator,
            note: "Ask who administers the network to look at the rules that this command shows.".to_owned(),
            fixes: task.look().into_iter().collect(),
        },
    }
}

impl Task<'_> {
    fn against(self, rule: &Rule) -> Remedy {
        let after_vpc = self.vm.order == EnforcementOrder::AfterClassicFirewall;
        match &rule.place {
            Place::Implied => self.by_network(self.create(None)),
            Place::Vpc => self.by_network(self.outrank(rule)),
            Place::Network { .. } | Place::NetworkRegional { .. } if after_vpc => {
                self.by_network(self.create(None))
            }
            Place::Network { policy } => self.by_network(self.in_policy(PolicyKind::Network, policy, rule)),
            Place::NetworkRegional { policy } => {
                self.by_network(self.in_policy(PolicyKind::NetworkRegional, policy, rule))
            }
            Place::Hierarchy { policy } => Remedy {
                who: Who::OrganizationAdministrator,
                note: format!(
                    "A rule in the project cannot outrank it: somebody who administers the firewall policies of \
                     the organization (roles/compute.orgFirewallPolicyAdmin) has to change the policy {}.",
                    words::plain(&policy.policy)
                ),
                fixes: self.in_policy(PolicyKind::Hierarchy, policy, rule).into_iter().collect(),
            },
            Place::System { .. } | Place::OtherPolicy { .. } => Remedy {
                who: Who::Google,
                note: "The policy belongs to a Google service, and only that service can change it."
                    .to_owned(),
                fixes: self.look().into_iter().collect(),
            },
        }
    }

    fn by_network(self, fix: Option<Fix>) -> Remedy {
        let project = words::plain(self.vm.network_project());
        Remedy {
            who: Who::NetworkAdministrator,
            note: format!(
                "Somebody who administers firewall rules in project {project} (roles/compute.securityAdmin) can \
                 open the port."
            ),
            fixes: near::fixes(self).into_iter().chain(fix).collect(),
        }
    }

    /// A VPC firewall rule before the one that blocks. At priority 0 the rules that deny have to make room first.
    fn outrank(self, rule: &Rule) -> Option<Fix> {
        match rule.priority {
            Some(priority) if priority > 0 => self.create(Some(priority - 1)),
            _ => self.make_room(),
        }
    }

    fn make_room(self) -> Option<Fix> {
        let connection = Connection { vm: self.vm, port: self.port, family: self.family };
        let denies = |rule: &&Firewall| {
            rule.priority <= 0
                && !rule.denied.is_empty()
                && matching::firewall(rule, &rule.denied, connection).missed.is_none()
        };
        let names: Vec<&str> =
            self.effective.firewalls.iter().filter(denies).map(|rule| rule.name.as_str()).collect();
        if names.len() > MOST_MOVED {
            return None;
        }
        let moved = names.iter().map(|name| {
            Command::new("gcloud compute firewall-rules update")
                .word(name)
                .flag("project", Flag::One(self.vm.network_project()))
                .flag("priority", Flag::One("1"))
                .finish()
        });
        let fix = self.create(Some(0))?;
        let commands: Option<Vec<String>> = moved.chain(fix.commands.into_iter().map(Some)).collect();
        let names: Vec<String> = names.into_iter().map(words::plain).collect();
        Some(Fix {
            note: format!("Moves {} to priority 1. {}", names.join(", "), fix.note),
            commands: commands?,
        })
    }

    /// Creates the VPC firewall rule that is missing.
    fn create(self, priority: Option<i64>) -> Option<Fix> {
        let Self { vm, port, family, .. } = self;
        let tag = near::tag(self);
        let priority = priority.map(|priority| priority.to_string());
        let command = Command::new("gcloud compute firewall-rules create")
            .word(&self.free_name())
            .flag("project", Flag::One(vm.network_project()))
            .flag("network", Flag::One(vm.network_name()))
            .flag("direction", Flag::One("INGRESS"))
            .flag("action", Flag::One("ALLOW"))
            .flag("rules", Flag::One(&format!("tcp:{port}")))
            .flag("source-ranges", Flag::One(family.source()))
            .optional("priority", priority.as_deref())
            .optional("target-tags", tag)
            .finish()?;
        let whom = match tag {
            Some(tag) => format!("the VMs with the network tag {}", words::plain(tag)),
            None => "every VM of the network".to_owned(),
        };
        Some(Fix { note: format!("Lets IAP reach port {port} of {whom}."), commands: vec![command] })
    }

    /// A name that no rule of the answer has.
    fn free_name(self) -> String {
        let family = if self.family == Family::Ipv6 { "-ipv6" } else { "" };
        let name = format!("allow-iap{family}-tcp-{}", self.port);
        let taken = |name: &str| self.effective.firewalls.iter().any(|rule| rule.name == name);
        let others = (2_usize..).map(|number| format!("{name}-{number}"));
        // One more name than there are rules: one of them is free.
        let most = self.effective.firewalls.len().saturating_add(1);
        std::iter::once(name.clone()).chain(others).take(most).find(|name| !taken(name)).unwrap_or(name)
    }

    /// Creates a rule in the policy, before the one that blocks.
    fn in_policy(self, kind: PolicyKind, policy: &Named, rule: &Rule) -> Option<Fix> {
        let Self { vm, port, family, .. } = self;
        let priority = self.free_priority(kind, policy, rule.priority?)?.to_string();
        let start = match kind {
            PolicyKind::Hierarchy => "gcloud compute firewall-policies rules create",
            _ => "gcloud compute network-firewall-policies rules create",
        };
        let command =
            Command::new(start).word(&priority).flag("firewall-policy", Flag::One(&policy.policy_id));
        let command = match kind {
            PolicyKind::Hierarchy => command.flag("target-resources", Flag::Listed(&vm.network)),
            PolicyKind::NetworkRegional => command
                .flag("project", Flag::One(vm.network_project()))
                .flag("firewall-policy-region", Flag::One(vm.region())),
            _ => command
                .flag("project", Flag::One(vm.network_project()))
                .flag("global-firewall-policy", Flag::Set),
        };
        let command = command
            .flag("direction", Flag::One("INGRESS"))
            .flag("action", Flag::One("allow"))
            .flag("src-ip-ranges", Flag::One(family.source()))
            .flag("layer4-configs", Flag::One(&format!("tcp:{port}")))
            .finish()?;
        let note =
            format!("Lets IAP reach port {port} of every VM of the network, before the rule that blocks.");
        Some(Fix { note, commands: vec![command] })
    }

    /// The highest number below `priority` that no rule of the policy has. There is none when the rule that blocks
    /// goes first: then that rule itself has to change.
    fn free_priority(self, kind: PolicyKind, policy: &Named, priority: i64) -> Option<i64> {
        let rules =
            self.effective.policies.iter().filter(|other| other.kind == kind && other.id == policy.policy_id);
        let mut taken: Vec<i64> = rules
            .flat_map(|policy| &policy.rules)
            .map(|rule| rule.priority)
            .filter(|&p| p < priority)
            .collect();
        taken.sort_unstable();
        let mut free = priority.checked_sub(1)?;
        for priority in taken.into_iter().rev() {
            if priority == free {
                free = free.checked_sub(1)?;
            }
        }
        (free >= 0).then_some(free)
    }

    /// Shows the rules; changes nothing.
    fn look(self) -> Option<Fix> {
        let vm = self.vm;
        let command = Command::new("gcloud compute instances network-interfaces get-effective-firewalls")
            .word(&vm.name)
            .flag("project", Flag::One(&vm.project))
            .flag("zone", Flag::One(&vm.zone))
            .flag("network-interface", Flag::One(&vm.interface))
            .finish()?;
        Some(Fix { note: "Shows the rules that apply to the VM.".to_owned(), commands: vec![command] })
    }
}
