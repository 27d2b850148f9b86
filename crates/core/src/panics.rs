//! A mistake of ours in a background task: what waits for the task is told and goes on, and what is to run as long as the
//! app does begins again.

use std::{future::Future, panic::AssertUnwindSafe, time::Duration};

use adit_contract::Failure;
use futures_util::FutureExt as _;
use tokio::time::{Instant, sleep};

use crate::failure;

/// The pause before a task that broke off begins again; twice as long each time, while it breaks off again soon.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest of these pauses. A task that has run for longer begins with the first one again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Runs `work`, which tells of its own failures; a panic in it becomes one more, which names `what` was going on.
///
/// # Errors
/// Those of the work, and [`FailureCode::Internal`](adit_contract::FailureCode::Internal) for a panic.
pub async fn caught<T>(
    what: &'static str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    // What the work shares is behind locks that outlive a panic, each change of it whole before one can happen.
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(broken(what)))
}

/// What it means that `what` has panicked.
pub(crate) fn broken(what: &str) -> Failure {
    failure::broken_off(what)
}

/// Runs a task that is to run as long as the app does, to its own end. One that panics begins again, after a second at
/// first and a minute at most.
pub async fn kept_up<T: Future<Output = ()>>(what: &'static str, begin: impl Fn() -> T) {
    let mut pause = FIRST_PAUSE;
    loop {
        let begun = Instant::now();
        // Its beginning is part of it.
        if AssertUnwindSafe(async { begin().await }).catch_unwind().await.is_ok() {
            return;
        }
        if begun.elapsed() > LONGEST_PAUSE {
            pause = FIRST_PAUSE;
        }
        tracing::error!(what, seconds = pause.as_secs(), "a task broke off and begins again after a pause");
        sleep(pause).await;
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use adit_contract::FailureCode;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_failure_and_anything_else_is_what_it_was() {
        assert_eq!(caught("this", async { Ok(1) }).await, Ok(1));
        let failure = caught::<()>("the listing", async { panic!("a mistake") }).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::Internal);
        assert!(failure.server.unwrap().text.contains("the listing ended unexpectedly"));
    }

    // Time stands still but where everything waits for it.
    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_begins_again_ever_more_slowly_until_it_holds() {
        let (begun, begins) = (Instant::now(), AtomicU32::new(0));
        let mut at = Vec::new();
        let seen = std::sync::Mutex::new(&mut at);
        kept_up("this", || async {
            seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(begun.elapsed().as_secs());
            match begins.fetch_add(1, Ordering::Relaxed) {
                0..=6 => panic!("a mistake"),
                // It held for long before.
                7 => {
                    sleep(LONGEST_PAUSE * 2).await;
                    panic!("a mistake")
                }
                8 => panic!("a mistake"),
                _ => {}
            }
        })
        .await;
        let pauses: Vec<u64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 121, 2]);
    }
}
