//! The relay's server side: section 7 of the protocol's specification, with every fault of its point 8.
//!
//! It shares nothing with the product but the frame codec, so that a mistake is not made twice.

mod close;
mod downstream;
mod script;
mod session;
mod sessions;
mod sid;
mod target;
mod upgrade;
mod upstream;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::hosts::{DesktopServer, Hosts, Stream};
use crate::peer::peer_is_same_user;
use crate::state::{Caller, State};
use close::{Close, Socket};
use session::Session;
use sessions::{Attach, Sessions};
use sid::Sid;
use target::{Ask, Target, Verdict};
use upgrade::Admitted;

/// Connections at most, from accepting to the session's end.
const MAX_CONNECTIONS: usize = 1024;

/// How long a backend may take to answer (section 7 point 2).
const DIAL: Duration = Duration::from_secs(10);

/// How long the relay waits for its sessions when it is stopped.
const STOP: Duration = Duration::from_secs(3);

/// Between attempts to accept after one has failed (no file descriptor left, say).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The relay, as each of its connections needs it.
#[derive(Clone)]
struct Relay {
    tls: Arc<rustls::ServerConfig>,
    state: State,
    sessions: Sessions,
    hosts: Hosts,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Serves until `stop` fires, then ends every session with 1001 and returns. Connections of other system users
/// are dropped unheard.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Arc<rustls::ServerConfig>,
    state: State,
    desktops: DesktopServer,
    stop: CancellationToken,
) {
    let tasks = TaskTracker::new();
    let hosts = Hosts::new(desktops, state.clone(), tasks.clone(), stop.clone());
    let relay =
        Relay { tls, state, sessions: Sessions::default(), hosts, tasks: tasks.clone(), stop: stop.clone() };
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // where there is no place left, the connection is dropped, as by a full backlog
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let relay = relay.clone();
        tasks.spawn(async move {
            relay.connection(stream).await;
            drop(place);
        });
    }
    tasks.close();
    if tokio::time::timeout(STOP, tasks.wait()).await.is_err() {
        tracing::debug!(left = tasks.len(), "the relay stopped before its connections did");
    }
}

impl Relay {
    async fn connection(self, stream: TcpStream) {
        let (Ok(peer), Ok(local)) = (stream.peer_addr(), stream.local_addr()) else { return };
        if !matches!(peer_is_same_user(peer, local), Ok(true)) {
            tracing::warn!(%peer, "refused a connection of another system user");
            return;
        }
        let admitted = tokio::select! {
            () = self.stop.cancelled() => return,
            admitted = upgrade::admit(stream, Arc::clone(&self.tls), &self.state, &self.sessions) => admitted,
        };
        let Some(Admitted { socket, ask, caller }) = admitted else { return };
        // the two have futures of very different sizes
        match ask {
            Ask::Connect(target) => Box::pin(self.connect(socket, target, caller)).await,
            Ask::Reconnect { sid, ack } => Box::pin(self.reconnect(socket, &sid, ack, &caller)).await,
        }
    }

    async fn connect(self, mut socket: Socket, target: Target, caller: Caller) {
        let faults = self.state.faults();
        if let Some(code) = faults.connect_close {
            close::part(socket, Close::of_fault(code)).await;
            return;
        }
        let (backend, machine) = match target.resolve(&self.state, &caller) {
            Verdict::NotAuthorized => return refuse(socket, close::NOT_AUTHORIZED).await,
            Verdict::LookupFailed => return refuse(socket, close::LOOKUP_FAILED).await,
            Verdict::NoBackend => return refuse(socket, close::NO_BACKEND).await,
            Verdict::Backend(backend, machine) => (backend, machine),
        };
        let dialled: Option<Stream> = tokio::select! {
            () = self.stop.cancelled() => return refuse(socket, close::GOING_AWAY).await,
            dialled = tokio::time::timeout(DIAL, self.hosts.dial(backend)) => dialled.ok().and_then(Result::ok),
            end = before_sid(&mut socket) => match end {
                Early::Gone => return,
                Early::Closed => return close::answer(socket).await,
                Early::Spoke => return refuse(socket, close::INVALID_DATA).await,
            },
        };
        let Some(stream) = dialled else { return refuse(socket, close::NO_BACKEND).await };
        let Some(seat) = self.sessions.open(caller.email, target) else {
            return refuse(socket, Close { code: 1013, reason: "too many sessions" }).await;
        };
        let session = Session::new(seat, faults, stream, socket, self.tasks.clone());
        session.run(self.stop, machine).await;
    }

    async fn reconnect(self, socket: Socket, sid: &Sid, ack: u64, caller: &Caller) {
        let faults = self.state.faults();
        if let Some(code) = faults.reconnect_close {
            close::part(socket, Close::of_fault(code)).await;
            return;
        }
        // a stranger learns nothing about sessions that are not theirs
        let Some(entry) = self.sessions.find(sid).filter(|entry| entry.owner == caller.email) else {
            return refuse(socket, close::SID_UNKNOWN).await;
        };
        if !entry.target.is_allowed(&self.state, caller) {
            return refuse(socket, close::NOT_AUTHORIZED).await;
        }
        if let Err(unclaimed) = entry.attach.send(Attach { socket, ack, faults }).await {
            refuse(unclaimed.0.socket, close::SID_UNKNOWN).await;
        }
    }
}

async fn refuse(socket: Socket, close: Close) {
    close::part(socket, close).await;
}

/// What a client does before it has its session identifier.
enum Early {
    Gone,
    Closed,
    /// It sent a message, which it must not (section 6.1).
    Spoke,
}

async fn before_sid(socket: &mut Socket) -> Early {
    loop {
        match socket.next().await {
            None | Some(Err(_)) => return Early::Gone,
            Some(Ok(Message::Close(_))) => return Early::Closed,
            Some(Ok(Message::Binary(_) | Message::Text(_))) => return Early::Spoke,
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
        }
    }
}
