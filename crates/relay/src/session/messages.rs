//! What arrives on the WebSocket, and the acknowledgements that answer it (specification sections 4 to 6).

use bytes::Bytes;

use crate::{
    DecodeError, Event, Failure, FailureKind, Frame, FrameName, Session, Sid, Time, Violation,
    frame::DATA_HEADER,
    liveness::Finding,
    outcome::{self, Phase},
    receive::{AckTimer, Queued},
};

use super::link::Link;

impl Session {
    /// One binary WebSocket message. Ignored unless a WebSocket is open.
    pub fn handle_message(&mut self, message: Bytes, now: Time) {
        let length = message.len();
        let frame = match self.link {
            Link::Opening { .. } | Link::Open { .. } => Frame::decode(message),
            Link::Dialing { .. } | Link::Waiting { .. } | Link::SigningIn { .. } | Link::Ended => return,
        };
        self.liveness.heard(now);
        let handled = match frame {
            Ok(frame) => match self.link {
                Link::Open { .. } => self.handle_frame(frame, length, now),
                Link::Opening { .. } => self.handle_first(frame, now),
                Link::Dialing { .. } | Link::Waiting { .. } | Link::SigningIn { .. } | Link::Ended => Ok(()),
            },
            Err(error) => Err(Violation::Malformed(error)),
        };
        if let Err(violation) = handled {
            self.violated(violation);
        }
    }

    /// A text message arrived, which the protocol has none of (section 3, rule 1).
    pub fn handle_text(&mut self) {
        match self.link {
            Link::Opening { .. } | Link::Open { .. } => self.violated(Violation::Text),
            Link::Dialing { .. } | Link::Waiting { .. } | Link::SigningIn { .. } | Link::Ended => {}
        }
    }

    /// A WebSocket Pong arrived.
    pub fn handle_pong(&mut self, now: Time) {
        if let Link::Open { .. } = self.link
            && let Some(time) = self.liveness.pong(now)
        {
            self.emit(Event::RoundTrip(time));
        }
    }

    /// The first known frame decides whether there is a session (sections 6.1 and 6.2).
    fn handle_first(&mut self, frame: Frame, now: Time) -> Result<(), Violation> {
        match (frame, self.phase()) {
            (Frame::ConnectSuccessSid(sid), Phase::Connecting) => {
                self.sid = Some(Sid::new(&sid));
                self.outage = crate::retry::Outage::healthy();
                self.running(now);
                self.emit(Event::Connected);
                Ok(())
            }
            (Frame::ReconnectSuccessAck(position), Phase::Established) => {
                self.send.resume(position)?;
                self.receive.told_by_reconnect();
                self.running(now);
                self.emit(Event::Resumed);
                Ok(())
            }
            (Frame::ConnectSuccessSid(_), Phase::Established) => unexpected(FrameName::ConnectSuccessSid),
            (Frame::ReconnectSuccessAck(_), Phase::Connecting) => unexpected(FrameName::ReconnectSuccessAck),
            (Frame::Data(_), _) => unexpected(FrameName::Data),
            (Frame::Ack(_), _) => unexpected(FrameName::Ack),
            (Frame::LongClose { reason, .. }, _) => {
                self.long_reason = Some(outcome::shortened(reason));
                Ok(())
            }
            (Frame::Unknown(_), _) => Ok(()),
        }
    }

    fn handle_frame(&mut self, frame: Frame, length: usize, now: Time) -> Result<(), Violation> {
        match frame {
            Frame::Data(payload) => self.handle_data(payload, length, now),
            Frame::Ack(position) => {
                let before = self.send.acked();
                self.send.acknowledge(position)?;
                if self.send.acked() > before {
                    self.drain_progress(now);
                }
                Ok(())
            }
            Frame::ConnectSuccessSid(_) => unexpected(FrameName::ConnectSuccessSid),
            Frame::ReconnectSuccessAck(_) => unexpected(FrameName::ReconnectSuccessAck),
            Frame::LongClose { reason, .. } => {
                self.long_reason = Some(outcome::shortened(reason));
                Ok(())
            }
            Frame::Unknown(_) => Ok(()),
        }
    }

    fn handle_data(&mut self, payload: Bytes, length: usize, now: Time) -> Result<(), Violation> {
        if payload.is_empty() {
            return Ok(());
        }
        // Bytes behind the frame must not be kept alive by the payload.
        let payload =
            if payload.len() + DATA_HEADER < length { Bytes::copy_from_slice(&payload) } else { payload };
        match self.receive.push(payload)? {
            Queued::Yes => self.grace_progress(now),
            // Only a driver that reads on although it was told not to comes here. Dropping the connection
            // keeps the stream whole: the relay sends again what was not counted.
            Queued::Full => {
                self.given_up("more arrived than could be taken", FailureKind::Unreachable, now);
            }
        }
        Ok(())
    }

    /// The ACK that is due now, if any; else sees to it that a remainder is acknowledged in time (section 5.1).
    pub(super) fn poll_ack(&mut self, now: Time) -> Option<Frame> {
        let outstanding = self.receive.unacknowledged();
        if outstanding == 0 {
            return None;
        }
        let late = self.ack_timer.started(now.saturating_add(self.config.ack_delay), now);
        if outstanding <= self.config.ack_after && !late {
            return None;
        }
        self.ack_timer = AckTimer::Off;
        self.grace_progress(now);
        Some(Frame::Ack(self.receive.take_ack()))
    }

    pub(super) fn after_check(&mut self, finding: Finding, now: Time) {
        match finding {
            Finding::Alive => {}
            Finding::Dead => self.given_up("the relay no longer answers", FailureKind::Unreachable, now),
        }
    }
}

fn unexpected(name: FrameName) -> Result<(), Violation> {
    Err(Violation::UnexpectedFrame(name))
}

/// The code that tells the relay what it did.
pub(super) fn close_code(violation: Violation) -> u16 {
    match violation {
        Violation::AckBackwards { .. } => 4005,
        Violation::AckBeyondSent { .. } => 4006,
        Violation::Text => 4007,
        Violation::UnexpectedFrame(_) => 4008,
        Violation::Malformed(DecodeError::TooLarge(_)) => 1009,
        Violation::Malformed(DecodeError::Truncated | DecodeError::EmptySid) => 4013,
        Violation::CounterOverflow | Violation::Accused => 1002,
    }
}

pub(super) fn failure(violation: Violation, code: u16) -> Failure {
    Failure { kind: FailureKind::Protocol(violation), code: Some(code), reason: violation.to_string() }
}
