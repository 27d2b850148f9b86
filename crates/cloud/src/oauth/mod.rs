//! Sign-in: OAuth 2.0 with PKCE as Google's own servers do it, and who is signed in.

mod authorize;
mod page;
mod token;
mod userinfo;

use axum::http::{HeaderValue, Method, header};
use axum::response::Response;

use crate::http::{Call, Service, Services};

pub(crate) use userinfo::subject;

/// The one client that is known here; its secret does not matter, like that of any desktop client.
pub(crate) const CLIENT_ID: &str = "adit-local-cloud";
/// What the token of the ready line may do.
pub(crate) const ALL_SCOPES: &str =
    "openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/cloud-platform";

/// The answer to a request for the sign-in services; `None` where it is for another service.
pub(crate) fn answer(services: &Services, call: &Call) -> Option<Response> {
    let state = &services.state;
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let mut response = match (call.service, path.as_slice()) {
        (Service::Any | Service::SignIn, ["o", "oauth2", "v2", "auth"] | ["o", "oauth2", "auth"]) => {
            match call.method {
                Method::GET => authorize::show(state, call),
                Method::POST => authorize::pick(state, call),
                _ => return None,
            }
        }
        (
            Service::Any | Service::SignIn,
            ["token"] | ["o", "oauth2", "token"] | ["oauth2", "v4", "token"],
        ) if call.method == Method::POST => token::exchange(state, call),
        (Service::Any | Service::SignIn, ["revoke"] | ["o", "oauth2", "revoke"])
            if call.method == Method::POST =>
        {
            token::revoke(state, call)
        }
        (Service::Any | Service::SignIn, ["tokeninfo"] | ["oauth2", "v3", "tokeninfo"]) => {
            userinfo::token(state, call)
        }
        (Service::Any | Service::OpenId, ["v1", "userinfo"])
        | (Service::Any, ["oauth2", "v3", "userinfo"]) => userinfo::open_id(state, call),
        (Service::Any, ["oauth2", "v1" | "v2", "userinfo"]) => userinfo::older(state, call),
        _ => return None,
    };
    // codes and tokens are nobody's to keep
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    Some(response)
}
