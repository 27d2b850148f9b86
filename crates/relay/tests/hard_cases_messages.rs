//! The hard cases of the specification's section 11 that are about messages and the ends of the streams. One
//! test or more for each, by its number. Where a case is the driver's affair, the state machine's half of it is
//! tested.

#![cfg(test)]

#[expect(dead_code, reason = "each test file uses its own part of the shorthands")]
mod support;

use adit_relay::{
    Config, DecodeError, End, Event, FailureKind, Frame, FrameName, Session, Transmit, Violation, frame,
};
use bytes::Bytes;
use support::*;

#[test]
fn hard_case_10_unknown_tags_are_skipped_everywhere() {
    let junk = || Bytes::from_static(&[0x00, 0x63, 0xde, 0xad, 0xbe, 0xef]);
    let mut session = Session::new(Config::default());
    session.opened(s(0));
    session.handle_message(junk(), s(0));
    session.handle_message(sid_frame(), s(0));
    session.handle_message(junk(), s(0));
    session.handle_message(data(b"ab"), s(0));
    for tag in [0_u8, 3, 5, 6, 8] {
        session.handle_message(Bytes::copy_from_slice(&[0, tag, 0xff]), s(0));
    }
    session.handle_message(data(b"cd"), s(0));
    assert_eq!(received_data(&mut session), b"abcd");
    assert_eq!(session.received(), 4);
    session.closed(None, s(1));
    reopen(&mut session, s(1));
    session.handle_message(junk(), s(1));
    session.handle_message(resumed_at(0), s(1));
    assert!(!session.has_ended());
    assert!(events(&mut session).contains(&Event::Resumed));
}

#[test]
fn hard_case_11_frames_out_of_place_are_fatal() {
    let fresh = || {
        let mut session = Session::new(Config::default());
        session.opened(s(0));
        session
    };
    let resuming = || {
        let mut session = connected();
        session.closed(None, s(0));
        reopen(&mut session, s(0));
        session
    };
    let cases: [(&str, Session, Bytes, FrameName); 9] = [
        ("DATA before the SID", fresh(), data(b"x"), FrameName::Data),
        ("ACK before the SID", fresh(), ack(0), FrameName::Ack),
        ("RECONNECT_SUCCESS_ACK on connect", fresh(), resumed_at(0), FrameName::ReconnectSuccessAck),
        ("second SID", connected(), sid_frame(), FrameName::ConnectSuccessSid),
        ("RECONNECT_SUCCESS_ACK in mid-session", connected(), resumed_at(0), FrameName::ReconnectSuccessAck),
        ("SID on reconnect", resuming(), sid_frame(), FrameName::ConnectSuccessSid),
        ("DATA before RECONNECT_SUCCESS_ACK", resuming(), data(b"x"), FrameName::Data),
        ("empty DATA before RECONNECT_SUCCESS_ACK", resuming(), data(b""), FrameName::Data),
        ("ACK before RECONNECT_SUCCESS_ACK", resuming(), ack(0), FrameName::Ack),
    ];
    for (name, mut session, message, frame) in cases {
        session.handle_message(message, s(1));
        assert_eq!(transmits(&mut session, s(1)), [Transmit::Close { code: 4008 }], "{name}");
        let failure = failure(&mut session);
        assert_eq!(failure.kind, FailureKind::Protocol(Violation::UnexpectedFrame(frame)), "{name}");
        assert!(failure.reason.contains(&frame.to_string()), "{name}: {}", failure.reason);
    }
}

#[test]
fn hard_case_12_oversized_data_is_accepted_up_to_a_cap_and_never_sent() {
    let mut session = connected();
    let large = pattern(65_536, 1);
    session.handle_message(data(&large), s(0));
    assert_eq!(received_data(&mut session), large);
    session.handle_message(data(&pattern(frame::MAX_MESSAGE - 6, 1)), s(0));
    assert_eq!(session.received(), 65_536 + 1_048_570);
    frames(&mut session, s(0));
    received_data(&mut session);
    frames(&mut session, s(0));

    send(&mut session, &large);
    for frame in frames(&mut session, s(0)) {
        assert!(matches!(frame, Frame::Data(payload) if (1..=frame::MAX_PAYLOAD).contains(&payload.len())));
    }

    session.handle_message(data(&vec![0; frame::MAX_MESSAGE]), s(0));
    assert_eq!(transmits(&mut session, s(0)), [Transmit::Close { code: 1009 }]);
    assert_eq!(
        failure_kind(&mut session),
        FailureKind::Protocol(Violation::Malformed(DecodeError::TooLarge(frame::MAX_MESSAGE + 6)))
    );
}

