//! Answers of an API that has a fault.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::Failure;
use crate::faults::ApiFaultKind;
use crate::http::{Call, Service, Services};

/// Longer than any client waits.
const NEVER: Duration = Duration::from_secs(600);

const fn host(service: Service) -> &'static str {
    match service {
        Service::Compute => "compute.googleapis.com",
        Service::ResourceManager => "cloudresourcemanager.googleapis.com",
        Service::OsLogin => "oslogin.googleapis.com",
        Service::Iap => "iap.googleapis.com",
        Service::Iam => "iam.googleapis.com",
        Service::AccessContext => "accesscontextmanager.googleapis.com",
        Service::CloudIdentity => "cloudidentity.googleapis.com",
        Service::Logging => "logging.googleapis.com",
        Service::Troubleshooter => "policytroubleshooter.googleapis.com",
        Service::Any | Service::SignIn | Service::OpenId => "",
    }
}

/// The service that a path belongs to where no host name says so.
fn guessed(path: &[String]) -> Service {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["compute", ..] | ["batch", "compute", ..] => Service::Compute,
        ["v3", "iam:troubleshoot"] => Service::Troubleshooter,
        ["v2", "entries:list"] => Service::Logging,
        ["v2", "policies", ..] | ["v3", "organizations", _, "locations", ..] | ["v1", "roles", ..] => {
            Service::Iam
        }
        ["v1", "projects", _, tunnels, ..] if tunnels.starts_with("iap_tunnel") => Service::Iap,
        ["v1", "accessPolicies", ..] | ["v1", "organizations", _, "gcpUserAccessBindings", ..] => {
            Service::AccessContext
        }
        ["v1", "groups" | "groups:lookup", ..] => Service::CloudIdentity,
        ["v1", "users", ..] => Service::OsLogin,
        ["v3", ..] | ["v1", "projects", _] => Service::ResourceManager,
        _ => Service::Any,
    }
}

/// What a fault makes of a call; `None` where there is none for it.
pub(super) async fn answer(services: &Services, call: &Call) -> Option<Response> {
    let faults = services.state.faults().api;
    if faults.is_empty() {
        return None;
    }
    let service = if call.service == Service::Any { guessed(&call.path) } else { call.service };
    let path = call.path.join("/");
    let fault = faults.iter().find(|fault| fault.concerns(host(service), &path))?;
    let json = [(header::CONTENT_TYPE, "application/json; charset=UTF-8")];
    Some(match fault.kind {
        ApiFaultKind::Hang => {
            let stop = services.state.stopping();
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(NEVER) => {}
            }
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        ApiFaultKind::Garbage => (json, "<html><body>{\"not\": json").into_response(),
        ApiFaultKind::Strange => {
            (json, "[{\"bindings\": 7, \"entries\": {\"0\": null}}, [[]], true]").into_response()
        }
        ApiFaultKind::Status(status) => {
            let name = match status {
                429 => "RESOURCE_EXHAUSTED",
                403 => "PERMISSION_DENIED",
                500.. => "UNAVAILABLE",
                _ => "FAILED_PRECONDITION",
            };
            let mut response = Failure::status(status, name, "refused by a fault").into_response();
            if matches!(status, 429 | 503) {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            response
        }
    })
}
