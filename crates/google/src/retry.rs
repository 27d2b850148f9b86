//! One policy for trying again, for the SDK's calls and for our own (API etiquette, "Retries").

use std::{future::Future, time::Duration};

use rand::RngExt as _;
use tokio::time::{Instant, timeout};

use crate::error::{Error, ErrorKind};

/// Whether a request may be sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It reads, or carries a request id that makes a second one harmless.
    Safe,
    /// A second one could do the thing twice.
    Never,
}

/// How often, how long, and with which pauses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    /// Tries in all.
    pub(crate) tries: u32,
    /// Time for one try.
    pub(crate) attempt: Duration,
    /// Time for all of them and the pauses between.
    pub(crate) total: Duration,
}

impl Policy {
    /// For calls that a person waits for.
    pub(crate) const CALL: Self =
        Self { tries: 5, attempt: Duration::from_secs(20), total: Duration::from_secs(45) };
    /// For evidence of a refusal: one try, since each call has its place in a budget and may fail alone (access
    /// denial, section 3).
    pub(crate) const EVIDENCE: Self =
        Self { tries: 1, attempt: Duration::from_secs(4), total: Duration::from_secs(4) };
    /// For the OAuth endpoints.
    pub(crate) const TOKEN: Self =
        Self { tries: 3, attempt: Duration::from_secs(15), total: Duration::from_secs(30) };
    /// For calls that the server holds open, up to two minutes by its documentation.
    pub(crate) const WAIT: Self =
        Self { tries: 5, attempt: Duration::from_secs(150), total: Duration::from_secs(300) };
}

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(16);

/// Runs `attempt` until it succeeds, fails for good, or the policy is at its end. The attempt is told how much time
/// it has and keeps to it by [`within`]; what it waits for beforehand need not count.
pub(crate) async fn run<T, F, Fut>(
    doing: &'static str,
    policy: Policy,
    repeat: Repeat,
    mut attempt: F,
) -> Result<T, Error>
where
    F: FnMut(Duration) -> Fut,
    Fut: Future<Output = Result<T, Error>>,
{
    let end = Instant::now() + policy.total;
    let mut tries = 0;
    loop {
        tries += 1;
        let left = end.saturating_duration_since(Instant::now());
        let error = match attempt(policy.attempt.min(left)).await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if repeat == Repeat::Never || !error.is_transient() || tries >= policy.tries {
            return Err(error);
        }
        let pause = pause(tries, error.details.retry_after);
        if Instant::now() + pause >= end {
            return Err(error);
        }
        tracing::debug!(doing, tries, kind = ?error.kind, status = error.status, pause_ms = pause.as_millis(), "trying again");
        tokio::time::sleep(pause).await;
    }
}

/// Ends `attempt` with [`ErrorKind::TimedOut`] after `time`.
pub(crate) async fn within<T>(
    doing: &'static str,
    time: Duration,
    attempt: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match timeout(time, attempt).await {
        Ok(result) => result,
        Err(_) => Err(Error::new(ErrorKind::TimedOut, doing, "no answer in time")),
    }
}

/// The pause after the given number of tries: what the server asked for, else a random part of a doubling time.
fn pause(tries: u32, asked: Option<Duration>) -> Duration {
    if let Some(asked) = asked {
        return asked;
    }
    let longest =
        FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(LONGEST_PAUSE);
    longest.mul_f64(rand::rng().random_range(0.0..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn failing(kind: ErrorKind) -> Error {
        Error::new(kind, "test", "no").with_status(503)
    }

    #[tokio::test(start_paused = true)]
    async fn gives_up_after_the_tries() {
        let count = Cell::new(0);
        let result: Result<(), _> = run("test", Policy::CALL, Repeat::Safe, |_| {
            count.set(count.get() + 1);
            async { Err(failing(ErrorKind::Server)) }
        })
        .await;
        assert_eq!(result.unwrap_err().kind, ErrorKind::Server);
        assert_eq!(count.get(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn never_repeats_what_could_be_done_twice() {
        let count = Cell::new(0);
        let result: Result<(), _> = run("test", Policy::CALL, Repeat::Never, |_| {
            count.set(count.get() + 1);
            async { Err(failing(ErrorKind::Unreachable)) }
        })
        .await;
        assert_eq!(result.unwrap_err().kind, ErrorKind::Unreachable);
        assert_eq!(count.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_final() {
        let count = Cell::new(0);
        let result: Result<(), _> = run("test", Policy::CALL, Repeat::Safe, |_| {
            count.set(count.get() + 1);
            async { Err(failing(ErrorKind::PermissionDenied)) }
        })
        .await;
        assert_eq!(result.unwrap_err().kind, ErrorKind::PermissionDenied);
        assert_eq!(count.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_as_long_as_the_server_asks() {
        let start = Instant::now();
        let count = Cell::new(0);
        let result = run("test", Policy::CALL, Repeat::Safe, |_| {
            count.set(count.get() + 1);
            let first = count.get() == 1;
            async move {
                if !first {
                    return Ok(());
                }
                let mut error = failing(ErrorKind::Throttled);
                error.details.retry_after = Some(Duration::from_secs(7));
                Err(error)
            }
        })
        .await;
        result.unwrap();
        assert_eq!(start.elapsed(), Duration::from_secs(7));
    }

    #[tokio::test(start_paused = true)]
    async fn does_not_begin_a_wait_that_cannot_end_in_time() {
        let start = Instant::now();
        let result: Result<(), _> = run("test", Policy::CALL, Repeat::Safe, |_| async {
            let mut error = failing(ErrorKind::Throttled);
            error.details.retry_after = Some(Duration::from_secs(3600));
            Err(error)
        })
        .await;
        assert_eq!(result.unwrap_err().kind, ErrorKind::Throttled);
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hanging_server_ends_with_the_deadline() {
        let start = Instant::now();
        let result: Result<(), _> =
            run("test", Policy::CALL, Repeat::Safe, |time| within("test", time, std::future::pending()))
                .await;
        assert_eq!(result.unwrap_err().kind, ErrorKind::TimedOut);
        assert!(start.elapsed() <= Policy::CALL.total);
    }

    #[test]
    fn pauses_grow_to_a_bound() {
        for tries in 1..40 {
            assert!(pause(tries, None) <= LONGEST_PAUSE);
        }
        assert!(pause(1, None) <= FIRST_PAUSE);
    }
}
