//! Access Context Manager v1: access levels, service perimeters, access bindings. All are the organisation's.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Value, json};

use super::cloud_identity::group_name;
use super::{Answer, Failure, caller, unknown};
use crate::http::Call;
use crate::state::{Caller, Resource, State};

const SERVICE: &str = "accesscontextmanager.googleapis.com";

/// Answers below `/v1/accessPolicies` and `/v1/organizations/O/gcpUserAccessBindings`.
pub(super) fn answer(state: &State, call: &Call, rest: &[&str]) -> Answer<Value> {
    let caller =
        caller(state, call, "google.identity.accesscontextmanager.v1.AccessContextManager", SERVICE)?;
    if call.method != Method::GET {
        return unknown(call);
    }
    let landscape = state.landscape();
    match rest {
        ["accessPolicies"] => {
            may(state, &caller, "accesscontextmanager.accessLevels.list", "accessPolicies")?;
            Ok(json!({"accessPolicies": policies(state)}))
        }
        ["accessPolicies", number, "accessLevels"] => {
            may(state, &caller, "accesscontextmanager.accessLevels.list", &rest.join("/"))?;
            let prefix = format!("accessPolicies/{number}/");
            let own = landscape.access_levels.iter().filter(|one| one.name.starts_with(&prefix));
            Ok(listed("accessLevels", own.map(|one| json!(one)).collect()))
        }
        ["accessPolicies", _, "accessLevels", _] => {
            let name = rest.join("/");
            may(state, &caller, "accesscontextmanager.accessLevels.get", &name)?;
            match landscape.access_levels.iter().find(|one| one.name == name) {
                Some(found) => Ok(json!(found)),
                None => Failure::status(404, "NOT_FOUND", "Requested entity was not found.").boxed(),
            }
        }
        ["accessPolicies", number, "servicePerimeters"] => {
            may(state, &caller, "accesscontextmanager.servicePerimeters.list", &rest.join("/"))?;
            let prefix = format!("accessPolicies/{number}/");
            let own = landscape.service_perimeters.iter().filter(|one| one.name.starts_with(&prefix));
            Ok(listed("servicePerimeters", own.map(|one| json!(one)).collect()))
        }
        ["organizations", number, "gcpUserAccessBindings"] => {
            let name = format!("organizations/{number}");
            if landscape.organization.id.to_string() != *number {
                return refused("accesscontextmanager.gcpUserAccessBindings.list", &name);
            }
            may(state, &caller, "accesscontextmanager.gcpUserAccessBindings.list", &name)?;
            let own = landscape.access_bindings.iter().map(|one| {
                json!({
                    "name": format!("{name}/gcpUserAccessBindings/{}", one.name),
                    "groupKey": group_name(&one.group).trim_start_matches("groups/"),
                    "accessLevels": one.access_levels,
                })
            });
            Ok(listed("gcpUserAccessBindings", own.collect()))
        }
        _ => unknown(call),
    }
}

fn may(state: &State, caller: &Caller, permission: &str, resource: &str) -> Answer<()> {
    if state.allows(caller, permission, Resource::Organization) {
        Ok(())
    } else {
        refused(permission, resource)
    }
}

fn refused<T>(permission: &str, resource: &str) -> Answer<T> {
    Failure::denied(permission, &format!("//accesscontextmanager.googleapis.com/{resource}")).boxed()
}

/// An empty list is left out of a message.
fn listed(name: &str, list: Vec<Value>) -> Value {
    if list.is_empty() { json!({}) } else { json!({ name: list }) }
}

/// The access policies that the landscape's names begin with.
fn policies(state: &State) -> Vec<Value> {
    let landscape = state.landscape();
    let levels = landscape.access_levels.iter().map(|one| &one.name);
    let perimeters = landscape.service_perimeters.iter().map(|one| &one.name);
    let numbers: BTreeSet<&str> =
        levels.chain(perimeters).filter_map(|name| name.split('/').nth(1)).collect();
    let parent = format!("organizations/{}", landscape.organization.id);
    numbers
        .into_iter()
        .map(|number| json!({"name": format!("accessPolicies/{number}"), "parent": parent, "title": "default policy"}))
        .collect()
}
