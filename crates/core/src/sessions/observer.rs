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
