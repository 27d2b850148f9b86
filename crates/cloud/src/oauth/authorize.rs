//! The authorisation endpoint: a page to pick a user and a place, and the way back to the client.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use secrecy::ExposeSecret as _;
use url::{Host, Url};

use super::{CLIENT_ID, page};
use crate::http::{Call, pairs};
use crate::state::{Caller, Request, State};

/// Longest value of a parameter that is carried through the page, in bytes.
const LONGEST: usize = 4_096;

/// A request to authorise that may be answered.
pub(super) struct Asked {
    pub(super) redirect: Url,
    /// The redirect URI byte for byte, which the exchange has to repeat.
    redirect_text: String,
    state: Option<String>,
    scopes: String,
    challenge: Option<String>,
    pub(super) hint: Option<String>,
    /// All parameters as they came, for the page to send again.
    pub(super) parameters: Vec<(String, String)>,
}

/// What cannot be answered by a redirect: the client is not to be trusted with one, or is none.
pub(super) struct Wrong {
    pub(super) code: &'static str,
    pub(super) text: String,
}

fn wrong<T>(code: &'static str, text: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { code, text: text.into() })
}

/// The parameters that an authorisation request has; anything else is not sent through the page.
const NAMES: &[&str] = &[
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "login_hint",
    "access_type",
    "prompt",
    "nonce",
];

fn read(given: &[(String, String)]) -> Result<Asked, Wrong> {
    let mut parameters: Vec<(String, String)> = Vec::new();
    for (name, value) in
        given.iter().filter(|(name, value)| NAMES.contains(&name.as_str()) && !value.is_empty())
    {
        if parameters.iter().any(|(known, _)| known == name) {
            return wrong("invalid_request", format!("parameter {name} is there twice"));
        }
        if value.len() > LONGEST {
            return wrong("invalid_request", format!("parameter {name} is too long"));
        }
        parameters.push((name.clone(), value.clone()));
    }
    let get = |name: &str| parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    match get("client_id") {
        Some(id) if id == CLIENT_ID => {}
        Some(_) => return wrong("invalid_client", "The OAuth client was not found."),
        None => return wrong("invalid_request", "Missing required parameter: client_id"),
    }
    let Some(redirect_text) = get("redirect_uri") else {
        return wrong("invalid_request", "Missing required parameter: redirect_uri");
    };
    let Some(redirect) = loopback(&redirect_text) else {
        return wrong(
            "redirect_uri_mismatch",
            "The local cloud sends people back to http on loopback only: http://127.0.0.1, http://[::1] or http://localhost.",
        );
    };
    if get("response_type").as_deref() != Some("code") {
        return wrong("unsupported_response_type", "response_type must be code");
    }
    let challenge = get("code_challenge");
    match (&challenge, get("code_challenge_method").as_deref()) {
        (None, None) => {}
        (Some(challenge), Some("S256")) if challenge.len() == 43 => {}
        (Some(_), Some("S256")) => return wrong("invalid_request", "code_challenge is no S256 challenge"),
        (Some(_) | None, _) => return wrong("invalid_request", "code_challenge_method must be S256"),
    }
    let Some(scope) = get("scope") else {
        return wrong("invalid_request", "Missing required parameter: scope");
    };
    Ok(Asked {
        redirect,
        redirect_text,
        state: get("state"),
        scopes: granted(&scope),
        challenge,
        hint: get("login_hint"),
        parameters,
    })
}

/// Google's long names for the scopes that OpenID Connect has short ones for.
fn granted(asked: &str) -> String {
    let mut scopes: Vec<&str> = Vec::new();
    for scope in asked.split_ascii_whitespace() {
        let scope = match scope {
            "email" => "https://www.googleapis.com/auth/userinfo.email",
            "profile" => "https://www.googleapis.com/auth/userinfo.profile",
            other => other,
        };
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    scopes.join(" ")
}

/// A redirect URI that leads to this machine over plain http, without user info or fragment.
fn loopback(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let local = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(ip) => ip == std::net::Ipv4Addr::LOCALHOST,
        Host::Ipv6(ip) => ip == std::net::Ipv6Addr::LOCALHOST,
    };
    let plain = url.scheme() == "http"
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none();
    (local && plain).then_some(url)
}

