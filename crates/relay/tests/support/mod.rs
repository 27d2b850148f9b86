//! Shorthands to lead a session to where a test begins.

use std::time::Duration;

use adit_relay::{
    Config, End, Event, Failure, FailureKind, Frame, Refusal, Request, Session, Sid, Time, Transmit,
};
use bytes::Bytes;

/// A moment, in seconds.
pub(crate) fn s(seconds: u64) -> Time {
    Duration::from_secs(seconds)
}

/// A moment, in milliseconds.
pub(crate) fn ms(milliseconds: u64) -> Time {
    Duration::from_millis(milliseconds)
}

pub(crate) const SID: &[u8] = b"demo-session-001";

pub(crate) fn sid_frame() -> Bytes {
    Frame::ConnectSuccessSid(Bytes::from_static(SID)).encode()
}

pub(crate) fn data(payload: &[u8]) -> Bytes {
    Frame::Data(Bytes::copy_from_slice(payload)).encode()
}

pub(crate) fn ack(position: u64) -> Bytes {
    Frame::Ack(position).encode()
}

pub(crate) fn resumed_at(position: u64) -> Bytes {
    Frame::ReconnectSuccessAck(position).encode()
}

/// A session that has its identifier, connected at time 0, with its events read.
pub(crate) fn connected() -> Session {
    connected_with(Config::default())
}

pub(crate) fn connected_with(config: Config) -> Session {
    let mut session = Session::new(config);
    connect(&mut session, Time::ZERO);
    session
}

pub(crate) fn connect(session: &mut Session, now: Time) {
    assert_eq!(session.request(), Some(Request::Connect));
    session.opened(now);
    session.handle_message(sid_frame(), now);
    assert_eq!(events(session), [Event::Connected]);
}

/// Opens the WebSocket that a lost session asks for, and says how much the session claims to have received.
pub(crate) fn reopen(session: &mut Session, now: Time) -> u64 {
    let Some(Request::Reconnect { sid, ack }) = session.request() else {
        panic!("no reconnect is asked for: {session:?}");
    };
    assert_eq!(sid, Sid::new(SID));
    session.opened(now);
    ack
}

pub(crate) fn events(session: &mut Session) -> Vec<Event> {
    std::iter::from_fn(|| session.poll_event()).collect()
}

/// Queues bytes of the local side, all of which must be taken.
pub(crate) fn send(session: &mut Session, bytes: &[u8]) {
    assert_eq!(session.send(Bytes::copy_from_slice(bytes)), bytes.len());
}

/// Everything that is to go out, decoded.
pub(crate) fn transmits(session: &mut Session, now: Time) -> Vec<Transmit> {
    std::iter::from_fn(|| session.poll_transmit(now)).collect()
}

/// The frames among what is to go out; anything but messages fails the test.
pub(crate) fn frames(session: &mut Session, now: Time) -> Vec<Frame> {
    transmits(session, now)
        .into_iter()
        .map(|transmit| match transmit {
            Transmit::Message(message) => Frame::decode(message).unwrap(),
            other @ (Transmit::Ping | Transmit::Close { .. } | Transmit::Abandon) => {
                panic!("only messages were expected, not {other:?}")
            }
        })
        .collect()
}

/// The payload of all DATA among what is to go out.
pub(crate) fn sent_data(session: &mut Session, now: Time) -> Vec<u8> {
    frames(session, now)
        .into_iter()
        .flat_map(|frame| match frame {
            Frame::Data(payload) => payload.to_vec(),
            _ => Vec::new(),
        })
        .collect()
}

pub(crate) fn received_data(session: &mut Session) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(chunk) = session.receive() {
        session.accepted(chunk.len() as u64);
        out.extend_from_slice(&chunk);
    }
    out
}

/// How the session ended; it must have.
pub(crate) fn end(session: &mut Session) -> End {
    assert!(session.has_ended(), "it has not ended: {session:?}");
    match events(session).pop() {
        Some(Event::Closed(end)) => end,
        other => panic!("the last event is {other:?}"),
    }
}

pub(crate) fn failure(session: &mut Session) -> Failure {
    match end(session) {
        End::Failed { failure } => failure,
        End::Normal { code, .. } => panic!("it ended normally with {code}"),
    }
}

pub(crate) fn failure_kind(session: &mut Session) -> FailureKind {
    failure(session).kind
}

/// A close of the relay's.
pub(crate) fn close(code: u16) -> Option<(u16, String)> {
    Some((code, format!("reason {code}")))
}

pub(crate) fn status(status: u16) -> Refusal {
    Refusal::Status { status, retry_after: None }
}

pub(crate) fn unreachable() -> Refusal {
    Refusal::Unreachable { reason: "no route to host".to_owned() }
}

/// The delay of the attempt that was announced last, from `now` on; `None` when none was.
pub(crate) fn announced_delay(session: &mut Session, now: Time) -> Option<Duration> {
    events(session).into_iter().rev().find_map(|event| match event {
        Event::Reconnecting { at, .. } => Some(at - now),
        _ => None,
    })
}

/// Bytes that differ from position to position, so that a loss or a doubling shows.
pub(crate) fn pattern(length: usize, seed: u8) -> Vec<u8> {
    (0..length).map(|i| (i.wrapping_mul(31) ^ (i >> 8) ^ (i >> 13)) as u8 ^ seed).collect()
}
