//! One WebSocket to the relay: TCP, TLS and the HTTP upgrade (specification section 2).
//!
//! The upgrade is spoken by hyper and not by the WebSocket library, whose own handshake writes the whole
//! request, bearer token included, into the log, cuts the body of a refusal, and insists that a subprotocol
//! is echoed, which this relay is not known to do.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};
use url::Host;

use crate::endpoint::Endpoint;
use crate::read_ahead::ReadAhead;
use crate::websocket::GATHERED;

/// A WebSocket on which the relay's messages travel.
pub(crate) type WebSocket = crate::websocket::WebSocket<Stream>;
/// What carries it.
type Stream = TlsStream<ReadAhead<TcpStream>>;

/// How much of a refusal's body is kept, in bytes.
const MAX_BODY: usize = 4096;
/// How long a refusal's body may keep us waiting for its next piece.
const BODY_WAIT: Duration = Duration::from_secs(1);
/// The largest answer head, in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// Encrypted bytes that TLS may keep while the connection takes none: a gathered batch and a little.
const TLS_BUFFER: usize = 2 * GATHERED;
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// Second line behind the WebSocket's own pings (section 6.4).
#[cfg(any(target_os = "linux", target_os = "android"))]
const USER_TIMEOUT: Duration = Duration::from_secs(90);

/// Why there is no WebSocket.
#[derive(Debug)]
pub(crate) enum UpgradeError {
    /// The relay, or something on the way, answered with another status than 101.
    Status {
        status: u16,
        /// From `Retry-After` in seconds.
        retry_after: Option<Duration>,
        /// The beginning of the answer's body, at most [`MAX_BODY`] bytes.
        body: String,
    },
    /// 101, but not a WebSocket as asked for.
    NotWebSocket(&'static str),
    /// The relay's name, its address or the connection failed.
    Unreachable(String),
    /// TLS failed; most often the certificate is not trusted.
    Tls(String),
}

impl From<io::Error> for UpgradeError {
    fn from(error: io::Error) -> Self {
        Self::Unreachable(error.to_string())
    }
}

impl From<hyper::Error> for UpgradeError {
    fn from(error: hyper::Error) -> Self {
        let mut text = error.to_string();
        if let Some(source) = std::error::Error::source(&error) {
            text = format!("{text}: {source}");
        }
        Self::Unreachable(text)
    }
}

/// Opens a WebSocket. `path` is `connect` or `reconnect` with its query. Unbounded in time: the caller sets
/// the limit, and dropping the future ends the attempt at once.
pub(crate) async fn open(
    endpoint: &Endpoint,
    path: &str,
    token: &SecretString,
) -> Result<WebSocket, UpgradeError> {
    let key = generate_key();
    let request = request(endpoint, path, token, &key)?;
    let tcp = connect(endpoint).await?;
    let tls = TlsConnector::from(endpoint.tls.clone())
        .connect(endpoint.server_name.clone(), ReadAhead::new(tcp))
        .await
        .map_err(|error| UpgradeError::Tls(error.to_string()))?;

    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .title_case_headers(true)
        .max_buf_size(MAX_HEAD)
        .handshake(TokioIo::new(tls))
        .await?;
    let exchange = async move {
        let response = sender.send_request(request).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(refusal(response).await);
        }
        verify(response.headers(), &key)?;
        Ok(hyper::upgrade::on(response).await?)
    };
    let mut connection = pin!(connection.with_upgrades());
    let mut exchange = pin!(exchange);
    let upgraded = tokio::select! {
        biased;
        result = &mut exchange => result?,
        // Its error, if any, reaches the exchange as well.
        _ = &mut connection => exchange.await?,
    };
    let parts = upgraded
        .downcast::<TokioIo<Stream>>()
        .map_err(|_| UpgradeError::NotWebSocket("the upgraded connection is of another kind"))?;
    let mut tls = parts.io.into_inner();
    tls.get_mut().1.set_buffer_limit(Some(TLS_BUFFER));
    Ok(WebSocket::new(tls, parts.read_buf, adit_relay::frame::MAX_MESSAGE))
}

/// Gives back the memory that only bulk needs.
pub(crate) fn rest(socket: &mut WebSocket) {
    socket.rest();
    socket.stream_mut().get_mut().0.rest();
}

