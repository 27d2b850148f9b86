//! Cloud Identity v1: who is in a group, for those whom the landscape lets look.

use axum::http::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Answer, Failure, caller, unknown};
use crate::http::Call;
use crate::state::{Caller, State};

const SERVICE: &str = "cloudidentity.googleapis.com";

/// A group's name in the API, the same at every start.
pub(super) fn group_name(address: &str) -> String {
    let hash = Sha256::digest(address.to_lowercase());
    hash.iter().take(7).fold("groups/0".to_owned(), |name, byte| format!("{name}{byte:02x}"))
}

/// Answers below `/v1/groups`. Without the right or the edition, everything is a 403 in the same words.
pub(super) fn answer(state: &State, call: &Call, rest: &[&str]) -> Answer<Value> {
    let caller = caller(state, call, "google.apps.cloudidentity.groups.v1.GroupsService", SERVICE)?;
    if call.method != Method::GET {
        return unknown(call);
    }
    match rest {
        ["groups:lookup"] => {
            let address = call.query("groupKey.id").unwrap_or_default();
            let known = state.landscape().groups.keys().find(|one| one.eq_ignore_ascii_case(address));
            match known.filter(|_| may_look(state, &caller)) {
                Some(address) => Ok(json!({"name": group_name(address)})),
                None => refused("groups"),
            }
        }
        ["groups", "-", "memberships:searchTransitiveGroups"] => {
            let member = asked(call)?;
            if !may_look(state, &caller) {
                return refused("groups/-");
            }
            let of = state.landscape().groups.keys().filter(|group| state.is_member(group, member));
            let list: Vec<Value> = of
                .map(|group| {
                    json!({"group": group_name(group), "groupKey": {"id": group}, "relationType": "DIRECT"})
                })
                .collect();
            if list.is_empty() { Ok(json!({})) } else { Ok(json!({"memberships": list})) }
        }
        ["groups", id, "memberships:checkTransitiveMembership"] => {
            let member = asked(call)?;
            let name = format!("groups/{id}");
            let group = state.landscape().groups.keys().find(|group| group_name(group) == name);
            match group.filter(|_| may_look(state, &caller)) {
                Some(group) => Ok(json!({"hasMembership": state.is_member(group, member)})),
                None => refused(&name),
            }
        }
        _ => unknown(call),
    }
}

fn may_look(state: &State, caller: &Caller) -> bool {
    state.landscape().group_viewers.iter().any(|member| state.includes(member, &caller.email))
}

fn refused<T>(name: &str) -> Answer<T> {
    let message = format!("Error(2028): Permission denied for resource {name} (or it may not exist).");
    Failure::status(403, "PERMISSION_DENIED", message).boxed()
}

/// The address of `member_key_id == 'ADDRESS'`, with or without the spaces; further terms are not looked at.
fn asked(call: &Call) -> Answer<&str> {
    let query = call.query("query").unwrap_or_default();
    let address = query
        .trim_start()
        .strip_prefix("member_key_id")
        .and_then(|rest| rest.trim_start().strip_prefix("=="))
        .and_then(|rest| rest.trim_start().strip_prefix('\''))
        .and_then(|rest| rest.split_once('\''))
        .map(|(address, _)| address);
    match address {
        Some(address) => Ok(address),
        None => Failure::status(400, "INVALID_ARGUMENT", "Invalid value at 'query'").boxed(),
    }
}
