//! The hard cases of the specification's section 11 that are about positions: what is acknowledged, counted
//! and sent again. One test or more for each, by its number.

#![cfg(test)]

#[expect(dead_code, reason = "each test file uses its own part of the shorthands")]
mod support;

use adit_relay::{Config, FailureKind, Frame, Request, Session, Sid, Transmit, Violation};
use bytes::Bytes;
use support::*;

#[test]
fn hard_case_01_ack_beyond_sent_is_fatal() {
    for beyond in [6, 1 << 32, u64::MAX] {
        let mut session = connected();
        send(&mut session, b"hello");
        assert_eq!(sent_data(&mut session, s(0)), b"hello");
        session.handle_message(ack(beyond), s(1));
        assert_eq!(transmits(&mut session, s(1)), [Transmit::Close { code: 4006 }]);
        let failure = failure(&mut session);
        assert_eq!(failure.code, Some(4006));
        assert_eq!(
            failure.kind,
            FailureKind::Protocol(Violation::AckBeyondSent { acknowledged: beyond, sent: 5 })
        );
    }
}

#[test]
fn hard_case_01_bytes_only_queued_do_not_count_as_sent() {
    let mut session = connected();
    send(&mut session, b"hello");
    session.handle_message(ack(1), s(0));
    assert!(matches!(
        failure_kind(&mut session),
        FailureKind::Protocol(Violation::AckBeyondSent { acknowledged: 1, sent: 0 })
    ));
}

#[test]
fn hard_case_02_ack_backwards_is_fatal_and_an_equal_one_is_fine() {
    let mut session = connected();
    send(&mut session, b"hello");
    sent_data(&mut session, s(0));
    session.handle_message(ack(0), s(1));
    session.handle_message(ack(3), s(1));
    session.handle_message(ack(3), s(1));
    assert_eq!(session.acked(), 3);
    assert!(!session.has_ended());
    session.handle_message(ack(2), s(1));
    assert_eq!(transmits(&mut session, s(1)), [Transmit::Close { code: 4005 }]);
    assert_eq!(
        failure_kind(&mut session),
        FailureKind::Protocol(Violation::AckBackwards { acknowledged: 2, before: 3 })
    );
}

#[test]
fn hard_case_03_ack_inside_a_chunk_leaves_exactly_the_remainder() {
    let stream = pattern(50_000, 3);
    for position in [1_u64, 2047, 16_383, 16_384, 16_385, 30_000, 49_999] {
        let mut session = connected();
        for chunk in stream.chunks(20_001) {
            send(&mut session, chunk);
        }
        assert_eq!(sent_data(&mut session, s(0)), stream);
        session.handle_message(ack(position), s(1));
        session.closed(None, s(2));
        assert_eq!(reopen(&mut session, s(2)), 0);
        // The reply may name any position from the acknowledged one on.
        let resumed = (position + 7).min(50_000);
        session.handle_message(resumed_at(resumed), s(2));
        assert_eq!(sent_data(&mut session, s(2)), stream[resumed as usize..]);
        assert_eq!(session.sent(), 50_000);
    }
}

#[test]
fn hard_case_04_reconnect_below_acked_is_fatal() {
    let mut session = connected();
    send(&mut session, b"hello");
    sent_data(&mut session, s(0));
    session.handle_message(ack(4), s(1));
    session.closed(None, s(2));
    reopen(&mut session, s(2));
    session.handle_message(resumed_at(3), s(2));
    assert_eq!(transmits(&mut session, s(2)), [Transmit::Close { code: 4005 }]);
    assert_eq!(
        failure_kind(&mut session),
        FailureKind::Protocol(Violation::AckBackwards { acknowledged: 3, before: 4 })
    );
}

#[test]
fn hard_case_04_reconnect_above_acked_covers_lost_acks_and_above_sent_is_fatal() {
    let mut session = connected();
    send(&mut session, b"hello");
    sent_data(&mut session, s(0));
    session.closed(None, s(2));
    reopen(&mut session, s(2));
    session.handle_message(resumed_at(5), s(2));
    assert_eq!(session.acked(), 5);
    assert_eq!(frames(&mut session, s(2)), []);

    session.closed(None, s(3));
    session.handle_deadline(s(4));
    reopen(&mut session, s(4));
    session.handle_message(resumed_at(6), s(4));
    assert_eq!(transmits(&mut session, s(4)), [Transmit::Close { code: 4006 }]);
    assert_eq!(
        failure_kind(&mut session),
        FailureKind::Protocol(Violation::AckBeyondSent { acknowledged: 6, sent: 5 })
    );
}

