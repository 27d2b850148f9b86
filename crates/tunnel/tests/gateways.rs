//! One listener for all targets.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use adit_tunnel::audience::Audience;
use adit_tunnel::gateway::{Denial, GatewayTarget, Login};
use adit_tunnel::listen::{Activity, GatewayRefusal, Options, Place, Resolve, What};
use adit_tunnel::pool::{GatewayListener, GatewaySpec};
use adit_tunnel::{Dialer, Target};
use support::tunnels::{anywhere, pool};
use support::{Cut, Relay, Reply};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Knows one project.
struct Directory(Dialer);

#[async_trait::async_trait]
impl Resolve for Directory {
    async fn resolve(&self, asked: &GatewayTarget) -> Result<(Dialer, Target), GatewayRefusal> {
        if asked.project == "demo-1" {
            // As the tests of tunnels call it.
            Ok((self.0.clone(), support::target(asked.port)))
        } else {
            Err(GatewayRefusal {
                denial: Denial::NotAllowed,
                why: format!("no account for {}", asked.project),
            })
        }
    }
}

async fn gateway(relay: &Relay, login: Option<Login>) -> GatewayListener {
    let spec = GatewaySpec {
        place: Place::Address(anywhere()),
        audience: Audience::User,
        login,
        limits: Options::default(),
    };
    pool().open_gateway(spec, Arc::new(Directory(relay.dialer()))).await.unwrap()
}

/// Asks for a target by CONNECT. The stream, and the head of the answer.
async fn ask(gateway: &GatewayListener, target: &str, early: &str) -> (TcpStream, String) {
    let mut local = TcpStream::connect(gateway.local().address().unwrap()).await.unwrap();
    let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n{early}");
    local.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(local.read_u8().await.unwrap());
    }
    (local, String::from_utf8(head).unwrap())
}

#[tokio::test]
async fn a_client_reaches_what_it_asks_for() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let gateway = gateway(&relay, None).await;
    assert!(relay.seen().heads.is_empty(), "a gateway has no target to probe");
    let mut events = gateway.events();
    let (mut local, head) = ask(&gateway, "web-1.europe-west3-a.demo-1.adit:7", "early").await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    local.write_all(b", late").await.unwrap();
    let mut echo = [0; 11];
    local.read_exact(&mut echo).await.unwrap();
    assert_eq!(&echo, b"early, late");
    assert_eq!(events.next().await.unwrap().what, What::Connected);
    let connections = gateway.connections().await;
    assert_eq!(connections.first().unwrap().target, Some(support::target(7)));
    assert_eq!(gateway.stats().activity, Activity::Live);
    assert_eq!((gateway.stats().sent, gateway.stats().received), (11, 11));
    assert_eq!(relay.seen().heads.len(), 1);
}

#[tokio::test]
async fn a_client_of_socks_reaches_what_it_asks_for() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let gateway = gateway(&relay, None).await;
    let mut local = TcpStream::connect(gateway.local().address().unwrap()).await.unwrap();
    local.write_all(&[5, 1, 0]).await.unwrap();
    let mut method = [0; 2];
    local.read_exact(&mut method).await.unwrap();
    assert_eq!(method, [5, 0]);
    let name = b"web-1.europe-west3-a.demo-1.adit";
    let mut request = vec![5, 1, 0, 3, u8::try_from(name.len()).unwrap()];
    request.extend_from_slice(name);
    request.extend_from_slice(&22_u16.to_be_bytes());
    local.write_all(&request).await.unwrap();
    let mut reply = [0; 10];
    local.read_exact(&mut reply).await.unwrap();
    assert_eq!(reply.get(..2), Some(&[5, 0][..]));
    local.write_all(b"hello").await.unwrap();
    let mut echo = [0; 5];
    local.read_exact(&mut echo).await.unwrap();
    assert_eq!(&echo, b"hello");
}

#[tokio::test]
async fn success_is_not_said_before_it_is_one() {
    let relay = Relay::start(|number, _| match number {
        0 => Reply::Close(4033, "not authorized"),
        1 => Reply::Close(4003, "nothing listens"),
        _ => Reply::Close(4047, "no such instance"),
    })
    .await;
    let gateway = gateway(&relay, None).await;
    let mut events = gateway.events();
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let (_, head) = ask(&gateway, "web-1.europe-west3-a.demo-1.adit:7", "").await;
        statuses.push(head.split(' ').nth(1).unwrap().to_owned());
        let told = events.next().await.unwrap().what;
        assert!(matches!(told, What::Denied { .. } | What::Failed { .. }), "{told:?}");
    }
    assert_eq!(statuses.first().unwrap(), "403");
    assert!(statuses.iter().all(|status| status != "200"), "{statuses:?}");
}

#[tokio::test]
async fn what_nobody_knows_is_refused_without_a_dial() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let gateway = gateway(&relay, None).await;
    let mut events = gateway.events();
    for target in ["web-1.europe-west3-a.elsewhere.adit:7", "example.com:443", "127.0.0.1:22"] {
        let (mut local, head) = ask(&gateway, target, "").await;
        assert!(head.starts_with("HTTP/1.1 4"), "{target}: {head}");
        local.read_to_end(&mut Vec::new()).await.unwrap();
        let told = events.next().await.unwrap().what;
        assert!(matches!(told, What::Refused { .. }), "{target}: {told:?}");
    }
    assert!(relay.seen().heads.is_empty());
    assert_eq!(gateway.stats().refused, 3);
    assert_eq!(gateway.stats().activity, Activity::Idle);
}

#[tokio::test]
async fn a_client_without_the_login_is_refused() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let login = Login { user: "ada".to_owned(), password: "secret".to_owned().into() };
    let gateway = gateway(&relay, Some(login)).await;
    let (_, head) = ask(&gateway, "web-1.europe-west3-a.demo-1.adit:7", "").await;
    assert!(head.starts_with("HTTP/1.1 407 "), "{head}");
    assert!(relay.seen().heads.is_empty());
}

#[tokio::test]
async fn a_client_that_says_nothing_does_not_stay() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let gateway = gateway(&relay, None).await;
    let mut events = gateway.events();
    let mut local = TcpStream::connect(gateway.local().address().unwrap()).await.unwrap();
    let told = tokio::time::timeout(Duration::from_secs(60), events.next()).await.unwrap().unwrap();
    assert_eq!(told.what, What::Refused { why: "the handshake was not over within 10 s".to_owned() });
    assert_eq!(local.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(gateway.stats().open, 0);
}
