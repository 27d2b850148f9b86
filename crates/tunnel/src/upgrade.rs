//! One WebSocket to the relay: TCP, TLS and the HTTP upgrade (specification section 2).
//!
//! The upgrade is spoken by hyper and not by the WebSocket library, whose own handshake writes the whole
//! request, bearer token included, into the log, cuts the body of a refusal, and insists that a subprotocol
//! is echoed, which this relay is not known to do.

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Request, StatusCode};
use http_body_util::Empty;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};

use crate::endpoint::Endpoint;
use crate::exchange::{Answer, ExchangeError, Refused, describe, exchange};
use crate::read_ahead::ReadAhead;
use crate::route::{ProxyFailure, RouteError};
use crate::tls;
use crate::websocket::GATHERED;

/// A WebSocket on which the relay's messages travel.
pub(crate) type WebSocket = crate::websocket::WebSocket<Stream>;
/// What carries it.
type Stream = TlsStream<ReadAhead<TcpStream>>;

/// Encrypted bytes that TLS may keep while the connection takes none: a gathered batch and a little.
const TLS_BUFFER: usize = 2 * GATHERED;

/// Why there is no WebSocket.
#[derive(Debug)]
pub(crate) enum UpgradeError {
    /// The relay, or something on the way, answered with another status than 101.
    Status(Refused),
    /// 101, but not a WebSocket as asked for.
    NotWebSocket(&'static str),
    /// The relay's name, its address or the connection failed.
    Unreachable(String),
    /// The proxy did not lead to the relay.
    Proxy(ProxyFailure),
    /// TLS failed.
    Tls(String),
    /// The relay's certificate is not valid yet or not any more, by this machine's clock.
    OutOfItsTime(String),
    /// The relay's certificate is from an authority that is not trusted: most often, something inspects TLS.
    Untrusted { issuer: String, reason: String },
}

impl From<RouteError> for UpgradeError {
    fn from(error: RouteError) -> Self {
        match error {
            RouteError::Unreachable(error) => Self::Unreachable(error.to_string()),
            RouteError::Proxy(failure) => Self::Proxy(failure),
        }
    }
}

impl From<ExchangeError> for UpgradeError {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Http(error) if tls::is_of_tls(&error) => Self::Tls(describe(&error)),
            ExchangeError::Http(error) => Self::Unreachable(describe(&error)),
            ExchangeError::Foreign => Self::NotWebSocket("the upgraded connection is of another kind"),
        }
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
    let tcp = endpoint.route.connect().await?;
    let tls = TlsConnector::from(endpoint.tls.clone())
        .connect(endpoint.server_name.clone(), ReadAhead::new(tcp))
        .await
        .map_err(|error| untrusted(endpoint, &error))?;
    let answer = exchange(tls, request, |status| status == StatusCode::SWITCHING_PROTOCOLS).await?;
    let (headers, mut stream, read) = match answer {
        Answer::Switched { headers, stream, read } => (headers, stream, read),
        Answer::Refused(refused) => return Err(UpgradeError::Status(refused)),
    };
    verify(&headers, &key)?;
    stream.get_mut().1.set_buffer_limit(Some(TLS_BUFFER));
    Ok(WebSocket::new(stream, read, adit_relay::frame::MAX_MESSAGE))
}

/// Gives back the memory that only bulk needs.
pub(crate) fn rest(socket: &mut WebSocket) {
    socket.rest();
    socket.stream_mut().get_mut().0.rest();
}

fn untrusted(endpoint: &Endpoint, error: &std::io::Error) -> UpgradeError {
    match tls::untrusted_issuer(error) {
        Some(issuer) => UpgradeError::Untrusted {
            reason: format!(
                "the certificate shown for {} was issued by {issuer}, which is not trusted",
                endpoint.server_name.to_str()
            ),
            issuer,
        },
        None if tls::is_out_of_its_time(error) => UpgradeError::OutOfItsTime(error.to_string()),
        None => UpgradeError::Tls(error.to_string()),
    }
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
        .header(header::USER_AGENT, crate::USER_AGENT)
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
