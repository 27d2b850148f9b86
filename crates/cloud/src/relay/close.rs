//! Close codes of section 8.1, and how a WebSocket is ended.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// The WebSocket of one client.
pub(super) type Socket = WebSocketStream<TlsStream<TcpStream>>;

/// How long the client has to answer a Close.
const ANSWER: Duration = Duration::from_secs(5);

/// A close code with its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) code: u16,
    pub(super) reason: &'static str,
}

const fn close(code: u16, reason: &'static str) -> Close {
    Close { code, reason }
}

pub(super) const GOING_AWAY: Close = close(1001, "going away");
pub(super) const TOO_LARGE: Close = close(1009, "message too large");
pub(super) const SID_UNKNOWN: Close = close(4001, "session id unknown");
pub(super) const TAKEN_OVER: Close = close(4001, "session taken over by another connection");
pub(super) const NO_BACKEND: Close = close(4003, "failed to connect to backend");
pub(super) const ACK_BACKWARDS: Close = close(4005, "ack below an earlier one");
pub(super) const ACK_BEYOND: Close = close(4006, "ack beyond sent bytes");
pub(super) const NOT_BINARY: Close = close(4007, "invalid websocket opcode");
pub(super) const INVALID_TAG: Close = close(4008, "invalid tag");
pub(super) const WRITE_FAILED: Close = close(4009, "destination write failed");
pub(super) const READ_FAILED: Close = close(4010, "destination read failed");
pub(super) const INVALID_DATA: Close = close(4013, "invalid data");
pub(super) const NOT_AUTHORIZED: Close = close(4033, "not authorized");
pub(super) const LOOKUP_FAILED: Close = close(4047, "Failed to lookup instance");
pub(super) const CANNOT_REWIND: Close = close(4074, "failed to rewind");

impl Close {
    /// A code that a fault asks for, with the text that belongs to it.
    pub(super) fn of_fault(code: u16) -> Self {
        let reason = match code {
            1000 => "normal",
            1001 => "going away",
            4002 => "session id in use",
            4003 => "failed to connect to backend",
            4004 => "reauthentication required",
            4010 => "destination read failed",
            4033 => "not authorized",
            4047 | 4051 => "Failed to lookup instance",
            4080 => "error while receiving from client",
            _ => "fault",
        };
        Self { code, reason }
    }
}

/// Whether the client confirmed the end of a WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Farewell {
    /// It answered the Close, so everything before it has arrived.
    Answered,
    /// It went without a word; it may not have read everything.
    Lost,
}

/// Sends a Close and waits a little for the client's.
pub(super) async fn part(mut socket: Socket, close: Close) -> Farewell {
    let goodbye = async {
        let frame = CloseFrame { code: close.code.into(), reason: close.reason.into() };
        if socket.send(Message::Close(Some(frame))).await.is_err() {
            return Farewell::Lost;
        }
        let mut farewell = Farewell::Lost;
        while let Some(Ok(message)) = socket.next().await {
            if message.is_close() {
                farewell = Farewell::Answered;
            }
        }
        end_tls(&mut socket).await;
        farewell
    };
    tokio::time::timeout(ANSWER, goodbye).await.unwrap_or(Farewell::Lost)
}

/// Answers the Close that the client has just sent.
pub(super) async fn answer(mut socket: Socket) {
    let goodbye = async {
        if socket.flush().await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
        end_tls(&mut socket).await;
    };
    // A client that does not take the answer only loses the answer.
    let _ = tokio::time::timeout(ANSWER, goodbye).await;
}

/// Ends the TLS stream with its close_notify and no Close frame.
pub(super) async fn end_tls(socket: &mut Socket) {
    // The other side may be gone already; there is nobody left to tell.
    let _ = socket.get_mut().shutdown().await;
}
