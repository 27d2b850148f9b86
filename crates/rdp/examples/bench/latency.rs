//! From an input's arrival in the session to the bytes that leave for the server, while the picture is busy.

use std::{
    io,
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use adit_rdp::{Credentials, connect, input::Input};
use anyhow::Result;
use secrecy::SecretString;
use serde::Deserialize;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::{
    peers::Peer,
    report::{Figure, Target, median, quantile},
    view::Anything,
};

/// How many inputs.
const INPUTS: u32 = 300;
/// Between two of them: not in step with any picture.
const EVERY: Duration = Duration::from_millis(23);
/// How long is listened without input.
const QUIET: Duration = Duration::from_secs(3);

/// What was measured.
#[derive(Deserialize)]
pub(crate) struct Latency {
    /// Milliseconds of each input.
    waits: Vec<f64>,
    /// Writes a second while there was no input: what might be taken for one.
    others: f64,
}

impl Latency {
    pub(crate) fn print(&self, whose: &str) {
        Figure {
            name: format!("input to wire, p95, {whose}"),
            value: quantile(&self.waits, 0.95),
            unit: "ms",
            of: None,
            runs: self.waits.len(),
            target: Target::AtMost(5.0),
        }
        .print();
        eprintln!(
            "    median {:.2} ms, most {:.2} ms; without input {:.1} writes a second",
            median(&self.waits),
            quantile(&self.waits, 1.0),
            self.others
        );
    }
}

/// What the core's test of the same found, through core, tunnel and relay: a line for each dress of the server.
pub(crate) fn told(file: &Path) -> Result<()> {
    #[derive(Deserialize)]
    struct Told {
        dress: String,
        #[serde(flatten)]
        latency: Latency,
    }
    for line in std::fs::read_to_string(file)?.lines() {
        let Told { dress, latency } = serde_json::from_str(line)?;
        latency.print(&format!("through core and relay, {dress}"));
    }
    Ok(())
}

/// When bytes left.
type Writes = Arc<Mutex<Vec<Instant>>>;

/// A connection that notes when it is written to.
struct Tapped {
    stream: TcpStream,
    writes: Writes,
}

impl AsyncRead for Tapped {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, into)
    }
}

impl AsyncWrite for Tapped {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        if written.is_ready() {
            this.writes.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

/// Moves the mouse over a busy picture, and sees when that leaves.
pub(crate) fn measure(peer: &Peer) -> Result<Latency> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(Box::pin(moves(peer)))
}

async fn moves(peer: &Peer) -> Result<Latency> {
    let writes = Writes::default();
    let stream = TcpStream::connect(("127.0.0.1", peer.how.port)).await?;
    stream.set_nodelay(true)?;
    let stream = Tapped { stream, writes: Arc::clone(&writes) };
    let credentials = Credentials {
        user: peer.user.clone(),
        domain: None,
        password: SecretString::from(peer.password.clone()),
    };
    let mut session = Box::pin(connect(stream, peer.how.options(), &credentials, &Anything)).await?;
    let control = session.control.clone();
    let looking = tokio::spawn(async move { while session.pictures.next().await.is_ok() {} });
    sleep(Duration::from_secs(2)).await;
    let since = |began: Instant| {
        let writes = writes.lock().unwrap_or_else(PoisonError::into_inner);
        writes.iter().find(|write| **write >= began).copied()
    };
    let count = || writes.lock().unwrap_or_else(PoisonError::into_inner).len();
    let before = count();
    sleep(QUIET).await;
    let others = (count() - before) as f64 / QUIET.as_secs_f64();
    let mut waits = Vec::new();
    for number in 0..INPUTS {
        sleep(EVERY).await;
        writes.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let began = Instant::now();
        // Within the part of the desktop that does not change by it.
        let x = 20 + u16::try_from(number % 100).unwrap_or_default();
        control.input(vec![Input::Move { x, y: 10 }]).await?;
        let left = async {
            loop {
                if let Some(left) = since(began) {
                    return left;
                }
                sleep(Duration::from_millis(1)).await;
            }
        };
        // What never leaves counts as long as it was waited for.
        let left = timeout(Duration::from_secs(1), left).await.unwrap_or_else(|_| Instant::now());
        waits.push(left.duration_since(began).as_secs_f64() * 1000.0);
    }
    control.close();
    looking.await?;
    Ok(Latency { waits, others })
}
