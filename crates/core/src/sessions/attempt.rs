//! One attempt of a session: connecting, then carrying bytes until it ends.

use std::{sync::Arc, time::Duration};

use adit_contract::{FailureCode, Note, Question, SessionEnd, SessionState, Step};
use adit_ssh::{Exit, Size, Term, Terminal};
use adit_tunnel::{Event as TunnelEvent, Watch};
use async_trait::async_trait;
use tokio::sync::oneshot;

use super::{
    HostKeyRule, IfStopped, Session, connect,
    connect::{Connected, PORT, Refusal},
    connecting,
    observer::{Observer, Reply},
};
use crate::{
    explain::{Observed, Refused},
    failure, now,
    stream::{Input, Outlet},
};

/// How long the tunnel may take to say why it ended after the terminal has.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Beyond this no countdown is computed: it is the same as never, in milliseconds.
const FAR: f64 = 1e15;

/// Shows a connection that comes up in its tab.
struct Tab {
    session: Arc<Session>,
    epoch: u64,
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
        self.session.change(self.epoch, |inner| {
            inner.info.notes.retain(|old| old.kind != note.kind);
            inner.info.notes.push(note);
        });
    }

    async fn ask(&self, question: Question) -> Option<Reply> {
        let (answer, answered) = oneshot::channel();
        self.session.change(self.epoch, |inner| {
            inner.asked = Some(answer);
            inner.info.state = SessionState::Asking { question };
        });
        let reply = answered.await.ok();
        // The question is answered: it must not stay on the screen until the next step.
        let text = format!("Signing in to {}", self.session.instance.name);
        self.step(Step::SignIn, text);
        reply
    }
}

/// Runs one attempt to its end and leaves the session in the state that shows it.
pub(super) async fn run(session: Arc<Session>, epoch: u64, if_stopped: IfStopped, rule: HostKeyRule) {
    let tab = Arc::new(Tab { session: session.clone(), epoch, since: now() });
    let outlet = session.outlet();
    let result = match Box::pin(open(&session, &tab, if_stopped, rule)).await {
        Ok((terminal, watch)) => {
            session.surroundings.found_status(&session.instance, adit_contract::InstanceStatus::Running);
            session.change(epoch, |inner| {
                inner.control = Some(watch.control());
                inner.info.state = SessionState::Live;
            });
            Box::pin(carry(&session, epoch, terminal, watch, &outlet)).await.map_err(Refusal::from)
        }
        Err(refusal) => Err(refusal),
    };
    outlet.pipe.end();
    session.surroundings.round_trip(&session.id, None);
    if let Err(refusal) = &result {
        if let Some(status) = refusal.status {
            session.surroundings.found_status(&session.instance, status);
        }
        if refusal.failure.code == FailureCode::SignInNeeded {
            let account = session.inner().account.clone();
            if let Some(account) = account {
                session.surroundings.sign_in_needed(&account);
            }
        }
    }
    session.change(epoch, |inner| match result {
        Ok(end) => {
            inner.info.state = SessionState::Ended { end };
            inner.control = None;
            inner.asked = None;
            // Not `stop`: this very task must come to its own end.
            inner.task = None;
        }
        Err(refusal) => {
            inner.presented = refusal.presented;
            inner.task = None;
            inner.fail(refusal.failure, refusal.observed);
        }
    });
}

async fn open(
    session: &Arc<Session>,
    tab: &Arc<Tab>,
    if_stopped: IfStopped,
    rule: HostKeyRule,
) -> Result<(Terminal, Watch), Refusal> {
    let context = session.surroundings.context(&session.instance)?;
    session.inner().account = Some(context.account.clone());
    let connected =
        Box::pin(connect::connect(&context, &session.instance, if_stopped, rule, tab.clone())).await?;
    let Connected { client, watch, user } = connected;
    let name = &session.instance.name;
    tab.step(Step::OpenTerminal, format!("Opening a terminal on {name}"));
    let size = session.inner().size;
    let term = match std::env::var("LANG") {
        Ok(lang) => Term::default().with_lang(&lang),
        Err(_) => Term::default(),
    };
    let terminal =
        client.terminal(size, term).await.map_err(|error| failure::ssh(&error, &session.instance, &user))?;
    Ok((terminal, watch))
}

