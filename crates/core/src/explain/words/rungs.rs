//! The ladder as it stands: what was asked, and what came of it.

use adit_contract::{Rung, RungState};
use serde_json::Value;

use crate::explain::{
    ask::{Ask, No, Reply},
    case::Case,
    evidence::{Evidence, State},
};

/// One row for each source, in the order in which they were asked. Rows of one source that is asked again are one.
pub(super) fn rungs(case: &Case, evidence: &Evidence) -> Vec<Rung> {
    let mut rungs: Vec<Rung> = Vec::new();
    for ask in evidence.order() {
        let Some(state) = evidence.state(ask) else { continue };
        let rung = rung(case, evidence, ask, state);
        match rungs.iter_mut().find(|known| known.id == rung.id) {
            Some(known) => *known = rung,
            None => rungs.push(rung),
        }
    }
    rungs
}

fn rung(case: &Case, evidence: &Evidence, ask: &Ask, state: &State) -> Rung {
    let (rung, detail) = match state {
        State::Waiting => (RungState::Waiting, waiting(ask).to_owned()),
        State::Here(reply) => (RungState::Read, found(case, evidence, ask, reply)),
        State::Not(No::Denied) => (RungState::Denied, "you may not read it".to_owned()),
        State::Not(No::Missing) => (RungState::Missing, "there is none".to_owned()),
        State::Not(No::TimedOut) => (RungState::Failed, "no answer in time".to_owned()),
        State::Not(No::Throttled) => (RungState::Failed, "Google asked to slow down".to_owned()),
        State::Not(No::Failed(why)) => (RungState::Failed, why.clone()),
        State::Not(No::Skipped(why)) => (RungState::Skipped, (*why).to_owned()),
    };
    Rung { id: id(ask), label: label(case, ask), state: rung, detail }
}

fn waiting(ask: &Ask) -> &'static str {
    match ask {
        Ask::Audit(0) => "",
        Ask::Audit(_) => "no record yet; it is looked for again",
        _ => "",
    }
}

fn id(ask: &Ask) -> String {
    match ask {
        Ask::Vm => "vm".to_owned(),
        Ask::Permission => "permission".to_owned(),
        Ask::IapPolicy(of) => format!("iap/{of}"),
        Ask::Policy(of) => format!("policy/{of}"),
        Ask::Number(of) => format!("number/{of}"),
        Ask::Ancestry(of) => format!("ancestry/{of}"),
        Ask::Role(role) => format!("role/{role}"),
        Ask::Levels(policy) => format!("levels/{policy}"),
        Ask::Level(name) => format!("level/{name}"),
        Ask::Group(group) => format!("group/{group}"),
        Ask::Audit(_) => "audit".to_owned(),
        Ask::DenyList(of) => format!("deny-list/{of}"),
        Ask::Deny(name) => format!("deny/{name}"),
        Ask::Boundaries(of) => format!("boundaries/{of}"),
        Ask::AccessPolicies(of) => format!("access-policies/{of}"),
        Ask::Perimeters(of) => format!("perimeters/{of}"),
        Ask::AccessBindings(of) => format!("access-bindings/{of}"),
        Ask::Troubleshooter => "troubleshooter".to_owned(),
        Ask::Firewall => "firewall".to_owned(),
        Ask::Network(name) => format!("network/{name}"),
        Ask::Address => "address".to_owned(),
        Ask::Device => "device".to_owned(),
    }
}

fn label(case: &Case, ask: &Ask) -> String {
    let vm = crate::called(&case.target);
    match ask {
        Ask::Vm => format!("{vm}, as Compute knows it"),
        Ask::Permission => "What IAP says you may do".to_owned(),
        Ask::IapPolicy(of) => match case.iap_nodes().iter().position(|node| node == of) {
            Some(0) => format!("IAP's policy of {vm}"),
            Some(1) => "IAP's policy of the zone".to_owned(),
            _ => "IAP's policy of the project's tunnels".to_owned(),
        },
        Ask::Policy(of) => format!("Policy of {}", place(of)),
        Ask::Number(_) => "The project's number".to_owned(),
        Ask::Ancestry(_) => "What is above the project".to_owned(),
        Ask::Role(role) => format!("What the role {role} holds"),
        Ask::Levels(_) => "Access levels".to_owned(),
        Ask::Level(name) => format!("Access level {}", name.rsplit('/').next().unwrap_or(name)),
        Ask::Group(group) => format!("Membership of {group}"),
        Ask::Audit(_) => "IAP's audit record".to_owned(),
        Ask::DenyList(of) => format!("Deny policies of {}", place(of)),
        Ask::Deny(name) => format!("Deny policy {}", name.rsplit('/').next().unwrap_or(name)),
        Ask::Boundaries(_) => "Principal access boundaries".to_owned(),
        Ask::AccessPolicies(_) => "Access policies of the organization".to_owned(),
        Ask::Perimeters(_) => "Service perimeters".to_owned(),
        Ask::AccessBindings(_) => "Access bindings of the organization".to_owned(),
        Ask::Troubleshooter => "Policy Troubleshooter".to_owned(),
        Ask::Firewall => format!("Firewall before {vm}"),
        Ask::Network(_) => "The network's order of firewall policies".to_owned(),
        Ask::Address => "This computer's public address".to_owned(),
        Ask::Device => "This computer".to_owned(),
    }
}

