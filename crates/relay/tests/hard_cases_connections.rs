//! The hard cases of the specification's section 11 that are about connections: losing them, opening others,
//! tokens and refusals. One test or more for each, by its number. Where a case is the driver's affair, the state
//! machine's half of it is tested.

#![cfg(test)]

#[expect(dead_code, reason = "each test file uses its own part of the shorthands")]
mod support;

use std::time::Duration;

use adit_relay::{
    Config, End, Event, FailureKind, Frame, Refusal, Request, Session, Sid, Target, Time, TokenNeed, Transmit,
};
use bytes::Bytes;
use support::*;

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
fn hard_case_29_a_renewed_token_is_used_until_it_is_refused_too() {
    let mut session = connected();
    session.closed(close(4004), s(0));
    // Its service could not be reached: there is no new token yet.
    session.refused(unreachable(), s(0));
    session.handle_deadline(s(1));
    assert_eq!(session.token_need(), TokenNeed::Renewed);
    session.token_obtained();
    // Then it is the relay that cannot be reached, which says nothing about the token.
    for (second, refusal) in (1..).zip([unreachable(), status(503), Refusal::TimedOut]) {
        session.refused(refusal, s(60 * second));
        assert_eq!(session.token_need(), TokenNeed::Usable);
        session.handle_deadline(s(60 * second + 30));
    }
    reopen(&mut session, s(250));
    session.closed(close(4004), s(250));
    assert_eq!(session.token_need(), TokenNeed::Renewed, "this one was refused");
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
