//! The levels that stand before everything else: those of a perimeter's ingress rules, and those of access bindings.
//! They are judged by the same evaluator, as if a binding asked for them.

use adit_access::Input;
use serde_json::{Value, json};

use super::{
    ask::{Ask, Reply},
    case::{Case, Ladder},
    evidence::{Evidence, State},
    plan::{binding_levels, group_of, ingress_levels},
};

/// The question, where such levels are known.
pub(super) fn input(case: &Case, evidence: &Evidence) -> Option<Input> {
    let (place, levels, joined_by) = match case.ladder() {
        Ladder::Perimeter => {
            let around = evidence.perimeters_around(case);
            let place = around.first()?.get("name")?.as_str()?.to_owned();
            let levels: Vec<String> = around.into_iter().flat_map(ingress_levels).collect();
            (place, levels, " || ")
        }
        Ladder::AccessBinding => {
            let organization = evidence.organization(case)?;
            let place = format!("organizations/{organization}");
            (place, bound_levels(evidence, organization), " && ")
        }
        Ladder::Access
        | Ladder::Project
        | Ladder::Beforehand
        | Ladder::Backend
        | Ladder::Vm
        | Ladder::None => return None,
    };
    if levels.is_empty() {
        return None;
    }
    let tests: Vec<String> =
        levels.iter().map(|level| format!("{} in request.auth.access_levels", quoted(level))).collect();
    let mut input = evidence.input_json(case);
    let fields = input.as_object_mut()?;
    fields.insert("observed".to_owned(), json!({ "channel": "websocket", "closeCode": 4033 }));
    fields.insert(
        "allow".to_owned(),
        json!([{ "resource": place, "state": "READ", "bindings": [{
            "role": "roles/iap.tunnelResourceAccessor",
            "members": ["allUsers"],
            "condition": { "expression": tests.join(joined_by) },
        }] }]),
    );
    Input::from_value(&input)
}

/// The levels of the bindings that are for this person, or may be.
fn bound_levels(evidence: &Evidence, organization: &str) -> Vec<String> {
    let asked = Ask::AccessBindings(organization.to_owned());
    let bindings = evidence.list(&asked).map(|(items, _)| items).unwrap_or_default();
    let is_for = |binding: &&Value| match group_of(binding) {
        Some(group) => !matches!(evidence.state(&Ask::Group(group)), Some(State::Here(Reply::Member(false)))),
        // One for a service account is for nobody who signs in here.
        None => binding.get("principal").is_none_or(Value::is_null),
    };
    let mut levels: Vec<String> = bindings.iter().filter(is_for).flat_map(binding_levels).collect();
    levels.sort();
    levels.dedup();
    levels
}

/// A CEL string. Names come from an API, so anything can be in them.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
