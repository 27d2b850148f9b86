//! A local port with a tunnel behind it: one session for each accepted connection.

mod event;
mod places;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use adit_relay::Target;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use self::event::what;
pub use self::event::{Event, What};
use self::places::{Places, Turn, Wait};
use crate::copy::{Copied, copy};
use crate::proxy::{Outcome, wind_up};
use crate::{Connection, DialError, DialErrorKind, Dialer, Event as TunnelEvent};

/// Connections that are served at once unless [`Options`] say otherwise.
pub const DEFAULT_LIMIT: usize = 256;
/// Connections beyond them that wait for a place unless [`Options`] say otherwise.
pub const DEFAULT_WAITING: usize = 256;
/// How long they wait unless [`Options`] say otherwise.
pub const DEFAULT_WAIT: Duration = Duration::from_secs(10);
/// Events that may wait for whoever reads them.
const MAX_EVENTS: usize = 1024;
/// Connections that the operating system may keep waiting for their turn.
const BACKLOG: u32 = 1024;
/// The pause after a failed `accept`: with no file descriptors left it would fail again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long a local peer that has been told the end may take to read the rest and close.
const LOCAL_LINGER: Duration = Duration::from_secs(5);
/// How long a graceful stop waits for connections to end.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// How a listener works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Connections served at once. At least 1.
    pub limit: usize,
    /// Connections beyond them that are kept until a place is free; any more are refused at once.
    pub waiting: usize,
    /// How long they are kept before they are refused, too.
    pub wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { limit: DEFAULT_LIMIT, waiting: DEFAULT_WAITING, wait: DEFAULT_WAIT }
    }
}

/// Why there is no listener.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// Only loopback addresses are listened on: anyone who reaches the port gets into the tunnel.
    #[error("{0} is not a loopback address; a tunnel listens on loopback only")]
    NotLoopback(SocketAddr),
    /// The address cannot be had.
    #[error("cannot listen on {address}: {error}")]
    Local {
        /// The address that was asked for.
        address: SocketAddr,
        /// Why not.
        #[source]
        error: io::Error,
    },
    /// The probe failed: no tunnel can be opened to this target.
    #[error(transparent)]
    Probe(#[from] DialError),
}

/// A listening local port. Dropping it ends the listener and all its connections at once.
#[derive(Debug)]
pub struct Listener {
    local: SocketAddr,
    events: mpsc::Receiver<Event>,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Listener {
    /// Listens on `local` (port 0 picks a free one) with tunnels to `target` behind it. One throw-away tunnel
    /// is opened first, so that a target that cannot be reached is known at once; the port takes connections
    /// only after it.
    ///
    /// # Errors
    /// [`BindError`] when the address is not a loopback address or taken, or the probe fails.
    pub async fn bind(
        dialer: Dialer,
        target: Target,
        local: SocketAddr,
        options: Options,
    ) -> Result<Self, BindError> {
        if !local.ip().is_loopback() {
            return Err(BindError::NotLoopback(local));
        }
        let refused = |error| BindError::Local { address: local, error };
        let socket = reserve(local).map_err(refused)?;
        drop(dialer.dial(&target).await?);
        let listener = socket.listen(BACKLOG).map_err(refused)?;
        let local = listener.local_addr().map_err(refused)?;
        let (sender, events) = mpsc::channel(MAX_EVENTS);
        let (stop, stopping) = watch::channel(false);
        let serving = Serving { dialer, target: Arc::new(target), events: sender, stopping };
        let task = tokio::spawn(accept(listener, serving, Places::new(options)));
        Ok(Self { local, events, stop, task })
    }

    /// The address that is listened on.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// The next event; `None` once a stopped listener's last connection has ended. A listener whose events are
    /// not read stops serving after some time; nothing is left out. May be dropped and called again.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Takes no more connections and ends those there are: what they have written is sent if that is possible
    /// within a few seconds. [`next`](Self::next) then gives their last events and `None`.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Connections are children of this task and end with it.
        self.task.abort();
    }
}

/// Takes the port without yet accepting anyone on it.
fn reserve(local: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if local.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // On Windows this option would let another program take the port as well.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(local)?;
    Ok(socket)
}

#[derive(Clone)]
struct Serving {
    dialer: Dialer,
    target: Arc<Target>,
    events: mpsc::Sender<Event>,
    stopping: watch::Receiver<bool>,
}

