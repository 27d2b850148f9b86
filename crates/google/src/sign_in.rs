//! The browser sign-in: OAuth 2.0 for native apps (RFC 8252) with PKCE (RFC 7636) and `state`.
//!
//! [`begin`] opens a listener on loopback and builds the address of the sign-in page; the caller opens it in a
//! browser. [`Pending::returned`] waits for the redirect; [`Returned::finish`] exchanges its code, checks what was
//! granted and tells who signed in. The browser's page says that it worked only after all that has worked. Dropping
//! a [`Pending`], a [`Returned`] or one of their futures cancels the sign-in and closes the listener.

mod identity;
mod listener;
mod page;

use std::time::Duration;

use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use secrecy::SecretString;
use tokio::{
    net::TcpListener,
    time::{Instant, timeout_at},
};
use url::Url;

use crate::{
    client::OAuthClient,
    endpoints::Endpoints,
    error::{Error, ErrorKind},
    http,
    oauth::{self, Refusal, Tokens},
};

pub use identity::Identity;
pub(crate) use identity::ask;

/// How long a person has for the sign-in.
pub const LIMIT: Duration = Duration::from_secs(5 * 60);

const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";
/// The scopes asked for. The last two tell who signed in, also when an account signs in again: otherwise
/// another person's credentials could be taken for the account's.
const SCOPES: [&str; 3] = [CLOUD_PLATFORM, "openid", "email"];
const DOING: &str = "sign in";

/// Whether the person is asked for consent even if it was given before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Consent {
    /// Only where the server finds it necessary.
    #[default]
    WhenNeeded,
    /// Always; the way to a refresh token when a sign-in brought none ([`ErrorKind::NoRefreshToken`]).
    Always,
}

/// A sign-in that waits for the person.
pub struct Pending {
    url: Url,
    endpoints: Endpoints,
    client: OAuthClient,
    listener: TcpListener,
    path: String,
    state: CsrfToken,
    verifier: PkceCodeVerifier,
    redirect: RedirectUrl,
    deadline: Instant,
}

/// A sign-in whose browser has come back with a code. Dropping it cancels the sign-in.
pub struct Returned {
    endpoints: Endpoints,
    client: OAuthClient,
    code: SecretString,
    verifier: PkceCodeVerifier,
    redirect: RedirectUrl,
    reply: listener::Reply,
}

/// A sign-in that worked.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who signed in. When an account signs in again, compare [`Identity::sub`] with the account's.
    pub identity: Identity,
    /// What to keep, in the keychain.
    pub refresh_token: SecretString,
    /// The scopes granted.
    pub scopes: Vec<String>,
    /// An access token that is ready for use.
    pub access_token: SecretString,
    /// How long it is good for.
    pub lifetime: Duration,
}

/// Begins a sign-in; `hint` is the e-mail address of the account that is to sign in again.
///
/// # Errors
/// [`ErrorKind::Local`] if no loopback port can be opened, [`ErrorKind::InvalidArgument`] for unusable endpoints.
pub async fn begin(
    endpoints: &Endpoints,
    client: &OAuthClient,
    hint: Option<&str>,
) -> Result<Pending, Error> {
    begin_with(endpoints, client, hint, Consent::WhenNeeded).await
}

/// Begins a sign-in that may insist on consent.
///
/// # Errors
/// As [`begin`].
pub async fn begin_with(
    endpoints: &Endpoints,
    client: &OAuthClient,
    hint: Option<&str>,
    consent: Consent,
) -> Result<Pending, Error> {
    endpoints.check()?;
    let local =
        |e: std::io::Error| Error::new(ErrorKind::Local, "open a port for the sign-in", e.to_string());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(local)?;
    let port = listener.local_addr().map_err(local)?.port();
    // The address literal and not `localhost`, which may resolve to ::1 or be forced to https by the browser.
    // The path is known to nobody but the browser and the server, for this one sign-in.
    let path = format!("/{}", CsrfToken::new_random_len(24).secret());
    let redirect = RedirectUrl::new(format!("http://127.0.0.1:{port}{path}"))
        .map_err(|e| Error::new(ErrorKind::Local, DOING, e.to_string()))?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let oauth = oauth2::basic::BasicClient::new(ClientId::new(client.id.clone()))
        .set_auth_uri(AuthUrl::from_url(endpoints.authorize.clone()))
        .set_redirect_uri(redirect.clone());
    let mut request = oauth
        .authorize_url(CsrfToken::new_random)
        .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .add_extra_param("access_type", "offline");
    if let Some(hint) = hint {
        request = request.add_extra_param("login_hint", hint.to_owned());
    }
    // Without a hint the person may want another account than the browser's.
    let prompt = match (consent, hint) {
        (Consent::WhenNeeded, Some(_)) => None,
        (Consent::WhenNeeded, None) => Some("select_account"),
        (Consent::Always, Some(_)) => Some("consent"),
        (Consent::Always, None) => Some("select_account consent"),
    };
    if let Some(prompt) = prompt {
        request = request.add_extra_param("prompt", prompt);
    }
    let (url, state) = request.url();
    Ok(Pending {
        url,
        endpoints: endpoints.clone(),
        client: client.clone(),
        listener,
        path,
        state,
        verifier,
        redirect,
        deadline: Instant::now() + LIMIT,
    })
}

