//! Resource Manager v3: the projects that a caller may see.

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Answer, Failure, caller, gate, policy, unknown};
use crate::http::Call;
use crate::landscape::Project;
use crate::state::{Caller, Resource, State};

const SERVICE: &str = "cloudresourcemanager.googleapis.com";
const MOST: usize = 500;

/// Answers below `/v3/`.
pub(super) fn answer(state: &State, call: &Call, rest: &[&str]) -> Answer<Value> {
    let method = |name: &str| format!("google.cloud.resourcemanager.v3.Projects.{name}");
    match (&call.method, rest) {
        (&Method::GET, ["projects:search"]) => {
            let caller = caller(state, call, &method("SearchProjects"), SERVICE)?;
            search(state, call, &caller)
        }
        (&Method::GET, ["projects", name]) => {
            let caller = caller(state, call, &method("GetProject"), SERVICE)?;
            let id = state.project_id(name);
            let project = state.landscape().projects.iter().find(|one| Some(one.id.as_str()) == id);
            match project.filter(|one| visible(state, &caller, one)) {
                Some(project) => Ok(shown(project)),
                None => Failure::status(
                    403,
                    "PERMISSION_DENIED",
                    format!(
                        "The caller does not have permission on resource 'projects/{name}' (or it may not exist): \
                         resourcemanager.projects.get"
                    ),
                )
                .boxed(),
            }
        }
        (&Method::POST, [kind @ ("projects" | "folders" | "organizations"), name]) => {
            let Some((name, "getIamPolicy")) = name.rsplit_once(':') else { return unknown(call) };
            let caller = caller(state, call, &method("GetIamPolicy"), SERVICE)?;
            allow_policy(state, call, &caller, kind, name)
        }
        _ => unknown(call),
    }
}

/// `:getIamPolicy` of a project, a folder or the organisation.
fn allow_policy(state: &State, call: &Call, caller: &Caller, kind: &str, name: &str) -> Answer<Value> {
    let landscape = state.landscape();
    let number = name.parse::<u64>().ok();
    let (resource, found) = match kind {
        "projects" => {
            let project = state.project(name);
            if let Some(project) = project {
                gate::perimeter(state, caller, project, SERVICE)?;
            }
            (Resource::Project { project: name }, project.map(|one| &one.policy))
        }
        "folders" => {
            let folder = landscape.folders.iter().find(|one| Some(one.id) == number);
            (Resource::Folder(number.unwrap_or_default()), folder.map(|one| &one.policy))
        }
        _ => {
            let organization = Some(&landscape.organization).filter(|one| Some(one.id) == number);
            (Resource::Organization, organization.map(|one| &one.policy))
        }
    };
    let permission = format!("resourcemanager.{kind}.getIamPolicy");
    match found {
        Some(found) if state.allows(caller, &permission, resource) => policy::answer(call, found),
        Some(_) | None => {
            Failure::denied(&permission, &format!("//cloudresourcemanager.googleapis.com/{kind}/{name}"))
                .boxed()
        }
    }
}

/// `v1/projects/P:getAncestry`: the project with what is above it, readable or not.
pub(super) fn ancestry(state: &State, call: &Call, name: &str) -> Answer<Value> {
    if call.method != Method::POST {
        return unknown(call);
    }
    let caller = caller(state, call, "cloudresourcemanager.v1.Projects.GetAncestry", SERVICE)?;
    let name = name.trim_end_matches(":getAncestry");
    let Some(project) = state.project(name).filter(|one| visible(state, &caller, one)) else {
        let resource = format!("//cloudresourcemanager.googleapis.com/projects/{name}");
        return Failure::denied("resourcemanager.projects.get", &resource).boxed();
    };
    gate::perimeter(state, &caller, project, SERVICE)?;
    let above = state.above(&project.parent).into_iter().filter_map(|node| {
        let (kind, id) = node.name.split_once('/')?;
        Some(json!({"resourceId": {"type": kind.trim_end_matches('s'), "id": id}}))
    });
    let own = json!({"resourceId": {"type": "project", "id": project.id}});
    Ok(json!({"ancestor": std::iter::once(own).chain(above).collect::<Vec<_>>()}))
}

fn visible(state: &State, caller: &Caller, project: &Project) -> bool {
    state.allows(caller, "resourcemanager.projects.get", Resource::Project { project: &project.id })
}

fn invalid<T>(message: &str) -> Answer<T> {
    Failure::status(400, "INVALID_ARGUMENT", message).boxed()
}

fn search(state: &State, call: &Call, caller: &Caller) -> Answer<Value> {
    let size = match call.query("pageSize").map(str::parse::<i64>) {
        None | Some(Ok(0)) => MOST,
        Some(Ok(size)) if size > 0 => usize::try_from(size).unwrap_or(MOST).min(MOST),
        Some(_) => return invalid("Page size must be zero or positive."),
    };
    // the token is the id that the page begins behind
    let after = match call.query("pageToken") {
        None => None,
        Some(token) => {
            match URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
                Some(id) => Some(id),
                None => return invalid("Invalid page token."),
            }
        }
    };
    let query = call.query("query").unwrap_or_default();
    let mut found: Vec<&Project> = state
        .landscape()
        .projects
        .iter()
        .filter(|project| matches(project, query) && visible(state, caller, project))
        .filter(|project| after.as_ref().is_none_or(|after| project.id > *after))
        .collect();
    found.sort_by(|one, other| one.id.cmp(&other.id));
    let more = found.len() > size;
    found.truncate(size);
    let mut answer = json!({"projects": found.iter().map(|project| shown(project)).collect::<Vec<_>>()});
    if let (true, Some(last), Some(object)) = (more, found.last(), answer.as_object_mut()) {
        object.insert("nextPageToken".to_owned(), json!(URL_SAFE_NO_PAD.encode(&last.id)));
    }
    Ok(answer)
}

/// The simple half of the query language: `id:`, `name:`, `displayName:`, `projectId=`, `state:`, with `*` at the end.
/// Everything else matches.
fn matches(project: &Project, query: &str) -> bool {
    query.split_whitespace().all(|term| {
        let Some((key, value)) = term.split_once([':', '=']) else { return true };
        let own = match key {
            "id" | "projectId" => project.id.as_str(),
            "name" | "displayName" => project.name.as_str(),
            "state" => "ACTIVE",
            _ => return true,
        };
        let value = value.trim_matches('"');
        match value.strip_suffix('*') {
            Some(prefix) => own.to_lowercase().starts_with(&prefix.to_lowercase()),
            None => own.eq_ignore_ascii_case(value),
        }
    })
}

fn shown(project: &Project) -> Value {
    json!({
        "name": format!("projects/{}", project.number),
        "parent": project.parent,
        "projectId": project.id,
        "state": "ACTIVE",
        "displayName": project.name,
        "createTime": "2024-03-11T09:21:07.518Z",
        "updateTime": "2024-03-11T09:21:07.518Z",
        "etag": "W/\"2f6c0a1d9b3e4f57\"",
        "labels": project.labels,
    })
}
