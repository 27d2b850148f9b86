//! The Google APIs, on Google's own paths, with Google's own JSON.

mod access_context;
mod batch;
mod cloud_identity;
mod compute;
mod failure;
mod faulty;
mod fields;
mod gate;
mod iam;
mod iap;
mod logging;
mod os_login;
mod policy;
mod resource_manager;
mod troubleshooter;
mod well_known;

use axum::Json;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use crate::http::{Call, Service, Services};
use crate::state::State;
use gate::caller;

pub(crate) use failure::{Answer, Failure};

/// The answer to any request that is not for the sign-in services.
pub(crate) async fn answer(services: &Services, call: &Call) -> Response {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    if call.service == Service::Any
        && let [".well-known", "adit-cloud", rest @ ..] = path.as_slice()
    {
        return finish(well_known::answer(services, call, rest));
    }
    if matches!(call.service, Service::Any | Service::Compute)
        && let ["batch", "compute", "v1"] = path.as_slice()
        && call.method == Method::POST
    {
        return batch::answer(services, call).await;
    }
    if let Some(response) = faulty::answer(services, call).await {
        return response;
    }
    finish(api(services, call, &path).await)
}

fn finish(answer: Answer<Value>) -> Response {
    match answer {
        Ok(value) => {
            let mut response = Json(value).into_response();
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private"));
            response
        }
        Err(failure) => failure.into_response(),
    }
}

/// One API call with a JSON answer.
async fn api(services: &Services, call: &Call, path: &[&str]) -> Answer<Value> {
    let state = &services.state;
    let value = match (call.service, path) {
        (Service::Any | Service::Compute, ["compute", "v1", rest @ ..]) => {
            compute::answer(state, call, rest).await?
        }
        (
            Service::Any | Service::Iam,
            ["v3", "organizations", _, "locations", ..] | ["v2", "policies", ..],
        ) => iam::answer(state, call, path)?,
        (Service::Any | Service::Troubleshooter, ["v3", "iam:troubleshoot"]) => {
            troubleshooter::answer(state, call)?
        }
        (Service::Any | Service::Logging, ["v2", "entries:list"]) => logging::answer(state, call)?,
        (Service::Any | Service::ResourceManager, ["v3", rest @ ..]) => {
            resource_manager::answer(state, call, rest)?
        }
        (Service::Any | Service::OsLogin, ["v1", "users", rest @ ..]) => os_login::answer(state, call, rest)?,
        (_, ["v1", rest @ ..]) => version_1(state, call, rest)?,
        _ => return unknown(call),
    };
    match call.query("fields") {
        Some(mask) => fields::select(&value, mask).map_or_else(
            || Failure::new(400, "invalidParameter", format!("Invalid field selection {mask}")).boxed(),
            Ok,
        ),
        None => Ok(value),
    }
}

/// The services whose first version is at `/v1/`, told apart by what follows where no host name does it.
fn version_1(state: &State, call: &Call, rest: &[&str]) -> Answer<Value> {
    match (call.service, rest) {
        (Service::Any | Service::Iap, ["projects", _, tunnels, ..]) if tunnels.starts_with("iap_tunnel") => {
            iap::answer(state, call, rest)
        }
        (Service::Any | Service::ResourceManager, ["projects", name]) if name.ends_with(":getAncestry") => {
            resource_manager::ancestry(state, call, name)
        }
        (Service::Any | Service::AccessContext, ["accessPolicies", ..])
        | (Service::Any | Service::AccessContext, ["organizations", _, "gcpUserAccessBindings", ..]) => {
            access_context::answer(state, call, rest)
        }
        (Service::Any | Service::CloudIdentity, ["groups" | "groups:lookup", ..]) => {
            cloud_identity::answer(state, call, rest)
        }
        (Service::Any | Service::Iam, ["roles", ..] | ["projects" | "organizations", _, "roles", ..]) => {
            iam::role(state, call, rest)
        }
        _ => unknown(call),
    }
}

/// What a front door of Google's says to a path that no service has.
fn unknown<T>(call: &Call) -> Answer<T> {
    let path = call.path.join("/");
    Failure::status(404, "NOT_FOUND", format!("The requested URL /{path} was not found on this server."))
        .boxed()
}

/// The body as JSON; an empty one is an empty object.
fn body(call: &Call) -> Answer<Value> {
    if call.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    match serde_json::from_slice::<Value>(&call.body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Failure::new(400, "parseError", "Parse Error: expected an object").boxed(),
        Err(error) => Failure::new(400, "parseError", format!("Parse Error: {error}")).boxed(),
    }
}
