//! From the backend to the client, and the ACKs of the other direction.

use std::task::{Context, Poll};
use std::time::Instant;

use adit_relay::frame::Frame;
use bytes::Bytes;
use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::Message;

use super::super::close::{self, Close};
use super::super::script::{ACK_IDLE, Cut, PING_EVERY, Play, TlsEnd};
use super::{Session, Step, TURN};

/// A message with a tag that means nothing (section 4): clients skip it.
const JUNK: &[u8] = b"\x00\x63\xde\xad\xbe\xef";

impl Session {
    pub(super) fn poll_backend_read(&mut self, cx: &mut Context<'_>) -> Step {
        let mut step = Step::Idle;
        for _ in 0..TURN {
            let Some(backend) = &mut self.backend else { break };
            let room = self.down.room(self.script.window);
            if room == 0 || self.ending.is_some() {
                break;
            }
            match self.down.poll_fill(cx, backend, room, self.script.frame) {
                Poll::Pending => break,
                Poll::Ready(Ok(count)) if count > 0 => {}
                Poll::Ready(Ok(_) | Err(_)) => self.ending = Some(self.backend_close()),
            }
            step = Step::Moved;
        }
        step
    }

    fn backend_close(&self) -> Close {
        if self.up.is_broken() { close::WRITE_FAILED } else { close::READ_FAILED }
    }

    pub(super) fn poll_send(&mut self, cx: &mut Context<'_>) -> Step {
        let mut step = Step::Idle;
        for _ in 0..TURN {
            let Some(carrier) = &mut self.carrier else { break };
            if carrier.cut.is_some() {
                break;
            }
            match carrier.socket.poll_ready_unpin(cx) {
                Poll::Pending => break,
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => {
                    self.detach();
                    return Step::Moved;
                }
            }
            let Some(message) = self.next_message() else { break };
            step = Step::Moved;
            let Some(carrier) = &mut self.carrier else { break };
            carrier.flush = Play::Yes;
            if carrier.socket.start_send_unpin(message).is_err() {
                self.detach();
                break;
            }
            self.arm_cut();
        }
        if step == Step::Idle
            && self.is_delivered()
            && let Some(close) = self.ending
        {
            self.close(close);
            return Step::Moved;
        }
        step
    }

    /// What goes on the wire next: the greeting, then ACKs before data.
    fn next_message(&mut self) -> Option<Message> {
        let carrier = self.carrier.as_mut()?;
        if carrier.junk == Play::Yes {
            carrier.junk = Play::No;
            return Some(Message::Binary(Bytes::from_static(JUNK)));
        }
        if let Some(greeting) = carrier.greeting.take() {
            carrier.junk = self.script.junk;
            return Some(Message::Binary(greeting));
        }
        let now = Instant::now();
        if carrier.next_ping.is_some_and(|at| at <= now) {
            carrier.next_ping = Some(now + PING_EVERY);
            return Some(Message::Ping(Bytes::new()));
        }
        if let Some(ack) = self.next_ack(now) {
            return Some(Message::Binary(ack));
        }
        let message = self.down.next(self.script.allowance(self.down.cursor()))?;
        if let Some(carrier) = &mut self.carrier {
            carrier.junk = self.script.junk;
        }
        Some(Message::Binary(message))
    }

    fn next_ack(&mut self, now: Instant) -> Option<Bytes> {
        // bytes that the client has yet to repeat are not the business of this WebSocket's ACKs
        let confirmable = self.up.written().min(self.up.received().saturating_sub(self.repeated));
        let unconfirmed = confirmable.saturating_sub(self.up.told());
        if unconfirmed == 0 {
            self.ack_at = None;
            return None;
        }
        let idle = self.ack_at.is_some_and(|at| at <= now) || self.ending.is_some();
        if !idle && unconfirmed < self.script.ack_every {
            return None;
        }
        let position = match self.script.partial_ack {
            // an odd position, which no frame's edge is likely to share
            Play::Yes if !idle => confirmable - unconfirmed / 3,
            Play::Yes | Play::No => confirmable,
        };
        self.ack_at = (position < confirmable).then(|| now + ACK_IDLE);
        self.up.tell(position);
        Some(Frame::Ack(position).encode())
    }

    /// Whether the current WebSocket has been given everything there is.
    fn is_delivered(&self) -> bool {
        self.down.is_drained()
            && self
                .carrier
                .as_ref()
                .is_some_and(|carrier| carrier.greeting.is_none() && carrier.cut.is_none())
    }

    /// Sends what is written, then makes the cut that waited for it.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Step {
        let Some(carrier) = &mut self.carrier else { return Step::Idle };
        if carrier.flush == Play::Yes || carrier.cut.is_some() {
            match carrier.socket.poll_flush_unpin(cx) {
                Poll::Pending => return Step::Idle,
                Poll::Ready(Ok(())) => carrier.flush = Play::No,
                Poll::Ready(Err(_)) => {
                    self.detach();
                    return Step::Moved;
                }
            }
        }
        let Some(cut) = carrier.cut.take() else { return Step::Idle };
        match cut {
            Cut::Close(close) => self.close(close),
            Cut::Drop(end) => {
                if let Some(mut carrier) = self.carrier.take()
                    && end == TlsEnd::Clean
                {
                    self.tasks.spawn(async move { close::end_tls(&mut carrier.socket).await });
                }
                self.detach();
            }
        }
        Step::Moved
    }

    pub(super) fn arm_cut(&mut self) {
        let Some(carrier) = &mut self.carrier else { return };
        if carrier.cut.is_none() {
            carrier.cut = self.script.due(self.down.cursor(), self.up.received());
        }
    }
}
