//! What this computer knows of itself, looked at again after a while: a person may have turned something on meanwhile.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use adit_contract::Fact;
use serde_json::{Map, Value, json};

use super::words::asking;

/// How long the facts are good enough.
const KEPT: Duration = Duration::from_secs(10);

/// As they were seen last, and when.
static LAST: Mutex<Option<(Instant, Facts)>> = Mutex::new(None);

/// See the module.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Facts {
    /// As the evaluator takes them: `os`, `screenLock`, `encryption`.
    pub(super) client: Map<String, Value>,
    /// As a person reads them, each with how it was found.
    pub(super) facts: Vec<Fact>,
}

/// The facts.
pub(super) async fn facts() -> Facts {
    if let Some(facts) = kept() {
        return facts;
    }
    let facts = Facts::of(&adit_device::look().await);
    *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), facts.clone()));
    facts
}

fn kept() -> Option<Facts> {
    let last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let (since, facts) = last.as_ref()?;
    is_fresh(*since, Instant::now()).then(|| facts.clone())
}

fn is_fresh(since: Instant, now: Instant) -> bool {
    now.saturating_duration_since(since) < KEPT
}

impl Facts {
    fn of(device: &adit_device::Device) -> Self {
        let mut facts = Self::default();
        let os_type = device.os_type.value.map(adit_device::OsType::name);
        if let Some(os_type) = os_type {
            let version = &device.os_version.value;
            facts.client.insert("os".to_owned(), json!({ "type": os_type, "version": version }));
            let told = asking::operating_system(os_type, version.as_deref(), &device.os_version.how);
            facts.facts.push(told);
        }
        if let Some(lock) = device.screen_lock.value {
            facts.client.insert("screenLock".to_owned(), lock.into());
            facts.facts.push(asking::screen_lock(lock, &device.screen_lock.how));
        }
        if let Some(encryption) = device.encryption.value {
            facts.client.insert("encryption".to_owned(), encryption.name().into());
            facts.facts.push(asking::disk_encryption(encryption.name(), &device.encryption.how));
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_are_looked_at_again_after_a_while() {
        let now = Instant::now();
        assert!(is_fresh(now, now));
        assert!(!is_fresh(now, now + KEPT));
    }
}
