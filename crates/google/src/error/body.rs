//! What Google's error bodies say.
//!
//! Two forms exist: `{"error":{"code","message","status","errors":[{"reason"}],"details":[{"@type",…}]}}` of the
//! APIs, and `{"error":"code","error_description":"…"}` of the OAuth endpoints (handled in [`crate::oauth`]).

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use http::HeaderMap;
use serde::Deserialize;
use url::Url;

use super::{Details, Error, ErrorKind, LONGEST_REASON, SignInCause, clean};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Envelope {
    error: Refusal,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Refusal {
    message: String,
    status: String,
    errors: Vec<Item>,
    details: Vec<Detail>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Item {
    reason: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Detail {
    #[serde(rename = "@type")]
    kind: String,
    reason: String,
    metadata: HashMap<String, String>,
    links: Vec<Link>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Link {
    url: String,
}

/// What was found out about a refusal, from a body or from the SDK's decoded status.
#[derive(Default)]
pub(super) struct Evidence {
    pub(super) status: u16,
    pub(super) message: String,
    /// The reason of an `ErrorInfo`, else of `errors[]`, else the status name.
    pub(super) reason: Option<String>,
    pub(super) metadata: HashMap<String, String>,
    pub(super) links: Vec<String>,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Option<serde_json::Value>,
    pub(super) date: Option<SystemTime>,
}

/// The longest error that is kept whole, in bytes.
const LONGEST_BODY: usize = 64 * 1024;

/// Turns an HTTP answer that is not a success into an error.
pub(crate) fn from_response(doing: &'static str, status: u16, headers: &HeaderMap, body: &[u8]) -> Error {
    let mut evidence =
        Evidence { status, retry_after: retry_after(headers), date: date(headers), ..Evidence::default() };
    if body.len() <= LONGEST_BODY {
        evidence.body = serde_json::from_slice(body).ok();
    }
    if let Ok(Envelope { error }) = serde_json::from_slice(body) {
        evidence.message = error.message;
        let mut reason = None;
        for detail in error.details {
            if detail.kind.ends_with("google.rpc.ErrorInfo") {
                reason.get_or_insert(detail.reason);
                evidence.metadata.extend(detail.metadata);
            }
            evidence.links.extend(detail.links.into_iter().map(|link| link.url));
        }
        evidence.reason =
            reason.or_else(|| error.errors.into_iter().next().map(|item| item.reason)).or(Some(error.status));
    }
    error(doing, evidence)
}

pub(super) fn error(doing: &'static str, evidence: Evidence) -> Error {
    let Evidence { status, message, reason, metadata, links, retry_after, body, date } = evidence;
    let reason = reason.map(|r| clean(&r, LONGEST_REASON)).filter(|r| !r.is_empty());
    let kind = kind(status, reason.as_deref(), &message);
    let mut details = Details { retry_after, body: body.map(super::Body), date, ..Details::default() };
    match kind {
        ErrorKind::PermissionDenied => {
            details.permission = metadata.get("permission").cloned().or_else(|| permission(&message));
            details.resource = metadata.get("resource").cloned().or_else(|| resource(&message));
        }
        ErrorKind::ApiDisabled => {
            details.service = metadata.get("service").cloned().or_else(|| service(&message));
            details.help = metadata
                .get("activationUrl")
                .into_iter()
                .chain(links.iter())
                .map(String::as_str)
                .chain(message.split_whitespace())
                .find_map(console_page);
        }
        ErrorKind::SignInNeeded => details.sign_in = Some(SignInCause::Rejected),
        _ => {}
    }
    let message = if message.trim().is_empty() { format!("the server answered {status}") } else { message };
    Error { status: Some(status), reason, details: Box::new(details), ..Error::new(kind, doing, message) }
}

fn kind(status: u16, reason: Option<&str>, message: &str) -> ErrorKind {
    let reason = reason.unwrap_or_default();
    match status {
        401 => ErrorKind::SignInNeeded,
        403 if is_disabled(reason, message) => ErrorKind::ApiDisabled,
        403 if is_rate(reason) => ErrorKind::Throttled,
        403 if reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT" => ErrorKind::ScopeMissing,
        403 => ErrorKind::PermissionDenied,
        // Lacking iam.serviceAccounts.actAs on the VM's service account comes as a 400.
        400 if reason == "SERVICE_ACCOUNT_ACCESS_DENIED"
            || message.contains("iam.serviceAccounts.actAs")
            || message.contains("does not have access to service account") =>
        {
            ErrorKind::PermissionDenied
        }
        404 => ErrorKind::NotFound,
        408 | 504 => ErrorKind::TimedOut,
        409 | 412 => ErrorKind::Conflict,
        429 => ErrorKind::Throttled,
        400..=499 => ErrorKind::InvalidRequest,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::Decode,
    }
}

fn is_disabled(reason: &str, message: &str) -> bool {
    // The SDK keeps ErrorInfo and drops errors[].reason; the text is then all that is left of an older body.
    reason == "SERVICE_DISABLED"
        || reason == "accessNotConfigured"
        || (message.contains("has not been used in project") && message.contains("or it is disabled"))
}

fn is_rate(reason: &str) -> bool {
    matches!(
        reason,
        "RATE_LIMIT_EXCEEDED" | "rateLimitExceeded" | "userRateLimitExceeded" | "RESOURCE_EXHAUSTED"
    )
}

/// A permission's name in a message such as `Required 'compute.instances.get' permission for 'projects/…'`.
fn permission(message: &str) -> Option<String> {
    if message.contains("iam.serviceAccounts.actAs") || message.contains("access to service account") {
        return Some("iam.serviceAccounts.actAs".to_owned());
    }
    message
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
        .map(|word| word.trim_matches('.'))
        .find(|word| is_permission(word))
        .map(str::to_owned)
}

fn is_permission(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    (3..=4).contains(&parts.len())
        && word.len() <= 100
        && parts.iter().all(|part| part.chars().next().is_some_and(|c| c.is_ascii_lowercase()))
        && !word.ends_with(".com")
}

/// The quoted resource of a message: `… permission for 'projects/p/zones/z/instances/i'`.
fn resource(message: &str) -> Option<String> {
    message
        .split(['\'', '"'])
        .find(|part| part.starts_with("projects/") || part.starts_with("//"))
        .map(|part| clean(part, 500))
}

fn service(message: &str) -> Option<String> {
    message
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'))
        .map(|word| word.trim_matches('.'))
        .find(|word| word.ends_with(".googleapis.com"))
        .map(str::to_owned)
}

/// A link is shown to a person only if it leads to Google's console.
fn console_page(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim_end_matches(['.', ','])).ok()?;
    let host = url.host_str()?;
    (url.scheme() == "https" && matches!(host, "console.cloud.google.com" | "console.developers.google.com"))
        .then_some(url)
}

/// The server's clock, from its `Date` header.
pub(crate) fn date(headers: &HeaderMap) -> Option<SystemTime> {
    let value = headers.get(http::header::DATE)?.to_str().ok()?;
    Some(jiff::fmt::rfc2822::parse(value).ok()?.timestamp().into())
}

/// `Retry-After` in seconds or as a date, at most a day.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match value.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = jiff::fmt::rfc2822::parse(value).ok()?;
            let seconds = date.timestamp().as_second().saturating_sub(jiff::Timestamp::now().as_second());
            Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
        }
    };
    Some(wait.min(Duration::from_secs(24 * 60 * 60)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Error {
        from_response("test", status, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn a_disabled_api_in_both_spellings() {
        let new = read(
            403,
            r#"{"error":{"code":403,"message":"Compute Engine API has not been used in project 1 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/compute.googleapis.com/overview?project=1 then retry.",
            "status":"PERMISSION_DENIED","errors":[{"reason":"accessNotConfigured"}],
            "details":[{"@type":"type.googleapis.com/google.rpc.Help","links":[{"url":"https://evil.example/"}]},
            {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED","domain":"googleapis.com",
             "metadata":{"service":"compute.googleapis.com","consumer":"projects/1"}}]}}"#,
        );
        assert_eq!(new.kind, ErrorKind::ApiDisabled);
        assert_eq!(new.reason.as_deref(), Some("SERVICE_DISABLED"));
        assert_eq!(new.details.service.as_deref(), Some("compute.googleapis.com"));
        assert_eq!(new.details.help.unwrap().host_str(), Some("console.developers.google.com"));
        let old = read(403, r#"{"error":{"message":"no","errors":[{"reason":"accessNotConfigured"}]}}"#);
        assert_eq!(old.kind, ErrorKind::ApiDisabled);
        assert_eq!(old.details.help, None);
    }

    #[test]
    fn names_the_missing_permission() {
        let error = read(
            403,
            r#"{"error":{"message":"Required 'compute.instances.get' permission for 'projects/p/zones/z/instances/i'","errors":[{"reason":"forbidden"}]}}"#,
        );
        assert_eq!(error.kind, ErrorKind::PermissionDenied);
        assert_eq!(error.details.permission.as_deref(), Some("compute.instances.get"));
        assert_eq!(error.details.resource.as_deref(), Some("projects/p/zones/z/instances/i"));
        let other =
            read(403, r#"{"error":{"message":"Caller lacks access, see www.example.com. Goodbye."}}"#);
        assert_eq!(other.details.permission, None);
        let info = read(
            403,
            r#"{"error":{"message":"no","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"IAM_PERMISSION_DENIED","metadata":{"permission":"oslogin.x.y"}}]}}"#,
        );
        assert_eq!(info.details.permission.as_deref(), Some("oslogin.x.y"));
    }

    #[test]
    fn lacking_act_as_comes_as_a_400() {
        let error = read(
            400,
            r#"{"error":{"message":"The user does not have access to service account 'x@y.iam.gserviceaccount.com'."}}"#,
        );
        assert_eq!(error.kind, ErrorKind::PermissionDenied);
        assert_eq!(error.details.permission.as_deref(), Some("iam.serviceAccounts.actAs"));
    }

    #[test]
    fn each_status_has_its_kind() {
        for (status, kind) in [
            (401, ErrorKind::SignInNeeded),
            (400, ErrorKind::InvalidRequest),
            (404, ErrorKind::NotFound),
            (408, ErrorKind::TimedOut),
            (409, ErrorKind::Conflict),
            (412, ErrorKind::Conflict),
            (429, ErrorKind::Throttled),
            (418, ErrorKind::InvalidRequest),
            (500, ErrorKind::Server),
            (503, ErrorKind::Server),
            (302, ErrorKind::Decode),
        ] {
            let error = read(status, "<html>not JSON</html>");
            assert_eq!(error.kind, kind, "{status}");
            assert_eq!(error.status, Some(status));
            assert_eq!(error.message, format!("the server answered {status}"));
        }
        let rate = read(403, r#"{"error":{"errors":[{"reason":"rateLimitExceeded"}]}}"#);
        assert_eq!(rate.kind, ErrorKind::Throttled);
    }

    #[test]
    fn odd_bodies_do_no_harm() {
        for body in
            ["", "[]", "null", r#"{"error":"text"}"#, r#"{"error":{"errors":5}}"#, "{\"error\":{\"message\":"]
        {
            assert_eq!(read(403, body).kind, ErrorKind::PermissionDenied);
        }
    }

    #[test]
    fn retry_after_is_read_and_bounded() {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", "7".parse().unwrap());
        let error = from_response("test", 429, &headers, b"");
        assert_eq!(error.details.retry_after, Some(Duration::from_secs(7)));
        headers.insert("retry-after", "99999999999".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(86400)));
        headers.insert("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::ZERO));
        headers.insert("retry-after", "soon".parse().unwrap());
        assert_eq!(retry_after(&headers), None);
    }
}
