//! The gateway's handshakes with a real client, curl, where it is installed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what is missing fails the test")]

use std::io;
use std::process::Stdio;
use std::time::Duration;

use adit_tunnel::gateway::{Denial, Login, RefusedKind, handshake};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(20);
const URL: &str = "http://web-1.europe-west3-c.shop-prod.adit:8080/";

/// What curl says and how it ends, while the gateway's side is served; `None` where there is no curl.
async fn curl<T>(
    arguments: &[&str],
    listener: &TcpListener,
    serve: impl AsyncFn(tokio::net::TcpStream) -> T,
) -> Option<(std::process::Output, T)> {
    let mut command = Command::new("curl");
    command.args(["-q", "-sS", "--noproxy", "", "--max-time", "15"]).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let client = match command.spawn() {
        Ok(client) => client,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            eprintln!("skipped: there is no curl");
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    let served = async {
        let (stream, _) = listener.accept().await.unwrap();
        serve(stream).await
    };
    let (output, served) =
        timeout(LIMIT, async { tokio::join!(client.wait_with_output(), served) }).await.unwrap();
    Some((output.unwrap(), served))
}

/// Plays the tunnel and the VM behind it.
async fn answer(stream: tokio::net::TcpStream, login: Option<&Login>) -> Result<u16, RefusedKind> {
    let asked = handshake(stream, login).await.map_err(|refused| refused.kind)?;
    let port = asked.target.port;
    let (mut stream, early) = asked.granted().await.unwrap();
    let mut request = early.to_vec();
    while !request.ends_with(b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
    }
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        .await
        .unwrap();
    stream.shutdown().await.unwrap();
    Ok(port)
}

fn login() -> Login {
    Login { user: "joe".to_owned(), password: "s3cret pass".to_owned().into() }
}

#[tokio::test]
async fn curl_comes_through_by_either_protocol() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    for (scheme, login) in
        [("socks5h", None), ("http", None), ("socks5h", Some(login())), ("http", Some(login()))]
    {
        let proxy = format!("{scheme}://{address}");
        let mut arguments = vec!["-x", &proxy, "-p", URL];
        if login.is_some() {
            arguments.extend(["--proxy-user", "joe:s3cret pass"]);
        }
        let serve = async |stream| answer(stream, login.as_ref()).await;
        let Some((output, served)) = curl(&arguments, &listener, serve).await else { return };
        assert_eq!(output.stdout, b"hello", "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(served, Ok(8080));
    }
}

#[tokio::test]
async fn curl_hears_why_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (socks_local, socks, http) =
        (format!("socks5://{address}"), format!("socks5h://{address}"), format!("http://{address}"));
    let wrong = ["--proxy-user", "joe:wrong"];
    let cases: [(&[&str], Option<Login>, RefusedKind, &str); 6] = [
        (&["-x", &socks, "http://example.com/"], None, RefusedKind::Target, "example.com"),
        (&["-x", &socks_local, "http://127.0.0.2:8080/"], None, RefusedKind::Target, "127.0.0.2"),
        (&["-p", "-x", &http, "http://example.com/"], None, RefusedKind::Target, "403"),
        (&["-x", &http, "-f", "http://example.com/"], None, RefusedKind::Command, "405"),
        (&["-p", "-x", &http, wrong[0], wrong[1], URL], Some(login()), RefusedKind::Login, "407"),
        (&["-x", &socks, wrong[0], wrong[1], URL], Some(login()), RefusedKind::Login, "ejected"),
    ];
    for (arguments, login, kind, words) in cases {
        let serve = async |stream| answer(stream, login.as_ref()).await;
        let Some((output, served)) = curl(arguments, &listener, serve).await else { return };
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{arguments:?}");
        assert_eq!(served, Err(kind), "{said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    let serve = async |stream| {
        let asked = handshake(stream, None).await.unwrap();
        asked.refused(Denial::Busy, "too many connections").await.unwrap();
    };
    let Some((output, ())) = curl(&["-p", "-x", &http, URL], &listener, serve).await else { return };
    assert!(String::from_utf8_lossy(&output.stderr).contains("503"));
}
