//! Cloud Logging: IAP's audit record of a denied attempt (access denial, section 3.1).

use std::time::SystemTime;

use serde_json::json;

use crate::{
    error::Error,
    evidence::{Answer, Question, quoted},
    google::{Call, Google, segment},
};

const ENTRIES: Call = Call::question("read IAP's audit log", "/v2/entries:list");
const PAGE: u32 = 20;

/// Which attempts to look for.
#[derive(Debug, Clone, Copy)]
pub struct Attempts<'a> {
    /// Project id.
    pub project: &'a str,
    /// The instance's number, as digits.
    pub instance: &'a str,
    /// Who tried.
    pub person: &'a str,
    /// None before this.
    pub since: SystemTime,
}

impl Attempts<'_> {
    /// The filter, one clause a line.
    #[must_use]
    pub fn filter(&self) -> String {
        let Self { project, instance, person, since } = self;
        let since = jiff::Timestamp::try_from(*since).unwrap_or_default();
        let log = quoted(&format!("projects/{project}/logs/cloudaudit.googleapis.com%2Fdata_access"));
        [
            format!("logName={log}"),
            "protoPayload.serviceName=\"iap.googleapis.com\"".to_owned(),
            "protoPayload.methodName=\"AuthorizeUser\"".to_owned(),
            "resource.type=\"gce_instance\"".to_owned(),
            format!("resource.labels.instance_id={}", quoted(instance)),
            format!("protoPayload.authenticationInfo.principalEmail={}", quoted(person)),
            format!("timestamp>=\"{since:.0}\""),
        ]
        .join("\n")
    }
}

impl Google {
    /// The latest attempts of a person to enter an instance, as IAP logged them.
    ///
    /// # Errors
    /// The kinds of a failed call.
    pub async fn audit_entries(&self, attempts: &Attempts<'_>) -> Result<Answer, Error> {
        let project = segment(ENTRIES.doing, "project id", attempts.project)?;
        let question = Question::new(ENTRIES, &self.inner.endpoints.logging, "v2/entries:list".to_owned());
        let body = json!({
            "resourceNames": [format!("projects/{project}")],
            "orderBy": "timestamp desc",
            "pageSize": PAGE,
            "filter": attempts.filter(),
        });
        self.ask(question.with_body(body)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_is_that_of_the_specification() {
        let since = SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(1_795_428_000_250);
        let attempts =
            Attempts { project: "acme-prod", instance: "4567", person: "ana\"@acme.example", since };
        assert_eq!(
            attempts.filter(),
            "logName=\"projects/acme-prod/logs/cloudaudit.googleapis.com%2Fdata_access\"\n\
             protoPayload.serviceName=\"iap.googleapis.com\"\n\
             protoPayload.methodName=\"AuthorizeUser\"\n\
             resource.type=\"gce_instance\"\n\
             resource.labels.instance_id=\"4567\"\n\
             protoPayload.authenticationInfo.principalEmail=\"ana\\\"@acme.example\"\n\
             timestamp>=\"2026-11-23T10:00:00Z\""
        );
    }
}
