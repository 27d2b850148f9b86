//! Sessions: one for each tab, from the first click to its end, with every state in between.

mod attempt;
mod connect;
mod host;
mod key;
mod known_hosts;
mod log_in;
mod observer;
mod publish;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use adit_contract::{
    Event, Failure, FailureCode, InstanceRef, InstanceStatus, NoteKind, Question, SessionAnswer, SessionEnd,
    SessionInfo, SessionState, Step, TunnelTarget,
};
use adit_ssh::{HostKey, Size};
use adit_tunnel::Control;
use secrecy::SecretString;
use tokio::{sync::oneshot, task::AbortHandle};

use crate::{
    events::EventSink,
    explain::{Observed, Why},
    failure, now,
    stream::Outlet,
};

pub use self::{
    connect::{Connected, Context, HostKeyRule, IfStopped, Refusal, connect},
    known_hosts::KnownHosts,
    observer::{Observer, Reply},
};

/// The most sessions at the same time.
const MAX_SESSIONS: usize = 64;

/// What a session needs from the app.
pub(crate) trait Surroundings: Send + Sync {
    /// What a connection to an instance needs, with the account that sees it.
    fn context(&self, instance: &InstanceRef) -> Result<Context, Failure>;
    /// A connection found an instance in this state.
    fn found_status(&self, instance: &InstanceRef, status: InstanceStatus);
    /// A connection found that an account has to sign in again.
    fn sign_in_needed(&self, account: &str);
    /// The relay took this long to answer.
    fn round_trip(&self, session: &str, time: Option<std::time::Duration>);
}

/// All sessions, oldest first.
pub(crate) struct Sessions {
    sink: Arc<dyn EventSink>,
    surroundings: Arc<dyn Surroundings>,
    all: Mutex<BTreeMap<u64, Arc<Session>>>,
    next: std::sync::atomic::AtomicU64,
}

/// One tab.
pub(crate) struct Session {
    id: String,
    instance: InstanceRef,
    sink: Arc<dyn EventSink>,
    surroundings: Arc<dyn Surroundings>,
    inner: Mutex<Inner>,
}

struct Inner {
    info: SessionInfo,
    size: Size,
    outlet: Arc<Outlet>,
    /// Ends the attempt.
    task: Option<AbortHandle>,
    /// Where the answer to the question goes.
    asked: Option<oneshot::Sender<Reply>>,
    /// Steers the tunnel.
    control: Option<Control>,
    /// The host key that was presented instead of the known one.
    presented: Option<HostKey>,
    /// The account of the last attempt.
    account: Option<String>,
    /// What was seen when it failed, and when.
    seen: Option<(Observed, f64)>,
    /// Counts starts and stops: what an attempt says after its stop is dropped.
    epoch: u64,
}

