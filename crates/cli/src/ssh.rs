//! `adit ssh`: a terminal or a command, on the product's own SSH.

use std::{
    io::{IsTerminal as _, Read as _, Write as _},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use adit_contract::{Failure, FailureCode, InstanceRef};
use adit_core::{
    failure,
    sessions::{Connected, Context, HostKeyRule, IfStopped, KnownHosts, Refusal, connect},
};
use adit_ssh::{Exec, Exit, InputError, Output, Size, Term, Terminal, guest::Lifetime};
use adit_tunnel::{Event, Watch};
use tokio::sync::{mpsc, watch};

use crate::{
    access,
    arguments::SshArguments,
    ending::{self, Format, say},
    escape::{Escape, Relay, Typed},
    person::{Decision, Person, Raw},
    target,
};

/// What `ssh` ends with where there was no remote status.
const NO_STATUS: u8 = 255;
/// SSH's port.
const PORT: u16 = 22;
/// How long the tunnel may take to say why it ended after the terminal has.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// What is said while the relay is away.
const HOW_TO_LEAVE: &str = "Ctrl+C ends the session";

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ending {
    /// By itself.
    Exit(Exit),
    /// The person left it.
    Left,
}

pub(crate) async fn run(arguments: SshArguments) -> u8 {
    match enter(arguments).await {
        Ok(Ending::Exit(Exit::Status(status))) => u8::try_from(status).unwrap_or(NO_STATUS),
        Ok(Ending::Exit(Exit::Signal(name))) => {
            say!("adit: the command was ended by SIG{name}");
            NO_STATUS
        }
        Ok(Ending::Exit(Exit::Closed)) => {
            say!("adit: the connection was closed");
            NO_STATUS
        }
        Ok(Ending::Left) => {
            say!("adit: the session was left");
            NO_STATUS
        }
        Err(failure) => {
            ending::complain(&failure, Format::Words);
            if failure.code == FailureCode::InvalidInput { ending::USAGE } else { NO_STATUS }
        }
    }
}

async fn enter(arguments: SshArguments) -> Result<Ending, Failure> {
    let instance = target::instance(&arguments.instance, &arguments.place)?;
    let account = access::account(&arguments.identity).await?;
    let context = Context {
        cloud: account.config.cloud.clone(),
        account: account.id,
        access: account.access,
        keychain: account.keychain,
        // A key that ends with this command needs to live until it is logged in, and no longer.
        memory_key_lifetime: Lifetime::MIN,
        known_hosts: KnownHosts::new(&account.config.folders),
    };
    let if_stopped = if arguments.start { IfStopped::Start } else { IfStopped::Fail };
    let person = Arc::new(Person::new(arguments.accept_host_key));
    let connected = reach(&context, &instance, if_stopped, &person).await?;
    let Connected { client, watch, user } = connected;
    let failed = |error: adit_ssh::Error| failure::ssh(&error, &instance, &user);
    let (told, relay) = watch::channel(Relay::Here);
    let watching = tokio::spawn(follow(watch, instance.clone(), told));
    let ending = if arguments.command.is_empty() {
        let size = size();
        let term = Term {
            name: std::env::var("TERM").unwrap_or_else(|_| "xterm-256color".to_owned()),
            ..Term::default()
        };
        let terminal = client.terminal(size, term).await.map_err(failed)?;
        carry_terminal(terminal, relay).await
    } else {
        let exec = client.exec(&arguments.command.join(" ")).await.map_err(failed)?;
        Ending::Exit(carry_command(exec).await)
    };
    // It went away without a word: the tunnel may know why.
    if ending == Ending::Exit(Exit::Closed)
        && let Ok(Ok(Some(lost))) = tokio::time::timeout(LAST_WORDS, watching).await
    {
        return Err(lost);
    }
    Ok(ending)
}

/// Connects; where that needs a decision first, asks for it and connects again. Each decision is asked for once.
async fn reach(
    context: &Context,
    instance: &InstanceRef,
    mut if_stopped: IfStopped,
    person: &Arc<Person>,
) -> Result<Connected, Failure> {
    let mut rule = HostKeyRule::Known;
    loop {
        let refusal = match connect(context, instance, if_stopped, rule.clone(), person.clone()).await {
            Ok(connected) => return Ok(connected),
            Err(refusal) => refusal,
        };
        let Refusal { failure, presented, .. } = refusal;
        match (failure.code, presented) {
            (FailureCode::VmStopped, _) if if_stopped == IfStopped::Fail => {
                match person.may_start(&failure).await {
                    Decision::Yes => if_stopped = IfStopped::Start,
                    Decision::No => return Err(advised(failure)),
                }
            }
            (FailureCode::HostKeyChanged, Some(presented)) if rule == HostKeyRule::Known => {
                match person.may_replace(&failure, &presented).await {
                    Decision::Yes => rule = HostKeyRule::Replace(presented),
                    Decision::No => return Err(advised(failure)),
                }
            }
            _ => return Err(advised(failure)),
        }
    }
}

/// With the options that a command has where the app has buttons.
fn advised(mut failure: Failure) -> Failure {
    let add = |advice: &mut String, more: &str| {
        if !advice.is_empty() {
            advice.push(' ');
        }
        advice.push_str(more);
    };
    match failure.code {
        FailureCode::VmStopped => {
            failure.advice = "With --start it is started, or resumed, first.".to_owned();
        }
        FailureCode::HostKeyChanged => {
            add(
                &mut failure.advice,
                "With --accept-host-key and its fingerprint the new one is pinned instead.",
            );
        }
        FailureCode::HostKeyRejected => {
            add(
                &mut failure.advice,
                "With --accept-host-key and its fingerprint it is pinned without a question.",
            );
        }
        _ => {}
    }
    failure
}

/// Follows the tunnel to its end, and tells the person when it is being resumed. Gives why it was lost, if it
/// was.
async fn follow(mut watch: Watch, instance: InstanceRef, relay: watch::Sender<Relay>) -> Option<Failure> {
    let shown = std::io::stderr().is_terminal();
    while let Some(event) = watch.next().await {
        match event {
            Event::Reconnecting { .. } | Event::SignInNeeded { .. } => drop(relay.send_replace(Relay::Away)),
            Event::Resumed => drop(relay.send_replace(Relay::Here)),
            _ => {}
        }
        if let (true, Some(words)) = (shown, words(&event)) {
            // The terminal may be raw: there a line ends with both.
            drop(write!(std::io::stderr().lock(), "\r\nadit: {words}\r\n"));
        }
        if let Event::Failed { failure: lost, .. } = event {
            return Some(failure::lost(&lost, &instance, PORT));
        }
    }
    None
}

/// What is said of an event while the session lasts.
fn words(event: &Event) -> Option<String> {
    match event {
        Event::Reconnecting { wait, .. } if wait.is_zero() => {
            Some(format!("connection to the relay lost; resuming… {HOW_TO_LEAVE}"))
        }
        Event::Reconnecting { wait, .. } => Some(format!(
            "connection to the relay lost; resuming in {:.1} s… {HOW_TO_LEAVE}",
            wait.as_secs_f64()
        )),
        Event::SignInNeeded { message } => Some(format!("waiting for a sign-in: {message}. {HOW_TO_LEAVE}")),
        Event::Resumed => Some("resumed".to_owned()),
        // Its end is told when the session has ended; kinds that may be added later say nothing yet.
        _ => None,
    }
}

fn size() -> Size {
    let (columns, rows) = crossterm::terminal::size().unwrap_or((80, 24));
    Size { columns, rows }
}

/// Standard input, read by a thread of its own: a blocked read must not hold the runtime.
fn standard_input() -> mpsc::Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel(16);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = input.read(&mut buffer) {
            let Some(read) = buffer.get(..count) else { break };
            if send.blocking_send(read.to_vec()).is_err() {
                break;
            }
        }
    });
    receive
}

