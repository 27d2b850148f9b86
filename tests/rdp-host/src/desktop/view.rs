//! How one connection sees the desktop: what has changed since it last looked.

use tokio::sync::watch;

use super::{Pointer, Shared, clock};
use crate::canvas::Area;

/// Parts that wait to be shown; more are shown as one.
const MOST_PENDING: usize = 8;

/// What a viewer has to be told.
pub(crate) enum Change {
    Resized(u16, u16),
    Pointer(Pointer),
    /// Pixels of an area: blue, green, red and a byte that means nothing.
    Painted(Area, Vec<u8>),
}

pub(crate) struct View {
    shared: Shared,
    changes: watch::Receiver<()>,
    size: (u16, u16),
    clock: String,
    pointer: Pointer,
    /// The last change that is shown or pending.
    seen: u64,
    pending: Vec<Area>,
}

impl Shared {
    pub(crate) fn view(&self) -> View {
        let desktop = self.lock();
        View {
            shared: self.clone(),
            changes: self.changed.subscribe(),
            size: (desktop.layout.width, desktop.layout.height),
            clock: clock(),
            pointer: Pointer::Arrow,
            seen: desktop.last_change,
            pending: vec![desktop.layout.everything()],
        }
    }
}

impl View {
    /// Waits for a change.
    pub(crate) async fn changed(&mut self) {
        // The sender lives in this very view.
        let _ = self.changes.changed().await;
    }

    /// Has everything shown anew.
    pub(crate) fn refresh(&mut self) {
        self.pending = vec![self.shared.lock().layout.everything()];
    }

    /// Has a part shown again, which was taken and not sent.
    pub(crate) fn again(&mut self, area: Area) {
        self.add(area);
    }

    fn add(&mut self, area: Area) {
        if self.pending.iter().any(|one| one.cut(area) == area) {
            return;
        }
        self.pending.retain(|one| one.cut(area) != *one);
        self.pending.push(area);
        if self.pending.len() > MOST_PENDING {
            let all = self.pending.drain(..).reduce(Area::join);
            self.pending.extend(all);
        }
    }

    /// The next change, if there is one.
    pub(crate) fn next(&mut self) -> Option<Change> {
        let shared = self.shared.clone();
        let desktop = shared.lock();
        let layout = desktop.layout;
        let everything = layout.everything();
        if self.size != (layout.width, layout.height) {
            self.size = (layout.width, layout.height);
            self.pending = vec![everything];
            self.seen = desktop.last_change;
            return Some(Change::Resized(layout.width, layout.height));
        }
        let pointer = desktop.pointer();
        if self.pointer != pointer {
            self.pointer = pointer;
            return Some(Change::Pointer(pointer));
        }
        let oldest = desktop.changes.front().map_or(u64::MAX, |(number, _)| *number);
        if desktop.last_change > self.seen && oldest > self.seen + 1 {
            self.pending = vec![everything];
        } else {
            let seen = self.seen;
            for (_, area) in desktop.changes.iter().filter(|(number, _)| *number > seen) {
                self.add(area.cut(everything));
            }
        }
        self.seen = desktop.last_change;
        let now = clock();
        if self.clock != now {
            self.clock = now;
            self.add(layout.clock());
        }
        if self.pending.is_empty() {
            return None;
        }
        let area = self.pending.remove(0).by_fours().cut(everything);
        (area.pixels() > 0).then(|| Change::Painted(area, desktop.paint(area)))
    }
}
