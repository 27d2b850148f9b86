//! A session against a model of an honest relay, over a wire that is cut at will: both streams must arrive
//! byte for byte, whatever is lost and whenever.
//!
//! The model is written from the specification's section 7 and shares the codec with the session, nothing
//! else.

#![cfg(test)]

#[expect(dead_code, reason = "each test file uses its own part of the shorthands")]
mod support;

use std::{collections::VecDeque, time::Duration};

use adit_relay::{Config, End, Event, Frame, Refusal, Request, Session, Sid, Transmit, frame};
use bytes::Bytes;
use proptest::prelude::*;
use support::*;

/// How one run goes: sizes, cadences, and where the wire is cut.
#[derive(Debug, Clone)]
struct Plan {
    upload: Vec<u8>,
    download: Vec<u8>,
    /// Sizes, in turn, of what the local side writes at once and of the relay's DATA payloads.
    up_chunks: Vec<usize>,
    down_chunks: Vec<usize>,
    /// Bytes of messages that each connection carries up and down before it is cut; the last one is not.
    cuts: Vec<(usize, usize)>,
    /// The relay acknowledges after so many bytes, and then so many fewer than it has (inside a chunk).
    ack_every: u64,
    ack_short: u64,
    /// Most unacknowledged bytes the relay sends.
    window: u64,
    /// Messages that pass in a row each way before the other side has its turn.
    burst: usize,
    /// Where the counters of both sides start.
    start: u64,
}

/// The relay's side of one session.
struct Relay {
    sid: Bytes,
    upstream: Vec<u8>,
    start: u64,
    /// What the backend sends, all of it; positions are counted from `start`.
    source: Vec<u8>,
    /// Confirmed by the client: below this it has forgotten everything.
    base: u64,
    /// Next position to send on this connection, and the furthest ever sent.
    next: u64,
    sent: u64,
    ack_sent: u64,
}

impl Relay {
    fn new(plan: &Plan, number: usize) -> Self {
        Self {
            sid: Bytes::from(format!("session {number}/\u{7f}")),
            upstream: Vec::new(),
            start: plan.start,
            source: plan.download.clone(),
            base: plan.start,
            next: plan.start,
            sent: plan.start,
            ack_sent: plan.start,
        }
    }

    fn received(&self) -> u64 {
        self.start + self.upstream.len() as u64
    }

    fn reconnect(&mut self, ack: u64) -> Frame {
        assert!(ack >= self.base, "the client asks for what it had confirmed");
        assert!(ack <= self.sent, "the client claims what was never sent");
        self.base = ack;
        self.next = ack;
        self.ack_sent = self.received();
        Frame::ReconnectSuccessAck(self.received())
    }

    fn take(&mut self, message: Bytes) {
        match Frame::decode(message.clone()).unwrap() {
            Frame::Data(payload) => {
                assert!((1..=frame::MAX_PAYLOAD).contains(&payload.len()));
                assert_eq!(message.len(), 6 + payload.len(), "one frame in a message");
                self.upstream.extend_from_slice(&payload);
            }
            Frame::Ack(ack) => {
                assert!(ack > 0, "never 0");
                assert!(ack >= self.base, "4005: an ACK went backwards");
                assert!(ack <= self.sent, "4006: an ACK beyond what was sent");
                self.base = ack;
                self.next = self.next.max(ack);
            }
            other => panic!("a client does not send {other:?}"),
        }
    }

    fn ack(&mut self, plan: &Plan) -> Option<Bytes> {
        let done = self.upstream.len() == plan.upload.len();
        let position = if done { self.received() } else { self.received().saturating_sub(plan.ack_short) };
        if position <= self.ack_sent || (!done && position - self.ack_sent < plan.ack_every) {
            return None;
        }
        self.ack_sent = position;
        Some(Frame::Ack(position).encode())
    }

    fn data(&mut self, plan: &Plan, turn: usize) -> Option<Bytes> {
        let from = usize::try_from(self.next - self.start).unwrap();
        let rest = self.source.get(from..)?;
        let room = plan.window.saturating_sub(self.next - self.base);
        let size = plan.down_chunks[turn % plan.down_chunks.len()].max(1);
        let size = size.min(rest.len()).min(usize::try_from(room).unwrap());
        if size == 0 {
            return None;
        }
        let message = Frame::Data(Bytes::copy_from_slice(&rest[..size])).encode();
        self.next += size as u64;
        self.sent = self.sent.max(self.next);
        Some(message)
    }
}

/// One connection's wire: what is in flight, and how much it still carries before it is cut.
#[derive(Default)]
struct Wire {
    up: VecDeque<Bytes>,
    down: VecDeque<Bytes>,
    up_left: usize,
    down_left: usize,
    cut: bool,
    /// Whether the client is still attached to the session (its first frame was put on the wire).
    open: bool,
}

