//! One test for each hard case of the specification's section 11, by its number. Where a case is the
//! driver's affair, the state machine's half of it is tested.

#![cfg(test)]

mod support;

use std::time::Duration;

use adit_relay::{
    Config, DecodeError, End, Event, FailureKind, Frame, FrameName, Refusal, Request, Session, Sid, Target,
    Time, TokenNeed, Transmit, Violation, frame,
};
use bytes::Bytes;
use support::*;

fn send(session: &mut Session, bytes: &[u8]) {
    assert_eq!(session.send(Bytes::copy_from_slice(bytes)), bytes.len());
}

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
fn hard_case_06_loss_before_the_first_ack_still_reconnects() {
    let mut session = connected();
    send(&mut session, b"hello");
    sent_data(&mut session, s(0));
    session.handle_message(data(b"SSH-2.0-demo\r\n"), s(0));
    session.closed(None, s(1));
    assert_eq!(session.request(), Some(Request::Reconnect { sid: Sid::new(SID), ack: 14 }));
}

#[test]
fn hard_case_07_loss_before_the_sid_connects_anew_since_nothing_was_sent() {
    let mut session = Session::new(Config::default());
    send(&mut session, b"early");
    session.opened(s(0));
    assert_eq!(session.poll_transmit(s(0)), None, "no DATA before the SID");
    session.closed(None, s(1));
    assert_eq!(session.sent(), 0);
    session.handle_deadline(s(2));
    assert_eq!(session.request(), Some(Request::Connect));
    session.opened(s(2));
    session.handle_message(sid_frame(), s(2));
    assert_eq!(sent_data(&mut session, s(2)), b"early");
}

#[test]
fn hard_case_08_the_old_connection_cannot_add_bytes_after_its_loss() {
    let mut session = connected();
    session.handle_message(data(b"abc"), s(0));
    session.closed(None, s(1));
    session.handle_message(data(b"def"), s(1));
    assert_eq!(reopen(&mut session, s(1)), 3);
    session.handle_message(resumed_at(0), s(1));
    session.handle_message(data(b"def"), s(1));
    assert_eq!(received_data(&mut session), b"abcdef");
}

#[test]
fn hard_case_08_an_abandoned_connection_is_not_listened_to() {
    let mut session = connected();
    session.handle_message(data(b"abc"), s(0));
    session.network_changed(s(1));
    assert_eq!(transmits(&mut session, s(1)), [Transmit::Ping]);
    session.handle_deadline(s(6));
    assert_eq!(session.poll_transmit(s(6)), Some(Transmit::Abandon));
    session.handle_message(data(b"late"), s(6));
    session.handle_pong(s(6));
    session.closed(close(1000), s(6));
    assert_eq!(session.request(), Some(Request::Reconnect { sid: Sid::new(SID), ack: 3 }));
}

#[test]
fn hard_case_08_the_last_word_to_an_old_connection_is_not_put_on_the_new_one() {
    let mut session = connected();
    session.network_changed(s(1));
    session.handle_deadline(s(6));
    // The driver noticed the loss by itself and never asked what to transmit.
    reopen(&mut session, s(6));
    session.handle_message(resumed_at(0), s(6));
    assert_eq!(transmits(&mut session, s(6)), []);
}

