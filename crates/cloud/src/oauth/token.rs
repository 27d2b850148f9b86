//! The token and revocation endpoints (RFC 6749 section 5, RFC 7636, RFC 7009), with Google's words.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{CLIENT_ID, userinfo};
use crate::faults::TokenFault;
use crate::http::{Call, pairs};
use crate::state::{ACCESS_LIFE, Pair, RedeemRefusal, State};

fn refuse(status: StatusCode, error: &str, description: &str) -> Response {
    (status, Json(json!({"error": error, "error_description": description}))).into_response()
}

fn bad(error: &str, description: &str) -> Response {
    refuse(StatusCode::BAD_REQUEST, error, description)
}

/// The client id of HTTP Basic authentication, which OAuth libraries use where there is a secret.
fn basic_id(call: &Call) -> Option<String> {
    let value = call.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let id = text.split_once(':').map_or(text.as_str(), |(id, _)| id).to_owned();
    percent_encoding::percent_decode_str(&id).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

pub(super) fn exchange(state: &State, call: &Call) -> Response {
    let form = std::str::from_utf8(&call.body).map(pairs).unwrap_or_default();
    let get = |name: &str| {
        form.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    };
    match get("client_id").map(str::to_owned).or_else(|| basic_id(call)) {
        Some(id) if id == CLIENT_ID => {}
        Some(_) => {
            return refuse(StatusCode::UNAUTHORIZED, "invalid_client", "The OAuth client was not found.");
        }
        None => return bad("invalid_request", "Could not determine client ID from request."),
    }
    if let Some(fault) = state.faults().token {
        return refused(fault);
    }
    match get("grant_type") {
        Some("authorization_code") => {
            let Some(code) = get("code") else {
                return bad("invalid_request", "Missing required parameter: code");
            };
            match state.redeem(code, get("redirect_uri").unwrap_or_default(), get("code_verifier")) {
                Ok(pair) => tokens(state, &pair),
                Err(RedeemRefusal::Code) => bad("invalid_grant", "Malformed auth code."),
                Err(RedeemRefusal::RedirectUri) => bad("redirect_uri_mismatch", "Bad Request"),
                Err(RedeemRefusal::VerifierMissing) => bad("invalid_grant", "Missing code verifier."),
                Err(RedeemRefusal::VerifierWrong) => bad("invalid_grant", "Invalid code verifier."),
            }
        }
        Some("refresh_token") => match get("refresh_token").map(|token| state.refresh(token)) {
            Some(Some(pair)) => tokens(state, &pair),
            Some(None) => bad("invalid_grant", "Token has been expired or revoked."),
            None => bad("invalid_request", "Missing required parameter: refresh_token"),
        },
        Some(other) => bad("unsupported_grant_type", &format!("Invalid grant_type: {other}")),
        None => bad("invalid_request", "Missing required parameter: grant_type"),
    }
}

/// A refusal in the words that clients of Google's know.
fn refused(fault: TokenFault) -> Response {
    let body = match fault {
        TokenFault::InvalidRapt => json!({
            "error": "invalid_grant",
            "error_description": "reauth related error (invalid_rapt)",
            "error_uri": "https://support.google.com/a/answer/9368756",
            "error_subtype": "invalid_rapt",
        }),
        TokenFault::Revoked => {
            json!({"error": "invalid_grant", "error_description": "Token has been expired or revoked."})
        }
        TokenFault::Restricted => {
            let random: [u8; 24] = rand::random();
            json!({
                "error": "access_denied",
                "error_description": "Account restricted",
                "error_uri": format!(
                    "https://accounts.google.com/info/servicerestricted?es={}",
                    URL_SAFE_NO_PAD.encode(random)
                ),
            })
        }
    };
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

fn tokens(state: &State, pair: &Pair) -> Response {
    if state.bound(&pair.grant.caller).is_some() {
        return refused(TokenFault::Restricted);
    }
    let mut body = json!({
        "access_token": pair.access.expose_secret(),
        "expires_in": ACCESS_LIFE.as_secs() - 1,
        "scope": pair.grant.scopes,
        "token_type": "Bearer",
    });
    if let Some(object) = body.as_object_mut() {
        if let Some(refresh) = &pair.refresh {
            object.insert("refresh_token".to_owned(), json!(refresh.expose_secret()));
        }
        if pair.grant.scopes.split(' ').any(|scope| scope == "openid" || scope.contains("/auth/userinfo.")) {
            object.insert("id_token".to_owned(), json!(id_token(state, &pair.grant.caller.email)));
        }
    }
    Json(body).into_response()
}

/// An ID token in three parts. It is not signed: whoever gets it straight from this endpoint need not check that
/// (OpenID Connect Core, section 3.1.3.7), and nobody else has business with it.
fn id_token(state: &State, email: &str) -> String {
    let now = jiff::Timestamp::now().as_second();
    let mut claims = json!({
        "iss": "https://accounts.google.com",
        "azp": CLIENT_ID,
        "aud": CLIENT_ID,
        "sub": userinfo::subject(email),
        "email": email,
        "email_verified": true,
        "iat": now,
        "exp": now + 3_600,
    });
    if let (Some(domain), Some(object)) = (userinfo::hosted_domain(state, email), claims.as_object_mut()) {
        object.insert("hd".to_owned(), json!(domain));
    }
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.{}",
        part(&json!({"alg": "none", "typ": "JWT"})),
        part(&claims),
        URL_SAFE_NO_PAD.encode("unsigned")
    )
}

pub(super) fn revoke(state: &State, call: &Call) -> Response {
    let form = std::str::from_utf8(&call.body).map(pairs).unwrap_or_default();
    let in_body = form.iter().find(|(name, _)| name == "token").map(|(_, value)| value.as_str());
    match in_body.or_else(|| call.query("token")) {
        Some(token) if state.revoke(token) => Json(json!({})).into_response(),
        Some(_) => bad("invalid_token", "Token expired or revoked"),
        None => bad("invalid_request", "Missing required parameter: token"),
    }
}