#[test]
fn hard_case_12_empty_data_is_ignored_and_truncated_or_text_is_fatal() {
    let mut session = connected();
    session.handle_message(data(b""), s(0));
    assert_eq!((session.received(), session.receive()), (0, None));
    assert_eq!(transmits(&mut session, s(9)), []);

    for cut in [&[0_u8][..], &[0, 4, 0, 0, 0, 5, 0x61], &[0, 7, 0, 0], &[]] {
        let mut session = connected();
        session.handle_message(Bytes::copy_from_slice(cut), s(0));
        assert_eq!(transmits(&mut session, s(0)), [Transmit::Close { code: 4013 }]);
        assert_eq!(
            failure_kind(&mut session),
            FailureKind::Protocol(Violation::Malformed(DecodeError::Truncated))
        );
    }

    let mut session = connected();
    session.handle_text();
    assert_eq!(transmits(&mut session, s(0)), [Transmit::Close { code: 4007 }]);
    assert_eq!(failure_kind(&mut session), FailureKind::Protocol(Violation::Text));

    let mut session = Session::new(Config::default());
    session.opened(s(0));
    session.handle_message(Bytes::from_static(&[0, 1, 0, 0, 0, 0]), s(0));
    assert_eq!(
        failure_kind(&mut session),
        FailureKind::Protocol(Violation::Malformed(DecodeError::EmptySid))
    );
}

#[test]
fn hard_case_20_a_slow_local_side_is_not_acknowledged_and_stops_the_reading() {
    let mut session = connected_with(Config { receive_window: 100_000, ..Config::default() });
    send(&mut session, b"hello");
    sent_data(&mut session, s(0));
    let mut taken = 0;
    while session.wants_messages() {
        session.handle_message(data(&pattern(16_384, 0)), s(0));
        taken += 16_384;
    }
    assert!((100_000..=116_384).contains(&taken));
    assert_eq!(session.receive_capacity(), 0);
    assert_eq!(frames(&mut session, s(10)), [], "nothing was accepted");
    // An ACK that was read all the same is heeded, and the silence of an unread connection is not taken
    // for loss.
    session.handle_message(ack(5), s(10));
    assert_eq!(session.acked(), 5);
    for now in (25..=300).step_by(25) {
        session.handle_deadline(s(now));
        assert_eq!(transmits(&mut session, s(now)), [Transmit::Ping]);
    }
    session.network_changed(s(301));
    assert_eq!(transmits(&mut session, s(301)), [Transmit::Ping]);
    session.handle_deadline(s(310));
    assert_eq!(session.request(), None);
    assert!(session.receive().is_some());
    session.accepted(16_384);
    assert!(session.wants_messages());
    // Nor is it held against it once it is read again: only what is silent from now on counts.
    session.handle_pong(s(310));
    session.handle_deadline(session.deadline().unwrap());
    session.handle_deadline(session.deadline().unwrap());
    assert_eq!(session.request(), None);

    // The answer to a reconnect is read even so.
    let mut session = connected_with(Config { receive_window: 100, ..Config::default() });
    session.handle_message(data(&pattern(100, 0)), s(0));
    assert!(!session.wants_messages());
    session.closed(None, s(0));
    reopen(&mut session, s(0));
    assert!(session.wants_messages());
    session.handle_message(resumed_at(0), s(0));
    assert!(!session.wants_messages());

    // Whoever reads on regardless cannot make it grow: the connection is dropped, and the stream stays whole.
    let mut session = connected_with(Config { receive_window: 100_000, ..Config::default() });
    let mut rounds = 0_u64;
    while session.request().is_none() {
        session.handle_message(data(&pattern(16_384, 0)), s(0));
        rounds += 1;
        assert!(rounds < 100);
    }
    assert_eq!(transmits(&mut session, s(0)), [Transmit::Abandon]);
    assert_eq!(session.received(), (rounds - 1) * 16_384);
    assert!(session.received() <= 100_000 + frame::MAX_MESSAGE as u64);
}

