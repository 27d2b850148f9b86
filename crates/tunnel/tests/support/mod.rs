//! A small honest relay with an echo behind it, for what needs a relay to misbehave at an exact point.
//!
//! It keeps all bytes of a session, so it can resume from anywhere; its counters are written anew here and
//! not taken from the client.

#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses its own part of this")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's relay fails its test")]

pub(crate) mod certificates;
pub(crate) mod proxy;
pub(crate) mod tunnels;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adit_relay::Frame;
use adit_tunnel::{Dialer, Freshness, RelayEndpoint, Roots, Target, TokenError, TokenSource};
use bytes::Bytes;
use certificates::Certificates;
use futures_util::{SinkExt as _, StreamExt as _};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role};

/// What the relay does with one upgrade request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// An echo session, new or resumed.
    Echo(Cut),
    /// 101, then this Close before there is a session.
    Close(u16, &'static str),
    /// This status line, headers and body instead of 101.
    Http(&'static str),
    /// 101 and a session, then this message.
    Message(Message),
    /// 101 without an echoed subprotocol, then an echo session.
    NoSubprotocol,
    /// 101, then nothing.
    Silence,
    /// 101 and a session that sends [`FLOOD`] without end, whoever reads it.
    Flood,
    /// 101 and a session that sends these messages without end.
    Repeat(Vec<Message>),
}

/// When an echo session's connection is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cut {
    Never,
    /// After this many payload bytes came up or went down on one connection, without close_notify.
    Abrupt {
        up: usize,
        down: usize,
    },
    /// The same with close_notify, without a Close frame.
    Tls {
        up: usize,
        down: usize,
    },
    /// The backend closes after this many bytes down: Close 4010.
    BackendEnds {
        down: usize,
    },
    /// The relay takes bytes but acknowledges none and echoes none.
    Mute,
    /// After this many bytes came up the relay neither reads nor writes any more: the link looks dead.
    Frozen {
        up: usize,
    },
}

#[derive(Default)]
struct Session {
    received: Vec<u8>,
    down_acked: u64,
}

#[derive(Clone)]
pub(crate) struct Relay {
    pub(crate) url: String,
    /// Where it really is.
    pub(crate) port: u16,
    pub(crate) certificates: Arc<Certificates>,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
pub(crate) struct Seen {
    /// The heads of all upgrade requests.
    pub(crate) heads: Vec<String>,
    /// The codes of the Closes that clients sent.
    pub(crate) closes: Vec<u16>,
    /// The longest DATA payload.
    pub(crate) longest: usize,
    /// The client left a relay that was silent.
    pub(crate) abandoned: bool,
    /// A flood stopped because nobody takes it any more.
    pub(crate) stalled: bool,
}

/// Who takes nothing for so long is taken to take nothing any more: longer than a busy machine lets anybody wait.
const STALLED: Duration = Duration::from_secs(2);

type Script = Arc<dyn Fn(usize, &str) -> Reply + Send + Sync>;

impl Relay {
    /// Starts a relay that asks `script` what to do with the n-th request, from 0.
    pub(crate) async fn start(script: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_with(Certificates::of("localhost"), script).await
    }

