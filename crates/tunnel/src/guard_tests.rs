use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

const PORT: u16 = 10_123;

/// Feeds a connection's bytes in pieces that end at the given places: what goes on, and the refusal if there is one.
fn feed(guard: Guard, bytes: &[u8], cuts: &[usize]) -> (Vec<u8>, Option<&'static str>) {
    let mut inspector = Inspector::new(guard, PORT);
    let (mut sent, mut from) = (Vec::new(), 0);
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    ends.push(bytes.len());
    ends.sort_unstable();
    for to in ends {
        match inspector.look(&bytes[from..to]) {
            Verdict::Forward(passed) => {
                assert!(passed <= to - from);
                sent.extend_from_slice(&bytes[from..from + passed]);
                from += passed;
                assert!(to - from <= head::MAX_HEAD, "too much is held");
                assert!(!inspector.is_done() || from == to);
            }
            Verdict::Refuse(why) => return (sent, Some(why)),
        }
    }
    (sent, None)
}

fn refusal(guard: Guard, bytes: &[u8]) -> Option<&'static str> {
    feed(guard, bytes, &[]).1
}

fn strict(lines: &[&str]) -> Option<&'static str> {
    let (sent, refused) = feed(Guard::StrictHttp, lines.concat().as_bytes(), &[]);
    if refused.is_none() {
        assert_eq!(sent, lines.concat().as_bytes(), "something is held");
    }
    refused
}

const HOST: &str = "Host: localhost:10123\r\n";

#[test]
fn what_starts_like_http_is_dropped() {
    for http in [
        "GET / HTTP/1.1\r\n",
        "POST /_search HTTP/1.1\r\n",
        "get /key",
        "M-SEARCH * HTTP/1.1\r\n",
        "OPTIONS * HTTP/1.1",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET http://127.0.0.1:10123/ HTTP/1.1",
        "GET HTTPS://localhost/",
        "x /",
    ] {
        assert!(refusal(Guard::NotHttp, http.as_bytes()).is_some(), "{http}");
    }
}

#[test]
fn other_protocols_pass_at_once() {
    let protocols: [&[u8]; 14] = [
        b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n",
        b"SSH-2.0-Go\r\n",
        b"\x03\x00\x00\x13\x0e\xe0",
        b"\x00\x00\x00\x08\x04\xd2\x16\x2f",
        b"\x16\x03\x01\x02\x00\x01",
        b"RFB 003.008\n",
        b"*1\r\n$4\r\nPING\r\n",
        b"EHLO localhost\r\n",
        b"USER httpd\r\n",
        b"a1 LOGIN joe",
        b"@RSYNCD: 31.0\n",
        b"\r\n",
        b" GET / HTTP/1.1\r\n",
        b"a-word-that-is-longer-than-any-method /",
    ];
    for bytes in protocols {
        assert_eq!(feed(Guard::NotHttp, bytes, &[]), (bytes.to_vec(), None), "{:?}", bytes.escape_ascii());
    }
    // Once decided, nothing is looked at any more.
    assert_eq!(refusal(Guard::NotHttp, b"SSH-2.0-Go\r\nGET / HTTP/1.1\r\n"), None);
    assert_eq!(refusal(Guard::Any, b"GET / HTTP/1.1\r\n"), None);
}

#[test]
fn no_more_is_held_than_a_method_and_the_beginning_of_a_target() {
    for bytes in [&b"GET HTTPS"[..], &[b'A'; 32]] {
        assert_eq!(feed(Guard::NotHttp, bytes, &[]), (Vec::new(), None));
    }
    assert_eq!(feed(Guard::NotHttp, &[b'A'; 33], &[]).0.len(), 33);
}