fn place(resource: &str) -> String {
    match resource.split_once('/') {
        Some(("projects", id)) => format!("the project {id}"),
        Some(("folders", id)) => format!("the folder {id}"),
        Some(("organizations", id)) => format!("the organization {id}"),
        _ => resource.to_owned(),
    }
}

/// The finding in a few words, which name nobody else.
fn found(case: &Case, evidence: &Evidence, ask: &Ask, reply: &Reply) -> String {
    match (ask, reply) {
        (Ask::Vm, _) => evidence.vm_status().map(str::to_lowercase).unwrap_or_default(),
        (Ask::Permission, Reply::Json(_)) => match evidence.input(case).test_iam {
            Some(true) => "it says that you hold the permission".to_owned(),
            Some(false) => "it says that you do not, or only on a condition".to_owned(),
            None => String::new(),
        },
        (Ask::IapPolicy(_) | Ask::Policy(_), Reply::Json(answer)) => bindings(&answer.body, evidence),
        (Ask::Audit(_), _) => match evidence.audit(case) {
            Some(record) => {
                let levels = record.get("unsatisfied").and_then(Value::as_array).map_or(0, Vec::len);
                format!("found; {} named as not met", counted(levels, "level"))
            }
            None => "no record of this refusal".to_owned(),
        },
        (Ask::Role(_), Reply::Json(answer)) => {
            let held = answer.body.get("includedPermissions").and_then(Value::as_array);
            let holds = held.into_iter().flatten().any(|held| held.as_str() == Some(case.permission()));
            if holds { "it holds the permission" } else { "it does not hold the permission" }.to_owned()
        }
        (_, Reply::List(listed)) => {
            let items = listed.items.body.as_array().map_or(0, Vec::len);
            let noun = match ask {
                Ask::Levels(_) => "level",
                Ask::DenyList(_) | Ask::AccessPolicies(_) => "policy",
                Ask::Perimeters(_) => "perimeter",
                _ => "binding",
            };
            let more = if listed.complete { "" } else { ", and more" };
            format!("{}{more}", counted(items, noun))
        }
        (_, Reply::Above(above)) => counted(above.len(), "resource"),
        (_, Reply::Member(true)) => "you are a member".to_owned(),
        (_, Reply::Member(false)) => "you are not a member".to_owned(),
        (_, Reply::Addresses(addresses)) => match addresses.as_slice() {
            [] => "not found out".to_owned(),
            addresses => addresses.join(", "),
        },
        (_, Reply::Device(facts)) => counted(facts.facts.len(), "fact"),
        (_, Reply::Json(_)) => String::new(),
    }
}

/// How many bindings, and how many of them name the person or everybody.
fn bindings(policy: &Value, evidence: &Evidence) -> String {
    let all = policy.get("bindings").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let email = evidence.email.as_deref().unwrap_or_default();
    let names = |member: &Value| {
        let member = member.as_str().unwrap_or_default();
        matches!(member, "allUsers" | "allAuthenticatedUsers")
            || member.split_once(':').is_some_and(|(kind, address)| {
                matches!(kind, "user" | "serviceAccount") && address.eq_ignore_ascii_case(email)
            })
    };
    let own = all
        .iter()
        .filter(|binding| {
            let members = binding.get("members").and_then(Value::as_array);
            members.into_iter().flatten().any(names)
        })
        .count();
    match (all.len(), own) {
        (0, _) => "no bindings".to_owned(),
        (count, 0) => format!("{}, none names you", counted(count, "binding")),
        (count, own) => format!("{}, {own} of them for you", counted(count, "binding")),
    }
}

fn counted(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}
