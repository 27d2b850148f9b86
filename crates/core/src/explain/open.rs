//! The explanations that the front end has open.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
};

use adit_contract::{Event, Explanation, Failure, FailureCode, PublicAddress};
use tokio::task::AbortHandle;

use super::{Asked, Case, Explainer};
use crate::events::EventSink;

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
    /// That of the last one told.
    revision: Arc<AtomicU32>,
    task: AbortHandle,
}

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
    /// [`FailureCode::InvalidInput`] when too many are open.
    pub(crate) fn open(&self, case: Case) -> Result<Explanation, Failure> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let id = number.to_string();
        let case = Arc::new(case);
        let first = self.explainer.first(&id, &case);
        let mut all = self.all();
        if all.len() >= MOST {
            return Err(Failure::new(
                FailureCode::InvalidInput,
                format!("{MOST} explanations are open"),
                "Close one of them first.",
            ));
        }
        let revision = Arc::new(AtomicU32::new(first.revision));
        let task = self.begin(id, &case, &revision, Asked::First);
        all.insert(number, One { case, revision, task });
        Ok(first)
    }

    /// Gathers the evidence anew, with this computer's public address from where the settings say now.
    ///
    /// # Errors
    /// For one that is not open.
    pub(crate) fn again(&self, id: &str, public_address: PublicAddress) -> Result<(), Failure> {
        let mut all = self.all();
        let one = id.parse().ok().and_then(|number: u64| all.get_mut(&number)).ok_or_else(closed)?;
        one.task.abort();
        one.case = Arc::new(one.case.again(public_address));
        one.task = self.begin(id.to_owned(), &one.case, &one.revision, Asked::Again);
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

    fn begin(&self, id: String, case: &Arc<Case>, revision: &Arc<AtomicU32>, asked: Asked) -> AbortHandle {
        let (explainer, sink) = (self.explainer.clone(), self.sink.clone());
        let (case, revision) = (case.clone(), revision.clone());
        let last = revision.load(Ordering::Relaxed);
        let task = tokio::spawn(async move {
            let tell = |explanation: Explanation| {
                revision.store(explanation.revision, Ordering::Relaxed);
                sink.send(Event::Explanation(Box::new(explanation)));
            };
            explainer.explain(&id, case, asked, last, tell).await;
        });
        task.abort_handle()
    }
}

fn closed() -> Failure {
    Failure::new(FailureCode::InvalidInput, "This explanation is closed", "Ask for it again.")
}