impl Sessions {
    pub(crate) fn new(sink: Arc<dyn EventSink>, surroundings: Arc<dyn Surroundings>) -> Self {
        Self { sink, surroundings, all: Mutex::default(), next: std::sync::atomic::AtomicU64::new(1) }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Session>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn infos(&self) -> Vec<SessionInfo> {
        self.all().values().map(|session| session.info()).collect()
    }

    pub(crate) fn get(&self, id: &str) -> Result<Arc<Session>, Failure> {
        let number: Option<u64> = id.parse().ok();
        number.and_then(|number| self.all().get(&number).cloned()).ok_or_else(|| {
            Failure::new(FailureCode::InvalidInput, "This tab is closed", "Open the VM again.")
        })
    }

    /// Opens a tab and begins to connect.
    pub(crate) fn open(&self, instance: InstanceRef, size: Size) -> Result<String, Failure> {
        let number = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let session = {
            let mut all = self.all();
            if all.len() >= MAX_SESSIONS {
                return Err(Failure::new(
                    FailureCode::InvalidInput,
                    format!("{MAX_SESSIONS} tabs are open"),
                    "Close one of them first.",
                ));
            }
            let session = Session::new(
                number.to_string(),
                instance,
                size,
                self.sink.clone(),
                self.surroundings.clone(),
            );
            all.insert(number, session.clone());
            session
        };
        session.start(IfStopped::Fail, HostKeyRule::Known);
        Ok(session.id.clone())
    }

    /// Closes a tab and ends what runs in it.
    pub(crate) fn close(&self, id: &str) -> Result<(), Failure> {
        let session = self.get(id)?;
        session.close();
        if let Ok(number) = id.parse::<u64>() {
            self.all().remove(&number);
        }
        self.sink.send(Event::SessionClosed(id.to_owned()));
        Ok(())
    }

    /// Ends the sessions of an account that signs out.
    pub(crate) fn signed_out(&self, account: &str) {
        for session in self.all().values() {
            if session.inner().account.as_deref() == Some(account) {
                session.end_with(|was_live| SessionState::Failed {
                    failure: failure::sign_in_needed("The account was signed out"),
                    was_live,
                });
            }
        }
    }
}

impl Session {
    fn new(
        id: String,
        instance: InstanceRef,
        size: Size,
        sink: Arc<dyn EventSink>,
        surroundings: Arc<dyn Surroundings>,
    ) -> Arc<Self> {
        let info = SessionInfo {
            id: id.clone(),
            instance: instance.clone(),
            user: None,
            state: connecting(Step::ReadVm, format!("Reading {}", instance.name), now()),
            notes: Vec::new(),
            attempt: 0,
        };
        let inner = Inner {
            info,
            size,
            outlet: Arc::new(Outlet::new()),
            task: None,
            asked: None,
            control: None,
            presented: None,
            account: None,
            seen: None,
            epoch: 0,
        };
        Arc::new(Self { id, instance, sink, surroundings, inner: Mutex::new(inner) })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Every change below is whole before anything could panic.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn info(&self) -> SessionInfo {
        self.inner().info.clone()
    }

    /// How it failed, to be explained.
    pub(crate) fn why(&self) -> Why {
        let inner = self.inner();
        let failure = match &inner.info.state {
            SessionState::Failed { failure, .. } => Some(failure.clone()),
            SessionState::Connecting { .. }
            | SessionState::Asking { .. }
            | SessionState::Live
            | SessionState::Resuming { .. }
            | SessionState::Ended { .. } => None,
        };
        let seen = inner.seen.clone().filter(|_| failure.is_some());
        let target = TunnelTarget::Instance {
            instance: self.instance.clone(),
            interface: connect::INTERFACE.to_owned(),
            port: connect::PORT,
        };
        Why { target, failure, seen }
    }

    /// The stream of the attempt that runs or ran last.
    pub(crate) fn outlet(&self) -> Arc<Outlet> {
        self.inner().outlet.clone()
    }

    /// Changes the session for the attempt of this epoch and tells the front end; what a stopped attempt
    /// still has to say is dropped.
    fn change(&self, epoch: u64, change: impl FnOnce(&mut Inner)) {
        let mut inner = self.inner();
        if inner.epoch != epoch {
            return;
        }
        change(&mut inner);
        // Sent under the lock, so that the front end sees the changes in their order.
        self.sink.send(Event::Session(inner.info.clone()));
    }

    /// Begins a new attempt in place of the one before.
    fn start(self: &Arc<Self>, if_stopped: IfStopped, rule: HostKeyRule) {
        let mut inner = self.inner();
        inner.stop();
        // A key that was shown for an earlier attempt is no longer on offer.
        inner.presented = None;
        inner.seen = None;
        inner.info.attempt = inner.info.attempt.wrapping_add(1);
        inner.info.state = connecting(Step::ReadVm, format!("Reading {}", self.instance.name), now());
        inner.outlet = Arc::new(Outlet::new());
        self.sink.send(Event::Session(inner.info.clone()));
        let epoch = inner.epoch;
        let task = tokio::spawn(attempt::run(self.clone(), epoch, if_stopped, rule));
        inner.task = Some(task.abort_handle());
        drop(inner);
        // A mistake of ours ends its own tab and nothing else.
        let session = self.clone();
        tokio::spawn(async move {
            if task.await.is_err_and(|error| error.is_panic()) {
                session.surroundings.round_trip(&session.id, None);
                session.change(epoch, |inner| {
                    inner.fail(failure::internal("the session's task ended unexpectedly"), None);
                });
            }
        });
    }

    /// Takes an answer to a question, or to what a failed or resuming session offers.
    pub(crate) fn answer(self: &Arc<Self>, answer: SessionAnswer) -> Result<(), Failure> {
        match answer {
            SessionAnswer::TrustHostKey => self.inner().reply(Reply::Trust),
            SessionAnswer::RejectHostKey => self.inner().reply(Reply::Reject),
            SessionAnswer::SecondFactor { answers } => {
                self.inner().reply(Reply::Answers(answers.into_iter().map(SecretString::from).collect()))
            }
            SessionAnswer::ResumeNow => {
                if let Some(control) = &self.inner().control {
                    control.resume_now();
                }
                Ok(())
            }
            SessionAnswer::TryAgain => self.again(IfStopped::Fail, HostKeyRule::Known),
            SessionAnswer::StartAndConnect => self.again(IfStopped::Start, HostKeyRule::Known),
            SessionAnswer::ReplaceHostKey => {
                let presented = self.inner().presented.take().ok_or_else(out_of_place)?;
                self.again(IfStopped::Fail, HostKeyRule::Replace(presented))
            }
        }
    }

    fn again(self: &Arc<Self>, if_stopped: IfStopped, rule: HostKeyRule) -> Result<(), Failure> {
        match self.inner().info.state {
            SessionState::Ended { .. } | SessionState::Failed { .. } => {}
            SessionState::Connecting { .. }
            | SessionState::Asking { .. }
            | SessionState::Live
            | SessionState::Resuming { .. } => return Err(out_of_place()),
        }
        self.start(if_stopped, rule);
        Ok(())
    }

    pub(crate) fn dismiss_note(&self, kind: NoteKind) {
        let mut inner = self.inner();
        inner.info.notes.retain(|note| note.kind != kind);
        self.sink.send(Event::Session(inner.info.clone()));
    }

    /// Ends what runs; the tab stays.
    pub(crate) fn cancel(&self) {
        self.end_with(|was_live| {
            if was_live {
                SessionState::Ended { end: SessionEnd::Closed }
            } else {
                SessionState::Failed { failure: failure::cancelled(), was_live }
            }
        });
    }

    fn end_with(&self, state: impl FnOnce(bool) -> SessionState) {
        let mut inner = self.inner();
        let was_live = match inner.info.state {
            SessionState::Connecting { .. } | SessionState::Asking { .. } => false,
            SessionState::Live | SessionState::Resuming { .. } => true,
            SessionState::Ended { .. } | SessionState::Failed { .. } => return,
        };
        inner.stop();
        inner.info.state = state(was_live);
        self.sink.send(Event::Session(inner.info.clone()));
        drop(inner);
        self.surroundings.round_trip(&self.id, None);
    }

    fn close(&self) {
        self.inner().stop();
        self.surroundings.round_trip(&self.id, None);
    }
}

impl Inner {
    /// Ends the attempt's task and all that belongs to it.
    fn stop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        self.epoch = self.epoch.wrapping_add(1);
        self.outlet.pipe.end();
        self.asked = None;
        self.control = None;
    }

