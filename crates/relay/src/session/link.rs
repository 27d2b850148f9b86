//! The WebSocket of the moment: opening it, losing it, trying again (specification sections 6.1 and 6.2).

use crate::{
    End, Event, Failure, FailureKind, Refusal, Session, Time, TokenNeed, Transmit,
    liveness::Liveness,
    outcome::{self, Limit, Pace, Phase, Verdict},
    receive::AckTimer,
    retry::{Next, Outage, Renewal},
};

use super::finish::Finishing;

/// The state of the WebSocket.
#[derive(Debug, Clone, Copy)]
pub(super) enum Link {
    /// One is to be opened, or being opened. The deadline is set once the time is known.
    Dialing { deadline: Option<Time> },
    /// It is open; the first known frame is awaited.
    Opening { deadline: Time },
    /// The session runs on it. `moved` is what had been received and acknowledged when it began to.
    Open { since: Time, moved: u64 },
    /// The next attempt comes later.
    Waiting { until: Time },
    /// A person has to sign in first.
    SigningIn { since: Time, until: Time },
    /// The session is over.
    Ended,
}

impl Session {
    /// The upgrade is done (HTTP 101). That says nothing about the backend yet (section 6.1).
    pub fn opened(&mut self, now: Time) {
        self.notice_sleep(now);
        match self.link {
            Link::Dialing { .. } => {}
            Link::Opening { .. }
            | Link::Open { .. }
            | Link::Waiting { .. }
            | Link::SigningIn { .. }
            | Link::Ended => return,
        }
        self.parting = None;
        self.long_reason = None;
        self.token = TokenNeed::Usable;
        self.link = Link::Opening { deadline: now.saturating_add(self.config.handshake_timeout) };
    }

    /// The WebSocket that was asked for did not come about.
    pub fn refused(&mut self, refusal: Refusal, now: Time) {
        self.notice_sleep(now);
        match self.link {
            Link::Dialing { .. } => {}
            Link::Opening { .. }
            | Link::Open { .. }
            | Link::Waiting { .. }
            | Link::SigningIn { .. }
            | Link::Ended => return,
        }
        let code = match &refusal {
            Refusal::Status { status, .. } => Some(*status),
            Refusal::Unreachable { .. }
            | Refusal::NoToken { .. }
            | Refusal::Tls { .. }
            | Refusal::Upgrade { .. }
            | Refusal::TimedOut => None,
        };
        let verdict = outcome::refused(refusal, self.phase());
        self.follow(verdict, code, now);
    }

    /// The WebSocket ended: with a Close frame (code and reason), or abruptly. An end of TLS with or without
    /// close_notify, a reset, and a failed write are all the same abrupt loss (hard cases 22 and 23).
    pub fn closed(&mut self, close: Option<(u16, String)>, now: Time) {
        self.notice_sleep(now);
        match self.link {
            Link::Opening { .. } | Link::Open { .. } => {}
            Link::Dialing { .. } | Link::Waiting { .. } | Link::SigningIn { .. } => {
                // It was given up before; there is nobody left to tell.
                self.parting = None;
                return;
            }
            Link::Ended => {
                self.parting = None;
                return;
            }
        }
        let (code, reason) = match close {
            Some((code, reason)) => (Some(code), reason),
            None => (None, String::new()),
        };
        let reason = match self.long_reason.take() {
            Some(long) if long.len() > reason.len() => long,
            Some(_) | None => reason,
        };
        let mut verdict = outcome::closed(code, reason, self.phase(), &self.config);
        if let (Some(1009), Verdict::Fatal(failure)) = (code, &mut verdict) {
            let largest = self.send.largest_message();
            failure.reason = format!("{} (the largest message sent had {largest} bytes)", failure.reason);
        }
        self.follow(verdict, code, now);
    }

    /// The connection is taken for dead: it is dropped without a Close, and resumed.
    pub(super) fn given_up(&mut self, reason: &str, kind: FailureKind, now: Time) {
        self.part_with(Transmit::Abandon);
        let verdict = outcome::lost(reason.to_owned(), kind, self.phase());
        self.follow(verdict, None, now);
    }

    fn follow(&mut self, verdict: Verdict, code: Option<u16>, now: Time) {
        self.leave(now);
        match verdict {
            Verdict::Ended(code) => {
                self.end(End::Normal { code, unacknowledged: self.send.unacknowledged() });
            }
            Verdict::Fatal(failure) => self.fail(failure),
            Verdict::Renew(failure) => self.renew_token(failure, code, now),
            Verdict::Retry { failure, limit, pace } => self.retry(failure, code, limit, pace, now),
        }
    }

