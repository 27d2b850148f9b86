//! Waiting for what Compute has begun to do.

use std::time::Duration;

use google_cloud_compute_v1::model::{Operation, operation::Status};
use tokio::time::Instant;

use super::InstanceRef;
use crate::{
    error::{Error, ErrorKind, from_sdk},
    google::{Call, Google, options, segment},
    retry::{Policy, Repeat},
};

/// An operation on one instance takes seconds, a suspension of a large one some minutes.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// The server holds a wait open; one that comes back at once and empty-handed must not make a tight loop.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

const WAIT: Call = Call {
    doing: "wait for the operation",
    method: "POST",
    path: "/compute/v1/projects/{project}/zones/{zone}/operations/{operation}/wait",
    repeat: Repeat::Safe,
    policy: Policy::WAIT,
};

impl Google {
    pub(super) async fn finish(
        &self,
        doing: &'static str,
        at: &InstanceRef,
        mut operation: Box<Operation>,
    ) -> Result<(), Error> {
        let end = Instant::now() + LONGEST;
        while operation.status != Some(Status::Done) {
            if Instant::now() >= end {
                return Err(Error::new(
                    ErrorKind::TimedOut,
                    doing,
                    "it is still under way after ten minutes",
                ));
            }
            let name = operation.name.clone().unwrap_or_default();
            let name = segment(doing, "operation", &name)?;
            let started = Instant::now();
            let client = self.zone_operations().await?;
            let request = client.wait().set_project(&at.project).set_zone(&at.zone).set_operation(name);
            let request = options(request, WAIT.policy);
            let call = Call { doing, ..WAIT };
            operation = self
                .call(&self.inner.endpoints.compute, call, |_| {
                    let request = request.clone();
                    async move { request.send().await.map(Box::new).map_err(|e| from_sdk(doing, &e)) }
                })
                .await?;
            if operation.status != Some(Status::Done) {
                tokio::time::sleep_until(started + SHORTEST_WAIT).await;
            }
        }
        outcome(doing, &operation)
    }
}

fn outcome(doing: &'static str, operation: &Operation) -> Result<(), Error> {
    let first = operation.error.as_ref().and_then(|error| error.errors.first());
    let status = operation.http_error_status_code.and_then(|code| u16::try_from(code).ok());
    if first.is_none() && status.is_none_or(|status| status < 400) {
        return Ok(());
    }
    let code = first.and_then(|error| error.code.as_deref()).unwrap_or_default();
    let kind = match (status, code) {
        (Some(403), _) | (_, "PERMISSIONS_ERROR" | "FORBIDDEN") => ErrorKind::PermissionDenied,
        (Some(404), _) | (_, "RESOURCE_NOT_FOUND") => ErrorKind::NotFound,
        (Some(412), _) | (_, "CONDITION_NOT_MET") => ErrorKind::Conflict,
        _ => ErrorKind::OperationFailed,
    };
    let message = first
        .and_then(|error| error.message.as_deref())
        .or(operation.http_error_message.as_deref())
        .filter(|message| !message.trim().is_empty())
        .unwrap_or("Compute Engine reported an error without a text");
    let error = Error::new(kind, doing, message).with_reason(code);
    Err(match status {
        Some(status) => error.with_status(status),
        None => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<(), Error> {
        outcome("test", &serde_json::from_str(json).unwrap())
    }

    #[test]
    fn tells_success_from_failure() {
        read(r#"{"name":"o","status":"DONE"}"#).unwrap();
        let full = read(
            r#"{"status":"DONE","error":{"errors":[{"code":"ZONE_RESOURCE_POOL_EXHAUSTED","message":"The zone is full."}]},
                "httpErrorStatusCode":503,"httpErrorMessage":"SERVICE UNAVAILABLE"}"#,
        )
        .unwrap_err();
        assert_eq!(full.kind, ErrorKind::OperationFailed);
        assert_eq!(full.reason.as_deref(), Some("ZONE_RESOURCE_POOL_EXHAUSTED"));
        assert_eq!(full.message, "The zone is full.");
        assert!(!full.is_transient());
        let stale = read(r#"{"status":"DONE","httpErrorStatusCode":412}"#).unwrap_err();
        assert_eq!(stale.kind, ErrorKind::Conflict);
        let denied =
            read(r#"{"status":"DONE","error":{"errors":[{"code":"PERMISSIONS_ERROR"}]}}"#).unwrap_err();
        assert_eq!(denied.kind, ErrorKind::PermissionDenied);
    }
}