impl Wire {
    fn put(&mut self, way: fn(&mut Self) -> (&mut VecDeque<Bytes>, &mut usize), message: Bytes) {
        let (queue, left) = way(self);
        match left.checked_sub(message.len()) {
            Some(rest) => {
                *left = rest;
                queue.push_back(message);
            }
            // A message that is cut in two never arrives, nor does anything behind it.
            None => {
                *left = 0;
                self.cut = true;
            }
        }
    }

    fn up(&mut self) -> (&mut VecDeque<Bytes>, &mut usize) {
        (&mut self.up, &mut self.up_left)
    }

    fn down(&mut self) -> (&mut VecDeque<Bytes>, &mut usize) {
        (&mut self.down, &mut self.down_left)
    }
}

/// What a run came to.
struct Outcome {
    connections: usize,
    resumed: usize,
    wire_up: usize,
    wire_down: usize,
}

/// Runs until both streams have arrived and all is acknowledged.
#[expect(clippy::too_many_lines, reason = "one loop that is the driver and the wire")]
fn run(plan: &Plan) -> Outcome {
    let mut session = Session::with_positions(Config::default(), plan.start, plan.start);
    let mut relay = Relay::new(plan, 0);
    let mut wire = Wire::default();
    let mut downstream = Vec::new();
    let mut written = 0;
    let mut now = Duration::ZERO;
    let mut outcome = Outcome { connections: 0, resumed: 0, wire_up: 0, wire_down: 0 };
    for turn in 0.. {
        assert!(turn < 2_000_000, "it does not come to an end: {session:?} after {plan:?}");
        while let Some(event) = session.poll_event() {
            match event {
                Event::Resumed => outcome.resumed += 1,
                Event::Closed(end) => panic!("it ended: {end:?} after {plan:?}"),
                _ => {}
            }
        }
        if let Some(request) = session.request() {
            let (up, down) = plan.cuts.get(outcome.connections).copied().unwrap_or((usize::MAX, usize::MAX));
            outcome.connections += 1;
            wire = Wire { up_left: up, down_left: down, open: true, ..Wire::default() };
            let first = match request {
                Request::Connect => {
                    assert_eq!(
                        session.sent(),
                        plan.start,
                        "a new backend connection, with bytes sent to the old"
                    );
                    relay = Relay::new(plan, outcome.connections);
                    Frame::ConnectSuccessSid(relay.sid.clone())
                }
                Request::Reconnect { sid, ack } => {
                    assert_eq!(sid, Sid::new(&relay.sid));
                    assert_eq!(ack, session.received(), "what the client has");
                    relay.reconnect(ack)
                }
            };
            session.opened(now);
            wire.put(Wire::down, first.encode());
        }
        // The local side.
        let size = plan.up_chunks[turn % plan.up_chunks.len()].clamp(1, plan.upload.len().max(1));
        let size = size.min(plan.upload.len() - written).min(session.send_capacity());
        written += session.send(Bytes::copy_from_slice(&plan.upload[written..written + size]));
        if turn % 3 != 0
            && let Some(chunk) = session.receive()
        {
            session.accepted(chunk.len() as u64);
            downstream.extend_from_slice(&chunk);
        }
        // The wire, up.
        for _ in 0..plan.burst {
            if !wire.cut
                && let Some(transmit) = session.poll_transmit(now)
            {
                match transmit {
                    Transmit::Message(message) => {
                        outcome.wire_up += message.len();
                        wire.put(Wire::up, message);
                    }
                    Transmit::Ping => session.handle_pong(now),
                    Transmit::Close { .. } | Transmit::Abandon => panic!("{transmit:?}"),
                }
            }
        }
        // The relay. What reached it before the cut counts, even if its answers do not arrive.
        for _ in 0..plan.burst {
            if let Some(message) = wire.up.pop_front() {
                relay.take(message);
            }
        }
        if wire.open && !wire.cut {
            for message in [relay.ack(plan), relay.data(plan, turn)].into_iter().flatten() {
                outcome.wire_down += message.len();
                wire.put(Wire::down, message);
            }
        }
        // The wire, down.
        for _ in 0..plan.burst {
            if let Some(message) = wire.down.pop_front() {
                session.handle_message(message, now);
            }
        }
        if wire.cut && wire.down.is_empty() && (turn % 2 == 0 || wire.up.is_empty()) {
            // Half of the time the relay has read what was in flight, else it is lost.
            wire = Wire::default();
            session.closed(None, now);
        }
        if let Some(deadline) = session.deadline()
            && (session.request().is_none() && !wire.open || turn % 50 == 0)
        {
            now = now.max(deadline);
            session.handle_deadline(now);
        }
        let arrived = relay.upstream.len() == plan.upload.len() && downstream.len() == plan.download.len();
        if arrived && session.unacknowledged() == 0 && relay.base == relay.sent && wire.open && !wire.cut {
            break;
        }
    }
    assert!(relay.upstream == plan.upload, "upload differs after {:?}", plan.cuts);
    assert!(downstream == plan.download, "download differs after {:?}", plan.cuts);
    assert_eq!(session.sent() - plan.start, plan.upload.len() as u64);
    assert_eq!(session.received() - plan.start, plan.download.len() as u64);
    session.finish(now);
    session.handle_deadline(now + s(10));
    assert_eq!(end(&mut session), End::Normal { code: 1000, unacknowledged: 0 });
    outcome
}

