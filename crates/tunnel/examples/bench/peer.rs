//! The other side of every figure: a TLS server that speaks to raw clients and, as an IAP relay, to tunnels,
//! with the same backend behind both.
//!
//! It must not be what the figures are limited by: what it sends is framed once, before anything is measured.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Result, bail};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::backend::{Backend, FRAME, Next, pattern, piece};
use crate::frames::{Incoming, Parser, Prebuilt, binary, control};

/// Read from TLS, and handed to TLS, in one go, in bytes. Raw TLS has the same.
pub(crate) const BUFFER: usize = 64 * 1024;
/// Payload that may be unacknowledged before the relay stops sending, as with the real one.
const WINDOW: u64 = 1536 * 1024;
/// Payload after which the relay acknowledges.
const ACK_EVERY: u64 = 64 * 1024;
/// The largest request head, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// The running peer.
pub(crate) struct Peer {
    /// Where raw TLS is spoken.
    pub(crate) raw: SocketAddr,
    /// Where the relay protocol is spoken.
    pub(crate) relay: SocketAddr,
    /// The certificate of both, in PEM.
    pub(crate) ca: String,
    /// Relay sessions there are now.
    pub(crate) sessions: Arc<AtomicUsize>,
}

impl Peer {
    /// Starts it on the current runtime.
    pub(crate) async fn start() -> Result<Self> {
        let key = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.signing_key.serialize_der()));
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![key.cert.der().clone()], private)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let raw = listen()?;
        let relay = listen()?;
        let sessions = Arc::new(AtomicUsize::new(0));
        let peer = Self {
            raw: raw.local_addr()?,
            relay: relay.local_addr()?,
            ca: key.cert.pem(),
            sessions: Arc::clone(&sessions),
        };
        let shared = Arc::new(Shared { acceptor, pattern: pattern(), sessions });
        let prebuilt = Arc::new(Prebuilt::new(&shared.pattern));
        tokio::spawn(accept(raw, Arc::clone(&shared), None));
        tokio::spawn(accept(relay, shared, Some(prebuilt)));
        Ok(peer)
    }
}

fn listen() -> std::io::Result<TcpListener> {
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    socket.listen(1024)
}

struct Shared {
    acceptor: TlsAcceptor,
    pattern: Arc<[u8]>,
    sessions: Arc<AtomicUsize>,
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, relay: Option<Arc<Prebuilt>>) {
    while let Ok((tcp, _)) = listener.accept().await {
        let (shared, relay) = (Arc::clone(&shared), relay.clone());
        tokio::spawn(async move {
            // A client that leaves ends its connection; that is all there is to say about it.
            drop(Box::pin(serve(tcp, &shared, relay)).await);
        });
    }
}

async fn serve(tcp: TcpStream, shared: &Shared, relay: Option<Arc<Prebuilt>>) -> Result<()> {
    tcp.set_nodelay(true)?;
    let mut tls = shared.acceptor.accept(tcp).await?;
    tls.get_mut().1.set_buffer_limit(Some(4 * BUFFER));
    let state = State {
        backend: Backend::new(Arc::clone(&shared.pattern)),
        received: 0,
        told: 0,
        sent: 0,
        acked: 0,
        replies: Vec::new(),
    };
    let connection =
        Connection { state: Mutex::new(state), changed: Notify::new(), pattern: Arc::clone(&shared.pattern) };
    match relay {
        None => {
            let (reader, writer) = tokio::io::split(tls);
            tokio::try_join!(connection.read_raw(reader), connection.write_raw(writer))?;
        }
        Some(prebuilt) => {
            upgrade(&mut tls).await?;
            shared.sessions.fetch_add(1, Ordering::SeqCst);
            let (reader, writer) = tokio::io::split(tls);
            let ended =
                tokio::try_join!(connection.read_frames(reader), connection.write_frames(writer, &prebuilt));
            shared.sessions.fetch_sub(1, Ordering::SeqCst);
            ended?;
        }
    }
    Ok(())
}

/// Answers the upgrade and gives the session its identifier.
async fn upgrade(tls: &mut TlsStream<TcpStream>) -> Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > MAX_HEAD || tls.read_buf(&mut head).await? == 0 {
            bail!("no request");
        }
    }
    let head = String::from_utf8(head)?;
    let value = |name: &str| {
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    };
    let accept = derive_accept_key(value("Sec-WebSocket-Key").unwrap_or_default().as_bytes());
    let mut subprotocol = String::new();
    if let Some(asked) = value("Sec-WebSocket-Protocol") {
        subprotocol = format!("Sec-WebSocket-Protocol: {asked}\r\n");
    }
    let mut answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         {subprotocol}Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
    .into_bytes();
    let sid = adit_relay::Frame::ConnectSuccessSid("a-session-of-the-bench".into());
    binary(&mut answer, &sid.encode());
    tls.write_all(&answer).await?;
    tls.flush().await?;
    Ok(())
}

