//! Proving who the user is: the key, then whatever second factor the server asks for.

use std::time::Duration;

use async_trait::async_trait;
use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::PrivateKeyWithHashAlg;
use russh::{MethodKind, MethodSet};
use secrecy::{ExposeSecret, SecretString};

use crate::client::Options;
use crate::error::{Error, Stage};
use crate::handler::{Handler, Notes};
use crate::host_key::HostKey;
use crate::text::printable;

/// How often a second factor may be tried on one connection (guest access, section 6).
const ATTEMPTS: usize = 3;

/// How many requests for information one attempt may consist of; more is a server that never ends.
const ROUNDS: usize = 16;

/// Longest text of a server that is passed on, in characters.
const MAX_TEXT: usize = 4096;

/// Whether what is typed may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// It may be shown.
    Shown,
    /// It must not be shown.
    Hidden,
}

/// A question of the server's, in its own words without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The question.
    pub text: String,
    /// Whether the answer may be shown while it is typed.
    pub echo: Echo,
}

/// What only the user can decide or answer. While one of these waits, no time limit runs; but the server has
/// its own (two minutes, usually) and may close the connection meanwhile.
#[async_trait]
pub trait Interaction: Send + Sync {
    /// The host is not known: is this its key? Asked at most once per connection.
    async fn trust_new_host_key(&self, key: &HostKey) -> bool;

    /// The server's questions; one answer for each, in their order, or none to give up. Never answered without
    /// the user, and never asked with no question in it.
    async fn answer_prompts(
        &self,
        title: &str,
        instruction: &str,
        prompts: &[Prompt],
    ) -> Option<Vec<SecretString>>;

    /// A text that the server wants shown before the login. Must return at once.
    fn banner(&self, text: &str) {
        let _ = text;
    }
}

pub(crate) fn shown(text: &str) -> String {
    printable(text, MAX_TEXT)
}

/// Authenticates the session or says why not.
pub(crate) async fn authenticate(
    handle: &mut Handle<Handler>,
    options: &Options,
    notes: &Notes,
) -> Result<(), Error> {
    let key = PrivateKeyWithHashAlg::new(options.key.private(), None);
    let limit = options.timeouts.authentication;
    let result = step(limit, handle.authenticate_publickey(&*options.user, key)).await?;
    match result.map_err(|error| notes.error(error))? {
        AuthResult::Success => Ok(()),
        AuthResult::Failure { remaining_methods, partial_success } => {
            if lost(handle, &remaining_methods) {
                Err(notes.disconnected())
            } else if !partial_success {
                Err(Error::KeyRefused { methods: names(&remaining_methods) })
            } else if remaining_methods.contains(&MethodKind::KeyboardInteractive) {
                second_factor(handle, options, notes).await
            } else {
                Err(Error::UnsupportedMethod { methods: names(&remaining_methods) })
            }
        }
    }
}

async fn second_factor(handle: &mut Handle<Handler>, options: &Options, notes: &Notes) -> Result<(), Error> {
    let mut methods = Vec::new();
    for _ in 0..ATTEMPTS {
        match attempt(handle, options, notes).await? {
            None => return Ok(()),
            Some(remaining) if lost(handle, &remaining) => {
                return Err(Error::SecondFactorRefused { methods: Vec::new() });
            }
            Some(remaining) => {
                methods = names(&remaining);
                if !remaining.contains(&MethodKind::KeyboardInteractive) {
                    break;
                }
            }
        }
    }
    Err(Error::SecondFactorRefused { methods })
}

/// One round of keyboard-interactive (RFC 4256): none when it succeeded, else the methods that remain.
async fn attempt(
    handle: &mut Handle<Handler>,
    options: &Options,
    notes: &Notes,
) -> Result<Option<MethodSet>, Error> {
    use KeyboardInteractiveAuthResponse::{Failure, InfoRequest, Success};

    let start = handle.authenticate_keyboard_interactive_start(&*options.user, None);
    let mut reply = step(options.timeouts.authentication, start).await?;
    for _ in 0..ROUNDS {
        match reply.map_err(|error| notes.error(error))? {
            Success => return Ok(None),
            // the key again, after the second factor: RFC 4252 allows it, no server does it
            Failure { remaining_methods, partial_success: _ } => return Ok(Some(remaining_methods)),
            InfoRequest { name, instructions, prompts } => {
                let prompts: Vec<Prompt> = prompts
                    .iter()
                    .map(|p| Prompt {
                        text: shown(&p.prompt),
                        echo: if p.echo { Echo::Shown } else { Echo::Hidden },
                    })
                    .collect();
                let answers = if prompts.is_empty() {
                    // no question still wants its answer: none
                    Vec::new()
                } else {
                    let (title, instruction) = (shown(&name), shown(&instructions));
                    let asked = options.interaction.answer_prompts(&title, &instruction, &prompts);
                    tokio::select! {
                        answers = asked => answers.ok_or(Error::Cancelled)?,
                        // the server does not wait for ever
                        _ = &mut *handle => return Err(notes.disconnected()),
                    }
                };
                if answers.len() != prompts.len() {
                    return Err(Error::Cancelled);
                }
                let answers = answers.iter().map(|a| a.expose_secret().to_owned()).collect();
                let respond = handle.authenticate_keyboard_interactive_respond(answers);
                reply = step(options.timeouts.second_factor, respond).await?;
            }
        }
    }
    Err(Error::Handshake { message: "the server asks without end".to_owned() })
}

/// A connection that is lost during authentication is reported as a failure with no method left.
fn lost(handle: &Handle<Handler>, remaining: &MethodSet) -> bool {
    remaining.is_empty() && handle.is_closed()
}

fn names(methods: &MethodSet) -> Vec<String> {
    methods.iter().map(String::from).collect()
}

async fn step<T>(limit: Duration, future: impl Future<Output = T>) -> Result<T, Error> {
    tokio::time::timeout(limit, future).await.map_err(|_| Error::TimedOut(Stage::Authentication))
}
