//! Identity-Aware Proxy v1: the allow policies of tunnel resources, and what a caller may do there.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Answer, Failure, body, caller, gate, policy, unknown};
use crate::http::Call;
use crate::landscape::Policy;
use crate::state::{Caller, Resource, State};

const SERVICE: &str = "iap.googleapis.com";
/// Permissions in one question.
const MOST: usize = 100;

/// A tunnel resource: where its policy is, what it is called, and which permission reads it.
struct Target<'a> {
    resource: Resource<'a>,
    policy: Option<&'a Policy>,
    reading: &'static str,
    name: String,
}

/// Answers below `/v1/projects/P/iap_tunnel`.
pub(super) fn answer(state: &State, call: &Call, rest: &[&str]) -> Answer<Value> {
    let Some((last, before)) = rest.split_last() else { return unknown(call) };
    let Some((last, verb)) = last.rsplit_once(':') else { return unknown(call) };
    if call.method != Method::POST {
        return unknown(call);
    }
    let path: Vec<&str> = before.iter().copied().chain([last]).collect();
    let caller = caller(state, call, "google.cloud.iap.v1.IdentityAwareProxyAdminService", SERVICE)?;
    if let Some(project) = path.get(1).and_then(|name| state.project(name)) {
        gate::perimeter(state, &caller, project, SERVICE)?;
    }
    let Some(target) = target(state, &path) else { return unknown(call) };
    match verb {
        "getIamPolicy" => {
            if !state.allows(&caller, target.reading, target.resource) {
                return Failure::denied(target.reading, &target.name).boxed();
            }
            match target.policy {
                Some(found) => policy::answer(call, found),
                None => Failure::status(404, "NOT_FOUND", "Requested entity was not found.").boxed(),
            }
        }
        "testIamPermissions" => tested(state, call, &caller, target.resource),
        _ => unknown(call),
    }
}

fn target<'a>(state: &'a State, path: &[&'a str]) -> Option<Target<'a>> {
    let ["projects", project, "iap_tunnel", rest @ ..] = path else { return None };
    let own = state.project(project);
    let empty = || own.map(|_| EMPTY);
    let (resource, policy, reading) = match rest {
        [] => (Resource::Tunnels { project }, own.map(|one| &one.iap_policy), "iap.tunnel.getIamPolicy"),
        ["zones", zone] => {
            let known = state.landscape().zones.iter().any(|one| one.name == *zone);
            let policy =
                own.and_then(|one| one.iap_zone_policies.get(*zone)).or_else(empty).filter(|_| known);
            (Resource::Zone { project, zone }, policy, "iap.tunnelZones.getIamPolicy")
        }
        ["zones", zone, "instances", name] => {
            let instance = state.instance(project, zone, name);
            let resource = Resource::Tunnel { project, zone, instance, to: None };
            (resource, instance.map(|one| &one.iap_policy), "iap.tunnelInstances.getIamPolicy")
        }
        ["locations", region, "destGroups", group] => {
            let found = state.landscape().destination_groups.iter().find(|one| {
                own.is_some_and(|own| own.id == one.project) && one.region == *region && one.name == *group
            });
            let resource = Resource::Group { project, region, group };
            (resource, found.map(|one| &one.policy), "iap.tunnelDestGroups.getIamPolicy")
        }
        _ => return None,
    };
    Some(Target { resource, policy, reading, name: path.join("/") })
}

/// The policy of a zone that has none.
const EMPTY: &Policy = &Policy { bindings: Vec::new() };

/// Which of the permissions asked for the caller has. This call has no destination, so that a condition on one has no
/// value.
fn tested(state: &State, call: &Call, caller: &Caller, resource: Resource<'_>) -> Answer<Value> {
    let body = body(call)?;
    let asked: Option<Vec<&str>> = body
        .get("permissions")
        .and_then(Value::as_array)
        .and_then(|list| list.iter().map(Value::as_str).collect());
    let Some(asked) = asked.filter(|list| !list.is_empty() && list.len() <= MOST) else {
        return Failure::status(400, "INVALID_ARGUMENT", "Invalid value at 'permissions'").boxed();
    };
    let held: Vec<&str> =
        asked.into_iter().filter(|permission| state.allows(caller, permission, resource)).collect();
    if held.is_empty() { Ok(json!({})) } else { Ok(json!({"permissions": held})) }
}
