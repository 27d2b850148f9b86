//! Who is served now, who waits for a place and who finds none.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::Options;

/// The places of a listener.
pub(super) struct Places {
    options: Options,
    serving: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// What an accepted connection finds.
pub(super) enum Turn {
    /// A place, held as long as this.
    Now(OwnedSemaphorePermit),
    /// A place among those who wait.
    Later(Wait),
    /// None at all.
    Never {
        /// Why, to show.
        why: String,
    },
}

/// A place among those who wait, held as long as this.
pub(super) struct Wait {
    serving: Arc<Semaphore>,
    options: Options,
    _waiting: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new(options: Options) -> Self {
        Self {
            options,
            serving: Arc::new(Semaphore::new(options.limit.clamp(1, Semaphore::MAX_PERMITS))),
            waiting: Arc::new(Semaphore::new(options.waiting.min(Semaphore::MAX_PERMITS))),
        }
    }

    /// The turn of whoever comes now. Those who wait already go first.
    pub(super) fn turn(&self) -> Turn {
        if let Ok(place) = Arc::clone(&self.serving).try_acquire_owned() {
            return Turn::Now(place);
        }
        match Arc::clone(&self.waiting).try_acquire_owned() {
            Ok(waiting) => Turn::Later(Wait {
                serving: Arc::clone(&self.serving),
                options: self.options,
                _waiting: waiting,
            }),
            Err(_) => Turn::Never { why: too_many(self.options, "as many wait as may") },
        }
    }
}

impl Wait {
    /// The place, or in words why there was none in time.
    pub(super) async fn place(&self) -> Result<OwnedSemaphorePermit, String> {
        match timeout(self.options.wait, Arc::clone(&self.serving).acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            // The semaphore is never closed.
            Ok(Err(_)) | Err(_) => Err(too_many(self.options, &none_within(self.options.wait))),
        }
    }
}

fn too_many(options: Options, rest: &str) -> String {
    format!("the limit of connections, {}, is reached, and {rest}", options.limit.max(1))
}

fn none_within(wait: Duration) -> String {
    format!("none ended within {} s", wait.as_secs_f32())
}
