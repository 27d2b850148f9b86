//! Answers that several explanations share, for five minutes (specification, section 11).

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    ask::{Ask, No, Reply},
    evidence::State,
};

/// The most answers that are kept.
const MOST: usize = 2000;
/// For how long a change of a policy is worth a remark.
const SETTLING: Duration = Duration::from_secs(600);

#[derive(Default)]
pub(super) struct Cache(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// By account and question.
    answers: HashMap<(String, Ask), (Instant, State)>,
    /// The etag of each policy as it was seen last, and when that differed from the one before.
    etags: HashMap<(String, Ask), (String, Option<Instant>)>,
}

impl Cache {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        // What is in here can only be older than it might be.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An answer that is no older than `age`.
    pub(super) fn get(&self, account: &str, ask: &Ask, age: Duration) -> Option<State> {
        let inner = self.inner();
        let (since, state) = inner.answers.get(&(account.to_owned(), ask.clone()))?;
        (since.elapsed() < age).then(|| state.clone())
    }

    /// Keeps an answer, unless it may be another one a moment later.
    pub(super) fn put(&self, account: &str, ask: &Ask, state: &State, age: Duration) {
        let keeps = match state {
            State::Here(_) | State::Not(No::Denied | No::Missing) => ask.is_lasting(),
            State::Waiting | State::Not(_) => false,
        };
        if !keeps {
            return;
        }
        let key = (account.to_owned(), ask.clone());
        let mut inner = self.inner();
        if inner.answers.len() >= MOST {
            inner.answers.retain(|_, (since, _)| since.elapsed() < age);
        }
        if inner.answers.len() >= MOST {
            inner.answers.clear();
        }
        inner.answers.insert(key.clone(), (Instant::now(), state.clone()));
        if let (Ask::Policy(_) | Ask::IapPolicy(_), State::Here(Reply::Json(answer))) = (ask, state)
            && let Some(etag) = answer.body.get("etag").and_then(serde_json::Value::as_str)
        {
            inner.note(key, etag);
        }
    }

    /// Whether a policy was seen to change in the last ten minutes.
    pub(super) fn is_settling(&self, account: &str, ask: &Ask) -> bool {
        let inner = self.inner();
        let seen = inner.etags.get(&(account.to_owned(), ask.clone()));
        seen.and_then(|(_, changed)| *changed).is_some_and(|changed| changed.elapsed() < SETTLING)
    }

    /// Forgets what an account read.
    pub(super) fn forget(&self, account: &str) {
        let mut inner = self.inner();
        inner.answers.retain(|(of, _), _| of != account);
        inner.etags.retain(|(of, _), _| of != account);
    }
}

impl Inner {
    fn note(&mut self, key: (String, Ask), etag: &str) {
        if self.etags.len() >= MOST {
            self.etags.clear();
        }
        match self.etags.get_mut(&key) {
            Some((known, changed)) if known != etag => {
                etag.clone_into(known);
                *changed = Some(Instant::now());
            }
            Some(_) => {}
            None => drop(self.etags.insert(key, (etag.to_owned(), None))),
        }
    }
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
}
