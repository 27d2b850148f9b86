//! A local port, and a pair of local streams, before a tunnel.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

mod support;

use std::time::Duration;

use adit_tunnel::listen::{BindError, Options, Place, What};
use adit_tunnel::pool::Spec;
use adit_tunnel::{Config, DialErrorKind, ProxyError, proxy};
use support::tunnels::{Alone, anywhere, spec};
use support::{Cut, Relay, Reply, pattern, target};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test]
async fn only_loopback_is_listened_on() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let place = Place::Address(address.parse().unwrap());
        let error = Alone::open(&relay.dialer(), Spec { place, ..spec() }).await.err().unwrap();
        assert!(matches!(error, BindError::NotLoopback(_)), "{address}");
    }
    assert!(relay.seen().heads.is_empty());
}

#[tokio::test]
async fn a_failed_probe_means_no_listener() {
    let relay = Relay::start(|_, _| Reply::Close(4033, "not authorized")).await;
    let error = Alone::open(&relay.dialer(), spec()).await.err().unwrap();
    let BindError::Probe(error) = error else { panic!("{error}") };
    assert_eq!((error.kind, error.code), (DialErrorKind::Denied, Some(4033)));
}

#[tokio::test]
async fn a_taken_port_is_refused_before_the_probe() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let taken = tokio::net::TcpListener::bind(anywhere()).await.unwrap();
    let place = Place::Address(taken.local_addr().unwrap());
    let error = Alone::open(&relay.dialer(), Spec { place, ..spec() }).await.err().unwrap();
    assert!(matches!(error, BindError::InUse { .. }), "{error:?}");
    if cfg!(target_os = "linux") {
        assert!(error.to_string().ends_with(&format!("(pid {})", std::process::id())), "{error}");
    }
    assert!(relay.seen().heads.is_empty());
}

#[tokio::test]
async fn each_connection_has_a_session_and_its_events() {
    let relay = Relay::start(|number, _| {
        Reply::Echo(if number == 2 { Cut::Abrupt { up: 5, down: 5 } } else { Cut::Never })
    })
    .await;
    let config = Config { grace: Duration::from_millis(50), ..Config::default() };
    let dialer = relay.dialer().with_config(config);
    let mut listener = Alone::open(&dialer, spec()).await.unwrap();
    assert_eq!(relay.seen().heads.len(), 1, "one probe");

    for number in 1..=2 {
        let mut local = listener.connect().await;
        local.write_all(b"hello").await.unwrap();
        local.shutdown().await.unwrap();
        let mut answer = Vec::new();
        local.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer, b"hello");
        let mut told = Vec::new();
        loop {
            let event = listener.next().await.unwrap();
            assert_eq!(event.connection, number);
            let last = matches!(event.what, What::Closed { .. });
            told.push(event.what);
            if last {
                break;
            }
        }
        let closed = What::Closed { code: Some(1000), sent: 5, received: 5 };
        match number {
            1 => assert_eq!(told, [What::Connected, closed]),
            _ => {
                assert!(matches!(told[1], What::Reconnecting { attempt: 1, .. }), "{told:?}");
                assert_eq!(told[2..], [What::Resumed, closed]);
            }
        }
    }
    listener.lease.tunnel().stop();
    assert_eq!(listener.next().await, None);
}

#[tokio::test]
async fn a_denied_or_lost_connection_is_reset() {
    let relay = Relay::start(|number, _| match number {
        0 => Reply::Echo(Cut::Never),
        1 => Reply::Close(4033, "not authorized"),
        2 => Reply::Echo(Cut::Abrupt { up: 5, down: 5 }),
        _ => Reply::Close(4074, "failed to rewind"),
    })
    .await;
    let mut listener = Alone::open(&relay.dialer(), spec()).await.unwrap();

    let mut local = listener.connect().await;
    assert_eq!(local.read_u8().await.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    let event = listener.next().await.unwrap();
    assert_eq!(event.what, What::Denied { code: Some(4033), reason: "not authorized".to_owned() });

    let mut local = listener.connect().await;
    local.write_all(b"hello").await.unwrap();
    let mut answer = Vec::new();
    let error = local.read_to_end(&mut answer).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "a loss must not look like an end");
    loop {
        match listener.told().await {
            What::Failed { code, .. } => {
                assert_eq!(code, Some(4074));
                break;
            }
            What::Connected | What::Reconnecting { .. } => {}
            other => panic!("unexpected {other:?}"),
        }
    }
}

#[tokio::test]
async fn more_connections_than_the_limit_wait() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let limits = Options { limit: 1, ..Options::default() };
    let mut listener = Alone::open(&relay.dialer(), Spec { limits, ..spec() }).await.unwrap();
    let mut first = listener.connect().await;
    first.write_all(b"1").await.unwrap();
    assert_eq!(first.read_u8().await.unwrap(), b'1');
    let mut second = listener.connect().await;
    second.write_all(b"2").await.unwrap();
    assert_eq!(relay.seen().heads.len(), 2, "the probe and the first");
    // The reset frees the place at once.
    socket2::SockRef::from(&first).set_linger(Some(Duration::ZERO)).unwrap();
    drop(first);
    assert_eq!(second.read_u8().await.unwrap(), b'2');
    let told: Vec<_> = [listener.next().await.unwrap(), listener.next().await.unwrap()].into();
    assert_eq!((told[0].connection, &told[0].what), (1, &What::Connected));
    assert!(matches!((told[1].connection, &told[1].what), (1, What::Closed { .. })), "{told:?}");
}

