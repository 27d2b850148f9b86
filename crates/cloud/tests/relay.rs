//! The relay's server side, spoken to message by message.

#![cfg(test)]

mod wire;

use adit_relay::frame::Frame;
use bytes::Bytes;
use futures_util::SinkExt;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderValue, header};

use wire::{Client, Got, cloud, connect_query, connect_to, faults, pattern, reconnect};

const ECHO: u16 = 7;
const SERVER: u16 = 8;
const NOBODY: u16 = 9;

/// A server on loopback that a port of the landscape leads to.
async fn server() -> (TcpListener, serde_json::Value) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ports = json!({"7": "echo", "8": listener.local_addr().unwrap().to_string()});
    (listener, ports)
}

#[tokio::test]
async fn echoes_and_acknowledges_what_the_backend_took() {
    let cloud = cloud(json!({"7": "echo"})).await;
    let (mut client, sid) = Client::session(&cloud, ECHO).await;
    assert_eq!(client.subprotocol.as_deref(), Some("relay.tunnel.cloudproxy.app"));
    assert!((16..64).contains(&sid.len()) && sid.is_ascii());
    client.data(b"hello").await;
    let mut got = Vec::new();
    let mut acked = 0;
    while got.len() < 5 || acked < 5 {
        match client.next().await {
            Got::Data(payload) => got.extend_from_slice(&payload),
            Got::Ack(ack) => acked = ack,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((got.as_slice(), acked), (b"hello".as_slice(), 5));
    client.send(Frame::Data(Bytes::new())).await;
    client.send(Frame::Unknown(0x63)).await;
    client.send(Frame::Ack(5)).await;
    client.send(Frame::Ack(5)).await;
    client.data(b"!").await;
    let mut got = Vec::new();
    client.receive(&mut got, 1).await;
    assert_eq!(got, b"!");
    drop(client);
    cloud.stop().await;
}

#[tokio::test]
async fn reaches_the_hosts_of_a_destination_group() {
    let cloud = cloud(json!({})).await;
    let query = "/connect?project=mine&port=7&newWebsocket=True&region=test&network=default&host=db.internal&group=group-1";
    let mut client = Client::open(&cloud, query).await.unwrap();
    assert!(matches!(client.next().await, Got::Sid(_)));
    client.data(b"x").await;
    client.receive(&mut Vec::new(), 1).await;
}

#[tokio::test]
async fn resumes_after_an_abrupt_loss_with_exactly_the_bytes_that_are_missing() {
    let cloud = cloud(json!({"7": "echo"})).await;
    let (mut client, sid) = Client::session(&cloud, ECHO).await;
    let sent = pattern(300_000);
    client.data(&sent[..200_000]).await;
    let mut got = Vec::new();
    while got.len() < 90_000 {
        if let Got::Data(payload) = client.next().await {
            got.extend_from_slice(&payload);
        }
    }
    // what has arrived in part of a message is forgotten: the position need not be a frame's edge
    got.truncate(90_001);
    drop(client);
    let mut position = got.len();
    for cut in [1, 20_000, 80_000] {
        let (mut client, received) = Client::resume(&cloud, &sid, position as u64).await;
        assert!(received <= 200_000);
        client.data(&sent[received as usize..200_000]).await;
        while got.len() < position + cut {
            if let Got::Data(payload) = client.next().await {
                got.extend_from_slice(&payload);
            }
        }
        got.truncate(position + cut);
        position = got.len();
    }
    let (mut client, received) = Client::resume(&cloud, &sid, position as u64).await;
    assert_eq!(received, 200_000);
    client.data(&sent[200_000..]).await;
    client.receive(&mut got, sent.len()).await;
    assert!(got == sent);
}

#[tokio::test]
async fn refuses_to_resume_what_it_does_not_have() {
    let cloud = cloud(json!({"7": "echo"})).await;
    let mut stranger = Client::open(&cloud, &reconnect(b"AAAAAAAAAAAAAAAAAAAAAA==", 0)).await.unwrap();
    assert_eq!(stranger.next().await, Got::Close(4001));

    let (mut client, sid) = Client::session(&cloud, ECHO).await;
    client.data(&[1; 1000]).await;
    client.receive(&mut Vec::new(), 1000).await;
    client.send(Frame::Ack(600)).await;
    // answered after the ACK was read
    client.data(b"x").await;
    client.receive(&mut Vec::new(), 1).await;
    for (ack, code) in [(599, 4074), (1002, 4006)] {
        let mut second = Client::open(&cloud, &reconnect(&sid, ack)).await.unwrap();
        assert_eq!(second.next().await, Got::Close(code));
    }
    // neither harmed the session
    client.data(b"y").await;
    client.receive(&mut Vec::new(), 1).await;
    let (mut client, received) = Client::resume(&cloud, &sid, 600).await;
    assert_eq!(received, 1002);
    client.receive(&mut Vec::new(), 402).await;
}

#[tokio::test]
async fn a_resumed_session_leaves_its_old_connection() {
    let cloud = cloud(json!({"7": "echo"})).await;
    let (mut old, sid) = Client::session(&cloud, ECHO).await;
    let (mut new, _) = Client::resume(&cloud, &sid, 0).await;
    assert_eq!(old.next().await, Got::Close(4001));
    new.data(b"x").await;
    new.receive(&mut Vec::new(), 1).await;
}

#[tokio::test]
async fn tells_why_there_is_no_session() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let cloud = cloud(json!({"7": "echo", "8": gone, "9": "closed"})).await;
    for (query, code) in [
        (connect_query("theirs", "web-1", ECHO), 4033),
        (connect_query("theirs", "no-such", ECHO), 4033),
        (connect_query("mine", "no-such", ECHO), 4047),
        (connect_query("mine", "web-1", ECHO).replace("nic0", "nic7"), 4047),
        (connect_query("mine", "web-1", ECHO).replace("test-a", "test-b"), 4047),
        (connect_query("mine", "off-1", ECHO), 4003),
        (connect_query("mine", "web-1", SERVER), 4003),
        (connect_query("mine", "web-1", NOBODY), 4003),
    ] {
        let mut client = Client::open(&cloud, &query).await.unwrap();
        assert_eq!(client.next().await, Got::Close(code), "{query}");
    }
}

#[tokio::test]
async fn ends_a_session_whose_client_breaks_the_protocol() {
    let cloud = cloud(json!({"7": "echo"})).await;
    let messages = [
        (Message::Binary(Frame::Ack(1).encode()), 4006),
        (Message::Text("hello".into()), 4007),
        (Message::Binary(Frame::Data(Bytes::from(vec![0; 16_385])).encode()), 4013),
        (Message::Binary(Bytes::from_static(b"\x00\x04\x00\x00\x00\x05abc")), 4013),
        (Message::Binary(Bytes::from_static(b"\x00\x07\x00\x00\x00\x00\x00\x00\x00")), 4013),
        (Message::Binary(Bytes::from_static(b"\x00")), 4013),
        (Message::Binary(Frame::ReconnectSuccessAck(0).encode()), 4008),
        (Message::Binary(Bytes::from(vec![0; 2 << 20])), 1009),
    ];
    for (message, code) in messages {
        let (mut client, sid) = Client::session(&cloud, ECHO).await;
        // the relay may close while a large message is still being sent
        let _ = client.socket.send(message).await;
        assert_eq!(client.next().await, Got::Close(code));
        let mut again = Client::open(&cloud, &reconnect(&sid, 0)).await.unwrap();
        assert_eq!(again.next().await, Got::Close(4001));
    }
    let (mut client, _) = Client::session(&cloud, ECHO).await;
    client.data(b"xyz").await;
    client.receive(&mut Vec::new(), 3).await;
    client.send(Frame::Ack(3)).await;
    client.send(Frame::Ack(2)).await;
    while let got @ (Got::Ack(_) | Got::Close(_)) = client.next().await {
        if got == Got::Close(4005) {
            return;
        }
    }
    panic!("an ACK that goes backwards is accepted");
}

#[tokio::test]
async fn stops_reading_the_backend_at_the_window_and_goes_on_with_every_ack() {
    let (listener, ports) = server().await;
    let cloud = cloud(ports).await;
    cloud.set_faults(faults(&[("window", "50000")])).unwrap();
    let (mut client, _) = Client::session(&cloud, SERVER).await;
    let (mut backend, _) = listener.accept().await.unwrap();
    let bytes = pattern(120_000);
    let copy = bytes.clone();
    tokio::spawn(async move {
        backend.write_all(&copy).await.unwrap();
        let mut rest = Vec::new();
        backend.read_to_end(&mut rest).await
    });
    let mut got = Vec::new();
    client.receive(&mut got, 50_000).await;
    for (confirmed, until) in [(20_000, 70_000), (70_000, 120_000)] {
        // the other direction is not held up, and its ACK arrives with nothing before it
        client.data(b"ping").await;
        assert!(matches!(client.next().await, Got::Ack(_)));
        client.send(Frame::Ack(confirmed)).await;
        client.receive(&mut got, until).await;
    }
    assert!(got == bytes);
}

#[tokio::test]
async fn delivers_everything_before_it_tells_of_the_backend_s_end() {
    let (listener, ports) = server().await;
    let cloud = cloud(ports).await;
    let (mut client, sid) = Client::session(&cloud, SERVER).await;
    let (mut backend, _) = listener.accept().await.unwrap();
    let bytes = pattern(100_000);
    backend.write_all(&bytes).await.unwrap();
    drop(backend);
    let mut got = Vec::new();
    while got.len() < 30_000 {
        if let Got::Data(payload) = client.next().await {
            got.extend_from_slice(&payload);
        }
    }
    drop(client);
    let (mut client, _) = Client::resume(&cloud, &sid, got.len() as u64).await;
    client.receive(&mut got, bytes.len()).await;
    assert_eq!(client.next().await, Got::Close(4010));
    assert!(got == bytes);
    // the answered Close was the session's end
    assert_eq!(client.next().await, Got::CleanEnd);
    let mut again = Client::open(&cloud, &reconnect(&sid, got.len() as u64)).await.unwrap();
    loop {
        match again.next().await {
            Got::Resumed(_) => {}
            Got::Close(code) => break assert!(matches!(code, 4001 | 4010)),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn flushes_to_the_backend_what_the_client_sent_before_its_close() {
    let (listener, ports) = server().await;
    let cloud = cloud(ports).await;
    let (mut client, sid) = Client::session(&cloud, SERVER).await;
    let (mut backend, _) = listener.accept().await.unwrap();
    let bytes = pattern(3_000_000);
    client.data(&bytes).await;
    client.socket.close(None).await.unwrap();
    let mut got = Vec::new();
    backend.read_to_end(&mut got).await.unwrap();
    assert!(got == bytes);
    while !matches!(client.next().await, Got::Close(_) | Got::CleanEnd) {}
    let mut again = Client::open(&cloud, &reconnect(&sid, 0)).await.unwrap();
    assert_eq!(again.next().await, Got::Close(4001));
}

#[tokio::test]
async fn both_directions_at_once_do_not_stall() {
    const TOTAL: usize = 24 << 20;
    const AHEAD: usize = 4 << 20;
    let cloud = cloud(json!({"7": "echo"})).await;
    let (mut client, _) = Client::session(&cloud, ECHO).await;
    let bytes = pattern(TOTAL);
    let (mut sent, mut acked, mut got, mut confirmed) = (0, 0, 0, 0);
    while got < TOTAL {
        while sent < TOTAL && sent - acked < AHEAD {
            let end = (sent + 16_384).min(TOTAL);
            let message = Frame::Data(Bytes::copy_from_slice(&bytes[sent..end])).encode();
            client.socket.feed(Message::Binary(message)).await.unwrap();
            sent = end;
        }
        client.socket.flush().await.unwrap();
        match client.next().await {
            Got::Data(payload) => {
                assert!(payload == bytes[got..got + payload.len()]);
                got += payload.len();
                if got - confirmed > 32 * 1024 {
                    client.send(Frame::Ack(got as u64)).await;
                    confirmed = got;
                }
            }
            Got::Ack(ack) => acked = ack as usize,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_stopped_instance_takes_its_sessions_with_it() {
    let cloud = cloud(json!({"7": "echo"})).await;
    let (mut client, _) = Client::session(&cloud, ECHO).await;
    let url = format!("{}/compute/v1/projects/mine/zones/test-a/instances/web-1/stop", cloud.url());
    let answer = reqwest::Client::new().post(url).bearer_auth(cloud.token()).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    assert_eq!(client.next().await, Got::Close(4010));
    assert_eq!(client.next().await, Got::CleanEnd);
    let mut again = Client::open(&cloud, &connect_to(ECHO)).await.unwrap();
    assert_eq!(again.next().await, Got::Close(4003));
}

#[tokio::test]
async fn stopping_the_cloud_ends_its_sessions() {
    let cloud = cloud(json!({"7": "echo"})).await;
    let (mut client, _) = Client::session(&cloud, ECHO).await;
    let stopping = tokio::spawn(cloud.stop());
    assert_eq!(client.next().await, Got::Close(1001));
    stopping.await.unwrap();
}

#[tokio::test]
async fn refuses_an_upgrade_with_a_status_and_a_reason() {
    let cloud = cloud(json!({"7": "echo"})).await;
    let bearer = HeaderValue::from_str(&format!("Bearer {}", cloud.token())).unwrap();
    let origin = HeaderValue::from_static("bot:iap-tunneler");
    let headers = |token: &HeaderValue, origin: &HeaderValue| {
        HeaderMap::from_iter([(header::AUTHORIZATION, token.clone()), (header::ORIGIN, origin.clone())])
    };
    let good = headers(&bearer, &origin);
    let wrong_token = headers(&HeaderValue::from_static("Bearer nonsense"), &origin);
    let wrong_origin = headers(&bearer, &HeaderValue::from_static("https://example.com"));
    let connect = connect_to(ECHO);
    for (query, headers, status, hint) in [
        (connect.replace("port=7", "port=seven"), &good, 400, "port"),
        (connect.replace("&instance=web-1", ""), &good, 400, "instance"),
        ("/reconnect?sid=x&zone=z".to_owned(), &good, 400, "ack"),
        (connect.clone(), &wrong_token, 401, "token"),
        (connect.clone(), &HeaderMap::from_iter([(header::ORIGIN, origin.clone())]), 401, "token"),
        (connect.clone(), &wrong_origin, 403, "origin"),
        (connect.replace("/connect", "/nothing"), &good, 404, "path"),
    ] {
        let refused = Client::open_with(&cloud, &query, headers.clone()).await.err().expect("let in");
        assert_eq!(refused.status, status, "{query}");
        assert!(refused.body.contains(hint), "{}", refused.body);
    }
    // without the subprotocol a client is served, and none is named to it
    let client = Client::open_with(&cloud, &connect, good.clone()).await.unwrap();
    assert_eq!(client.subprotocol, None);

    cloud.set_faults(faults(&[("http-status", "429")])).unwrap();
    let refused = Client::open_with(&cloud, &connect, good).await.err().expect("let in");
    assert_eq!(refused.status, 429);
    assert!(refused.headers.contains_key(header::RETRY_AFTER));

    let mut browser = wire::tls(&cloud).await;
    browser.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    browser.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[tokio::test]
async fn fault_drops_cut_at_the_byte_and_end_tls_as_asked() {
    let cloud = cloud(json!({"7": "echo"})).await;
    for (clean, end) in [("true", Got::CleanEnd), ("false", Got::AbruptEnd)] {
        let set = [("drop-after", "10000"), ("drop-clean", clean), ("repeat", "true")];
        cloud.set_faults(faults(&set)).unwrap();
        let (mut client, sid) = Client::session(&cloud, ECHO).await;
        let sent = pattern(25_000);
        client.data(&sent).await;
        let mut got = Vec::new();
        loop {
            match client.next().await {
                Got::Data(payload) => got.extend_from_slice(&payload),
                Got::Ack(_) => {}
                last => break assert_eq!(last, end),
            }
        }
        assert_eq!(got.len(), 10_000);
        let (mut client, received) = Client::resume(&cloud, &sid, 10_000).await;
        client.data(&sent[received as usize..]).await;
        while let Got::Data(_) | Got::Ack(_) = match client.next().await {
            Got::Data(payload) => {
                got.extend_from_slice(&payload);
                Got::Data(payload)
            }
            other => other,
        } {}
        assert_eq!(got.len(), 20_000);
        let (mut client, received) = Client::resume(&cloud, &sid, 20_000).await;
        client.data(&sent[received as usize..]).await;
        client.receive(&mut got, sent.len()).await;
        assert!(got == sent);
    }
}

#[tokio::test]
async fn fault_drop_up_after_loses_nothing_that_was_accepted() {
    let cloud = cloud(json!({"7": "echo"})).await;
    cloud
        .set_faults(faults(&[("drop-up-after", "20000"), ("repeat", "true"), ("partial-ack", "true")]))
        .unwrap();
    let (mut client, sid) = Client::session(&cloud, ECHO).await;
    let sent = pattern(70_000);
    let (mut got, mut from, mut connections) = (Vec::new(), 0, 1);
    'whole: loop {
        // the relay may go before everything is written
        for chunk in sent[from..].chunks(5_000) {
            let message = Frame::Data(Bytes::copy_from_slice(chunk)).encode();
            if client.socket.send(Message::Binary(message)).await.is_err() {
                break;
            }
        }
        loop {
            match client.next().await {
                Got::Data(payload) => got.extend_from_slice(&payload),
                Got::Ack(_) => {}
                Got::AbruptEnd | Got::CleanEnd => break,
                other => panic!("{other:?}"),
            }
            if got.len() == sent.len() {
                break 'whole;
            }
        }
        let (next, received) = Client::resume(&cloud, &sid, got.len() as u64).await;
        (client, from, connections) = (next, received as usize, connections + 1);
    }
    assert!(got == sent);
    assert!(connections >= 3);
}

#[tokio::test]
async fn fault_partial_ack_confirms_repeated_bytes_only_once_they_are_repeated() {
    let cloud = cloud(json!({"7": "echo"})).await;
    cloud
        .set_faults(faults(&[("drop-up-after", "16000"), ("partial-ack", "true"), ("ack-every", "1")]))
        .unwrap();
    let (mut client, sid) = Client::session(&cloud, ECHO).await;
    let sent = pattern(40_000);
    // one message, after which the relay is gone before it could acknowledge any of it
    client.data(&sent[..16_384]).await;
    assert_eq!(client.next().await, Got::AbruptEnd);
    let (mut client, told) = Client::resume(&cloud, &sid, 0).await;
    assert_eq!(told, 8_192);
    // the backend has had all of these already, and they come to it once
    let (mut got, mut repeated) = (Vec::new(), 8_192);
    for more in [100, 3_000, 5_092] {
        client.data(&sent[repeated..repeated + more]).await;
        repeated += more;
        let mut acked = 0;
        while acked < repeated {
            match client.next().await {
                Got::Ack(ack) => acked = usize::try_from(ack).unwrap(),
                Got::Data(payload) => got.extend_from_slice(&payload),
                other => panic!("{other:?}"),
            }
            assert!((8_193..=repeated).contains(&acked) || acked == 0, "{acked} before {repeated}");
        }
    }
    client.data(&sent[repeated..]).await;
    client.receive(&mut got, sent.len()).await;
    assert!(got == sent);
}

#[tokio::test]
async fn fault_closes_with_codes_where_they_are_asked_for() {
    let cloud = cloud(json!({"7": "echo"})).await;
    cloud.set_faults(faults(&[("connect-close", "4010")])).unwrap();
    let mut client = Client::open(&cloud, &connect_to(ECHO)).await.unwrap();
    assert_eq!(client.next().await, Got::Close(4010));

    cloud.set_faults(faults(&[("close-after", "5000:4004"), ("reconnect-close", "4002")])).unwrap();
    let (mut client, sid) = Client::session(&cloud, ECHO).await;
    let sent = pattern(8_000);
    client.data(&sent).await;
    let mut got = Vec::new();
    loop {
        match client.next().await {
            Got::Data(payload) => got.extend_from_slice(&payload),
            Got::Ack(_) => {}
            other => break assert_eq!(other, Got::Close(4004)),
        }
    }
    assert_eq!(got.len(), 5_000);
    let mut early = Client::open(&cloud, &reconnect(&sid, 5_000)).await.unwrap();
    assert_eq!(early.next().await, Got::Close(4002));
    cloud.set_faults(faults(&[])).unwrap();
    let (mut client, received) = Client::resume(&cloud, &sid, 5_000).await;
    client.data(&sent[received as usize..]).await;
    client.receive(&mut got, sent.len()).await;
    assert!(got == sent);
}

#[tokio::test]
async fn fault_frames_pings_and_junk_leave_the_stream_whole() {
    let cloud = cloud(json!({"7": "echo"})).await;
    cloud.set_faults(faults(&[("frame", "7"), ("ping", "true"), ("junk", "true")])).unwrap();
    let mut client = Client::open(&cloud, &connect_to(ECHO)).await.unwrap();
    assert_eq!(client.next().await, Got::Unknown);
    assert!(matches!(client.next().await, Got::Sid(_)));
    let sent = pattern(200);
    client.data(&sent).await;
    let (mut got, mut pings, mut junk) = (Vec::new(), 0, 0);
    while got.len() < sent.len() || pings < 2 {
        match client.next().await {
            Got::Data(payload) => {
                assert!(payload.len() <= 7);
                got.extend_from_slice(&payload);
            }
            Got::Ack(_) => {}
            Got::Ping => pings += 1,
            Got::Unknown => junk += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(got == sent);
    assert!(junk >= 200 / 7);
}

#[tokio::test]
async fn fault_acks_come_as_rarely_and_as_partly_as_asked() {
    let (listener, ports) = server().await;
    let cloud = cloud(ports).await;
    cloud.set_faults(faults(&[("ack-every", "1000"), ("partial-ack", "true")])).unwrap();
    let (mut client, _) = Client::session(&cloud, SERVER).await;
    let (mut backend, _) = listener.accept().await.unwrap();
    client.data(&[5; 3000]).await;
    backend.read_exact(&mut [0; 3000]).await.unwrap();
    let Got::Ack(first) = client.next().await else { panic!("no ACK") };
    assert!((1..3000).contains(&first), "{first}");
    client.acked(3000).await;
    client.data(&[5; 300]).await;
    client.acked(3300).await;
}
