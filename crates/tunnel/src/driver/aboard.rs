//! A driver in the hands of whoever has the stream: local bytes and session are then one task's business, and
//! no byte has to be handed from one task to another.

use std::sync::Arc;
use std::task::Context;

use bytes::Bytes;

use super::{Driver, Milestone, Step};
use crate::pipe::{LocalSide, Pipe};

/// Local bytes that are taken before the wire has taken those before them. More would only wait longer.
const AHEAD: u64 = 256 * 1024;
/// Less room than this is not worth a read while more is about to come.
const WORTHWHILE: usize = 16 * 1024;

/// What a round of an [`Aboard`] driver came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Round {
    Progress,
    Idle,
    /// The session is over; the pipe holds what is left of it.
    Over,
}

/// A driver that was taken over. It goes on as a task of its own when this value goes.
pub(crate) struct Aboard {
    driver: Option<Box<Driver>>,
    pipe: Arc<Pipe>,
}

impl Aboard {
    /// Takes over the driver of this pipe. Without effect where the session is over.
    pub(crate) async fn take_over(pipe: Arc<Pipe>) -> Self {
        let arrived = match pipe.ask_for_driver() {
            Some(arrival) => arrival.await.ok(),
            None => None,
        };
        arrived.unwrap_or(Self { driver: None, pipe })
    }

    /// A driver on its way to whoever asked for it.
    pub(super) fn of(driver: Box<Driver>) -> Self {
        let pipe = Arc::clone(&driver.pipe);
        Self { driver: Some(driver), pipe }
    }

    /// To be called at the beginning of each poll, so that no change is missed.
    pub(crate) fn register(&self, cx: &Context<'_>) {
        if self.driver.is_some() {
            self.pipe.register_driver(cx.waker());
        }
    }

    /// One round of everything.
    pub(crate) fn step(&mut self, cx: &mut Context<'_>) -> Round {
        let Some(driver) = &mut self.driver else { return Round::Over };
        match driver.step(cx) {
            Step::Reached(Milestone::Ended(_)) => {
                self.driver = None;
                Round::Over
            }
            Step::Reached(Milestone::Waiting(_) | Milestone::Connected) | Step::Progress => Round::Progress,
            Step::Idle => Round::Idle,
        }
    }

    /// How many local bytes may be read now. `None`: none ever again.
    pub(crate) fn room(&self) -> Option<usize> {
        let driver = self.driver.as_ref()?;
        if driver.session.has_ended() || driver.local != LocalSide::Open {
            return None;
        }
        // What was written to the stream before comes first.
        if self.pipe.holds_written() {
            return Some(0);
        }
        let session = &driver.session;
        let unsent = session.acked().saturating_add(session.unacknowledged()).saturating_sub(session.sent());
        let ahead = usize::try_from(AHEAD.saturating_sub(unsent)).unwrap_or(usize::MAX);
        let room = session.send_capacity().min(ahead);
        Some(if room < WORTHWHILE && session.unacknowledged() > 0 { 0 } else { room })
    }

    /// Whether nothing has moved for a while.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.driver.as_ref().is_none_or(|driver| driver.rest.is_none())
    }

    /// Hands local bytes to the session, not more than [`room`](Self::room) allowed.
    pub(crate) fn send(&mut self, bytes: Bytes) {
        if let Some(driver) = &mut self.driver {
            driver.session.send(bytes);
        }
    }
}

impl Drop for Aboard {
    fn drop(&mut self) {
        let Some(driver) = self.driver.take() else { return };
        self.pipe.stand_up();
        // With the runtime gone the driver is torn down, and says so.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(driver.run());
        }
    }
}
