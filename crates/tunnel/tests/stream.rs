//! Ends and back-pressure of the stream.

mod support;

use adit_tunnel::{Config, Connection, Event};
use std::time::Duration;
use support::{Cut, Relay, Reply, pattern, target};
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
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let Connection { stream, watch } = relay.dialer().dial(&target(7)).await.unwrap();
    let control = watch.control();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let total = 64 * 1024 * 1024;
    let sent = pattern(1024 * 1024);
    let writing = tokio::spawn(async move {
        let mut written = 0;
        // The echo is not read, so that writing must stop as well some day: at the latest when every queue on
        // the way is full.
        while written < total {
            match tokio::time::timeout(Duration::from_secs(1), writer.write_all(&sent)).await {
                Ok(result) => result.unwrap(),
                Err(_) => break,
            }
            written += sent.len();
        }
        (writer, written)
    });
    let (writer, written) = writing.await.unwrap();
    assert!(written < total, "nothing slowed the writer down");
    let (sent, received) = control.bytes();
    assert!(received <= 6 * 1024 * 1024, "{received} bytes are held for a reader that does not read");
    assert!(sent - received <= 32 * 1024 * 1024, "{sent} sent");
    // It is not dead, only slow.
    let mut received = vec![0; 1024 * 1024];
    reader.read_exact(&mut received).await.unwrap();
    assert!(received == pattern(1024 * 1024));
    drop(writer);
}

#[tokio::test]
async fn a_relay_that_never_acknowledges_stops_the_writer() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Mute)).await;
    let Connection { mut stream, watch } = relay.dialer().dial(&target(7)).await.unwrap();
    let chunk = pattern(256 * 1024);
    let mut written = 0;
    while written < 64 * 1024 * 1024 {
        match tokio::time::timeout(Duration::from_millis(500), stream.write_all(&chunk)).await {
            Ok(result) => result.unwrap(),
            Err(_) => break,
        }
        written += chunk.len();
    }
    assert!(written <= 5 * 1024 * 1024, "{written} bytes are held unacknowledged");
    assert!(watch.control().bytes().0 <= 4 * 1024 * 1024);
}
