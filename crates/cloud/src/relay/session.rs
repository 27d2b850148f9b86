//! One session: a backend, the positions both ways, and at most one WebSocket at a time (section 7).
//!
//! One task drives all of it. Each direction is polled on its own and keeps its own bounded queue, so that
//! neither ever waits for the other.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use adit_relay::frame::{DecodeError, Frame, MAX_PAYLOAD};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio::time::Sleep;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::close::{self, Close, Farewell, Socket};
use super::downstream::{BadAck, Downstream};
use super::script::{ACK_IDLE, Cut, PING_EVERY, Play, Script, TlsEnd};
use super::sessions::{Attach, Seat};
use super::upstream::Upstream;
use crate::faults::Faults;
use crate::hosts::Stream;

/// How long a session waits for its client to come back (section 7 point 6).
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// The same once the backend has ended and everything was sent: all that is missing is the client's word.
const LIFETIME_AFTER_END: Duration = Duration::from_secs(60);

/// How long the backend may take to accept what the client sent before it left.
const LINGER: Duration = Duration::from_secs(10);

/// Messages handled in one direction before the other has its turn.
const TURN: usize = 16;

/// Turns before other tasks have theirs.
const ROUNDS: usize = 16;

/// A message with a tag that means nothing (section 4): clients skip it.
const JUNK: &[u8] = b"\x00\x63\xde\xad\xbe\xef";

/// Whether a poll brought anything forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Moved,
    Idle,
}

