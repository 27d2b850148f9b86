//! What changes an instance or a project.

use serde_json::Value;

use super::{Asking, missing, operation};
use crate::landscape::Instance;
use crate::rest::{Answer, Failure, body};
use crate::state::{Action, ActionRefusal, Asked, Items, MetadataRefusal, OperationScope, Resource};

fn asked<'a>(asking: &'a Asking<'_>) -> Answer<Asked<'a>> {
    let request_id = asking.call.query("requestId");
    if let Some(id) = request_id.filter(|id| uuid::Uuid::parse_str(id).map_or(true, |uuid| uuid.is_nil())) {
        return Failure::invalid(format!(
            "Invalid value for field 'requestId': '{id}'. Must be a valid UUID."
        ))
        .boxed();
    }
    Ok(Asked { email: &asking.caller.email, request_id })
}

pub(super) fn act(asking: &Asking<'_>, zone: &str, name: &str, action: Action) -> Answer<Value> {
    let (definition, _) = asking.instance(action.permission(), zone, name)?;
    match asking.state.act(&definition.project, zone, name, action, &asked(asking)?) {
        Ok(operation) => Ok(operation::shown(&operation)),
        Err(ActionRefusal::UnknownInstance) => missing(&path(definition)),
        Err(ActionRefusal::NotReady(status)) => Failure::new(
            400,
            "resourceNotReady",
            format!("The resource '{}' is not ready: it is {}", path(definition), status.as_str()),
        )
        .boxed(),
    }
}

fn path(instance: &Instance) -> String {
    format!("projects/{}/zones/{}/instances/{}", instance.project, instance.zone, instance.name)
}

/// Whoever changes what runs on a machine acts as the machine's account: its lack is a 400.
fn may_act_as(asking: &Asking<'_>, account: &str) -> Answer<()> {
    let resource = Resource::Project { project: &asking.project.id };
    if asking.state.allows(&asking.caller, "iam.serviceAccounts.actAs", resource) {
        return Ok(());
    }
    let email = &asking.caller.email;
    Failure::new(
        400,
        "badRequest",
        format!(
            "The user does not have access to service account '{account}'.  User: '{email}'.  Ask a project owner to \
             grant you the iam.serviceAccountUser role on the service account"
        ),
    )
    .boxed()
}

/// Entries and fingerprint from a request body.
fn metadata(body: &Value) -> Answer<(Items, Option<&str>)> {
    let wrong =
        |message: &str| Failure::invalid(format!("Invalid value for field 'metadata.items': {message}"));
    let mut items = Items::new();
    match body.get("items") {
        None | Some(Value::Null) => {}
        Some(Value::Array(entries)) => {
            for entry in entries {
                let key = entry.get("key").and_then(Value::as_str);
                let value = match entry.get("value") {
                    None | Some(Value::Null) => Some(""),
                    Some(value) => value.as_str(),
                };
                let (Some(key), Some(value)) = (key, value) else {
                    return wrong("every item needs a key and a value, both text").boxed();
                };
                items.push((key.to_owned(), value.to_owned()));
            }
        }
        Some(_) => return wrong("expected a list").boxed(),
    }
    Ok((items, body.get("fingerprint").and_then(Value::as_str).filter(|text| !text.is_empty())))
}

fn taken<T>(result: Option<Result<T, MetadataRefusal>>, path: &str) -> Answer<T> {
    match result {
        Some(Ok(done)) => Ok(done),
        Some(Err(MetadataRefusal::Stale)) => Failure::new(
            412,
            "conditionNotMet",
            "Supplied fingerprint does not match current metadata fingerprint.",
        )
        .boxed(),
        Some(Err(MetadataRefusal::Invalid(message))) => Failure::invalid(message).boxed(),
        None => missing(path),
    }
}

pub(super) fn set_metadata(asking: &Asking<'_>, zone: &str, name: &str) -> Answer<Value> {
    let (definition, machine) = asking.instance("compute.instances.setMetadata", zone, name)?;
    if let Some(account) = &definition.service_account {
        may_act_as(asking, account)?;
    }
    let asked = asked(asking)?;
    if let Some(known) = asking.state.repeated(&asked) {
        return Ok(operation::shown(&known));
    }
    let body = body(asking.call)?;
    let (items, fingerprint) = metadata(&body)?;
    let path = path(definition);
    taken(asking.state.set_metadata(&definition.project, zone, name, items, fingerprint), &path)?;
    let scope = OperationScope::Zone(definition.zone.clone());
    let operation = asking.state.record("setMetadata", &definition.project, scope, path, machine.id, &asked);
    Ok(operation::shown(&operation))
}

pub(super) fn set_common_metadata(asking: &Asking<'_>) -> Answer<Value> {
    asking.on_project("compute.projects.setCommonInstanceMetadata")?;
    may_act_as(asking, &format!("{}-compute@developer.gserviceaccount.com", asking.project.number))?;
    let asked = asked(asking)?;
    if let Some(known) = asking.state.repeated(&asked) {
        return Ok(operation::shown(&known));
    }
    let body = body(asking.call)?;
    let (items, fingerprint) = metadata(&body)?;
    let path = format!("projects/{}", asking.project.id);
    taken(asking.state.set_common_metadata(&asking.project.id, items, fingerprint), &path)?;
    let kind = "setMetadata";
    let operation = asking.state.record(
        kind,
        &asking.project.id,
        OperationScope::Global,
        path,
        asking.project.number,
        &asked,
    );
    Ok(operation::shown(&operation))
}