    /// The attempt is over and did not work.
    fn fail(&mut self, failure: Failure, observed: Option<Observed>) {
        self.seen = observed.map(|observed| (observed, now()));
        let was_live = matches!(self.info.state, SessionState::Live | SessionState::Resuming { .. });
        self.info.state = SessionState::Failed { failure, was_live };
        self.stop();
    }

    /// Hands a reply to the question that is being asked, if it is one to it.
    fn reply(&mut self, reply: Reply) -> Result<(), Failure> {
        let SessionState::Asking { question } = &self.info.state else { return Err(out_of_place()) };
        match (question, &reply) {
            (Question::NewHostKey { .. }, Reply::Trust | Reply::Reject) => {}
            (Question::SecondFactor { prompts, .. }, Reply::Answers(answers))
                if answers.len() == prompts.len() => {}
            (Question::NewHostKey { .. } | Question::SecondFactor { .. }, _) => return Err(out_of_place()),
        }
        let asked = self.asked.take().ok_or_else(out_of_place)?;
        asked.send(reply).map_err(|_| out_of_place())
    }
}

fn out_of_place() -> Failure {
    Failure::new(FailureCode::InvalidInput, "The session no longer asks for this", "")
}

fn connecting(step: Step, text: String, since: f64) -> SessionState {
    SessionState::Connecting { step, text, since }
}

#[cfg(test)]
mod tests;
