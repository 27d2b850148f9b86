//! Google's error bodies, in both of their forms.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An answer that is an error: what the service would have sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    status: u16,
    /// The canonical name, where the service sends one.
    name: Option<&'static str>,
    message: String,
    /// `errors[]`, which Compute sends and the newer services do not.
    errors: Vec<Value>,
    details: Vec<Value>,
}

/// A result whose error is an answer too.
pub(crate) type Answer<T> = Result<T, Box<Failure>>;

impl Failure {
    /// An error in the older services' form, with a reason in `errors[]`.
    pub(crate) fn new(status: u16, reason: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let errors = vec![json!({"message": message, "domain": "global", "reason": reason})];
        Self { status, name: None, message, errors, details: Vec::new() }
    }

    /// An error in the newer services' form, with a canonical status name and no `errors[]`.
    pub(crate) fn status(status: u16, name: &'static str, message: impl Into<String>) -> Self {
        Self { status, name: Some(name), message: message.into(), errors: Vec::new(), details: Vec::new() }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "notFound", message)
    }

    /// 401: no token, or one that is good for nothing.
    pub(crate) fn unauthenticated(method: &str, service: &str) -> Self {
        let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or \
                       other valid authentication credential. See \
                       https://developers.google.com/identity/sign-in/web/devconsole-project.";
        Self {
            status: 401,
            name: Some("UNAUTHENTICATED"),
            message: message.to_owned(),
            errors: vec![json!({
                "message": "Invalid Credentials", "domain": "global", "reason": "authError",
                "location": "Authorization", "locationType": "header",
            })],
            details: vec![json!({
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_TYPE_UNSUPPORTED",
                "metadata": {"method": method, "service": service},
            })],
        }
    }

    /// 403 in Compute's words.
    pub(crate) fn forbidden(permission: &str, resource: &str) -> Self {
        Self::new(403, "forbidden", format!("Required '{permission}' permission for '{resource}'"))
    }

    /// 403 for an API that the project has not enabled.
    pub(crate) fn disabled(service: &str, title: &str, number: u64) -> Self {
        let url =
            format!("https://console.developers.google.com/apis/api/{service}/overview?project={number}");
        let message = format!(
            "{title} has not been used in project {number} before or it is disabled. Enable it by visiting {url} then \
             retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and \
             retry."
        );
        Self {
            status: 403,
            name: Some("PERMISSION_DENIED"),
            errors: vec![json!({
                "message": message, "domain": "usageLimits", "reason": "accessNotConfigured",
                "extendedHelp": "https://console.developers.google.com",
            })],
            details: vec![
                json!({
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "SERVICE_DISABLED",
                    "domain": "googleapis.com",
                    "metadata": {
                        "service": service, "serviceTitle": title, "consumer": format!("projects/{number}"),
                        "containerInfo": number.to_string(), "activationUrl": url,
                    },
                }),
                json!({
                    "@type": "type.googleapis.com/google.rpc.Help",
                    "links": [{"description": "Google developers console API activation", "url": url}],
                }),
            ],
            message,
        }
    }

    pub(crate) fn boxed<T>(self) -> Answer<T> {
        Err(Box::new(self))
    }
}

impl Failure {
    /// Status and JSON body.
    pub(super) fn parts(self) -> (StatusCode, String) {
        let mut error = serde_json::Map::new();
        error.insert("code".to_owned(), json!(self.status));
        error.insert("message".to_owned(), json!(self.message));
        if !self.errors.is_empty() {
            error.insert("errors".to_owned(), Value::Array(self.errors));
        }
        if let Some(name) = self.name {
            error.insert("status".to_owned(), json!(name));
        }
        if !self.details.is_empty() {
            error.insert("details".to_owned(), Value::Array(self.details));
        }
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, json!({"error": error}).to_string())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, body) = self.parts();
        let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"))];
        let mut response = (status, kind, body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static(
                "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"",
            );
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
