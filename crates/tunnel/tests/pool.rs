//! Tunnels that several share.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use adit_tunnel::guard::Guard;
use adit_tunnel::listen::{Activity, BindError, ConnectionState, Options, Place, What};
use adit_tunnel::peer::SystemPeers;
use adit_tunnel::pool::{Lease, Pool, Spec};
use adit_tunnel::{Config, Patience, ports};
use support::tunnels::{pool, spec};
use support::{Cut, Relay, Reply, pattern, target};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

async fn echoing() -> Relay {
    Relay::start(|_, _| Reply::Echo(Cut::Never)).await
}

/// Does not wait long for late replies after the local end.
fn brief() -> Config {
    Config { grace: Duration::from_millis(50), ..Config::default() }
}

fn address(lease: &Lease) -> SocketAddr {
    lease.tunnel().local().address().unwrap()
}

/// Waits until a tunnel or its pool is as it should be.
macro_rules! eventually {
    ($changed:expr, $condition:expr) => {
        let mut changed = $changed.changed();
        tokio::time::timeout(Duration::from_secs(20), async {
            while !$condition {
                changed.changed().await.unwrap();
            }
        })
        .await
        .unwrap();
    };
}

#[tokio::test]
async fn who_wants_the_same_at_once_gets_the_same() {
    let relay = echoing().await;
    let (pool, dialer) = (pool(), relay.dialer());
    let (first, second) = tokio::join!(pool.open("ada", &dialer, spec()), pool.open("ada", &dialer, spec()));
    let (first, second) = (first.unwrap(), second.unwrap());
    let third = pool.open("ada", &dialer, spec()).await.unwrap();
    assert_eq!(relay.seen().heads.len(), 1, "one probe");
    assert_eq!(first.tunnel().id(), second.tunnel().id());
    assert_eq!(first.tunnel().id(), third.tunnel().id());
    assert_eq!(pool.tunnels().len(), 1);
    drop((first, third));
    let mut local = TcpStream::connect(address(&second)).await.unwrap();
    local.write_all(b"1").await.unwrap();
    assert_eq!(local.read_u8().await.unwrap(), b'1', "one share is left");
    let tunnel = Arc::clone(second.tunnel());
    drop(second);
    assert!(pool.tunnels().is_empty());
    tunnel.ended().await;
    assert_eq!(tunnel.stats().activity, Activity::Ended);
    assert_eq!((tunnel.stats().sent, tunnel.stats().received), (1, 1));
    assert!(TcpStream::connect(tunnel.local().address().unwrap()).await.is_err());
}

#[tokio::test]
async fn accounts_and_rules_do_not_mix() {
    let relay = echoing().await;
    let (pool, dialer) = (pool(), relay.dialer());
    let mut leases = vec![
        pool.open("ada", &dialer, spec()).await.unwrap(),
        pool.open("grace", &dialer, spec()).await.unwrap(),
        pool.open("ada", &dialer, Spec { guard: Guard::NotHttp, ..spec() }).await.unwrap(),
        pool.open("ada", &dialer, Spec { target: target(8), ..spec() }).await.unwrap(),
    ];
    leases.dedup_by_key(|lease| lease.tunnel().id());
    assert_eq!((leases.len(), pool.tunnels().len()), (4, 4));
}

#[tokio::test]
async fn all_who_wait_hear_why_there_is_none() {
    let relay = Relay::start(|_, _| Reply::Close(4033, "not authorized")).await;
    let (pool, dialer) = (pool(), relay.dialer());
    let (first, second) = tokio::join!(pool.open("", &dialer, spec()), pool.open("", &dialer, spec()));
    for error in [first.unwrap_err(), second.unwrap_err()] {
        assert!(matches!(&error, BindError::Probe(error) if error.code == Some(4033)), "{error}");
    }
    assert_eq!(relay.seen().heads.len(), 1, "one probe");
    assert!(pool.open("", &dialer, spec()).await.is_err());
    assert_eq!(relay.seen().heads.len(), 2, "whoever comes later tries again");
}

