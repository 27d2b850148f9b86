//! When to try again (specification section 6.2).

use std::time::Duration;

use crate::{
    Config, Time,
    outcome::{Limit, Pace, Phase},
};

/// No two attempts follow one another faster than this, the first of an outage excepted, whatever the jitter.
const SHORTEST_DELAY: Duration = Duration::from_millis(20);

/// Attempts with a renewed token in a row before a person has to sign in.
const RENEWALS: u32 = 1;

/// A row of attempts, from a loss until the connection has proved healthy again.
pub(crate) struct Outage {
    started: Option<Time>,
    /// Attempts made or planned.
    attempts: u32,
    /// Attempts that counted against [`Limit::Tries`].
    counted: u32,
    /// Since when a [`Limit::For`] runs.
    refused_since: Option<Time>,
    /// Renewals of the token since the relay last accepted one.
    renewals: u32,
    /// Renewals in all.
    renewed: u32,
}

/// Whether there is another attempt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The attempt of this number, after this delay.
    Attempt {
        number: u32,
        delay: Duration,
    },
    GiveUp,
}

/// Whether a refused token is worth renewing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    Try(Pace),
    SignIn,
}

impl Outage {
    /// The state before the first connection: its attempt is under way.
    pub(crate) fn connecting() -> Self {
        Self { attempts: 1, ..Self::healthy() }
    }

    /// The state of a healthy connection.
    pub(crate) fn healthy() -> Self {
        Self { started: None, attempts: 0, counted: 0, refused_since: None, renewals: 0, renewed: 0 }
    }

    /// Plans the next attempt.
    pub(crate) fn next(
        &mut self,
        limit: Limit,
        pace: Pace,
        phase: Phase,
        jitter: f64,
        config: &Config,
        now: Time,
    ) -> Next {
        let started = *self.started.get_or_insert(now);
        let budget = match phase {
            Phase::Connecting => config.connect_budget,
            Phase::Established => config.outage_budget,
        };
        let mut left = budget.saturating_sub(now.saturating_sub(started));
        match limit {
            Limit::Budget => {}
            Limit::Tries(tries) => {
                self.counted = self.counted.saturating_add(1);
                if self.counted > tries {
                    return Next::GiveUp;
                }
            }
            Limit::For(time) => {
                let since = *self.refused_since.get_or_insert(now);
                // Patience asked for by the caller may be longer than the budget for connecting.
                left = match phase {
                    Phase::Connecting => time.saturating_sub(now.saturating_sub(since)),
                    Phase::Established => left.min(time.saturating_sub(now.saturating_sub(since))),
                };
            }
        }
        let delay = match pace {
            Pace::AtOnce => Duration::ZERO,
            Pace::FirstAtOnce if self.attempts == 0 => Duration::ZERO,
            Pace::FirstAtOnce | Pace::Backoff => self.backoff(jitter, config),
            Pace::NotBefore(earliest) => self.backoff(jitter, config).max(earliest),
        };
        let too_late = match pace {
            Pace::NotBefore(earliest) => earliest > left,
            Pace::AtOnce | Pace::FirstAtOnce | Pace::Backoff => false,
        };
        if left.is_zero() || too_late {
            return Next::GiveUp;
        }
        // The last attempt is made when time is up, not a whole delay before.
        let delay = delay.min(left);
        self.attempts = self.attempts.saturating_add(1);
        Next::Attempt { number: self.attempts, delay }
    }

    fn backoff(&self, jitter: f64, config: &Config) -> Duration {
        let doublings = self.attempts.saturating_sub(1).min(20);
        let full = config.first_delay.saturating_mul(1 << doublings).min(config.longest_delay);
        full.mul_f64(jitter).max(SHORTEST_DELAY)
    }

    /// The token was refused. The first renewal of an outage is tried at once; a relay that accepts each new
    /// token and refuses it soon after is slowed like any other.
    pub(crate) fn renewal(&mut self) -> Renewal {
        self.renewals = self.renewals.saturating_add(1);
        self.renewed = self.renewed.saturating_add(1);
        match (self.renewals > RENEWALS, self.renewed) {
            (true, _) => Renewal::SignIn,
            (false, 1) => Renewal::Try(Pace::AtOnce),
            (false, _) => Renewal::Try(Pace::Backoff),
        }
    }

    /// The relay accepted the token.
    pub(crate) fn token_accepted(&mut self) {
        self.renewals = 0;
    }

    /// Time that did not count, such as that of a person signing in (hard case 16).
    pub(crate) fn paused(&mut self, time: Duration) {
        self.started = self.started.map(|started| started.saturating_add(time));
        self.refused_since = self.refused_since.map(|since| since.saturating_add(time));
        self.renewals = 0;
    }

    /// Circumstances have changed: the backoff and the budget begin anew, what is counted stays.
    pub(crate) fn renew(&mut self, now: Time) {
        if self.started.is_some() {
            self.started = Some(now);
        }
        self.attempts = self.attempts.min(1);
    }
}

/// A fraction between 0 and 1, whatever the caller passed.
pub(crate) fn fraction(jitter: f64) -> f64 {
    if jitter.is_nan() { 1.0 } else { jitter.clamp(0.0, 1.0) }
}
