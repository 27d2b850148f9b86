//! The token and revocation endpoints, by the `oauth2` crate over our own HTTP client.

use std::{fmt, time::Duration};

use oauth2::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, EmptyExtraTokenFields, EndpointNotSet, EndpointSet,
    ErrorResponse, ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, StandardRevocableToken, StandardTokenIntrospectionResponse, StandardTokenResponse,
    TokenResponse as _, TokenUrl,
    basic::{BasicRevocationErrorResponse, BasicTokenType},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    client::OAuthClient,
    error::{Body, Error, ErrorKind, SignInCause, from_response},
    http,
    retry::{self, Policy, Repeat},
};

const LONGEST_ANSWER: usize = 64 * 1024;
/// What a token is taken to be good for when the server does not say.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(30 * 60);
const LONGEST_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

type Granted = StandardTokenResponse<Extra, BasicTokenType>;
type Client = oauth2::Client<
    Refusal,
    Granted,
    StandardTokenIntrospectionResponse<EmptyExtraTokenFields, BasicTokenType>,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The field that OpenID Connect adds to a token response.
#[derive(Deserialize, Serialize)]
struct Extra {
    #[serde(default, skip_serializing)]
    id_token: Option<SecretString>,
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extra").finish_non_exhaustive()
    }
}

impl ExtraTokenFields for Extra {}

/// An OAuth error body (RFC 6749, section 5.2), with the field Google adds.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Refusal {
    pub(crate) error: String,
    pub(crate) error_description: Option<String>,
    pub(crate) error_subtype: Option<String>,
    pub(crate) error_uri: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)
    }
}

impl ErrorResponse for Refusal {}

impl Refusal {
    /// What it means (google-apis, section 3.4, point 6).
    pub(crate) fn into_error(self, doing: &'static str) -> Error {
        let described = self.error_description.as_deref().unwrap_or_default();
        let subtype = self.error_subtype.as_deref().unwrap_or_default();
        let says =
            |word: &str| subtype.contains(word) || described.contains(word) || self.error.contains(word);
        let restricted = described.contains("Account restricted")
            || self
                .error_uri
                .as_deref()
                .is_some_and(|uri| uri.starts_with("https://accounts.google.com/info/servicerestricted"));
        let error = if restricted {
            Error::new(
                ErrorKind::AccountRestricted,
                doing,
                "an access policy of the organization does not allow this device or network",
            )
        } else if says("admin_policy_enforced") || says("org_internal") {
            Error::new(
                ErrorKind::AdminPolicy,
                doing,
                "an administrator of the organization has not allowed this OAuth client",
            )
        } else {
            match self.error.as_str() {
                "invalid_grant" if says("invalid_rapt") || says("rapt_required") => Error::sign_in_needed(
                    doing,
                    SignInCause::SessionEnded,
                    "the session has reached the length that the organization allows",
                ),
                "invalid_grant" => Error::sign_in_needed(
                    doing,
                    SignInCause::Revoked,
                    or(described, "the sign-in was revoked or has expired"),
                ),
                "invalid_client" | "unauthorized_client" | "deleted_client" => Error::new(
                    ErrorKind::InvalidClient,
                    doing,
                    or(described, "the OAuth client is unknown, deleted, or its secret is wrong"),
                ),
                "access_denied" => Error::new(
                    ErrorKind::AccessDenied,
                    doing,
                    or(described, "the request for access was declined"),
                ),
                "server_error" | "temporarily_unavailable" | "internal_failure" => {
                    Error::new(ErrorKind::Server, doing, or(described, "the sign-in server failed"))
                        .with_status(503)
                }
                other => Error::new(ErrorKind::InvalidRequest, doing, or(described, other)),
            }
        };
        let mut error = error.with_reason(if subtype.is_empty() { &self.error } else { subtype });
        // Only its own fields: whatever else came could be a token.
        error.details.body = serde_json::to_value(&self).ok().map(Body);
        error
    }
}

