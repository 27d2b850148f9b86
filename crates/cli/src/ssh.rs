//! `adit ssh`: a terminal or a command, on the product's own SSH.

use std::{
    io::{IsTerminal as _, Read as _, Write as _},
    sync::Arc,
    time::Duration,
};

use adit_contract::{Failure, FailureCode, InstanceRef, Note, Question, Step};
use adit_core::{
    failure,
    sessions::{Connected, Context, HostKeyRule, IfStopped, KnownHosts, Observer, Reply, connect},
};
use adit_ssh::{Exec, Exit, Output, Size, Term, Terminal};
use adit_tunnel::{Event, Watch};
use async_trait::async_trait;
use secrecy::{SecretString, zeroize::Zeroize as _};
use tokio::sync::mpsc;

use crate::{
    access,
    arguments::SshArguments,
    ending::{self, Format, say},
    target,
};

/// What `ssh` ends with where there was no remote status.
const NO_STATUS: u8 = 255;
/// SSH's port.
const PORT: u16 = 22;
/// How long the tunnel may take to say why it ended after the terminal has.
const LAST_WORDS: Duration = Duration::from_secs(2);

pub(crate) async fn run(arguments: SshArguments) -> u8 {
    match enter(arguments).await {
        Ok(Exit::Status(status)) => u8::try_from(status).unwrap_or(NO_STATUS),
        Ok(Exit::Signal(name)) => {
            say!("adit: the command was ended by SIG{name}");
            NO_STATUS
        }
        Ok(Exit::Closed) => {
            say!("adit: the connection was closed");
            NO_STATUS
        }
        Err(failure) => {
            ending::complain(&failure, Format::Words);
            if failure.code == FailureCode::InvalidInput { ending::USAGE } else { NO_STATUS }
        }
    }
}

async fn enter(arguments: SshArguments) -> Result<Exit, Failure> {
    let instance = target::instance(&arguments.instance, &arguments.place)?;
    let account = access::account(&arguments.identity).await?;
    let context = Context {
        cloud: account.config.cloud.clone(),
        account: account.id,
        access: account.access,
        keychain: account.keychain,
        // A key that ends with this command needs to live until it is logged in, and no longer.
        memory_key_lifetime: adit_ssh::guest::Lifetime::MIN,
        known_hosts: KnownHosts::new(&account.config.folders),
    };
    let connected = connect(&context, &instance, IfStopped::Fail, HostKeyRule::Known, Arc::new(Asker))
        .await
        .map_err(|refusal| refusal.failure)?;
    let Connected { client, watch, user } = connected;
    let failed = |error: adit_ssh::Error| failure::ssh(&error, &instance, &user);
    let watching = tokio::spawn(follow(watch, instance.clone()));
    let exit = if arguments.command.is_empty() {
        let size = size();
        let term = Term {
            name: std::env::var("TERM").unwrap_or_else(|_| "xterm-256color".to_owned()),
            ..Term::default()
        };
        let terminal = client.terminal(size, term).await.map_err(failed)?;
        carry_terminal(terminal).await
    } else {
        let exec = client.exec(&arguments.command.join(" ")).await.map_err(failed)?;
        carry_command(exec).await
    };
    // It went away without a word: the tunnel may know why.
    if exit == Exit::Closed
        && let Ok(Ok(Some(lost))) = tokio::time::timeout(LAST_WORDS, watching).await
    {
        return Err(lost);
    }
    Ok(exit)
}

/// Follows the tunnel to its end, and tells the person when it is being resumed. Gives why it was lost, if it
/// was.
async fn follow(mut watch: Watch, instance: InstanceRef) -> Option<Failure> {
    let told = std::io::stderr().is_terminal();
    while let Some(event) = watch.next().await {
        if let (true, Some(words)) = (told, words(&event)) {
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
            Some("connection to the relay lost; resuming…".to_owned())
        }
        Event::Reconnecting { wait, .. } => {
            Some(format!("connection to the relay lost; resuming in {:.1} s…", wait.as_secs_f64()))
        }
        Event::SignInNeeded { message } => Some(format!("waiting for a sign-in: {message}")),
        Event::Resumed => Some("resumed".to_owned()),
        // Its end is told when the session has ended; kinds that may be added later say nothing yet.
        _ => None,
    }
}

fn size() -> Size {
    let (columns, rows) = crossterm::terminal::size().unwrap_or((80, 24));
    Size { columns, rows }
}

/// The local terminal in raw mode for as long as this value lives.
struct Raw;

impl Raw {
    fn enter() -> Option<Self> {
        (std::io::stdin().is_terminal() && crossterm::terminal::enable_raw_mode().is_ok()).then_some(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Nothing better can be done for a terminal that does not let itself be set back.
        drop(crossterm::terminal::disable_raw_mode());
    }
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

async fn carry_terminal(mut terminal: Terminal) -> Exit {
    let raw = Raw::enter();
    let input = terminal.input();
    let mut typed = standard_input();
    let mut resized = Resized::new();
    let mut typing = true;
    loop {
        tokio::select! {
            read = terminal.read() => match read {
                Some(bytes) => if !write_all(std::io::stdout().lock(), &bytes) { break },
                None => break,
            },
            bytes = typed.recv(), if typing => match bytes {
                Some(bytes) => if input.send(bytes).await.is_err() { typing = false },
                // The end of a piped input is typed as Ctrl+D, so that the shell ends too.
                None => { typing = false; let _ = input.send(&b"\x04"[..]).await; }
            },
            () = resized.next() => input.resize(size()),
        }
    }
    let exit = terminal.exit().await;
    drop(raw);
    exit
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

/// The person at the terminal.
struct Asker;

#[async_trait]
impl Observer for Asker {
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
            eprint!("Trust it from now on? [y/N] ");
            let answer = line()?;
            Some(if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
                Reply::Trust
            } else {
                Reply::Reject
            })
        }
        Question::SecondFactor { title, instruction, prompts } => {
            for text in [title, instruction].iter().filter(|text| !text.is_empty()) {
                say!("{text}");
            }
            let mut answers = Vec::new();
            for prompt in prompts {
                eprint!("{}", prompt.text);
                let mut answer = if prompt.echo { line()? } else { hidden_line()? };
                answers.push(SecretString::from(answer.trim_end_matches(['\r', '\n']).to_owned()));
                answer.zeroize();
            }
            Some(Reply::Answers(answers))
        }
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
    eprint!("\r\n");
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::{Duration, Event, words};

    #[test]
    fn a_person_is_told_of_the_relay_coming_and_going() {
        let lost = |millis| Event::Reconnecting {
            code: Some(4080),
            reason: "gone".to_owned(),
            attempt: 1,
            wait: Duration::from_millis(millis),
        };
        assert_eq!(words(&lost(0)).as_deref(), Some("connection to the relay lost; resuming…"));
        assert_eq!(words(&lost(1500)).as_deref(), Some("connection to the relay lost; resuming in 1.5 s…"));
        assert_eq!(words(&Event::Resumed).as_deref(), Some("resumed"));
        let sign_in = Event::SignInNeeded { message: "the token has expired".to_owned() };
        assert_eq!(words(&sign_in).as_deref(), Some("waiting for a sign-in: the token has expired"));
        assert_eq!(words(&Event::RoundTrip(Duration::ZERO)), None);
        assert_eq!(words(&Event::Closed { code: None, sent: 1, received: 2 }), None);
    }
}