    /// The same with these certificates.
    pub(crate) async fn start_with(
        certificates: Certificates,
        script: impl Fn(usize, &str) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(certificates.server()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("wss://{}:{port}/v4", certificates.name);
        let seen = Arc::new(Mutex::new(Seen::default()));
        let sessions = Arc::new(Mutex::new(HashMap::<String, Session>::new()));
        let (script, shared): (Script, _) = (Arc::new(script), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, script) = (acceptor.clone(), Arc::clone(&script));
                let (seen, sessions) = (Arc::clone(&shared), Arc::clone(&sessions));
                tokio::spawn(async move {
                    match acceptor.accept(tcp).into_fallible().await {
                        Ok(tls) => serve(tls, script, seen, sessions).await,
                        // Closed with bytes unread, it would be reset, and the alert lost.
                        Err((_, mut tcp)) => {
                            let _ = tokio::io::copy(&mut tcp, &mut tokio::io::sink()).await;
                        }
                    }
                });
            }
        });
        Self { url, port, certificates: Arc::new(certificates), seen }
    }

    pub(crate) fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    pub(crate) fn dialer(&self) -> Dialer {
        self.dialer_with(Arc::new(Tokens::default()))
    }

    pub(crate) fn dialer_with(&self, tokens: Arc<dyn TokenSource>) -> Dialer {
        Dialer::new(self.endpoint(&self.url), tokens).unwrap()
    }

    /// A dialer that trusts this relay, but goes to another.
    pub(crate) fn dialer_for(&self, url: &str) -> Dialer {
        Dialer::new(self.endpoint(url), Arc::new(Tokens::default())).unwrap()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> (&'static str, u16) {
        ("127.0.0.1", self.port)
    }

    /// TLS that trusts this relay and nobody else.
    pub(crate) fn tls(&self) -> Arc<rustls::ClientConfig> {
        use rustls::pki_types::pem::PemObject as _;
        let mut roots = rustls::RootCertStore::empty();
        let authority = self.certificates.authority_pem();
        roots.add(rustls::pki_types::CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }

    /// This relay's authority with that address.
    pub(crate) fn endpoint(&self, url: &str) -> RelayEndpoint {
        RelayEndpoint::new(url.parse().unwrap(), Roots::Pem(self.certificates.authority_pem().into_bytes()))
    }
}

async fn serve(
    mut tls: TlsStream<TcpStream>,
    script: Script,
    seen: Arc<Mutex<Seen>>,
    sessions: Arc<Mutex<HashMap<String, Session>>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = tls.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.heads.push(head.clone());
        seen.heads.len() - 1
    };
    let reply = script(number, &head);
    if let Reply::Http(answer) = reply {
        let _ = tls.write_all(answer.as_bytes()).await;
        let _ = tls.shutdown().await;
        return;
    }
    let key = header(&head, "Sec-WebSocket-Key").unwrap();
    let accept = derive_accept_key(key.as_bytes());
    let subprotocol = match reply {
        Reply::NoSubprotocol => String::new(),
        _ => format!("Sec-WebSocket-Protocol: {}\r\n", header(&head, "Sec-WebSocket-Protocol").unwrap()),
    };
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         {subprotocol}Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    if tls.write_all(answer.as_bytes()).await.is_err() {
        return;
    }
    let mut socket = WebSocketStream::from_raw_socket(tls, Role::Server, None).await;
    match reply {
        Reply::Http(_) => unreachable!(),
        Reply::Close(code, reason) => {
            let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
            let _ = socket.send(Message::Close(Some(frame))).await;
            while let Some(Ok(_)) = socket.next().await {}
        }
        Reply::Flood => {
            let frame = Frame::Data(Bytes::from_static(&FLOOD)).encode();
            repeat(socket, number, &[Message::Binary(frame)], &seen).await;
        }
        Reply::Repeat(messages) => repeat(socket, number, &messages, &seen).await,
        Reply::Silence => {
            while let Some(Ok(_)) = socket.next().await {}
            seen.lock().unwrap().abandoned = true;
        }
        Reply::Message(message) => {
            let _ = socket.send(sid(number)).await;
            let _ = socket.send(message).await;
            while let Some(Ok(_)) = socket.next().await {}
        }
        Reply::Echo(cut) => echo(socket, number, &head, cut, &seen, &sessions).await,
        Reply::NoSubprotocol => echo(socket, number, &head, Cut::Never, &seen, &sessions).await,
    }
}

/// One DATA payload of a flood.
pub(crate) const FLOOD: [u8; 16_384] = [0x5a; 16_384];

