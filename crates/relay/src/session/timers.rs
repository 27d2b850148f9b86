//! Deadlines.

use crate::{Failure, FailureKind, Session, Time, Transmit, liveness::Reading, outcome::Phase};

use super::link::Link;

/// A deadline that is overslept by this long was missed because the machine slept, or stood still.
const OVERSLEPT: Time = Time::from_secs(30);

impl Session {
    /// When [`handle_deadline`](Self::handle_deadline) is to be called, if nothing else happens before. Ask
    /// after [`poll_transmit`](Self::poll_transmit), which sets some of the timers.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        match self.link {
            Link::Dialing { deadline } => deadline,
            Link::Opening { deadline } => Some(deadline),
            Link::Waiting { until } => Some(until),
            Link::SigningIn { until, .. } => Some(until),
            Link::Open { .. } => [
                Some(self.liveness.deadline(&self.config)),
                self.ack_timer.deadline(),
                self.finish_deadline(),
            ]
            .into_iter()
            .flatten()
            .min(),
            Link::Ended => None,
        }
    }

    /// Does what is due. Harmless when called too early or too often.
    pub fn handle_deadline(&mut self, now: Time) {
        self.notice_sleep(now);
        match self.link {
            Link::Dialing { deadline } => {
                if deadline.is_some_and(|deadline| deadline <= now) {
                    self.refused(crate::Refusal::TimedOut, now);
                }
            }
            Link::Opening { deadline } => {
                if deadline <= now {
                    self.handshake_timed_out(now);
                }
            }
            Link::Waiting { until } => {
                if until <= now {
                    self.dial(now);
                }
            }
            Link::SigningIn { until, .. } => {
                if until <= now {
                    self.fail(Failure {
                        kind: FailureKind::SignInNeeded,
                        code: None,
                        reason: "nobody signed in within the time allowed".to_owned(),
                    });
                }
            }
            Link::Open { .. } => self.handle_open_deadline(now),
            Link::Ended => {}
        }
    }

    /// Time that the machine slept through counts neither against the budget of an outage nor against a person
    /// who is to sign in (hard case 17).
    pub(super) fn notice_sleep(&mut self, now: Time) {
        let overslept = |deadline: Time| now.saturating_sub(deadline) > OVERSLEPT;
        if !self.deadline().is_some_and(overslept) {
            return;
        }
        self.outage.renew(now);
        if let Link::SigningIn { until, .. } = &mut self.link {
            *until = now.saturating_add(self.config.sign_in_timeout);
        }
    }

    fn handle_open_deadline(&mut self, now: Time) {
        self.check_finish(now);
        if self.has_ended() {
            return;
        }
        self.ack_timer.fire(now);
        let reading = if self.wants_messages() { Reading::On } else { Reading::Paused };
        let finding = self.liveness.check(reading, &self.config, now);
        self.after_check(finding, now);
    }

    /// Nothing known came within the time after the upgrade. Before the session exists that is the answer
    /// (a port that drops packets silently looks like this); after, it is one more lost connection.
    fn handshake_timed_out(&mut self, now: Time) {
        let reason = "the relay accepted the connection, then nothing came";
        match self.phase() {
            Phase::Connecting => {
                self.part_with(Transmit::Close { code: 1000 });
                self.fail(Failure { kind: FailureKind::TimedOut, code: None, reason: reason.to_owned() });
            }
            Phase::Established => self.given_up(reason, FailureKind::TimedOut, now),
        }
    }
}
