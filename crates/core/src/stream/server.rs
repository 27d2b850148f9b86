//! The loopback WebSocket that carries terminals' bytes and desktops' pictures.
//!
//! Any web page in the person's browser can reach a loopback port, and so can any program of other users. So
//! the process must not be another user's, the page's origin has to be ours, the first message has to be the
//! one-time token that a command gave out, and everything is bounded in number, size and time.

use std::{
    collections::HashMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use adit_contract::StreamTicket;
use adit_tunnel::{
    audience::Audience,
    peer::{Link, PeerLookup},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use sha2::{Digest as _, Sha256};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::StatusCode,
        protocol::{
            WebSocketConfig,
            frame::{
                Frame,
                coding::{Data, OpCode},
            },
        },
    },
};

use super::{
    commands::LARGEST_FRAME,
    pipe::Pipe,
    screen::Screen,
    way::{Attachment, NotTaken, Way},
};
use crate::panics::kept_up;

/// The origins of the shell's own pages, by platform.
const ORIGINS: [&str; 3] = ["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"];
/// Connections at the same time.
const CONNECTIONS: usize = 64;
/// How long the upgrade and the first message may take together.
const FIRST_MESSAGE: Duration = Duration::from_secs(2);
/// How long a token is valid.
const VALID: Duration = Duration::from_secs(10);
/// Tokens that may be out at the same time.
const TICKETS: usize = 256;
/// The largest piece in which a message goes out, in bytes: a picture of tens of megabytes is never copied whole.
const PIECE: usize = 256 * 1024;

type Token = [u8; 32];

/// The server; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct StreamServer {
    address: SocketAddr,
    tickets: Arc<Tickets>,
    task: JoinHandle<()>,
}

impl Drop for StreamServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a token opens.
#[derive(Debug, Clone)]
pub(crate) enum Stream {
    /// A terminal's.
    Terminal(Arc<Pipe>),
    /// A desktop's.
    Desktop(Arc<Screen>),
}

#[derive(Debug, Default)]
struct Tickets(Mutex<HashMap<Token, (Stream, Instant)>>);

impl Tickets {
    fn all(&self) -> MutexGuard<'_, HashMap<Token, (Stream, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn issue(&self, stream: Stream) -> String {
        let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        let now = Instant::now();
        let mut all = self.all();
        all.retain(|_, (_, until)| *until > now);
        if all.len() >= TICKETS
            && let Some(oldest) = all.iter().min_by_key(|(_, (_, until))| *until).map(|(token, _)| *token)
        {
            all.remove(&oldest);
        }
        all.insert(hash(&token), (stream, now + VALID));
        token
    }

    /// The stream that a token opens; it opens it once.
    fn redeem(&self, token: &str) -> Option<Stream> {
        let (stream, until) = self.all().remove(&hash(token))?;
        (until > Instant::now()).then_some(stream)
    }
}

/// Tokens are looked up by their hash, so that the time of a lookup tells nothing about them.
fn hash(token: &str) -> Token {
    Sha256::digest(token.as_bytes()).into()
}

impl StreamServer {
    /// Starts to listen on a free port of 127.0.0.1. `development` is one more origin to accept.
    pub(crate) async fn start(development: Option<String>, peers: Arc<dyn PeerLookup>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let tickets = Arc::new(Tickets::default());
        let origins: Arc<[String]> =
            ORIGINS.iter().map(|origin| (*origin).to_owned()).chain(development).collect();
        let (listener, guard) = (Arc::new(listener), Guard { tickets: tickets.clone(), origins, peers });
        let task =
            tokio::spawn(kept_up("the tabs' streams", move || listen(listener.clone(), guard.clone())));
        Ok(Self { address, tickets, task })
    }

    /// What a front end needs to attach to a stream that begins with `replay` bytes of the past.
    pub(crate) fn ticket(&self, stream: Stream, replay: usize) -> StreamTicket {
        StreamTicket {
            url: format!("ws://{}/", self.address),
            token: self.tickets.issue(stream),
            replay: u32::try_from(replay).unwrap_or(u32::MAX),
        }
    }
}

/// What a connection has to get past.
#[derive(Clone)]
struct Guard {
    tickets: Arc<Tickets>,
    origins: Arc<[String]>,
    peers: Arc<dyn PeerLookup>,
}

async fn listen(listener: Arc<TcpListener>, guard: Guard) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            // Out of descriptors, most likely: give others a chance to close theirs.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        // One too many is closed at once.
        let Ok(slot) = slots.clone().try_acquire_owned() else { continue };
        let guard = guard.clone();
        tokio::spawn(async move {
            serve(socket, &guard).await;
            drop(slot);
        });
    }
}