fn short_exchange() -> Plan {
    Plan {
        upload: pattern(150, 1),
        download: pattern(170, 2),
        up_chunks: vec![7, 30, 1],
        down_chunks: vec![11, 40, 3],
        cuts: Vec::new(),
        ack_every: 20,
        ack_short: 3,
        window: 100,
        burst: 2,
        start: 0,
    }
}

mod cuts {
    use super::*;

    #[test]
    fn nothing_is_cut() {
        let outcome = run(&short_exchange());
        assert_eq!((outcome.connections, outcome.resumed), (1, 0));
    }

    #[test]
    fn at_every_position_up_and_down() {
        let whole = run(&short_exchange());
        assert!(whole.wire_up > 150 && whole.wire_down > 170);
        let mut resumed = 0;
        for at in 0..=whole.wire_up {
            resumed += run(&Plan { cuts: vec![(at, usize::MAX)], ..short_exchange() }).resumed;
        }
        assert!(resumed > whole.wire_up / 2);
        for at in 0..=whole.wire_down + 40 {
            run(&Plan { cuts: vec![(usize::MAX, at)], ..short_exchange() });
        }
    }

    #[test]
    fn at_every_position_and_again_during_the_replay() {
        let whole = run(&short_exchange());
        for first in (0..=whole.wire_up).step_by(5) {
            for second in (0..=120).step_by(3) {
                run(&Plan {
                    cuts: vec![(first, usize::MAX), (second, usize::MAX), (usize::MAX, second)],
                    ..short_exchange()
                });
            }
        }
    }

    #[test]
    fn near_the_upper_half_and_the_end_of_the_counters() {
        for start in [(1_u64 << 32) - 80, u64::MAX - 200] {
            let whole = run(&Plan { start, ..short_exchange() });
            for at in (0..=whole.wire_up).step_by(7) {
                run(&Plan { start, cuts: vec![(at, usize::MAX), (usize::MAX, at)], ..short_exchange() });
            }
        }
    }

    #[test]
    fn many_in_a_long_transfer_both_ways() {
        let plan = Plan {
            upload: pattern(3_000_000, 3),
            download: pattern(3_000_000, 4),
            up_chunks: vec![70_000, 1, 16_384, 9000],
            down_chunks: vec![16_384, 60_000, 100],
            cuts: (1..60).map(|i| (i * 7919 % 200_003, i * 104_729 % 300_007)).collect(),
            ack_every: 32_768,
            ack_short: 5000,
            window: 1_500_000,
            burst: 8,
            start: 0,
        };
        let outcome = run(&plan);
        assert!(outcome.resumed > 10, "{}", outcome.resumed);
    }

    #[test]
    fn refused_attempts_between_the_cuts_change_nothing() {
        let mut session = connected();
        session.send(Bytes::from(pattern(100_000, 1)));
        assert_eq!(sent_data(&mut session, s(0)).len(), 100_000);
        session.closed(None, s(0));
        for (second, refusal) in (1..).zip([unreachable(), status(503), Refusal::TimedOut]) {
            session.refused(refusal, s(second));
            session.handle_deadline(s(second + 30));
        }
        reopen(&mut session, s(40));
        session.handle_message(resumed_at(99_000), s(40));
        assert_eq!(sent_data(&mut session, s(40)), pattern(100_000, 1)[99_000..]);
    }
}

fn plan() -> impl Strategy<Value = Plan> {
    let size = prop_oneof![3 => 0_usize..300, 2 => 0_usize..60_000];
    let chunks =
        || prop::collection::vec(prop_oneof![1_usize..40, 1_usize..20_000, 16_000_usize..70_000], 1..6);
    let limit = || prop_oneof![2 => 0_usize..200, 2 => 0_usize..40_000, 1 => Just(usize::MAX)];
    let start = prop_oneof![4 => Just(0_u64), 1 => Just((1_u64 << 32) - 100), 1 => Just(u64::MAX - 200_000)];
    (
        (size.clone(), size),
        (chunks(), chunks()),
        prop::collection::vec((limit(), limit()), 0..12),
        (1_u64..40_000, 0_u64..20_000, 1_u64..2_000_000),
        (1_usize..12, start),
    )
        .prop_map(
            |((up, down), (up_chunks, down_chunks), cuts, (ack_every, ack_short, window), (burst, start))| {
                Plan {
                    upload: pattern(up, 0x5a),
                    download: pattern(down, 0xa5),
                    up_chunks,
                    down_chunks,
                    cuts,
                    ack_every,
                    ack_short,
                    window: window.max(33_000),
                    burst,
                    start,
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_streams_arrive_whole_under_any_plan(plan in plan()) {
        run(&plan);
    }
}