#[test]
fn hard_case_09_bytes_queued_but_not_taken_count_as_received() {
    let mut session = connected();
    session.handle_message(data(&pattern(5000, 0)), s(0));
    session.handle_message(data(&pattern(5000, 1)), s(0));
    assert!(session.receive().is_some());
    session.closed(None, s(1));
    // The queue outlives the connection, so that the relay need not send it again, and must not.
    assert_eq!(reopen(&mut session, s(1)), 10_000);
    session.handle_message(resumed_at(0), s(1));
    assert_eq!(received_data(&mut session), pattern(5000, 1));
    assert_eq!(frames(&mut session, s(5)), [], "the query acknowledged all of it");
}

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
fn hard_case_13_closing_during_a_reconnect_stops_it_at_once() {
    type Leave = fn(&mut Session);
    let ways: [Leave; 2] = [Session::abort, |session| session.close(s(3))];
    for leave in ways {
        for state in ["dialing", "waiting", "opening", "signing in"] {
            let mut session = connected();
            send(&mut session, b"unsent");
            session.handle_message(data(b"untaken"), s(0));
            session.closed(None, s(1));
            match state {
                "waiting" => session.refused(unreachable(), s(1)),
                "opening" => session.opened(s(1)),
                "signing in" => session.token_unavailable(s(1)),
                _ => {}
            }
            leave(&mut session);
            assert_eq!(session.request(), None, "{state}");
            assert_eq!(session.deadline(), None, "{state}");
            assert_eq!(session.receive(), None, "{state}: the buffers are freed");
            let word: &[Transmit] = if state == "opening" { &[Transmit::Close { code: 1000 }] } else { &[] };
            assert_eq!(transmits(&mut session, s(3)), word, "{state}");
            assert_eq!(end(&mut session), End::Normal { code: 1000, unacknowledged: 6 }, "{state}");
            session.opened(s(4));
            session.refused(unreachable(), s(4));
            session.resume_now(s(4));
            assert_eq!(session.request(), None, "{state}: an attempt that was under way changes nothing");
        }
    }
}

#[test]
fn hard_case_14_sid_in_use_is_retried_with_backoff_for_a_minute() {
    let mut session = connected();
    session.closed(None, s(0));
    let mut now = s(0);
    let mut delays = Vec::new();
    for _ in 0..100 {
        reopen(&mut session, now);
        session.closed(close(4002), now);
        let Some(delay) = announced_delay_or_end(&mut session, now) else { break };
        delays.push(delay);
        now += delay;
        session.handle_deadline(now);
    }
    assert_eq!(delays[..6], [ms(500), s(1), s(2), s(4), s(8), s(15)]);
    assert_eq!(now, s(60), "tried for a minute");
    assert!(session.has_ended());

    // The old connection is let go in time: nothing is lost.
    let mut session = connected();
    send(&mut session, b"hello");
    session.closed(None, s(0));
    reopen(&mut session, s(0));
    session.closed(close(4002), s(0));
    session.handle_deadline(s(1));
    reopen(&mut session, s(1));
    session.handle_message(resumed_at(0), s(1));
    assert_eq!(sent_data(&mut session, s(1)), b"hello");
}

fn announced_delay_or_end(session: &mut Session, now: Time) -> Option<Duration> {
    let mut delay = None;
    for event in events(session) {
        match event {
            Event::Reconnecting { at, .. } => delay = Some(at - now),
            Event::Closed(End::Failed { failure }) => assert_eq!(failure.code, Some(4002)),
            _ => {}
        }
    }
    delay
}

#[test]
fn hard_case_15_failed_rewind_reports_data_loss() {
    let mut session = connected();
    session.handle_message(data(b"abc"), s(0));
    session.closed(None, s(1));
    reopen(&mut session, s(1));
    session.closed(close(4074), s(1));
    assert_eq!(session.request(), None);
    assert_eq!(received_data(&mut session), b"abc", "what came in order is still good");
    let failure = failure(&mut session);
    assert_eq!((failure.kind, failure.code), (FailureKind::DataLost, Some(4074)));
}

#[test]
fn hard_case_16_reauthentication_keeps_the_buffers_and_stops_the_clock() {
    let mut session = connected();
    send(&mut session, b"hello");
    session.closed(close(4004), s(10));
    assert_eq!(session.token_need(), TokenNeed::Renewed);
    assert!(events(&mut session).contains(&Event::NeedToken));
    // Refreshing needs a person, who takes a while: longer than the budget of an outage that goes on.
    session.token_unavailable(s(11));
    assert_eq!(session.request(), None);
    assert!(session.deadline() > Some(s(11 + 14 * 60)));
    session.handle_deadline(s(11 + 14 * 60));
    session.token_ready(s(11 + 14 * 60));
    session.refused(unreachable(), s(15 * 60 + 30));
    assert!(!session.has_ended(), "the pause did not count");
    let now = s(15 * 60 + 40);
    session.handle_deadline(now);
    assert_eq!(reopen(&mut session, now), 0);
    session.handle_message(resumed_at(0), now);
    assert_eq!(sent_data(&mut session, now), b"hello");
}