#[test]
fn hard_case_24_backend_end_with_data_queued_delivers_all_first() {
    for code in [1000, 4009, 4010] {
        let mut session = connected();
        let stream = pattern(30_000, 0);
        for chunk in stream.chunks(7001) {
            session.handle_message(data(chunk), s(0));
        }
        session.closed(close(code), s(0));
        assert!(session.has_ended());
        assert_eq!(session.poll_event(), None, "not before all is taken");
        let first = session.receive().unwrap();
        assert_eq!(session.poll_event(), None);
        assert_eq!([&first[..], &received_data(&mut session)].concat(), stream);
        assert_eq!(end(&mut session), End::Normal { code, unacknowledged: 0 });
        assert_eq!(session.poll_event(), None, "reported once");
    }
    // What the backend may not have got is told.
    let mut session = connected();
    send(&mut session, b"hello");
    session.closed(close(4009), s(0));
    assert_eq!(end(&mut session), End::Normal { code: 4009, unacknowledged: 5 });
}

#[test]
fn hard_case_25_local_end_flushes_waits_for_acks_and_leaves_replies_some_time() {
    let mut session = connected();
    send(&mut session, &pattern(100_000, 0));
    session.finish(s(0));
    assert_eq!(session.send_capacity(), 0);
    assert_eq!(session.send(Bytes::from_static(b"more")), 0);
    assert_eq!(sent_data(&mut session, s(0)).len(), 100_000);
    session.handle_message(ack(60_000), s(5));
    session.handle_deadline(s(14));
    assert!(!session.has_ended(), "acknowledgements still come");
    session.handle_message(ack(100_000), s(14));
    session.handle_message(data(b"late reply"), s(20));
    assert_eq!(received_data(&mut session), b"late reply");
    assert_eq!(frames(&mut session, s(20)), []);
    session.handle_deadline(s(29));
    assert!(!session.has_ended(), "more replies may come");
    assert_eq!(transmits(&mut session, s(29)), [Transmit::Ping, Transmit::Message(ack(10))]);
    let mut now = s(29);
    while !session.has_ended() {
        now = session.deadline().unwrap().max(now);
        session.handle_deadline(now);
        if !session.has_ended() {
            transmits(&mut session, now);
        }
        assert!(now < s(60));
    }
    assert_eq!(transmits(&mut session, now), [Transmit::Close { code: 1000 }]);
    assert_eq!(end(&mut session), End::Normal { code: 1000, unacknowledged: 0 });
}

#[test]
fn hard_case_25_a_relay_that_never_acknowledges_cannot_hold_the_end_up() {
    let mut session = connected();
    send(&mut session, b"hello");
    session.finish(s(0));
    sent_data(&mut session, s(0));
    session.handle_deadline(s(10));
    assert_eq!(transmits(&mut session, s(10)), [Transmit::Close { code: 1000 }]);
    assert_eq!(end(&mut session), End::Normal { code: 1000, unacknowledged: 5 });
}

#[test]
fn hard_case_25_the_end_survives_a_reconnect() {
    let mut session = connected();
    send(&mut session, b"hello");
    session.finish(s(0));
    sent_data(&mut session, s(0));
    session.closed(None, s(1));
    reopen(&mut session, s(1));
    session.handle_message(resumed_at(2), s(1));
    assert_eq!(sent_data(&mut session, s(1)), b"llo");
    session.handle_message(ack(5), s(2));
    session.handle_message(data(b"bye"), s(3));
    assert_eq!(received_data(&mut session), b"bye");
    session.closed(close(4010), s(4));
    assert_eq!(end(&mut session), End::Normal { code: 4010, unacknowledged: 0 });
}

#[test]
fn hard_case_25_a_local_side_that_is_gone_leaves_no_grace() {
    let mut session = connected();
    send(&mut session, b"hello");
    session.close(s(0));
    assert!(!session.has_ended(), "what it left is still sent");
    assert_eq!(sent_data(&mut session, s(0)), b"hello");
    session.handle_message(ack(5), s(1));
    assert_eq!(transmits(&mut session, s(1)), [Transmit::Close { code: 1000 }]);
    assert_eq!(end(&mut session), End::Normal { code: 1000, unacknowledged: 0 });
}

#[test]
fn hard_case_26_messages_are_whole_whatever_memory_they_were_reassembled_in() {
    // Reassembly is the WebSocket's; a message may come as a slice of a larger buffer, with bytes behind it.
    let mut buffer = vec![0xEE; 3];
    buffer.extend_from_slice(&data(b"abc"));
    buffer.extend_from_slice(&[0xFF; 900]);
    let mut session = connected();
    session.handle_message(Bytes::from(buffer).slice(3..), s(0));
    assert_eq!(received_data(&mut session), b"abc");
    // Pings and Pongs between the fragments change nothing.
    session.handle_pong(s(0));
    session.handle_message(data(b"def"), s(0));
    assert_eq!(received_data(&mut session), b"def");
}
