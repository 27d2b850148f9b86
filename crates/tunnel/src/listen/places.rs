//! Who is served now, who waits for a place and who finds none.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::Options;

/// The places that all listeners of a pool have together.
#[derive(Debug, Clone)]
pub(crate) struct SharedPlaces {
    capacity: usize,
    places: Arc<Semaphore>,
}

impl SharedPlaces {
    pub(crate) fn new(capacity: usize) -> Self {
        let capacity = capacity.clamp(1, Semaphore::MAX_PERMITS);
        Self { capacity, places: Arc::new(Semaphore::new(capacity)) }
    }
}

/// The places of a listener.
pub(crate) struct Places {
    options: Options,
    serving: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    shared: SharedPlaces,
}

/// What an accepted connection finds.
pub(super) enum Turn {
    /// A place.
    Now(Place),
    /// A place among those who wait.
    Later(Wait),
    /// None at all.
    Never {
        /// Why, to show.
        why: String,
    },
}

/// A place, held as long as this.
pub(super) struct Place {
    _own: OwnedSemaphorePermit,
    _shared: OwnedSemaphorePermit,
}

/// A place among those who wait, held as long as this.
pub(super) struct Wait {
    serving: Arc<Semaphore>,
    shared: SharedPlaces,
    options: Options,
    _waiting: OwnedSemaphorePermit,
}

impl Places {
    pub(crate) fn new(options: Options, shared: SharedPlaces) -> Self {
        Self {
            options,
            serving: Arc::new(Semaphore::new(options.limit.clamp(1, Semaphore::MAX_PERMITS))),
            waiting: Arc::new(Semaphore::new(options.waiting.min(Semaphore::MAX_PERMITS))),
            shared,
        }
    }

    /// The turn of whoever comes now. Those who wait already go first.
    pub(super) fn turn(&self) -> Turn {
        let own = Arc::clone(&self.serving).try_acquire_owned().ok();
        let limit = match own {
            Some(own) => match Arc::clone(&self.shared.places).try_acquire_owned() {
                Ok(shared) => return Turn::Now(Place { _own: own, _shared: shared }),
                Err(_) => Limit::Shared(self.shared.capacity),
            },
            None => Limit::Own(self.options.limit),
        };
        match Arc::clone(&self.waiting).try_acquire_owned() {
            Ok(waiting) => Turn::Later(Wait {
                serving: Arc::clone(&self.serving),
                shared: self.shared.clone(),
                options: self.options,
                _waiting: waiting,
            }),
            Err(_) => Turn::Never { why: too_many(limit, "as many wait as may") },
        }
    }
}

impl Wait {
    /// The place, or in words why there was none in time.
    pub(super) async fn place(&self) -> Result<Place, String> {
        let mut limit = Limit::Own(self.options.limit);
        let place = async {
            let own = Arc::clone(&self.serving).acquire_owned().await.ok()?;
            limit = Limit::Shared(self.shared.capacity);
            let shared = Arc::clone(&self.shared.places).acquire_owned().await.ok()?;
            Some(Place { _own: own, _shared: shared })
        };
        match timeout(self.options.wait, place).await {
            Ok(Some(place)) => Ok(place),
            // The semaphores are never closed.
            Ok(None) | Err(_) => Err(too_many(limit, &none_within(self.options.wait))),
        }
    }
}

/// Which limit was reached.
#[derive(Clone, Copy)]
enum Limit {
    Own(usize),
    Shared(usize),
}

fn too_many(limit: Limit, rest: &str) -> String {
    match limit {
        Limit::Own(limit) => {
            format!("the limit of connections, {}, is reached, and {rest}", limit.max(1))
        }
        Limit::Shared(capacity) => {
            format!("the limit of connections of all tunnels, {capacity}, is reached, and {rest}")
        }
    }
}

fn none_within(wait: Duration) -> String {
    format!("none ended within {} s", wait.as_secs_f32())
}
