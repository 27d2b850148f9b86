//! Who decides about a desktop's certificate: the pin, else the person.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use adit_contract::{CertificateInfo, Failure, Question, Step};
use adit_rdp::{Certificate, Fingerprint, Trust, Verdict};
use async_trait::async_trait;
use tokio::time::Instant;

use super::{
    super::{
        attempt::Tab,
        observer::{Observer as _, Pin, Reply},
    },
    open::Visit,
    pins::{Door, KnownCertificates},
};

use crate::words;

/// What came of the last decision.
#[derive(Debug)]
struct Decided {
    /// What the connection under way is for.
    visit: Visit,
    /// Trusted by the person for this session only.
    once: Option<Fingerprint>,
    /// How long the person took for the connection under way.
    thought: Option<Duration>,
    /// The person does not trust it.
    rejected: bool,
    /// The pins could not be read or written.
    trouble: Option<Failure>,
}

/// See the module. It serves all connections of one attempt.
pub(super) struct Decider {
    tab: Arc<Tab>,
    pins: KnownCertificates,
    door: Door,
    decided: Mutex<Decided>,
}

/// Whether the password goes to whoever holds the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Password {
    Kept,
    Exposed,
}

impl Decider {
    pub(super) fn new(tab: Arc<Tab>, pins: KnownCertificates, door: Door) -> Self {
        let decided =
            Decided { visit: Visit::First, once: None, thought: None, rejected: false, trouble: None };
        Self { tab, pins, door, decided: Mutex::new(decided) }
    }

    fn decided(&self) -> MutexGuard<'_, Decided> {
        self.decided.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection begins.
    pub(super) fn begin(&self, visit: Visit) {
        let mut decided = self.decided();
        decided.visit = visit;
        decided.thought = None;
    }

    /// Whether the person was asked for the connection under way: a server may have given up meanwhile.
    pub(super) fn has_kept_waiting(&self) -> bool {
        self.decided().thought.is_some()
    }

    pub(super) fn was_rejected(&self) -> bool {
        self.decided().rejected
    }

    /// Why nothing could be decided.
    pub(super) fn take_trouble(&self) -> Option<Failure> {
        self.decided().trouble.take()
    }

    async fn verdict(&self, certificate: &Certificate, password: Password) -> Result<Verdict, Failure> {
        let shown = certificate.fingerprint;
        match self.pins.pinned(&self.door).await? {
            Some(pinned) if pinned == shown => return Ok(Verdict::Pinned),
            Some(expected) => return Ok(Verdict::Changed { expected }),
            None => {}
        }
        match self.decided().once {
            Some(once) if once != shown => return Ok(Verdict::Changed { expected: once }),
            Some(_) if password == Password::Kept => return Ok(Verdict::Once),
            Some(_) | None => {}
        }
        let question = Question::NewCertificate {
            certificate: info(certificate),
            exposes_password: password == Password::Exposed,
        };
        let asked = Instant::now();
        let reply = self.tab.ask(question).await;
        self.decided().thought = Some(asked.elapsed());
        match reply {
            Some(Reply::Certificate(Pin::ForGood)) => {
                // At once: whoever trusted it is not asked again, whatever becomes of this attempt.
                let pinned = self.pins.pin_first(&self.door, shown).await?;
                Ok(if pinned == shown { Verdict::Pinned } else { Verdict::Changed { expected: pinned } })
            }
            Some(Reply::Certificate(Pin::Once)) if password == Password::Kept => {
                self.decided().once = Some(shown);
                Ok(Verdict::Once)
            }
            Some(
                Reply::Certificate(Pin::Once)
                | Reply::Reject
                | Reply::Trust
                | Reply::Answers(_)
                | Reply::Credentials { .. }
                | Reply::SetPassword { .. },
            )
            | None => {
                self.decided().rejected = true;
                Ok(Verdict::Unknown)
            }
        }
    }

    async fn decide_with(&self, certificate: &Certificate, password: Password) -> Verdict {
        let verdict = self.verdict(certificate, password).await.unwrap_or_else(|failure| {
            self.decided().trouble = Some(failure);
            Verdict::Unknown
        });
        if matches!(verdict, Verdict::Pinned | Verdict::Once) && self.decided().visit == Visit::First {
            self.tab.step(Step::SignIn, words::sessions::signing_in_to(&self.tab.session.instance.name));
        }
        verdict
    }
}

#[async_trait]
impl Trust for Decider {
    async fn decide(&self, certificate: &Certificate) -> Verdict {
        self.decide_with(certificate, Password::Kept).await
    }

    async fn decide_without_nla(&self, certificate: &Certificate) -> Verdict {
        self.decide_with(certificate, Password::Exposed).await
    }
}

fn info(certificate: &Certificate) -> CertificateInfo {
    CertificateInfo {
        subject: certificate.subject.clone(),
        issuer: certificate.issuer.clone(),
        not_before: certificate.not_before.clone(),
        not_after: certificate.not_after.clone(),
        fingerprint: certificate.fingerprint.to_string(),
    }
}
