//! The person at the terminal: what they are told, and what they are asked.

use std::io::{IsTerminal as _, Write as _};

use adit_contract::{Failure, Note, Question, Step};
use adit_core::sessions::{Observer, Reply};
use adit_ssh::HostKey;
use async_trait::async_trait;
use secrecy::{SecretString, zeroize::Zeroize as _};

use crate::ending::say;

/// The local terminal in raw mode for as long as this value lives.
pub(crate) struct Raw;

impl Raw {
    pub(crate) fn enter() -> Option<Self> {
        (std::io::stdin().is_terminal() && crossterm::terminal::enable_raw_mode().is_ok()).then_some(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Nothing better can be done for a terminal that does not let itself be set back.
        drop(crossterm::terminal::disable_raw_mode());
    }
}

/// An answer of yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Yes,
    No,
}

/// The person at the terminal, and what they decided beforehand.
pub(crate) struct Person {
    accepted: Option<Fingerprint>,
}

impl Person {
    pub(crate) fn new(accepted: Option<Fingerprint>) -> Self {
        Self { accepted }
    }

    /// Whether a VM that does not run may be started.
    pub(crate) async fn may_start(&self, failure: &Failure) -> Decision {
        let title = failure.title.clone();
        decide(move || {
            say!("{title}.");
            yes("Start it? [y/N] ")
        })
        .await
    }

    /// Whether a changed host key may take the place of the pinned one.
    pub(crate) async fn may_replace(&self, failure: &Failure, presented: &HostKey) -> Decision {
        if let Some(accepted) = &self.accepted {
            return accepted.decide(&presented.fingerprint());
        }
        let Failure { title, advice, facts, .. } = failure.clone();
        decide(move || {
            say!("{title}.");
            say!("  {advice}");
            for fact in facts {
                say!("  {}: {}", fact.label, fact.value);
            }
            yes("Replace the pinned key by the presented one? [y/N] ")
        })
        .await
    }
}

/// Asks where there is somebody to ask; otherwise it is a no.
async fn decide(asking: impl FnOnce() -> Decision + Send + 'static) -> Decision {
    if !std::io::stdin().is_terminal() {
        return Decision::No;
    }
    // Reading a line blocks, and may for as long as the person thinks.
    tokio::task::spawn_blocking(asking).await.unwrap_or(Decision::No)
}

fn yes(question: &str) -> Decision {
    drop(write!(std::io::stderr().lock(), "{question}"));
    match line() {
        Some(answer) if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") => Decision::Yes,
        Some(_) | None => Decision::No,
    }
}

/// The fingerprint of a host key, `SHA256:` and its base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint(String);

impl Fingerprint {
    fn decide(&self, presented: &str) -> Decision {
        if self.0 == presented { Decision::Yes } else { Decision::No }
    }
}

impl std::str::FromStr for Fingerprint {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        /// The base64 of 32 bytes, unpadded.
        const LENGTH: usize = 43;
        let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
        let text = text.trim_end_matches('=');
        match text.strip_prefix("SHA256:") {
            Some(hash) if hash.len() == LENGTH && hash.chars().all(base64) => Ok(Self(text.to_owned())),
            Some(_) | None => Err("not a fingerprint of the form SHA256:…, as ssh-keygen -l prints it"),
        }
    }
}

#[async_trait]
impl Observer for Person {
    fn step(&self, _step: Step, text: String) {
        if std::io::stderr().is_terminal() {
            say!("{text}…");
        }
    }

    fn user(&self, _name: &str) {}

    fn note(&self, note: Note) {
        say!("{}", note.text);
    }

    async fn ask(&self, question: Question) -> Option<Reply> {
        if let (Some(accepted), Question::NewHostKey { fingerprint, .. }) = (&self.accepted, &question) {
            return Some(match accepted.decide(fingerprint) {
                Decision::Yes => Reply::Trust,
                Decision::No => Reply::Reject,
            });
        }
        if !std::io::stdin().is_terminal() {
            return None;
        }
        // Reading a line blocks, and may for as long as the person thinks.
        tokio::task::spawn_blocking(move || ask(question)).await.ok().flatten()
    }
}

fn ask(question: Question) -> Option<Reply> {
    match question {
        Question::NewHostKey { algorithm, fingerprint } => {
            say!("This VM announced no host key, so the one it shows could not be verified:");
            say!("  {algorithm} {fingerprint}");
            Some(match yes("Trust it from now on? [y/N] ") {
                Decision::Yes => Reply::Trust,
                Decision::No => Reply::Reject,
            })
        }
        Question::SecondFactor { title, instruction, prompts } => {
            for text in [title, instruction].iter().filter(|text| !text.is_empty()) {
                say!("{text}");
            }
            let mut answers = Vec::new();
            for prompt in prompts {
                drop(write!(std::io::stderr().lock(), "{}", prompt.text));
                let mut answer = if prompt.echo { line()? } else { hidden_line()? };
                answers.push(SecretString::from(answer.trim_end_matches(['\r', '\n']).to_owned()));
                answer.zeroize();
            }
            Some(Reply::Answers(answers))
        }
        // Those of a desktop's tab.
        Question::NewCertificate { .. } | Question::Credentials { .. } => None,
    }
}

fn line() -> Option<String> {
    drop(std::io::stderr().flush());
    let mut answer = String::new();
    (std::io::stdin().read_line(&mut answer).ok()? > 0).then_some(answer)
}

/// A line that is not shown while it is typed.
fn hidden_line() -> Option<String> {
    use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
    drop(std::io::stderr().flush());
    let _raw = Raw::enter()?;
    let mut answer = String::new();
    loop {
        let Event::Key(key) = read().ok()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            KeyCode::Enter => break,
            KeyCode::Esc => return None,
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return None,
            KeyCode::Char(letter) => answer.push(letter),
            KeyCode::Backspace => drop(answer.pop()),
            _ => {}
        }
    }
    drop(write!(std::io::stderr().lock(), "\r\n"));
    Some(answer)
}

#[cfg(test)]
mod tests {
    use adit_contract::Question;
    use adit_core::sessions::{Observer as _, Reply};

    use super::{Decision, Fingerprint, Person};

    const RIGHT: &str = "SHA256:uNiVztksCsDhcc0u9e8BrHNO4E9wkhAnbNyhcYKRr4I";
    const WRONG: &str = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU";

    #[test]
    fn a_fingerprint_has_one_form() {
        let right: Fingerprint = RIGHT.parse().expect("a fingerprint");
        assert_eq!(format!("{RIGHT}=").parse(), Ok(right.clone()));
        assert_eq!(right.decide(RIGHT), Decision::Yes);
        assert_eq!(right.decide(WRONG), Decision::No);
        assert_eq!(right.decide(&RIGHT.to_lowercase()), Decision::No);
        for wrong in ["", "SHA256:", "MD5:aa:bb", &RIGHT[7..], &RIGHT[..40], "SHA256:*"] {
            assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_fingerprint_that_was_given_answers_for_the_person() {
        let person = Person::new(RIGHT.parse().ok());
        let ask = |fingerprint: &str| {
            person.ask(Question::NewHostKey {
                algorithm: "ssh-ed25519".to_owned(),
                fingerprint: fingerprint.to_owned(),
            })
        };
        assert!(matches!(ask(RIGHT).await, Some(Reply::Trust)));
        assert!(matches!(ask(WRONG).await, Some(Reply::Reject)));
    }
}
