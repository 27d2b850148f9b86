//! What the error itself says (specification, section 2): anything but an authorisation failure is explained
//! without a look at policies.

use serde_json::Value as Json;

use crate::explanation::{Certainty, Verdict};
use crate::input::{Input, Observed};
use crate::phrase::UNKNOWN;

/// An error that explains itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plain {
    pub(crate) verdict: Verdict,
    pub(crate) headline: String,
    pub(crate) facts: Vec<(&'static str, String)>,
}

impl Plain {
    fn new(verdict: Verdict, headline: impl Into<String>) -> Self {
        Self { verdict, headline: headline.into(), facts: Vec::new() }
    }

    /// How sure the verdict is.
    pub(crate) fn certainty(&self) -> Certainty {
        match self.verdict {
            Verdict::HandshakeBlocked | Verdict::TargetNotFound => Certainty::Likely,
            Verdict::UnknownError => Certainty::Possible,
            _ => Certainty::Proven,
        }
    }
}

/// What the error says, unless it is an authorisation failure or there was none.
pub(crate) fn classify(input: &Input) -> Option<Plain> {
    match &input.observed {
        Observed::WebSocket { close_code: Some(code), .. } => close_code(*code, input),
        Observed::WebSocket { handshake_status: Some(status), .. } => Some(handshake(*status, input)),
        Observed::WebSocket { .. } | Observed::Unknown => Some(unknown("no details")),
        Observed::Token { http_status, error, description, uri, subtype } => Some(
            token(
                error.as_deref(),
                description.as_deref().unwrap_or_default(),
                uri.as_deref().unwrap_or_default(),
                subtype.as_deref().unwrap_or_default(),
            )
            .unwrap_or_else(|| unlisted(error.as_deref(), *http_status)),
        ),
        Observed::Rest { http_status, body } => Some(rest(body.as_ref(), *http_status)),
        Observed::Web | Observed::NotTried => None,
    }
}

fn unknown(text: &str) -> Plain {
    Plain::new(
        Verdict::UnknownError,
        format!("Google answered with an error that this app does not know: {text}."),
    )
}

/// An error by its name, else by its status.
fn unlisted(name: Option<&str>, status: Option<i64>) -> Plain {
    match (name.filter(|name| !name.is_empty()), status) {
        (Some(name), _) => unknown(name),
        (None, Some(status)) => unknown(&format!("HTTP {status}")),
        (None, None) => unknown("no details"),
    }
}

fn instance(input: &Input) -> &str {
    input.target.instance.as_deref().filter(|name| !name.is_empty()).unwrap_or(UNKNOWN)
}

fn close_code(code: i64, input: &Input) -> Option<Plain> {
    let vm = instance(input);
    let port = input.target.port.map_or_else(|| UNKNOWN.to_owned(), |port| port.to_string());
    Some(match code {
        4033 => return None,
        4003 => Plain::new(
            Verdict::BackendUnreachable,
            format!(
                "You are allowed in, but IAP could not reach port {port} on {vm}: VM stopped, nothing \
                 listening, or no firewall rule for 35.235.240.0/20."
            ),
        ),
        4009 | 4010 => Plain::new(
            Verdict::BackendClosed,
            format!("You are allowed in, but {vm} closed the connection to port {port}."),
        ),
        4047 | 4051 => Plain::new(
            Verdict::TargetNotFound,
            format!(
                "IAP could not look up {vm}: wrong name, zone or project, or the VM is stopped or still \
                 starting."
            ),
        ),
        4004 => Plain::new(Verdict::Reauth, "IAP asked for a fresh sign-in for this session."),
        4001 | 4002 | 4074 => {
            Plain::new(Verdict::SessionLost, "This tunnel session cannot be resumed. Open a new connection.")
        }
        _ => unknown(&format!("close code {code}")),
    })
}

fn handshake(status: i64, input: &Input) -> Plain {
    match status {
        401 => Plain::new(
            Verdict::TokenRejected,
            "IAP did not accept the access token. Refreshing it or signing in again usually fixes this.",
        ),
        403 => Plain::new(
            Verdict::HandshakeBlocked,
            "The connection was refused before IAP checked any role. A proxy that blocks WebSockets is the \
             usual cause.",
        ),
        404 => Plain::new(
            Verdict::TargetNotFound,
            format!(
                "IAP does not know this target: check the project, zone and name of {}.",
                instance(input)
            ),
        ),
        407 => Plain::new(Verdict::ProxyAuth, "Your proxy asks for a user name and password."),
        _ => unknown(&format!("HTTP {status}")),
    }
}

fn token(error: Option<&str>, description: &str, uri: &str, subtype: &str) -> Option<Plain> {
    let restricted = description.starts_with("Account restricted")
        || uri.starts_with("https://accounts.google.com/info/servicerestricted");
    let session_over =
        subtype == "invalid_rapt" || description.contains("reauth related error (invalid_rapt)");
    Some(match error? {
        "access_denied" if restricted => Plain::new(
            Verdict::AccessBinding,
            "Your organization's context-aware access rules refused to issue a token to this app. This \
             happens before any VM or role is considered.",
        ),
        "invalid_grant" if session_over => {
            Plain::new(Verdict::Reauth, "Your Google Cloud session has ended. Sign in again.")
        }
        "invalid_grant" => {
            Plain::new(Verdict::Reauth, "Your sign-in was revoked or has expired. Sign in again.")
        }
        "admin_policy_enforced" => Plain::new(
            Verdict::SignInBlocked,
            "An administrator has not allowed this app in your organization.",
        ),
        _ => return None,
    })
}