/// The one connection that has the place of this listener, and what it told first.
async fn occupied(relay: &Relay, limits: Options) -> (Alone, TcpStream) {
    let mut listener = Alone::open(&relay.dialer(), Spec { limits, ..spec() }).await.unwrap();
    let mut first = listener.connect().await;
    first.write_all(b"1").await.unwrap();
    assert_eq!(first.read_u8().await.unwrap(), b'1');
    assert_eq!(listener.told().await, What::Connected);
    (listener, first)
}

async fn is_refused(listener: &mut Alone, number: u64, reason: &str) {
    let address = listener.address();
    // The reset may come before the connect is noticed.
    let read = async { TcpStream::connect(address).await?.read_u8().await };
    assert_eq!(read.await.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    let event = listener.next().await.unwrap();
    assert_eq!(event.connection, number);
    let why = match event.what {
        What::Refused { why } => Some(why),
        _ => None,
    }
    .unwrap();
    assert!(why.starts_with("the limit of connections, 1, is reached") && why.contains(reason), "{why}");
}

#[tokio::test]
async fn who_finds_no_place_in_time_is_refused() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let options = Options { limit: 1, waiting: 1, wait: Duration::from_millis(20) };
    let (mut listener, mut first) = occupied(&relay, options).await;
    // Twice: whoever was refused no longer takes the place to wait in.
    is_refused(&mut listener, 2, "within 0.02 s").await;
    is_refused(&mut listener, 3, "within 0.02 s").await;
    assert_eq!(relay.seen().heads.len(), 2, "the probe and the first");
    first.write_all(b"2").await.unwrap();
    assert_eq!(first.read_u8().await.unwrap(), b'2', "the others do not matter to it");
}

#[tokio::test]
async fn who_finds_no_place_to_wait_is_refused_at_once() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    // Nobody would live to see the end of this wait.
    let options = Options { limit: 1, waiting: 1, wait: Duration::from_secs(3_600) };
    let (mut listener, first) = occupied(&relay, options).await;
    let mut second = listener.connect().await;
    second.write_all(b"2").await.unwrap();
    is_refused(&mut listener, 3, "as many wait as may").await;
    socket2::SockRef::from(&first).set_linger(Some(Duration::ZERO)).unwrap();
    drop(first);
    assert_eq!(second.read_u8().await.unwrap(), b'2');
}

#[tokio::test]
async fn a_stop_ends_those_who_wait() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let options = Options { limit: 1, waiting: 1, wait: Duration::from_secs(3_600) };
    let (mut listener, first) = occupied(&relay, options).await;
    let mut second = listener.connect().await;
    is_refused(&mut listener, 3, "as many wait as may").await;
    listener.lease.tunnel().stop();
    assert_eq!(second.read_u8().await.unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
    let mut ended = Vec::new();
    while let Some(event) = listener.next().await {
        assert!(matches!(event.what, What::Closed { .. }), "{event:?}");
        ended.push(event.connection);
    }
    ended.sort_unstable();
    assert_eq!(ended, [1, 2]);
    drop(first);
}

#[tokio::test]
async fn a_stop_sends_what_was_written() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let mut listener = Alone::open(&relay.dialer(), spec()).await.unwrap();
    let mut local = listener.connect().await;
    local.write_all(b"hello").await.unwrap();
    let mut answer = [0; 5];
    local.read_exact(&mut answer).await.unwrap();
    listener.lease.tunnel().stop();
    let mut last = None;
    while let Some(event) = listener.next().await {
        last = Some(event.what);
    }
    assert_eq!(last, Some(What::Closed { code: Some(1000), sent: 5, received: 5 }));
    assert!(TcpStream::connect(listener.address()).await.is_err());
}

#[tokio::test]
async fn a_proxy_carries_both_ways() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Abrupt { up: 10_000, down: usize::MAX })).await;
    let config = Config {
        grace: Duration::from_millis(50),
        first_delay: Duration::from_millis(1),
        ..Config::default()
    };
    let connection = relay.dialer().with_config(config).dial(&target(7)).await.unwrap();
    let sent = pattern(50_000);
    let (mut reader, mut writer) = (&sent[..], Vec::new());
    let mut events = 0;
    let totals = proxy(connection, &mut reader, &mut writer, |_| events += 1).await.unwrap();
    assert!(writer == sent);
    assert_eq!((totals.sent, totals.received), (50_000, 50_000));
    assert!(events > 0);
}

#[tokio::test]
async fn a_lost_proxy_is_an_error() {
    let relay = Relay::start(|number, _| match number {
        0 => Reply::Echo(Cut::Abrupt { up: 5, down: 5 }),
        _ => Reply::Close(4074, "failed to rewind"),
    })
    .await;
    let connection = relay.dialer().dial(&target(7)).await.unwrap();
    let (local, mut remote) = tokio::io::duplex(1024);
    let (mut reader, mut writer) = tokio::io::split(local);
    remote.write_all(b"hello").await.unwrap();
    let error = proxy(connection, &mut reader, &mut writer, |_| {}).await.unwrap_err();
    let ProxyError::Lost { failure, .. } = error else { panic!("{error}") };
    assert_eq!(failure.code, Some(4074));
}
