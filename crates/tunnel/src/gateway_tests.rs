use proptest::prelude::*;

use super::*;

fn login() -> Login {
    Login { user: "joe".to_owned(), password: "s3cret:pa ss".to_owned().into() }
}

fn vm(port: u16) -> GatewayTarget {
    GatewayTarget {
        name: "web-1".to_owned(),
        zone: "europe-west3-c".to_owned(),
        project: "shop-prod".to_owned(),
        port,
    }
}

const HOST: &str = "web-1.europe-west3-c.shop-prod.adit";

fn socks_request(command: u8, kind: u8, address: &[u8], port: u16) -> Vec<u8> {
    [&[5, command, 0, kind], address, &port.to_be_bytes()].concat()
}

fn named(host: &str) -> Vec<u8> {
    [&[u8::try_from(host.len()).unwrap()], host.as_bytes()].concat()
}

fn socks(host: &str) -> Vec<u8> {
    [vec![5, 1, 0], socks_request(1, 3, &named(host), 22)].concat()
}

fn socks_login(user: &str, password: &str) -> Vec<u8> {
    [vec![5, 3, 0, 1, 2, 1], named(user), named(password), socks_request(1, 3, &named(HOST), 22)].concat()
}

fn connect(host: &str, lines: &str) -> Vec<u8> {
    format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n").into_bytes()
}

/// What a client gets that sends all these bytes, in pieces that end at the given places, and then reads.
#[derive(Debug, PartialEq)]
struct Outcome {
    heard: Vec<u8>,
    asked: Result<(GatewayTarget, Vec<u8>), RefusedKind>,
}

async fn outcome(bytes: &[u8], cuts: &[usize], login: Option<&Login>) -> Outcome {
    let (mut client, server) = tokio::io::duplex(4 * READ);
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).chain([bytes.len()]).collect();
    ends.sort_unstable();
    let speaking = async {
        let mut from = 0;
        for to in ends {
            if client.write_all(&bytes[from..to]).await.is_err() {
                break;
            }
            from = to;
            tokio::task::yield_now().await;
        }
        let _ = client.shutdown().await;
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).await.unwrap();
        heard
    };
    let answering = async {
        match handshake(server, login).await {
            Ok(asked) => {
                let target = asked.target.clone();
                let (mut stream, early) = asked.granted().await.unwrap();
                let mut came = early.to_vec();
                stream.read_to_end(&mut came).await.unwrap();
                Ok((target, came))
            }
            Err(refused) => Err(refused.kind),
        }
    };
    let (heard, asked) = tokio::join!(speaking, answering);
    Outcome { heard, asked }
}

#[tokio::test]
async fn a_vm_is_asked_for_by_socks() {
    let granted = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    let early = [socks(HOST), b"SSH-2.0-early".to_vec()].concat();
    let Outcome { heard, asked } = outcome(&early, &[], None).await;
    assert_eq!(heard, [&[5, 0], &granted[..]].concat());
    assert_eq!(asked, Ok((vm(22), b"SSH-2.0-early".to_vec())));

    let Outcome { heard, asked } = outcome(&socks_login("joe", "s3cret:pa ss"), &[], Some(&login())).await;
    assert_eq!(heard, [&[5, 2, 1, 0], &granted[..]].concat());
    assert_eq!(asked, Ok((vm(22), Vec::new())));
}

