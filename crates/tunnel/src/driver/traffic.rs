//! Messages and bytes between the WebSocket, the session and the queues.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use adit_relay::{Time, Transmit};
use bytes::Bytes;
use futures_util::{Sink as _, SinkExt as _, StreamExt as _};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Error as WsError;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};

use super::{Driver, Link};
use crate::upgrade::{WRITE_BUFFER, WebSocket};

/// Messages that are read before it is the writing side's turn.
const READ_BATCH: usize = 32;
/// How long the closing handshake may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

impl Driver {
    /// Reads what is there, as far as the session wants it.
    pub(super) fn read(&mut self, cx: &mut Context<'_>, now: Time) -> bool {
        let mut progress = false;
        for _ in 0..READ_BATCH {
            let Link::Up(socket) = &mut self.link else { break };
            if !self.session.wants_messages() {
                break;
            }
            let Poll::Ready(item) = socket.poll_next_unpin(cx) else { break };
            progress = true;
            match item {
                Some(Ok(Message::Binary(message))) => self.session.handle_message(message, now),
                Some(Ok(Message::Text(_))) => self.session.handle_text(),
                Some(Ok(Message::Pong(_))) => self.session.handle_pong(now),
                // The library has queued the Pong; a flush sends it.
                Some(Ok(Message::Ping(_))) => self.unflushed = true,
                // Only handed out when frames are asked for.
                Some(Ok(Message::Frame(_))) => {}
                Some(Ok(Message::Close(frame))) => {
                    let close = frame.map(|frame| (u16::from(frame.code), frame.reason.as_str().to_owned()));
                    self.part_after_close();
                    self.session.set_jitter(rand::random());
                    // A Close frame without a code is 1005 by RFC 6455, section 7.1.5.
                    self.session.closed(Some(close.unwrap_or((1005, String::new()))), now);
                }
                Some(Err(error)) => {
                    tracing::debug!(%error, "the websocket ended");
                    self.lose(violation(&error), now);
                }
                None => self.lose(None, now),
            }
        }
        progress
    }

    /// Answers the relay's Close beside the session, which may already want another connection. Nothing is
    /// read from the old one any more (hard case 8).
    fn part_after_close(&mut self) {
        if let Link::Up(mut socket) = std::mem::replace(&mut self.link, Link::Down) {
            tokio::spawn(async move {
                // A relay that is gone needs no answer.
                let _ = timeout(CLOSE_LIMIT, async {
                    let _ = socket.flush().await;
                    let _ = tokio::io::AsyncWriteExt::shutdown(socket.get_mut()).await;
                })
                .await;
            });
        }
    }

    /// Moves received bytes to the reader's queue, which survives reconnects: what is in it is accepted.
    pub(super) fn deliver(&mut self) -> bool {
        let mut progress = false;
        let mut room = self.pipe.room();
        while room > 0 {
            let Some(bytes) = self.session.receive() else { break };
            let length = bytes.len();
            self.pipe.deliver(bytes);
            self.session.accepted(length as u64);
            room = self.pipe.room();
            progress = true;
        }
        progress
    }

