//! Acknowledgement timing, backoff, keepalive and the other deadlines. All time is made up.

#![cfg(test)]

#[expect(dead_code, reason = "each test file uses its own part of the shorthands")]
mod support;

use std::time::Duration;

use adit_relay::{Config, Event, FailureKind, Frame, Request, Session, Transmit};
use bytes::Bytes;

use support::*;

fn feed(session: &mut Session, length: usize) {
    session.handle_message(data(&pattern(length, 0)), s(0));
}

#[test]
fn ack_comes_at_once_only_beyond_the_threshold() {
    let mut session = connected();
    feed(&mut session, 16_384);
    feed(&mut session, 16_384);
    assert_eq!(received_data(&mut session).len(), 32_768);
    assert_eq!(frames(&mut session, s(0)), []);
    feed(&mut session, 1);
    assert_eq!(frames(&mut session, s(0)), [], "received is not accepted");
    received_data(&mut session);
    assert_eq!(frames(&mut session, s(0)), [Frame::Ack(32_769)]);
    assert_eq!(frames(&mut session, s(9)), [], "never the same twice");
}

#[test]
fn remainder_is_acknowledged_within_a_second() {
    let mut session = connected();
    assert_eq!(frames(&mut session, s(5)), [], "never 0");
    feed(&mut session, 1);
    received_data(&mut session);
    assert_eq!(frames(&mut session, s(5)), []);
    let due = session.deadline().unwrap();
    assert!(due <= s(6));
    session.handle_deadline(due);
    assert_eq!(frames(&mut session, due), [Frame::Ack(1)]);
    // A deadline that has passed while the connection took nothing does not fire again and again.
    feed(&mut session, 1);
    received_data(&mut session);
    frames(&mut session, s(7));
    session.handle_deadline(s(8));
    assert!(session.deadline().unwrap() > s(8));
    assert_eq!(frames(&mut session, s(8)), [Frame::Ack(2)]);
}

#[test]
fn more_cannot_be_accepted_than_was_taken() {
    let mut session = connected();
    feed(&mut session, 100_000);
    session.accepted(u64::MAX);
    assert_eq!(frames(&mut session, s(9)), []);
    received_data(&mut session);
    session.accepted(u64::MAX);
    assert_eq!(frames(&mut session, s(9)), [Frame::Ack(100_000)]);
}

#[test]
fn after_a_reconnect_acks_go_on_from_what_the_query_said() {
    let mut session = connected();
    feed(&mut session, 100_000);
    session.closed(None, s(0));
    assert_eq!(reopen(&mut session, s(0)), 100_000);
    session.handle_message(resumed_at(0), s(0));
    // What is now accepted was told before; an ACK of it would go backwards.
    received_data(&mut session);
    assert_eq!(frames(&mut session, s(9)), []);
    feed(&mut session, 5);
    received_data(&mut session);
    frames(&mut session, s(9));
    assert_eq!(frames(&mut session, s(10)), [Frame::Ack(100_005)]);
}

/// Fails attempt after attempt and collects the delays before them.
fn delays(jitter: f64) -> Vec<Duration> {
    let mut session = connected();
    session.set_jitter(jitter);
    session.closed(None, s(0));
    let mut now = s(0);
    let mut delays = vec![announced_delay(&mut session, now).unwrap()];
    while session.request().is_some() {
        session.refused(unreachable(), now);
        match events(&mut session).pop() {
            Some(Event::Reconnecting { at, .. }) => {
                delays.push(at - now);
                now = at;
            }
            Some(Event::Closed(_)) => break,
            other => panic!("{other:?}"),
        }
        session.handle_deadline(now);
    }
    delays
}

