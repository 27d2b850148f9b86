//! The HTTP side: one port, one request at a time taken apart and handed to the service that its path names.

use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;

use crate::doors::{self, Limits};
use crate::rest::Failure;
use crate::state::State;
use crate::{oauth, rest};

/// Largest request body, in bytes: metadata of 512 KiB, escaped.
const LARGEST_BODY: usize = 4 << 20;
/// How long a request's body may take to come.
const BODY_TIME: Duration = Duration::from_secs(30);

/// What the HTTP services need to know.
#[derive(Clone)]
pub(crate) struct Services {
    pub(crate) state: State,
    /// The relay's address with `/v4`.
    pub(crate) relay: String,
    /// Where the certificate authority's PEM file is.
    pub(crate) ca: PathBuf,
}

/// Which service a request is for: the one whose host name stands in front of the path, or whichever has the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Any,
    Compute,
    ResourceManager,
    OsLogin,
    Iap,
    Iam,
    AccessContext,
    CloudIdentity,
    Logging,
    Troubleshooter,
    SignIn,
    OpenId,
}

/// A request taken apart.
pub(crate) struct Call {
    pub(crate) service: Service,
    pub(crate) method: Method,
    /// Decoded, without the host name in front.
    pub(crate) path: Vec<String>,
    /// Decoded pairs in order.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    /// The first value of a query parameter; an empty one counts as absent, since Google's SDK sends those.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The access token, from the header or, as Google takes it too, from the query.
    pub(crate) fn token(&self) -> Option<&str> {
        let header = self.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        match header.and_then(|text| text.split_once(' ')) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim()),
            Some(_) | None => self.query("access_token"),
        }
    }
}

/// Serves until the cloud ends.
pub(crate) async fn serve(listener: TcpListener, services: Services) {
    let stop = services.state.stopping();
    let router = Router::new().fallback(answer).with_state(services);
    doors::serve(listener, router, Limits::default(), stop).await;
}

async fn answer(Extract(services): Extract<Services>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    if !names_us(&parts.headers, &parts.uri) {
        return (StatusCode::MISDIRECTED_REQUEST, "this host name is not the local cloud's\n")
            .into_response();
    }
    let body = match tokio::time::timeout(BODY_TIME, axum::body::to_bytes(body, LARGEST_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            return Failure::new(413, "uploadTooLarge", "Request payload is too large.").into_response();
        }
        Err(_) => return (StatusCode::REQUEST_TIMEOUT, [(header::CONNECTION, "close")]).into_response(),
    };
    let Some(mut path) = decoded(parts.uri.path()) else {
        return Failure::not_found("Not Found").into_response();
    };
    let mut service = Service::Any;
    if let Some(named) = path.first().and_then(|first| service_of(first)) {
        service = named;
        path.remove(0);
    }
    let query = parts.uri.query().map(pairs).unwrap_or_default();
    let call = Call { service, method: parts.method, path, query, headers: parts.headers, body };
    tracing::debug!(method = %call.method, service = ?call.service, parts = call.path.len(), "request");
    if let Some(response) = oauth::answer(&services, &call) {
        return response;
    }
    rest::answer(&services, &call).await
}

/// Whether the Host header is one of loopback's, or Google's own as its SDK sends it to any endpoint. A web page that
/// points a name of its own at loopback gets no further than here.
fn names_us(headers: &HeaderMap, uri: &Uri) -> bool {
    let header = headers.get(header::HOST).map(|value| value.to_str().unwrap_or("?"));
    let Some(authority) = header.or_else(|| uri.authority().map(|authority| authority.as_str())) else {
        return true;
    };
    let Ok(authority) = authority.parse::<axum::http::uri::Authority>() else { return false };
    let host = authority.host();
    matches!(host, "127.0.0.1" | "localhost" | "[::1]" | "accounts.google.com")
        || host.ends_with(".googleapis.com")
        || host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

fn service_of(host: &str) -> Option<Service> {
    match host {
        "compute.googleapis.com" => Some(Service::Compute),
        "cloudresourcemanager.googleapis.com" => Some(Service::ResourceManager),
        "oslogin.googleapis.com" => Some(Service::OsLogin),
        "iap.googleapis.com" => Some(Service::Iap),
        "iam.googleapis.com" => Some(Service::Iam),
        "accesscontextmanager.googleapis.com" => Some(Service::AccessContext),
        "cloudidentity.googleapis.com" => Some(Service::CloudIdentity),
        "logging.googleapis.com" => Some(Service::Logging),
        "policytroubleshooter.googleapis.com" => Some(Service::Troubleshooter),
        "accounts.google.com" | "oauth2.googleapis.com" => Some(Service::SignIn),
        "openidconnect.googleapis.com" => Some(Service::OpenId),
        // the common front door of the older services
        "www.googleapis.com" => Some(Service::Any),
        _ => None,
    }
}

fn decoded(path: &str) -> Option<Vec<String>> {
    path.strip_prefix('/')?
        .split('/')
        .map(|part| percent_decode_str(part).decode_utf8().ok().map(std::borrow::Cow::into_owned))
        .collect()
}

/// The pairs of a query or of a form body.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}
