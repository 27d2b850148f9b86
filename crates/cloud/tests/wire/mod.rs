//! A client that speaks the relay's protocol message by message and keeps no state of its own, so that a test can
//! say exactly what it means, right or wrong.

#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses its own part of this")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use adit_cloud::{Cloud, Faults, Landscape, Options};
use adit_relay::frame::Frame;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderValue, header};
use tokio_tungstenite::tungstenite::{Error, Message};

/// Long enough for a busy machine; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What every test of the relay finds: one project that the user may enter and one that the user may not.
pub(crate) fn landscape(ports: &serde_json::Value, metadata: &serde_json::Value) -> Landscape {
    let instance = |project: &str, name: &str, status: &str| {
        let ip = if name == "web-1" { "10.0.0.2" } else { "10.0.0.3" };
        serde_json::json!({
            "project": project, "zone": "test-a", "name": name, "status": status, "ip": ip,
            "ports": ports, "metadata": metadata,
        })
    };
    let mine =
        serde_json::json!({"bindings": [{"role": "roles/owner", "members": ["user:ana@test.example"]}]});
    let json = serde_json::json!({
        "organization": {"domain": "test.example", "id": 1},
        "zones": [{"name": "test-a"}],
        "projects": [
            {"id": "mine", "number": 11, "name": "Mine", "parent": "organizations/1", "policy": mine},
            {"id": "theirs", "number": 12, "name": "Theirs", "parent": "organizations/1"},
        ],
        "instances": [
            instance("mine", "web-1", "RUNNING"),
            instance("mine", "off-1", "TERMINATED"),
            instance("theirs", "web-1", "RUNNING"),
        ],
        "destinationGroups": [{
            "project": "mine", "region": "test", "name": "group-1", "network": "default",
            "hosts": {"db.internal": {"7": "echo"}},
        }],
        "users": [{"email": "ana@test.example", "name": "Ana", "places": [{"name": "office", "ip": "203.0.113.7"}]}],
    });
    Landscape::parse(&json.to_string()).unwrap()
}

pub(crate) async fn cloud(ports: serde_json::Value) -> Cloud {
    Cloud::start(Options::new(landscape(&ports, &serde_json::json!({})))).await.unwrap()
}

pub(crate) fn faults(set: &[(&str, &str)]) -> Faults {
    let mut faults = Faults::default();
    for (name, value) in set {
        faults.set(name, value).unwrap();
    }
    faults
}

/// Request line of a new session on a port of `web-1`.
pub(crate) fn connect_to(port: u16) -> String {
    connect_query("mine", "web-1", port)
}

pub(crate) fn connect_query(project: &str, instance: &str, port: u16) -> String {
    format!(
        "/connect?project={project}&port={port}&newWebsocket=True&zone=test-a&instance={instance}&interface=nic0"
    )
}

/// Request line that resumes a session.
pub(crate) fn reconnect(sid: &[u8], ack: u64) -> String {
    use std::fmt::Write as _;
    let sid = sid.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "%{byte:02X}");
        text
    });
    format!("/reconnect?sid={sid}&ack={ack}&newWebsocket=True&zone=test-a")
}

/// What arrives.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Got {
    Sid(Bytes),
    Resumed(u64),
    Data(Bytes),
    Ack(u64),
    Unknown,
    Ping,
    Close(u16),
    /// The end of TLS without a Close frame, with its close_notify.
    CleanEnd,
    /// The end of TCP without the end of TLS.
    AbruptEnd,
}

#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<TlsStream<TcpStream>>,
    pub(crate) subprotocol: Option<String>,
}