#[test]
fn backoff_is_at_once_then_doubles_to_fifteen_seconds_for_fifteen_minutes() {
    let delays_full = delays(1.0);
    assert_eq!(delays_full[..9], [0, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000].map(ms));
    assert_eq!(delays_full.iter().sum::<Duration>(), s(15 * 60));
    let half = delays(0.5);
    assert_eq!(half[..7], [0, 250, 500, 1000, 2000, 4000, 7500].map(ms));
    let least = delays(0.0);
    assert!(least[1..].iter().all(|delay| *delay == ms(20)), "never a hot loop");
    for odd in [f64::NAN, f64::INFINITY, 7.0] {
        assert_eq!(delays(odd), delays_full);
    }
    assert_eq!(delays(-3.0), least);
}

/// Loses an established session after `lived`, having moved `moved` bytes, and says how long the wait is.
fn wait_after_a_short_life(lived: Duration, moved: usize) -> Duration {
    let mut session = connected();
    session.closed(None, s(0));
    for now in [s(0), s(1), s(4)] {
        session.refused(unreachable(), now);
        session.handle_deadline(now + s(2));
    }
    reopen(&mut session, s(6));
    session.handle_message(resumed_at(0), s(6));
    feed(&mut session, moved);
    events(&mut session);
    session.closed(None, s(6) + lived);
    announced_delay(&mut session, s(6) + lived).unwrap()
}

#[test]
fn health_begins_a_new_outage() {
    assert_eq!(wait_after_a_short_life(s(29), 1000), s(4));
    assert_eq!(wait_after_a_short_life(s(30), 1000), s(0));
    // A relay that cuts every so many bytes of a fast transfer does not earn longer and longer waits.
    assert_eq!(wait_after_a_short_life(ms(3), 256 * 1024), s(0));
}

#[test]
fn attempts_are_counted_and_announced() {
    let mut session = connected();
    session.closed(Some((1001, "going away".to_owned())), s(0));
    assert_eq!(
        events(&mut session),
        [Event::Reconnecting { code: Some(1001), reason: "going away".to_owned(), attempt: 1, at: s(0) }]
    );
    session.refused(status(503), s(0));
    assert_eq!(
        events(&mut session),
        [Event::Reconnecting {
            code: Some(503),
            reason: "the relay answered the upgrade with HTTP 503".to_owned(),
            attempt: 2,
            at: ms(500)
        }]
    );
    assert_eq!(session.request(), None);
    assert_eq!(session.deadline(), Some(ms(500)));
    session.handle_deadline(ms(499));
    assert_eq!(session.request(), None);
    session.handle_deadline(ms(500));
    reopen(&mut session, ms(500));
    session.handle_message(resumed_at(0), ms(500));
    assert_eq!(events(&mut session), [Event::Resumed]);
}

#[test]
fn resuming_now_ends_the_wait_and_begins_the_backoff_anew() {
    let mut session = connected();
    session.closed(None, s(0));
    let mut now = s(0);
    for _ in 0..8 {
        session.refused(unreachable(), now);
        now = session.deadline().unwrap();
        session.handle_deadline(now);
    }
    session.refused(unreachable(), now);
    session.resume_now(now + ms(1));
    assert!(session.request().is_some());
    events(&mut session);
    session.refused(unreachable(), now + ms(1));
    assert_eq!(announced_delay(&mut session, now + ms(1)), Some(ms(500)));
}

#[test]
fn an_upgrade_or_a_first_frame_that_never_comes_is_given_up() {
    let mut session = Session::new(Config::default());
    assert_eq!(session.poll_transmit(s(5)), None);
    assert_eq!(session.deadline(), Some(s(65)));
    session.handle_deadline(s(65));
    assert!(events(&mut session).iter().any(|e| matches!(e, Event::Reconnecting { .. })));

    let mut session = connected();
    session.closed(None, s(0));
    assert_eq!(session.deadline(), Some(s(60)));
    reopen(&mut session, s(10));
    session.handle_message(Bytes::from_static(&[0, 99]), s(30));
    assert_eq!(session.deadline(), Some(s(70)), "an unknown tag is not an answer");
    session.handle_deadline(s(70));
    assert_eq!(transmits(&mut session, s(70)), [Transmit::Abandon]);
    assert!(!session.has_ended());

    let mut session = Session::new(Config::default());
    session.opened(s(0));
    session.handle_deadline(s(60));
    assert_eq!(transmits(&mut session, s(60)), [Transmit::Close { code: 1000 }]);
    assert_eq!(failure_kind(&mut session), FailureKind::TimedOut);
}

