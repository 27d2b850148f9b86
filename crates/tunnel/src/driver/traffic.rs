//! Messages and bytes between the WebSocket, the session and the queues.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use adit_relay::{Time, Transmit};
use tokio::time::timeout;

use super::{Driver, Link};
use crate::upgrade::WebSocket;
use crate::websocket::{Broken, GATHERED, Incoming};

/// Messages that are read before it is the writing side's turn.
const READ_BATCH: usize = 16;
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
            let Poll::Ready(incoming) = socket.poll_next(cx) else { break };
            progress = true;
            match incoming {
                Ok(Incoming::Binary(message)) => self.session.handle_message(message, now),
                Ok(Incoming::Text) => self.session.handle_text(),
                Ok(Incoming::Pong) => self.session.handle_pong(now),
                // The Pong goes out with the next flush.
                Ok(Incoming::Ping) => {}
                Ok(Incoming::Close(close)) => {
                    self.part_after_close(close.as_ref().map(|(code, _)| *code));
                    self.session.set_jitter(rand::random());
                    // A Close frame without a code is 1005 by RFC 6455, section 7.1.5.
                    self.session.closed(Some(close.unwrap_or((1005, String::new()))), now);
                }
                Ok(Incoming::End) => self.lose(None, now),
                Err(Broken::Io(error)) => {
                    tracing::debug!(%error, "the websocket ended");
                    self.lose(None, now);
                }
                Err(Broken::Violation { code, reason }) => {
                    tracing::debug!(code, reason, "the relay broke the websocket");
                    self.lose(Some((code, reason.to_owned())), now);
                }
            }
        }
        progress
    }

    /// Answers the relay's Close beside the session, which may already want another connection. Nothing is
    /// read from the old one any more (hard case 8).
    fn part_after_close(&mut self, code: Option<u16>) {
        if let Link::Up(mut socket) = std::mem::replace(&mut self.link, Link::Down) {
            socket.close(code);
            tokio::spawn(async move {
                // A relay that is gone needs no answer.
                let _ = timeout(CLOSE_LIMIT, socket.shut_down()).await;
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
        let Link::Up(socket) = &mut self.link else {
            // A last word for a connection that is gone by now; asking also starts the session's timers.
            let _ = self.session.poll_transmit_into(now, &mut Vec::new());
            return false;
        };
        if self.session.has_ended() {
            // The last word, if any, does not wait until others are through.
            match self.session.poll_transmit_into(now, &mut Vec::new()) {
                Some(Transmit::Close { code }) => self.close(code),
                Some(Transmit::Message(()) | Transmit::Ping | Transmit::Abandon) | None => {
                    self.link = Link::Down;
                }
            }
            return true;
        }
        let mut progress = false;
        while socket.queued() < GATHERED {
            match socket.put(|out| self.session.poll_transmit_into(now, out)) {
                Some(Transmit::Message(())) => {}
                Some(Transmit::Ping) => socket.ping(),
                Some(Transmit::Close { code }) => {
                    self.close(code);
                    return true;
                }
                Some(Transmit::Abandon) => {
                    self.link = Link::Down;
                    return true;
                }
                None => {
                    // Local bytes wait in their queue, where they gather, until the wire can take them.
                    let bytes = self.pipe.collect(self.session.send_capacity());
                    if bytes.is_empty() {
                        break;
                    }
                    self.session.send(bytes);
                }
            }
            progress = true;
        }
        if !socket.wants_flush() {
            return progress;
        }
        match socket.poll_flush(cx) {
            Poll::Ready(Ok(())) => true,
            Poll::Ready(Err(error)) => self.lost_while_writing(cx, &error, now),
            Poll::Pending => progress,
        }
    }

    /// A write error is a lost connection, not a line in the log (hard case 22). What had arrived before is
    /// still read: it may hold the relay's Close, which says why. The rest is discarded, and the relay sends it
    /// again (hard case 9).
    fn lost_while_writing(&mut self, cx: &mut Context<'_>, error: &io::Error, now: Time) -> bool {
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
    socket.close(Some(code));
    let handshake = async {
        if poll_fn(|cx| socket.poll_flush(cx)).await.is_err() {
            return;
        }
        while !matches!(
            poll_fn(|cx| socket.poll_next(cx)).await,
            Ok(Incoming::Close(_) | Incoming::End) | Err(_)
        ) {}
        // Nothing depends on the goodbye of TLS.
        let _ = socket.shut_down().await;
    };
    if timeout(CLOSE_LIMIT, handshake).await.is_err() {
        tracing::debug!("the relay did not answer our close");
    }
}