fn write_all(mut out: impl std::io::Write, bytes: &[u8]) -> bool {
    out.write_all(bytes).and_then(|()| out.flush()).is_ok()
}

/// Input that waits for room.
type Sending = Pin<Box<dyn Future<Output = Result<(), InputError>> + Send>>;

/// Waits until what is being sent has been taken; for ever when nothing is.
async fn taken(sending: &mut Option<Sending>) -> Result<(), InputError> {
    match sending {
        Some(under_way) => {
            let result = under_way.await;
            *sending = None;
            result
        }
        None => std::future::pending().await,
    }
}

async fn carry_terminal(mut terminal: Terminal, mut relay: watch::Receiver<Relay>) -> Ending {
    let raw = Raw::enter();
    // Without a terminal on this side what comes is no keys, and passes as it is.
    let mut escape = raw.as_ref().map(|_| Escape::new());
    let input = terminal.input();
    let send = |bytes: bytes::Bytes| -> Option<Sending> {
        let input = input.clone();
        Some(Box::pin(async move { input.send(bytes).await }))
    };
    let mut typed = standard_input();
    let mut resized = Resized::new();
    let mut typing = true;
    // Beside the loop: output must be read on meanwhile, or the two would wait for one another.
    let mut sending = None;
    loop {
        let now = *relay.borrow_and_update();
        // Keys are looked at even while there is no room for them, or nobody could leave.
        let listening = typing && (sending.is_none() || (escape.is_some() && now == Relay::Away));
        tokio::select! {
            read = terminal.read() => match read {
                Some(bytes) => if !write_all(std::io::stdout().lock(), &bytes) { break },
                None => break,
            },
            result = taken(&mut sending) => if result.is_err() { typing = false },
            bytes = typed.recv(), if listening => {
                let typed = match (bytes, &mut escape) {
                    (Some(bytes), Some(escape)) => escape.take(&bytes, now),
                    (Some(bytes), None) => Typed::Pass(bytes.into()),
                    (None, _) => {
                        typing = false;
                        // The end of a piped input is typed as Ctrl+D, so that the shell ends too.
                        Typed::Pass(bytes::Bytes::from_static(b"\x04"))
                    }
                };
                match typed {
                    Typed::Pass(bytes) if sending.is_none() => sending = send(bytes),
                    // As any terminal does whose queue is full.
                    Typed::Pass(_) => drop(write_all(std::io::stderr().lock(), b"\x07")),
                    Typed::End => {
                        if now == Relay::Here {
                            terminal.close().await;
                        }
                        return Ending::Left;
                    }
                }
            }
            () = resized.next() => input.resize(size()),
            Ok(()) = relay.changed() => {}
        }
    }
    let exit = terminal.exit().await;
    drop(raw);
    Ending::Exit(exit)
}