struct State {
    backend: Backend,
    /// Payload that came, and so much of it as the client was told of.
    received: u64,
    told: u64,
    /// Payload that went, and so much of it as the client has acknowledged.
    sent: u64,
    acked: u64,
    /// Control frames that are to go out.
    replies: Vec<u8>,
}

struct Connection {
    state: Mutex<State>,
    changed: Notify,
    pattern: Arc<[u8]>,
}

impl Connection {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read_raw(&self, mut reader: ReadHalf<TlsStream<TcpStream>>) -> Result<()> {
        let mut buffer = vec![0; BUFFER];
        loop {
            let length = reader.read(&mut buffer).await?;
            if length == 0 {
                bail!("the client has left");
            }
            self.state().backend.take(buffer.get(..length).unwrap_or_default())?;
            self.changed.notify_one();
        }
    }

    async fn write_raw(&self, mut writer: WriteHalf<TlsStream<TcpStream>>) -> Result<()> {
        loop {
            let next = self.state().backend.next(BUFFER);
            match next {
                Some(Next::Pattern { position, length }) => {
                    writer.write_all(piece(&self.pattern, position, length)).await?;
                }
                Some(Next::Bytes(bytes)) => writer.write_all(&bytes).await?,
                None => {
                    writer.flush().await?;
                    self.changed.notified().await;
                }
            }
        }
    }

    async fn read_frames(&self, mut reader: ReadHalf<TlsStream<TcpStream>>) -> Result<()> {
        let mut buffer = vec![0; BUFFER];
        let mut parser = Parser::default();
        loop {
            let length = reader.read(&mut buffer).await?;
            if length == 0 {
                bail!("the client has left");
            }
            let state = &mut *self.state();
            parser.take(buffer.get_mut(..length).unwrap_or_default(), &mut |incoming| {
                match incoming {
                    Incoming::Data(payload) => {
                        state.backend.take(payload)?;
                        state.received += payload.len() as u64;
                    }
                    Incoming::Ack(position) if (state.acked..=state.sent).contains(&position) => {
                        state.acked = position;
                    }
                    Incoming::Ack(position) => bail!("an acknowledgement of {position}"),
                    Incoming::Ping(payload) => control(&mut state.replies, 0xA, payload),
                    Incoming::Close => bail!("the client has closed"),
                }
                Ok(())
            })?;
            self.changed.notify_one();
        }
    }

    async fn write_frames(
        &self,
        mut writer: WriteHalf<TlsStream<TcpStream>>,
        prebuilt: &Prebuilt,
    ) -> Result<()> {
        let mut small = Vec::new();
        loop {
            small.clear();
            let mut run: &[u8] = &[];
            {
                let state = &mut *self.state();
                small.append(&mut state.replies);
                if state.received - state.told >= ACK_EVERY {
                    state.told = state.received;
                    binary(&mut small, &adit_relay::Frame::Ack(state.received).encode());
                }
                let room = usize::try_from(WINDOW.saturating_sub(state.sent - state.acked)).unwrap_or(0);
                // Whole frames, so that they stay those that were framed before.
                match state.backend.next(room.min(BUFFER) / FRAME * FRAME) {
                    Some(Next::Pattern { position, length }) => {
                        state.sent += length as u64;
                        run = prebuilt.run(position, length, &self.pattern, &mut small);
                    }
                    Some(Next::Bytes(bytes)) => {
                        state.sent += bytes.len() as u64;
                        for part in bytes.chunks(FRAME) {
                            binary(&mut small, &adit_relay::Frame::Data(part.to_vec().into()).encode());
                        }
                    }
                    // Nothing else to do: a small remainder is acknowledged as well.
                    None if state.received > state.told => {
                        state.told = state.received;
                        binary(&mut small, &adit_relay::Frame::Ack(state.received).encode());
                    }
                    None => {}
                }
            }
            if small.is_empty() && run.is_empty() {
                writer.flush().await?;
                self.changed.notified().await;
                continue;
            }
            writer.write_all(&small).await?;
            writer.write_all(run).await?;
        }
    }
}