#[tokio::test]
async fn an_opener_that_leaves_does_not_end_it_for_the_others() {
    let relay = Relay::start(|number, _| match number {
        0 => Reply::Close(4003, "nothing there"),
        _ => Reply::Echo(Cut::Never),
    })
    .await;
    let patience = Patience { backend: Duration::from_secs(60), ..Patience::default() };
    let spec = Spec { patience, ..spec() };
    let (pool, dialer) = (pool(), relay.dialer());
    let (told, mut waits) = tokio::sync::mpsc::unbounded_channel();
    let first = {
        let (pool, dialer, spec) = (pool.clone(), dialer.clone(), spec.clone());
        tokio::spawn(async move { pool.open_observed("", &dialer, spec, |w| told.send(w).unwrap()).await })
    };
    let waiting = waits.recv().await.unwrap();
    assert_eq!((waiting.retry.code, waiting.retry.attempt), (Some(4003), 2));
    assert_eq!(waiting.retry.reason, "nothing there");
    let second = tokio::spawn(async move { pool.open("", &dialer, spec).await });
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    waiting.control.resume_now();
    let lease = second.await.unwrap().unwrap();
    let mut local = TcpStream::connect(address(&lease)).await.unwrap();
    local.write_all(b"1").await.unwrap();
    assert_eq!(local.read_u8().await.unwrap(), b'1');
}

