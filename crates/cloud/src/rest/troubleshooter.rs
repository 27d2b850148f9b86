//! Policy Troubleshooter v3: Google's own explanation, from the policies that its caller may read.
//!
//! Its context has no access levels, so that a condition on one is always undecided here.

mod allow;
mod deny;

use axum::http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Answer, Failure, body, caller, unknown};
use crate::http::Call;
use crate::state::{Caller, Resource, State, deny_name};

const SERVICE: &str = "policytroubleshooter.googleapis.com";

/// What is known of one question, or of a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value3 {
    Yes,
    No,
    /// A condition cannot be decided.
    Conditional,
    /// A policy, a role or a group cannot be read.
    Hidden,
}

impl Value3 {
    /// The first of several that counts: yes, then what is hidden, then what is undecided.
    fn any(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::No, |sum, one| match (sum, one) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::Hidden, _) | (_, Self::Hidden) => Self::Hidden,
            (Self::Conditional, _) | (_, Self::Conditional) => Self::Conditional,
            (Self::No, Self::No) => Self::No,
        })
    }

    const fn of(known: Option<bool>, otherwise: Self) -> Self {
        match known {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => otherwise,
        }
    }
}

/// The question: who, what, where, when.
struct Question<'a> {
    state: &'a State,
    /// Who asks, and whose rights decide what may be read.
    caller: &'a Caller,
    principal: &'a str,
    permission: &'a str,
    resource: Resource<'a>,
    now: Timestamp,
}

fn invalid<T>(message: &str) -> Answer<T> {
    Failure::status(400, "INVALID_ARGUMENT", message).boxed()
}

/// `POST /v3/iam:troubleshoot`.
pub(super) fn answer(state: &State, call: &Call) -> Answer<Value> {
    if call.method != Method::POST {
        return unknown(call);
    }
    let caller =
        caller(state, call, "google.cloud.policytroubleshooter.iam.v3.PolicyTroubleshooter", SERVICE)?;
    let body = body(call)?;
    let text = |path: &str| body.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let principal = text("/accessTuple/principal");
    if !principal.contains('@') || principal.contains(['/', ':']) {
        return invalid("The principal must be the email address of a Google Account or a service account.");
    }
    let permission = text("/accessTuple/permission");
    let name = text("/accessTuple/fullResourceName");
    let context = body.pointer("/accessTuple/conditionContext");
    let port = context.and_then(|one| one.pointer("/destination/port")).and_then(|port| {
        port.as_u64().or_else(|| port.as_str()?.parse().ok()).and_then(|port| u16::try_from(port).ok())
    });
    let ip = context
        .and_then(|one| one.pointer("/destination/ip"))
        .and_then(Value::as_str)
        .and_then(|ip| ip.parse().ok());
    let Some(resource) = resource(state, name, port.map(|port| (ip, port))) else {
        return invalid("The full resource name is not one that can be troubleshot.");
    };
    let at = context
        .and_then(|one| one.pointer("/request/receiveTime"))
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok());
    let question = Question {
        state,
        caller: &caller,
        principal,
        permission,
        resource,
        now: at.unwrap_or_else(Timestamp::now),
    };
    let (denied, denial) = deny::explain(&question);
    let (granted, allowance) = allow::explain(&question);
    let overall = match (denied, granted) {
        (Value3::Yes, _) | (_, Value3::No) => "CANNOT_ACCESS",
        (Value3::No, Value3::Yes) => "CAN_ACCESS",
        (Value3::Hidden, _) | (_, Value3::Hidden) => "UNKNOWN_INFO",
        (Value3::Conditional, _) | (_, Value3::Conditional) => "UNKNOWN_CONDITIONAL",
    };
    let mut tuple = body.get("accessTuple").cloned().unwrap_or_default();
    if let Some(object) = tuple.as_object_mut() {
        object.insert("permissionFqdn".to_owned(), json!(deny_name(permission)));
    }
    Ok(json!({
        "overallAccessState": overall,
        "accessTuple": tuple,
        "allowPolicyExplanation": allowance,
        "denyPolicyExplanation": denial,
    }))
}

/// What a full resource name stands for: an instance's tunnel, by IAP's name or by Compute's, or a project.
fn resource<'a>(
    state: &'a State,
    name: &'a str,
    to: Option<(Option<std::net::IpAddr>, u16)>,
) -> Option<Resource<'a>> {
    let parts: Vec<&str> = name.strip_prefix("//")?.split('/').collect();
    match parts.as_slice() {
        ["iap.googleapis.com", "projects", project, "iap_tunnel", "zones", zone, "instances", instance]
        | ["compute.googleapis.com", "projects", project, "zones", zone, "instances", instance] => {
            let instance = state.instance(project, zone, instance);
            Some(Resource::Tunnel { project, zone, instance, to })
        }
        ["cloudresourcemanager.googleapis.com", "projects", project] => Some(Resource::Project { project }),
        _ => None,
    }
}

/// A node's name as the answer has it.
fn full_name(node: &str) -> String {
    let service = if node.contains("iap_tunnel") { "iap" } else { "cloudresourcemanager" };
    format!("//{service}.googleapis.com/{node}")
}