async fn connect(endpoint: &Endpoint) -> Result<TcpStream, UpgradeError> {
    let tcp = match &endpoint.host {
        Host::Domain(name) => TcpStream::connect((name.as_str(), endpoint.port)).await,
        Host::Ipv4(address) => TcpStream::connect(SocketAddr::from((*address, endpoint.port))).await,
        Host::Ipv6(address) => TcpStream::connect(SocketAddr::from((*address, endpoint.port))).await,
    }?;
    tcp.set_nodelay(true)?;
    let socket = socket2::SockRef::from(&tcp);
    let keepalive = socket2::TcpKeepalive::new().with_time(KEEPALIVE_IDLE);
    #[cfg(any(target_os = "linux", target_os = "macos", windows))]
    let keepalive = keepalive.with_interval(KEEPALIVE_INTERVAL);
    // A system that refuses these is still usable: pings notice a dead link too.
    if let Err(error) = socket.set_tcp_keepalive(&keepalive) {
        tracing::debug!(%error, "no tcp keepalive");
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = socket.set_tcp_user_timeout(Some(USER_TIMEOUT)) {
        tracing::debug!(%error, "no tcp user timeout");
    }
    Ok(tcp)
}

/// The request of section 2.3, with these headers and no others.
fn request(
    endpoint: &Endpoint,
    path: &str,
    token: &SecretString,
    key: &str,
) -> Result<Request<Empty<Bytes>>, UpgradeError> {
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
        .map_err(|_| UpgradeError::NotWebSocket("the access token holds bytes that no header may hold"))?;
    bearer.set_sensitive(true);
    Request::get(format!("{}/{path}", endpoint.root))
        .header(header::HOST, &endpoint.authority)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, key)
        .header(header::SEC_WEBSOCKET_PROTOCOL, adit_relay::SUBPROTOCOL)
        .header(header::ORIGIN, adit_relay::ORIGIN)
        .header(header::USER_AGENT, concat!("adit/", env!("CARGO_PKG_VERSION")))
        .header(header::AUTHORIZATION, bearer)
        .body(Empty::new())
        .map_err(|_| UpgradeError::NotWebSocket("the request cannot be formed"))
}

/// RFC 6455, section 4.1. A relay that echoes no subprotocol is taken (specification section 2: it is not
/// known to insist), one that echoes another is not, nor one that turns on an extension.
fn verify(headers: &HeaderMap, key: &str) -> Result<(), UpgradeError> {
    let has_token = |name: HeaderName, wanted: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|token| token.trim().eq_ignore_ascii_case(wanted))
    };
    if !has_token(header::UPGRADE, "websocket") || !has_token(header::CONNECTION, "upgrade") {
        return Err(UpgradeError::NotWebSocket("the answer upgrades to something else"));
    }
    if headers.get(header::SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes)
        != Some(derive_accept_key(key.as_bytes()).as_bytes())
    {
        return Err(UpgradeError::NotWebSocket("the answer belongs to another request"));
    }
    if headers.contains_key(header::SEC_WEBSOCKET_EXTENSIONS) {
        return Err(UpgradeError::NotWebSocket("the answer turns on an extension that was not offered"));
    }
    if headers.get(header::SEC_WEBSOCKET_PROTOCOL).is_some_and(|value| value != adit_relay::SUBPROTOCOL) {
        return Err(UpgradeError::NotWebSocket("the answer chooses a subprotocol that was not offered"));
    }
    Ok(())
}

async fn refusal(response: Response<Incoming>) -> UpgradeError {
    let status = response.status().as_u16();
    // The other form, a date, would need the server's clock; the relay is only known to send seconds.
    let retry_after = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().parse().ok())
        .map(Duration::from_secs);
    let mut body = response.into_body();
    let mut text = Vec::new();
    while text.len() < MAX_BODY {
        // An answer that breaks off or dawdles is still an answer.
        let Ok(Some(Ok(frame))) = tokio::time::timeout(BODY_WAIT, body.frame()).await else { break };
        if let Ok(data) = frame.into_data() {
            let room = MAX_BODY - text.len();
            text.extend_from_slice(data.get(..room).unwrap_or(&data));
        }
    }
    UpgradeError::Status { status, retry_after, body: String::from_utf8_lossy(&text).trim().to_owned() }
}