pub(crate) async fn tls(cloud: &Cloud) -> TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(cloud.ca_pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let address: SocketAddr =
        cloud.relay_url().trim_start_matches("wss://").trim_end_matches("/v4").parse().unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let name = ServerName::from(address.ip());
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

impl Client {
    pub(crate) async fn open(cloud: &Cloud, query: &str) -> Result<Self, Refused> {
        Self::open_as(cloud, query, cloud.token()).await
    }

    /// A session of whoever has the token.
    pub(crate) async fn open_as(cloud: &Cloud, query: &str, token: &str) -> Result<Self, Refused> {
        let mut headers = HeaderMap::new();
        let bearer = format!("Bearer {token}");
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&bearer).unwrap());
        headers.insert(header::ORIGIN, HeaderValue::from_static("bot:iap-tunneler"));
        headers
            .insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("relay.tunnel.cloudproxy.app"));
        Self::open_with(cloud, query, headers).await
    }

    pub(crate) async fn open_with(cloud: &Cloud, query: &str, headers: HeaderMap) -> Result<Self, Refused> {
        let mut request = format!("{}{query}", cloud.relay_url()).into_client_request().unwrap();
        request.headers_mut().extend(headers);
        match tokio_tungstenite::client_async(request, tls(cloud).await).await {
            Ok((socket, response)) => {
                let chosen = response.headers().get(header::SEC_WEBSOCKET_PROTOCOL);
                let subprotocol = chosen.map(|name| name.to_str().unwrap().to_owned());
                Ok(Self { socket, subprotocol })
            }
            Err(Error::Http(response)) => {
                let (parts, body) = response.into_parts();
                let body = String::from_utf8_lossy(&body.unwrap_or_default()).into_owned();
                Err(Refused { status: parts.status.as_u16(), headers: parts.headers, body })
            }
            Err(other) => panic!("{other}"),
        }
    }

    /// A new session on a port of `web-1`, with its identifier.
    pub(crate) async fn session(cloud: &Cloud, port: u16) -> (Self, Bytes) {
        let mut client = Self::open(cloud, &connect_to(port)).await.unwrap();
        match client.next().await {
            Got::Sid(sid) => (client, sid),
            other => panic!("{other:?}"),
        }
    }

    /// The same session on a new WebSocket, with what the relay has received.
    pub(crate) async fn resume(cloud: &Cloud, sid: &[u8], ack: u64) -> (Self, u64) {
        let mut client = Self::open(cloud, &reconnect(sid, ack)).await.unwrap();
        match client.next().await {
            Got::Resumed(received) => (client, received),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn next(&mut self) -> Got {
        let message = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("nothing arrives");
        match message {
            Some(Ok(Message::Binary(message))) => match Frame::decode(message).unwrap() {
                Frame::ConnectSuccessSid(sid) => Got::Sid(sid),
                Frame::ReconnectSuccessAck(ack) => Got::Resumed(ack),
                Frame::Data(payload) => {
                    assert!(!payload.is_empty(), "an empty DATA frame");
                    Got::Data(payload)
                }
                Frame::Ack(ack) => {
                    assert_ne!(ack, 0, "an ACK of 0");
                    Got::Ack(ack)
                }
                Frame::LongClose { .. } | Frame::Unknown(_) => Got::Unknown,
            },
            Some(Ok(Message::Ping(_))) => Got::Ping,
            Some(Ok(Message::Close(frame))) => {
                // lets the answer out
                let _ = self.socket.flush().await;
                Got::Close(frame.map_or(1005, |frame| frame.code.into()))
            }
            Some(Ok(other)) => panic!("{other:?}"),
            Some(Err(Error::Io(error))) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Got::AbruptEnd
            }
            Some(Err(Error::Io(error))) if error.kind() == std::io::ErrorKind::ConnectionReset => {
                Got::AbruptEnd
            }
            Some(Err(Error::Protocol(_))) | None => Got::CleanEnd,
            Some(Err(other)) => panic!("{other}"),
        }
    }

    pub(crate) async fn send(&mut self, frame: Frame) {
        self.socket.send(Message::Binary(frame.encode())).await.unwrap();
    }

    /// Sends bytes in frames of the largest size.
    pub(crate) async fn data(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(16_384) {
            self.socket
                .feed(Message::Binary(Frame::Data(Bytes::copy_from_slice(chunk)).encode()))
                .await
                .unwrap();
        }
        self.socket.flush().await.unwrap();
    }

    /// Receives until `bytes` has grown to `length`; ACKs are checked to grow and returned last.
    pub(crate) async fn receive(&mut self, bytes: &mut Vec<u8>, length: usize) -> u64 {
        let mut acked = 0;
        while bytes.len() < length {
            match self.next().await {
                Got::Data(payload) => bytes.extend_from_slice(&payload),
                Got::Ack(ack) => {
                    assert!(ack > acked);
                    acked = ack;
                }
                other => panic!("{other:?} after {} bytes", bytes.len()),
            }
        }
        assert_eq!(bytes.len(), length);
        acked
    }

    /// Waits for the ACK of everything up to `position`.
    pub(crate) async fn acked(&mut self, position: u64) {
        loop {
            match self.next().await {
                Got::Ack(ack) if ack == position => return,
                Got::Ack(ack) => assert!(ack < position),
                other => panic!("{other:?}"),
            }
        }
    }
}

/// The code that a tunnel of whoever has the token is closed with; 0 for one that opens.
pub(crate) async fn refused(cloud: &Cloud, token: &str, project: &str, instance: &str, port: u16) -> u16 {
    let query = format!(
        "/connect?project={project}&port={port}&newWebsocket=True&zone=europe-west1-b&instance={instance}&interface=nic0"
    );
    match Client::open_as(cloud, &query, token).await.unwrap().next().await {
        Got::Close(code) => code,
        Got::Sid(_) => 0,
        other => panic!("{other:?}"),
    }
}

/// Bytes that show where they belong.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|i| ((i * 31) ^ (i >> 8) ^ (i >> 16)) as u8).collect()
}

/// A tunnel to a port of `web-1` as a stream, acknowledged as it is read.
pub(crate) async fn stream(cloud: &Cloud, port: u16) -> tokio::io::DuplexStream {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (client, _) = Client::session(cloud, port).await;
    let (near, far) = tokio::io::duplex(64 * 1024);
    let (mut read, mut write) = tokio::io::split(far);
    let (mut sink, mut source) = client.socket.split();
    let (acks, mut acked) = tokio::sync::watch::channel(0_u64);
    tokio::spawn(async move {
        let mut received = 0;
        while let Some(Ok(Message::Binary(message))) = source.next().await {
            if let Ok(Frame::Data(payload)) = Frame::decode(message) {
                if write.write_all(&payload).await.is_err() {
                    return;
                }
                received += payload.len() as u64;
                acks.send_replace(received);
            }
        }
    });
    tokio::spawn(async move {
        let mut buffer = vec![0; 16_384];
        loop {
            let frame = tokio::select! {
                Ok(()) = acked.changed() => Frame::Ack(*acked.borrow_and_update()),
                count = read.read(&mut buffer) => match count {
                    Ok(count) if count > 0 => Frame::Data(Bytes::copy_from_slice(&buffer[..count])),
                    _ => break,
                },
            };
            if sink.send(Message::Binary(frame.encode())).await.is_err() {
                return;
            }
        }
        let _ = sink.close().await;
    });
    near
}
