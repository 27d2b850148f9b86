//! What was seen when something failed, kept beside its words so that it can be explained later.

use adit_access::WebDenial;
use adit_contract::{Failure, InstanceStatus};
use adit_google::ErrorKind;
use adit_tunnel::{DialError, DialErrorKind, FailureKind, ProxyProblem};
use serde_json::{Value, json};

/// What the other side did (specification of the explanation, section 2).
#[derive(Clone, PartialEq)]
pub enum Observed {
    /// The relay closed the WebSocket.
    Closed {
        /// The close code.
        code: u16,
        /// The relay's text.
        reason: String,
    },
    /// The upgrade to a WebSocket was answered with an HTTP status.
    Handshake {
        /// The status.
        status: u16,
    },
    /// The token endpoint refused. The JSON can hold a link that lets its holder in: it is never printed.
    Token(Value),
    /// An API refused.
    Rest {
        /// The HTTP status.
        status: u16,
        /// The JSON of the answer.
        body: Value,
    },
    /// The VM did not run, so nothing was dialled.
    NotRunning(InstanceStatus),
    /// A web app behind IAP refused.
    Web(Box<WebDenial>),
}

impl std::fmt::Debug for Observed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Closed { code, .. } => write!(f, "Closed({code})"),
            Self::Handshake { status } => write!(f, "Handshake({status})"),
            Self::Token(_) => f.write_str("Token(..)"),
            Self::Rest { status, .. } => write!(f, "Rest({status})"),
            Self::NotRunning(status) => write!(f, "NotRunning({status:?})"),
            Self::Web(_) => f.write_str("Web(..)"),
        }
    }
}

/// A failure in words, with what was seen of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// The words.
    pub failure: Failure,
    /// What was seen; nothing where it was neither the relay nor Google that failed.
    pub observed: Option<Observed>,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { failure, observed: None }
    }
}

impl Observed {
    /// Of a tunnel that did not open.
    #[must_use]
    pub fn of_dial(error: &DialError) -> Option<Self> {
        match (error.kind, error.code) {
            (DialErrorKind::Refused { status }, _) => Some(Self::Handshake { status }),
            (DialErrorKind::Proxy(ProxyProblem::CredentialsNeeded | ProxyProblem::CredentialsRefused), _) => {
                Some(Self::Handshake { status: 407 })
            }
            (DialErrorKind::SignInNeeded, None) => Some(Self::Handshake { status: 401 }),
            (_, Some(code)) => Some(Self::of_code(code, &error.reason)),
            (_, None) => None,
        }
    }

    /// Of a tunnel that was lost.
    #[must_use]
    pub fn of_loss(failure: &adit_tunnel::Failure) -> Option<Self> {
        match (failure.kind, failure.code) {
            (FailureKind::Refused { status }, _) => Some(Self::Handshake { status }),
            (_, Some(code)) => Some(Self::of_code(code, &failure.reason)),
            (_, None) => None,
        }
    }

    /// WebSocket close codes begin where HTTP statuses have long ended.
    fn of_code(code: u16, reason: &str) -> Self {
        match code {
            1000.. => Self::Closed { code, reason: reason.to_owned() },
            status => Self::Handshake { status },
        }
    }

    /// Of a call of Google's APIs, or of the token that it needed.
    #[must_use]
    pub fn of_google(error: &adit_google::Error) -> Option<Self> {
        let body = error.details.body.as_ref().map(|body| body.0.clone());
        if let Some(mut body) = body.clone().filter(|body| body.get("error").is_some_and(Value::is_string)) {
            if let Value::Object(fields) = &mut body {
                fields.insert("channel".to_owned(), "token".into());
            }
            return Some(Self::Token(body));
        }
        match error.kind {
            ErrorKind::AccountRestricted
            | ErrorKind::AdminPolicy
            | ErrorKind::PermissionDenied
            | ErrorKind::ApiDisabled
            | ErrorKind::ScopeMissing
            | ErrorKind::SignInNeeded
            | ErrorKind::InvalidRequest => {
                let status = error.status?;
                if status == 401 {
                    return Some(Self::Handshake { status });
                }
                let mut body = body.unwrap_or_else(|| json!({ "error": { "message": error.message } }));
                name_reason(&mut body, error);
                Some(Self::Rest { status, body })
            }
            _ => None,
        }
    }

    /// As the evaluator reads it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Closed { code, reason } => {
                json!({ "channel": "websocket", "closeCode": code, "reason": reason })
            }
            Self::Handshake { status } => json!({ "channel": "websocket", "handshakeStatus": status }),
            Self::Token(body) => body.clone(),
            Self::Rest { status, body } => json!({ "channel": "rest", "httpStatus": status, "body": body }),
            Self::NotRunning(_) => Value::Null,
            Self::Web(_) => json!({ "channel": "web" }),
        }
    }
}

/// Adds the `ErrorInfo` that older errors of Compute lack, from what was made out of their text.
fn name_reason(body: &mut Value, error: &adit_google::Error) {
    let info = match (error.kind, &error.details.permission, &error.details.service) {
        (ErrorKind::PermissionDenied, Some(permission), _) => json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "IAM_PERMISSION_DENIED",
            "metadata": { "permission": permission, "resource": error.details.resource },
        }),
        (ErrorKind::ApiDisabled, _, Some(service)) => json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "SERVICE_DISABLED",
            "metadata": { "service": service },
        }),
        _ => return,
    };
    let Some(Value::Object(inner)) = body.get_mut("error") else { return };
    match inner.entry("details").or_insert_with(|| json!([])) {
        Value::Array(details) if details.iter().all(|detail| detail.get("reason").is_none()) => {
            details.push(info);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dial(kind: DialErrorKind, code: Option<u16>) -> Option<Observed> {
        let error = DialError { kind, code, reason: "not authorized".to_owned(), body: None, between: None };
        Observed::of_dial(&error)
    }

    #[test]
    fn a_close_code_and_an_http_status_are_told_apart() {
        let closed = Observed::Closed { code: 4033, reason: "not authorized".to_owned() };
        assert_eq!(dial(DialErrorKind::Denied, Some(4033)), Some(closed));
        assert_eq!(
            dial(DialErrorKind::Refused { status: 403 }, Some(403)),
            Some(Observed::Handshake { status: 403 })
        );
        assert_eq!(
            dial(DialErrorKind::Proxy(ProxyProblem::CredentialsNeeded), None),
            Some(Observed::Handshake { status: 407 })
        );
        assert_eq!(dial(DialErrorKind::RelayUnreachable, None), None);
    }

    #[test]
    fn what_could_let_its_holder_in_is_not_printed() {
        let token = Observed::Token(json!({ "error": "access_denied", "error_uri": "https://x/?es=SECRET" }));
        assert!(!format!("{token:?}").contains("SECRET"));
        assert_eq!(token.to_json()["error_uri"], "https://x/?es=SECRET");
    }
}
