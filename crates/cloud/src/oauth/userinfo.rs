//! Who an access token belongs to.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::CLIENT_ID;
use crate::http::{Call, pairs};
use crate::state::State;

/// A user's number: 21 digits, the same at every start.
pub(crate) fn subject(email: &str) -> String {
    let hash = Sha256::digest(email.to_lowercase().as_bytes());
    let number = hash.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    format!("1{number:020}")
}

/// The organisation's domain, for its own users.
pub(super) fn hosted_domain<'a>(state: &'a State, email: &str) -> Option<&'a str> {
    let domain = state.landscape().organization.domain.as_str();
    email.rsplit_once('@').filter(|(_, own)| own.eq_ignore_ascii_case(domain)).map(|_| domain)
}

fn unauthorised() -> Response {
    let body = json!({"error": "invalid_request", "error_description": "Invalid Credentials"});
    let challenge =
        HeaderValue::from_static("Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"");
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)], Json(body)).into_response()
}

struct Identity {
    email: String,
    name: String,
    domain: Option<String>,
}

fn identity(state: &State, call: &Call) -> Option<Identity> {
    let caller = state.caller(call.token()?)?;
    let name = state.user(&caller.email)?.name.clone();
    let domain = hosted_domain(state, &caller.email).map(str::to_owned);
    Some(Identity { email: caller.email, name, domain })
}

fn with_domain(mut body: Value, identity: &Identity) -> Response {
    if let (Some(domain), Some(object)) = (&identity.domain, body.as_object_mut()) {
        object.insert("hd".to_owned(), json!(domain));
    }
    Json(body).into_response()
}

/// `openidconnect.googleapis.com/v1/userinfo` and `www.googleapis.com/oauth2/v3/userinfo`.
pub(super) fn open_id(state: &State, call: &Call) -> Response {
    let Some(identity) = identity(state, call) else { return unauthorised() };
    let body = json!({
        "sub": subject(&identity.email), "email": identity.email, "email_verified": true, "name": identity.name,
    });
    with_domain(body, &identity)
}

/// `www.googleapis.com/oauth2/v1/userinfo` and `v2`, from before OpenID Connect.
pub(super) fn older(state: &State, call: &Call) -> Response {
    let Some(identity) = identity(state, call) else { return unauthorised() };
    let body = json!({
        "id": subject(&identity.email), "email": identity.email, "verified_email": true, "name": identity.name,
    });
    with_domain(body, &identity)
}

/// What a token is good for.
pub(super) fn token(state: &State, call: &Call) -> Response {
    let form = std::str::from_utf8(&call.body).map(pairs).unwrap_or_default();
    let in_body = form.iter().find(|(name, _)| name == "access_token").map(|(_, value)| value.as_str());
    match in_body.or_else(|| call.token()).and_then(|token| state.grant(token)) {
        Some(grant) => Json(json!({
            "azp": CLIENT_ID, "aud": CLIENT_ID, "sub": subject(&grant.caller.email), "scope": grant.scopes,
            "expires_in": "3599", "email": grant.caller.email, "email_verified": "true", "access_type": "offline",
        }))
        .into_response(),
        None => {
            (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_token", "error_description": "Invalid Value"}))).into_response()
        }
    }
}