#[tokio::test]
async fn an_opening_that_nobody_waits_for_ends() {
    let relay = Relay::start(|_, _| Reply::Silence).await;
    let (pool, dialer) = (pool(), relay.dialer());
    let opening = tokio::spawn({
        let pool = pool.clone();
        async move { pool.open("", &dialer, spec()).await.map(drop) }
    });
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while relay.seen().heads.is_empty() {
        assert!(std::time::Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    opening.abort();
    while !relay.seen().abandoned {
        assert!(std::time::Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(pool.tunnels().is_empty());
}

#[tokio::test]
async fn a_tunnel_can_be_opened_anew_at_the_same_port() {
    let relay = echoing().await;
    let (pool, dialer) = (pool(), relay.dialer());
    let port = address(&pool.open("", &dialer, spec()).await.unwrap());
    let spec = Spec { place: Place::Address(port), ..spec() };
    let mut ids = Vec::new();
    for round in 0..10 {
        let lease = pool.open("", &dialer, spec.clone()).await.unwrap();
        let mut local = TcpStream::connect(port).await.unwrap();
        local.write_all(b"1").await.unwrap();
        assert_eq!(local.read_u8().await.unwrap(), b'1');
        if round % 2 == 0 {
            // Stopped under the feet of those who share it: they are left with what has ended.
            lease.tunnel().stop();
            let anew = pool.open("", &dialer, spec.clone()).await.unwrap();
            assert_ne!(anew.tunnel().id(), lease.tunnel().id());
            drop(lease);
            assert_eq!(pool.tunnels().len(), 1);
            ids.push(anew.tunnel().id());
        }
        ids.push(lease_id(&pool));
    }
    ids.dedup();
    assert!(ids.len() >= 10, "{ids:?}");
}

/// The tunnel that is open, or 0.
fn lease_id(pool: &Pool) -> u64 {
    pool.tunnels().first().map_or(0, |tunnel| tunnel.id())
}

#[tokio::test]
async fn a_taken_port_says_which_tunnel_has_it() {
    let relay = echoing().await;
    let (pool, dialer) = (pool(), relay.dialer());
    let first = pool.open("", &dialer, spec()).await.unwrap();
    let other = Spec { place: Place::Address(address(&first)), target: target(8), ..spec() };
    let error = pool.open("", &dialer, other).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{} is in use by the tunnel to port 7 of web-1", address(&first)));
}

#[tokio::test]
async fn the_same_target_has_the_same_port_where_it_is_free() {
    let relay = echoing().await;
    let (pool, dialer) = (pool(), relay.dialer());
    // A target of its own, so that nobody else is likely to have the port.
    let mut spec = Spec { place: Place::Steady, ..spec() };
    let mut number = 40_000;
    let taken = loop {
        spec.target = target(number);
        match TcpListener::bind(("127.0.0.1", ports::steady(&spec.target))).await {
            Ok(listener) => break listener,
            Err(_) => number += 1,
        }
    };
    let steady = taken.local_addr().unwrap();
    let elsewhere = pool.open("", &dialer, spec.clone()).await.unwrap();
    assert_ne!(address(&elsewhere), steady);
    drop((taken, elsewhere));
    let there = pool.open("", &dialer, spec.clone()).await.unwrap();
    assert_eq!(address(&there), steady);
    let third = pool.open("ada", &dialer, spec).await.unwrap();
    assert_ne!(address(&third), steady);
}

#[tokio::test]
async fn tunnels_share_the_places_of_their_pool() {
    let relay = echoing().await;
    let pool = Pool::new(1, Arc::new(SystemPeers));
    let dialer = relay.dialer().with_config(brief());
    let first = pool.open("", &dialer, spec()).await.unwrap();
    let limits = Options { waiting: 0, ..Options::default() };
    let second = pool.open("", &dialer, Spec { target: target(8), limits, ..spec() }).await.unwrap();
    let mut events = second.tunnel().events();
    let mut local = TcpStream::connect(address(&first)).await.unwrap();
    local.write_all(b"1").await.unwrap();
    assert_eq!(local.read_u8().await.unwrap(), b'1');
    let refused = async { TcpStream::connect(address(&second)).await?.read_u8().await };
    assert!(refused.await.is_err());
    let why = "the limit of connections of all tunnels, 1, is reached, and as many wait as may";
    assert_eq!(events.next().await.unwrap().what, What::Refused { why: why.to_owned() });
    let stats = second.tunnel().stats();
    assert_eq!((stats.accepted, stats.refused, stats.last_refusal.as_deref()), (0, 1, Some(why)));
    drop(local);
    eventually!(first.tunnel(), first.tunnel().stats().open == 0);
    let mut local = TcpStream::connect(address(&second)).await.unwrap();
    local.write_all(b"2").await.unwrap();
    assert_eq!(local.read_u8().await.unwrap(), b'2');
}

#[tokio::test]
async fn a_tunnel_knows_what_it_carries_and_for_whom() {
    // Each connection of the session is cut twice.
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Abrupt { up: 100_000, down: 100_000 })).await;
    let config =
        Config { first_delay: Duration::from_millis(1), first_ping: Duration::from_millis(1), ..brief() };
    let dialer = relay.dialer().with_config(config);
    let lease = pool().open("", &dialer, spec()).await.unwrap();
    let tunnel = lease.tunnel();
    assert_eq!(tunnel.stats().activity, Activity::Idle);
    let mut local = TcpStream::connect(address(&lease)).await.unwrap();
    let sent = pattern(250_000);
    let mut received = vec![0; sent.len()];
    let (mut reader, mut writer) = local.split();
    let (read, written) = tokio::join!(reader.read_exact(&mut received), writer.write_all(&sent));
    read.unwrap();
    written.unwrap();
    assert!(received == sent, "the echo differs");
    eventually!(tunnel, tunnel.stats().round_trip.is_some() && tunnel.stats().resumes >= 2);
    let stats = tunnel.stats();
    assert_eq!((stats.sent, stats.received), (250_000, 250_000));
    assert_eq!((stats.open, stats.accepted, stats.refused), (1, 1, 0));
    let connections = tunnel.connections().await;
    let connection = connections.first().unwrap();
    assert_eq!((connections.len(), connection.number), (1, 1));
    assert_eq!((connection.sent, connection.received), (250_000, 250_000));
    assert_eq!(connection.target, Some(target(7)));
    assert_eq!(connection.process.as_ref().unwrap().pid, std::process::id());
    drop(local);
    eventually!(tunnel, tunnel.stats().open == 0);
    assert!(tunnel.connections().await.is_empty());
    assert_eq!((tunnel.stats().sent, tunnel.stats().received), (250_000, 250_000));
    assert_eq!(tunnel.stats().activity, Activity::Idle);
}

#[tokio::test]
async fn a_connection_waits_for_a_target_that_is_starting() {
    let relay = Relay::start(|number, _| match number {
        0 | 3.. => Reply::Echo(Cut::Never),
        _ => Reply::Close(4047, "no such instance"),
    })
    .await;
    // Nobody would live to see an attempt that is not asked for.
    let long = Duration::from_secs(3_600);
    let config = Config { first_delay: long, longest_delay: long, ..Config::default() };
    let spec = Spec { patience: Patience { lookup: long, ..Patience::default() }, ..spec() };
    let lease = pool().open("", &relay.dialer().with_config(config), spec).await.unwrap();
    let tunnel = lease.tunnel();
    let mut events = tunnel.events();
    let mut local = TcpStream::connect(address(&lease)).await.unwrap();
    local.write_all(b"1").await.unwrap();
    for _ in 0..2 {
        let what = events.next().await.unwrap().what;
        assert!(matches!(&what, What::Waiting { attempt: 2, code: Some(4047), .. }), "{what:?}");
        let Activity::Waiting(retry) = tunnel.stats().activity else { unreachable!() };
        assert_eq!((retry.attempt, retry.reason.as_str()), (2, "no such instance"));
        let connections = tunnel.connections().await;
        assert_eq!(connections.first().unwrap().state, ConnectionState::Waiting(retry));
        tunnel.resume_now();
    }
    assert_eq!(events.next().await.unwrap().what, What::Connected);
    assert_eq!(local.read_u8().await.unwrap(), b'1');
    assert_eq!(tunnel.stats().activity, Activity::Live);
}

#[tokio::test]
async fn a_tunnel_that_cannot_be_opened_any_more_says_so_until_it_can() {
    let relay = Relay::start(|number, _| match number {
        1 => Reply::Close(4033, "not authorized"),
        _ => Reply::Echo(Cut::Never),
    })
    .await;
    let lease = pool().open("", &relay.dialer(), spec()).await.unwrap();
    let mut local = TcpStream::connect(address(&lease)).await.unwrap();
    assert!(local.read_u8().await.is_err());
    eventually!(lease.tunnel(), lease.tunnel().stats().open == 0);
    let Activity::Failing(error) = lease.tunnel().stats().activity else { unreachable!() };
    assert_eq!(error.code, Some(4033));
    let mut local = TcpStream::connect(address(&lease)).await.unwrap();
    local.write_all(b"1").await.unwrap();
    assert_eq!(local.read_u8().await.unwrap(), b'1');
    assert_eq!(lease.tunnel().stats().activity, Activity::Live);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openers_that_come_and_go_leave_a_pool_that_works() {
    let relay = echoing().await;
    let (pool, dialer) = (pool(), relay.dialer());
    let mut openers = tokio::task::JoinSet::new();
    for number in 0..60_u16 {
        let (pool, dialer) = (pool.clone(), dialer.clone());
        let spec = Spec { target: target(7 + number % 3), ..spec() };
        let opener = openers.spawn(async move {
            let lease = pool.open("", &dialer, spec).await.unwrap();
            assert!(lease.tunnel().stats().activity != Activity::Ended);
        });
        if number % 4 == 0 {
            tokio::task::yield_now().await;
            opener.abort();
        }
    }
    while let Some(opener) = openers.join_next().await {
        assert!(opener.is_ok() || opener.is_err_and(|error| error.is_cancelled()));
    }
    assert!(pool.tunnels().is_empty());
    let lease = pool.open("", &dialer, spec()).await.unwrap();
    let mut local = TcpStream::connect(address(&lease)).await.unwrap();
    local.write_all(b"1").await.unwrap();
    assert_eq!(local.read_u8().await.unwrap(), b'1');
}
