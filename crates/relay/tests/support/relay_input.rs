//! Arbitrary bytes as a hostile sequence of calls: what the fuzz target `relay` runs, and what the tests run
//! again on what it found.

use std::time::Duration;

use adit_relay::{Config, Event, Frame, Refusal, Session, Time, Transmit, frame};
use bytes::{Buf, Bytes};

/// Reads calls from the bytes, a tag and its arguments each, until they are used up.
pub(crate) fn run(mut bytes: &[u8]) {
    let config = Config { send_window: 200_000, receive_window: 100_000, ..Config::default() };
    let start = match bytes.try_get_u8() {
        Ok(tag) if tag % 4 == 1 => (1 << 32) - 1000,
        Ok(tag) if tag % 4 == 2 => u64::MAX - 100_000,
        Ok(_) => 0,
        Err(_) => return,
    };
    let mut session = Session::with_positions(config, start, start);
    let mut calls = Calls { now: Time::ZERO, queued: 0, closed: 0 };
    while calls.call(&mut session, &mut bytes).is_some() {
        calls.check(&mut session);
    }
}

struct Calls {
    now: Time,
    /// Received and not yet taken.
    queued: u64,
    closed: usize,
}

impl Calls {
    fn call(&mut self, session: &mut Session, bytes: &mut &[u8]) -> Option<()> {
        let now = self.now;
        let tag = bytes.try_get_u8().ok()?;
        match tag % 24 {
            0 => session.opened(now),
            1 => {
                let status = bytes.try_get_u16().ok()?;
                let retry_after = (status % 2 == 0).then(|| Duration::from_secs(u64::from(status)));
                session.refused(Refusal::Status { status, retry_after }, now);
            }
            2 => session.refused(Refusal::Unreachable { reason: String::new() }, now),
            3 => session.refused(Refusal::TimedOut, now),
            4 => {
                let length = usize::from(bytes.try_get_u8().ok()?).min(bytes.len());
                let message = bytes.split_off(..length)?;
                self.message(session, Bytes::copy_from_slice(message));
            }
            5 => self.message(session, Frame::ConnectSuccessSid(Bytes::from_static(b"sid")).encode()),
            6 | 7 => {
                // Mostly within what may be acknowledged, sometimes beside it.
                let eighths = u64::from(bytes.try_get_u8().ok()?);
                let span = session.sent().saturating_sub(session.acked());
                let position = session.acked().saturating_add((span / 8).saturating_mul(eighths % 10));
                let frame =
                    if tag % 24 == 6 { Frame::Ack(position) } else { Frame::ReconnectSuccessAck(position) };
                self.message(session, frame.encode());
            }
            8 => {
                let length = usize::from(bytes.try_get_u16().ok()?);
                self.message(session, Frame::Data(vec![7; length].into()).encode());
            }
            9 => session.handle_text(),
            10 => session.handle_pong(now),
            11 => session.closed(None, now),
            12 => {
                let code = bytes.try_get_u16().ok()?;
                session.closed(Some((code, "reason".repeat(usize::from(code % 400)))), now);
            }
            13 => transmit(session, bytes.try_get_u8().ok()?, now),
            14 => {
                let length = usize::from(bytes.try_get_u16().ok()?);
                let capacity = session.send_capacity();
                assert!(session.send(vec![9; length].into()) <= length.min(capacity));
            }
            15 => {
                if let Some(chunk) = session.receive() {
                    assert!(!chunk.is_empty());
                    self.queued = self.queued.saturating_sub(chunk.len() as u64);
                }
            }
            16 => session.accepted(u64::from(bytes.try_get_u32().ok()?)),
            17 => session.finish(now),
            18 => session.close(now),
            19 => match bytes.try_get_u8().ok()? % 5 {
                0 => session.abort(),
                1 => session.token_unavailable(now),
                2 => session.token_ready(now),
                3 => session.resume_now(now),
                _ => session.network_changed(now),
            },
            20 => session.set_jitter(f64::from_bits(bytes.try_get_u64().ok()?)),
            21 => self.now = now.saturating_add(Duration::from_millis(u64::from(bytes.try_get_u32().ok()?))),
            22 => self.now = Duration::new(bytes.try_get_u64().ok()?, 0).max(now),
            _ => {
                self.now = session.deadline().map_or(now, |deadline| deadline.max(now));
                session.handle_deadline(self.now);
            }
        }
        Some(())
    }

    fn message(&mut self, session: &mut Session, message: Bytes) {
        let before = session.received();
        session.handle_message(message, self.now);
        self.queued = self.queued.saturating_add(session.received().saturating_sub(before));
    }

    fn check(&mut self, session: &mut Session) {
        assert!(session.acked() <= session.sent());
        assert!(session.unacknowledged() <= 200_000);
        assert!(self.queued <= 100_000 + frame::MAX_MESSAGE as u64);
        assert!(session.request().is_none() || !session.has_ended());
        assert!(session.has_ended() || session.request().is_some() || session.deadline().is_some());
        while let Some(event) = session.poll_event() {
            self.closed += usize::from(matches!(event, Event::Closed(_)));
        }
        assert!(self.closed <= 1);
    }
}

fn transmit(session: &mut Session, count: u8, now: Time) {
    for _ in 0..count {
        match session.poll_transmit(now) {
            None => break,
            Some(Transmit::Ping | Transmit::Close { .. } | Transmit::Abandon) => {}
            Some(Transmit::Message(message)) => {
                let frame = Frame::decode(message);
                let allowed = match &frame {
                    Ok(Frame::Data(payload)) => (1..=frame::MAX_PAYLOAD).contains(&payload.len()),
                    Ok(Frame::Ack(ack)) => (1..=session.received()).contains(ack),
                    Ok(_) | Err(_) => false,
                };
                assert!(allowed, "a client does not send {frame:?}");
            }
        }
    }
}