    /// Settles what belonged to the connection that is gone.
    fn leave(&mut self, now: Time) {
        if let Link::Open { since, moved } = self.link {
            let long = now.saturating_sub(since) >= self.config.healthy_after;
            let much = self.moved().saturating_sub(moved) >= self.config.healthy_bytes;
            if long || much {
                self.outage = Outage::healthy();
            }
        }
        self.ack_timer = AckTimer::Off;
        self.finishing = self.finishing.map(Finishing::interrupted);
    }

    fn retry(&mut self, failure: Failure, code: Option<u16>, limit: Limit, pace: Pace, now: Time) {
        match self.outage.next(limit, pace, self.phase(), self.jitter, &self.config, now) {
            Next::GiveUp => self.fail(failure),
            Next::Attempt { number, delay } => {
                let at = now.saturating_add(delay);
                self.emit(Event::Reconnecting { code, reason: failure.reason, attempt: number, at });
                if delay.is_zero() {
                    self.dial(now);
                } else {
                    self.link = Link::Waiting { until: at };
                }
            }
        }
    }

    /// Section 6.5 and HTTP 401: renew once, retry once, then a person has to sign in. The buffers are kept
    /// meanwhile if there is a session to resume.
    fn renew_token(&mut self, failure: Failure, code: Option<u16>, now: Time) {
        self.token = TokenNeed::Renewed;
        match (self.outage.renewal(), self.phase()) {
            (Renewal::Try(pace), _) => {
                self.emit(Event::NeedToken);
                self.retry(failure, code, Limit::Budget, pace, now);
            }
            (Renewal::SignIn, Phase::Connecting) => self.fail(failure),
            (Renewal::SignIn, Phase::Established) => {
                self.sign_in(now);
                self.emit(Event::SignInNeeded);
            }
        }
    }

    fn sign_in(&mut self, now: Time) {
        self.link = Link::SigningIn { since: now, until: now.saturating_add(self.config.sign_in_timeout) };
    }

    /// Asks for a WebSocket.
    pub(super) fn dial(&mut self, now: Time) {
        self.attempt = self.attempt.wrapping_add(1);
        self.link = Link::Dialing { deadline: Some(now.saturating_add(self.config.upgrade_timeout)) };
    }

    /// No token is to be had without a person signing in: the retry clock stands still until
    /// [`token_ready`](Self::token_ready), for at most [`Config::sign_in_timeout`](crate::Config) (hard
    /// case 16). Does nothing unless a request or a wait for one is under way.
    pub fn token_unavailable(&mut self, now: Time) {
        match self.link {
            Link::Dialing { .. } | Link::Waiting { .. } => self.sign_in(now),
            Link::Opening { .. } | Link::Open { .. } | Link::SigningIn { .. } | Link::Ended => {}
        }
    }

    /// The token that [`token_need`](Self::token_need) asked for has been obtained. However the attempt ends,
    /// the next one needs no other unless the relay refuses this one. Call it as soon as the token is there,
    /// since the attempt may be given up before it is decided.
    pub fn token_obtained(&mut self) {
        match self.link {
            Link::Dialing { .. } => self.token = TokenNeed::Usable,
            Link::Opening { .. }
            | Link::Open { .. }
            | Link::Waiting { .. }
            | Link::SigningIn { .. }
            | Link::Ended => {}
        }
    }

    /// A person has signed in: the next attempt is made at once.
    pub fn token_ready(&mut self, now: Time) {
        if let Link::SigningIn { since, .. } = self.link {
            self.outage.paused(now.saturating_sub(since));
            self.token = TokenNeed::Usable;
            self.dial(now);
        }
    }

    /// Tries again without waiting any longer: a person asked for it, or the machine woke up. An open
    /// connection is probed instead, a request under way is begun anew.
    pub fn resume_now(&mut self, now: Time) {
        match self.link {
            Link::Waiting { .. } | Link::Dialing { .. } => {
                self.outage.renew(now);
                self.dial(now);
            }
            Link::Open { .. } => self.liveness.probe(&self.config, now),
            Link::Opening { .. } => match self.phase() {
                // A second connect could leave a second backend connection behind.
                Phase::Connecting => {}
                Phase::Established => {
                    self.part_with(Transmit::Abandon);
                    self.dial(now);
                }
            },
            Link::SigningIn { .. } | Link::Ended => {}
        }
    }

    /// The machine's network changed: what is open may be dead, and what could not be reached may be there
    /// now (hard case 17).
    pub fn network_changed(&mut self, now: Time) {
        self.resume_now(now);
    }

    /// The session runs on the connection that was opened.
    pub(super) fn running(&mut self, now: Time) {
        self.link = Link::Open { since: now, moved: self.moved() };
        self.liveness = Liveness::new(&self.config, now);
        self.outage.token_accepted();
        self.drain_progress(now);
    }

    fn moved(&self) -> u64 {
        self.receive.received().saturating_add(self.send.acked())
    }
}
