//! One session: a backend, the positions both ways, and at most one WebSocket at a time (section 7).
//!
//! One task drives all of it. Each direction is polled on its own and keeps its own bounded queue, so that
//! neither ever waits for the other.

mod linger;
mod receive;
mod send;

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use adit_relay::frame::Frame;
use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::Sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::close::{self, Close, Farewell, Socket};
use super::downstream::{BadAck, Downstream};
use super::script::{Cut, PING_EVERY, Play, Script};
use super::sessions::{Attach, Seat};
use super::upstream::Upstream;
use crate::faults::Faults;
use crate::hosts::Stream;

/// How long a session waits for its client to come back (section 7 point 6).
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// The same once the backend has ended and everything was sent: all that is missing is the client's word.
const LIFETIME_AFTER_END: Duration = Duration::from_secs(60);

/// Messages handled in one direction before the other has its turn.
const TURN: usize = 16;

/// Turns before other tasks have theirs.
const ROUNDS: usize = 16;

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
            linger::linger(backend, up).await;
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

    /// The machine behind the session has stopped.
    fn backend_ended(&mut self) {
        self.backend = None;
        self.ending.get_or_insert(close::READ_FAILED);
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
