//! The HTTP side: one port, one request at a time taken apart and handed to the service that its path names.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::peer::peer_is_same_user;
use crate::rest::Failure;
use crate::state::State;
use crate::{oauth, rest};

/// Connections served at once.
const MOST_CONNECTIONS: usize = 256;
/// Largest request body, in bytes: metadata of 512 KiB, escaped.
const LARGEST_BODY: usize = 4 << 20;

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
    let doors = Doors { listener, room: Arc::new(Semaphore::new(MOST_CONNECTIONS)) };
    let served = axum::serve(doors, router).with_graceful_shutdown(stop.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::warn!(%error, "the HTTP services ended");
    }
}

async fn answer(Extract(services): Extract<Services>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    if !names_us(&parts.headers, &parts.uri) {
        return (StatusCode::MISDIRECTED_REQUEST, "this host name is not the local cloud's\n")
            .into_response();
    }
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        return Failure::new(413, "uploadTooLarge", "Request payload is too large.").into_response();
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

/// A listener that lets in this system user alone, and so many at a time.
struct Doors {
    listener: TcpListener,
    room: Arc<Semaphore>,
}

impl axum::serve::Listener for Doors {
    type Io = Visitor;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let accepted = self.listener.accept().await;
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "accept failed");
                    // out of descriptors, most likely: give some time to come back
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            match stream.local_addr().and_then(|local| peer_is_same_user(peer, local)) {
                Ok(true) => {}
                Ok(false) => {
                    tracing::warn!("refused a connection of another system user");
                    continue;
                }
                Err(error) => {
                    tracing::warn!(%error, "refused a connection whose owner the system did not tell");
                    continue;
                }
            }
            if let Ok(permit) = Arc::clone(&self.room).acquire_owned().await {
                return (Visitor { stream, _permit: permit }, peer);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A connection that holds its place.
struct Visitor {
    stream: TcpStream,
    _permit: OwnedSemaphorePermit,
}

impl AsyncRead for Visitor {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Visitor {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
