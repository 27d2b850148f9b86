//! The client's side of one session.

mod finish;
mod link;
mod messages;
mod timers;

use std::collections::VecDeque;

use bytes::Bytes;

use crate::{
    Config, End, Event, Failure, Request, Sid, Time, TokenNeed, Transmit, Violation,
    liveness::Liveness,
    outcome::Phase,
    receive::{AckTimer, ReceiveQueue},
    retry::{self, Outage},
    send::SendBuffer,
};

use finish::Finishing;
use link::Link;

/// Events that may wait to be polled; older ones make room, since each is out of date by then.
const MAX_EVENTS: usize = 64;

/// The client state machine of one session (specification sections 5 and 6).
///
/// A driver repeats, whatever happened last:
///
/// 1. [`poll_event`](Self::poll_event) until `None`;
/// 2. if [`request`](Self::request) is `Some` and no attempt is under way for [`attempt`](Self::attempt): open
///    a WebSocket (with a token as [`token_need`](Self::token_need) says;
///    [`token_obtained`](Self::token_obtained) once there is one), then call [`opened`](Self::opened) or
///    [`refused`](Self::refused);
/// 3. [`receive`](Self::receive), write to the local side, then [`accepted`](Self::accepted);
/// 4. read the local side while [`send_capacity`](Self::send_capacity) allows, then [`send`](Self::send);
/// 5. [`poll_transmit_into`](Self::poll_transmit_into) while the WebSocket takes it;
/// 6. read the WebSocket while [`wants_messages`](Self::wants_messages):
///    [`handle_message`](Self::handle_message), [`handle_pong`](Self::handle_pong), [`closed`](Self::closed);
/// 7. sleep no longer than [`deadline`](Self::deadline), then [`handle_deadline`](Self::handle_deadline).
///
/// Reading and writing never wait on one another inside the session; a driver must keep it so. After `closed`,
/// or [`Transmit::Abandon`], nothing of the old WebSocket may be passed in any more: what had not been handled
/// by then is discarded, and the relay sends it again (hard cases 8 and 9).
///
/// Memory is bounded by [`Config::send_window`] and [`Config::receive_window`], each plus one message.
pub struct Session {
    config: Config,
    sid: Option<Sid>,
    link: Link,
    /// Counts requests, so that a driver can tell a new one from the one it is working on.
    attempt: u64,
    outage: Outage,
    token: TokenNeed,
    send: SendBuffer,
    receive: ReceiveQueue,
    liveness: Liveness,
    /// When a small remainder is to be acknowledged.
    ack_timer: AckTimer,
    finishing: Option<Finishing>,
    /// The last thing to put on the connection that is being left.
    parting: Option<Transmit<()>>,
    /// A reason that came in a LONG_CLOSE frame, for the Close that may follow it.
    long_reason: Option<String>,
    events: VecDeque<Event>,
    /// How it ended, until that was reported.
    end: Option<End>,
    jitter: f64,
}