#[tokio::test]
async fn socks_refuses_with_its_codes() {
    let login = login();
    let reply = |code: u8| vec![5, code, 0, 1, 0, 0, 0, 0, 0, 0];
    let greeted = |request: Vec<u8>| [vec![5, 1, 0], request].concat();
    let cases = [
        (socks("example.com"), reply(2), RefusedKind::Target),
        (greeted(socks_request(1, 1, &[127, 0, 0, 1], 22)), reply(8), RefusedKind::Target),
        (greeted(socks_request(1, 4, &[0; 16], 22)), reply(8), RefusedKind::Target),
        (greeted(socks_request(1, 9, &[], 22)), reply(8), RefusedKind::Malformed),
        (greeted(socks_request(2, 3, &named(HOST), 22)), reply(7), RefusedKind::Command),
        (greeted(socks_request(3, 1, &[0; 4], 0)), reply(7), RefusedKind::Command),
        (greeted(vec![4, 1, 0, 3]), reply(1), RefusedKind::Malformed),
    ];
    for (bytes, answer, kind) in cases {
        let Outcome { heard, asked } = outcome(&bytes, &[], None).await;
        assert_eq!(heard, [vec![5, 0], answer].concat(), "{bytes:?}");
        assert_eq!(asked, Err(kind), "{bytes:?}");
    }
    for (bytes, answer) in [
        (vec![5, 1, 0], vec![5, 0xff]),
        (vec![5, 0], vec![5, 0xff]),
        (socks_login("joe", "wrong"), vec![5, 2, 1, 1]),
        (socks_login("Joe", "s3cret:pa ss"), vec![5, 2, 1, 1]),
        (socks_login("", ""), vec![5, 2, 1, 1]),
    ] {
        let Outcome { heard, asked } = outcome(&bytes, &[], Some(&login)).await;
        assert_eq!((heard, asked), (answer, Err(RefusedKind::Login)), "{bytes:?}");
    }
    let insists = outcome(&[5, 1, 2], &[], None).await;
    assert_eq!((insists.heard, insists.asked), (vec![5, 0xff], Err(RefusedKind::Login)));
    let version = outcome(&[5, 1, 2, 9, 1, b'x', 1, b'x'], &[], Some(&login)).await;
    assert_eq!((version.heard, version.asked), (vec![5, 2, 1, 1], Err(RefusedKind::Malformed)));
}

#[tokio::test]
async fn a_vm_is_asked_for_by_connect() {
    let port = format!("{}.:5432", HOST.to_uppercase());
    let bytes = [connect(&port, ""), b"early".to_vec()].concat();
    let Outcome { heard, asked } = outcome(&bytes, &[], None).await;
    assert!(heard.starts_with(b"HTTP/1.1 200 ") && heard.ends_with(b"\r\n\r\n"));
    assert_eq!(asked, Ok((vm(5432), b"early".to_vec())));
    for scheme in ["Basic", "basic"] {
        // joe:s3cret:pa ss
        let line = format!("Proxy-Authorization: {scheme} am9lOnMzY3JldDpwYSBzcw==\r\n");
        let asked = outcome(&connect(&format!("{HOST}:22"), &line), &[], Some(&login())).await.asked;
        assert_eq!(asked, Ok((vm(22), Vec::new())));
    }
}

