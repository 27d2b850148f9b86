//! Ways to the relay: proxies, private addresses, client certificates, and those who stand between.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

mod support;

use std::sync::Arc;

use adit_tunnel::{Between, DialError, DialErrorKind, Dialer, ProxyProblem, RelayEndpoint};
use support::certificates::Certificates;
use support::proxy::{Manner, Proxy};
use support::{Cut, Relay, Reply, Tokens, header, target};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

async fn relay() -> Relay {
    Relay::start(|_, _| Reply::Echo(Cut::Never)).await
}

fn dialer(endpoint: RelayEndpoint) -> Dialer {
    Dialer::new(endpoint, Arc::new(Tokens::default())).unwrap()
}

async fn echoes(dialer: &Dialer) {
    let mut connection = dialer.dial(&target(7)).await.unwrap();
    connection.stream.write_all(b"hello").await.unwrap();
    let mut answer = [0; 5];
    connection.stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"hello");
}

/// What becomes of a dial through a proxy with this manner, and how often the proxy was asked.
async fn refused(manner: Manner, user: &str) -> (DialError, usize) {
    let relay = relay().await;
    let proxy = Proxy::start(manner).await;
    let mut endpoint = relay.endpoint(&relay.url);
    endpoint.proxy = proxy.choice(user);
    let error = dialer(endpoint).dial(&target(7)).await.unwrap_err();
    assert!(relay.seen().heads.is_empty());
    let address = format!("127.0.0.1:{}", proxy.port);
    assert!(error.reason.contains(&address), "{error}");
    assert_eq!(error.between, Some(Between::Proxy { address }));
    (error, proxy.heads().len())
}

#[tokio::test]
async fn a_proxy_is_asked_for_the_relay_by_name() {
    let relay = relay().await;
    let proxy = Proxy::start(Manner::Connects(relay.port)).await;
    let mut endpoint = relay.endpoint(&relay.url);
    endpoint.proxy = proxy.choice("");
    echoes(&dialer(endpoint)).await;
    let heads = proxy.heads();
    let name = format!("localhost:{}", relay.port);
    assert!(heads[0].starts_with(&format!("CONNECT {name} HTTP/1.1\r\n")), "{}", heads[0]);
    assert_eq!(header(&heads[0], "Host"), Some(name.as_str()));
    assert_eq!(header(&heads[0], "Proxy-Authorization"), None);
    assert_eq!(header(&heads[0], "Authorization"), None, "the token is the relay's alone");
    assert_eq!(header(&relay.seen().heads[0], "Host"), Some(name.as_str()));
    assert_eq!(header(&relay.seen().heads[0], "Proxy-Authorization"), None);
}

#[tokio::test]
async fn the_relays_name_is_the_proxys_to_resolve() {
    let relay = Relay::start_with(Certificates::of("relay.invalid"), |_, _| Reply::Echo(Cut::Never)).await;
    let proxy = Proxy::start(Manner::Connects(relay.port)).await;
    let mut endpoint = relay.endpoint(&relay.url);
    endpoint.proxy = proxy.choice("");
    echoes(&dialer(endpoint)).await;
}

