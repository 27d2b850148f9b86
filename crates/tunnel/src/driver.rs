//! The task that drives one session: WebSocket, queues and clock on one side, `adit_relay::Session` on the
//! other.
//!
//! Everything is polled from one place, and nothing in it waits for anything else: a write that blocks does
//! not keep messages from being read, nor a full reader acknowledgements from being sent (hard case 19).

mod aboard;
mod traffic;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use adit_relay::{Config, End, Event as SessionEvent, Failure, FailureKind, Session, Target, Time};
use tokio::time::{Instant, Sleep, sleep_until};

pub(crate) use self::aboard::{Aboard, Round};
use crate::opening::{Cause, OpenError, Shared, open};
use crate::pipe::{LocalSide, Pipe};
use crate::stream::Lost;
use crate::upgrade::{self, WebSocket};
use crate::watch::{Board, Event, Retry};

/// Rounds after which the task lets others run.
const MAX_ROUNDS: usize = 16;
/// How long a connection that moved bytes keeps its buffers.
const REST_AFTER: Duration = Duration::from_secs(1);
/// How long what was written before the stream was dropped may take to be sent and acknowledged.
const LINGER: Duration = Duration::from_secs(5);

type Opening = Pin<Box<dyn Future<Output = Result<WebSocket, OpenError>> + Send>>;
type Closing = Pin<Box<dyn Future<Output = ()> + Send>>;

enum Link {
    /// No connection; the session says when to try.
    Down,
    Opening {
        /// The session's number of the attempt.
        attempt: u64,
        has_token: Arc<AtomicBool>,
        opening: Opening,
    },
    Up(Box<WebSocket>),
    /// Our Close is on its way.
    Closing(Closing),
}

/// Where the connection stands, for those who wait for it.
pub(crate) enum Milestone {
    /// A dial waits before it tries again.
    Waiting(Retry),
    Connected,
    Ended(Ended),
}

/// How it ended, with what the session itself does not know.
pub(crate) struct Ended {
    pub(crate) end: End,
    /// Of the last refused attempt.
    pub(crate) cause: Cause,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// `dial` waits: attempts are its own business, and a needed sign-in ends it.
    Dialing,
    Established,
    Over,
}

/// What one round came to.
enum Step {
    Reached(Milestone),
    /// Something was done, and more may be possible.
    Progress,
    /// All there is to do is to wait.
    Idle,
}

pub(crate) struct Driver {
    session: Session,
    shared: Arc<Shared>,
    target: Arc<Target>,
    pipe: Arc<Pipe>,
    board: Arc<Board>,
    start: Instant,
    link: Link,
    stage: Stage,
    timer: Pin<Box<Sleep>>,
    armed: Option<Instant>,
    /// What the session was told of the local side.
    local: LocalSide,
    /// Until when a dropped stream's last bytes are sent.
    linger: Option<Time>,
    cause: Cause,
    /// Ended a dial for which a person has to sign in.
    sign_in: Option<Failure>,
    /// How the session ended, until the connection is closed too.
    end: Option<End>,
    counted: (u64, u64),
    /// When a connection in use is looked at next, and what was counted when that was decided: if nothing has
    /// moved since, it gives back the memory that only bulk needs.
    rest: Option<(Time, (u64, u64))>,
}

impl Driver {
    pub(crate) fn new(
        config: Config,
        shared: Arc<Shared>,
        target: Arc<Target>,
        pipe: Arc<Pipe>,
        board: Arc<Board>,
    ) -> Self {
        let start = Instant::now();
        Self {
            session: Session::new(config),
            shared,
            target,
            pipe,
            board,
            start,
            link: Link::Down,
            stage: Stage::Dialing,
            timer: Box::pin(sleep_until(start)),
            armed: None,
            local: LocalSide::Open,
            linger: None,
            cause: Cause::default(),
            sign_in: None,
            end: None,
            counted: (0, 0),
            rest: None,
        }
    }

    /// Drives an established session to its end, which the queues and the board then tell, or until whoever
    /// has the stream wants to drive it.
    pub(crate) async fn run(self: Box<Self>) {
        let mut driver = Some(self);
        std::future::poll_fn(|cx| {
            while let Some(mut running) = driver.take() {
                match running.poll(cx) {
                    Poll::Ready(Milestone::Ended(_)) => {}
                    Poll::Ready(Milestone::Waiting(_) | Milestone::Connected) => driver = Some(running),
                    Poll::Pending => match running.pipe.take_seat() {
                        // If the other has gone meanwhile, it is a task of its own again.
                        Some(seat) => drop(seat.send(Aboard::of(running))),
                        None => {
                            driver = Some(running);
                            return Poll::Pending;
                        }
                    },
                }
            }
            Poll::Ready(())
        })
        .await;
    }

