//! Which tunnels there are, and which are being opened.

use std::sync::{Arc, Weak};

use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio::sync::watch;

use super::{Hold, Spec, Tunnel};
use crate::Waiting;
use crate::listen::{BindError, Ledger, Phase};

/// Tunnels that a pool may hold.
const MAX_TUNNELS: usize = 4_096;

/// A tunnel that is being opened, for all who wait for it. The last of them to go ends it.
pub(super) type Opening = Shared<BoxFuture<'static, Result<Arc<Hold>, BindError>>>;
/// What the probe of a tunnel waits for.
pub(super) type Progress = watch::Receiver<Option<Waiting>>;

#[derive(Default)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    /// Of all listeners, gateways too.
    ledgers: Vec<Weak<Ledger>>,
}

struct Slot {
    id: u64,
    account: String,
    spec: Spec,
    state: State,
}

enum State {
    Opening(WeakShared<BoxFuture<'static, Result<Arc<Hold>, BindError>>>, Progress),
    Open(Weak<Hold>, Weak<Tunnel>),
}

/// What somebody who wants a tunnel finds.
pub(super) enum Found {
    Open(Arc<Hold>),
    Opening(Opening, Progress),
}

impl Found {
    /// Whether it was not stopped by one of those who share it.
    fn is_serving(&self) -> bool {
        match self {
            Self::Open(hold) => hold.tunnel.ledger().phase() == Phase::Serving,
            Self::Opening(..) => true,
        }
    }
}

impl Slot {
    /// What is there; `None` if all who wanted it have gone.
    fn take_up(&self) -> Option<Found> {
        match &self.state {
            State::Opening(opening, progress) => Some(Found::Opening(opening.upgrade()?, progress.clone())),
            State::Open(hold, _) => Some(Found::Open(hold.upgrade()?)),
        }
    }

    /// Whether it is the tunnel that is wanted. How many may come in and how patient it is, is up to who opened it.
    fn is_for(&self, account: &str, spec: &Spec) -> bool {
        self.account == account
            && self.spec.target == spec.target
            && self.spec.place == spec.place
            && self.spec.audience == spec.audience
            && self.spec.guard == spec.guard
    }
}

impl Slots {
    /// The tunnel that is wanted, if it is there or on its way, and what else was taken up on the way. The latter is to
    /// be dropped outside the lock: it may be somebody's last share, whose end wants the lock itself.
    pub(super) fn find(&mut self, account: &str, spec: &Spec) -> (Option<Found>, Vec<Found>) {
        let mut others = Vec::new();
        let mut found = None;
        self.slots.retain(|slot| {
            let Some(there) = slot.take_up() else { return false };
            if !slot.is_for(account, spec) {
                others.push(there);
                return true;
            }
            let wanted = there.is_serving();
            if wanted {
                found = Some(there);
            } else {
                others.push(there);
            }
            wanted
        });
        (found, others)
    }

    pub(super) fn begin(
        &mut self,
        id: u64,
        account: &str,
        spec: Spec,
        opening: &Opening,
        progress: Progress,
    ) -> Result<(), BindError> {
        if self.slots.len() >= MAX_TUNNELS {
            return Err(BindError::TooMany(MAX_TUNNELS));
        }
        // It has not been polled yet, so it is still there.
        if let Some(opening) = opening.downgrade() {
            let state = State::Opening(opening, progress);
            self.slots.push(Slot { id, account: account.to_owned(), spec, state });
        }
        Ok(())
    }

    pub(super) fn opened(&mut self, id: u64, hold: &Arc<Hold>) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.id == id) {
            slot.state = State::Open(Arc::downgrade(hold), Arc::downgrade(&hold.tunnel));
        }
    }

    pub(super) fn remove(&mut self, id: u64) {
        self.slots.retain(|slot| slot.id != id);
    }

    pub(super) fn tunnels(&self) -> Vec<Arc<Tunnel>> {
        let tunnels = self.slots.iter().filter_map(|slot| match &slot.state {
            State::Opening(..) => None,
            State::Open(_, tunnel) => tunnel.upgrade(),
        });
        tunnels.collect()
    }

    pub(super) fn note(&mut self, ledger: &Arc<Ledger>) {
        self.ledgers.retain(|ledger| ledger.strong_count() > 0);
        self.ledgers.push(Arc::downgrade(ledger));
    }

    /// Listeners that were stopped and may still have their address.
    pub(super) fn stopping(&self) -> Vec<Arc<Ledger>> {
        let ledgers = self.ledgers.iter().filter_map(Weak::upgrade);
        ledgers.filter(|ledger| ledger.phase() == Phase::Stopping).collect()
    }
}
