//! Dialing: what is asked of the relay, and what becomes of its answers.

mod support;

use std::sync::Arc;
use std::time::Duration;

use adit_tunnel::{
    Config, DialErrorKind, Dialer, Freshness, Patience, RelayEndpoint, Roots, TokenError, Violation,
};
use support::{Cut, Relay, Reply, Tokens, header, target};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::protocol::Message;

#[tokio::test]
async fn the_request_is_the_one_that_the_specification_shows() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let connection = relay.dialer().dial(&target(22)).await.unwrap();
    drop(connection);
    let seen = relay.seen();
    let head = &seen.heads[0];
    assert!(
        head.starts_with(
            "GET /v4/connect?project=demo&port=22&newWebsocket=True&zone=europe-west3-a&instance=web-1&interface=nic0 HTTP/1.1\r\n"
        ),
        "{head}"
    );
    let host = relay.url.strip_prefix("wss://").unwrap().strip_suffix("/v4").unwrap();
    for (name, value) in [
        ("Host", host),
        ("Authorization", "Bearer token-0"),
        ("Origin", "bot:iap-tunneler"),
        ("User-Agent", concat!("adit/", env!("CARGO_PKG_VERSION"))),
        ("Sec-WebSocket-Protocol", "relay.tunnel.cloudproxy.app"),
        ("Sec-WebSocket-Version", "13"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
    ] {
        assert_eq!(header(head, name), Some(value), "{name}");
    }
    assert_eq!(header(head, "Sec-WebSocket-Extensions"), None);
    assert_eq!(head.lines().count(), 11, "no header beyond the key: {head}");
}

#[tokio::test]
async fn bytes_come_back() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let mut connection = relay.dialer().dial(&target(7)).await.unwrap();
    connection.stream.write_all(b"hello").await.unwrap();
    let mut answer = [0; 5];
    connection.stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"hello");
}

#[tokio::test]
async fn a_relay_that_echoes_no_subprotocol_is_taken() {
    let relay = Relay::start(|_, _| Reply::NoSubprotocol).await;
    let mut connection = relay.dialer().dial(&target(7)).await.unwrap();
    connection.stream.write_all(b"x").await.unwrap();
    assert_eq!(connection.stream.read_u8().await.unwrap(), b'x');
}

#[tokio::test]
async fn close_codes_have_kinds() {
    for (code, reason, kind) in [
        (4033, "not authorized", DialErrorKind::Denied),
        (4047, "Failed to lookup instance", DialErrorKind::NotFound),
        (4003, "failed to connect to backend", DialErrorKind::Backend),
    ] {
        let relay = Relay::start(move |_, _| Reply::Close(code, reason)).await;
        let error = relay.dialer().dial(&target(22)).await.unwrap_err();
        assert_eq!((error.kind, error.code, error.reason.as_str()), (kind, Some(code), reason));
        assert_eq!(relay.seen().heads.len(), 1, "{code} is not retried");
    }
}

#[tokio::test]
async fn a_renewed_token_is_not_renewed_again_because_the_relay_is_busy() {
    let relay = Relay::start(|number, _| match number {
        0 => Reply::Http("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
        1 | 2 => Reply::Http("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"),
        _ => Reply::Echo(Cut::Never),
    })
    .await;
    let tokens = Arc::new(Tokens::default());
    // The waits between attempts are not what is tested here.
    let config = Config { first_delay: Duration::from_millis(1), ..Config::default() };
    let dialer = relay.dialer_with(tokens.clone()).with_config(config);
    drop(dialer.dial(&target(7)).await.unwrap());
    assert_eq!(
        *tokens.asked.lock().unwrap(),
        [Freshness::Cached, Freshness::Renewed, Freshness::Cached, Freshness::Cached]
    );
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let refusal = Reply::Http("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    let first = refusal.clone();
    let relay =
        Relay::start(move |number, _| if number == 0 { first.clone() } else { Reply::Echo(Cut::Never) })
            .await;
    let tokens = Arc::new(Tokens::default());
    relay.dialer_with(tokens.clone()).dial(&target(22)).await.unwrap();
    assert_eq!(*tokens.asked.lock().unwrap(), [Freshness::Cached, Freshness::Renewed]);
    assert_eq!(header(&relay.seen().heads[1], "Authorization"), Some("Bearer token-1"));

    let relay = Relay::start(move |_, _| refusal.clone()).await;
    let tokens = Arc::new(Tokens::default());
    let error = relay.dialer_with(tokens.clone()).dial(&target(22)).await.unwrap_err();
    assert_eq!(error.kind, DialErrorKind::SignInNeeded);
    assert_eq!(*tokens.asked.lock().unwrap(), [Freshness::Cached, Freshness::Renewed]);
}

#[tokio::test]
async fn no_token_means_that_sign_in_is_needed() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let tokens = Tokens::default();
    *tokens.refuse.lock().unwrap() = Some(TokenError::SignInNeeded { message: "session expired".to_owned() });
    let error = relay.dialer_with(Arc::new(tokens)).dial(&target(22)).await.unwrap_err();
    assert_eq!((error.kind, error.reason.as_str()), (DialErrorKind::SignInNeeded, "session expired"));
    assert!(relay.seen().heads.is_empty());
}

#[tokio::test]
async fn a_token_that_cannot_be_had_is_not_put_down_to_the_relay() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let tokens = Arc::new(Tokens::default());
    *tokens.refuse.lock().unwrap() = Some(TokenError::Unavailable { message: "no answer".to_owned() });
    let error = relay.dialer_with(tokens.clone()).dial(&target(22)).await.unwrap_err();
    assert_eq!(error.kind, DialErrorKind::TokenUnavailable);
    assert_eq!(error.reason, "no access token: no answer");
    assert!(tokens.asked.lock().unwrap().len() > 1, "it may pass");
    assert!(relay.seen().heads.is_empty());
}

