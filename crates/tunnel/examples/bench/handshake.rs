//! The least that a tunnel's first byte can take: TCP, TLS and the WebSocket upgrade, and nothing after them.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::forward;
use crate::peer::Peer;

/// How long a bare handshake with the relay takes, until it has said that the session exists.
pub(crate) async fn bare(peer: &Peer) -> Result<Duration> {
    let connector = forward::connector(peer.ca.as_bytes())?;
    let began = Instant::now();
    let mut tls = forward::connect(&connector, peer.relay).await?;
    let request = format!(
        "GET /v4/connect?project=bench&zone=bench-a&instance=bench-vm&interface=nic0&port=7&newWebsocket=True \
         HTTP/1.1\r\nHost: localhost:{}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: {}\r\nOrigin: {}\r\nAuthorization: Bearer a-token-of-the-bench\r\n\r\n",
        peer.relay.port(),
        adit_relay::SUBPROTOCOL,
        adit_relay::ORIGIN,
    );
    tls.write_all(request.as_bytes()).await?;
    tls.flush().await?;
    let mut answer = Vec::new();
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        ensure!(tls.read_buf(&mut answer).await? > 0, "the relay left");
    }
    ensure!(answer.starts_with(b"HTTP/1.1 101 "), "the relay refused");
    Ok(began.elapsed())
}