#[test]
fn a_hold_that_is_given_up_is_no_way_around() {
    let mut inspector = Inspector::new(Guard::NotHttp, PORT);
    assert_eq!(inspector.look(b"GE"), Verdict::Forward(0));
    assert_eq!(inspector.release(b"GE"), 2);
    assert!(matches!(inspector.look(b"T / HTTP/1.1\r\n"), Verdict::Refuse(_)));
    let mut inspector = Inspector::new(Guard::StrictHttp, PORT);
    assert_eq!(inspector.look(b"GET / HTTP/1.1\r\n"), Verdict::Forward(0));
    assert_eq!(inspector.release(b"GET / HTTP/1.1\r\n"), 0);
}

#[test]
fn requests_for_this_port_pass() {
    for host in ["localhost:10123", "LocalHost:10123", "127.0.0.1:10123", "127.8.0.1:10123", "[::1]:10123"] {
        assert_eq!(strict(&["GET / HTTP/1.1\r\nhost: ", host, "\r\n\r\n"]), None, "{host}");
    }
    for origin in ["http://localhost:10123", "http://127.0.0.1:5173", "https://[::1]", "http://localhost"] {
        assert_eq!(strict(&["GET / HTTP/1.1\r\n", HOST, "Origin: ", origin, "\r\n\r\n"]), None, "{origin}");
    }
    for site in ["same-origin", "same-site", "none"] {
        assert_eq!(strict(&["GET / HTTP/1.1\r\n", HOST, "Sec-Fetch-Site: ", site, "\r\n\r\n"]), None);
    }
    // Port 80 is the one that is not written.
    let mut at_80 = Inspector::new(Guard::StrictHttp, 80);
    let request = b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n";
    assert_eq!(at_80.look(request), Verdict::Forward(request.len()));
    assert!(strict(&["GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"]).is_some());
}

#[test]
fn requests_of_other_sites_and_for_other_hosts_are_refused() {
    for host in [
        "evil.example:10123",
        "localhost.evil.example:10123",
        "localhost:10124",
        "localhost:+10123",
        "localhost:10123:10123",
        "localhost@evil.example:10123",
        "0.0.0.0:10123",
        "192.0.2.1:10123",
        "[::2]:10123",
        "::1:10123",
        "localhost.:10123",
        "",
    ] {
        assert!(strict(&["GET / HTTP/1.1\r\nHost: ", host, "\r\n\r\n"]).is_some(), "{host}");
    }
    for line in [
        "Origin: https://evil.example",
        "Origin: null",
        "origin: http://localhost.evil.example:10123",
        "Origin: http://localhost:10123@evil.example",
        "Origin: http://localhost:10123\r\nOrigin: https://evil.example",
        "Sec-Fetch-Site: cross-site",
        "sec-fetch-site:cross-site",
        "Host: localhost:10123",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nOrigin: https://evil.example",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c",
    ] {
        assert!(strict(&["GET / HTTP/1.1\r\n", HOST, line, "\r\n\r\n"]).is_some(), "{line}");
    }
    for request in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET http://localhost:10123/ HTTP/1.1\r\nHost: localhost:10123\r\n\r\n",
        "CONNECT localhost:10123 HTTP/1.1\r\nHost: localhost:10123\r\n\r\n",
        "PRI * HTTP/2.0\r\n",
        "GET /\r\n",
        "SSH-2.0-Go\r\n",
        "\x03\0\0\x13",
    ] {
        assert!(refusal(Guard::StrictHttp, request.as_bytes()).is_some(), "{request}");
    }
}