fn or<'a>(text: &'a str, fallback: &'a str) -> &'a str {
    if text.trim().is_empty() { fallback } else { text }
}

/// What the token endpoint gave.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) access: SecretString,
    /// How long the access token is good for, from now.
    pub(crate) lifetime: Duration,
    pub(crate) refresh: Option<SecretString>,
    pub(crate) id: Option<SecretString>,
    /// The scopes granted, where the server named them.
    pub(crate) scopes: Option<Vec<String>>,
}

impl From<Granted> for Tokens {
    fn from(granted: Granted) -> Self {
        Self {
            access: granted.access_token().secret().as_str().into(),
            lifetime: granted.expires_in().unwrap_or(DEFAULT_LIFETIME).min(LONGEST_LIFETIME),
            refresh: granted.refresh_token().map(|t| t.secret().as_str().into()),
            id: granted.extra_fields().id_token.clone(),
            scopes: granted.scopes().map(|scopes| scopes.iter().map(|s| s.to_string()).collect()),
        }
    }
}

fn client(client: &OAuthClient, token: &Url) -> Client {
    let built = oauth2::Client::new(ClientId::new(client.id.clone()))
        .set_token_uri(TokenUrl::from_url(token.clone()))
        .set_auth_type(AuthType::RequestBody);
    match &client.secret {
        Some(secret) => built.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())),
        None => built,
    }
}

/// Exchanges the code of a redirect. A code is good for one exchange, so this is never tried twice.
pub(crate) async fn exchange(
    http: &reqwest::Client,
    token: &Url,
    of: &OAuthClient,
    code: SecretString,
    verifier: PkceCodeVerifier,
    redirect: RedirectUrl,
) -> Result<Tokens, Error> {
    const DOING: &str = "complete the sign-in";
    let client = client(of, token).set_redirect_uri(redirect);
    let request = client
        .exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()))
        .set_pkce_verifier(verifier);
    let send = |request| send(DOING, http.clone(), request);
    retry::within(DOING, Policy::TOKEN.attempt, async {
        request.request_async(&send).await.map(Tokens::from).map_err(|e| refused(DOING, e))
    })
    .await
}

/// Gets an access token for a refresh token.
pub(crate) async fn refresh(
    http: &reqwest::Client,
    token: &Url,
    of: &OAuthClient,
    refresh: &SecretString,
) -> Result<Tokens, Error> {
    const DOING: &str = "refresh the sign-in";
    retry::run(DOING, Policy::TOKEN, Repeat::Safe, |time| async move {
        let refresh = RefreshToken::new(refresh.expose_secret().to_owned());
        let send = |request| send(DOING, http.clone(), request);
        let client = client(of, token);
        let request = client.exchange_refresh_token(&refresh).request_async(&send);
        retry::within(DOING, time, async { request.await.map(Tokens::from).map_err(|e| refused(DOING, e)) })
            .await
    })
    .await
}

/// Revokes a refresh token. One that the server no longer knows is as good as revoked.
pub(crate) async fn revoke(http: &reqwest::Client, url: &Url, token: &SecretString) -> Result<(), Error> {
    retry::run(REVOKE, Policy::TOKEN, Repeat::Safe, |time| {
        retry::within(REVOKE, time, revoke_once(http, url, token))
    })
    .await
}

const REVOKE: &str = "revoke the sign-in";

async fn revoke_once(http: &reqwest::Client, url: &Url, token: &SecretString) -> Result<(), Error> {
    let request = http.post(url.clone()).form(&[("token", token.expose_secret())]);
    let response = request.send().await.map_err(|e| Error::from_http_client(REVOKE, &e))?;
    let status = response.status().as_u16();
    if response.status().is_success() {
        return Ok(());
    }
    let headers = response.headers().clone();
    let body = http::body(REVOKE, response, LONGEST_ANSWER).await.unwrap_or_default();
    match serde_json::from_slice::<Refusal>(&body) {
        Ok(refusal) if status == 400 && refusal.error == "invalid_token" => Ok(()),
        _ => Err(from_response(REVOKE, status, &headers, &body)),
    }
}

