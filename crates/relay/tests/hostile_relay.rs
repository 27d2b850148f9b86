//! A session that is fed anything in any order: it must not panic, must not grow, and must keep its invariants.

#![cfg(test)]

#[expect(dead_code, reason = "each test file uses its own part of the shorthands")]
mod support;

use adit_relay::{Config, Event, Frame, Refusal, Session, Time, Transmit, frame};
use bytes::Bytes;
use proptest::prelude::*;
use support::*;

/// One call on the session.
#[derive(Debug, Clone)]
enum Call {
    Opened,
    Refused(u16),
    Unreachable,
    TimedOut,
    Message(Vec<u8>),
    Frame(Frame),
    LikelyAck(u8),
    Data(usize),
    Text,
    Pong,
    Closed(Option<u16>),
    Transmit(usize),
    Send(usize),
    Receive,
    Accepted(u64),
    Finish,
    Close,
    Abort,
    ResumeNow,
    NetworkChanged,
    TokenUnavailable,
    TokenReady,
    Jitter(f64),
    Pass(u64),
    Deadline,
}

fn any_call() -> impl Strategy<Value = Call> {
    let code = prop_oneof![
        Just(1000_u16),
        Just(1006),
        Just(4000),
        Just(4002),
        Just(4004),
        1000_u16..5000,
        any::<u16>()
    ];
    prop_oneof![
        8 => Just(Call::Opened),
        1 => any::<u16>().prop_map(Call::Refused),
        1 => Just(Call::Unreachable),
        1 => Just(Call::TimedOut),
        1 => prop::collection::vec(any::<u8>(), 0..30).prop_map(Call::Message),
        4 => Just(Call::Frame(Frame::ConnectSuccessSid(Bytes::from_static(SID)))),
        2 => (0_u64..200_000).prop_map(|ack| Call::Frame(Frame::ReconnectSuccessAck(ack))),
        2 => (0_u64..200_000).prop_map(|ack| Call::Frame(Frame::Ack(ack))),
        8 => any::<u8>().prop_map(Call::LikelyAck),
        8 => (0_usize..70_000).prop_map(Call::Data),
        1 => Just(Call::Text),
        1 => Just(Call::Pong),
        3 => prop::option::of(code).prop_map(Call::Closed),
        8 => (1_usize..50).prop_map(Call::Transmit),
        8 => (0_usize..100_000).prop_map(Call::Send),
        6 => Just(Call::Receive),
        3 => any::<u64>().prop_map(Call::Accepted),
        1 => Just(Call::Finish),
        1 => Just(Call::Close),
        1 => Just(Call::Abort),
        2 => Just(Call::ResumeNow),
        2 => Just(Call::NetworkChanged),
        1 => Just(Call::TokenUnavailable),
        2 => Just(Call::TokenReady),
        1 => any::<f64>().prop_map(Call::Jitter),
        3 => (0_u64..100_000).prop_map(Call::Pass),
        5 => Just(Call::Deadline),
    ]
}

/// Applies one call, with time in milliseconds.
fn apply(session: &mut Session, call: Call, now: &mut Time, queued: &mut u64) {
    match call {
        Call::Opened => session.opened(*now),
        Call::Refused(code) => session.refused(status(code), *now),
        Call::Unreachable => session.refused(unreachable(), *now),
        Call::TimedOut => session.refused(Refusal::TimedOut, *now),
        Call::Message(message) => session.handle_message(message.into(), *now),
        Call::Frame(frame) => session.handle_message(frame.encode(), *now),
        Call::LikelyAck(eighths) => {
            let span = session.sent() - session.acked();
            let position = session.acked() + span / 8 * u64::from(eighths % 9);
            let frame =
                if eighths < 128 { Frame::Ack(position) } else { Frame::ReconnectSuccessAck(position) };
            session.handle_message(frame.encode(), *now);
        }
        Call::Data(length) => {
            let before = session.received();
            session.handle_message(data(&vec![7; length]), *now);
            *queued += session.received() - before;
        }
        Call::Text => session.handle_text(),
        Call::Pong => session.handle_pong(*now),
        Call::Closed(code) => session.closed(code.map(|code| (code, "x".repeat(3000))), *now),
        Call::Transmit(count) => {
            for _ in 0..count {
                match session.poll_transmit(*now) {
                    Some(Transmit::Message(message)) => match Frame::decode(message).unwrap() {
                        Frame::Data(payload) => assert!((1..=frame::MAX_PAYLOAD).contains(&payload.len())),
                        Frame::Ack(ack) => assert!(ack > 0 && ack <= session.received()),
                        other => panic!("a client does not send {other:?}"),
                    },
                    Some(Transmit::Ping | Transmit::Close { .. } | Transmit::Abandon) => {}
                    None => break,
                }
            }
        }
        Call::Send(length) => {
            let capacity = session.send_capacity();
            let taken = session.send(vec![9; length].into());
            assert!(taken <= length.min(capacity));
        }
        Call::Receive => {
            if let Some(chunk) = session.receive() {
                assert!(!chunk.is_empty());
                *queued -= chunk.len() as u64;
            }
        }
        Call::Accepted(bytes) => session.accepted(bytes),
        Call::Finish => session.finish(*now),
        Call::Close => session.close(*now),
        Call::Abort => session.abort(),
        Call::ResumeNow => session.resume_now(*now),
        Call::NetworkChanged => session.network_changed(*now),
        Call::TokenUnavailable => session.token_unavailable(*now),
        Call::TokenReady => session.token_ready(*now),
        Call::Jitter(fraction) => session.set_jitter(fraction),
        Call::Pass(time) => *now += ms(time),
        Call::Deadline => {
            if let Some(deadline) = session.deadline() {
                *now = (*now).max(deadline);
            }
            session.handle_deadline(*now);
        }
    }
}

