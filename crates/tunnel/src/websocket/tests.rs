//! Against tungstenite as the server, and against frames written by hand.

use std::future::poll_fn;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufStream, DuplexStream, duplex};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;

const MAX: usize = 100_000;

fn pair(early: &[u8]) -> (WebSocket<BufStream<DuplexStream>>, DuplexStream) {
    let (ours, theirs) = duplex(4096);
    (WebSocket::new(BufStream::new(ours), Bytes::copy_from_slice(early), MAX), theirs)
}

async fn next(socket: &mut WebSocket<BufStream<DuplexStream>>) -> Result<Incoming, Broken> {
    poll_fn(|cx| socket.poll_next(cx)).await
}

/// A frame of the other side's.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u16::try_from(payload.len()) {
        Ok(short @ 0..126) => frame.push(short as u8),
        Ok(length) => {
            frame.push(TWO_BYTES);
            frame.extend(length.to_be_bytes());
        }
        Err(_) => {
            frame.push(EIGHT_BYTES);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    frame
}

#[tokio::test]
async fn messages_of_every_length_go_both_ways() {
    let (mut socket, theirs) = pair(&[]);
    let mut server = WebSocketStream::from_raw_socket(theirs, Role::Server, None).await;
    let echo = tokio::spawn(async move {
        let mut closed = None;
        while let Some(Ok(message)) = server.next().await {
            match message {
                Message::Binary(_) => server.send(message).await.unwrap(),
                Message::Ping(payload) => assert!(payload.is_empty()),
                // It answers as it is asked for more.
                Message::Close(frame) => closed = frame.map(|frame| u16::from(frame.code)),
                other => panic!("{other}"),
            }
        }
        closed
    });
    for length in [1, 125, 126, 127, 16_390, 65_535, 65_536, MAX] {
        let message: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        socket.put(|out| out.extend_from_slice(&message));
        assert!(socket.queued() > length);
        poll_fn(|cx| socket.poll_flush(cx)).await.unwrap();
        assert_eq!(next(&mut socket).await.unwrap(), Incoming::Binary(message.into()));
    }
    assert!(!socket.wants_flush());
    socket.put(|_| ());
    assert!(!socket.wants_flush(), "an empty message is none");
    socket.ping();
    socket.close(Some(1000));
    assert!(socket.wants_flush());
    poll_fn(|cx| socket.poll_flush(cx)).await.unwrap();
    loop {
        match next(&mut socket).await.unwrap() {
            Incoming::Pong => {}
            Incoming::Close(close) => {
                assert_eq!(close.unwrap().0, 1000);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    drop(socket);
    assert_eq!(echo.await.unwrap(), Some(1000));
}

#[tokio::test]
async fn frames_may_be_cut_anywhere_and_messages_fragmented() {
    let stream = [
        frame(0x02, b"one "),
        frame(0x89, b"beside"),
        frame(0x00, b""),
        frame(0x80, b"message"),
        frame(0x82, &[7; 300]),
        frame(0x82, b""),
        frame(0x81, b"text"),
        frame(0x8A, b""),
        frame(0x88, &[0x0F, 0xA3, b'n', b'o']),
    ]
    .concat();
    let expected = [
        Incoming::Ping,
        Incoming::Binary(Bytes::from_static(b"one message")),
        Incoming::Binary(Bytes::from(vec![7; 300])),
        Incoming::Binary(Bytes::new()),
        Incoming::Text,
        Incoming::Pong,
        Incoming::Close(Some((4003, "no".to_owned()))),
    ];
    for cut in 0..=stream.len() {
        let (early, later) = stream.split_at(cut);
        let (mut socket, mut theirs) = pair(early);
        let later = later.to_vec();
        let writing = tokio::spawn(async move {
            for byte in later {
                theirs.write_all(&[byte]).await.unwrap();
            }
            theirs
        });
        for expected in &expected {
            assert_eq!(&next(&mut socket).await.unwrap(), expected, "cut at {cut}");
        }
        // The Ping is answered with what it held, masked.
        let mut theirs = writing.await.unwrap();
        poll_fn(|cx| socket.poll_flush(cx)).await.unwrap();
        let mut pong = [0; 12];
        theirs.read_exact(&mut pong).await.unwrap();
        assert_eq!(pong[..2], [0x8A, 0x86]);
        let key = [pong[2], pong[3], pong[4], pong[5]];
        mask(&mut pong[6..], key);
        assert_eq!(&pong[6..], b"beside");
        drop(theirs);
    }
}

#[tokio::test]
async fn what_breaks_the_rules_is_named() {
    let too_large = [frame(0x02, &[0; 60_000]), frame(0x80, &[0; 40_001])].concat();
    let cases: [(&[u8], u16); 11] = [
        (&[0x82, 0x81], 1002),
        (&frame(0xC2, b"x"), 1002),
        (&frame(0x80, b"x"), 1002),
        (&[frame(0x02, b"x"), frame(0x82, b"x")].concat(), 1002),
        (&frame(0x83, b"x"), 1002),
        (&frame(0x8B, b""), 1002),
        (&frame(0x09, b""), 1002),
        (&frame(0x89, &[0; 126]), 1002),
        (&frame(0x88, b"x"), 1002),
        (&too_large, 1009),
        (&[0x82, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], 1009),
    ];
    for (bytes, expected) in cases {
        let (mut socket, _theirs) = pair(bytes);
        match next(&mut socket).await.unwrap_err() {
            Broken::Violation { code, .. } => assert_eq!(code, expected, "{bytes:?}"),
            Broken::Io(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn an_end_without_a_close_is_told_apart() {
    let (mut socket, theirs) = pair(&frame(0x82, b"last"));
    drop(theirs);
    assert!(matches!(next(&mut socket).await.unwrap(), Incoming::Binary(_)));
    assert_eq!(next(&mut socket).await.unwrap(), Incoming::End);
}

#[tokio::test]
async fn a_flood_of_pings_is_answered_once_for_all() {
    let flood: Vec<u8> = (0..10_000_u32).flat_map(|number| frame(0x89, &number.to_be_bytes())).collect();
    let (mut socket, _theirs) = pair(&flood);
    for _ in 0..10_000 {
        assert_eq!(next(&mut socket).await.unwrap(), Incoming::Ping);
    }
    assert!(socket.queued() == 0 && socket.wants_flush());
    poll_fn(|cx| socket.poll_flush(cx)).await.unwrap();
    assert!(!socket.wants_flush());
}