#[test]
fn hard_case_16_waiting_for_a_person_is_bounded() {
    let mut session = connected();
    session.closed(close(4004), s(0));
    session.token_unavailable(s(0));
    let until = session.deadline().unwrap();
    session.handle_deadline(until);
    assert_eq!(failure_kind(&mut session), FailureKind::SignInNeeded);
}

#[test]
fn hard_case_17_a_network_change_ends_the_wait() {
    let mut session = connected();
    session.closed(None, s(0));
    session.refused(unreachable(), s(0));
    assert_eq!(session.request(), None);
    session.network_changed(ms(100));
    assert!(session.request().is_some());
    let attempt = session.attempt();
    // One that is under way leads over the old network: it is begun anew.
    session.network_changed(ms(200));
    assert_ne!(session.attempt(), attempt);
    assert!(session.request().is_some());
}

#[test]
fn hard_case_17_an_open_connection_is_probed_after_a_change() {
    let mut session = connected();
    session.network_changed(s(3));
    assert_eq!(transmits(&mut session, s(3)), [Transmit::Ping]);
    session.handle_pong(s(4));
    assert!(events(&mut session).contains(&Event::RoundTrip(s(1))));
    session.handle_deadline(s(9));
    assert_eq!(transmits(&mut session, s(9)), [], "it answered");

    session.resume_now(s(10));
    assert_eq!(transmits(&mut session, s(10)), [Transmit::Ping]);
    assert_eq!(session.deadline(), Some(s(15)));
    session.handle_deadline(s(15));
    assert_eq!(
        transmits(&mut session, s(15)),
        [Transmit::Abandon],
        "never a Close, which would end the session"
    );
    assert!(session.request().is_some(), "at once");
}

