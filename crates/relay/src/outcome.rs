//! What a close code, an HTTP status or a lost connection means for the session: the tables of section 8.

use std::time::Duration;

use crate::{Config, Failure, FailureKind, Refusal, Violation};

/// Whether the session exists yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No session identifier yet (*C* in section 8.1).
    Connecting,
    /// There is one (*E*).
    Established,
}

/// What follows from an outcome.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A normal end.
    Ended(u16),
    /// The session is over.
    Fatal(Failure),
    /// Try again within limits; the failure is reported when they are used up.
    Retry { failure: Failure, limit: Limit, pace: Pace },
    /// The access token was refused: renew it once, then a person has to sign in.
    Renew(Failure),
}

/// How far retrying goes. The budget of the outage holds besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Until the budget is used up.
    Budget,
    /// This many attempts.
    Tries(u32),
    /// This long after the first refusal of its kind.
    For(Duration),
}

/// How soon the next attempt is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// At once.
    AtOnce,
    /// At once if it is the first of the outage, else after the backoff.
    FirstAtOnce,
    /// After the backoff.
    Backoff,
    /// After the backoff, but not before this long.
    NotBefore(Duration),
}

/// Attempts after a loss while connecting.
const CONNECT_TRIES: Limit = Limit::Tries(2);
/// Attempts for outcomes that usually pass, but need not.
const SEVERAL_TRIES: Limit = Limit::Tries(3);

/// Longest text of the relay's that is kept, in bytes.
const MAX_REASON: usize = 1024;

/// The table of section 8.1, column "Recommended". `None` is a connection that ended without a Close.
pub(crate) fn closed(code: Option<u16>, reason: String, phase: Phase, config: &Config) -> Verdict {
    use Phase::{Connecting, Established};
    let failure = |kind| Failure { kind, code, reason: shortened(reason.clone()) };
    let fatal = |kind| Verdict::Fatal(failure(kind));
    let retry = |kind, limit, pace| Verdict::Retry { failure: failure(kind), limit, pace };
    let patient = |kind, time: Duration| match (phase, time.is_zero()) {
        (Connecting, false) => retry(kind, Limit::For(time), Pace::Backoff),
        (Connecting, true) | (Established, _) => fatal(kind),
    };
    let Some(number) = code else {
        return lost(shortened(reason), FailureKind::Unreachable, phase);
    };
    match (number, phase) {
        (1000, _) => Verdict::Ended(number),
        (1001 | 1005 | 1006 | 1015 | 4080, _) => match lost(reason, FailureKind::Unreachable, phase) {
            Verdict::Retry { failure, limit, pace } => {
                Verdict::Retry { failure: Failure { code, ..failure }, limit, pace }
            }
            other @ (Verdict::Ended(_) | Verdict::Fatal(_) | Verdict::Renew(_)) => other,
        },
        (1002 | 1003 | 1007..=1010 | 4005..=4008 | 4013, _) => {
            fatal(FailureKind::Protocol(Violation::Accused))
        }
        (1011..=1014, Connecting) => retry(FailureKind::Unreachable, SEVERAL_TRIES, Pace::Backoff),
        (1011..=1014, Established) => retry(FailureKind::Unreachable, Limit::Budget, Pace::FirstAtOnce),
        (4000, Connecting) => retry(FailureKind::Closed, Limit::Tries(1), Pace::Backoff),
        (4001, _) => fatal(FailureKind::Expired),
        (4002, _) => retry(FailureKind::Closed, Limit::For(config.in_use_budget), Pace::Backoff),
        (4003, _) => patient(FailureKind::Backend, config.patience.backend),
        (4004, _) => Verdict::Renew(failure(FailureKind::SignInNeeded)),
        (4009, Connecting) => fatal(FailureKind::Backend),
        (4010, Connecting) => retry(FailureKind::Backend, SEVERAL_TRIES, Pace::Backoff),
        (4009 | 4010, Established) => Verdict::Ended(number),
        (4033, _) => patient(FailureKind::Denied, config.patience.denied),
        (4047, _) => patient(FailureKind::NotFound, config.patience.lookup),
        (4051, _) => fatal(FailureKind::NotFound),
        (4074, _) => fatal(FailureKind::DataLost),
        // 4000, and every code that nobody documents.
        (_, Established) => retry(FailureKind::Closed, SEVERAL_TRIES, Pace::FirstAtOnce),
        (_, Connecting) => fatal(FailureKind::Closed),
    }
}

/// A connection that ended without a word, or as if without.
pub(crate) fn lost(reason: String, kind: FailureKind, phase: Phase) -> Verdict {
    let reason = if reason.is_empty() { "the connection to the relay was lost".to_owned() } else { reason };
    let limit = match phase {
        Phase::Connecting => CONNECT_TRIES,
        Phase::Established => Limit::Budget,
    };
    Verdict::Retry { failure: Failure { kind, code: None, reason }, limit, pace: Pace::FirstAtOnce }
}

/// The table of section 8.2, and what can go wrong below HTTP.
pub(crate) fn refused(refusal: Refusal, phase: Phase) -> Verdict {
    match refusal {
        Refusal::Status { status, retry_after } => answered(status, retry_after, phase),
        Refusal::Unreachable { reason } => lost(shortened(reason), FailureKind::Unreachable, phase),
        Refusal::NoToken { reason } => lost(shortened(reason), FailureKind::TokenUnavailable, phase),
        Refusal::TimedOut => {
            lost("the relay did not answer the upgrade in time".to_owned(), FailureKind::TimedOut, phase)
        }
        Refusal::Tls { reason } => unless_established(shortened(reason), FailureKind::Tls, phase),
        Refusal::Upgrade { reason } => unless_established(shortened(reason), FailureKind::Unreachable, phase),
    }
}

/// At first it is a matter of set-up and is reported at once; later it is the network of the moment, such as a
/// captive portal after a change of place, and passes.
fn unless_established(reason: String, kind: FailureKind, phase: Phase) -> Verdict {
    match phase {
        Phase::Connecting => Verdict::Fatal(Failure { kind, code: None, reason }),
        Phase::Established => lost(reason, kind, phase),
    }
}

fn answered(status: u16, retry_after: Option<Duration>, phase: Phase) -> Verdict {
    let failure = |kind| Failure {
        kind,
        code: None,
        reason: format!("the relay answered the upgrade with HTTP {status}"),
    };
    let limit = match phase {
        Phase::Connecting => SEVERAL_TRIES,
        Phase::Established => Limit::Budget,
    };
    let pace = retry_after.map_or(Pace::Backoff, Pace::NotBefore);
    match status {
        401 => Verdict::Renew(failure(FailureKind::SignInNeeded)),
        429 => Verdict::Retry { failure: failure(FailureKind::Throttled), limit, pace },
        500..=599 => Verdict::Retry { failure: failure(FailureKind::Refused { status }), limit, pace },
        _ => Verdict::Fatal(failure(FailureKind::Refused { status })),
    }
}

/// Cuts the relay's text to a length that can be kept and shown.
pub(crate) fn shortened(mut reason: String) -> String {
    let mut end = reason.len().min(MAX_REASON);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason.truncate(end);
    reason
}
