//! Google's error bodies, in both of their forms.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const ERROR_INFO: &str = "type.googleapis.com/google.rpc.ErrorInfo";

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
                "@type": ERROR_INFO,
                "reason": "ACCESS_TOKEN_TYPE_UNSUPPORTED",
                "metadata": {"method": method, "service": service},
            })],
        }
    }

    /// 403 in Compute's words.
    pub(crate) fn forbidden(permission: &str, resource: &str) -> Self {
        Self::new(403, "forbidden", format!("Required '{permission}' permission for '{resource}'"))
    }

    /// 403 in the words of the newer services.
    pub(crate) fn denied(permission: &str, resource: &str) -> Self {
        let message =
            format!("Permission '{permission}' denied on resource '{resource}' (or it may not exist).");
        let service = permission.split('.').next().unwrap_or_default();
        let service = if service == "resourcemanager" { "cloudresourcemanager" } else { service };
        Self {
            details: vec![json!({
                "@type": ERROR_INFO,
                "reason": "IAM_PERMISSION_DENIED",
                "domain": format!("{service}.googleapis.com"),
                "metadata": {"permission": permission, "resource": resource},
            })],
            ..Self::status(403, "PERMISSION_DENIED", message)
        }
    }

    /// 403 for a token that was not granted access to Google Cloud.
    pub(crate) fn scope(method: &str, service: &str) -> Self {
        let message = "Request had insufficient authentication scopes.";
        Self {
            errors: vec![json!({
                "message": "Insufficient Permission", "domain": "global", "reason": "insufficientPermissions",
            })],
            details: vec![json!({
                "@type": ERROR_INFO,
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
                "metadata": {"method": method, "service": service},
            })],
            ..Self::status(403, "PERMISSION_DENIED", message)
        }
    }

    /// 403 for a quota project that the caller may not bill.
    pub(crate) fn quota_project(consumer: &str, service: &str) -> Self {
        let message = format!(
            "Caller does not have required permission to use project {consumer}. Grant the caller the \
             roles/serviceusage.serviceUsageConsumer role, or a custom role with the serviceusage.services.use \
             permission, and retry."
        );
        Self {
            details: vec![json!({
                "@type": ERROR_INFO,
                "reason": "USER_PROJECT_DENIED",
                "domain": "googleapis.com",
                "metadata": {"service": service, "consumer": format!("projects/{consumer}")},
            })],
            ..Self::status(403, "PERMISSION_DENIED", message)
        }
    }

    /// 403 of an API that wants a quota project of user credentials, for a request that names none.
    pub(crate) fn no_quota_project(service: &str) -> Self {
        let message = format!(
            "Your application is authenticating by using local Application Default Credentials. The {service} API \
             requires a quota project, which is not set by default."
        );
        Self {
            details: vec![json!({
                "@type": ERROR_INFO,
                "reason": "SERVICE_DISABLED",
                "domain": "googleapis.com",
                "metadata": {"service": service, "consumer": "projects/764086051850"},
            })],
            ..Self::status(403, "PERMISSION_DENIED", message)
        }
    }

    /// 403 of a service perimeter, with the identifier that its administrator finds the violation by.
    pub(crate) fn perimeter(service: &str, consumer: &str) -> Self {
        let random: [u8; 30] = rand::random();
        let id = URL_SAFE_NO_PAD.encode(random);
        let message = format!(
            "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: {id}"
        );
        Self {
            errors: vec![json!({"message": message, "domain": "global", "reason": "vpcServiceControls"})],
            details: vec![
                json!({
                    "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
                    "violations": [{"type": "VPC_SERVICE_CONTROLS", "description": id}],
                }),
                json!({
                    "@type": ERROR_INFO,
                    "reason": "SECURITY_POLICY_VIOLATED",
                    "domain": "googleapis.com",
                    "metadata": {"uid": id, "service": service, "consumer": consumer},
                }),
            ],
            ..Self::status(403, "PERMISSION_DENIED", message)
        }
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
                    "@type": ERROR_INFO,
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
