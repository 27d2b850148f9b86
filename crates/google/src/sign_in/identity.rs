//! Who signed in.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::{
    error::{Error, ErrorKind, clean},
    http,
    retry::{self, Policy, Repeat},
};

const DOING: &str = "read who signed in";
const LONGEST_TOKEN: usize = 32 * 1024;

/// A Google identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The subject: stable for good, unlike the e-mail address.
    pub sub: String,
    /// The e-mail address.
    pub email: String,
    /// The Workspace or Cloud Identity domain, for accounts that have one.
    pub hosted_domain: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    sub: Option<String>,
    email: Option<String>,
    hd: Option<String>,
    aud: Option<Audience>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Claims {
    fn identity(self) -> Result<Identity, Error> {
        let field = |value: Option<String>| value.map(|v| clean(&v, 320)).filter(|v| !v.is_empty());
        let Some(sub) = field(self.sub) else {
            return Err(Error::new(ErrorKind::Decode, DOING, "the answer names no subject"));
        };
        let Some(email) = field(self.email) else {
            return Err(Error::new(
                ErrorKind::ScopeMissing,
                DOING,
                "the e-mail address was not shared; tick its box on the consent page",
            ));
        };
        Ok(Identity { sub, email, hosted_domain: field(self.hd) })
    }
}

/// Reads an ID token that came from the token endpoint itself over TLS; its signature then need not be checked
/// (OpenID Connect Core, section 3.1.3.7, point 6).
pub(super) fn of_id_token(token: &SecretString, client_id: &str) -> Result<Identity, Error> {
    let unreadable = || Error::new(ErrorKind::Decode, DOING, "the ID token cannot be read");
    let token = token.expose_secret();
    if token.len() > LONGEST_TOKEN {
        return Err(unreadable());
    }
    let payload = token.split('.').nth(1).ok_or_else(unreadable)?;
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).map_err(|_| unreadable())?;
    let claims: Claims = serde_json::from_slice(&payload).map_err(|_| unreadable())?;
    let for_us = match &claims.aud {
        None => true,
        Some(Audience::One(audience)) => audience == client_id,
        Some(Audience::Several(audiences)) => audiences.iter().any(|a| a == client_id),
    };
    if !for_us {
        return Err(Error::new(ErrorKind::Decode, DOING, "the ID token was made for another client"));
    }
    claims.identity()
}

/// Asks the userinfo endpoint whom an access token belongs to, once.
pub(crate) async fn ask(
    http: &reqwest::Client,
    userinfo: &Url,
    token: &SecretString,
) -> Result<Identity, Error> {
    let request = http.get(userinfo.clone()).headers(http::bearer(token)?);
    http::json::<Claims>(DOING, request, LONGEST_TOKEN).await?.identity()
}

/// The same, tried again after a passing failure.
pub(super) async fn of_token(
    http: &reqwest::Client,
    userinfo: &Url,
    token: &SecretString,
) -> Result<Identity, Error> {
    retry::run(DOING, Policy::CALL, Repeat::Safe, |time| {
        retry::within(DOING, time, ask(http, userinfo, token))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> SecretString {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(payload)).into()
    }

    #[test]
    fn reads_subject_address_and_domain() {
        let identity = of_id_token(
            &token(r#"{"aud":"c","sub":"1","email":"a@example.com","hd":"example.com","new":[]}"#),
            "c",
        )
        .unwrap();
        assert_eq!(
            identity,
            Identity {
                sub: "1".into(),
                email: "a@example.com".into(),
                hosted_domain: Some("example.com".into())
            }
        );
        of_id_token(&token(r#"{"aud":["x","c"],"sub":"1","email":"a"}"#), "c").unwrap();
    }

    #[test]
    fn refuses_what_it_cannot_use() {
        let kind = |token: SecretString| of_id_token(&token, "c").unwrap_err().kind;
        assert_eq!(kind(token(r#"{"aud":"d","sub":"1","email":"a"}"#)), ErrorKind::Decode);
        assert_eq!(kind(token(r#"{"aud":"c","email":"a"}"#)), ErrorKind::Decode);
        assert_eq!(kind(token(r#"{"aud":"c","sub":"1"}"#)), ErrorKind::ScopeMissing);
        for text in ["", "a", "a.b", "a.!!.c", "a.e30", "."] {
            assert_eq!(kind(text.into()), ErrorKind::Decode, "{text}");
        }
        assert_eq!(kind("x".repeat(LONGEST_TOKEN + 1).into()), ErrorKind::Decode);
    }
}
