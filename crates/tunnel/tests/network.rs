//! A changed network, or a machine that woke up, is noticed at once.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use adit_tunnel::{Config, Dialer, Event, NetworkChanges, Watch};
use support::{Cut, Relay, Reply, Tokens, target};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

/// Longer than anything here takes, shorter than the next ping or attempt would be without the signal.
const LONG: Duration = Duration::from_secs(20);

/// Changes on request.
struct Fired(mpsc::Receiver<()>);

#[async_trait::async_trait]
impl NetworkChanges for Fired {
    async fn changed(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending().await
        }
    }
}

fn dialer(relay: &Relay) -> (Dialer, mpsc::Sender<()>) {
    let (fire, fired) = mpsc::channel(1);
    let endpoint = relay.endpoint(&relay.url);
    let dialer = Dialer::watching(endpoint, Arc::new(Tokens::default()), Box::new(Fired(fired))).unwrap();
    // Nothing but the signal finds a dead link within the time of a test.
    let config = Config {
        first_ping: Duration::from_secs(600),
        ping_interval: Duration::from_secs(600),
        probe_timeout: Duration::from_millis(50),
        ..Config::default()
    };
    (dialer.with_config(config), fire)
}

async fn until(watch: &mut Watch, wanted: impl Fn(&Event) -> bool) -> Event {
    tokio::time::timeout(LONG, async {
        loop {
            let event = watch.next().await.unwrap();
            if wanted(&event) {
                return event;
            }
        }
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_tunnel_whose_relay_went_silent_is_resumed_at_once() {
    let relay =
        Relay::start(|number, _| Reply::Echo(if number < 2 { Cut::Frozen { up: 1 } } else { Cut::Never }))
            .await;
    let (dialer, fire) = dialer(&relay);
    let mut connections = Vec::new();
    for _ in 0..2 {
        let mut connection = dialer.dial(&target(7)).await.unwrap();
        connection.stream.write_all(b"hello").await.unwrap();
        connections.push(connection);
    }
    fire.send(()).await.unwrap();
    for connection in &mut connections {
        until(&mut connection.watch, |event| *event == Event::Resumed).await;
        let mut answer = [0; 5];
        connection.stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"hello");
    }
    assert_eq!(relay.seen().heads.len(), 4);
}

#[tokio::test]
async fn a_live_tunnel_stays_as_it_is() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let (dialer, fire) = dialer(&relay);
    let mut connection = dialer.dial(&target(7)).await.unwrap();
    fire.send(()).await.unwrap();
    // The answer to the ping that asks whether it still lives.
    until(&mut connection.watch, |event| matches!(event, Event::RoundTrip(_))).await;
    connection.stream.write_all(b"x").await.unwrap();
    assert_eq!(connection.stream.read_u8().await.unwrap(), b'x');
    assert_eq!(relay.seen().heads.len(), 1);
}

#[tokio::test]
async fn a_waiting_countdown_ends_at_once() {
    let relay = Relay::start(|number, _| match number {
        0 => Reply::Echo(Cut::Abrupt { up: 1, down: usize::MAX }),
        1 => Reply::Http("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n"),
        _ => Reply::Echo(Cut::Never),
    })
    .await;
    let (dialer, fire) = dialer(&relay);
    let mut connection = dialer.dial(&target(7)).await.unwrap();
    connection.stream.write_all(b"x").await.unwrap();
    until(
        &mut connection.watch,
        |event| matches!(event, Event::Reconnecting { wait, .. } if *wait > Duration::from_secs(60)),
    )
    .await;
    fire.send(()).await.unwrap();
    until(&mut connection.watch, |event| *event == Event::Resumed).await;
    assert_eq!(connection.stream.read_u8().await.unwrap(), b'x');
}