async fn serve(socket: TcpStream, guard: &Guard) {
    let _ = socket.set_nodelay(true);
    let opened = timeout(FIRST_MESSAGE, async {
        if !may_speak(&socket, &guard.peers).await {
            return None;
        }
        let mut socket = accept(socket, &guard.origins).await?;
        match socket.next().await {
            Some(Ok(Message::Text(token))) => Some((guard.tickets.redeem(&token)?, socket)),
            _ => None,
        }
    })
    .await;
    match opened {
        Ok(Some((Stream::Terminal(pipe), socket))) => carry(&*pipe, socket).await,
        Ok(Some((Stream::Desktop(screen), socket))) => carry(&*screen, socket).await,
        Ok(None) | Err(_) => {}
    }
}

/// Whether the process at the other end is listened to at all. Only this user's are: one that the system does not name
/// has gone, most likely, and if not, the front end takes the way by commands.
async fn may_speak(socket: &TcpStream, peers: &Arc<dyn PeerLookup>) -> bool {
    let Ok(link) = Link::tcp(socket) else { return false };
    match Audience::User.admit(link, peers).await {
        Ok(_) => true,
        Err(refusal) => {
            tracing::warn!(%refusal, "a process tried to reach a session");
            false
        }
    }
}

async fn accept(socket: TcpStream, origins: &[String]) -> Option<WebSocketStream<TcpStream>> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(LARGEST_FRAME))
        .max_frame_size(Some(LARGEST_FRAME))
        .write_buffer_size(0)
        .max_write_buffer_size(1024 * 1024);
    #[expect(clippy::result_large_err, reason = "the type of the answer is the library's")]
    let check = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let origin = request.headers().get("origin").and_then(|origin| origin.to_str().ok());
        if origin.is_some_and(|origin| origins.iter().any(|ours| ours == origin)) {
            return Ok(response);
        }
        let mut refusal = ErrorResponse::new(None);
        *refusal.status_mut() = StatusCode::FORBIDDEN;
        Err(refusal)
    };
    accept_hdr_async_with_config(socket, check, Some(config)).await.ok()
}

/// Carries messages until one side ends. Both ways run at the same time: what is drawn must be counted while a
/// message is being sent.
async fn carry<W: Way>(way: &W, socket: WebSocketStream<TcpStream>) {
    let attachment = way.attach();
    // Also after a panic: what the front end held down must come up.
    let _attached = Attached(way, attachment);
    let (mut send, mut receive) = socket.split();
    let outward = async {
        while let Some(bytes) = way.next(attachment).await {
            for piece in pieces(bytes) {
                if send.send(piece).await.is_err() {
                    return;
                }
            }
        }
        let _ = timeout(FIRST_MESSAGE, send.close()).await;
    };
    let inward = async {
        while let Some(Ok(message)) = receive.next().await {
            match message {
                Message::Binary(message) => {
                    let taken = match W::decode(message) {
                        Ok(frame) => loop {
                            match way.take(attachment, frame.clone()) {
                                // No more is read meanwhile, so that the front end's socket fills up.
                                Err(NotTaken::Full) => way.input_room(attachment).await,
                                Ok(()) => break Ok(()),
                                Err(NotTaken::Wrong(error)) => break Err(error),
                            }
                        },
                        Err(error) => Err(error),
                    };
                    if let Err(error) = taken {
                        tracing::warn!(%error, "a tab's stream was closed");
                        return;
                    }
                }
                Message::Ping(_) | Message::Pong(_) => {}
                Message::Text(_) | Message::Close(_) | Message::Frame(_) => return,
            }
        }
    };
    tokio::select! {
        () = outward => {}
        () = inward => {}
    }
}

/// Detaches a front end when it goes.
struct Attached<'a, W: Way>(&'a W, Attachment);

impl<W: Way> Drop for Attached<'_, W> {
    fn drop(&mut self) {
        self.0.detach(self.1);
    }
}

/// A message as it goes out: whole, or in fragments of one message (RFC 6455, section 5.4).
fn pieces(mut bytes: Bytes) -> impl Iterator<Item = Message> {
    let mut opcode = Some(OpCode::Data(Data::Binary));
    let is_whole = bytes.len() <= PIECE;
    std::iter::from_fn(move || {
        let this = opcode.take()?;
        if is_whole {
            return Some(Message::Binary(std::mem::take(&mut bytes)));
        }
        let piece = bytes.split_to(PIECE.min(bytes.len()));
        if !bytes.is_empty() {
            opcode = Some(OpCode::Data(Data::Continue));
        }
        Some(Message::Frame(Frame::message(piece, this, bytes.is_empty())))
    })
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