#[test]
fn two_missed_pongs_are_a_loss() {
    let mut session = connected();
    let mut pings = Vec::new();
    let mut now = s(0);
    while session.request().is_none() {
        now = session.deadline().unwrap();
        session.handle_deadline(now);
        match session.poll_transmit(now) {
            Some(Transmit::Ping) => pings.push(now),
            Some(Transmit::Abandon) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(pings, [s(25), s(50)]);
    assert_eq!(now, s(75));
    assert!(matches!(session.request(), Some(Request::Reconnect { .. })));
}

#[test]
fn pongs_or_any_message_keep_it_alive_and_pongs_tell_the_round_trip() {
    let mut session = connected();
    for round in 1..100 {
        let now = s(25 * round);
        session.handle_deadline(now);
        assert_eq!(transmits(&mut session, now), [Transmit::Ping]);
        match round % 2 {
            0 => session.handle_message(Bytes::from_static(&[0, 99]), now + s(1)),
            _ => {
                session.handle_pong(now + ms(12));
                session.handle_pong(now + ms(13));
                assert_eq!(events(&mut session), [Event::RoundTrip(ms(12))], "once for each Ping");
            }
        }
    }
}

#[test]
fn grace_ends_at_once_when_the_backend_ends() {
    let mut session = connected();
    session.finish(s(0));
    session.handle_deadline(s(9));
    assert!(!session.has_ended());
    session.handle_deadline(s(10));
    assert_eq!(transmits(&mut session, s(10)), [Transmit::Close { code: 1000 }]);
    assert!(session.has_ended());
}

#[test]
fn grace_is_counted_anew_after_a_reconnect() {
    let mut session = connected();
    session.finish(s(0));
    session.closed(None, s(5));
    reopen(&mut session, s(20));
    session.handle_message(resumed_at(0), s(20));
    session.handle_deadline(s(20));
    session.handle_message(data(b"late reply"), s(29));
    assert_eq!(received_data(&mut session), b"late reply");
    session.handle_deadline(s(39));
    assert!(session.has_ended());
}

#[test]
fn silence_that_was_not_listened_to_is_no_missed_pong() {
    let mut session = connected_with(Config { receive_window: 100, ..Config::default() });
    session.handle_message(data(&pattern(100, 0)), s(0));
    for now in [s(25), s(50), s(75), s(100)] {
        session.handle_deadline(now);
        transmits(&mut session, now);
    }
    received_data(&mut session);
    session.handle_deadline(s(125));
    session.handle_deadline(s(150));
    assert_eq!(session.request(), None, "two Pings must be missed while it is read");
    session.handle_deadline(s(175));
    assert!(session.request().is_some());
}

#[test]
fn grace_waits_for_a_local_side_that_is_slow_to_take_what_came() {
    let mut session = connected();
    session.finish(s(0));
    feed(&mut session, 5000);
    session.handle_deadline(s(10));
    assert!(!session.has_ended(), "more may be stuck behind it");
    received_data(&mut session);
    session.handle_deadline(session.deadline().unwrap());
    transmits(&mut session, s(30));
    session.handle_deadline(s(60));
    assert!(session.has_ended());
}

#[test]
fn finishing_before_the_session_exists_still_delivers() {
    let mut session = Session::new(Config::default());
    session.send(Bytes::from_static(b"hello"));
    session.finish(s(0));
    connect(&mut session, s(1));
    assert_eq!(sent_data(&mut session, s(1)), b"hello");
    session.handle_message(ack(5), s(2));
    session.handle_deadline(s(12));
    assert!(session.has_ended());
}