/// A REST error, read from its details before its message.
fn rest(body: Option<&Json>, status: Option<i64>) -> Plain {
    let error = body.and_then(|body| body.get("error"));
    let message = error.and_then(|error| error.get("message")).and_then(Json::as_str);
    let details = error.and_then(|error| error.get("details")).and_then(Json::as_array);
    let details = details.map(Vec::as_slice).unwrap_or_default();
    if let Some(id) = perimeter(details, message.unwrap_or_default()) {
        return vpc_sc(id);
    }
    let infos: Vec<_> = details.iter().filter_map(ErrorInfo::read).collect();
    let listed = infos.iter().find_map(ErrorInfo::explain);
    listed.unwrap_or_else(|| {
        unlisted(infos.iter().map(|info| info.reason).find(|reason| !reason.is_empty()).or(message), status)
    })
}

fn vpc_sc(id: Option<&str>) -> Plain {
    let sentence = "A VPC Service Controls perimeter refused the call.";
    match id {
        Some(id) => Plain {
            facts: vec![("vpcServiceControlsUniqueIdentifier", id.to_owned())],
            ..Plain::new(Verdict::VpcSc, format!("{sentence} Give your administrator this ID: {id}"))
        },
        None => Plain::new(Verdict::VpcSc, sentence),
    }
}

/// Whether a perimeter refused, and under which id.
fn perimeter<'a>(details: &'a [Json], message: &'a str) -> Option<Option<&'a str>> {
    const MARK: &str = "vpcServiceControlsUniqueIdentifier:";
    let violations = details.iter().filter_map(|detail| detail.get("violations")?.as_array()).flatten();
    let violation = violations
        .filter(|violation| violation.get("type").and_then(Json::as_str) == Some("VPC_SERVICE_CONTROLS"))
        .collect::<Vec<_>>();
    let info =
        details.iter().filter_map(ErrorInfo::read).find(|info| info.reason == "SECURITY_POLICY_VIOLATED");
    let in_message = message.split_once(MARK).map(|(_, rest)| rest.split_whitespace().next());
    if violation.is_empty() && info.is_none() && in_message.is_none() {
        return None;
    }
    let described = violation.iter().filter_map(|violation| violation.get("description")?.as_str());
    let mut ids = described.chain(info.and_then(|info| info.metadata("uid"))).chain(in_message.flatten());
    Some(ids.find(|id| !id.is_empty()))
}

/// `google.rpc.ErrorInfo`.
#[derive(Debug, Clone, Copy)]
struct ErrorInfo<'a> {
    reason: &'a str,
    detail: &'a Json,
}

impl<'a> ErrorInfo<'a> {
    fn read(detail: &'a Json) -> Option<Self> {
        Some(Self { reason: detail.get("reason")?.as_str()?, detail })
    }

    fn metadata(self, key: &str) -> Option<&'a str> {
        self.detail.get("metadata")?.get(key)?.as_str()
    }

    /// The verdict, if the reason is a listed one.
    fn explain(&self) -> Option<Plain> {
        let get = |key: &str| self.metadata(key).filter(|text| !text.is_empty()).unwrap_or(UNKNOWN);
        let (verdict, headline, keys): (_, _, &[&'static str]) = match self.reason {
            "SERVICE_DISABLED" => (
                Verdict::ApiDisabled,
                format!("{} is not enabled in {}.", get("service"), get("consumer")),
                &["service", "consumer"],
            ),
            "USER_PROJECT_DENIED" | "CONSUMER_INVALID" => (
                Verdict::QuotaProjectRejected,
                format!("You may not use {} as the quota project.", get("consumer")),
                &["consumer"],
            ),
            "ACCESS_TOKEN_SCOPE_INSUFFICIENT" => (
                Verdict::ScopeMissing,
                "Your sign-in does not include access to Google Cloud. Sign in again and allow it."
                    .to_owned(),
                &[],
            ),
            "IAM_PERMISSION_DENIED" => (
                Verdict::PermissionDenied,
                format!("You lack the permission {} on {}.", get("permission"), get("resource")),
                &["permission", "resource"],
            ),
            "USER_BLOCKED_BY_ADMIN"
            | "ORG_RESTRICTION_VIOLATION"
            | "ENDPOINT_USAGE_RESTRICTION_VIOLATED"
            | "LOCATION_ORG_POLICY_VIOLATED"
            | "TLS_ORG_POLICY_VIOLATED"
            | "GCP_SUSPENDED"
            | "BILLING_DISABLED"
            | "CONSUMER_SUSPENDED" => (
                Verdict::OrgRestriction,
                format!("A rule of your organization blocks this call ({}).", self.reason),
                &[],
            ),
            _ => return None,
        };
        let known = |key: &&'static str| Some((*key, self.metadata(key)?.to_owned()));
        let mut facts: Vec<_> = keys.iter().filter_map(known).collect();
        facts.push(("reason", self.reason.to_owned()));
        Some(Plain { verdict, headline, facts })
    }
}