fn back(asked: &Asked, outcome: &[(&str, &str)]) -> Response {
    let mut url = asked.redirect.clone();
    {
        let mut query = url.query_pairs_mut();
        if let Some(state) = &asked.state {
            query.append_pair("state", state);
        }
        for (name, value) in outcome {
            query.append_pair(name, value);
        }
    }
    match HeaderValue::from_str(url.as_str()) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => page::refusal(&Wrong {
            code: "redirect_uri_mismatch",
            text: "The redirect URI cannot be used.".to_owned(),
        }),
    }
}

/// Shows the page, or the error that no redirect may carry.
pub(super) fn show(state: &State, call: &Call) -> Response {
    match read(&call.query) {
        Ok(asked) if call.query("prompt") == Some("none") => {
            back(&asked, &[("error", "interaction_required")])
        }
        Ok(asked) => page::choices(state, &asked),
        Err(wrong) => page::refusal(&wrong),
    }
}

/// Takes what was picked: `user` is `ADDRESS#PLACE`, or an address alone for the first place; `cancel` refuses.
pub(super) fn pick(state: &State, call: &Call) -> Response {
    let Ok(body) = std::str::from_utf8(&call.body) else {
        return page::refusal(&Wrong {
            code: "invalid_request",
            text: "The form is not readable.".to_owned(),
        });
    };
    let form = pairs(body);
    let asked = match read(&form) {
        Ok(asked) => asked,
        Err(wrong) => return page::refusal(&wrong),
    };
    let get = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    if get("cancel").is_some() {
        return back(&asked, &[("error", "access_denied")]);
    }
    let Some(caller) = get("user").and_then(|choice| chosen(state, choice)) else {
        return page::refusal(&Wrong {
            code: "invalid_request",
            text: "No such user or place in this landscape.".to_owned(),
        });
    };
    // who unticks a box at Google's consent page gets a token all the same
    let declined = get("decline").unwrap_or_default();
    let scopes: Vec<&str> =
        asked.scopes.split(' ').filter(|scope| declined.is_empty() || !scope.ends_with(declined)).collect();
    let request = Request {
        caller,
        scopes: scopes.join(" "),
        redirect_uri: asked.redirect_text.clone(),
        challenge: asked.challenge.clone(),
    };
    let scopes = request.scopes.clone();
    let code = state.issue_code(request);
    back(
        &asked,
        &[("code", code.expose_secret()), ("scope", &scopes), ("authuser", "0"), ("prompt", "consent")],
    )
}

fn chosen(state: &State, choice: &str) -> Option<Caller> {
    let (email, place) = match choice.split_once('#') {
        Some((email, place)) => (email, Some(place)),
        None => (choice, None),
    };
    let user = state.user(email)?;
    let place = match place {
        Some(name) => user.places.iter().find(|one| one.name == name)?,
        None => user.places.first()?,
    };
    Some(Caller { email: user.email.clone(), place: Some(place.clone()) })
}

#[cfg(test)]
mod tests {
    use super::{granted, loopback};

    #[test]
    fn redirects_lead_to_loopback_only() {
        for good in [
            "http://127.0.0.1:8080/",
            "http://127.0.0.1/x?y=1",
            "http://[::1]:9/",
            "http://localhost:1234/cb",
        ] {
            assert!(loopback(good).is_some(), "{good}");
        }
        for bad in [
            "https://127.0.0.1:1/",
            "http://127.0.0.1.example.com/",
            "http://localhost.example/",
            "http://127.0.0.1@example.com/",
            "http://user@127.0.0.1/",
            "http://10.0.0.1/",
            "http://[::ffff:127.0.0.1]/",
            "javascript:alert(1)",
            "http://127.0.0.1/#x",
            "urn:ietf:wg:oauth:2.0:oob",
            "",
        ] {
            assert!(loopback(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn short_scopes_get_their_long_names() {
        assert_eq!(granted("openid email  email"), "openid https://www.googleapis.com/auth/userinfo.email");
    }
}
