//! One climb of the ladder: everything is asked at once, what comes back is judged again and told.

use std::{sync::Arc, time::Duration};

use adit_access::{Explanation as Judged, Input};
use adit_contract::Explanation;
use adit_google::{Error, Google};
use tokio::{task::JoinSet, time::Instant};

use super::{
    Pace,
    ask::{Addresses, Ask, Asking, No, Reply},
    cache::Cache,
    case::Case,
    evidence::{Evidence, State},
    gate, plan, troubleshooter, words,
};

/// What a climb needs.
pub(super) struct Climb<'a> {
    pub(super) id: &'a str,
    pub(super) case: Arc<Case>,
    pub(super) pace: &'a Pace,
    pub(super) cache: &'a Cache,
    pub(super) addresses: &'a Arc<Addresses>,
    /// Kept answers older than this are asked for anew.
    pub(super) age: Duration,
    pub(super) revision: u32,
}

/// An answer; nothing when it took too long.
type Answered = (Ask, Option<Result<Reply, Error>>);

impl Climb<'_> {
    /// What can be said before anything was asked.
    pub(super) fn first(&self) -> Explanation {
        let mut evidence = Evidence::of(&self.case);
        let input = evidence.input(&self.case);
        let judged = adit_access::explain_permission(&input, self.case.judged());
        // Shown as waiting from the start, so that nothing jumps.
        for ask in plan::next(&self.case, &evidence, &judged, &self.pace.audit) {
            evidence.set(ask, State::Waiting);
        }
        words::explanation(self.id, self.revision, &self.case, &evidence, (&input, &judged), None)
    }

    /// Climbs, telling what has changed each time, and gives what was found. Dropping the future ends it all.
    pub(super) async fn run(mut self, mut tell: impl FnMut(Explanation)) -> Evidence {
        let mut evidence = Evidence::of(&self.case);
        let account = self.case.account.clone();
        let Some((account, access)) = account else {
            self.tell(&evidence, &mut tell).await;
            return evidence;
        };
        self.who(&access, &mut evidence).await;
        let google = access.google();
        let mut tasks = JoinSet::new();
        loop {
            let found = self.judge(&evidence).await;
            let asks = plan::next(&self.case, &evidence, found.decisive(), &self.pace.audit);
            let mut kept = false;
            for ask in asks {
                kept |= self.begin(&mut tasks, &mut evidence, &account, &google, ask);
            }
            if kept {
                continue;
            }
            self.say(&evidence, found, &mut tell);
            let Some(first) = tasks.join_next().await else { break };
            tokio::time::sleep(self.pace.breath).await;
            self.take(&mut evidence, &account, first);
            while let Some(more) = tasks.try_join_next() {
                self.take(&mut evidence, &account, more);
            }
            if evidence.throttled {
                tasks.abort_all();
                evidence.give_up(words::asking::SLOW_DOWN);
                self.tell(&evidence, &mut tell).await;
                break;
            }
        }
        evidence
    }

    /// Tells what evidence that is there already comes to.
    pub(super) async fn tell(&mut self, evidence: &Evidence, tell: &mut impl FnMut(Explanation)) {
        let found = self.judge(evidence).await;
        self.say(evidence, found, tell);
    }

    fn say(&mut self, evidence: &Evidence, found: Found, tell: &mut impl FnMut(Explanation)) {
        self.revision = self.revision.saturating_add(1);
        let Found { input, judged, gate } = found;
        let judged = (&input, &judged);
        tell(words::explanation(self.id, self.revision, &self.case, evidence, judged, gate.as_ref()));
    }

    /// Judges on another thread: a policy can be large, and the runtime has others to serve.
    async fn judge(&self, evidence: &Evidence) -> Found {
        let input = evidence.input(&self.case);
        let gate = gate::input(&self.case, evidence);
        let permission = self.case.judged();
        let judged = tokio::task::spawn_blocking(move || Found {
            judged: adit_access::explain_permission(&input, permission),
            input,
            gate: gate.as_ref().map(adit_access::explain),
        });
        match judged.await.map_err(tokio::task::JoinError::try_into_panic) {
            Ok(found) => found,
            // What began the climb says so.
            Err(Ok(panic)) => std::panic::resume_unwind(panic),
            Err(Err(error)) => {
                tracing::error!(%error, "an explanation could not be judged");
                let input = adit_access::Input::default();
                Found { judged: adit_access::explain(&input), input, gate: None }
            }
        }
    }

    async fn who(&self, access: &crate::access::Access, evidence: &mut Evidence) {
        let identity = tokio::time::timeout(self.pace.rung, access.identity()).await;
        if let Ok(Ok(identity)) = identity {
            evidence.email = Some(identity.email.clone());
            evidence.hosted_domain.clone_from(&identity.hosted_domain);
        }
    }

    /// Asks, unless the answer is known already: `true` then.
    fn begin(
        &self,
        tasks: &mut JoinSet<Answered>,
        evidence: &mut Evidence,
        account: &str,
        google: &Google,
        ask: Ask,
    ) -> bool {
        if let Some(state) = self.cache.get(account, &ask, self.age) {
            evidence.set(ask, state);
            return true;
        }
        let asking = Asking {
            case: self.case.clone(),
            google: google.clone(),
            email: evidence.email.clone().unwrap_or_default(),
            at: evidence.time(&self.case),
            vm_id: evidence.vm_id(),
            tuple: troubleshooter::tuple(&self.case, evidence),
            addresses: self.addresses.clone(),
            age: self.age,
        };
        let due = self.due(&ask);
        let limit = self.pace.rung;
        evidence.calls = evidence.calls.saturating_add(ask.calls());
        evidence.set(ask.clone(), State::Waiting);
        tasks.spawn(async move {
            tokio::time::sleep_until(due).await;
            let answer = tokio::time::timeout(limit, ask.ask(&asking)).await.ok();
            (ask, answer)
        });
        false
    }

    /// Records come late: they are looked for again after a while.
    fn due(&self, ask: &Ask) -> Instant {
        let now = Instant::now();
        let Ask::Audit(number) = ask else { return now };
        let after = self.pace.audit.get(*number).copied().unwrap_or_default();
        let passed = self.case.time().elapsed().unwrap_or_default();
        now + after.saturating_sub(passed)
    }

    fn take(
        &self,
        evidence: &mut Evidence,
        account: &str,
        answered: Result<Answered, tokio::task::JoinError>,
    ) {
        let (ask, answer) = match answered {
            Ok(answered) => answered,
            Err(error) => {
                tracing::error!(%error, "a question's task ended unexpectedly");
                evidence.give_up(words::asking::FAILED);
                return;
            }
        };
        let state = match answer {
            Some(Ok(reply)) => {
                if let Reply::Json(answer) = &reply {
                    evidence.tick(answer.date);
                }
                State::Here(reply)
            }
            Some(Err(error)) => {
                evidence.tick(error.details.date);
                let no = No::from(&error);
                evidence.throttled |= no == No::Throttled;
                State::Not(no)
            }
            None => State::Not(No::TimedOut),
        };
        self.cache.put(account, &ask, &state, self.pace.kept);
        if self.cache.is_settling(account, &ask) {
            evidence.settling.insert(ask.clone());
        }
        evidence.set(ask, state);
    }
}

/// What the evaluator made of it.
struct Found {
    input: Input,
    judged: Judged,
    /// Of the levels that a perimeter or an access binding asks for.
    gate: Option<Judged>,
}

impl Found {
    /// The one that says what is still unread.
    fn decisive(&self) -> &Judged {
        self.gate.as_ref().unwrap_or(&self.judged)
    }
}