impl Session {
    /// A session that asks to be connected.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with_positions(config, 0, 0)
    }

    /// A session whose counters start elsewhere than at 0, to test their upper ends (hard case 18).
    #[doc(hidden)]
    #[must_use]
    pub fn with_positions(config: Config, sent: u64, received: u64) -> Self {
        Self {
            sid: None,
            link: Link::Dialing { deadline: None },
            attempt: 1,
            outage: Outage::connecting(),
            token: TokenNeed::Usable,
            send: SendBuffer::new(config.send_window, sent),
            receive: ReceiveQueue::new(config.receive_window, received),
            liveness: Liveness::new(&config, Time::ZERO),
            ack_timer: AckTimer::Off,
            finishing: None,
            parting: None,
            long_reason: None,
            events: VecDeque::new(),
            end: None,
            jitter: retry::fraction(config.jitter),
            config,
        }
    }

    /// The WebSocket that is to be opened now. It stays `Some` until [`opened`](Self::opened) or
    /// [`refused`](Self::refused): compare [`attempt`](Self::attempt) to tell whether it is a new one.
    #[must_use]
    pub fn request(&self) -> Option<Request> {
        match self.link {
            Link::Dialing { .. } => Some(match &self.sid {
                None => Request::Connect,
                Some(sid) => Request::Reconnect { sid: sid.clone(), ack: self.receive.received() },
            }),
            Link::Opening { .. }
            | Link::Open { .. }
            | Link::Waiting { .. }
            | Link::SigningIn { .. }
            | Link::Ended => None,
        }
    }

    /// The number of the current or last request. When it grows while a WebSocket is being opened, that
    /// attempt is to be given up in favour of the new request.
    #[must_use]
    pub fn attempt(&self) -> u64 {
        self.attempt
    }

    /// Which token the current request needs.
    #[must_use]
    pub fn token_need(&self) -> TokenNeed {
        self.token
    }

    /// Sets the fraction, 0 to 1, of the computed delay that the next backoff waits (full jitter). Give a
    /// fresh random number before each call of [`closed`](Self::closed) and [`refused`](Self::refused).
    pub fn set_jitter(&mut self, fraction: f64) {
        self.jitter = retry::fraction(fraction);
    }

    /// What is to be put on the WebSocket next. Control first: ACKs overtake queued data (hard case 19).
    pub fn poll_transmit(&mut self, now: Time) -> Option<Transmit> {
        let mut message = Vec::new();
        Some(match self.poll_transmit_into(now, &mut message)? {
            Transmit::Message(()) => Transmit::Message(message.into()),
            Transmit::Ping => Transmit::Ping,
            Transmit::Close { code } => Transmit::Close { code },
            Transmit::Abandon => Transmit::Abandon,
        })
    }

    /// As [`poll_transmit`](Self::poll_transmit), with the message put behind what `out` holds: the driver's
    /// buffer is the first place that the bytes are copied to. Nothing is put there but a message.
    pub fn poll_transmit_into(&mut self, now: Time, out: &mut Vec<u8>) -> Option<Transmit<()>> {
        if let Some(parting) = self.parting.take() {
            return Some(parting);
        }
        match &mut self.link {
            Link::Open { .. } => {}
            Link::Dialing { deadline } => {
                deadline.get_or_insert(now.saturating_add(self.config.upgrade_timeout));
                return None;
            }
            Link::Opening { .. } | Link::Waiting { .. } | Link::SigningIn { .. } | Link::Ended => {
                return None;
            }
        }
        if self.liveness.take_ping(now) {
            return Some(Transmit::Ping);
        }
        if let Some(ack) = self.poll_ack(now) {
            ack.encode_into(out);
            return Some(Transmit::Message(()));
        }
        self.send.next_message(out)?;
        self.drain_progress(now);
        Some(Transmit::Message(()))
    }

    /// The next event. [`Event::Closed`] comes last, and only once everything received was taken.
    pub fn poll_event(&mut self) -> Option<Event> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        if !self.receive.is_empty() {
            return None;
        }
        self.end.take().map(Event::Closed)
    }

    /// Whether the session is over. What was received before is still to be taken.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.link, Link::Ended)
    }

    /// How many bytes [`send`](Self::send) takes now (section 5.2). Zero: stop reading the local side.
    #[must_use]
    pub fn send_capacity(&self) -> usize {
        if self.finishing.is_some() || self.has_ended() { 0 } else { self.send.capacity() }
    }

    /// Queues bytes of the local side, and says how many were taken: all of them as long as the caller keeps
    /// to [`send_capacity`](Self::send_capacity). What was not taken is the caller's to give again.
    pub fn send(&mut self, bytes: Bytes) -> usize {
        if self.finishing.is_some() || self.has_ended() {
            return 0;
        }
        match self.send.push(bytes) {
            Ok(taken) => taken,
            Err(violation) => {
                self.violated(violation);
                0
            }
        }
    }

    /// The next received bytes, in order. Report with [`accepted`](Self::accepted) what the local side took.
    pub fn receive(&mut self) -> Option<Bytes> {
        self.receive.pop()
    }

    /// The local side has taken this many bytes more, of those that [`receive`](Self::receive) gave out. ACKs
    /// follow this (section 5.1).
    pub fn accepted(&mut self, bytes: u64) {
        self.receive.accept(bytes);
    }

    /// How many more bytes may be received before [`wants_messages`](Self::wants_messages) turns false.
    #[must_use]
    pub fn receive_capacity(&self) -> usize {
        self.receive.capacity()
    }

    /// Whether the WebSocket is to be read. False while the local side is behind by a whole receive window:
    /// stop reading then, so that the transport slows the relay down.
    #[must_use]
    pub fn wants_messages(&self) -> bool {
        match self.link {
            // No data can come yet, and the answer to a reconnect must not wait for a slow local side.
            Link::Opening { .. } => true,
            Link::Dialing { .. }
            | Link::Open { .. }
            | Link::Waiting { .. }
            | Link::SigningIn { .. }
            | Link::Ended => self.receive.capacity() > 0,
        }
    }

    /// Payload bytes put on the wire since the session began, replays not counted.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.send.sent()
    }

    /// Payload bytes that the relay has acknowledged; during a replay, of those that were sent again.
    #[must_use]
    pub fn acked(&self) -> u64 {
        self.send.acked()
    }

    /// Payload bytes received since the session began.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.receive.received()
    }

    /// Bytes taken by [`send`](Self::send) that are not acknowledged.
    #[must_use]
    pub fn unacknowledged(&self) -> u64 {
        self.send.unacknowledged()
    }

    fn phase(&self) -> Phase {
        match self.sid {
            None => Phase::Connecting,
            Some(_) => Phase::Established,
        }
    }

    fn emit(&mut self, event: Event) {
        if self.events.len() >= MAX_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// Ends the session. What was received stays to be taken, all else is freed.
    fn end(&mut self, end: End) {
        if self.has_ended() {
            return;
        }
        self.link = Link::Ended;
        self.end = Some(end);
        self.sid = None;
        self.finishing = None;
        self.ack_timer = AckTimer::Off;
        self.send.clear();
    }

    fn fail(&mut self, failure: Failure) {
        self.end(End::Failed { failure });
    }

    /// Ends the session because the protocol was broken, and tells the relay why if it still listens.
    fn violated(&mut self, violation: Violation) {
        let code = messages::close_code(violation);
        self.part_with(Transmit::Close { code });
        self.fail(messages::failure(violation, code));
    }

    /// Puts the last word on the connection, if there is one.
    fn part_with(&mut self, word: Transmit<()>) {
        match self.link {
            Link::Opening { .. } | Link::Open { .. } => self.parting = Some(word),
            Link::Dialing { .. } | Link::Waiting { .. } | Link::SigningIn { .. } | Link::Ended => {}
        }
    }
}

impl std::fmt::Debug for Session {
    /// Shows the counters and the state, no bytes and no secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("link", &self.link)
            .field("attempt", &self.attempt)
            .field("sent", &self.sent())
            .field("acked", &self.acked())
            .field("received", &self.received())
            .field("accepted", &self.receive.accepted())
            .field("ack_sent", &self.receive.ack_sent())
            .finish_non_exhaustive()
    }
}