#[test]
fn what_leaves_the_end_open_is_refused() {
    for lines in [
        "Content-Length: 1\r\nTransfer-Encoding: chunked",
        "Content-Length: 1\r\nContent-Length: 1",
        "Content-Length: 1, 1",
        "Content-Length: +1",
        "Content-Length: -1",
        "Content-Length: 99999999999999999999",
        "Content-Length:",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: identity",
        "X: 1\r\n folded",
        "\r\tfolded: 1",
        "X : 1",
        "X: 1\nY: 2",
        "X: 1\rY: 2",
        "X: \0",
        "no colon",
    ] {
        assert!(strict(&["POST / HTTP/1.1\r\n", HOST, lines, "\r\n\r\n"]).is_some(), "{lines:?}");
    }
    assert!(strict(&["POST / HTTP/1.0\r\n", HOST, "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"]).is_some());
    for body in ["g\r\n", "\r\n", "1\n", "1\r\nab\r\n", "fffffffffffffffff\r\n", "0\r\nX: 1\n", "1 \n"] {
        let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n";
        assert!(
            refusal(Guard::StrictHttp, [head, HOST, "\r\n", body].concat().as_bytes()).is_some(),
            "{body:?}"
        );
    }
}

#[test]
fn a_head_has_a_largest_size() {
    let of = |length: usize| {
        let frame = "GET / HTTP/1.1\r\nHost: localhost:10123\r\nX: \r\n\r\n";
        format!("GET / HTTP/1.1\r\n{HOST}X: {}\r\n\r\n", "x".repeat(length - frame.len()))
    };
    assert_eq!(refusal(Guard::StrictHttp, of(head::MAX_HEAD).as_bytes()), None);
    assert!(refusal(Guard::StrictHttp, of(head::MAX_HEAD + 1).as_bytes()).is_some());
    let many = "X: 1\r\n".repeat(200);
    assert!(strict(&["GET / HTTP/1.1\r\n", HOST, &many, "\r\n"]).is_some());
    let extension = format!("1;{}", "x".repeat(8000));
    let chunked = "Transfer-Encoding: chunked\r\n\r\n";
    assert!(
        refusal(Guard::StrictHttp, ["POST / HTTP/1.1\r\n", HOST, chunked, &extension].concat().as_bytes())
            .is_some()
    );
}

