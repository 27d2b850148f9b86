//! Why a way is barred: the evidence is gathered, judged by `adit-access` and put into words.
//!
//! What the refusal itself says is told at once. Then every source of the specification's ladder is asked at the same
//! time, each with its own limit and each allowed to fail alone; with each answer the explanation is told again. Nothing
//! of a policy or an audit record is ever logged: they name other people.

mod address;
mod ask;
mod audit;
mod cache;
mod case;
mod device;
mod dns;
mod evidence;
mod forecast;
mod gate;
mod input;
mod observed;
mod open;
mod plan;
mod run;
mod troubleshooter;
mod web;
mod words;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use adit_contract::{Explanation, TunnelTarget};
use tokio::{sync::Notify, time::Instant};

use self::{ask::Addresses, cache::Cache, evidence::Evidence, run::Climb};

pub use self::{
    case::Case,
    observed::{Observed, Refused},
    web::WebApp,
};
pub(crate) use self::{
    case::{About, Why},
    forecast::Forecast,
    open::Open,
};

/// When the audit record is looked for, after the refusal: it comes late.
const AUDIT: [Duration; 4] =
    [Duration::ZERO, Duration::from_secs(5), Duration::from_secs(15), Duration::from_secs(45)];
/// How long before the refusal, by our clock, its record may be from.
const AUDIT_BEFORE: Duration = Duration::from_secs(90);
/// The most calls of one climb. A person who may read little has about twelve; who may read everything has those of
/// each folder besides.
const MOST_CALLS: usize = 28;

/// The times of a climb.
#[derive(Debug, Clone)]
pub struct Pace {
    /// How long one source may take.
    pub rung: Duration,
    /// When the audit record is looked for, after the refusal.
    pub audit: Vec<Duration>,
    /// The shortest time between two climbs for one target.
    pub between: Duration,
    /// How long answers are kept for other explanations.
    pub kept: Duration,
    /// How long answers are collected before they are told together.
    pub breath: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            rung: Duration::from_secs(4),
            audit: AUDIT.to_vec(),
            between: Duration::from_secs(10),
            kept: Duration::from_secs(300),
            breath: Duration::from_millis(50),
        }
    }
}

/// How an explanation is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// For the first time: what is known from other explanations is good enough.
    First,
    /// Again, by hand: somebody may have changed something meanwhile.
    Again,
}

/// Explains, and keeps what several explanations share.
#[derive(Default)]
pub struct Explainer {
    pace: Pace,
    cache: Cache,
    /// The last climb for each account, target and kind of question.
    last: Mutex<HashMap<Key, Last>>,
    /// A climb has come to its end.
    ended: Notify,
    addresses: Arc<Addresses>,
}

type Key = (String, TunnelTarget, case::Ladder);

struct Last {
    begun: Instant,
    /// What it found, when it has come to its end.
    found: Option<Evidence>,
}

impl std::fmt::Debug for Explainer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Explainer").field("pace", &self.pace).finish_non_exhaustive()
    }
}

/// Whose turn it is to climb.
enum Turn {
    /// The caller's; it began just now.
    Mine(Instant),
    /// Nobody's: what another climb has found will do.
    Told(Box<Evidence>),
    /// Nobody's before then, or before the one under way has come to its end.
    Wait(Instant),
}

impl Explainer {
    /// With other times than usual.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self { pace, ..Self::default() }
    }

    /// What can be said at once.
    #[must_use]
    pub fn first(&self, id: &str, case: &Arc<Case>) -> Explanation {
        self.climb(id, case, 0, self.pace.kept).first()
    }

    /// Gathers the evidence and tells the explanation again whenever there is more, until it is complete. `revision` is
    /// that of the last one told. Dropping the future ends every call.
    pub async fn explain(
        &self,
        id: &str,
        case: Arc<Case>,
        asked: Asked,
        revision: u32,
        mut tell: impl FnMut(Explanation) + Send,
    ) {
        let mut climb = self.climb(id, &case, revision, self.age(asked));
        let account = case.account.as_ref().map(|(account, _)| account.clone());
        let key = (account.unwrap_or_default(), case.target.clone(), case.ladder());
        let since = Instant::now();
        let begun = loop {
            let ended = self.ended.notified();
            match self.turn(&key, asked, since) {
                Turn::Mine(begun) => break begun,
                Turn::Told(evidence) => return climb.tell(&evidence, &mut tell).await,
                // Either way it is looked at again: another may have begun meanwhile.
                Turn::Wait(over) => {
                    let _ = tokio::time::timeout_at(over, ended).await;
                }
            }
        };
        let evidence = climb.run(tell).await;
        self.end(&key, begun, evidence);
    }

    /// Gathers the evidence without telling anybody.
    async fn climb_once(&self, case: &Arc<Case>, asked: Asked) -> Evidence {
        self.climb("", case, 0, self.age(asked)).run(drop).await
    }

    /// How old a kept answer may be.
    fn age(&self, asked: Asked) -> Duration {
        match asked {
            Asked::First => self.pace.kept,
            Asked::Again => self.pace.between,
        }
    }

    /// Forgets what an account read.
    pub(crate) fn forget(&self, account: &str) {
        self.cache.forget(account);
        self.last.lock().unwrap_or_else(PoisonError::into_inner).retain(|(of, ..), _| of != account);
    }

    fn climb<'a>(&'a self, id: &'a str, case: &Arc<Case>, revision: u32, age: Duration) -> Climb<'a> {
        let (pace, cache, addresses) = (&self.pace, &self.cache, &self.addresses);
        Climb { id, case: case.clone(), pace, cache, addresses, age, revision }
    }

    /// Takes the turn if it is free, for one who has asked at `since`.
    fn turn(&self, key: &Key, asked: Asked, since: Instant) -> Turn {
        let mut all = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, last| last.begun.elapsed() < self.pace.between);
        if let Some(last) = all.get(key) {
            return match &last.found {
                Some(found) if asked == Asked::First || last.begun >= since => {
                    Turn::Told(Box::new(found.clone()))
                }
                Some(_) | None => Turn::Wait(last.begun + self.pace.between),
            };
        }
        let begun = Instant::now();
        all.insert(key.clone(), Last { begun, found: None });
        Turn::Mine(begun)
    }

    /// Keeps what was found for those who wait, unless the account is gone or another climb has begun.
    fn end(&self, key: &Key, begun: Instant, found: Evidence) {
        let mut all = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = all.get_mut(key).filter(|last| last.begun == begun) {
            last.found = Some(found);
        }
        drop(all);
        self.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