/// Carries bytes between terminal and front end until one of them ends.
async fn carry(
    session: &Arc<Session>,
    epoch: u64,
    mut terminal: Terminal,
    mut watch: Watch,
    outlet: &Outlet,
) -> Result<SessionEnd, Refused> {
    let pipe = &outlet.pipe;
    let input = terminal.input();
    let feed = async {
        while let Some(next) = pipe.input().await {
            let sent = match next {
                Input::Bytes(bytes) => input.send(bytes).await,
                Input::Interrupt(bytes) => {
                    input.discard_backlog();
                    input.send(bytes).await
                }
                Input::Size(columns, rows) => {
                    let size = Size { columns, rows };
                    session.inner().size = size;
                    input.resize(size);
                    Ok(())
                }
            };
            if sent.is_err() {
                break;
            }
        }
        // The terminal's own end says more than a failed input.
        std::future::pending::<()>().await;
    };
    tokio::pin!(feed);
    let mut tunnel_end = None;
    loop {
        let output = async {
            pipe.room().await;
            terminal.read().await
        };
        tokio::select! {
            bytes = output => match bytes {
                Some(bytes) => pipe.push(bytes),
                None => break,
            },
            () = &mut feed => {}
            event = watch.next(), if tunnel_end.is_none() => tunnel_end = tunnel_event(session, epoch, event),
        }
    }
    match terminal.exit().await {
        Exit::Status(status) => return Ok(SessionEnd::Exit { status }),
        Exit::Signal(name) => return Ok(SessionEnd::Signal { name }),
        Exit::Closed => {}
    }
    // It went away without a word: the tunnel may know why.
    let last_words = async {
        while tunnel_end.is_none() {
            tunnel_end = tunnel_event(session, epoch, watch.next().await);
        }
    };
    // Without an answer in time it is an end without a word.
    let _ = tokio::time::timeout(LAST_WORDS, last_words).await;
    match tunnel_end {
        Some(TunnelEnd::Failed(refused)) => Err(refused),
        Some(TunnelEnd::Closed) | None => match terminal.why_closed() {
            Some(error @ (adit_ssh::Error::Handshake { .. } | adit_ssh::Error::TimedOut(_))) => {
                Err(failure::ssh(&error, &session.instance, "").into())
            }
            Some(_) | None => Ok(SessionEnd::Closed),
        },
    }
}

enum TunnelEnd {
    Closed,
    Failed(Refused),
}

/// Shows what happens to the tunnel; gives its end.
fn tunnel_event(session: &Arc<Session>, epoch: u64, event: Option<TunnelEvent>) -> Option<TunnelEnd> {
    let resuming = |text: String, next: u32, wait: Duration| {
        let next_at = (now() + wait.as_secs_f64() * 1000.0).min(FAR);
        session.change(epoch, |inner| {
            inner.info.state = SessionState::Resuming { text, attempt: next, next_at };
        });
    };
    match event {
        None | Some(TunnelEvent::Closed { .. }) => return Some(TunnelEnd::Closed),
        Some(TunnelEvent::Failed { failure, .. }) => {
            return Some(TunnelEnd::Failed(Refused {
                observed: Observed::of_loss(&failure),
                failure: failure::lost(&failure, &session.instance, PORT),
            }));
        }
        Some(TunnelEvent::Reconnecting { code: _, reason: _, attempt: next, wait }) => {
            resuming("The relay was lost. Nothing you typed is lost.".to_owned(), next, wait);
        }
        Some(TunnelEvent::SignInNeeded { message }) => {
            let account = session.inner().account.clone();
            if let Some(account) = account {
                session.surroundings.sign_in_needed(&account);
            }
            resuming(format!("{message}. The session goes on once you have signed in."), 1, Duration::ZERO);
        }
        Some(TunnelEvent::Resumed) => {
            session.change(epoch, |inner| inner.info.state = SessionState::Live);
        }
        Some(TunnelEvent::RoundTrip(time)) => session.surroundings.round_trip(&session.id, Some(time)),
        Some(_) => {}
    }
    None
}
