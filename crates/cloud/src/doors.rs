//! The HTTP port's door: who comes in, how many at once, and how long somebody may stand there in silence.
//!
//! A connection holds its place only while it asks or is answered. So whoever opens many and says nothing keeps the
//! others out for seconds, not for good, and a newcomer for whom there is no place hears that at once.

use std::io::Write as _;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::peer::peer_is_same_user;

/// What one port bears.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Connections at once.
    pub(crate) places: usize,
    /// From the connection to the end of its first request's head.
    pub(crate) first: Duration,
    /// From one answer to the end of the next request's head. Longer than clients commonly pause between two calls:
    /// who sends a request while the connection is being closed has to send it again.
    pub(crate) idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { places: 256, first: Duration::from_secs(10), idle: Duration::from_secs(75) }
    }
}

const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 1\r\nconnection: close\r\n\r\n";

/// Serves this system user until `stop`, and then until what is being answered is answered.
pub(crate) async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(limits.places));
    let mut visits = JoinSet::new();
    let mut crowded = false;
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = visits.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
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
        match Arc::clone(&room).try_acquire_owned() {
            Ok(place) => {
                crowded = false;
                visits.spawn(receive(stream, router.clone(), limits, stop.clone(), place));
            }
            Err(_) => {
                // once, not for each of those who try again
                if !std::mem::replace(&mut crowded, true) {
                    tracing::warn!(limits.places, "refused a connection: all places are taken");
                }
                // a new socket's buffer has room for this; if not, closing says enough
                drop(stream.into_std().and_then(|mut stream| stream.write_all(FULL)));
            }
        }
    }
    drop(listener);
    while visits.join_next().await.is_some() {}
}

/// One connection from beginning to end.
async fn receive(
    stream: TcpStream,
    router: Router,
    limits: Limits,
    stop: CancellationToken,
    _place: OwnedSemaphorePermit,
) {
    let (turn, watched) = watch::channel(Turn { answering: 0, until: Instant::now() + limits.first });
    let router = router.layer(from_fn(move |request: Request, next: Next| {
        let answering = Answering::begin(&turn, limits.idle);
        async move {
            let response = next.run(request).await;
            drop(answering);
            response
        }
    }));
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.idle);
    let service = TowerToHyperService::new(router);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    // it also ends who sends a byte now and then, or does not read an answer
    let mut silence = pin!(silence(watched));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = silence.as_mut() => return,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection => ended,
                () = silence => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "an HTTP connection broke");
    }
}

/// Whose turn it is on a connection.
#[derive(Debug, Clone, Copy)]
struct Turn {
    /// Requests that are being answered.
    answering: usize,
    /// While there are none: when the next must have been asked.
    until: Instant,
}

/// A request that is being answered, until dropped.
struct Answering {
    turn: watch::Sender<Turn>,
    idle: Duration,
}

impl Answering {
    fn begin(turn: &watch::Sender<Turn>, idle: Duration) -> Self {
        turn.send_modify(|turn| turn.answering = turn.answering.saturating_add(1));
        Self { turn: turn.clone(), idle }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let until = Instant::now() + self.idle;
        self.turn.send_modify(|turn| {
            turn.answering = turn.answering.saturating_sub(1);
            turn.until = until;
        });
    }
}

/// Ends when the other side has been silent for too long.
async fn silence(mut turn: watch::Receiver<Turn>) {
    loop {
        let Turn { answering, until } = *turn.borrow_and_update();
        tokio::select! {
            () = sleep_until(until), if answering == 0 => return,
            changed = turn.changed() => if changed.is_err() {
                // the connection is gone with its service
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use std::io;
    use std::net::SocketAddr;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    const SHORT: Duration = Duration::from_millis(100);
    const ASK: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

    struct Port {
        address: SocketAddr,
        stop: CancellationToken,
        served: tokio::task::JoinHandle<()>,
    }

    async fn open(limits: Limits) -> io::Result<Port> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let slow = || async {
            tokio::time::sleep(SHORT * 5).await;
            "slow"
        };
        let router = Router::new().route("/", get(|| async { "here" })).route("/slow", get(slow));
        let served = tokio::spawn(serve(listener, router, limits, stop.clone()));
        Ok(Port { address, stop, served })
    }

    /// All that the other side says until it closes; an abrupt end counts as one.
    async fn rest(stream: &mut TcpStream) -> String {
        let mut all = Vec::new();
        let mut piece = [0; 1024];
        while let Ok(count @ 1..) = stream.read(&mut piece).await {
            all.extend_from_slice(&piece[..count]);
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    #[tokio::test]
    async fn silent_connections_do_not_keep_others_out() -> io::Result<()> {
        let port = open(Limits { places: 4, first: SHORT, idle: SHORT }).await?;
        let mut silent = Vec::new();
        for _ in 0..4 {
            let mut stream = TcpStream::connect(port.address).await?;
            // what could be the beginning of either version, and no more
            stream.write_all(b"P").await?;
            silent.push(stream);
        }
        let mut refused = TcpStream::connect(port.address).await?;
        assert!(rest(&mut refused).await.starts_with("HTTP/1.1 503 "));
        for stream in &mut silent {
            assert_eq!(rest(stream).await, "");
        }
        // the places are free a moment after the sockets are closed
        let mut answer = String::new();
        while !answer.ends_with("here") {
            let mut stream = TcpStream::connect(port.address).await?;
            // a refusal may come first
            drop(stream.write_all(ASK).await);
            answer = rest(&mut stream).await;
        }
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        Ok(())
    }

    #[tokio::test]
    async fn an_answer_may_take_its_time() -> io::Result<()> {
        let port = open(Limits { places: 1, first: SHORT, idle: SHORT }).await?;
        let mut stream = TcpStream::connect(port.address).await?;
        stream.write_all(b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n").await?;
        assert!(rest(&mut stream).await.ends_with("slow"));
        Ok(())
    }

    #[tokio::test]
    async fn the_end_waits_for_what_is_being_answered_only() -> io::Result<()> {
        let hour = Duration::from_secs(3600);
        let port = open(Limits { places: 2, first: hour, idle: hour }).await?;
        let mut kept = TcpStream::connect(port.address).await?;
        kept.write_all(ASK).await?;
        let mut first = [0; 4];
        kept.read_exact(&mut first).await?;
        let _silent = TcpStream::connect(port.address).await?;
        port.stop.cancel();
        port.served.await?;
        assert!(rest(&mut kept).await.ends_with("here"));
        Ok(())
    }
}
