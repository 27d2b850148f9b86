//! Where events go.

use adit_contract::Event;

/// Takes what core tells the front end.
pub trait EventSink: Send + Sync {
    /// Takes one event. Must return at once and may not call back into core.
    fn send(&self, event: Event);
}
