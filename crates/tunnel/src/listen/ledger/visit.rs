//! A connection's own page in the ledger.

use std::sync::Arc;

use adit_relay::Target;

use super::{Ledger, State};
use crate::listen::event::What;
use crate::listen::stats::ConnectionState;
use crate::{Control, DialError, Event as TunnelEvent, Retry, Waiting};

/// A connection that was let in. Once it is dropped, the connection is no longer there.
#[derive(Debug)]
pub(crate) struct Visit {
    ledger: Arc<Ledger>,
    number: u64,
}

impl Visit {
    pub(super) fn new(ledger: Arc<Ledger>, number: u64) -> Self {
        Self { ledger, number }
    }

    /// Changes the connection's entry and tells what is to be told, both at once.
    fn note(&self, what: Option<What>, change: impl FnOnce(&mut State, u64)) {
        let mut state = self.ledger.lock();
        change(&mut state, self.number);
        if let Some(what) = what {
            Ledger::tell(&state, self.number, what);
        }
        drop(state);
        self.ledger.note_change();
    }

    fn enter(&self, what: Option<What>, now: ConnectionState) {
        self.note(what, |state, number| state.enter(number, now));
    }

    /// Its tunnel is being opened.
    pub(crate) fn opening(&self, target: Arc<Target>) {
        self.note(None, |state, number| {
            if let Some(entry) = state.connections.get_mut(&number) {
                entry.target = Some(target);
                entry.state = ConnectionState::Opening;
            }
        });
    }

    /// The opening is tried again.
    pub(crate) fn waiting(&self, waiting: Waiting) {
        let Waiting { retry, control } = waiting;
        let what = What::Waiting {
            code: retry.code,
            reason: retry.reason.clone(),
            attempt: retry.attempt,
            wait: retry.wait(),
        };
        self.note(Some(what), |state, number| {
            state.steer(number, control);
            state.enter(number, ConnectionState::Waiting(retry));
        });
    }

    /// Its tunnel is open.
    pub(crate) fn connected(&self, control: Control) {
        self.note(Some(What::Connected), |state, number| {
            state.failing = None;
            state.steer(number, control);
            state.enter(number, ConnectionState::Live);
        });
    }

    /// It could not be opened.
    pub(crate) fn could_not_open(&self, error: DialError) {
        self.ledger.lock().failing = Some(error);
    }

    /// Something happened to its tunnel. The last word follows once the local side is told.
    pub(crate) fn heard(&self, event: TunnelEvent) {
        match event {
            TunnelEvent::Reconnecting { code, reason, attempt, wait } => {
                let retry = Retry::after(wait, attempt, code, reason.clone());
                self.enter(
                    Some(What::Reconnecting { code, reason, attempt, wait }),
                    ConnectionState::Resuming(retry),
                );
            }
            TunnelEvent::SignInNeeded { message } => {
                let what = What::SignInNeeded { message: message.clone() };
                self.enter(Some(what), ConnectionState::SignInNeeded { message });
            }
            TunnelEvent::Resumed => self.note(Some(What::Resumed), |state, number| {
                state.resumes = state.resumes.saturating_add(1);
                state.enter(number, ConnectionState::Live);
            }),
            TunnelEvent::RoundTrip(time) => self.note(None, |state, _| state.round_trip = Some(time)),
            TunnelEvent::Closed { .. } | TunnelEvent::Failed { .. } => {}
        }
    }

    /// The last word: the connection is no longer there.
    pub(crate) fn ended(self, what: What) {
        let refusal = match &what {
            What::Refused { why } => Some(why.clone()),
            What::Waiting { .. }
            | What::Connected
            | What::Reconnecting { .. }
            | What::SignInNeeded { .. }
            | What::Resumed
            | What::Denied { .. }
            | What::Failed { .. }
            | What::Closed { .. } => None,
        };
        self.note(Some(what), |state, number| {
            if let Some(why) = refusal {
                state.refuse(why);
            }
            state.leave(number);
        });
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut state = self.ledger.lock();
        let left = state.leave(self.number);
        if left && std::thread::panicking() {
            let reason = "a mistake in Adit ended the connection".to_owned();
            Ledger::tell(&state, self.number, What::Failed { code: None, reason });
        }
        drop(state);
        if left {
            self.ledger.note_change();
        }
    }
}
