//! What every API asks of a request before its own rules: a token, its scope, who pays, the perimeter.

use super::{Answer, Failure};
use crate::http::Call;
use crate::landscape::{Api, Project};
use crate::state::{Caller, Resource, State};

const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";
const SELF_PAYING: &[&str] = &["accesscontextmanager.googleapis.com"];

/// Who calls: 401 for nobody, 403 for a token without access to Google Cloud or a quota project that is not theirs.
pub(super) fn caller(state: &State, call: &Call, method: &str, service: &'static str) -> Answer<Caller> {
    let Some(grant) = call.token().and_then(|token| state.grant(token)) else {
        return Failure::unauthenticated(method, service).boxed();
    };
    if !grant.scopes.split(' ').any(|scope| scope == CLOUD_PLATFORM) {
        return Failure::scope(method, service).boxed();
    }
    match call.headers.get("x-goog-user-project").map(|value| value.to_str().unwrap_or("?")) {
        Some(name) => pays(state, &grant.caller, name, service)?,
        None if SELF_PAYING.contains(&service) => return Failure::no_quota_project(service).boxed(),
        None => {}
    }
    Ok(grant.caller)
}

/// Whether a caller may have a project pay for a call to a service.
fn pays(state: &State, caller: &Caller, name: &str, service: &'static str) -> Answer<()> {
    let may = |project: &&Project| {
        let resource = Resource::Project { project: &project.id };
        state.allows(caller, "serviceusage.services.use", resource)
    };
    let Some(project) = state.project(name).filter(may) else {
        return Failure::quota_project(name, service).boxed();
    };
    enabled(project, service)
}

/// 403 where a project has a service switched off.
pub(super) fn enabled(project: &Project, service: &'static str) -> Answer<()> {
    let compute = service == "compute.googleapis.com" && project.compute_api == Api::Disabled;
    if compute || project.disabled_apis.iter().any(|one| one == service) {
        return Failure::disabled(service, title(service), project.number).boxed();
    }
    Ok(())
}

/// 403 where a perimeter encloses the project for this service and does not let the caller in.
pub(super) fn perimeter(state: &State, caller: &Caller, project: &Project, service: &str) -> Answer<()> {
    if state.inside(caller, project, service) {
        return Ok(());
    }
    Failure::perimeter(service, &format!("projects/{}", project.number)).boxed()
}

fn title(service: &'static str) -> &'static str {
    match service {
        "compute.googleapis.com" => "Compute Engine API",
        "cloudresourcemanager.googleapis.com" => "Cloud Resource Manager API",
        "iap.googleapis.com" => "Cloud Identity-Aware Proxy API",
        "iam.googleapis.com" => "Identity and Access Management (IAM) API",
        "accesscontextmanager.googleapis.com" => "Access Context Manager API",
        "cloudidentity.googleapis.com" => "Cloud Identity API",
        "logging.googleapis.com" => "Cloud Logging API",
        "policytroubleshooter.googleapis.com" => "Policy Troubleshooter API",
        "oslogin.googleapis.com" => "Cloud OS Login API",
        other => other,
    }
}