async fn accept(listener: TcpListener, serving: Serving, places: Places) {
    let mut connections = JoinSet::new();
    let mut stopping = serving.stopping.clone();
    let mut number = 0_u64;
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            () = asked_to_stop(&mut stopping) => break,
            accepted = listener.accept() => accepted,
        };
        let local = match accepted {
            Ok((local, _)) => local,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        number = number.saturating_add(1);
        let serving = serving.clone();
        match places.turn() {
            Turn::Now(place) => {
                connections.spawn(async move {
                    serving.serve(number, local).await;
                    drop(place);
                });
            }
            Turn::Later(wait) => {
                connections.spawn(serving.serve_later(number, local, wait));
            }
            // Told here, so that the refused do not pile up where nobody reads the events.
            Turn::Never { why } => serving.refuse(number, local, why).await,
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_LIMIT, ended).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

impl Serving {
    async fn tell(&self, connection: u64, what: What) {
        // Whoever dropped the receiver does not want to know.
        let _ = self.events.send(Event { connection, what }).await;
    }

    /// Closes a connection that finds no place, so that its peer cannot take it for one that was served.
    async fn refuse(&self, number: u64, local: TcpStream, why: String) {
        abort(local);
        self.tell(number, What::Refused { why }).await;
    }

    /// Serves a connection once there is a place, if that is in time.
    async fn serve_later(self, number: u64, local: TcpStream, wait: Wait) {
        let mut stopping = self.stopping.clone();
        let place = tokio::select! {
            place = wait.place() => Some(place),
            // Nobody is left to wait.
            () = reset(&local) => None,
            () = asked_to_stop(&mut stopping) => None,
        };
        match place {
            Some(Ok(place)) => {
                drop(wait);
                self.serve(number, local).await;
                drop(place);
            }
            Some(Err(why)) => self.refuse(number, local, why).await,
            None => {
                drop(local);
                self.tell(number, What::Closed { code: None, sent: 0, received: 0 }).await;
            }
        }
    }

    async fn serve(self, number: u64, mut local: TcpStream) {
        let _ = local.set_nodelay(true);
        let mut stopping = self.stopping.clone();
        let dialed = tokio::select! {
            dialed = self.dialer.dial(&self.target) => Some(dialed),
            // Nobody is left to dial for (hard case 13).
            () = reset(&local) => None,
            () = asked_to_stop(&mut stopping) => None,
        };
        let Some(dialed) = dialed else {
            drop(local);
            self.tell(number, What::Closed { code: None, sent: 0, received: 0 }).await;
            return;
        };
        let what = match dialed {
            Ok(connection) => {
                self.tell(number, What::Connected).await;
                self.carry(number, &mut local, connection).await
            }
            Err(DialError { kind: DialErrorKind::Denied, code, reason, .. }) => What::Denied { code, reason },
            Err(DialError { code, reason, .. }) => What::Failed { code, reason },
        };
        match &what {
            What::Closed { .. } => drop(local),
            What::Connected
            | What::Refused { .. }
            | What::Reconnecting { .. }
            | What::SignInNeeded { .. }
            | What::Resumed
            | What::Denied { .. }
            // The peer must not take what it got for the whole.
            | What::Failed { .. } => abort(local),
        }
        self.tell(number, what).await;
    }

    /// Carries bytes and tells events, side by side: a slow reader of events does not slow the bytes.
    async fn carry(&self, number: u64, local: &mut TcpStream, connection: Connection) -> What {
        let Connection { mut stream, mut watch } = connection;
        let mut stopping = self.stopping.clone();
        let (early, mut later) = mpsc::channel::<TunnelEvent>(16);
        let telling = async {
            while let Some(event) = later.recv().await {
                if let Some(what) = what(event) {
                    self.tell(number, what).await;
                }
            }
        };
        let carrying = async {
            let mut outcome = None;
            let copied = {
                let (mut reader, mut writer) = local.split();
                let mut copying = std::pin::pin!(copy(&mut stream, &mut reader, &mut writer));
                loop {
                    tokio::select! {
                        end = &mut copying => break Some(end),
                        () = asked_to_stop(&mut stopping) => break None,
                        event = forward(&mut watch, &early), if outcome.is_none() => outcome = event,
                    }
                }
            };
            let outcome = match outcome {
                Some(outcome) => outcome,
                None => wind_up(stream, &mut watch, copied.as_ref(), &mut |_| {}).await,
            };
            if matches!((&copied, &outcome), (Some(Copied::Ended), Outcome::Closed(_))) {
                drain(local).await;
            }
            drop(early);
            match outcome {
                Outcome::Closed(totals) => {
                    What::Closed { code: totals.code, sent: totals.sent, received: totals.received }
                }
                Outcome::Failed(failure, _) => What::Failed { code: failure.code, reason: failure.reason },
            }
        };
        let (what, ()) = tokio::join!(carrying, telling);
        what
    }
}

/// Completes when the listener is to end.
async fn asked_to_stop(stopping: &mut watch::Receiver<bool>) {
    // An error means that the listener was dropped, which is the same.
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// Hands one event on; the outcome if it was the last.
async fn forward(watch: &mut crate::Watch, early: &mpsc::Sender<TunnelEvent>) -> Option<Outcome> {
    // A place first, so that no event is taken and then lost when the other branch wins.
    let place = early.reserve().await.ok()?;
    let event = watch.next().await?;
    let outcome = Outcome::of(event.clone());
    place.send(event);
    outcome
}

/// Closes with a reset.
fn abort(local: TcpStream) {
    let _ = socket2::SockRef::from(&local).set_linger(Some(Duration::ZERO));
}

/// Reads what the peer may still send, and forgets it. Closing a socket with unread bytes in it resets the
/// connection, and a reset may take from the peer what it has not read yet.
async fn drain(local: &mut TcpStream) {
    let mut buffer = vec![0_u8; 16 * 1024];
    let emptied = async { while matches!(local.read(&mut buffer).await, Ok(1..)) {} };
    let _ = tokio::time::timeout(LOCAL_LINGER, emptied).await;
}

/// Completes when the peer has reset the connection. Its mere end of file does not count: it may be a client
/// that has said all it wants to say.
async fn reset(local: &TcpStream) {
    match local.ready(tokio::io::Interest::ERROR).await {
        Ok(ready) if ready.is_error() => {}
        Ok(_) | Err(_) => std::future::pending().await,
    }
}