    /// Drives until the next milestone.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Milestone> {
        // Before anything is looked at, so that no change falls between looking and waiting.
        self.pipe.register_driver(cx.waker());
        for _ in 0..MAX_ROUNDS {
            match self.step(cx) {
                Step::Reached(milestone) => return Poll::Ready(milestone),
                Step::Progress => {}
                Step::Idle => return Poll::Pending,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// One round of everything.
    fn step(&mut self, cx: &mut Context<'_>) -> Step {
        let now = self.start.elapsed();
        let mut progress = self.keep_time(now);
        self.obey(now);
        progress |= self.follow_local_side(now);
        progress |= self.poll_link(cx, now);
        progress |= self.read(cx, now);
        progress |= self.deliver();
        progress |= self.write(cx, now);
        self.count(now);
        if let Some(milestone) = self.report(now) {
            return Step::Reached(milestone);
        }
        if let Some(end) = self.end.take_if(|_| matches!(self.link, Link::Down)) {
            return Step::Reached(Milestone::Ended(self.conclude(end)));
        }
        if progress || self.arm(cx) { Step::Progress } else { Step::Idle }
    }

    fn keep_time(&mut self, now: Time) -> bool {
        if let Some((at, counted)) = self.rest
            && at <= now
        {
            self.rest = None;
            if counted != self.counted {
                self.stay_up(now);
            } else if let Link::Up(socket) = &mut self.link {
                upgrade::rest(socket);
            }
        }
        if self.session.deadline().is_some_and(|deadline| deadline <= now) {
            self.session.handle_deadline(now);
            return true;
        }
        false
    }

    /// The connection is in use: looks again later whether it still is.
    fn stay_up(&mut self, now: Time) {
        self.rest.get_or_insert((now.saturating_add(REST_AFTER), self.counted));
    }

    /// Sets the timer; true when its time has come already.
    fn arm(&mut self, cx: &mut Context<'_>) -> bool {
        let rest = self.rest.map(|(at, _)| at);
        let next = [self.session.deadline(), self.linger, rest].into_iter().flatten().min();
        let Some(at) = next.and_then(|next| self.start.checked_add(next)) else {
            self.armed = None;
            return false;
        };
        // A timer that is too early does no harm, and moving it back and forth with each acknowledgement does.
        if self.armed.is_none_or(|armed| at < armed) {
            self.timer.as_mut().reset(at);
            self.armed = Some(at);
        }
        if self.timer.as_mut().poll(cx).is_ready() {
            self.armed = None;
            return true;
        }
        false
    }

    fn obey(&mut self, now: Time) {
        let asked = self.board.asked();
        if asked.network_changed {
            self.session.network_changed(now);
        }
        if asked.signed_in {
            self.session.token_ready(now);
        }
        if asked.resume_now {
            self.session.resume_now(now);
        }
        if asked.abort {
            self.session.abort();
        }
    }

    /// Ends that the local side announced.
    fn follow_local_side(&mut self, now: Time) -> bool {
        if self.local == LocalSide::Gone {
            if self.linger.is_some_and(|until| until <= now) {
                self.linger = None;
                self.session.abort();
                return true;
            }
            return false;
        }
        if self.pipe.is_gone() && self.linger.is_none() {
            self.linger = Some(now.saturating_add(LINGER));
        }
        let local = if self.linger.is_none_or(|until| now < until) && matches!(self.link, Link::Up(_)) {
            self.pipe.local_side()
        } else if self.linger.is_some() {
            // What is left unsent has nowhere to go soon, and nobody is left to wait for it (hard case 13).
            LocalSide::Gone
        } else {
            self.pipe.local_side()
        };
        if local == self.local {
            return false;
        }
        self.local = local;
        match local {
            LocalSide::Open => {}
            LocalSide::Finished => self.session.finish(now),
            LocalSide::Gone => self.session.close(now),
        }
        true
    }

    fn poll_link(&mut self, cx: &mut Context<'_>, now: Time) -> bool {
        match &mut self.link {
            Link::Down => {
                let Some(request) = self.session.request() else { return false };
                let need = self.session.token_need();
                let (shared, target) = (Arc::clone(&self.shared), Arc::clone(&self.target));
                let has_token = Arc::new(AtomicBool::new(false));
                let opening = Box::pin(open(shared, target, request, need, Arc::clone(&has_token)));
                self.link = Link::Opening { attempt: self.session.attempt(), has_token, opening };
                true
            }
            Link::Opening { attempt, has_token, opening } => {
                // The session gave the attempt up: its time was over, or nobody needs it any more.
                if self.session.request().is_none() || self.session.attempt() != *attempt {
                    self.link = Link::Down;
                    return true;
                }
                let result = opening.as_mut().poll(cx);
                if has_token.swap(false, Ordering::Relaxed) {
                    self.session.token_obtained();
                }
                let Poll::Ready(result) = result else { return false };
                self.link = Link::Down;
                match result {
                    Ok(socket) => {
                        self.link = Link::Up(Box::new(socket));
                        self.cause = Cause::default();
                        self.session.opened(now);
                        self.stay_up(now);
                    }
                    Err(OpenError::Refused { refusal, cause }) => {
                        tracing::debug!(?refusal, "no connection to the relay");
                        self.cause = cause;
                        self.session.set_jitter(rand::random());
                        self.session.refused(refusal, now);
                    }
                    Err(OpenError::SignInNeeded(message)) => self.need_sign_in(message, now),
                }
                true
            }
            Link::Up(_) => false,
            Link::Closing(closing) => {
                if closing.as_mut().poll(cx).is_pending() {
                    return false;
                }
                self.link = Link::Down;
                true
            }
        }
    }

    fn need_sign_in(&mut self, message: String, now: Time) {
        match self.stage {
            Stage::Dialing => {
                let failure = Failure { kind: FailureKind::SignInNeeded, code: None, reason: message };
                self.sign_in = Some(failure);
                self.session.abort();
            }
            Stage::Established => {
                self.session.token_unavailable(now);
                self.board.post(Event::SignInNeeded { message });
            }
            Stage::Over => {}
        }
    }

    /// Passes on what the session reports.
    fn report(&mut self, now: Time) -> Option<Milestone> {
        while let Some(event) = self.session.poll_event() {
            match event {
                SessionEvent::Connected => {
                    self.stage = Stage::Established;
                    return Some(Milestone::Connected);
                }
                SessionEvent::Reconnecting { code, reason, attempt, at } => {
                    tracing::debug!(?code, reason, attempt, "reconnecting");
                    let wait = at.saturating_sub(now);
                    match self.stage {
                        Stage::Dialing => {
                            return Some(Milestone::Waiting(Retry::after(wait, attempt, code, reason)));
                        }
                        Stage::Established => {
                            self.board.post(Event::Reconnecting { code, reason, attempt, wait });
                        }
                        Stage::Over => {}
                    }
                }
                SessionEvent::Resumed => self.board.post(Event::Resumed),
                SessionEvent::NeedToken => {}
                SessionEvent::SignInNeeded => {
                    self.need_sign_in("the access token was refused".to_owned(), now)
                }
                SessionEvent::RoundTrip(time) => self.board.post(Event::RoundTrip(time)),
                SessionEvent::Closed(end) => self.end = Some(end),
            }
        }
        None
    }

    fn conclude(&mut self, end: End) -> Ended {
        self.stage = Stage::Over;
        let end = match self.sign_in.take() {
            Some(failure) => End::Failed { failure },
            None => end,
        };
        let (sent, received) = (self.session.sent(), self.session.received());
        self.board.count(sent, received);
        match &end {
            End::Normal { code, unacknowledged } => {
                self.board.leave_unacknowledged(*unacknowledged);
                self.pipe.end();
                self.board.post(Event::Closed { code: Some(*code), sent, received });
            }
            End::Failed { failure } => {
                self.pipe.lose(Lost { failure: failure.clone() });
                self.board.post(Event::Failed { failure: failure.clone(), sent, received });
            }
        }
        Ended { end, cause: std::mem::take(&mut self.cause) }
    }

    fn count(&mut self, now: Time) {
        let counted = (self.session.sent(), self.session.received());
        if counted != self.counted {
            self.counted = counted;
            self.board.count(counted.0, counted.1);
            self.stay_up(now);
        }
    }
}

impl Drop for Driver {
    /// A task that is torn down, by a panic or with its runtime, must not look like the end of the stream.
    fn drop(&mut self) {
        if self.stage != Stage::Over {
            let reason = if std::thread::panicking() {
                "a mistake in Adit ended the tunnel"
            } else {
                "the tunnel was torn down"
            };
            let failure = Failure { kind: FailureKind::Closed, code: None, reason: reason.to_owned() };
            let (sent, received) = self.counted;
            self.pipe.lose(Lost { failure: failure.clone() });
            self.board.post(Event::Failed { failure, sent, received });
        }
    }
}
