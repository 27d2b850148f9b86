//! The firewall before the VM, judged and in words.

use adit_contract::{FirewallStep, TunnelTarget};
use adit_firewall::{EffectiveFirewalls, Judgement, Place, Vm};

use crate::explain::{ask::Ask, case::Case, evidence::Evidence};

/// Whether the firewall lets IAP in, where its rules were read.
pub(super) fn judge(case: &Case, evidence: &Evidence) -> Option<Judgement> {
    let TunnelTarget::Instance { instance, interface, port } = &case.target else { return None };
    let rules = evidence.json(&Ask::Firewall)?;
    let vm = evidence.json(&Ask::Vm)?;
    let networks = evidence.order().iter().filter(|ask| matches!(ask, Ask::Network(_)));
    let network = networks.filter_map(|ask| evidence.json(ask)).next();
    let vm = Vm::read(&instance.project, vm, interface, network);
    let rules: EffectiveFirewalls = serde_json::from_value(rules.clone()).unwrap_or_default();
    Some(adit_firewall::judge(&rules, &vm, *port))
}

/// The way through it.
pub(super) fn steps(judged: &Judgement) -> Vec<FirewallStep> {
    let family = match judged.family {
        adit_firewall::Family::Ipv4 => &judged.ipv4,
        adit_firewall::Family::Ipv6 => &judged.ipv6,
    };
    family
        .path
        .iter()
        .map(|step| FirewallStep {
            rule: step.rule.name.clone().unwrap_or_else(|| match (&step.rule.place, step.rule.priority) {
                (Place::Implied, _) | (_, None) => "implied deny".to_owned(),
                (_, Some(priority)) => format!("rule {priority}"),
            }),
            place: place(&step.rule.place, step.rule.priority),
            effect: step.deed(),
            decides: family.decided_by.contains(&step.rule),
        })
        .collect()
}

fn place(place: &Place, priority: Option<i64>) -> String {
    let at = priority.map(|priority| format!(", priority {priority}")).unwrap_or_default();
    match place {
        Place::Hierarchy { policy } => {
            format!("Policy {} of the organization or a folder{at}", policy.policy)
        }
        Place::System { policy } => format!("Policy {} of a Google service{at}", policy.policy),
        Place::Network { policy } => format!("Policy {} of the network{at}", policy.policy),
        Place::NetworkRegional { policy } => {
            format!("Policy {} of the network in this region{at}", policy.policy)
        }
        Place::OtherPolicy { policy } => format!("Policy {}{at}", policy.policy),
        Place::Vpc => format!("VPC rule{at}"),
        Place::Implied => "What Google does when no rule applies".to_owned(),
    }
}
