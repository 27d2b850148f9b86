//! The explanations that the front end has open.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use adit_contract::{Event, Explanation, Failure, PublicAddress};
use tokio::task::AbortHandle;

use super::{
    Asked, Case, Explainer,
    words::{self, asking},
};
use crate::{events::EventSink, panics::caught};

/// The most explanations at the same time.
const MOST: usize = 32;

/// See the module.
pub(crate) struct Open {
    explainer: Arc<Explainer>,
    sink: Arc<dyn EventSink>,
    all: Mutex<BTreeMap<u64, One>>,
    next: AtomicU64,
}

struct One {
    case: Arc<Case>,
    last: Last,
    task: AbortHandle,
}

/// The one that was told last.
type Last = Arc<Mutex<Explanation>>;

impl Drop for One {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Open {
    pub(crate) fn new(explainer: Arc<Explainer>, sink: Arc<dyn EventSink>) -> Self {
        Self { explainer, sink, all: Mutex::default(), next: AtomicU64::new(1) }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<u64, One>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins; gives what can be said at once.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) when too many are open.
    pub(crate) fn open(&self, case: Case) -> Result<Explanation, Failure> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let id = number.to_string();
        let case = Arc::new(case);
        let first = self.explainer.first(&id, &case);
        let mut all = self.all();
        if all.len() >= MOST {
            return Err(asking::too_many(MOST));
        }
        let last = Arc::new(Mutex::new(first.clone()));
        let task = self.begin(id, &case, &last, Asked::First);
        all.insert(number, One { case, last, task });
        Ok(first)
    }

    /// Gathers the evidence anew, with this computer's public address from where the settings say now.
    ///
    /// # Errors
    /// For one that is not open.
    pub(crate) fn again(&self, id: &str, public_address: PublicAddress) -> Result<(), Failure> {
        let mut all = self.all();
        let one = id.parse().ok().and_then(|number: u64| all.get_mut(&number)).ok_or_else(asking::closed)?;
        one.task.abort();
        one.case = Arc::new(one.case.again(public_address));
        one.task = self.begin(id.to_owned(), &one.case, &one.last, Asked::Again);
        Ok(())
    }

    /// Ends it, and every call that it still makes. One that is not open is closed already.
    pub(crate) fn close(&self, id: &str) {
        if let Ok(number) = id.parse::<u64>() {
            self.all().remove(&number);
        }
    }

    /// Ends those of an account, and forgets what it read.
    pub(crate) fn signed_out(&self, account: &str) {
        let of = |one: &One| one.case.account.as_ref().is_some_and(|(of, _)| of == account);
        self.all().retain(|_, one| !of(one));
        self.explainer.forget(account);
    }

    fn begin(&self, id: String, case: &Arc<Case>, last: &Last, asked: Asked) -> AbortHandle {
        let (explainer, sink) = (self.explainer.clone(), self.sink.clone());
        let (case, last) = (case.clone(), last.clone());
        let task = tokio::spawn(async move {
            let tell = |explanation: Explanation| {
                held(&last).clone_from(&explanation);
                sink.send(Event::Explanation(Box::new(explanation)));
            };
            let revision = held(&last).revision;
            let explained = explainer.explain(&id, case.clone(), asked, revision, tell);
            let explained = caught("the explanation", async {
                explained.await;
                Ok(())
            });
            if let Err(failure) = Box::pin(explained).await {
                let broken = words::broken_off(&case, held(&last).clone(), failure);
                held(&last).clone_from(&broken);
                sink.send(Event::Explanation(Box::new(broken)));
            }
        });
        task.abort_handle()
    }
}

fn held(last: &Last) -> MutexGuard<'_, Explanation> {
    last.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use adit_contract::{FailureCode as Code, RungState, Verdict};
    use tokio::sync::watch;

    use super::*;
    use crate::explain::{Pace, tests as cases};

    /// Panics the first time it hears of an explanation, and keeps the last that it hears of afterwards.
    #[derive(Default)]
    struct Faulty {
        heard: Mutex<u32>,
        last: watch::Sender<Option<Explanation>>,
    }

    impl EventSink for Faulty {
        fn send(&self, event: Event) {
            let Event::Explanation(explanation) = event else { return };
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            *heard += 1;
            assert_ne!(*heard, 1, "a mistake");
            self.last.send_replace(Some(*explanation));
        }
    }

    impl Faulty {
        /// Waits for the last word of an explanation that was told this revision.
        async fn last_word(&self, after: u32) -> Explanation {
            let mut told = self.last.subscribe();
            let told = told
                .wait_for(|told| told.as_ref().is_some_and(|told| told.complete && told.revision > after));
            let told =
                tokio::time::timeout(Duration::from_secs(60), told).await.expect("it never ends").unwrap();
            told.clone().unwrap()
        }
    }

    #[tokio::test]
    async fn a_panic_ends_an_explanation_in_words_and_it_can_be_asked_for_again() {
        for (case, verdict) in
            [(cases::unasked(), Verdict::Undecided), (cases::denied(), Verdict::NotReadable)]
        {
            let sink = Arc::new(Faulty::default());
            // Nothing is waited for: there is nobody to ask here.
            let pace =
                Pace { rung: Duration::ZERO, audit: Vec::new(), between: Duration::ZERO, ..Pace::default() };
            let open = Open::new(Arc::new(Explainer::new(pace)), sink.clone());
            let is_refused = case.observed.is_some();
            let first = open.open(case).unwrap();
            let broken = sink.last_word(first.revision).await;
            assert_eq!(broken.verdict, verdict);
            assert!(broken.remarks.iter().any(|remark| remark.contains("Adit made a mistake")), "{broken:?}");
            assert!(broken.rungs.iter().all(|rung| rung.state != RungState::Waiting), "{broken:?}");
            assert_eq!(broken.title.contains("Adit made a mistake"), !is_refused, "{}", broken.title);

            open.again(&first.id, PublicAddress::AuditOnly).unwrap();
            let whole = sink.last_word(broken.revision).await;
            assert!(whole.remarks.iter().all(|remark| !remark.contains("mistake")), "{whole:?}");
            open.close(&first.id);
            let closed = open.again(&first.id, PublicAddress::AuditOnly).unwrap_err();
            assert_eq!(closed.code, Code::InvalidInput);
        }
    }
}
