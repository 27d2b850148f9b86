//! Answers that several explanations share, for five minutes (specification, section 11).

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::time::Instant;

use super::{
    ask::{Ask, No, Reply},
    evidence::State,
};

/// The most answers that are kept.
const MOST: usize = 2000;
/// The most bytes of answers that are kept, about as they lie in memory.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// The longest etag that is compared; real ones have a dozen characters.
const LONGEST_ETAG: usize = 256;
/// For how long a change of a policy is worth a remark.
const SETTLING: Duration = Duration::from_secs(600);

#[derive(Default)]
pub(super) struct Cache(Mutex<Inner>);

/// The account and the question.
type Key = (String, Ask);

#[derive(Default)]
struct Inner {
    answers: HashMap<Key, Kept>,
    /// The keys of the answers, each once, the oldest first.
    order: VecDeque<Key>,
    /// The sizes of the answers together.
    bytes: usize,
    etags: HashMap<Key, Seen>,
}

struct Kept {
    since: Instant,
    size: usize,
    state: State,
}

/// A policy's etag.
struct Seen {
    /// As it was last.
    etag: String,
    at: Instant,
    /// When it differed from the one before.
    changed: Option<Instant>,
}

impl Cache {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        // What is in here can only be older than it might be.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An answer that is no older than `age`.
    pub(super) fn get(&self, account: &str, ask: &Ask, age: Duration) -> Option<State> {
        let inner = self.inner();
        let kept = inner.answers.get(&(account.to_owned(), ask.clone()))?;
        (kept.since.elapsed() < age).then(|| kept.state.clone())
    }

    /// Keeps an answer, unless it may be another one a moment later, and drops those that are older than `age`.
    pub(super) fn put(&self, account: &str, ask: &Ask, state: &State, age: Duration) {
        let keeps = match state {
            State::Here(_) | State::Not(No::Denied | No::Missing) => ask.is_lasting(),
            State::Waiting | State::Not(_) => false,
        };
        let mut inner = self.inner();
        inner.sweep(age);
        if !keeps {
            return;
        }
        let key = (account.to_owned(), ask.clone());
        inner.keep(&key, state);
        if let (Ask::Policy(_) | Ask::IapPolicy(_), State::Here(Reply::Json(answer))) = (ask, state)
            && let Some(etag) = answer.body.get("etag").and_then(Value::as_str)
            && etag.len() <= LONGEST_ETAG
        {
            inner.note(key, etag);
        }
    }

    /// Whether a policy was seen to change in the last ten minutes.
    pub(super) fn is_settling(&self, account: &str, ask: &Ask) -> bool {
        let inner = self.inner();
        let seen = inner.etags.get(&(account.to_owned(), ask.clone()));
        seen.and_then(|seen| seen.changed).is_some_and(|changed| changed.elapsed() < SETTLING)
    }

    /// Forgets what an account read.
    pub(super) fn forget(&self, account: &str) {
        let mut inner = self.inner();
        inner.answers.retain(|(of, _), _| of != account);
        inner.order.retain(|(of, _)| of != account);
        inner.bytes = inner.answers.values().map(|kept| kept.size).sum();
        inner.etags.retain(|(of, _), _| of != account);
    }
}

impl Inner {
    fn sweep(&mut self, age: Duration) {
        while let Some(oldest) = self.order.front()
            && self.answers.get(oldest).is_none_or(|kept| kept.since.elapsed() >= age)
        {
            self.drop_oldest();
        }
    }

    fn keep(&mut self, key: &Key, state: &State) {
        if let Some(before) = self.answers.remove(key) {
            self.bytes = self.bytes.saturating_sub(before.size);
            self.order.retain(|other| other != key);
        }
        let size = size(state);
        if size > MOST_BYTES {
            return;
        }
        while !self.order.is_empty()
            && (self.order.len() >= MOST || self.bytes.saturating_add(size) > MOST_BYTES)
        {
            self.drop_oldest();
        }
        self.bytes = self.bytes.saturating_add(size);
        self.order.push_back(key.clone());
        self.answers.insert(key.clone(), Kept { since: Instant::now(), size, state: state.clone() });
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.order.pop_front()
            && let Some(kept) = self.answers.remove(&oldest)
        {
            self.bytes = self.bytes.saturating_sub(kept.size);
        }
    }

    fn note(&mut self, key: Key, etag: &str) {
        let now = Instant::now();
        if let Some(seen) = self.etags.get_mut(&key) {
            seen.at = now;
            if seen.etag != etag {
                etag.clone_into(&mut seen.etag);
                seen.changed = Some(now);
            }
            return;
        }
        if self.etags.len() >= MOST {
            let oldest = self.etags.iter().min_by_key(|(_, seen)| seen.at).map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                self.etags.remove(&oldest);
            }
        }
        self.etags.insert(key, Seen { etag: etag.to_owned(), at: now, changed: None });
    }
}

