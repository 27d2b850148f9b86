//! A panic in one task harms that one alone, and what waits for it is told.

mod support;

use std::collections::HashSet;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use adit_tunnel::listen::{Activity, What};
use adit_tunnel::{Freshness, TokenError, TokenSource};
use secrecy::SecretString;
use support::tunnels::{Alone, pool, spec};
use support::{Cut, Relay, Reply, target};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Panics when it is asked these times, from 0.
struct Faulty {
    panics: HashSet<usize>,
    asked: AtomicUsize,
}

impl Faulty {
    fn at(times: impl IntoIterator<Item = usize>) -> Arc<Self> {
        Arc::new(Self { panics: times.into_iter().collect(), asked: AtomicUsize::new(0) })
    }
}

#[async_trait::async_trait]
impl TokenSource for Faulty {
    async fn access_token(&self, _need: Freshness) -> Result<SecretString, TokenError> {
        let time = self.asked.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics.contains(&time), "a mistake");
        Ok(SecretString::from("token"))
    }
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

#[tokio::test]
async fn a_connection_that_breaks_off_is_reset_and_the_listener_serves_the_next() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    // The probe asks first.
    let mut tunnel = Alone::open(&relay.dialer_with(Faulty::at([1])), spec()).await.unwrap();
    let mut first = tunnel.connect().await;
    let error = first.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset, "a mistake must not look like an end");
    let What::Failed { reason, .. } = last_word(&mut tunnel).await else { panic!("it did not fail") };
    assert!(reason.contains("mistake"), "{reason}");
    assert_eq!(tunnel.lease.tunnel().stats().open, 0);

    let mut second = tunnel.connect().await;
    second.write_all(b"hello").await.unwrap();
    let mut answer = [0; 5];
    second.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"hello");
    assert_eq!(tunnel.lease.tunnel().stats().activity, Activity::Live);
}

#[tokio::test]
async fn a_tunnel_that_breaks_off_does_not_look_like_the_end_of_its_stream() {
    // The first WebSocket ends soon, and what asks for another panics.
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Abrupt { up: 1, down: usize::MAX })).await;
    let mut connection = relay.dialer_with(Faulty::at([1])).dial(&target(7)).await.unwrap();
    connection.stream.write_all(b"hello").await.unwrap();
    let error = connection.stream.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert!(error.to_string().contains("mistake"), "{error}");
}

#[tokio::test]
async fn a_probe_that_breaks_off_leaves_its_place_free() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let (pool, dialer) = (pool(), relay.dialer_with(Faulty::at([0])));
    let opening = {
        let (pool, dialer) = (pool.clone(), dialer.clone());
        tokio::spawn(async move { pool.open("", &dialer, spec()).await.map(drop) })
    };
    assert!(opening.await.unwrap_err().is_panic());
    assert!(pool.tunnels().is_empty());
    pool.open("", &dialer, spec()).await.unwrap();
}