fn hostile_run(calls: Vec<Call>, start: u64) {
    let config = Config { send_window: 300_000, receive_window: 200_000, ..Config::default() };
    let mut session = Session::with_positions(config, start, start);
    let (mut now, mut queued) = (Time::ZERO, 0);
    let mut closed = 0;
    for call in calls {
        let (acked, received) = (session.acked(), session.received());
        apply(&mut session, call, &mut now, &mut queued);
        assert!(session.acked() >= acked && session.received() >= received, "no counter goes back");
        assert!(session.acked() <= session.sent());
        assert!(session.unacknowledged() <= 300_000);
        assert!(queued <= 200_000 + frame::MAX_MESSAGE as u64);
        assert!(session.request().is_none() || !session.has_ended());
        assert!(
            session.has_ended() || session.request().is_some() || session.deadline().is_some(),
            "no endless wait"
        );
        closed += events(&mut session).iter().filter(|event| matches!(event, Event::Closed(_))).count();
        assert!(closed <= 1);
        let _ = format!("{session:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_calls_in_any_order_keep_the_invariants(
        calls in prop::collection::vec(any_call(), 1..200),
        start in prop::sample::select(vec![0, (1_u64 << 32) - 50_000, u64::MAX - 50_000]),
    ) {
        // From a session that exists, else most runs would end at their first frame.
        let mut led = vec![Call::Opened, Call::Frame(Frame::ConnectSuccessSid(Bytes::from_static(SID)))];
        led.extend(calls);
        hostile_run(led, start);
    }

    #[test]
    fn any_messages_before_the_session_exists(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..50)) {
        let mut calls = vec![Call::Opened];
        calls.extend(messages.into_iter().map(Call::Message));
        hostile_run(calls, 0);
    }
}

mod memory {
    use super::*;

    #[test]
    fn events_that_nobody_reads_do_not_pile_up() {
        let mut session = connected();
        for round in 0..10_000 {
            session.network_changed(s(round));
            transmits(&mut session, s(round));
            session.handle_pong(s(round));
        }
        assert!(events(&mut session).len() <= 64);
    }

    #[test]
    fn a_flood_of_tiny_or_empty_messages_stays_within_the_window() {
        let mut session = connected_with(Config { receive_window: 10_000, ..Config::default() });
        for _ in 0..1_000_000 {
            session.handle_message(data(b""), s(0));
        }
        assert!(session.wants_messages());
        while session.wants_messages() {
            session.handle_message(data(b"x"), s(0));
        }
        let mut chunks = 0;
        while let Some(chunk) = session.receive() {
            assert!(!chunk.is_empty());
            chunks += 1;
        }
        assert!(chunks < 10, "tiny payloads are gathered: {chunks}");
    }

    #[test]
    fn a_payload_does_not_keep_the_bytes_behind_it_alive() {
        let mut session = connected();
        let mut message = data(&pattern(3000, 0)).to_vec();
        message.resize(1_000_000, 0);
        let message = Bytes::from(message);
        let range = message.as_ptr_range();
        session.handle_message(message.clone(), s(0));
        let chunk = session.receive().unwrap();
        assert_eq!(chunk, pattern(3000, 0));
        assert!(!range.contains(&chunk.as_ptr()));
    }

    #[test]
    fn full_payloads_are_shared_not_copied() {
        let mut session = connected();
        let message = data(&pattern(16_384, 0));
        let range = message.as_ptr_range();
        session.handle_message(message.clone(), s(0));
        assert!(range.contains(&session.receive().unwrap().as_ptr()));
    }
}
