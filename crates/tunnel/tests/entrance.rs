//! Who comes in through a listener, and what goes through it.

mod support;

use std::io;
use std::sync::Arc;

use adit_relay::Frame;
use adit_tunnel::guard::Guard;
use adit_tunnel::listen::What;
use adit_tunnel::peer::{Link, PeerLookup, PeerUser, Process};
use adit_tunnel::pool::{Pool, Spec};
use bytes::Bytes;
use support::tunnels::{Alone, spec};
use support::{Cut, Relay, Reply};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

/// A system on which every peer is another user's `intruder`.
struct Others;

impl PeerLookup for Others {
    fn user(&self, _: Link) -> io::Result<PeerUser> {
        Ok(PeerUser::Other)
    }

    fn process(&self, _: Link) -> io::Result<Process> {
        self.running(7)
    }

    fn running(&self, pid: u32) -> io::Result<Process> {
        let program = Some("/usr/bin/intruder".into());
        Ok(Process { pid, parent: None, group: None, program, started: Some(1) })
    }
}

#[tokio::test]
async fn another_user_is_reset_and_nothing_is_dialled() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let pool = Pool::new(8, Arc::new(Others));
    let lease = pool.open("", &relay.dialer(), spec()).await.unwrap();
    let mut events = lease.tunnel().events();
    let address = lease.tunnel().local().address().unwrap();
    for number in 1..=20 {
        let read = async { TcpStream::connect(address).await?.read_u8().await };
        assert_eq!(read.await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        let event = events.next().await.unwrap();
        assert_eq!(event.connection, number);
        let What::Refused { why } = event.what else { unreachable!() };
        assert!(why.contains("intruder (pid 7)"), "{why}");
    }
    let stats = lease.tunnel().stats();
    assert_eq!((stats.refused, stats.accepted, stats.open), (20, 0, 0));
    assert!(stats.last_refusal.unwrap().contains("intruder"));
    assert_eq!(relay.seen().heads.len(), 1, "the probe only");
}

/// A relay whose backend speaks first.
async fn greeting() -> Relay {
    Relay::start(|_, _| {
        let greeting = Frame::Data(Bytes::from_static(b"SSH-2.0-x\r\n")).encode();
        Reply::Message(Message::Binary(greeting))
    })
    .await
}

#[tokio::test]
async fn a_guarded_tunnel_loses_nothing_of_a_server_that_speaks_first() {
    let relay = greeting().await;
    let mut tunnel = Alone::open(&relay.dialer(), Spec { guard: Guard::NotHttp, ..spec() }).await.unwrap();
    let mut local = tunnel.connect().await;
    let mut banner = [0; 11];
    local.read_exact(&mut banner).await.unwrap();
    assert_eq!(&banner, b"SSH-2.0-x\r\n");
    local.write_all(b"SSH-2.0-y\r\n").await.unwrap();
    assert_eq!(tunnel.told().await, What::Connected);
}

#[tokio::test]
async fn a_web_page_is_kept_out_of_a_tunnel_that_is_not_for_it() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let mut tunnel = Alone::open(&relay.dialer(), Spec { guard: Guard::NotHttp, ..spec() }).await.unwrap();
    let mut local = tunnel.connect().await;
    local.write_all(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nFLUSHALL\r\n").await.unwrap();
    let mut answer = Vec::new();
    assert_eq!(local.read_to_end(&mut answer).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert!(answer.is_empty(), "nothing of it reached the backend");
    loop {
        match tunnel.told().await {
            What::Connected => {}
            What::Refused { why } => break assert!(why.contains("HTTP"), "{why}"),
            other => unreachable!("{other:?}"),
        }
    }
    let stats = tunnel.lease.tunnel().stats();
    assert_eq!((stats.refused, stats.sent), (1, 0));

    let mut local = tunnel.connect().await;
    local.write_all(b"\x16\x03\x01").await.unwrap();
    let mut echo = [0; 3];
    local.read_exact(&mut echo).await.unwrap();
    assert_eq!(&echo, b"\x16\x03\x01");
}