async fn repeat(
    mut socket: WebSocketStream<TlsStream<TcpStream>>,
    number: usize,
    messages: &[Message],
    seen: &Mutex<Seen>,
) {
    if socket.send(sid(number)).await.is_err() {
        return;
    }
    for next in messages.iter().cycle() {
        // Several go out at once: small ones would take long otherwise.
        let sending = socket.feed(next.clone());
        tokio::pin!(sending);
        let sent = match tokio::time::timeout(STALLED, &mut sending).await {
            Ok(sent) => sent,
            Err(_) => {
                seen.lock().unwrap().stalled = true;
                let sent = sending.await;
                // It was only slow.
                seen.lock().unwrap().stalled = false;
                sent
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

fn sid(number: usize) -> Message {
    Message::Binary(Frame::ConnectSuccessSid(Bytes::from(format!("SID-{number}"))).encode())
}

fn parameter<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let target = head.split(' ').nth(1)?;
    target.split_once('?')?.1.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")))
}

async fn echo(
    mut socket: WebSocketStream<TlsStream<TcpStream>>,
    number: usize,
    head: &str,
    cut: Cut,
    seen: &Mutex<Seen>,
    sessions: &Mutex<HashMap<String, Session>>,
) {
    let (id, mut down) = match parameter(head, "sid") {
        None => {
            let id = format!("SID-{number}");
            sessions.lock().unwrap().insert(id.clone(), Session::default());
            if socket.send(sid(number)).await.is_err() {
                return;
            }
            (id, 0)
        }
        Some(id) => {
            let ack: usize = parameter(head, "ack").unwrap().parse().unwrap();
            let received = sessions.lock().unwrap()[id].received.len();
            assert!(ack <= received, "the client acknowledges bytes that were never sent");
            let frame = Frame::ReconnectSuccessAck(received as u64).encode();
            if socket.send(Message::Binary(frame)).await.is_err() {
                return;
            }
            (id.to_owned(), ack)
        }
    };
    let (mut up_here, mut down_here, mut acked) = (0, 0, 0_usize);
    loop {
        let over = match cut {
            Cut::Never | Cut::Mute => false,
            Cut::Frozen { up } => up_here >= up,
            Cut::Abrupt { up, down } | Cut::Tls { up, down } => up_here >= up || down_here >= down,
            Cut::BackendEnds { down: limit } => down >= limit,
        };
        if over {
            match cut {
                Cut::Tls { .. } => {
                    let _ = socket.get_mut().shutdown().await;
                }
                Cut::BackendEnds { .. } => {
                    let frame = CloseFrame { code: 4010.into(), reason: "destination read failed".into() };
                    let _ = socket.send(Message::Close(Some(frame))).await;
                    while let Some(Ok(_)) = socket.next().await {}
                }
                Cut::Frozen { .. } => std::future::pending().await,
                Cut::Never | Cut::Abrupt { .. } | Cut::Mute => {}
            }
            return;
        }
        // Whatever can be echoed, in odd pieces, up to where the connection is to be cut.
        let piece = match cut {
            Cut::Mute => Vec::new(),
            Cut::Never | Cut::Frozen { .. } => next_piece(sessions, &id, down, 16_384),
            Cut::Abrupt { down: limit, .. } | Cut::Tls { down: limit, .. } => {
                next_piece(sessions, &id, down, (limit - down_here).min(5_000))
            }
            Cut::BackendEnds { down: limit } => next_piece(sessions, &id, down, limit - down),
        };
        if !piece.is_empty() {
            down += piece.len();
            down_here += piece.len();
            if socket.send(Message::Binary(Frame::Data(piece.into()).encode())).await.is_err() {
                return;
            }
            continue;
        }
        // What is left is acknowledged once nothing more comes.
        let next = match tokio::time::timeout(Duration::from_millis(20), socket.next()).await {
            Ok(next) => next,
            Err(_) => {
                let received = sessions.lock().unwrap()[&id].received.len();
                if received > acked && !matches!(cut, Cut::Mute) {
                    acked = received;
                    if socket.send(Message::Binary(Frame::Ack(acked as u64).encode())).await.is_err() {
                        return;
                    }
                }
                continue;
            }
        };
        match next {
            Some(Ok(Message::Binary(message))) => match Frame::decode(message).unwrap() {
                Frame::Data(bytes) => {
                    up_here += bytes.len();
                    let received = {
                        let mut sessions = sessions.lock().unwrap();
                        let session = sessions.get_mut(&id).unwrap();
                        session.received.extend_from_slice(&bytes);
                        session.received.len()
                    };
                    {
                        let mut seen = seen.lock().unwrap();
                        seen.longest = seen.longest.max(bytes.len());
                    }
                    // Not at frame edges, so that the client has chunks to split.
                    if received > acked + 20_000 && !matches!(cut, Cut::Mute) {
                        acked = received - 777;
                        let ack = Frame::Ack(acked as u64).encode();
                        if socket.send(Message::Binary(ack)).await.is_err() {
                            return;
                        }
                    }
                    assert!(!bytes.is_empty(), "an empty frame was sent");
                }
                Frame::Ack(position) => {
                    let mut sessions = sessions.lock().unwrap();
                    let session = sessions.get_mut(&id).unwrap();
                    assert!(position >= session.down_acked && position <= down as u64, "ack out of range");
                    session.down_acked = position;
                }
                other => panic!("unexpected frame {other:?}"),
            },
            Some(Ok(Message::Close(frame))) => {
                seen.lock().unwrap().closes.push(frame.map_or(1005, |frame| frame.code.into()));
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return,
        }
    }
}

fn next_piece(sessions: &Mutex<HashMap<String, Session>>, id: &str, from: usize, limit: usize) -> Vec<u8> {
    let sessions = sessions.lock().unwrap();
    let history = &sessions[id].received;
    history[from..].iter().copied().take(limit.min(16_384)).collect()
}

/// Tokens that say which one they are.
#[derive(Default)]
pub(crate) struct Tokens {
    pub(crate) asked: Mutex<Vec<Freshness>>,
    pub(crate) refuse: Mutex<Option<TokenError>>,
}

#[async_trait::async_trait]
impl TokenSource for Tokens {
    async fn access_token(&self, need: Freshness) -> Result<SecretString, TokenError> {
        let mut asked = self.asked.lock().unwrap();
        asked.push(need);
        if let Some(error) = self.refuse.lock().unwrap().clone() {
            return Err(error);
        }
        let renewed = asked.iter().filter(|need| **need == Freshness::Renewed).count();
        Ok(SecretString::from(format!("token-{renewed}")))
    }
}

pub(crate) fn target(port: u16) -> Target {
    Target::Instance {
        project: "demo".to_owned(),
        zone: "europe-west3-a".to_owned(),
        instance: "web-1".to_owned(),
        interface: "nic0".to_owned(),
        port,
    }
}

/// Bytes in which no two pieces are alike, so that a loss, a repetition or a swap shows.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
