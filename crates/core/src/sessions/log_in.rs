//! Logging in over a tunnel, as often as it takes until the VM has picked up the key.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use adit_contract::{InstanceRef, Note, NoteKind, Question, SecondFactorPrompt, Step};
use adit_ssh::{Echo, Expect, HostKey, Interaction, KeyPair, Options, Prompt};
use adit_tunnel::{Dialer, Event, Watch};
use async_trait::async_trait;
use futures_util::FutureExt as _;
use jiff::{Timestamp, tz::TimeZone};
use secrecy::SecretString;
use tokio::time::Instant;

use super::{
    connect::{Connected, Context, PORT, Refusal, WayIn},
    host::Expectation,
    known_hosts::{HostId, Told},
    observer::{Observer, Reply},
    publish::{Imported, Pickup, Published},
    vm::dial,
};
use crate::{failure, metadata::jittered, words::sessions as words};

/// How long a VM may take to pick up a key (guest access, section 3).
const KEY_PICKUP: Duration = Duration::from_secs(60);

/// An attempt to log in with a published key.
pub(super) struct Attempt<'a> {
    pub(super) context: &'a Context,
    pub(super) instance: &'a InstanceRef,
    pub(super) host: &'a HostId,
    pub(super) key: KeyPair,
    pub(super) published: &'a Published,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) dialer: Dialer,
}

impl Attempt<'_> {
    /// Logs in over a tunnel, and again over new ones while the VM may not have picked up the key.
    pub(super) async fn log_in(
        &self,
        first: adit_tunnel::Connection,
        expectation: Expectation,
    ) -> Result<Connected, Refusal> {
        let name = &self.instance.name;
        let Expectation { mut expect, announced, mut to_pin } = expectation;
        let until = Instant::now() + KEY_PICKUP;
        let mut pause = Duration::from_secs(1);
        let mut connection = first;
        loop {
            self.observer.step(Step::CheckHostKey, words::checking(name));
            let adit_tunnel::Connection { stream, mut watch } = connection;
            let asked = Arc::new(Asked {
                observer: self.observer.clone(),
                user: self.published.user.clone(),
                trusted: Mutex::new(None),
            });
            let options = Options::new(&self.published.user, self.key.clone(), expect.clone(), asked.clone());
            let result = Box::pin(adit_ssh::connect(stream, options)).await;
            let trusted = asked.trusted.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(key) = trusted {
                // Whoever trusted a key is not asked again, whatever becomes of this attempt.
                self.context.known_hosts.pin(self.host, std::slice::from_ref(&key)).await?;
                expect = Expect::Exactly(vec![key]);
            }
            let error = match result {
                Ok(client) => {
                    if !to_pin.is_empty() {
                        self.context.known_hosts.pin(self.host, &std::mem::take(&mut to_pin)).await?;
                        if announced.contains(client.host_key()) {
                            let text = words::announced_host_key(name);
                            self.observer.note(Note { kind: NoteKind::HostKey, text });
                        }
                    }
                    return Ok(Connected { client, watch, user: self.published.user.clone() });
                }
                Err(error) => error,
            };
            let waiting = matches!(error, adit_ssh::Error::KeyRefused { .. })
                && self.published.pickup == Pickup::Pending
                && Instant::now() + pause < until;
            if !waiting {
                return Err(self.refusal(&error, &mut watch));
            }
            self.observer.step(Step::WaitForKey, words::waiting_for_key(name));
            tokio::time::sleep(jittered(pause)).await;
            pause = (pause * 2).min(Duration::from_secs(8));
            connection = dial(&self.dialer, self.instance, PORT, &self.context.access).await?;
        }
    }

    fn refusal(&self, error: &adit_ssh::Error, watch: &mut Watch) -> Refusal {
        // When the tunnel went away, that is the reason, and what SSH says of it is not.
        if let adit_ssh::Error::Disconnected { .. } | adit_ssh::Error::TimedOut(_) = error {
            while let Some(Some(event)) = watch.next().now_or_never() {
                if let Event::Failed { failure, .. } = event {
                    return failure::lost(&failure, self.instance, PORT).into();
                }
            }
        }
        let presented = match error {
            adit_ssh::Error::HostKeyChanged { presented, .. } => presented.clone(),
            adit_ssh::Error::HostKeyRejected { .. }
            | adit_ssh::Error::KeyRefused { .. }
            | adit_ssh::Error::SecondFactorRefused { .. }
            | adit_ssh::Error::UnsupportedMethod { .. }
            | adit_ssh::Error::Cancelled
            | adit_ssh::Error::Disconnected { .. }
            | adit_ssh::Error::NoCommonAlgorithm { .. }
            | adit_ssh::Error::Handshake { .. }
            | adit_ssh::Error::TimedOut(_)
            | adit_ssh::Error::Refused(_) => None,
        };
        let failure = failure::ssh(error, self.instance, &self.published.user);
        Refusal { presented, ..failure.into() }
    }

    /// Tells the person what the key means.
    pub(super) async fn tell(&self, way: WayIn, imported: Imported) {
        let (name, user) = (&self.instance.name, &self.published.user);
        match way {
            WayIn::Metadata => {
                let until = self.published.expires.map(local_time);
                let told = self.context.known_hosts.tell_root(self.host).await.unwrap_or_else(|failure| {
                    tracing::warn!(code = ?failure.code, "a note could not be remembered");
                    Told::Now
                });
                match told {
                    Told::Now => self.observer.note(Note {
                        kind: NoteKind::RootKey,
                        text: words::acts_as_root(user, name, until.as_deref()),
                    }),
                    Told::Before => {}
                }
            }
            WayIn::OsLogin => {
                if let (Imported::Now, Some(expires)) = (imported, self.published.expires) {
                    self.observer.note(Note {
                        kind: NoteKind::KeyPublished,
                        text: words::key_in_os_login(&local_time(expires)),
                    });
                }
            }
        }
    }
}

fn local_time(at: Timestamp) -> String {
    words::time(&at.to_zoned(TimeZone::system()))
}

/// Takes the SSH library's questions to the person.
struct Asked {
    observer: Arc<dyn Observer>,
    user: String,
    trusted: Mutex<Option<HostKey>>,
}

#[async_trait]
impl Interaction for Asked {
    async fn trust_new_host_key(&self, key: &HostKey) -> bool {
        let question =
            Question::NewHostKey { algorithm: key.algorithm().to_owned(), fingerprint: key.fingerprint() };
        let trusted = matches!(self.observer.ask(question).await, Some(Reply::Trust));
        if trusted {
            *self.trusted.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.clone());
            self.observer.step(Step::SignIn, words::signing_in_as(&self.user));
        }
        trusted
    }

    async fn answer_prompts(
        &self,
        title: &str,
        instruction: &str,
        prompts: &[Prompt],
    ) -> Option<Vec<SecretString>> {
        let prompts = prompts
            .iter()
            .map(|prompt| SecondFactorPrompt { text: prompt.text.clone(), echo: prompt.echo == Echo::Shown })
            .collect();
        let question =
            Question::SecondFactor { title: title.to_owned(), instruction: instruction.to_owned(), prompts };
        match self.observer.ask(question).await? {
            Reply::Answers(answers) => {
                self.observer.step(Step::SignIn, words::signing_in_as(&self.user));
                Some(answers)
            }
            Reply::Trust
            | Reply::Reject
            | Reply::Certificate(_)
            | Reply::Credentials { .. }
            | Reply::SetPassword { .. } => None,
        }
    }
}
