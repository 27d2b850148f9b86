//! Cloud Logging v2: the data access records of IAP.

mod filter;

use axum::http::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Answer, Failure, body, caller, gate, unknown};
use crate::http::Call;
use crate::landscape::Project;
use crate::state::{Record, Resource, State, TUNNEL};
use filter::Filter;

const SERVICE: &str = "logging.googleapis.com";
const MOST: usize = 1_000;
const DEFAULT: usize = 50;

fn invalid<T>(message: &str) -> Answer<T> {
    Failure::status(400, "INVALID_ARGUMENT", message).boxed()
}

/// `POST /v2/entries:list`.
pub(super) fn answer(state: &State, call: &Call) -> Answer<Value> {
    if call.method != Method::POST {
        return unknown(call);
    }
    let caller = caller(state, call, "google.logging.v2.LoggingServiceV2.ListLogEntries", SERVICE)?;
    let body = body(call)?;
    let names: Vec<&str> = body
        .get("resourceNames")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if names.is_empty() {
        return invalid("At least one resource name must be specified.");
    }
    let text = body.get("filter").and_then(Value::as_str).unwrap_or_default();
    let Some(filter) = Filter::parse(text) else { return invalid("Unparseable filter") };
    let mut entries = Vec::new();
    for name in names {
        let project = name.strip_prefix("projects/").and_then(|name| state.project(name));
        let Some(project) = project else { return Failure::denied("logging.logEntries.list", name).boxed() };
        gate::perimeter(state, &caller, project, SERVICE)?;
        let resource = Resource::Project { project: &project.id };
        // without the private right the rest of the log is there, and none of these records
        if state.allows(&caller, "logging.privateLogEntries.list", resource) {
            let records = state.records(&project.id);
            entries.extend(records.iter().map(|record| entry(project, record)));
        } else if !state.allows(&caller, "logging.logEntries.list", resource) {
            return Failure::denied("logging.logEntries.list", name).boxed();
        }
    }
    entries.retain(|entry| filter.matches(entry));
    if body.get("orderBy").and_then(Value::as_str) == Some("timestamp desc") {
        entries.reverse();
    }
    let size = match body.get("pageSize").map(Value::as_i64) {
        None | Some(Some(0)) => DEFAULT,
        Some(Some(size)) => usize::try_from(size).unwrap_or(DEFAULT).min(MOST),
        Some(None) => return invalid("Invalid value at 'page_size'"),
    };
    entries.truncate(size);
    if entries.is_empty() { Ok(json!({})) } else { Ok(json!({"entries": entries})) }
}

/// One decision of IAP's as its audit log has it.
fn entry(project: &Project, record: &Record) -> Value {
    let decision = &record.decision;
    let place = record.caller.place.as_ref();
    let at = record.at.to_string();
    let resource = format!(
        "projects/{}/iap_tunnel/zones/{}/instances/{}",
        project.number, record.zone, record.instance_id
    );
    let mut authorization = json!({
        "resource": resource,
        "permission": TUNNEL,
        "resourceAttributes": {"service": "iap.googleapis.com", "type": "iap.googleapis.com/TunnelInstance"},
    });
    if let (true, Some(object)) = (decision.allowed, authorization.as_object_mut()) {
        object.insert("granted".to_owned(), json!(true));
    }
    let auth =
        if decision.satisfied.is_empty() { json!({}) } else { json!({"accessLevels": decision.satisfied}) };
    let mut destination = json!({"port": record.port.to_string()});
    if let (Some(ip), Some(object)) = (record.ip, destination.as_object_mut()) {
        object.insert("ip".to_owned(), json!(ip));
    }
    let device = place.and_then(|place| place.device.as_ref().map(|device| (place, device)));
    let id =
        device.map(|(place, device)| device.id.clone().unwrap_or_else(|| device_id(&place.ip.to_string())));
    let status =
        if decision.allowed { json!({}) } else { json!({"code": 7, "message": "Permission Denied."}) };
    json!({
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "status": status,
            "authenticationInfo": {"principalEmail": record.caller.email},
            "requestMetadata": {
                "callerIp": place.map(|place| place.ip.to_string()).unwrap_or_default(),
                "callerSuppliedUserAgent": "(none supplied)",
                "requestAttributes": {"time": at, "auth": auth},
                "destinationAttributes": destination,
            },
            "serviceName": "iap.googleapis.com",
            "methodName": "AuthorizeUser",
            "authorizationInfo": [authorization],
            "resourceName": record.instance_id.to_string(),
            "request": {
                "httpRequest": {"url": ""},
                "@type": "type.googleapis.com/cloud.security.gatekeeper.AuthorizeUserRequest",
            },
            "metadata": {
                "request_id": record.number.to_string(),
                "unsatisfied_access_levels": decision.unsatisfied,
                "device_state": if id.is_some() { "Normal" } else { "Unknown" },
                "device_id": id.unwrap_or_default(),
            },
        },
        "insertId": format!("adit{:012x}", record.number),
        "resource": {
            "type": "gce_instance",
            "labels": {
                "instance_id": record.instance_id.to_string(), "project_id": project.id, "zone": record.zone,
            },
        },
        "timestamp": at,
        "receiveTimestamp": at,
        "severity": if decision.allowed { "INFO" } else { "ERROR" },
        "logName": format!("projects/{}/logs/cloudaudit.googleapis.com%2Fdata_access", project.id),
    })
}

/// The same at every start.
fn device_id(place: &str) -> String {
    Sha256::digest(place).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