    /// Sends what the session wants sent, then as much of the local bytes as fit, with one flush for all.
    pub(super) fn write(&mut self, cx: &mut Context<'_>, now: Time) -> bool {
        if !matches!(self.link, Link::Up(_)) {
            // A last word for a connection that is gone by now; asking also starts the session's timers.
            let _ = self.session.poll_transmit(now);
            return false;
        }
        if self.session.has_ended() {
            // The last word, if any, does not wait until others are through.
            match self.session.poll_transmit(now) {
                Some(Transmit::Close { code }) => self.close(code),
                Some(Transmit::Message(_) | Transmit::Ping | Transmit::Abandon) | None => {
                    self.link = Link::Down
                }
            }
            return true;
        }
        let mut progress = false;
        let mut batch = 0_usize;
        loop {
            let Link::Up(socket) = &mut self.link else { return progress };
            if batch < WRITE_BUFFER {
                match Pin::new(&mut **socket).poll_ready(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(error)) => return self.lost_while_writing(cx, &error, now),
                    Poll::Pending => return progress,
                }
                let message = match self.session.poll_transmit(now) {
                    Some(Transmit::Message(message)) => Some(Message::Binary(message)),
                    Some(Transmit::Ping) => Some(Message::Ping(Bytes::new())),
                    Some(Transmit::Close { code }) => {
                        self.close(code);
                        return true;
                    }
                    Some(Transmit::Abandon) => {
                        self.link = Link::Down;
                        return true;
                    }
                    None => None,
                };
                if let Some(message) = message {
                    batch = batch.saturating_add(message.len());
                    self.unflushed = true;
                    progress = true;
                    if let Err(error) = Pin::new(&mut **socket).start_send(message) {
                        return self.lost_while_writing(cx, &error, now);
                    }
                    continue;
                }
                // Local bytes wait in their queue, where they gather, until the wire can take them.
                let bytes = self.pipe.collect(self.session.send_capacity());
                if !bytes.is_empty() {
                    self.session.send(bytes);
                    progress = true;
                    continue;
                }
            }
            if !self.unflushed {
                return progress;
            }
            return match Pin::new(&mut **socket).poll_flush(cx) {
                Poll::Ready(Ok(())) => {
                    self.unflushed = false;
                    true
                }
                Poll::Ready(Err(error)) => self.lost_while_writing(cx, &error, now),
                Poll::Pending => progress,
            };
        }
    }

    /// A write error is a lost connection, not a line in the log (hard case 22). What had arrived before is
    /// still read: it may hold the relay's Close, which says why. The rest is discarded, and the relay sends it
    /// again (hard case 9).
    fn lost_while_writing(&mut self, cx: &mut Context<'_>, error: &WsError, now: Time) -> bool {
        tracing::debug!(%error, "the websocket cannot be written");
        while matches!(self.link, Link::Up(_)) && self.read(cx, now) {}
        if matches!(self.link, Link::Up(_)) {
            self.lose(None, now);
        }
        true
    }

    /// The connection is gone, without a Close frame of the relay's.
    fn lose(&mut self, close: Option<(u16, String)>, now: Time) {
        self.link = Link::Down;
        self.session.set_jitter(rand::random());
        self.session.closed(close, now);
    }

    fn close(&mut self, code: u16) {
        if let Link::Up(socket) = std::mem::replace(&mut self.link, Link::Down) {
            self.link = Link::Closing(Box::pin(close(*socket, code)));
        }
    }
}

/// Sends our Close and waits, not for long, for the relay's. Whatever else still comes is of no use.
async fn close(mut socket: WebSocket, code: u16) {
    let handshake = async {
        let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
        if socket.send(Message::Close(Some(frame))).await.is_err() {
            return;
        }
        while let Some(Ok(_)) = socket.next().await {}
        // Nothing depends on the goodbye of TLS.
        let _ = tokio::io::AsyncWriteExt::shutdown(socket.get_mut()).await;
    };
    if timeout(CLOSE_LIMIT, handshake).await.is_err() {
        tracing::debug!("the relay did not answer our close");
    }
}

/// What the WebSocket library found wrong, as the close code that names it; `None` for a mere loss.
fn violation(error: &WsError) -> Option<(u16, String)> {
    match error {
        WsError::Capacity(_) => Some((1009, error.to_string())),
        WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        WsError::Protocol(_) => Some((1002, error.to_string())),
        WsError::Utf8(_) => Some((1007, error.to_string())),
        WsError::ConnectionClosed
        | WsError::AlreadyClosed
        | WsError::Io(_)
        | WsError::Tls(_)
        | WsError::WriteBufferFull(_)
        | WsError::AttackAttempt
        | WsError::Url(_)
        | WsError::Http(_)
        | WsError::HttpFormat(_) => None,
    }
}
