//! What a person answers to a question, or to what a failed or resuming session offers.

use std::sync::Arc;

use adit_contract::{Action, Failure, Protocol, Question, SessionAnswer, SessionState};
use secrecy::SecretString;

use super::{
    attempt::{Presented, Start},
    desktop,
    observer::{Pin, Remember, Reply, Role},
    session::{Inner, Session},
};

use crate::words;

impl Session {
    /// Takes an answer to a question, or to what a failed or resuming session offers. May write a setting down, and blocks
    /// then; to be called in a tokio runtime.
    pub(crate) fn answer(self: &Arc<Self>, answer: SessionAnswer) -> Result<(), Failure> {
        match answer {
            SessionAnswer::TrustHostKey => self.inner().reply(Reply::Trust),
            SessionAnswer::RejectHostKey | SessionAnswer::RejectCertificate => {
                self.inner().reply(Reply::Reject)
            }
            SessionAnswer::SecondFactor { answers } => {
                self.inner().reply(Reply::Answers(answers.into_iter().map(SecretString::from).collect()))
            }
            SessionAnswer::TrustCertificate { pin } => {
                self.inner().reply(Reply::Certificate(if pin { Pin::ForGood } else { Pin::Once }))
            }
            SessionAnswer::Credentials { user, password, remember } => {
                // At once a type that is wiped and not shown.
                let password = SecretString::from(password);
                desktop::check_typed(&user, &password)?;
                self.inner().reply(Reply::Credentials { user, password, remember: remembering(remember) })
            }
            SessionAnswer::SetPassword { user, administrator, remember } => {
                let role = if administrator { Role::Administrator } else { Role::User };
                crate::windows_password::check_name(&user, &self.instance)?;
                self.inner().reply(Reply::SetPassword { user, role, remember: remembering(remember) })
            }
            SessionAnswer::ResumeNow => {
                if let Some(control) = &self.inner().control {
                    control.resume_now();
                }
                Ok(())
            }
            SessionAnswer::TryAgain => self.again(Start::Plain),
            SessionAnswer::StartAndConnect => self.again(Start::WithVm),
            SessionAnswer::ReplaceHostKey => match self.presented()? {
                Presented::HostKey(key) => self.again(Start::ReplaceHostKey(key)),
                Presented::Certificate(_) => Err(words::sessions::not_asked()),
            },
            SessionAnswer::ReplaceCertificate => match self.presented()? {
                Presented::Certificate(fingerprint) => self.again(Start::ReplaceCertificate(fingerprint)),
                Presented::HostKey(_) => Err(words::sessions::not_asked()),
            },
            SessionAnswer::AllowWithoutNla => {
                self.offers(Action::AllowWithoutNla)?;
                self.surroundings.allow_without_nla(&self.instance, self.profile.as_deref())?;
                self.again(Start::Plain)
            }
            SessionAnswer::OtherCredentials => {
                self.of_desktop()?;
                self.again(Start::OtherCredentials)
            }
        }
    }

    fn presented(&self) -> Result<Presented, Failure> {
        self.inner().presented.clone().ok_or_else(words::sessions::not_asked)
    }

    fn of_desktop(&self) -> Result<(), Failure> {
        match self.protocol {
            Protocol::Rdp => Ok(()),
            Protocol::Ssh => Err(words::sessions::not_asked()),
        }
    }

    /// Whether the failure that is shown offers this: what weakens a VM's protection is not had otherwise.
    fn offers(&self, action: Action) -> Result<(), Failure> {
        match &self.inner().info.state {
            SessionState::Failed { failure, .. } if failure.actions.contains(&action) => Ok(()),
            SessionState::Failed { .. }
            | SessionState::Ended { .. }
            | SessionState::Connecting { .. }
            | SessionState::Asking { .. }
            | SessionState::Live
            | SessionState::Resuming { .. } => Err(words::sessions::not_asked()),
        }
    }

    /// Whether there is no attempt that runs.
    fn at_rest(&self) -> Result<(), Failure> {
        match self.inner().info.state {
            SessionState::Ended { .. } | SessionState::Failed { .. } => Ok(()),
            SessionState::Connecting { .. }
            | SessionState::Asking { .. }
            | SessionState::Live
            | SessionState::Resuming { .. } => Err(words::sessions::not_asked()),
        }
    }

    /// Connects once more, if it is over.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) when it is not.
    pub(crate) fn restart(self: &Arc<Self>) -> Result<(), Failure> {
        self.again(Start::Plain)
    }

    fn again(self: &Arc<Self>, start: Start) -> Result<(), Failure> {
        self.at_rest()?;
        self.start(start);
        Ok(())
    }
}

impl Inner {
    /// Hands a reply to the question that is being asked, if it is one to it.
    fn reply(&mut self, reply: Reply) -> Result<(), Failure> {
        let SessionState::Asking { question } = &self.info.state else {
            return Err(words::sessions::not_asked());
        };
        let fits = match (question, &reply) {
            (Question::NewHostKey { .. }, Reply::Trust | Reply::Reject)
            | (Question::NewCertificate { .. }, Reply::Reject)
            | (Question::Credentials { .. }, Reply::Credentials { .. }) => true,
            (Question::SecondFactor { prompts, .. }, Reply::Answers(answers)) => {
                answers.len() == prompts.len()
            }
            // A password is not given to a certificate that is only trusted this once.
            (Question::NewCertificate { exposes_password, .. }, Reply::Certificate(pin)) => {
                *pin == Pin::ForGood || !exposes_password
            }
            (Question::Credentials { can_set_password, .. }, Reply::SetPassword { .. }) => *can_set_password,
            (
                Question::NewHostKey { .. }
                | Question::SecondFactor { .. }
                | Question::NewCertificate { .. }
                | Question::Credentials { .. },
                _,
            ) => false,
        };
        if !fits {
            return Err(words::sessions::not_asked());
        }
        let asked = self.asked.take().ok_or_else(words::sessions::not_asked)?;
        asked.send(reply).map_err(|_| words::sessions::not_asked())
    }
}

fn remembering(remember: bool) -> Remember {
    if remember { Remember::InKeychain } else { Remember::No }
}