#[tokio::test]
async fn the_body_of_a_refusal_is_kept() {
    let relay = Relay::start(|_, _| {
        Reply::Http("HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nno entry\r\n0\r\n\r\n")
    })
    .await;
    let error = relay.dialer().dial(&target(22)).await.unwrap_err();
    assert_eq!((error.kind, error.code), (DialErrorKind::Refused { status: 403 }, Some(403)));
    assert_eq!(error.body.as_deref(), Some("no entry"));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let relay = Relay::start(|_, _| {
        Reply::Http("HTTP/1.1 302 Found\r\nLocation: https://portal.example/\r\nContent-Length: 0\r\n\r\n")
    })
    .await;
    let error = relay.dialer().dial(&target(22)).await.unwrap_err();
    assert_eq!(error.kind, DialErrorKind::Refused { status: 302 });
    assert_eq!(relay.seen().heads.len(), 1);
}

#[tokio::test]
async fn a_text_message_is_a_violation() {
    let relay = Relay::start(|_, _| Reply::Message(Message::text("hello"))).await;
    let mut connection = relay.dialer().dial(&target(22)).await.unwrap();
    let error = connection.stream.read_u8().await.unwrap_err();
    let lost = adit_tunnel::Lost::of(&error).unwrap();
    assert_eq!(lost.failure.kind, adit_tunnel::FailureKind::Protocol(Violation::Text));
}

#[tokio::test]
async fn an_untrusted_certificate_is_refused() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let other = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let dialer = relay.dialer_for(&other.url);
    let error = dialer.dial(&target(22)).await.unwrap_err();
    assert_eq!(error.kind, DialErrorKind::Tls);
    assert!(other.seen().heads.is_empty(), "no token goes to a stranger");
}

#[tokio::test]
async fn plain_websockets_are_refused() {
    let endpoint = RelayEndpoint::new("ws://localhost:1/v4".parse().unwrap(), Roots::System);
    let error = Dialer::new(endpoint, Arc::new(Tokens::default())).unwrap_err();
    assert_eq!(error.kind, DialErrorKind::Endpoint);
}

#[tokio::test]
async fn dropping_the_dial_ends_the_attempt() {
    let relay = Relay::start(|_, _| Reply::Silence).await;
    let dialer = relay.dialer();
    let target = target(22);
    let mut dial = Box::pin(dialer.dial(&target));
    while relay.seen().heads.is_empty() {
        tokio::select! {
            _ = &mut dial => panic!("nothing was answered"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(dial);
    while !relay.seen().abandoned {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_429_holds_back_every_dial_of_the_dialer_for_as_long_as_it_says() {
    let relay = Relay::start(|number, _| match number {
        0 => Reply::Http("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n"),
        _ => Reply::Echo(Cut::Never),
    })
    .await;
    let dialer = relay.dialer();
    // Longer than a dial is ready to wait, so that each ends at once and says why.
    for dialer in [dialer.clone(), dialer.clone(), dialer.with_patience(Patience::default())] {
        let error = dialer.dial(&target(7)).await.unwrap_err();
        assert_eq!((error.kind, error.code), (DialErrorKind::Throttled, None));
    }
    assert_eq!(relay.seen().heads.len(), 1, "the relay was left alone");
    // Another dialer's pace is its own.
    relay.dialer().dial(&target(7)).await.unwrap();
}

#[tokio::test]
async fn after_a_short_pause_all_dials_go_on() {
    let relay = Relay::start(|number, _| match number {
        0 => Reply::Http("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"),
        _ => Reply::Echo(Cut::Never),
    })
    .await;
    let dialer = relay.dialer();
    let target = target(7);
    let dials = (0..20).map(|_| dialer.dial(&target));
    for connection in futures_util::future::join_all(dials).await {
        connection.unwrap();
    }
}
