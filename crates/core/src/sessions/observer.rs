//! Who watches a connection come up and answers what only a person can.

use adit_contract::{Note, Question, Step};
use async_trait::async_trait;
use secrecy::SecretString;

/// The answer to a [`Question`].
#[derive(Debug)]
pub enum Reply {
    /// The host key is to be trusted.
    Trust,
    /// It is not.
    Reject,
    /// One answer for each prompt.
    Answers(Vec<SecretString>),
    /// The certificate is to be trusted.
    Certificate(Pin),
    /// Who signs in to the desktop.
    Credentials {
        /// As it was typed.
        user: String,
        /// The password.
        password: SecretString,
        /// Whether it is kept once it has worked.
        remember: Remember,
    },
    /// The VM's agent is to set a password, which then signs in.
    SetPassword {
        /// Without a domain.
        user: String,
        /// What a new user becomes.
        role: Role,
        /// Whether it is kept once it has worked.
        remember: Remember,
    },
}

/// How long a certificate stays trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pin {
    /// For good: whatever else the server shows later is a change.
    ForGood,
    /// For this session only.
    Once,
}

/// What becomes of a password that has worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remember {
    /// The keychain keeps it.
    InKeychain,
    /// It goes with its session.
    No,
}

/// What a Windows user is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A member of the administrators.
    Administrator,
    /// An ordinary user, unless it is an administrator already.
    User,
}

/// Watches a connection come up: a tab, or a command line.
#[async_trait]
pub trait Observer: Send + Sync {
    /// What is being done now, also in words. Must return at once.
    fn step(&self, step: Step, text: String);
    /// The name of the user on the VM is known. Must return at once.
    fn user(&self, name: &str);
    /// A remark for the person. Must return at once.
    fn note(&self, note: Note);
    /// Asks the person; `None` when they gave up. No time limit runs meanwhile.
    async fn ask(&self, question: Question) -> Option<Reply>;
}