/// Requests that a browser may send on one connection, one after the other.
fn good() -> Vec<Vec<u8>> {
    [
        "GET /a HTTP/1.1\r\nHost: localhost:10123\r\n\r\n",
        "\r\nGET /b HTTP/1.1\r\nHost: [::1]:10123\r\nAccept: */*\r\n\r\n",
        "POST /c HTTP/1.1\r\nHost: 127.0.0.1:10123\r\nContent-Length: 40\r\n\r\nGET / HTTP/1.1\r\nHost: evil.example\r\n\r\n..",
        "PUT /d HTTP/1.1\r\nHost: localhost:10123\r\nTransfer-Encoding: Chunked\r\n\r\n5;x=\"y\"\r\nhello\r\nA \r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n",
        "HEAD /e HTTP/1.0\r\nHost: localhost:10123\r\nContent-Length: 0\r\n\r\n",
        "GET /f HTTP/1.1\r\nHost: localhost:10123\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

const EVIL: &[u8] = b"GET /steal HTTP/1.1\r\nHost: evil.example:10123\r\n\r\n";

#[test]
fn every_request_on_a_connection_is_examined() {
    for first in good() {
        assert_eq!(feed(Guard::StrictHttp, &first, &[]), (first.clone(), None), "{}", first.escape_ascii());
        for between in ["", "\r\n"] {
            let bytes = [&first, between.as_bytes(), EVIL].concat();
            assert!(refusal(Guard::StrictHttp, &bytes).is_some(), "{}", bytes.escape_ascii());
        }
    }
}

#[test]
fn after_a_change_of_protocol_bytes_pass() {
    let upgrade = good().pop().unwrap();
    let frames: &[u8] = b"\x81\x85\x01\x02\x03\x04hello\r\nGET / HTTP/1.1\r\n\r\n";
    let bytes = [&upgrade, frames].concat();
    assert_eq!(feed(Guard::StrictHttp, &bytes, &[]), (bytes.clone(), None));
    // TLS is not seen through.
    let tls = b"\x16\x03\x01\x02\x00\x01GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n";
    assert_eq!(feed(Guard::StrictHttp, tls, &[]), (tls.to_vec(), None));
}

fn requests() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        12 => proptest::sample::select(good()),
        1 => Just(EVIL.to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
        1 => Just(b"\x81\x80".to_vec()),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn where_the_bytes_are_cut_changes_nothing(
        bytes in requests(),
        guard in proptest::sample::select(vec![Guard::Any, Guard::NotHttp, Guard::StrictHttp]),
        cuts in proptest::collection::vec(0_usize..4096, 0..40),
    ) {
        let (whole, refused) = feed(guard, &bytes, &[]);
        let (sent, refused_in_pieces) = feed(guard, &bytes, &cuts);
        prop_assert_eq!(refused, refused_in_pieces);
        prop_assert!(bytes.starts_with(&sent));
        if refused.is_none() {
            prop_assert_eq!(whole, sent);
        }
        let every: Vec<usize> = (0..bytes.len()).collect();
        prop_assert_eq!(feed(guard, &bytes, &every).1, refused);
    }

    #[test]
    fn a_request_for_another_host_never_goes_on(
        before in proptest::collection::vec(proptest::sample::select(good()), 0..4),
        cuts in proptest::collection::vec(0_usize..4096, 0..40),
    ) {
        let bytes = [&before.concat(), EVIL].concat();
        let (sent, refused) = feed(Guard::StrictHttp, &bytes, &cuts);
        prop_assert!(refused.is_some());
        prop_assert!(sent.len() <= bytes.len() - EVIL.len());
    }
}

fn guarded(guard: Guard) -> (tokio::io::DuplexStream, Guarded<tokio::io::DuplexStream>) {
    let (client, server) = tokio::io::duplex(64);
    (client, Guarded::new(server, Inspector::new(guard, PORT)))
}

#[tokio::test]
async fn a_reader_gives_the_bytes_unchanged() {
    let bytes: Vec<u8> = good().concat().into_iter().chain(*b"\x81\x00").chain([7; 100_000]).collect();
    for guard in [Guard::Any, Guard::NotHttp, Guard::StrictHttp] {
        let bytes = if guard == Guard::NotHttp { [b"\0", &bytes[..]].concat() } else { bytes.clone() };
        let (mut client, mut reader) = guarded(guard);
        let sending = async {
            client.write_all(&bytes).await.unwrap();
            drop(client);
        };
        let mut got = Vec::new();
        let (_, read) = tokio::join!(sending, reader.read_to_end(&mut got));
        assert_eq!(read.unwrap(), bytes.len());
        assert!(got == bytes, "the bytes have changed");
    }
}

#[tokio::test]
async fn a_reader_stays_refused() {
    let (mut client, mut reader) = guarded(Guard::NotHttp);
    client.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    for _ in 0..2 {
        let error = reader.read_u8().await.unwrap_err();
        assert!(Refused::of(&error).is_some(), "{error}");
    }
}

#[tokio::test]
async fn one_word_is_not_held_for_ever() {
    let (mut client, mut reader) = guarded(Guard::NotHttp);
    let mut got = [0; 16];
    for word in ["PING", "PO", "NG"] {
        client.write_all(word.as_bytes()).await.unwrap();
        let length = reader.read(&mut got).await.unwrap();
        assert_eq!(&got[..length], word.as_bytes());
    }
    client.write_all(b" / HTTP/1.1").await.unwrap();
    assert!(reader.read(&mut got).await.is_err());
    // At the end nothing is awaited any more.
    let (mut client, mut reader) = guarded(Guard::NotHttp);
    client.write_all(b"QUIT").await.unwrap();
    drop(client);
    let mut all = Vec::new();
    reader.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, b"QUIT");
    // A request's head never goes on in part.
    let (mut client, mut reader) = guarded(Guard::StrictHttp);
    client.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    drop(client);
    assert!(Refused::of(&reader.read(&mut got).await.unwrap_err()).is_some());
}
