//! One attempt of a session, as far as it is the same whatever it speaks: how it is shown, and how it ends.

use std::{sync::Arc, time::Duration};

use adit_contract::{
    Failure, FailureCode, InstanceStatus, Note, NoteKind, Protocol, Question, SessionState, Step,
};
use adit_rdp::Fingerprint;
use adit_ssh::HostKey;
use adit_tunnel::{Event as TunnelEvent, Watch};
use async_trait::async_trait;
use tokio::sync::oneshot;

use super::{
    connect::Refusal,
    desktop,
    observer::{Observer, Reply},
    session::{Session, connecting},
    terminal,
    vm::IfStopped,
};
use crate::{
    explain::{Observed, Refused},
    failure, now, words,
};

/// How long the tunnel may take to say why it ended after what it carried has.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(2);
/// Beyond this no countdown is computed: it is the same as never, in milliseconds.
const FAR: f64 = 1e15;

/// What an attempt does otherwise than a first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    /// Nothing.
    Plain,
    /// A VM that does not run is started.
    WithVm,
    /// This host key takes the place of the pinned one.
    ReplaceHostKey(HostKey),
    /// This certificate takes the place of the pinned one.
    ReplaceCertificate(Fingerprint),
    /// Name and password are asked for, whatever is remembered.
    OtherCredentials,
}

impl Start {
    pub(super) fn if_stopped(&self) -> IfStopped {
        match self {
            Self::WithVm => IfStopped::Start,
            Self::Plain | Self::ReplaceHostKey(_) | Self::ReplaceCertificate(_) | Self::OtherCredentials => {
                IfStopped::Fail
            }
        }
    }
}

/// What a VM showed instead of what is pinned, to be put in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Presented {
    HostKey(HostKey),
    Certificate(Fingerprint),
}

/// Why an attempt is over that has not come to an end of its own.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    pub(super) failure: Failure,
    pub(super) presented: Option<Presented>,
    /// The VM's state, where it was read.
    status: Option<InstanceStatus>,
    /// What was seen of it, to be explained.
    observed: Option<Observed>,
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Refusal::from(failure).into()
    }
}

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Self {
        Refusal::from(refused).into()
    }
}

impl From<Refusal> for Failed {
    fn from(Refusal { failure, presented, status, observed }: Refusal) -> Self {
        Self { failure, presented: presented.map(Presented::HostKey), status, observed }
    }
}

/// Shows an attempt in its tab.
pub(super) struct Tab {
    pub(super) session: Arc<Session>,
    pub(super) epoch: u64,
    since: f64,
}

#[async_trait]
impl Observer for Tab {
    fn step(&self, step: Step, text: String) {
        self.session.change(self.epoch, |inner| inner.info.state = connecting(step, text, self.since));
    }

    fn user(&self, name: &str) {
        self.session.change(self.epoch, |inner| inner.info.user = Some(name.to_owned()));
    }

    fn note(&self, note: Note) {
        self.session.change_if(self.epoch, |inner| inner.note(note));
    }

    async fn ask(&self, question: Question) -> Option<Reply> {
        let (answer, answered) = oneshot::channel();
        self.session.change(self.epoch, |inner| {
            inner.asked = Some(answer);
            inner.info.state = SessionState::Asking { question };
        });
        let reply = answered.await.ok();
        // The question is answered: it must not stay on the screen until the next step.
        let text = words::sessions::signing_in_to(&self.session.instance.name);
        self.step(Step::SignIn, text);
        reply
    }
}

/// How a tunnel ended.
pub(super) enum TunnelEnd {
    Closed,
    Lost(adit_tunnel::Failure),
}

impl Tab {
    /// Says what of a desktop does not work here, beside what was said already.
    pub(super) fn limited(&self, text: &str) {
        let note = Note { kind: NoteKind::Limited, text: text.to_owned() };
        self.session.change_if(self.epoch, |inner| inner.note(note));
    }

    /// The connection is up: what is shown from now on is the VM's.
    pub(super) fn live(&self, watch: &Watch) {
        self.session.surroundings.found_status(&self.session.instance, InstanceStatus::Running);
        self.session.change(self.epoch, |inner| {
            inner.control = Some(watch.control());
            inner.was_live = true;
            inner.info.state = SessionState::Live;
        });
    }

    /// Shows what happens to the tunnel; gives its end.
    pub(super) fn tunnel(&self, event: Option<TunnelEvent>) -> Option<TunnelEnd> {
        let session = &self.session;
        let resuming = |text: String, next: u32, wait: Duration| {
            let next_at = (now() + wait.as_secs_f64() * 1000.0).min(FAR);
            session.change(self.epoch, |inner| {
                inner.info.state = SessionState::Resuming { text, attempt: next, next_at };
            });
        };
        match event {
            None | Some(TunnelEvent::Closed { .. }) => return Some(TunnelEnd::Closed),
            Some(TunnelEvent::Failed { failure, .. }) => return Some(TunnelEnd::Lost(failure)),
            Some(TunnelEvent::Reconnecting { code: _, reason: _, attempt: next, wait }) => {
                let text = match session.protocol {
                    Protocol::Ssh => words::sessions::TERMINAL_RESUMES,
                    Protocol::Rdp => words::desktop::RESUMES,
                };
                resuming(text.to_owned(), next, wait);
            }
            Some(TunnelEvent::SignInNeeded { message }) => {
                session.sign_in_needed();
                resuming(words::sessions::resumes_after_sign_in(&message), 1, Duration::ZERO);
            }
            Some(TunnelEvent::Resumed) => {
                session.change(self.epoch, |inner| inner.info.state = SessionState::Live);
            }
            Some(TunnelEvent::RoundTrip(time)) => session.surroundings.round_trip(&session.id, Some(time)),
            Some(_) => {}
        }
        None
    }

    /// What it means that a tunnel was lost for good.
    pub(super) fn lost(&self, failure: &adit_tunnel::Failure) -> Refused {
        Refused {
            observed: Observed::of_loss(failure),
            failure: failure::lost(failure, &self.session.instance, self.session.port()),
        }
    }
}

/// Runs one attempt to its end and leaves the session in the state that shows it.
pub(super) async fn run(session: Arc<Session>, epoch: u64, start: Start) {
    let tab = Arc::new(Tab { session: session.clone(), epoch, since: now() });
    let result = match session.protocol {
        Protocol::Ssh => Box::pin(terminal::run(&tab, start)).await,
        Protocol::Rdp => Box::pin(desktop::run(&tab, start)).await,
    };
    session.surroundings.round_trip(&session.id, None);
    if let Err(failed) = &result {
        if let Some(status) = failed.status {
            session.surroundings.found_status(&session.instance, status);
        }
        if failed.failure.code == FailureCode::SignInNeeded {
            session.sign_in_needed();
        }
    }
    session.change(epoch, |inner| {
        // Not aborted by `stop`: this very task must come to its own end.
        inner.task = None;
        match result {
            Ok(end) => {
                inner.info.state = SessionState::Ended { end };
                inner.stop();
            }
            Err(failed) => {
                inner.presented = failed.presented;
                inner.fail(failed.failure, failed.observed);
            }
        }
    });
}