async fn carry_command(mut exec: Exec) -> Exit {
    let stdin = exec.stdin();
    let mut typed = standard_input();
    let feeding = tokio::spawn(async move {
        while let Some(bytes) = typed.recv().await {
            if stdin.send(bytes).await.is_err() {
                return;
            }
        }
        // The command may have ended already.
        let _ = stdin.finish();
    });
    while let Some(output) = exec.read().await {
        let written = match output {
            Output::Stdout(bytes) => write_all(std::io::stdout().lock(), &bytes),
            Output::Stderr(bytes) => write_all(std::io::stderr().lock(), &bytes),
        };
        if !written {
            break;
        }
    }
    let exit = exec.exit().await;
    feeding.abort();
    exit
}

/// Tells when the local terminal has another size.
struct Resized {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
    #[cfg(not(unix))]
    last: Size,
}

impl Resized {
    #[cfg(unix)]
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self { signal: signal(SignalKind::window_change()).ok() }
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        let told = match &mut self.signal {
            Some(signal) => signal.recv().await,
            None => None,
        };
        if told.is_none() {
            std::future::pending().await
        }
    }

    #[cfg(not(unix))]
    fn new() -> Self {
        Self { last: size() }
    }

    /// Consoles of this system tell nobody: they are asked.
    #[cfg(not(unix))]
    async fn next(&mut self) {
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
            let now = size();
            if now != self.last {
                self.last = now;
                return;
            }
        }
    }
}

#[cfg(test)]
#[path = "ssh_tests.rs"]
mod tests;
