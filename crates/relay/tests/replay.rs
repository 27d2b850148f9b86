//! ACKs that arrive while bytes are sent again. DATA carries no position: the relay counts on from what it said
//! when the session was resumed, so whatever it acknowledges meanwhile, no byte from there on may be left out.

#![cfg(test)]

#[expect(dead_code, reason = "each test file uses its own part of the shorthands")]
mod support;

use adit_relay::{Config, End, FailureKind, Frame, Session, Transmit, Violation};
use bytes::Bytes;
use proptest::prelude::*;
use support::*;

const LENGTH: usize = 50_000;

/// A session that has sent the whole of `stream`, lost its connection, and was resumed at `told`.
fn resumed(stream: &[u8], told: u64) -> Session {
    let mut session = connected();
    send(&mut session, stream);
    assert_eq!(sent_data(&mut session, s(0)), stream);
    session.closed(None, s(1));
    reopen(&mut session, s(1));
    session.handle_message(resumed_at(told), s(1));
    events(&mut session);
    session
}

#[test]
fn an_ack_ahead_of_the_replay_leaves_nothing_out() {
    let stream = pattern(LENGTH, 1);
    for (messages, position) in [(0, 1_001), (0, 50_000), (1, 17_385), (1, 33_000), (2, 50_000), (9, 50_000)]
    {
        let mut session = resumed(&stream, 1_000);
        let mut again = Vec::new();
        for _ in 0..messages {
            again.extend(next_payload(&mut session).unwrap_or_default());
        }
        session.handle_message(ack(position), s(1));
        assert_eq!(session.acked(), position.min(1_000 + again.len() as u64));
        send(&mut session, b"new");
        again.extend(sent_data(&mut session, s(1)));
        assert_eq!(again, [&stream[1_000..], b"new"].concat());
        assert_eq!((session.acked(), session.unacknowledged()), (position, 50_003 - position));
    }
}

#[test]
fn the_end_of_the_local_stream_waits_for_the_replay() {
    let stream = pattern(LENGTH, 2);
    let mut session = resumed(&stream, 0);
    session.close(s(1));
    session.handle_message(ack(50_000), s(1));
    assert!(!session.has_ended());
    let mut again = Vec::new();
    while let Some(payload) = next_payload(&mut session) {
        again.extend(payload);
        if session.has_ended() {
            break;
        }
    }
    assert!(again == stream);
    assert_eq!(transmits(&mut session, s(1)), [Transmit::Close { code: 1000 }]);
    assert_eq!(end(&mut session), End::Normal { code: 1000, unacknowledged: 0 });
}

#[test]
fn what_was_confirmed_ahead_of_the_replay_cannot_be_taken_back() {
    type Take = fn(&mut Session);
    let ways: [Take; 2] = [
        |session| session.handle_message(ack(29_999), s(1)),
        |session| {
            session.closed(None, s(1));
            session.handle_deadline(s(9));
            reopen(session, s(9));
            session.handle_message(resumed_at(29_999), s(9));
        },
    ];
    for take_back in ways {
        let mut session = resumed(&pattern(LENGTH, 3), 1_000);
        session.handle_message(ack(30_000), s(1));
        session.handle_message(ack(30_000), s(1));
        assert!(!session.has_ended());
        take_back(&mut session);
        assert_eq!(
            failure_kind(&mut session),
            FailureKind::Protocol(Violation::AckBackwards { acknowledged: 29_999, before: 30_000 })
        );
    }
}

#[test]
fn what_is_confirmed_ahead_of_the_replay_makes_room_only_as_it_is_sent_again() {
    let mut session = connected_with(Config { send_window: LENGTH, ..Config::default() });
    send(&mut session, &pattern(LENGTH, 4));
    sent_data(&mut session, s(0));
    session.closed(None, s(1));
    reopen(&mut session, s(1));
    session.handle_message(resumed_at(0), s(1));
    session.handle_message(ack(20_000), s(1));
    assert_eq!(session.send_capacity(), 0);
    assert_eq!(next_payload(&mut session).map(|payload| payload.len()), Some(16_384));
    assert_eq!(session.send_capacity(), 16_384);
    next_payload(&mut session);
    assert_eq!(session.send_capacity(), 20_000);
}

fn next_payload(session: &mut Session) -> Option<Bytes> {
    match session.poll_transmit(s(1))? {
        Transmit::Message(message) => match Frame::decode(message).unwrap() {
            Frame::Data(payload) => Some(payload),
            other => panic!("not data: {other:?}"),
        },
        other => panic!("not a message: {other:?}"),
    }
}

/// What happens to a session that sends.
#[derive(Debug, Clone)]
enum Step {
    /// The local side writes this many bytes.
    Write(usize),
    /// This many messages reach the relay.
    Carry(usize),
    /// The relay acknowledges, so far (of 255) between the last position it named and all it ever had.
    Ack(u8),
    /// The connection is lost, and resumed so far (of 255) between the same.
    Lose(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => prop_oneof![1_usize..50, 1_usize..40_000].prop_map(Step::Write),
        4 => (1_usize..4).prop_map(Step::Carry),
        4 => any::<u8>().prop_map(Step::Ack),
        2 => any::<u8>().prop_map(Step::Lose),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// The relay counts on from what it told, and knows what it had before: both must fit the stream.
    #[test]
    fn whatever_is_acknowledged_when_the_relay_gets_the_stream_whole(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let mut session = connected();
        let mut stream = Vec::new();
        // The relay: what it has, where the next byte of this connection belongs, and what it said last.
        let (mut has, mut at, mut named) = (Vec::new(), 0, 0_u64);
        let mut now = s(1);
        let carry = |session: &mut Session, stream: &[u8], at: &mut usize, has: &mut Vec<u8>| {
            let Some(payload) = next_payload(session) else { return false };
            assert_eq!(payload, stream[*at..*at + payload.len()], "at {at}");
            *at += payload.len();
            has.extend_from_slice(stream.get(has.len()..*at).unwrap_or_default());
            true
        };
        for step in steps {
            match step {
                Step::Write(length) => {
                    let bytes = pattern(length.min(session.send_capacity()), stream.len() as u8);
                    send(&mut session, &bytes);
                    stream.extend(bytes);
                }
                Step::Carry(messages) => {
                    for _ in 0..messages {
                        carry(&mut session, &stream, &mut at, &mut has);
                    }
                }
                Step::Ack(part) => {
                    named += (has.len() as u64 - named) * u64::from(part) / 255;
                    session.handle_message(ack(named), now);
                    prop_assert_eq!(session.acked(), named.min(at as u64));
                }
                Step::Lose(part) => {
                    session.closed(None, now);
                    while session.request().is_none() {
                        now = session.deadline().unwrap();
                        session.handle_deadline(now);
                    }
                    reopen(&mut session, now);
                    named += (has.len() as u64 - named) * u64::from(part) / 255;
                    at = usize::try_from(named).unwrap();
                    session.handle_message(resumed_at(named), now);
                    prop_assert_eq!(session.acked(), named);
                }
            }
            events(&mut session);
            prop_assert!(!session.has_ended(), "{:?}", session);
            prop_assert_eq!(session.unacknowledged(), stream.len() as u64 - session.acked());
            prop_assert_eq!(session.sent(), has.len() as u64);
        }
        while carry(&mut session, &stream, &mut at, &mut has) {}
        prop_assert_eq!(at, stream.len());
        prop_assert!(has == stream);
        session.handle_message(ack(stream.len() as u64), now);
        prop_assert_eq!(session.unacknowledged(), 0);
    }
}
