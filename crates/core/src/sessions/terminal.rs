//! A terminal's attempt: in by SSH, then bytes both ways until it ends.

use std::sync::Arc;

use adit_contract::{SessionEnd, Step};
use adit_ssh::{Exit, Size, Term, Terminal};
use adit_tunnel::Watch;

use super::{
    attempt::{Failed, LAST_WORDS, Start, Tab, TunnelEnd},
    connect::{self, Connected, HostKeyRule},
    observer::Observer as _,
};
use crate::{
    explain::Refused,
    failure,
    stream::{Input, Outlet, Pipe},
    words,
};

/// Runs until the terminal has ended.
pub(super) async fn run(tab: &Arc<Tab>, start: Start) -> Result<SessionEnd, Failed> {
    let outlet = tab.session.outlet()?;
    let result = match Box::pin(open(tab, start)).await {
        Ok((terminal, watch)) => {
            tab.live(&watch);
            Box::pin(carry(tab, terminal, watch, &outlet)).await.map_err(Failed::from)
        }
        Err(failed) => Err(failed),
    };
    outlet.way.end();
    result
}

async fn open(tab: &Arc<Tab>, start: Start) -> Result<(Terminal, Watch), Failed> {
    let session = &tab.session;
    let context = session.context()?;
    let if_stopped = start.if_stopped();
    let rule = match start {
        Start::ReplaceHostKey(key) => HostKeyRule::Replace(key),
        Start::Plain | Start::WithVm | Start::ReplaceCertificate(_) | Start::OtherCredentials => {
            HostKeyRule::Known
        }
    };
    let connecting = connect::connect(&context, &session.instance, if_stopped, rule, tab.clone());
    let Connected { client, watch, user } = Box::pin(connecting).await?;
    let name = &session.instance.name;
    tab.step(Step::OpenTerminal, words::sessions::opening_terminal(name));
    let size = session.terminal_size();
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
    tab: &Tab,
    mut terminal: Terminal,
    mut watch: Watch,
    outlet: &Outlet<Pipe>,
) -> Result<SessionEnd, Refused> {
    let pipe = &outlet.way;
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
                    tab.session.set_terminal_size(size);
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
            event = watch.next(), if tunnel_end.is_none() => tunnel_end = tab.tunnel(event),
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
            tunnel_end = tab.tunnel(watch.next().await);
        }
    };
    // Without an answer in time it is an end without a word.
    let _ = tokio::time::timeout(LAST_WORDS, last_words).await;
    match tunnel_end {
        Some(TunnelEnd::Lost(failure)) => Err(tab.lost(&failure)),
        Some(TunnelEnd::Closed) | None => match terminal.why_closed() {
            Some(error @ (adit_ssh::Error::Handshake { .. } | adit_ssh::Error::TimedOut(_))) => {
                Err(failure::ssh(&error, &tab.session.instance, "").into())
            }
            Some(_) | None => Ok(SessionEnd::Closed),
        },
    }
}
