//! Relays that misbehave, local peers that stop, and the last bytes of a stream, through a listener.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

mod support;

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use adit_tunnel::Config;
use adit_tunnel::listen::{Activity, What};
use support::tunnels::{Alone, spec};
use support::{Cut, Relay, Reply, pattern};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

/// A tunnel whose probe is echoed; what comes after it, `reply` says.
async fn after_the_probe(reply: Reply, config: Config) -> (Relay, Alone) {
    let relay = Relay::start(move |number, _| match number {
        0 => Reply::Echo(Cut::Never),
        _ => reply.clone(),
    })
    .await;
    let tunnel = Alone::open(&relay.dialer().with_config(config), spec()).await.unwrap();
    (relay, tunnel)
}

/// The last word of a connection.
async fn last_word(tunnel: &mut Alone) -> What {
    loop {
        match tunnel.told().await {
            What::Waiting { .. } | What::Connected | What::Reconnecting { .. } | What::Resumed => {}
            last => return last,
        }
    }
}

async fn is_reset(local: &mut TcpStream) {
    let error = local.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset, "a failure must not look like an end");
}

#[tokio::test]
async fn a_relay_that_never_answers() {
    let config = Config {
        handshake_timeout: Duration::from_millis(50),
        first_delay: Duration::from_millis(1),
        ..Config::default()
    };
    let (_relay, mut tunnel) = after_the_probe(Reply::Silence, config).await;
    let mut local = tunnel.connect().await;
    is_reset(&mut local).await;
    assert!(matches!(last_word(&mut tunnel).await, What::Failed { .. }));
    let Activity::Failing(error) = tunnel.lease.tunnel().stats().activity else { unreachable!() };
    assert!(!error.reason.is_empty());
}

#[tokio::test]
async fn a_relay_that_sends_rubbish() {
    for rubbish in [Message::text("hello"), Message::binary(vec![0]), Message::binary(vec![0, 4, 0xff])] {
        let (_relay, mut tunnel) = after_the_probe(Reply::Message(rubbish), Config::default()).await;
        let mut local = tunnel.connect().await;
        is_reset(&mut local).await;
        let What::Failed { reason, .. } = last_word(&mut tunnel).await else { unreachable!() };
        assert!(!reason.is_empty());
        assert_eq!(tunnel.lease.tunnel().stats().open, 0);
    }
}

#[tokio::test]
async fn a_relay_that_floods_a_peer_that_never_reads() {
    let (relay, mut tunnel) = after_the_probe(Reply::Flood, Config::default()).await;
    let local = tunnel.connect().await;
    let deadline = Instant::now() + Duration::from_secs(30);
    while !relay.seen().stalled {
        assert!(Instant::now() < deadline, "the flood is taken without end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The peer goes without having read a byte, and the tunnel with it.
    drop(local);
    assert!(matches!(last_word(&mut tunnel).await, What::Closed { .. }));
    assert_eq!(tunnel.lease.tunnel().stats().open, 0);
}

#[tokio::test]
async fn losses_in_a_row_through_a_listener() {
    let config = Config {
        first_delay: Duration::from_millis(1),
        longest_delay: Duration::from_millis(2),
        ..Config::default()
    };
    // Odd numbers, so that the losses fall inside of chunks and of replays, and some before the first ACK.
    let cut = Cut::Abrupt { up: 7_001, down: 5_003 };
    let (relay, tunnel) = after_the_probe(Reply::Echo(cut), config).await;
    let mut local = tunnel.connect().await;
    let sent = pattern(100_000);
    let mut received = vec![0; sent.len()];
    let (mut reader, mut writer) = local.split();
    let (read, written) = tokio::join!(reader.read_exact(&mut received), writer.write_all(&sent));
    read.unwrap();
    written.unwrap();
    assert!(received == sent, "the echo differs");
    let resumes = tunnel.lease.tunnel().stats().resumes;
    assert!(resumes >= 10 && resumes < relay.seen().heads.len() as u64, "{resumes}");
}

#[tokio::test]
async fn the_end_of_the_backend_leaves_nothing_behind() {
    let sent = pattern(1_000_000);
    let ends = Cut::BackendEnds { down: sent.len() };
    let (_relay, mut tunnel) = after_the_probe(Reply::Echo(ends), Config::default()).await;
    let mut local = tunnel.connect().await;
    // Written first and read only then: at the end, bytes wait in every queue on the way.
    local.write_all(&sent).await.unwrap();
    let mut received = Vec::new();
    local.read_to_end(&mut received).await.unwrap();
    assert!(received == sent, "the echo differs");
    drop(local);
    let last = last_word(&mut tunnel).await;
    assert_eq!(last, What::Closed { code: Some(4010), sent: 1_000_000, received: 1_000_000 });
}

#[tokio::test]
async fn late_replies_come_after_the_local_end() {
    let config = Config { grace: Duration::from_secs(1), ..Config::default() };
    let (_relay, mut tunnel) = after_the_probe(Reply::Echo(Cut::Never), config).await;
    let mut local = tunnel.connect().await;
    let sent = pattern(500_000);
    let (mut reader, mut writer) = local.split();
    let writing = async {
        writer.write_all(&sent).await.unwrap();
        writer.shutdown().await.unwrap();
    };
    let mut received = Vec::new();
    let ((), read) = tokio::join!(writing, reader.read_to_end(&mut received));
    read.unwrap();
    assert!(received == sent, "the echo differs");
    let last = last_word(&mut tunnel).await;
    assert_eq!(last, What::Closed { code: Some(1000), sent: 500_000, received: 500_000 });
}

#[tokio::test]
async fn a_local_reset_ends_the_session() {
    let (relay, mut tunnel) = after_the_probe(Reply::Echo(Cut::Never), Config::default()).await;
    let mut local = tunnel.connect().await;
    local.write_all(b"hello").await.unwrap();
    assert_eq!(local.read_u8().await.unwrap(), b'h');
    socket2::SockRef::from(&local).set_linger(Some(Duration::ZERO)).unwrap();
    drop(local);
    assert!(matches!(last_word(&mut tunnel).await, What::Closed { sent: 5, .. }));
    // The probe's Close, and this one's: nothing is left open at the relay.
    let deadline = Instant::now() + Duration::from_secs(20);
    while relay.seen().closes.len() < 2 {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
