//! One tunnel: what was asked for, and how it stands.

use std::{
    path::Path,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use adit_contract::{Failure, TunnelInfo, TunnelPeer, TunnelSpec, TunnelState};
use adit_tunnel::{
    Retry,
    listen::{Activity, ConnectionInfo, Stats},
    pool::Lease,
};
use tokio::task::JoinHandle;

use super::{
    Ran, convert, count,
    meter::{Meter, Moved},
};
use crate::{
    explain::{Observed, Refused, Why},
    failure, now,
    words::tunnels as words,
};

/// How long a tunnel is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// Until a person removes it, also over the app's end.
    Yes,
    /// As long as the command that opened it runs.
    WhileUsed,
}

/// What the person asked of it last. What runs may end by itself; this stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// To run.
    Run,
    /// To stop until all are resumed.
    Pause,
    /// To stop.
    Stop,
}

/// See the module.
pub(super) struct Entry {
    pub(super) spec: TunnelSpec,
    pub(super) kept: Kept,
    /// Id of the profile that it is of.
    pub(super) profile: Option<String>,
    pub(super) run: Run,
    pub(super) wish: Wish,
    /// Counts the starts: what an earlier one says is dropped.
    pub(super) epoch: u64,
    /// What runs it, or ran it last.
    pub(super) task: Option<JoinHandle<()>>,
    meter: Meter,
}

pub(super) enum Run {
    Stopped {
        refused: Option<Box<(Refused, f64)>>,
    },
    /// The account is known once it has been found.
    Starting {
        text: String,
        since: f64,
        account: Option<String>,
    },
    Running {
        lease: Lease,
        account: String,
    },
}

impl Entry {
    pub(super) fn new(spec: TunnelSpec, kept: Kept) -> Self {
        Self {
            spec,
            kept,
            profile: None,
            run: Run::Stopped { refused: None },
            wish: Wish::Stop,
            epoch: 0,
            task: None,
            meter: Meter::default(),
        }
    }

    pub(super) fn lease(&self) -> Option<Lease> {
        match &self.run {
            Run::Running { lease, .. } => Some(lease.clone()),
            Run::Stopped { .. } | Run::Starting { .. } => None,
        }
    }

    /// The share of a tunnel that runs for this account.
    pub(super) fn lease_of(&self, of: &str) -> Option<&Lease> {
        match &self.run {
            Run::Running { lease, account, .. } if account == of => Some(lease),
            Run::Running { .. } | Run::Stopped { .. } | Run::Starting { .. } => None,
        }
    }

    /// The account that it runs or starts for.
    pub(super) fn account(&self) -> Option<&str> {
        match &self.run {
            Run::Running { account, .. } => Some(account),
            Run::Starting { account, .. } => account.as_deref(),
            Run::Stopped { .. } => None,
        }
    }

    /// Whose tunnel it is going to be.
    pub(super) fn starts_for(&mut self, of: String) {
        if let Run::Starting { account, .. } = &mut self.run {
            *account = Some(of);
        }
    }

    /// Still on the way, for another reason.
    pub(super) fn waits(&mut self, words: String) {
        if let Run::Starting { text, .. } = &mut self.run {
            *text = words;
        }
    }

    /// It listens now.
    pub(super) fn listens(&mut self, lease: Lease, account: String) {
        self.run = Run::Running { lease, account };
    }

    /// Its task comes to its own end.
    pub(super) fn ended(&mut self, refused: Option<Refused>) {
        self.run = Run::Stopped { refused: refused.map(|refused| Box::new((refused, now()))) };
    }

    /// How it failed, to be explained.
    pub(super) fn why(&self) -> Why {
        let target = self.spec.target.clone();
        match &self.run {
            Run::Stopped { refused: Some(refused) } => {
                let (Refused { failure, observed }, at) = refused.as_ref().clone();
                Why { target, failure: Some(failure), seen: observed.map(|observed| (observed, at)) }
            }
            Run::Running { lease, .. } => match lease.tunnel().stats().activity {
                Activity::Failing(error) => Why {
                    failure: Some(failure::dial_to(&error, &convert::relay_target(&target))),
                    seen: Observed::of_dial(&error).map(|observed| (observed, now())),
                    target,
                },
                _ => Why { target, failure: None, seen: None },
            },
            Run::Stopped { refused: None } | Run::Starting { .. } => {
                Why { target, failure: None, seen: None }
            }
        }
    }