#[tokio::test]
async fn a_proxy_is_shown_user_and_password() {
    let relay = relay().await;
    let proxy = Proxy::start(Manner::Demands(relay.port, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")).await;
    let mut endpoint = relay.endpoint(&relay.url);
    endpoint.proxy = proxy.choice("Aladdin:open%20sesame@");
    echoes(&dialer(endpoint)).await;
}

#[tokio::test]
async fn a_proxy_that_wants_credentials_says_so_at_once() {
    let (error, asked) = refused(Manner::Demands(1, "Basic x"), "").await;
    assert_eq!(error.kind, DialErrorKind::Proxy(ProxyProblem::CredentialsNeeded));
    assert_eq!(asked, 1);
    let (error, asked) = refused(Manner::Demands(1, "Basic x"), "user:hunter2@").await;
    assert_eq!(error.kind, DialErrorKind::Proxy(ProxyProblem::CredentialsRefused));
    assert_eq!(asked, 1);
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_refusal_of_the_proxy_is_told_as_the_proxys() {
    let answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 13\r\n\r\nnot on my net".to_vec();
    let (error, asked) = refused(Manner::Answers(answer), "").await;
    assert_eq!(error.kind, DialErrorKind::Proxy(ProxyProblem::Refused { status: 403 }));
    assert_eq!((error.code, error.body.as_deref()), (Some(403), Some("not on my net")));
    assert_eq!(asked, 1);
    let answer = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n".to_vec();
    let (error, asked) = refused(Manner::Answers(answer), "").await;
    assert_eq!(error.kind, DialErrorKind::Proxy(ProxyProblem::Refused { status: 502 }));
    assert!(asked > 1, "it may pass");
}

#[tokio::test]
async fn rubbish_from_a_proxy_is_named_as_such_and_bounded() {
    let mut endless = b"HTTP/1.1 200 OK\r\nX-Filler: ".to_vec();
    endless.resize(1024 * 1024, b'x');
    for answer in [b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), endless] {
        let (error, _) = refused(Manner::Answers(answer), "").await;
        assert_eq!(error.kind, DialErrorKind::Proxy(ProxyProblem::Rubbish), "{error}");
    }
    let (error, _) = refused(Manner::Answers(Vec::new()), "").await;
    assert_eq!(error.kind, DialErrorKind::Proxy(ProxyProblem::Unreachable), "{error}");
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named() {
    let relay = relay().await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut endpoint = relay.endpoint(&relay.url);
    endpoint.proxy = format!("http://{closed}").parse().unwrap();
    let error = dialer(endpoint).dial(&target(7)).await.unwrap_err();
    assert_eq!(error.kind, DialErrorKind::Proxy(ProxyProblem::Unreachable));
    assert!(error.reason.starts_with(&format!("the proxy {closed} cannot be reached")), "{error}");
}

#[tokio::test]
async fn leaving_ends_a_dial_that_a_proxy_holds_up() {
    let relay = relay().await;
    let proxy = Proxy::start(Manner::Hangs).await;
    let mut endpoint = relay.endpoint(&relay.url);
    endpoint.proxy = proxy.choice("");
    let (dialer, target) = (dialer(endpoint), target(7));
    let mut dial = Box::pin(dialer.dial(&target));
    while proxy.heads().is_empty() {
        tokio::select! {
            _ = &mut dial => unreachable!("nothing was answered"),
            () = tokio::task::yield_now() => {}
        }
    }
}

#[tokio::test]
async fn a_private_address_is_dialled_under_the_relays_name() {
    let relay = Relay::start_with(Certificates::of("relay.invalid"), |_, _| Reply::Echo(Cut::Never)).await;
    let mut endpoint = relay.endpoint("wss://relay.invalid/v4");
    endpoint.address = Some(format!("127.0.0.1:{}", relay.port).parse().unwrap());
    echoes(&dialer(endpoint)).await;
    assert_eq!(header(&relay.seen().heads[0], "Host"), Some("relay.invalid"));

    // The certificate has to be the name's, not the address's.
    let mut endpoint = relay.endpoint("wss://other.invalid/v4");
    endpoint.address = Some(format!("127.0.0.1:{}", relay.port).parse().unwrap());
    let error = dialer(endpoint).dial(&target(7)).await.unwrap_err();
    assert_eq!((error.kind, error.between), (DialErrorKind::Tls, None));
}

#[tokio::test]
async fn a_client_certificate_is_shown_where_it_is_asked_for() {
    let certificates = Certificates::of("localhost").for_certified_clients();
    let relay = Relay::start_with(certificates, |_, _| Reply::Echo(Cut::Never)).await;
    let mut endpoint = relay.endpoint(&relay.url);
    endpoint.identity = Some(relay.certificates.identity());
    echoes(&dialer(endpoint)).await;

    let stranger = Certificates::of("localhost").identity();
    for identity in [None, Some(stranger)] {
        let mut endpoint = relay.endpoint(&relay.url);
        endpoint.identity = identity;
        let error = dialer(endpoint).dial(&target(7)).await.unwrap_err();
        assert_eq!(error.kind, DialErrorKind::Tls, "{error}");
    }
    assert_eq!(relay.seen().heads.len(), 1, "no token goes where the certificate did not");
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_named() {
    for (from, until) in [(2000, 2001), (4000, 4001)] {
        let certificates = Certificates::of("localhost").valid(from, until);
        let relay = Relay::start_with(certificates, |_, _| Reply::Echo(Cut::Never)).await;
        let error = dialer(relay.endpoint(&relay.url)).dial(&target(7)).await.unwrap_err();
        assert_eq!(
            (error.kind, error.between),
            (DialErrorKind::Tls, Some(Between::Clock)),
            "{}",
            error.reason
        );
    }
}

#[tokio::test]
async fn whoever_inspects_tls_is_named() {
    let relay = relay().await;
    let inspecting = Certificates::issued_by("Acme TLS Inspection", "localhost");
    let inspector = Relay::start_with(inspecting, |_, _| Reply::Echo(Cut::Never)).await;
    for identity in [None, Some(relay.certificates.identity())] {
        let client_certificate = identity.is_some();
        let mut endpoint = relay.endpoint(&inspector.url);
        endpoint.identity = identity;
        let error = dialer(endpoint).dial(&target(7)).await.unwrap_err();
        assert_eq!(error.kind, DialErrorKind::Tls);
        let issuer = "Acme TLS Inspection".to_owned();
        assert!(error.reason.contains(&issuer), "{error}");
        assert_eq!(error.between, Some(Between::Inspection { issuer, client_certificate }));
    }
    assert!(inspector.seen().heads.is_empty(), "no token goes to a stranger");
}
