//! Very many connections in a short time. Alone in its process, since it counts what the process has open.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

mod support;

use std::time::{Duration, Instant};

use adit_tunnel::Config;
use adit_tunnel::listen::{Activity, Options};
use adit_tunnel::pool::Spec;
use support::tunnels::{Alone, spec};
use support::{Cut, Relay, Reply};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CONNECTIONS: usize = 2_000;
const LIMIT: usize = 64;
/// Tasks of the runtime that are not the connections': listener, relay, and sessions that are being closed.
const OTHER_TASKS: usize = 400;

/// Descriptors that the process has open, where the system shows them.
fn descriptors() -> Option<usize> {
    std::fs::read_dir("/proc/self/fd").ok().map(Iterator::count)
}

async fn echoes(tunnel: &Alone) {
    let mut local = tunnel.connect().await;
    local.write_all(b"1").await.unwrap();
    assert_eq!(local.read_u8().await.unwrap(), b'1');
}

#[tokio::test]
async fn a_storm_of_connects_passes_and_leaves_nothing() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    // Half of them end without a reset, and late replies are waited for.
    let config = Config { grace: Duration::from_millis(50), ..Config::default() };
    let dialer = relay.dialer().with_config(config);
    let limits = Options { limit: LIMIT, waiting: LIMIT, wait: Duration::from_secs(60) };
    let tunnel = Alone::open(&dialer, Spec { limits, ..spec() }).await.unwrap();
    echoes(&tunnel).await;
    let stats = || tunnel.lease.tunnel().stats();
    let deadline = Instant::now() + Duration::from_secs(60);
    while stats().open > 0 {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let before = descriptors();
    let tasks = tokio::runtime::Handle::current().metrics();
    let mut most = 0;
    for number in 0..CONNECTIONS {
        // Who is refused may see the reset before the connection.
        let Ok(mut local) = TcpStream::connect(tunnel.address()).await else { continue };
        if number % 2 == 0 {
            let _ = local.write_all(b"1").await;
        }
        if number % 3 == 0 {
            socket2::SockRef::from(&local).set_linger(Some(Duration::ZERO)).unwrap();
        }
        drop(local);
        most = most.max(tasks.num_alive_tasks());
        assert!(tunnel.lease.tunnel().stats().open as usize <= 2 * LIMIT);
    }
    assert!(most <= 2 * LIMIT + OTHER_TASKS, "{most} tasks");
    let settled = || stats().open == 0 && before.is_none_or(|before| descriptors().unwrap() <= before);
    while !settled() {
        assert!(Instant::now() < deadline, "{:?}, {before:?} descriptors, now {:?}", stats(), descriptors());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(stats().activity, Activity::Idle);
    echoes(&tunnel).await;
}