async fn send(
    doing: &'static str,
    http: reqwest::Client,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (parts, body) = request.into_parts();
    let url = Url::parse(&parts.uri.to_string())
        .map_err(|e| Error::new(ErrorKind::InvalidArgument, doing, e.to_string()))?;
    let started = tokio::time::Instant::now();
    let request = http.request(parts.method, url).headers(parts.headers).body(body);
    let response = request.send().await.map_err(|e| Error::from_http_client(doing, &e))?;
    let status = response.status();
    let headers = response.headers().clone();
    let body = http::body(doing, response, LONGEST_ANSWER).await?;
    tracing::debug!(
        method = "POST",
        path = "/token",
        status = status.as_u16(),
        ms = started.elapsed().as_millis(),
        "{doing}"
    );
    // Only a 4xx carries an OAuth error; anything else that is no success keeps its status and Retry-After here.
    if status.is_server_error() || status.as_u16() == 429 || status.is_redirection() {
        return Err(from_response(doing, status.as_u16(), &headers, &body));
    }
    let mut answer = HttpResponse::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}

fn refused(doing: &'static str, error: RequestTokenError<Error, Refusal>) -> Error {
    match error {
        RequestTokenError::ServerResponse(refusal) => refusal.into_error(doing),
        RequestTokenError::Request(error) => error,
        // The parse error holds the body, and the body could hold a token.
        RequestTokenError::Parse(..) => Error::new(
            ErrorKind::Decode,
            doing,
            "the answer of the token endpoint has another form than expected",
        ),
        RequestTokenError::Other(text) => Error::new(ErrorKind::Decode, doing, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Error {
        serde_json::from_str::<Refusal>(json).unwrap().into_error("test")
    }

    #[test]
    fn each_refusal_has_its_kind() {
        let ended = read(
            r#"{"error":"invalid_grant","error_subtype":"invalid_rapt","error_description":"reauth related error"}"#,
        );
        assert_eq!(ended.kind, ErrorKind::SignInNeeded);
        assert_eq!(ended.details.sign_in, Some(SignInCause::SessionEnded));
        assert_eq!(ended.reason.as_deref(), Some("invalid_rapt"));
        let revoked =
            read(r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#);
        assert_eq!(revoked.kind, ErrorKind::SignInNeeded);
        assert_eq!(revoked.details.sign_in, Some(SignInCause::Revoked));
        assert_eq!(revoked.message, "Token has been expired or revoked.");
        for (json, kind) in [
            (r#"{"error":"access_denied"}"#, ErrorKind::AccessDenied),
            (
                r#"{"error":"access_denied","error_description":"Account restricted"}"#,
                ErrorKind::AccountRestricted,
            ),
            (
                r#"{"error":"invalid_grant","error_uri":"https://accounts.google.com/info/servicerestricted?x=1"}"#,
                ErrorKind::AccountRestricted,
            ),
            (r#"{"error":"admin_policy_enforced"}"#, ErrorKind::AdminPolicy),
            (r#"{"error":"org_internal"}"#, ErrorKind::AdminPolicy),
            (r#"{"error":"invalid_client"}"#, ErrorKind::InvalidClient),
            (r#"{"error":"deleted_client"}"#, ErrorKind::InvalidClient),
            (r#"{"error":"temporarily_unavailable"}"#, ErrorKind::Server),
            (r#"{"error":"something_new"}"#, ErrorKind::InvalidRequest),
            ("{}", ErrorKind::InvalidRequest),
        ] {
            assert_eq!(read(json).kind, kind, "{json}");
        }
        assert!(read(r#"{"error":"temporarily_unavailable"}"#).is_transient());
    }
}
