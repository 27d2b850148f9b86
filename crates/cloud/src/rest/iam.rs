//! IAM: what roles hold (v1), deny policies (v2), bindings of principal access boundaries (v3).

use axum::http::Method;
use serde_json::{Value, json};

use super::{Answer, Failure, caller, policy, unknown};
use crate::http::Call;
use crate::landscape::{DenyPolicy, role_permissions};
use crate::state::{Caller, Resource, State};

const SERVICE: &str = "iam.googleapis.com";
const ATTACHED: &str = "cloudresourcemanager.googleapis.com/";

fn missing<T>(what: &str) -> Answer<T> {
    Failure::status(404, "NOT_FOUND", format!("{what} was not found.")).boxed()
}

/// `v1/roles/R`, `v1/projects/P/roles/R` and `v1/organizations/O/roles/R`. Predefined roles are anybody's to read.
pub(super) fn role(state: &State, call: &Call, rest: &[&str]) -> Answer<Value> {
    let caller = caller(state, call, "google.iam.admin.v1.IAM.GetRole", SERVICE)?;
    if call.method != Method::GET || !matches!(rest, ["roles", _] | [_, _, "roles", _]) {
        return unknown(call);
    }
    let name = rest.join("/");
    let own = state.landscape().roles.get(&name);
    let permissions: Vec<&str> = match (own, rest) {
        (Some(own), _) => {
            let resource = match rest {
                ["projects", project, ..] => Resource::Project { project },
                _ => Resource::Organization,
            };
            if !state.allows(&caller, "iam.roles.get", resource) {
                return Failure::denied("iam.roles.get", &name).boxed();
            }
            own.iter().map(String::as_str).collect()
        }
        (None, ["roles", _]) => match role_permissions(&name) {
            Some(known) => known,
            None => return missing(&format!("The role named {name}")),
        },
        (None, _) => return Failure::denied("iam.roles.get", &name).boxed(),
    };
    let mut answer =
        json!({"name": name, "title": title(&name), "stage": "GA", "includedPermissions": permissions});
    let etag = policy::etag(&answer);
    if let Some(object) = answer.as_object_mut() {
        object.insert("etag".to_owned(), json!(etag));
    }
    Ok(answer)
}

fn title(role: &str) -> &str {
    match role {
        "roles/owner" => "Owner",
        "roles/editor" => "Editor",
        "roles/viewer" => "Viewer",
        "roles/browser" => "Browser",
        "roles/iap.tunnelResourceAccessor" => "IAP-secured Tunnel User",
        "roles/iap.httpsResourceAccessor" => "IAP-secured Web App User",
        "roles/iap.admin" => "IAP Policy Admin",
        "roles/iam.securityReviewer" => "Security Reviewer",
        other => other.rsplit_once('/').map_or(other, |(_, last)| last),
    }
}

/// `v2/policies/ATTACHED/denypolicies…` and `v3/organizations/O/locations/global/policyBindings`.
pub(super) fn answer(state: &State, call: &Call, path: &[&str]) -> Answer<Value> {
    let caller = caller(state, call, "google.iam.v2.Policies", SERVICE)?;
    match (&call.method, path) {
        (&Method::GET, ["v2", "policies", attached, "denypolicies", name @ ..]) => {
            let Some(attached) = attached.strip_prefix(ATTACHED) else { return unknown(call) };
            denials(state, &caller, attached, name)
        }
        (&Method::GET, ["v3", "organizations", number, "locations", "global", "policyBindings"]) => {
            let own = state.landscape().organization.id.to_string() == *number;
            if own && state.allows(&caller, "iam.policybindings.list", Resource::Organization) {
                return Ok(json!({}));
            }
            Failure::denied("iam.policybindings.list", &format!("organizations/{number}")).boxed()
        }
        _ => unknown(call),
    }
}

/// The deny policies attached to a resource, or the one that is named; the list leaves out the rules.
fn denials(state: &State, caller: &Caller, attached: &str, name: &[&str]) -> Answer<Value> {
    let permission = if name.is_empty() { "iam.denypolicies.list" } else { "iam.denypolicies.get" };
    let refuse = || Failure::denied(permission, &format!("//{ATTACHED}{attached}")).boxed();
    let Some((kind, id)) = attached.split_once('/') else { return refuse() };
    // projects go by either of their names; the policy's own has the number
    let (resource, known_as, shown_as) = match kind {
        "projects" => match state.project(id) {
            Some(project) => (
                Resource::Project { project: &project.id },
                format!("projects/{}", project.id),
                format!("projects/{}", project.number),
            ),
            None => return refuse(),
        },
        "folders" => match id.parse::<u64>() {
            Ok(number) => (Resource::Folder(number), attached.to_owned(), attached.to_owned()),
            Err(_) => return refuse(),
        },
        "organizations" => (Resource::Organization, attached.to_owned(), attached.to_owned()),
        _ => return refuse(),
    };
    if !state.allows(caller, permission, resource) {
        return refuse();
    }
    match name {
        [] => {
            let list: Vec<Value> =
                state.deny_policies(&known_as).map(|one| denial(one, &shown_as, false)).collect();
            if list.is_empty() { Ok(json!({})) } else { Ok(json!({"policies": list})) }
        }
        [name] => match state.deny_policies(&known_as).find(|one| one.name == *name) {
            Some(found) => Ok(denial(found, &shown_as, true)),
            None => missing(&format!("The deny policy {name}")),
        },
        _ => missing("The policy"),
    }
}

fn denial(found: &DenyPolicy, attached: &str, whole: bool) -> Value {
    let attached = format!("{ATTACHED}{attached}").replace('/', "%2F");
    let mut shown = json!({
        "name": format!("policies/{attached}/denypolicies/{}", found.name),
        "uid": policy::etag(&json!(found.name)),
        "kind": "DenyPolicy",
        "displayName": found.display_name,
        "etag": policy::etag(&json!(found.rules)),
        "createTime": "2025-02-03T09:12:44.120Z",
        "updateTime": "2025-02-03T09:12:44.120Z",
    });
    if let (true, Some(object)) = (whole, shown.as_object_mut()) {
        object.insert("rules".to_owned(), json!(found.rules));
    }
    shown
}