    /// Ends it, and all that belongs to it.
    pub(super) fn stop(&mut self, failure: Option<Failure>) -> Ran {
        self.epoch = self.epoch.wrapping_add(1);
        let refused = failure.map(|failure| Box::new((Refused::from(failure), now())));
        match std::mem::replace(&mut self.run, Run::Stopped { refused }) {
            Run::Stopped { .. } => Ran::No,
            Run::Starting { .. } | Run::Running { .. } => {
                if let Some(task) = &self.task {
                    task.abort();
                }
                Ran::Yes
            }
        }
    }

    /// Takes the bytes of another second.
    pub(super) fn measure(&mut self) -> Moved {
        match &self.run {
            Run::Running { lease, .. } => {
                let stats = lease.tunnel().stats();
                self.meter.tick(stats.sent.saturating_add(stats.received))
            }
            Run::Stopped { .. } | Run::Starting { .. } => self.meter.tick(0),
        }
    }

    pub(super) fn info(&self, id: u64, run: &Path) -> TunnelInfo {
        let id = id.to_string();
        let (state, local, stats) = match &self.run {
            Run::Stopped { refused: None } => (TunnelState::Stopped, None, None),
            Run::Stopped { refused: Some(refused) } => {
                (TunnelState::Failed { failure: refused.0.failure.clone(), listening: false }, None, None)
            }
            Run::Starting { text, since, .. } => {
                (TunnelState::Starting { text: text.clone(), since: *since }, None, None)
            }
            Run::Running { lease, .. } => {
                let stats = lease.tunnel().stats();
                (self.state(&stats), Some(lease.tunnel().local().to_string()), Some(stats))
            }
        };
        let local = local.unwrap_or_else(|| convert::local(&self.spec, run));
        let of = |read: fn(&Stats) -> u64| stats.as_ref().map_or(0, read);
        let few = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        TunnelInfo {
            id,
            spec: self.spec.clone(),
            state,
            local,
            sent: count(of(|stats| stats.sent)),
            received: count(of(|stats| stats.received)),
            rate: self.meter.rate(),
            history: self.meter.history(),
            connections: stats.as_ref().map_or(0, |stats| stats.open),
            resumes: few(of(|stats| stats.resumes)),
            refused: few(of(|stats| stats.refused)),
            last_refusal: stats.as_ref().and_then(|stats| stats.last_refusal.clone()),
            round_trip_ms: stats
                .as_ref()
                .and_then(|stats| stats.round_trip)
                .map(|t| t.as_secs_f64() * 1000.0),
            since: stats.as_ref().map(|stats| milliseconds(stats.since)),
            by_command: self.kept == Kept::WhileUsed,
            profile: self.profile.clone(),
        }
    }

    fn state(&self, stats: &Stats) -> TunnelState {
        match &stats.activity {
            Activity::Idle => TunnelState::Listening,
            Activity::Live => TunnelState::Live,
            Activity::Waiting(retry) => TunnelState::Starting {
                text: words::waiting(convert::called(&self.spec.target), &retry.reason, retry.attempt),
                since: milliseconds(stats.since),
            },
            Activity::Resuming(retry) => TunnelState::Resuming { attempt: retry.attempt, next_at: at(retry) },
            Activity::SignInNeeded { message } => TunnelState::SignInNeeded { text: message.clone() },
            Activity::Failing(error) => TunnelState::Failed {
                failure: failure::dial_to(error, &convert::relay_target(&self.spec.target)),
                listening: true,
            },
            // Its task is about to say why.
            Activity::Ended | Activity::Broken => TunnelState::Stopped,
        }
    }
}

/// When an attempt is made, as the contract has it.
fn at(retry: &Retry) -> f64 {
    let wait = retry.at.saturating_duration_since(Instant::now());
    now() + wait.as_secs_f64() * 1000.0
}

pub(super) fn milliseconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1000.0
}

/// A connection as the front end sees it.
pub(super) fn peer(connection: ConnectionInfo) -> TunnelPeer {
    let process = connection.process;
    TunnelPeer {
        connection: count(connection.number),
        pid: process.as_ref().map(|process| process.pid),
        program: process.and_then(|process| process.name()),
        since: milliseconds(connection.since),
        sent: count(connection.sent),
        received: count(connection.received),
    }
}
