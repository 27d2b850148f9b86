//! Operations as Compute shows them.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Asking, instance::time, link, missing};
use crate::rest::Answer;
use crate::state::{Operation, OperationScope, Progress};

/// How long `wait` waits, as with Google.
const LONGEST: Duration = Duration::from_secs(120);

fn scope_path(operation: &Operation) -> String {
    match &operation.scope {
        OperationScope::Zone(zone) => format!("projects/{}/zones/{zone}", operation.project),
        OperationScope::Global => format!("projects/{}/global", operation.project),
    }
}

pub(super) fn shown(operation: &Operation) -> Value {
    let (status, progress) = match operation.progress() {
        Progress::Running => ("RUNNING", 0),
        Progress::Done => ("DONE", 100),
    };
    let base = scope_path(operation);
    let mut shown = json!({
        "kind": "compute#operation",
        "id": operation.id.to_string(),
        "name": operation.name,
        "operationType": operation.kind,
        "targetLink": link(&operation.target),
        "targetId": operation.target_id.to_string(),
        "status": status,
        "progress": progress,
        "user": operation.user,
        "insertTime": time(operation.started),
        "startTime": time(operation.started),
        "selfLink": link(&format!("{base}/operations/{}", operation.name)),
    });
    if let Some(object) = shown.as_object_mut() {
        if let OperationScope::Zone(_) = operation.scope {
            object.insert("zone".to_owned(), json!(link(&base)));
        }
        if let Some(ended) = operation.ended {
            object.insert("endTime".to_owned(), json!(time(ended)));
        }
        if let Some(code) = &operation.error {
            let message = format!("The operation on '{}' failed: {code}", operation.target);
            object.insert("error".to_owned(), json!({"errors": [{"code": code, "message": message}]}));
            object.insert("httpErrorStatusCode".to_owned(), json!(503));
            object.insert("httpErrorMessage".to_owned(), json!("SERVICE UNAVAILABLE"));
        }
    }
    shown
}

fn find(asking: &Asking<'_>, scope: &OperationScope, name: &str) -> Answer<Operation> {
    let permission = match scope {
        OperationScope::Zone(_) => "compute.zoneOperations.get",
        OperationScope::Global => "compute.globalOperations.get",
    };
    let found = asking.state.operation(&asking.project.id, scope, name);
    // whoever began an operation may see it, whatever the role lacks
    if found.as_ref().is_none_or(|operation| operation.user != asking.caller.email) {
        asking.on_project(permission)?;
    }
    match found {
        Some(operation) => Ok(operation),
        None => missing(&match scope {
            OperationScope::Zone(zone) => {
                format!("projects/{}/zones/{zone}/operations/{name}", asking.project.id)
            }
            OperationScope::Global => format!("projects/{}/global/operations/{name}", asking.project.id),
        }),
    }
}

pub(super) fn get(asking: &Asking<'_>, scope: &OperationScope, name: &str) -> Answer<Value> {
    find(asking, scope, name).map(|operation| shown(&operation))
}

pub(super) async fn wait(asking: &Asking<'_>, scope: &OperationScope, name: &str) -> Answer<Value> {
    let operation = find(asking, scope, name)?;
    Ok(shown(&asking.state.wait(operation, LONGEST).await))
}
