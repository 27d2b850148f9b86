//! A mistake of ours in a background task, as a failure: what waits for the task is told, and goes on.

use std::{future::Future, panic::AssertUnwindSafe};

use adit_contract::Failure;
use futures_util::FutureExt as _;

use crate::failure;

/// Runs `work`, which tells of its own failures; a panic in it becomes one more, which names `what` was going on.
pub(crate) async fn caught<T>(
    what: &'static str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    // What the work shares is behind locks that outlive a panic, each change of it whole before one can happen.
    AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(failure::internal(format!("{what} ended unexpectedly"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use adit_contract::FailureCode;

    #[tokio::test]
    async fn a_panic_is_a_failure_and_anything_else_is_what_it_was() {
        assert_eq!(caught("this", async { Ok(1) }).await, Ok(1));
        let failure = caught::<()>("the listing", async { panic!("a mistake") }).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::Internal);
        assert!(failure.server.unwrap().text.contains("the listing ended unexpectedly"));
    }
}
