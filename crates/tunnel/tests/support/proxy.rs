//! A small HTTP proxy that knows CONNECT, and misbehaves at will.

use std::sync::{Arc, Mutex};

use adit_tunnel::{HttpProxy, ProxyChoice};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the proxy does with a request.
#[derive(Clone)]
pub(crate) enum Manner {
    /// Connects to this port here, whatever was asked for.
    Connects(u16),
    /// The same for whoever sends this value of `Proxy-Authorization`; 407 for others.
    Demands(u16, &'static str),
    /// Answers this, then closes.
    Answers(Vec<u8>),
    /// Answers nothing, and keeps the connection.
    Hangs,
}

pub(crate) struct Proxy {
    pub(crate) port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, manner.clone(), Arc::clone(&seen)));
            }
        });
        Self { port, heads }
    }

    /// The choice of this proxy; `user` is empty or `user:password@`.
    pub(crate) fn choice(&self, user: &str) -> ProxyChoice {
        ProxyChoice::Manual(format!("http://{user}127.0.0.1:{}", self.port).parse::<HttpProxy>().unwrap())
    }

    /// The heads of all requests.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn serve(mut client: TcpStream, manner: Manner, heads: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = client.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    heads.lock().unwrap().push(head.clone());
    let port = match manner {
        Manner::Connects(port) => port,
        Manner::Demands(port, value) if super::header(&head, "Proxy-Authorization") == Some(value) => port,
        Manner::Demands(..) => {
            let answer = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                          Proxy-Authenticate: Basic realm=\"acme\"\r\nContent-Length: 0\r\n\r\n";
            let _ = client.write_all(answer.as_bytes()).await;
            return;
        }
        Manner::Answers(bytes) => {
            let _ = client.write_all(&bytes).await;
            let _ = client.shutdown().await;
            // Closed with bytes unread, it would be reset, and the answer lost.
            let _ = tokio::io::copy(&mut client, &mut tokio::io::sink()).await;
            return;
        }
        Manner::Hangs => std::future::pending().await,
    };
    let Ok(mut relay) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    if client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.is_ok() {
        let _ = tokio::io::copy_bidirectional(&mut client, &mut relay).await;
    }
}
