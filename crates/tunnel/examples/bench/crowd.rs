//! Many connections at once: idle ones, and a burst of new ones.

use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::backend::Wanted;
use crate::contender::Contender;
use crate::peer::Peer;
use crate::report::{Figure, Target};

const IDLE: usize = 1000;
const BURST: usize = 500;
/// Connections that are opened at once to become idle.
const AT_ONCE: usize = 50;
/// How long idle tunnels are left alone before they are looked at, and for how long.
const REST: Duration = Duration::from_secs(5);
const WATCH: Duration = Duration::from_secs(30);
/// How long a connection may take before it counts as lost.
const LOST: Duration = Duration::from_secs(60);

/// A connection on which one byte has come back.
async fn open(port: u16) -> Result<TcpStream> {
    let opening = async {
        let mut tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        tcp.write_all(&[Wanted::Echo.request(0).as_slice(), b"x"].concat()).await?;
        let byte = tcp.read_u8().await?;
        ensure!(byte == b'x', "an echo is wrong");
        Ok(tcp)
    };
    timeout(LOST, opening).await.context("no answer")?
}

fn figure(name: &str, value: f64, unit: &'static str, of: Option<(&'static str, f64)>, target: Target) {
    Figure { name: name.to_owned(), value, unit, of, runs: 1, target }.print();
}

/// What so many tunnels cost while nothing happens on them.
pub(crate) fn idle(runtime: &Runtime, peer: &Peer, start: impl Fn() -> Result<Contender>) -> Result<()> {
    let contender = start()?;
    runtime.block_on(tokio::time::sleep(REST));
    let (Some(empty), Some(_)) = (contender.memory(), contender.processor()) else {
        eprintln!("idle tunnels: this system does not tell what a process uses");
        return Ok(());
    };
    let mut open_ones = Vec::with_capacity(IDLE);
    while open_ones.len() < IDLE {
        let opened = runtime.block_on(async {
            let mut opening = JoinSet::new();
            for _ in 0..AT_ONCE {
                opening.spawn(open(contender.port));
            }
            opening.join_all().await
        });
        for one in opened {
            open_ones.push(one.context("an idle tunnel could not be opened")?);
        }
    }
    runtime.block_on(tokio::time::sleep(REST));
    let before = contender.processor().unwrap_or_default();
    let began = Instant::now();
    runtime.block_on(tokio::time::sleep(WATCH));
    let used = contender.processor().unwrap_or_default().saturating_sub(before);
    let share = used.as_secs_f64() / began.elapsed().as_secs_f64() * 100.0;
    let memory = contender.memory().unwrap_or_default();
    let there = peer.sessions.load(Ordering::SeqCst);
    ensure!(there >= IDLE, "only {there} of {IDLE} idle tunnels are still there");
    let above = memory.saturating_sub(empty) as f64 / 1e6;
    let empty = empty as f64 / 1e6;
    figure("1000 idle: memory", above, "MB", Some(("above the empty process", empty)), Target::AtMost(150.0));
    figure("1000 idle: processor", share, "%", None, Target::AtMost(1.0));
    Ok(())
}

/// How long it takes until all of a burst are served, and how many are lost.
pub(crate) fn burst(runtime: &Runtime, start: impl Fn() -> Result<Contender>) -> Result<()> {
    let contender = start()?;
    let began = Instant::now();
    let opened = runtime.block_on(async {
        let mut opening = JoinSet::new();
        for _ in 0..BURST {
            opening.spawn(open(contender.port));
        }
        opening.join_all().await
    });
    let took = began.elapsed().as_secs_f64();
    let lost = opened.iter().filter(|one| one.is_err()).count();
    if let Some(Err(error)) = opened.iter().find(|one| one.is_err()) {
        eprintln!("a connection of the burst was lost: {error:#}");
    }
    figure("500 opened: time", took, "s", None, Target::AtMost(10.0));
    figure("500 opened: lost", lost as f64, "", None, Target::AtMost(0.0));
    Ok(())
}