/// What a session does in each round, in this order.
const STEPS: [fn(&mut Session, &mut Context<'_>) -> Step; 7] = [
    Session::poll_parting,
    Session::poll_receive,
    Session::poll_backend_write,
    Session::poll_backend_read,
    Session::poll_send,
    Session::poll_flush,
    Session::poll_timer,
];

/// The WebSocket that carries the session now.
struct Carrier {
    socket: Socket,
    /// CONNECT_SUCCESS_SID or RECONNECT_SUCCESS_ACK, until it is sent.
    greeting: Option<Bytes>,
    /// Whether something was written since the last complete flush.
    flush: Play,
    /// Whether the next message is to be junk.
    junk: Play,
    /// A cut that waits for the flush; nothing more is sent meanwhile.
    cut: Option<Cut>,
    next_ping: Option<Instant>,
}

/// How a session's last WebSocket stands with its client after the relay has closed it.
type Parting = oneshot::Receiver<Farewell>;

/// One session of the relay.
pub(super) struct Session {
    seat: Seat,
    faults: Faults,
    script: Script,
    tasks: TaskTracker,
    backend: Option<Stream>,
    down: Downstream,
    up: Upstream,
    /// Bytes that the client repeats although they were accepted (the `partial-ack` fault).
    repeated: u64,
    carrier: Option<Carrier>,
    /// The Close that ends the session once everything is sent; set when the backend has ended.
    ending: Option<Close>,
    parting: Option<Parting>,
    ended: bool,
    ack_at: Option<Instant>,
    expires: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

impl Session {
    /// A session on a backend that has just been connected, carried by the WebSocket that asked for it.
    pub(super) fn new(
        seat: Seat,
        faults: Faults,
        backend: Stream,
        socket: Socket,
        tasks: TaskTracker,
    ) -> Self {
        let script = Script::new(&faults, 0, 0);
        let greeting = Frame::ConnectSuccessSid(seat.sid().expose()).encode();
        let carrier = Some(Carrier::new(socket, greeting, &script));
        Self {
            seat,
            faults,
            script,
            tasks,
            backend: Some(backend),
            down: Downstream::new(),
            up: Upstream::new(),
            repeated: 0,
            carrier,
            ending: None,
            parting: None,
            ended: false,
            ack_at: None,
            expires: None,
            timer: Box::pin(tokio::time::sleep(LIFETIME)),
        }
    }

    /// Runs the session to its end. `stop` ends it with 1001; when `machine` fires, its backend is gone.
    pub(super) async fn run(mut self, stop: CancellationToken, machine: CancellationToken) {
        let evict = self.seat.evict.clone();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => {
                    self.close(close::GOING_AWAY);
                    return;
                }
                () = evict.cancelled() => return,
                () = machine.cancelled(), if self.backend.is_some() => self.backend_ended(),
                () = std::future::poll_fn(|cx| self.poll(cx)) => break,
            }
        }
        let Self { seat, backend, up, .. } = self;
        // the identifier is worth nothing from here on
        drop(seat);
        if let Some(backend) = backend {
            linger(backend, up).await;
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..ROUNDS {
            let mut step = self.poll_attach(cx);
            for poll in STEPS {
                if poll(self, cx) == Step::Moved {
                    step = Step::Moved;
                }
                if self.ended {
                    return Poll::Ready(());
                }
            }
            if step == Step::Idle {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// A WebSocket that resumes the session; whatever carried it until now is let go.
    fn poll_attach(&mut self, cx: &mut Context<'_>) -> Step {
        let Poll::Ready(Some(Attach { socket, ack, faults })) = self.seat.attach.poll_recv(cx) else {
            return Step::Idle;
        };
        if let Err(bad) = self.down.rewind(ack) {
            let close = match bad {
                BadAck::Backwards => close::CANNOT_REWIND,
                BadAck::Beyond => close::ACK_BEYOND,
            };
            self.tasks.spawn(close::part(socket, close));
            return Step::Moved;
        }
        if let Some(old) = self.carrier.take() {
            self.tasks.spawn(close::part(old.socket, close::TAKEN_OVER));
        }
        self.parting = None;
        if faults != self.faults {
            self.script = Script::new(&faults, self.down.sent(), self.up.received());
            self.faults = faults;
        }
        let received = self.up.received();
        // with the fault, the client is told less than what was accepted and repeats the rest
        let told = match self.script.partial_ack {
            Play::Yes => received.saturating_sub(self.up.untold() / 2),
            Play::No => received,
        };
        self.repeated = received - told;
        self.up.tell(told);
        self.carrier = Some(Carrier::new(socket, Frame::ReconnectSuccessAck(told).encode(), &self.script));
        self.expires = None;
        self.seat.set_detached(None);
        Step::Moved
    }

    /// The client's answer to the Close that ends the session.
    fn poll_parting(&mut self, cx: &mut Context<'_>) -> Step {
        let Some(parting) = &mut self.parting else { return Step::Idle };
        let Poll::Ready(farewell) = Pin::new(parting).poll(cx) else { return Step::Idle };
        self.parting = None;
        match farewell {
            Ok(Farewell::Answered) if self.ending.is_some() => self.ended = true,
            Ok(Farewell::Answered | Farewell::Lost) | Err(_) => self.detach(),
        }
        Step::Moved
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Step {
        let mut step = Step::Idle;
        for _ in 0..TURN {
            let Some(carrier) = &mut self.carrier else { break };
            if self.up.is_full() || carrier.cut.is_some() {
                break;
            }
            let Poll::Ready(message) = carrier.socket.poll_next_unpin(cx) else { break };
            step = Step::Moved;
            match message {
                Some(Ok(Message::Binary(message))) => self.frame(message),
                Some(Ok(Message::Text(_))) => self.violation(close::NOT_BINARY),
                // pings are answered by the WebSocket itself, with the next flush
                Some(Ok(Message::Ping(_))) => carrier.flush = Play::Yes,
                Some(Ok(Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_))) => {
                    if let Some(carrier) = self.carrier.take() {
                        self.tasks.spawn(close::answer(carrier.socket));
                    }
                    self.ended = true;
                }
                Some(Err(SocketError::Capacity(_))) => self.violation(close::TOO_LARGE),
                Some(Err(_)) | None => self.detach(),
            }
        }
        step
    }

    fn frame(&mut self, message: Bytes) {
        match Frame::decode(message) {
            Ok(Frame::Data(payload)) if payload.len() > MAX_PAYLOAD => self.violation(close::INVALID_DATA),
            Ok(Frame::Data(payload)) => self.data(payload),
            Ok(Frame::Ack(position)) => match self.down.acknowledge(position) {
                Ok(()) => {}
                Err(BadAck::Backwards) => self.violation(close::ACK_BACKWARDS),
                Err(BadAck::Beyond) => self.violation(close::ACK_BEYOND),
            },
            Ok(Frame::ConnectSuccessSid(_) | Frame::ReconnectSuccessAck(_)) | Err(DecodeError::EmptySid) => {
                self.violation(close::INVALID_TAG);
            }
            Ok(Frame::LongClose { .. } | Frame::Unknown(_)) => {}
            Err(DecodeError::Truncated | DecodeError::TooLarge(_)) => self.violation(close::INVALID_DATA),
        }
    }

    fn data(&mut self, mut payload: Bytes) {
        let known = usize::try_from(self.repeated).unwrap_or(usize::MAX).min(payload.len());
        self.repeated -= known as u64;
        let _ = payload.split_to(known);
        self.up.push(payload);
        self.arm_cut();
    }

    fn poll_backend_write(&mut self, cx: &mut Context<'_>) -> Step {
        let Some(backend) = &mut self.backend else {
            self.up.give_up();
            return Step::Idle;
        };
        match self.up.poll_drain(cx, backend) {
            Poll::Pending => Step::Idle,
            Poll::Ready(Ok(_)) => {
                let now = Instant::now();
                if self.ack_at.is_none() || self.script.slow_acks == Play::Yes {
                    self.ack_at = Some(now + ACK_IDLE);
                }
                Step::Moved
            }
            // what it sent before it broke is still read and delivered
            Poll::Ready(Err(_)) => Step::Moved,
        }
    }

    fn poll_backend_read(&mut self, cx: &mut Context<'_>) -> Step {
        let mut step = Step::Idle;
        for _ in 0..TURN {
            let Some(backend) = &mut self.backend else { break };
            let room = self.down.room(self.script.window);
            if room == 0 || self.ending.is_some() {
                break;
            }
            match self.down.poll_fill(cx, backend, room, self.script.frame) {
                Poll::Pending => break,
                Poll::Ready(Ok(count)) if count > 0 => {}
                Poll::Ready(Ok(_) | Err(_)) => self.ending = Some(self.backend_close()),
            }
            step = Step::Moved;
        }
        step
    }

    fn backend_close(&self) -> Close {
        if self.up.is_broken() { close::WRITE_FAILED } else { close::READ_FAILED }
    }

    /// The machine behind the session has stopped.
    fn backend_ended(&mut self) {
        self.backend = None;
        self.ending.get_or_insert(close::READ_FAILED);
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Step {
        let mut step = Step::Idle;
        for _ in 0..TURN {
            let Some(carrier) = &mut self.carrier else { break };
            if carrier.cut.is_some() {
                break;
            }
            match carrier.socket.poll_ready_unpin(cx) {
                Poll::Pending => break,
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => {
                    self.detach();
                    return Step::Moved;
                }
            }
            let Some(message) = self.next_message() else { break };
            step = Step::Moved;
            let Some(carrier) = &mut self.carrier else { break };
            carrier.flush = Play::Yes;
            if carrier.socket.start_send_unpin(message).is_err() {
                self.detach();
                break;
            }
            self.arm_cut();
        }
        if step == Step::Idle
            && self.is_delivered()
            && let Some(close) = self.ending
        {
            self.close(close);
            return Step::Moved;
        }
        step
    }

    /// What goes on the wire next: the greeting, then ACKs before data.
    fn next_message(&mut self) -> Option<Message> {
        let carrier = self.carrier.as_mut()?;
        if carrier.junk == Play::Yes {
            carrier.junk = Play::No;
            return Some(Message::Binary(Bytes::from_static(JUNK)));
        }
        if let Some(greeting) = carrier.greeting.take() {
            carrier.junk = self.script.junk;
            return Some(Message::Binary(greeting));
        }
        let now = Instant::now();
        if carrier.next_ping.is_some_and(|at| at <= now) {
            carrier.next_ping = Some(now + PING_EVERY);
            return Some(Message::Ping(Bytes::new()));
        }
        if let Some(ack) = self.next_ack(now) {
            return Some(Message::Binary(ack));
        }
        let message = self.down.next(self.script.allowance(self.down.cursor()))?;
        if let Some(carrier) = &mut self.carrier {
            carrier.junk = self.script.junk;
        }
        Some(Message::Binary(message))
    }

    fn next_ack(&mut self, now: Instant) -> Option<Bytes> {
        let unconfirmed = self.up.unconfirmed();
        if unconfirmed == 0 {
            self.ack_at = None;
            return None;
        }
        let idle = self.ack_at.is_some_and(|at| at <= now) || self.ending.is_some();
        if !idle && unconfirmed < self.script.ack_every {
            return None;
        }
        let written = self.up.written();
        let position = match self.script.partial_ack {
            // an odd position, which no frame's edge is likely to share
            Play::Yes if !idle => written - unconfirmed / 3,
            Play::Yes | Play::No => written,
        };
        self.ack_at = (position < written).then(|| now + ACK_IDLE);
        self.up.tell(position);
        Some(Frame::Ack(position).encode())
    }

    /// Whether the current WebSocket has been given everything there is.
    fn is_delivered(&self) -> bool {
        self.down.is_drained()
            && self
                .carrier
                .as_ref()
                .is_some_and(|carrier| carrier.greeting.is_none() && carrier.cut.is_none())
    }

    /// Sends what is written, then makes the cut that waited for it.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Step {
        let Some(carrier) = &mut self.carrier else { return Step::Idle };
        if carrier.flush == Play::Yes || carrier.cut.is_some() {
            match carrier.socket.poll_flush_unpin(cx) {
                Poll::Pending => return Step::Idle,
                Poll::Ready(Ok(())) => carrier.flush = Play::No,
                Poll::Ready(Err(_)) => {
                    self.detach();
                    return Step::Moved;
                }
            }
        }
        let Some(cut) = carrier.cut.take() else { return Step::Idle };
        match cut {
            Cut::Close(close) => self.close(close),
            Cut::Drop(end) => {
                if let Some(mut carrier) = self.carrier.take()
                    && end == TlsEnd::Clean
                {
                    self.tasks.spawn(async move { close::end_tls(&mut carrier.socket).await });
                }
                self.detach();
            }
        }
        Step::Moved
    }

    fn arm_cut(&mut self) {
        let Some(carrier) = &mut self.carrier else { return };
        if carrier.cut.is_none() {
            carrier.cut = self.script.due(self.down.cursor(), self.up.received());
        }
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Step {
        let now = Instant::now();
        // what is due but cannot be sent now waits for the socket, not for the clock
        let ping = self.carrier.as_ref().and_then(|carrier| carrier.next_ping).filter(|at| *at > now);
        let ack = self.ack_at.filter(|at| self.carrier.is_some() && *at > now);
        let Some(next) = [self.expires, ack, ping].into_iter().flatten().min() else { return Step::Idle };
        let next = tokio::time::Instant::from_std(next);
        if self.timer.deadline() != next {
            self.timer.as_mut().reset(next);
        }
        if self.timer.as_mut().poll(cx).is_pending() {
            return Step::Idle;
        }
        if self.expires.is_some_and(|at| at <= Instant::now()) {
            self.ended = true;
        }
        Step::Moved
    }

    /// Closes the WebSocket with a code; the session lives on for a reconnect until the client answers its end.
    fn close(&mut self, close: Close) {
        let Some(carrier) = self.carrier.take() else { return };
        let (sender, parting) = oneshot::channel();
        self.parting = Some(parting);
        self.tasks.spawn(async move {
            // the session may have gone on without waiting for this
            let _ = sender.send(close::part(carrier.socket, close).await);
        });
    }

    /// Closes the WebSocket because of what the client did, and ends the session with it.
    fn violation(&mut self, close: Close) {
        self.close(close);
        self.up.give_up();
        self.ended = true;
    }

    /// The WebSocket is lost; the session waits for another.
    fn detach(&mut self) {
        self.carrier = None;
        let now = Instant::now();
        let everything_sent = self.ending.is_some() && self.down.is_drained();
        self.expires = now.checked_add(if everything_sent { LIFETIME_AFTER_END } else { LIFETIME });
        self.seat.set_detached(Some(now));
    }
}

impl Carrier {
    fn new(socket: Socket, greeting: Bytes, script: &Script) -> Self {
        let next_ping = (script.ping == Play::Yes).then(|| Instant::now() + PING_EVERY);
        Self { socket, greeting: Some(greeting), flush: Play::Yes, junk: script.junk, cut: None, next_ping }
    }
}

/// Gives the backend what the client sent before it closed, then lets the backend go. What the backend still
/// says is read and dropped, so that it is not stuck saying it.
async fn linger(mut backend: Stream, mut up: Upstream) {
    let mut scratch = vec![0; 16 * 1024];
    let mut shut = false;
    let rest = std::future::poll_fn(|cx| {
        while let Poll::Ready(Ok(_)) = up.poll_drain(cx, &mut backend) {}
        if up.is_empty() && !shut {
            shut = AsyncWrite::poll_shutdown(Pin::new(&mut backend), cx).is_ready();
        }
        loop {
            let mut buffer = tokio::io::ReadBuf::new(&mut scratch);
            match AsyncRead::poll_read(Pin::new(&mut backend), cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                Poll::Ready(Ok(()) | Err(_)) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    });
    // a backend that does not take it in time loses it, as behind any closed connection
    let _ = tokio::time::timeout(LINGER, rest).await;
}