#[tokio::test]
async fn connect_refuses_with_its_codes() {
    let there = format!("{HOST}:22");
    let long = format!("X: {}\r\n", "x".repeat(MAX_MESSAGE));
    for (bytes, status, kind) in [
        (connect("example.com:22", ""), 403, RefusedKind::Target),
        (connect("127.0.0.1:22", ""), 403, RefusedKind::Target),
        (connect("[::1]:22", ""), 403, RefusedKind::Target),
        (connect(HOST, ""), 400, RefusedKind::Malformed),
        (connect(&format!("{HOST}:+22"), ""), 400, RefusedKind::Malformed),
        (connect(&format!("{HOST}:65536"), ""), 400, RefusedKind::Malformed),
        (connect(&format!("{HOST}:0"), ""), 403, RefusedKind::Target),
        (connect(&there, "Content-Length: 5\r\n"), 400, RefusedKind::Malformed),
        (connect(&there, "Transfer-Encoding: chunked\r\n"), 400, RefusedKind::Malformed),
        (connect(&there, &long), 431, RefusedKind::Malformed),
        (connect(&there, &"X: 1\r\n".repeat(100)), 400, RefusedKind::Malformed),
        (
            b"GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n".to_vec(),
            405,
            RefusedKind::Command,
        ),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), 405, RefusedKind::Command),
        (b"\x04\x01\0\x16".to_vec(), 400, RefusedKind::Malformed),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), 400, RefusedKind::Malformed),
    ] {
        let Outcome { heard, asked } = outcome(&bytes, &[], None).await;
        let heard = String::from_utf8(heard).unwrap();
        assert!(heard.starts_with(&format!("HTTP/1.1 {status} ")), "{heard}");
        let (head, body) = heard.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())) && body.ends_with('\n'), "{heard}");
        assert_eq!(asked, Err(kind), "{heard}");
    }
    for line in [
        "",
        "Proxy-Authorization: Basic am9lOndyb25n\r\n",
        "Proxy-Authorization: Basic\r\n",
        "Proxy-Authorization: Basic !!!\r\n",
        "Proxy-Authorization: Bearer am9lOnMzY3JldDpwYSBzcw==\r\n",
        "Authorization: Basic am9lOnMzY3JldDpwYSBzcw==\r\n",
        "Proxy-Authorization: Basic am9lOnMzY3JldDpwYSBzcw==\r\nProxy-Authorization: Basic am9lOndyb25n\r\n",
    ] {
        let Outcome { heard, asked } = outcome(&connect(&there, line), &[], Some(&login())).await;
        let heard = String::from_utf8(heard).unwrap();
        assert!(
            heard.starts_with("HTTP/1.1 407 ") && heard.contains("Proxy-Authenticate: Basic "),
            "{heard}"
        );
        assert_eq!(asked, Err(RefusedKind::Login));
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_gone() {
    let whole = socks(HOST);
    for length in [0, 1, 3, whole.len() - 1] {
        assert_eq!(outcome(&whole[..length], &[], None).await.asked, Err(RefusedKind::Gone), "{length}");
    }
    assert_eq!(outcome(b"CONNECT ", &[], None).await.asked, Err(RefusedKind::Gone));
}

#[tokio::test]
async fn a_denial_is_told_in_the_clients_protocol() {
    for (denial, code, status) in [
        (Denial::NotAllowed, 2, 403),
        (Denial::NotFound, 4, 502),
        (Denial::PortClosed, 5, 502),
        (Denial::Busy, 1, 503),
        (Denial::TimedOut, 6, 504),
        (Denial::Failed, 1, 502),
    ] {
        for bytes in [socks(HOST), connect(&format!("{HOST}:22"), "")] {
            let (mut client, server) = tokio::io::duplex(4 * READ);
            client.write_all(&bytes).await.unwrap();
            let asked = handshake(server, None).await.unwrap();
            let protocol = asked.protocol;
            let heard = async {
                let mut heard = Vec::new();
                client.read_to_end(&mut heard).await.unwrap();
                drop(client);
                heard
            };
            let (refused, heard) = tokio::join!(asked.refused(denial, "the VM is off"), heard);
            refused.unwrap();
            match protocol {
                Protocol::Socks5 => assert_eq!(heard, [5, 0, 5, code, 0, 1, 0, 0, 0, 0, 0, 0]),
                Protocol::HttpConnect => {
                    let heard = String::from_utf8(heard).unwrap();
                    assert!(heard.starts_with(&format!("HTTP/1.1 {status} ")), "{heard}");
                    assert!(heard.ends_with("\r\n\r\nthe VM is off\n"), "{heard}");
                }
            }
        }
    }
}

#[test]
fn a_password_is_not_shown() {
    assert!(!format!("{:?}", login()).contains("s3cret"));
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let there = format!("{HOST}:22");
    let known = vec![
        socks(HOST),
        socks("example.com"),
        socks_login("joe", "s3cret:pa ss"),
        socks_login("joe", "wrong"),
        connect(&there, ""),
        connect(&there, "Proxy-Authorization: Basic am9lOnMzY3JldDpwYSBzcw==\r\n"),
        connect("example.com:22", ""),
    ];
    let rest = proptest::collection::vec(any::<u8>(), 0..40);
    let known =
        (proptest::sample::select(known), rest.clone()).prop_map(|(known, rest)| [known, rest].concat());
    let socks = rest.clone().prop_map(|rest| [vec![5, 1, 0, 5, 1, 0, 3], rest].concat());
    prop_oneof![known, socks, rest]
}

proptest! {
    #[test]
    fn where_the_bytes_are_cut_changes_nothing(
        bytes in bytes(),
        with_login in any::<bool>(),
        cuts in proptest::collection::vec(0_usize..512, 0..20),
    ) {
        let login = with_login.then(login);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (whole, pieces) = runtime.block_on(async {
            (outcome(&bytes, &[], login.as_ref()).await, outcome(&bytes, &cuts, login.as_ref()).await)
        });
        prop_assert_eq!(whole, pieces);
    }
}