#[test]
fn hard_case_05_second_loss_during_replay_loses_and_doubles_nothing() {
    let stream = pattern(40_000, 5);
    let mut session = connected();
    send(&mut session, &stream);
    sent_data(&mut session, s(0));
    session.handle_message(ack(10_000), s(0));
    session.closed(None, s(1));
    reopen(&mut session, s(1));
    session.handle_message(resumed_at(10_000), s(1));
    // One message of the replay goes out, of which the relay has got half when the second loss comes.
    assert!(session.poll_transmit(s(1)).is_some());
    session.closed(None, s(1));
    session.handle_deadline(s(2));
    reopen(&mut session, s(2));
    session.handle_message(resumed_at(18_192), s(2));
    assert_eq!(sent_data(&mut session, s(2)), stream[18_192..]);
    session.handle_message(ack(40_000), s(2));
    assert_eq!(session.unacknowledged(), 0);
    assert_eq!(session.sent(), 40_000);
}

#[test]
fn hard_case_18_counters_beyond_32_bits_and_at_the_end_of_64() {
    let near = (1_u64 << 32) - 5;
    let mut session = Session::with_positions(Config::default(), near, near);
    connect(&mut session, s(0));
    send(&mut session, b"0123456789");
    assert_eq!(sent_data(&mut session, s(0)), b"0123456789");
    session.handle_message(ack(near + 8), s(0));
    session.handle_message(data(b"abcdefghij"), s(0));
    assert_eq!(received_data(&mut session), b"abcdefghij");
    session.closed(None, s(1));
    assert_eq!(session.request(), Some(Request::Reconnect { sid: Sid::new(SID), ack: (1 << 32) + 5 }));
    reopen(&mut session, s(1));
    session.handle_message(resumed_at(near + 9), s(1));
    assert_eq!(sent_data(&mut session, s(1)), b"9");

    let near = u64::MAX - 4;
    let mut session = Session::with_positions(Config::default(), near, near);
    connect(&mut session, s(0));
    send(&mut session, b"last");
    assert_eq!(sent_data(&mut session, s(0)), b"last");
    session.handle_message(ack(u64::MAX), s(0));
    assert_eq!(session.unacknowledged(), 0);
    session.handle_message(data(b"last"), s(0));
    assert_eq!(session.received(), u64::MAX);
    session.handle_message(data(b"x"), s(0));
    assert_eq!(transmits(&mut session, s(0)), [Transmit::Close { code: 1002 }]);
    assert_eq!(received_data(&mut session), b"last");
    assert_eq!(failure_kind(&mut session), FailureKind::Protocol(Violation::CounterOverflow));

    let mut session = Session::with_positions(Config::default(), u64::MAX, 0);
    connect(&mut session, s(0));
    assert_eq!(session.send(Bytes::from_static(b"x")), 0);
    assert_eq!(failure_kind(&mut session), FailureKind::Protocol(Violation::CounterOverflow));
}

#[test]
fn hard_case_19_acks_overtake_queued_data() {
    let mut session = connected();
    send(&mut session, &pattern(1_000_000, 0));
    assert!(matches!(frames_next(&mut session), Frame::Data(_)));
    session.handle_message(data(&pattern(40_000, 0)), s(0));
    received_data(&mut session);
    assert_eq!(frames_next(&mut session), Frame::Ack(40_000));
    assert!(matches!(frames_next(&mut session), Frame::Data(_)));
}

fn frames_next(session: &mut Session) -> Frame {
    match session.poll_transmit(s(0)) {
        Some(Transmit::Message(message)) => Frame::decode(message).unwrap(),
        other => panic!("not a message: {other:?}"),
    }
}

#[test]
fn hard_case_21_unacknowledged_bytes_are_capped() {
    let config = Config::default();
    let window = config.send_window;
    let mut session = connected_with(config);
    let chunk = Bytes::from(pattern(1 << 20, 0));
    let mut taken = 0;
    loop {
        let now = session.send(chunk.clone());
        taken += now;
        frames(&mut session, s(0));
        if now < chunk.len() {
            break;
        }
    }
    assert_eq!((taken, session.send_capacity()), (window, 0));
    session.handle_message(data(b"the other way goes on"), s(0));
    assert_eq!(session.received(), 21);
    session.handle_message(ack(1000), s(0));
    assert_eq!(session.send_capacity(), 1000);

    // Single bytes, each sent alone, are capped by what they cost.
    let mut session = connected();
    let mut count = 0;
    while session.send_capacity() > 0 {
        session.send(Bytes::from_static(b"x"));
        session.poll_transmit(s(0));
        count += 1;
    }
    assert!(count < 100_000, "{count}");
}

#[test]
fn hard_case_22_a_failed_ack_write_is_a_lost_connection() {
    let mut session = connected();
    session.handle_message(data(&pattern(40_000, 0)), s(0));
    received_data(&mut session);
    assert_eq!(frames(&mut session, s(0)), [Frame::Ack(40_000)]);
    // The driver could not write it, and says so.
    session.closed(None, s(0));
    assert_eq!(reopen(&mut session, s(0)), 40_000);
    session.handle_message(resumed_at(0), s(0));
    assert_eq!(frames(&mut session, s(5)), [], "the reconnect has said it");
}
