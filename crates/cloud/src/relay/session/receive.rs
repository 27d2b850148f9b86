//! From the client to the backend.

use std::task::{Context, Poll};
use std::time::Instant;

use adit_relay::frame::{DecodeError, Frame, MAX_PAYLOAD};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use super::super::close;
use super::super::downstream::BadAck;
use super::super::script::{ACK_IDLE, Play};
use super::{Session, Step, TURN};

impl Session {
    pub(super) fn poll_receive(&mut self, cx: &mut Context<'_>) -> Step {
        let mut step = Step::Idle;
        for _ in 0..TURN {
            let Some(carrier) = &mut self.carrier else { break };
            if self.up.is_full() || carrier.cut.is_some() {
                break;
            }
            let Poll::Ready(message) = carrier.socket.poll_next_unpin(cx) else { break };
            step = Step::Moved;
            match message {
                Some(Ok(Message::Binary(message))) => self.frame(message),
                Some(Ok(Message::Text(_))) => self.violation(close::NOT_BINARY),
                // pings are answered by the WebSocket itself, with the next flush
                Some(Ok(Message::Ping(_))) => carrier.flush = Play::Yes,
                Some(Ok(Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_))) => {
                    if let Some(carrier) = self.carrier.take() {
                        self.tasks.spawn(close::answer(carrier.socket));
                    }
                    self.ended = true;
                }
                Some(Err(SocketError::Capacity(_))) => self.violation(close::TOO_LARGE),
                Some(Err(_)) | None => self.detach(),
            }
        }
        step
    }

    fn frame(&mut self, message: Bytes) {
        match Frame::decode(message) {
            Ok(Frame::Data(payload)) if payload.len() > MAX_PAYLOAD => self.violation(close::INVALID_DATA),
            Ok(Frame::Data(payload)) => self.data(payload),
            Ok(Frame::Ack(position)) => match self.down.acknowledge(position) {
                Ok(()) => {}
                Err(BadAck::Backwards) => self.violation(close::ACK_BACKWARDS),
                Err(BadAck::Beyond) => self.violation(close::ACK_BEYOND),
            },
            Ok(Frame::ConnectSuccessSid(_) | Frame::ReconnectSuccessAck(_)) | Err(DecodeError::EmptySid) => {
                self.violation(close::INVALID_TAG);
            }
            Ok(Frame::LongClose { .. } | Frame::Unknown(_)) => {}
            Err(DecodeError::Truncated | DecodeError::TooLarge(_)) => self.violation(close::INVALID_DATA),
        }
    }

    fn data(&mut self, mut payload: Bytes) {
        let known = usize::try_from(self.repeated).unwrap_or(usize::MAX).min(payload.len());
        self.repeated -= known as u64;
        let _ = payload.split_to(known);
        self.up.push(payload);
        if known > 0 {
            // the backend has these already: no write to it will call for their ACK
            self.arm_ack();
        }
        self.arm_cut();
    }

    pub(super) fn poll_backend_write(&mut self, cx: &mut Context<'_>) -> Step {
        let Some(backend) = &mut self.backend else {
            self.up.give_up();
            return Step::Idle;
        };
        match self.up.poll_drain(cx, backend) {
            Poll::Pending => Step::Idle,
            Poll::Ready(Ok(_)) => {
                self.arm_ack();
                Step::Moved
            }
            // what it sent before it broke is still read and delivered
            Poll::Ready(Err(_)) => Step::Moved,
        }
    }

    fn arm_ack(&mut self) {
        if self.ack_at.is_none() || self.script.slow_acks == Play::Yes {
            self.ack_at = Some(Instant::now() + ACK_IDLE);
        }
    }
}