// The address holds the state and the path, which only the browser and the server are to know.
impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending").finish_non_exhaustive()
    }
}

// The redirect's address holds the path.
impl std::fmt::Debug for Returned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Returned").finish_non_exhaustive()
    }
}

impl Pending {
    /// The page to open in a browser.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Waits until the person has signed in, and completes the sign-in.
    ///
    /// # Errors
    /// As [`Pending::returned`] and [`Returned::finish`].
    pub async fn finish(self) -> Result<SignedIn, Error> {
        self.returned().await?.finish().await
    }

    /// Waits until the browser has come back from the sign-in page. It still waits for its page then: go on with
    /// [`Returned::finish`].
    ///
    /// # Errors
    /// [`ErrorKind::SignInExpired`] after [`LIMIT`]; [`ErrorKind::AccessDenied`], [`ErrorKind::AccountRestricted`],
    /// [`ErrorKind::AdminPolicy`], [`ErrorKind::InvalidClient`] by what the server and the person decided.
    pub async fn returned(self) -> Result<Returned, Error> {
        let Self { endpoints, client, listener, path, state, verifier, redirect, deadline, .. } = self;
        let expired = || Error::new(ErrorKind::SignInExpired, DOING, "nobody signed in within five minutes");
        let wait = listener::callback(listener, path, state);
        let callback = timeout_at(deadline, wait).await.map_err(|_| expired())?;
        let (answer, reply) = callback.into_parts();
        match answer {
            listener::Answer::Code(code) => {
                Ok(Returned { endpoints, client, code, verifier, redirect, reply })
            }
            listener::Answer::Refused(refusal) => {
                reply.send(page::Page::Failed).await;
                Err(Refusal::into_error(refusal, DOING))
            }
        }
    }
}

impl Returned {
    /// Exchanges what the browser brought, checks what was granted, and shows the browser how it went.
    ///
    /// # Errors
    /// [`ErrorKind::ScopeMissing`], [`ErrorKind::NoRefreshToken`] by what the person granted,
    /// [`ErrorKind::InvalidClient`] and the kinds of a failed call.
    pub async fn finish(self) -> Result<SignedIn, Error> {
        let Self { endpoints, client, code, verifier, redirect, reply } = self;
        let result = complete(&endpoints, &client, code, verifier, redirect).await;
        reply.send(if result.is_ok() { page::Page::SignedIn } else { page::Page::Failed }).await;
        result
    }
}

async fn complete(
    endpoints: &Endpoints,
    client: &OAuthClient,
    code: SecretString,
    verifier: PkceCodeVerifier,
    redirect: RedirectUrl,
) -> Result<SignedIn, Error> {
    let http = http::client(&endpoints.token)?;
    let tokens = oauth::exchange(&http, &endpoints.token, client, code, verifier, redirect).await?;
    let Tokens { access, lifetime, refresh, id, scopes } = tokens;
    // A server that names no scopes has granted those asked for (RFC 6749, section 5.1).
    let scopes = scopes.unwrap_or_else(|| SCOPES.map(str::to_owned).to_vec());
    if !scopes.iter().any(|scope| scope == CLOUD_PLATFORM) {
        return Err(Error::new(
            ErrorKind::ScopeMissing,
            DOING,
            "access to Google Cloud was not granted; tick its box on the consent page",
        ));
    }
    let Some(refresh_token) = refresh else {
        return Err(Error::new(ErrorKind::NoRefreshToken, DOING, "the server gave no refresh token"));
    };
    let identity = match id.map(|id| identity::of_id_token(&id, &client.id)) {
        Some(identity) => identity?,
        None => identity::of_token(&http, &endpoints.userinfo, &access).await?,
    };
    Ok(SignedIn { identity, refresh_token, scopes, access_token: access, lifetime })
}
