//! From a TCP connection to a WebSocket, or to an HTTP refusal (section 7 point 1, section 8.2).

use std::sync::Arc;
use std::time::Duration;

use adit_relay::frame::MAX_MESSAGE;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error as SocketError;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::close::Socket;
use super::sessions::Sessions;
use super::target::{Ask, BadRequest};
use crate::state::{Caller, State};

/// How long TLS and the upgrade may take together.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The subprotocol of section 2, echoed where it is offered.
const SUBPROTOCOL: &str = "relay.tunnel.cloudproxy.app";

/// The Origin that every client of the relay sends (section 2.3).
const ORIGIN: &str = "bot:iap-tunneler";

/// A client that has been let in.
pub(super) struct Admitted {
    pub(super) socket: Socket,
    pub(super) ask: Ask,
    pub(super) caller: Caller,
}

/// Why an upgrade is refused.
enum Refusal {
    Status(StatusCode),
    BadRequest(BadRequest),
    Origin,
    Token,
    Full,
}

/// Performs both handshakes. `None` where there is nobody to talk to, or where the refusal has been said.
pub(super) async fn admit(
    stream: TcpStream,
    tls: Arc<tokio_rustls::rustls::ServerConfig>,
    state: &State,
    sessions: &Sessions,
) -> Option<Admitted> {
    tokio::time::timeout(HANDSHAKE, handshake(stream, tls, state, sessions)).await.ok().flatten()
}

async fn handshake(
    stream: TcpStream,
    tls: Arc<tokio_rustls::rustls::ServerConfig>,
    state: &State,
    sessions: &Sessions,
) -> Option<Admitted> {
    // without it small messages would wait for the ACKs of earlier ones
    stream.set_nodelay(true).ok()?;
    let mut stream = TlsAcceptor::from(tls).accept(stream).await.ok()?;
    let mut admitted = None;
    #[expect(clippy::result_large_err, reason = "the type of the refusal is the library's")]
    let check = |request: &Request, mut response: Response| match examine(request, state, sessions) {
        Ok(let_in) => {
            admitted = Some(let_in);
            if offers_subprotocol(request.headers()) {
                let name = HeaderValue::from_static(SUBPROTOCOL);
                response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, name);
            }
            Ok(response)
        }
        Err(refusal) => Err(refusal.response()),
    };
    let handshake = tokio_tungstenite::accept_hdr_async(&mut stream, check).await.map(drop);
    match handshake {
        Ok(()) => {}
        // the refusal is on its way already
        Err(SocketError::Http(_)) => {
            end(stream).await;
            return None;
        }
        Err(SocketError::Io(_) | SocketError::ConnectionClosed | SocketError::AlreadyClosed) => return None,
        Err(_) => {
            // not a WebSocket request at all: somebody's browser or curl
            let body = "expected a WebSocket upgrade\n";
            let text = format!(
                "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            if stream.write_all(text.as_bytes()).await.is_ok() {
                end(stream).await;
            }
            return None;
        }
    }
    let (ask, caller) = admitted?;
    let config =
        WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
    // the client says nothing before it has read the answer, so that no byte of it can be lost here
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    Some(Admitted { socket, ask, caller })
}

async fn end(mut stream: TlsStream<TcpStream>) {
    // the answer stands even if the client has hung up over it
    let _ = stream.shutdown().await;
}

fn examine(request: &Request, state: &State, sessions: &Sessions) -> Result<(Ask, Caller), Refusal> {
    let faults = state.faults();
    if let Some(status) = faults.http_status {
        return Err(Refusal::Status(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY)));
    }
    let uri = request.uri();
    let ask = Ask::parse(uri.path(), uri.query().unwrap_or_default()).map_err(Refusal::BadRequest)?;
    if request.headers().get(header::ORIGIN).is_none_or(|origin| origin != ORIGIN) {
        return Err(Refusal::Origin);
    }
    let caller = bearer(request.headers()).and_then(|token| state.caller(token)).ok_or(Refusal::Token)?;
    if matches!(ask, Ask::Connect(_)) && sessions.is_full() {
        return Err(Refusal::Full);
    }
    Ok((ask, caller))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn offers_subprotocol(headers: &HeaderMap) -> bool {
    let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL);
    offered
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|name| name.trim() == SUBPROTOCOL)
}

impl Refusal {
    fn response(self) -> ErrorResponse {
        let (status, text) = match self {
            Self::Status(status) => (status, "refused by a fault".to_owned()),
            Self::BadRequest(BadRequest::Path) => (StatusCode::NOT_FOUND, "no such path".to_owned()),
            Self::BadRequest(BadRequest::Parameter(name)) => {
                (StatusCode::BAD_REQUEST, format!("parameter {name} is missing or malformed"))
            }
            Self::Origin => (StatusCode::FORBIDDEN, "unexpected origin".to_owned()),
            Self::Token => (StatusCode::UNAUTHORIZED, "missing, expired or unknown access token".to_owned()),
            Self::Full => (StatusCode::TOO_MANY_REQUESTS, "too many sessions".to_owned()),
        };
        let body = format!("{text}\n");
        let mut response = ErrorResponse::new(None);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if status.is_redirection() {
            // what a captive portal does (section 8.2); nothing answers there
            headers.insert(header::LOCATION, HeaderValue::from_static("https://portal.invalid/"));
        }
        *response.body_mut() = Some(body);
        response
    }
}