/// About how many bytes an answer takes.
fn size(state: &State) -> usize {
    let within: usize = match state {
        State::Here(Reply::Json(answer)) => size_of_json(&answer.body),
        State::Here(Reply::List(listed)) => size_of_json(&listed.items.body),
        State::Here(Reply::Above(names) | Reply::Addresses(names)) => {
            names.iter().map(|name| size_of::<String>() + name.len()).sum()
        }
        State::Here(Reply::Member(_) | Reply::Device(_)) | State::Waiting | State::Not(_) => 0,
    };
    size_of::<State>() + within
}

/// The parser has bounded the depth.
fn size_of_json(value: &Value) -> usize {
    let within: usize = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size_of_json).sum(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| size_of::<String>() + name.len() + size_of_json(value)).sum()
        }
    };
    size_of::<Value>() + within
}

#[cfg(test)]
mod tests {
    use adit_google::Answer;
    use serde_json::json;

    use super::*;

    const AGE: Duration = Duration::from_secs(300);

    fn policy(etag: &str) -> State {
        State::Here(Reply::Json(Answer { body: json!({ "etag": etag }), date: None }))
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_kept_for_its_account_and_its_time() {
        let cache = Cache::default();
        let ask = Ask::Policy("projects/p".to_owned());
        cache.put("a", &ask, &policy("1"), AGE);
        assert_eq!(cache.get("a", &ask, AGE), Some(policy("1")));
        assert_eq!(cache.get("b", &ask, AGE), None);
        tokio::time::advance(AGE).await;
        assert_eq!(cache.get("a", &ask, AGE), None);
        cache.put("a", &ask, &State::Not(No::TimedOut), AGE);
        cache.put("a", &Ask::Vm, &policy("1"), AGE);
        assert_eq!((cache.get("a", &ask, AGE), cache.get("a", &Ask::Vm, AGE)), (None, None));
        cache.put("a", &ask, &policy("1"), AGE);
        cache.forget("a");
        assert_eq!(cache.get("a", &ask, AGE), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_changed_policy_is_worth_a_remark_for_a_while() {
        let cache = Cache::default();
        let ask = Ask::IapPolicy("projects/p/iap_tunnel".to_owned());
        cache.put("a", &ask, &policy("1"), AGE);
        cache.put("a", &ask, &policy("1"), AGE);
        assert!(!cache.is_settling("a", &ask));
        cache.put("a", &ask, &policy("2"), AGE);
        assert!(cache.is_settling("a", &ask));
        tokio::time::advance(SETTLING).await;
        assert!(!cache.is_settling("a", &ask));
    }

    fn role(number: usize) -> Ask {
        Ask::Role(format!("roles/{number}"))
    }

    fn long(bytes: usize) -> State {
        State::Here(Reply::Json(Answer { body: Value::String("x".repeat(bytes)), date: None }))
    }

    /// How many answers are kept, by both counts, and how large they are.
    fn held(cache: &Cache) -> (usize, usize, usize) {
        let inner = cache.inner();
        (inner.answers.len(), inner.order.len(), inner.bytes)
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_too_old_goes_with_the_next_answer() {
        let cache = Cache::default();
        cache.put("a", &role(1), &long(10), AGE);
        cache.put("b", &role(2), &long(1000), AGE);
        tokio::time::advance(AGE / 2).await;
        cache.put("b", &role(2), &long(10), AGE);
        assert_eq!(held(&cache), (2, 2, 2 * size(&long(10))));
        tokio::time::advance(AGE / 2).await;
        cache.put("a", &Ask::Vm, &long(10), AGE);
        assert_eq!(held(&cache), (1, 1, size(&long(10))));
        assert!(cache.get("b", &role(2), AGE).is_some());
        cache.forget("b");
        assert_eq!(held(&cache), (0, 0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_answer_makes_room() {
        let cache = Cache::default();
        for number in 0..=MOST {
            cache.put("a", &role(number), &State::Not(No::Denied), AGE);
        }
        let known = |number| cache.get("a", &role(number), AGE).is_some();
        assert_eq!((known(0), known(1), known(MOST)), (false, true, true));
        assert_eq!(held(&cache), (MOST, MOST, MOST * size(&State::Not(No::Denied))));

        let cache = Cache::default();
        let third = long(MOST_BYTES / 3 - 1000);
        for number in 0..3 {
            cache.put("a", &role(number), &third, AGE);
        }
        // Read anew, it is the latest.
        cache.put("a", &role(0), &third, AGE);
        cache.put("a", &role(3), &third, AGE);
        let known = |number| cache.get("a", &role(number), AGE).is_some();
        assert_eq!([known(0), known(1), known(2), known(3)], [true, false, true, true]);
        cache.put("a", &role(0), &long(MOST_BYTES), AGE);
        assert_eq!([known(0), known(2), known(3)], [false, true, true]);
    }
}
