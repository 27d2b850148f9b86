//! Ends and back-pressure of the stream.

mod support;

use adit_tunnel::{Config, Connection, Event, proxy};
use std::time::Duration;
use support::{Cut, FLOOD, Relay, Reply, pattern, target};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[tokio::test]
async fn late_replies_arrive_after_the_local_end() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let config = Config { grace: Duration::from_millis(200), ..Config::default() };
    let Connection { mut stream, mut watch } =
        relay.dialer().with_config(config).dial(&target(7)).await.unwrap();
    let sent = pattern(100_005);
    stream.write_all(&sent).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut received = Vec::new();
    stream.read_to_end(&mut received).await.unwrap();
    assert!(received == sent, "{} of {} bytes", received.len(), sent.len());
    assert!(stream.write_all(b"x").await.is_err());
    let mut last = None;
    while let Some(event) = watch.next().await {
        last = Some(event);
    }
    assert_eq!(last, Some(Event::Closed { code: Some(1000), sent: 100_005, received: 100_005 }));
    assert_eq!(relay.seen().closes, [1000]);
}

#[tokio::test]
async fn the_end_of_the_backend_comes_after_its_last_byte() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::BackendEnds { down: 50_000 })).await;
    let Connection { mut stream, mut watch } = relay.dialer().dial(&target(7)).await.unwrap();
    let sent = pattern(60_000);
    stream.write_all(&sent).await.unwrap();
    let mut received = Vec::new();
    stream.read_to_end(&mut received).await.unwrap();
    assert!(received == sent[..50_000], "{} bytes", received.len());
    let mut last = None;
    while let Some(event) = watch.next().await {
        last = Some(event);
    }
    assert!(matches!(last, Some(Event::Closed { code: Some(4010), received: 50_000, .. })), "{last:?}");
}

#[tokio::test]
async fn what_was_written_before_a_drop_is_sent() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let Connection { mut stream, mut watch } = relay.dialer().dial(&target(7)).await.unwrap();
    stream.write_all(&pattern(200_000)).await.unwrap();
    drop(stream);
    let mut last = None;
    while let Some(event) = watch.next().await {
        last = Some(event);
    }
    assert!(matches!(last, Some(Event::Closed { sent: 200_000, .. })), "{last:?}");
}

#[tokio::test]
async fn a_reader_that_stops_stops_the_relay() {
    let relay = Relay::start(|_, _| Reply::Flood).await;
    let Connection { mut stream, watch } = relay.dialer().dial(&target(7)).await.unwrap();
    let control = watch.control();
    let limit = 6 * 1024 * 1024;
    while !relay.seen().stalled {
        let (_, received) = control.bytes();
        assert!(received <= limit, "{received} bytes are held for a reader that does not read");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(control.bytes().1 <= limit);
    // It is not dead, only slow.
    let mut received = [0; FLOOD.len()];
    for _ in 0..1024 {
        stream.read_exact(&mut received).await.unwrap();
        assert!(received == FLOOD);
    }
}

#[tokio::test]
async fn a_relay_that_never_acknowledges_stops_the_writer() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Mute)).await;
    let Connection { mut stream, watch } = relay.dialer().dial(&target(7)).await.unwrap();
    // The window of unacknowledged bytes and the queue before it, and not a byte more.
    stream.write_all(&pattern(4 * 1024 * 1024 + 256 * 1024)).await.unwrap();
    assert!(futures_util::poll!(Box::pin(stream.write(b"x"))).is_pending());
    assert!(watch.control().bytes().0 <= 4 * 1024 * 1024);
}

#[tokio::test]
async fn a_copy_that_is_called_off_at_once_ends_its_session_in_order() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let connection = relay.dialer().dial(&target(7)).await.unwrap();
    let (ours, _theirs) = tokio::io::duplex(64);
    let (mut reader, mut writer) = tokio::io::split(ours);
    let mut carrying = Box::pin(proxy(connection, &mut reader, &mut writer, |_| {}));
    assert!(futures_util::poll!(carrying.as_mut()).is_pending());
    // The session's task is handing the session over to somebody who will not take it.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    drop(carrying);
    let closed = async {
        while relay.seen().closes.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), closed).await.unwrap();
    assert_eq!(relay.seen().closes, [1000]);
}
