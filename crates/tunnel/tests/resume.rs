//! A session outlives its WebSockets, byte for byte.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use adit_tunnel::{Config, Connection, Event, FailureKind, Lost, TokenError};
use support::{Cut, Relay, Reply, Tokens, pattern, target};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const LENGTH: usize = 256 * 1024;

/// Sends [`LENGTH`] bytes and reads their echo at the same time.
async fn there_and_back(relay: &Relay) {
    // The waits between attempts are not what is tested here.
    let config = Config {
        first_delay: Duration::from_millis(1),
        longest_delay: Duration::from_millis(2),
        ..Config::default()
    };
    let Connection { stream, mut watch } = relay.dialer().with_config(config).dial(&target(7)).await.unwrap();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let sent = pattern(LENGTH);
    let expected = sent.clone();
    let writing = async {
        writer.write_all(&sent).await.unwrap();
        writer
    };
    let reading = async {
        let mut received = vec![0; LENGTH];
        reader.read_exact(&mut received).await.unwrap();
        received
    };
    let (writer, received) = tokio::join!(writing, reading);
    assert!(received == expected, "the echo differs");
    drop((reader, writer));
    while let Some(event) = watch.next().await {
        if let Event::Closed { sent, received, .. } = event {
            assert_eq!((sent, received), (LENGTH as u64, LENGTH as u64));
        }
    }
}

#[tokio::test]
async fn cut_while_uploading_without_close_notify() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Abrupt { up: 10_000, down: usize::MAX })).await;
    there_and_back(&relay).await;
    assert!(relay.seen().heads.len() >= 10);
}

#[tokio::test]
async fn cut_while_uploading_with_close_notify() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Tls { up: 10_000, down: usize::MAX })).await;
    there_and_back(&relay).await;
    assert!(relay.seen().heads.len() >= 10);
}

#[tokio::test]
async fn cut_while_downloading_without_close_notify() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Abrupt { up: usize::MAX, down: 10_000 })).await;
    there_and_back(&relay).await;
    assert!(relay.seen().heads.len() >= 10);
}

#[tokio::test]
async fn cut_while_downloading_with_close_notify() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Tls { up: usize::MAX, down: 10_000 })).await;
    there_and_back(&relay).await;
    assert!(relay.seen().heads.len() >= 10);
}

#[tokio::test]
async fn a_bulk_transfer_both_ways_does_not_stall() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let Connection { stream, .. } = relay.dialer().dial(&target(7)).await.unwrap();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let sent = pattern(8 * 1024 * 1024);
    let expected = sent.clone();
    let writing = tokio::spawn(async move {
        writer.write_all(&sent).await.unwrap();
        writer
    });
    let mut received = vec![0; expected.len()];
    reader.read_exact(&mut received).await.unwrap();
    assert!(received == expected, "the echo differs");
    drop(writing.await.unwrap());
    assert!(relay.seen().longest <= 16_384);
}

#[tokio::test]
async fn events_tell_of_the_loss_and_of_the_end() {
    let relay = Relay::start(|number, _| {
        Reply::Echo(if number == 0 { Cut::Abrupt { up: 3, down: 3 } } else { Cut::Never })
    })
    .await;
    let Connection { mut stream, mut watch } = relay.dialer().dial(&target(7)).await.unwrap();
    stream.write_all(b"abc").await.unwrap();
    let mut answer = [0; 3];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"abc");
    assert!(matches!(
        watch.next().await,
        Some(Event::Reconnecting { code: None, attempt: 1, wait: Duration::ZERO, .. })
    ));
    assert_eq!(watch.next().await, Some(Event::Resumed));
    drop(stream);
    assert_eq!(watch.next().await, Some(Event::Closed { code: Some(1000), sent: 3, received: 3 }));
    assert_eq!(watch.next().await, None);
    assert_eq!(relay.seen().closes, [1000]);
}

#[tokio::test]
async fn a_session_that_the_relay_forgot_is_lost_and_not_ended() {
    let relay = Relay::start(|number, _| {
        if number == 0 {
            Reply::Echo(Cut::Abrupt { up: 3, down: 3 })
        } else {
            Reply::Close(4001, "SID unknown")
        }
    })
    .await;
    let Connection { mut stream, mut watch } = relay.dialer().dial(&target(7)).await.unwrap();
    stream.write_all(b"abc").await.unwrap();
    // What arrived comes first, then the loss, and never an end.
    let mut received = Vec::new();
    let error = stream.read_to_end(&mut received).await.unwrap_err();
    assert!(b"abc".starts_with(&received));
    let lost = Lost::of(&error).unwrap();
    assert_eq!((lost.failure.kind, lost.failure.code), (FailureKind::Expired, Some(4001)));
    assert!(Lost::of(&stream.write_all(b"more").await.unwrap_err()).is_some());
    let mut last = None;
    while let Some(event) = watch.next().await {
        last = Some(event);
    }
    assert!(matches!(last, Some(Event::Failed { .. })));
}

#[tokio::test]
async fn a_needed_sign_in_pauses_and_then_resumes() {
    let relay = Relay::start(|number, _| {
        Reply::Echo(if number == 0 { Cut::Abrupt { up: 3, down: usize::MAX } } else { Cut::Never })
    })
    .await;
    let tokens = Arc::new(Tokens::default());
    let Connection { mut stream, mut watch } =
        relay.dialer_with(tokens.clone()).dial(&target(7)).await.unwrap();
    *tokens.refuse.lock().unwrap() = Some(TokenError::SignInNeeded { message: "session control".to_owned() });
    stream.write_all(b"abc").await.unwrap();
    loop {
        match watch.next().await.unwrap() {
            Event::SignInNeeded { message } => {
                assert_eq!(message, "session control");
                break;
            }
            Event::Reconnecting { .. } => {}
            other => panic!("unexpected {other:?}"),
        }
    }
    *tokens.refuse.lock().unwrap() = None;
    watch.control().signed_in();
    let mut answer = [0; 3];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"abc");
}

#[tokio::test]
async fn a_token_that_cannot_be_had_for_a_while_ends_nothing() {
    let relay = Relay::start(|number, _| {
        Reply::Echo(if number == 0 { Cut::Abrupt { up: 3, down: usize::MAX } } else { Cut::Never })
    })
    .await;
    let tokens = Arc::new(Tokens::default());
    let Connection { mut stream, mut watch } =
        relay.dialer_with(tokens.clone()).dial(&target(7)).await.unwrap();
    *tokens.refuse.lock().unwrap() = Some(TokenError::Unavailable { message: "no answer".to_owned() });
    stream.write_all(b"abc").await.unwrap();
    loop {
        match watch.next().await.unwrap() {
            Event::Reconnecting { reason, .. } if reason == "no access token: no answer" => break,
            Event::Reconnecting { .. } => {}
            other => panic!("unexpected {other:?}"),
        }
    }
    *tokens.refuse.lock().unwrap() = None;
    watch.control().resume_now();
    let mut answer = [0; 3];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"abc");
}