#[test]
fn hard_case_17_a_night_asleep_uses_up_no_budget() {
    let night = s(8 * 3600);
    // Asleep while waiting for the next attempt, and while one was under way.
    for dialing in [false, true] {
        let mut session = connected();
        session.closed(None, s(0));
        if !dialing {
            session.refused(unreachable(), s(0));
        }
        session.handle_deadline(night);
        if session.request().is_some() {
            session.refused(unreachable(), night + ms(1));
        }
        assert!(!session.has_ended());
        session.handle_deadline(night + s(20));
        reopen(&mut session, night + s(20));
        session.handle_message(resumed_at(0), night + s(20));
        assert!(events(&mut session).contains(&Event::Resumed));
    }
    // Asleep while connected: ask before judging.
    let mut session = connected();
    session.handle_deadline(night);
    assert_eq!(transmits(&mut session, night), [Transmit::Ping]);
    session.handle_pong(night + ms(30));
    session.handle_deadline(night + s(6));
    assert!(session.request().is_none());
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

#[test]
fn hard_case_23_every_abrupt_end_is_the_same_loss() {
    for lost in [None, close(1005), close(1006)] {
        let mut session = connected();
        session.closed(lost, s(0));
        let [Event::Reconnecting { attempt: 1, at, .. }] = events(&mut session)[..] else { panic!() };
        assert_eq!(at, s(0));
        assert!(matches!(session.request(), Some(Request::Reconnect { .. })));
    }
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

#[test]
fn hard_case_27_throttling_backs_off_as_long_as_the_relay_asks() {
    let throttled =
        |seconds| Refusal::Status { status: 429, retry_after: Some(Duration::from_secs(seconds)) };
    let mut session = Session::new(Config::default());
    session.refused(throttled(7), s(0));
    assert_eq!(announced_delay(&mut session, s(0)), Some(s(7)));
    session.handle_deadline(s(6));
    assert_eq!(session.request(), None);
    session.handle_deadline(s(7));
    assert_eq!(session.request(), Some(Request::Connect));
    session.refused(throttled(100_000), s(7));
    assert_eq!(failure_kind(&mut session), FailureKind::Throttled, "no endless wait");
    // Two sessions of one process know nothing of one another.
    let mut one = connected();
    let mut other = connected();
    send(&mut one, b"one");
    send(&mut other, b"other");
    assert_eq!(sent_data(&mut one, s(0)), b"one");
    assert_eq!(sent_data(&mut other, s(0)), b"other");
}

#[test]
fn hard_case_28_nothing_behind_the_port_is_told_apart() {
    let mut session = Session::new(Config::default());
    session.opened(s(0));
    session.closed(Some((4003, "failed to connect to backend".to_owned())), s(0));
    let failure = failure(&mut session);
    assert_eq!(failure.kind, FailureKind::Backend);
    assert_eq!(failure.code, Some(4003));
    assert_eq!(failure.reason, "failed to connect to backend");

    // A port that drops packets silently.
    let mut session = Session::new(Config::default());
    session.opened(s(0));
    assert_eq!(session.deadline(), Some(s(60)));
    session.handle_deadline(s(60));
    assert_eq!(failure_kind(&mut session), FailureKind::TimedOut);

    // "Wait for VM".
    let mut config = Config::default();
    config.patience.backend = s(300);
    let mut session = Session::new(config);
    let mut now = s(0);
    for _ in 0..10 {
        session.opened(now);
        session.closed(close(4003), now);
        assert_eq!(session.poll_event().map(|e| matches!(e, Event::Reconnecting { .. })), Some(true));
        now = session.deadline().unwrap();
        session.handle_deadline(now);
    }
    session.opened(s(301));
    session.closed(close(4003), s(301));
    assert_eq!(failure_kind(&mut session), FailureKind::Backend);
}

#[test]
fn hard_case_29_a_token_that_expires_at_the_moment_of_reconnecting_is_renewed_once() {
    let mut session = connected();
    send(&mut session, b"hello");
    session.closed(None, s(0));
    assert_eq!(session.token_need(), TokenNeed::Usable);
    session.refused(status(401), s(0));
    assert_eq!(session.token_need(), TokenNeed::Renewed);
    assert!(events(&mut session).contains(&Event::NeedToken));
    reopen(&mut session, s(0));
    session.handle_message(resumed_at(0), s(0));
    assert_eq!(session.token_need(), TokenNeed::Usable);
    assert_eq!(sent_data(&mut session, s(0)), b"hello");

    // Refused again: a person is needed, and the session waits for one with its buffers.
    session.closed(None, s(1));
    session.handle_deadline(s(2));
    session.refused(status(401), s(2));
    let now = s(20);
    session.handle_deadline(now);
    session.refused(status(401), now);
    assert!(events(&mut session).contains(&Event::SignInNeeded));
    assert_eq!(session.request(), None);
    session.token_ready(s(60));
    reopen(&mut session, s(60));
    session.handle_message(resumed_at(0), s(60));
    assert_eq!(sent_data(&mut session, s(60)), b"hello");

    // Before there is a session there is nothing to keep.
    let mut session = Session::new(Config::default());
    session.refused(status(401), s(0));
    assert_eq!(session.request(), Some(Request::Connect));
    session.refused(status(401), s(0));
    assert_eq!(failure_kind(&mut session), FailureKind::SignInNeeded);
}

#[test]
fn hard_case_30_odd_bytes_of_a_sid_are_encoded_exactly_and_never_printed() {
    let odd: Vec<u8> = (0..=255).collect();
    let mut session = Session::new(Config::default());
    session.opened(s(0));
    session.handle_message(Frame::ConnectSuccessSid(Bytes::from(odd.clone())).encode(), s(0));
    session.closed(None, s(0));
    let Some(Request::Reconnect { sid, ack }) = session.request() else { panic!() };
    assert_eq!(sid.as_bytes(), odd);

    let target = Target::Instance {
        project: "demo-project".to_owned(),
        zone: "us-central1-a".to_owned(),
        instance: "demo-vm".to_owned(),
        interface: "nic0".to_owned(),
        port: 22,
    };
    let query = target.reconnect_query(&sid, ack);
    let encoded = query.strip_prefix("sid=").and_then(|rest| rest.split('&').next()).unwrap();
    assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)), "{encoded}");
    assert!(encoded.starts_with("%00%01"));
    assert!(encoded.contains("%25%26%27%28%29%2A%2B%2C-.%2F0"));
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(encoded).collect();
    assert_eq!(decoded, odd);

    let mut session = connected();
    session.closed(None, s(0));
    let request = session.request();
    let printed = format!("{session:?} {request:?} {:?}", Frame::decode(sid_frame()));
    assert!(!printed.contains("demo-session"), "{printed}");
}
