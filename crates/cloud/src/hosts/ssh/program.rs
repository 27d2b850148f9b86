//! A program that runs for a channel: a shell or a command, on a terminal or on pipes.

use std::ffi::OsString;
use std::path::PathBuf;

use bytes::Bytes;
use russh::server::{Handle, Msg};
use russh::{ChannelWriteHalf, Sig};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::environment::{Account, Environment, Shell};
use super::input::{self, Overflow};
use super::pipes;
use super::pty;

/// Signals that wait for delivery.
const SIGNALS: usize = 16;

/// The stream number of standard error (RFC 4254, section 5.2).
const STDERR: u32 = 1;

/// A terminal's size in characters and pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) columns: u16,
    pub(super) rows: u16,
    pub(super) width: u16,
    pub(super) height: u16,
}

impl Size {
    /// What a client asks for. A terminal of no columns or rows is one of the usual size.
    pub(super) fn new(columns: u32, rows: u32, width: u32, height: u32) -> Self {
        let short = |value: u32| u16::try_from(value).unwrap_or(u16::MAX);
        let or = |value: u32, usual: u16| if value == 0 { usual } else { short(value) };
        Self { columns: or(columns, 80), rows: or(rows, 24), width: short(width), height: short(height) }
    }
}

/// The terminal that a client asked for.
#[derive(Debug, Clone)]
pub(super) struct Terminal {
    pub(super) term: String,
    pub(super) size: Size,
}

/// How a program ended.
#[derive(Debug, Clone)]
pub(super) enum Exit {
    Status(u32),
    #[cfg(unix)]
    Signal(Sig),
}

/// A program ready to be started.
pub(super) struct Program {
    pub(super) file: OsString,
    pub(super) arguments: Vec<OsString>,
    pub(super) variables: Vec<(OsString, OsString)>,
    pub(super) home: PathBuf,
    size: Option<Size>,
}

/// What a running program is told from outside.
pub(super) struct Controls {
    pub(super) input: input::Receiver,
    pub(super) size: watch::Receiver<Size>,
    pub(super) signals: mpsc::Receiver<Sig>,
    /// Fires when the channel or its connection is gone.
    pub(super) end: CancellationToken,
}

/// The client's side of a running program. When it is dropped, the program is ended.
pub(super) struct Running {
    input: Option<input::Sender>,
    size: watch::Sender<Size>,
    signals: mpsc::Sender<Sig>,
    _end: DropGuard,
}

/// Where a program's output goes. Each write waits for the client's window.
pub(super) struct Output {
    write: ChannelWriteHalf<Msg>,
    #[cfg_attr(not(unix), expect(dead_code, reason = "only a signal's end is told through it"))]
    handle: Handle,
}

enum Process {
    Pty(pty::Process),
    Pipes(pipes::Process),
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere a command has to be Unicode")]
fn command_line(command: &[u8]) -> Option<OsString> {
    use std::os::unix::ffi::OsStrExt;
    Some(std::ffi::OsStr::from_bytes(command).to_owned())
}

#[cfg(not(unix))]
fn command_line(command: &[u8]) -> Option<OsString> {
    std::str::from_utf8(command).ok().map(OsString::from)
}

impl Program {
    /// The user's shell, or the command run by it. `None` where no system can run such a command.
    pub(super) fn new(
        account: &Account<'_>,
        environment: &Environment,
        terminal: Option<&Terminal>,
        command: Option<&[u8]>,
    ) -> Option<Self> {
        let shell = Shell::of_user();
        let arguments = match command {
            Some(command) if command.contains(&0) => return None,
            Some(command) => vec![shell.kind.command().into(), command_line(command)?],
            None if terminal.is_some() => shell.kind.interactive().iter().map(OsString::from).collect(),
            None => shell.kind.piped().iter().map(OsString::from).collect(),
        };
        let term = terminal.map(|terminal| terminal.term.as_str());
        let variables = environment.variables(account, &shell, term);
        let size = terminal.map(|terminal| terminal.size);
        Some(Self { file: shell.program, arguments, variables, home: account.home.to_owned(), size })
    }

    /// Starts the program; `None` where the system does not.
    pub(super) fn start(
        self,
        write: ChannelWriteHalf<Msg>,
        handle: Handle,
        tasks: &TaskTracker,
        greeting: Option<String>,
    ) -> Option<Running> {
        let (sender, receiver) = input::queue();
        let (size, sizes) = watch::channel(self.size.unwrap_or(Size::new(0, 0, 0, 0)));
        let (signals, signalled) = mpsc::channel(SIGNALS);
        let end = CancellationToken::new();
        let started = match self.size {
            Some(size) => pty::start(&self, size).map(Process::Pty),
            None => pipes::start(&self).map(Process::Pipes),
        };
        let process = started.inspect_err(|error| tracing::warn!(%error, "cannot start a program")).ok()?;
        let controls = Controls { input: receiver, size: sizes, signals: signalled, end: end.clone() };
        let output = Output { write, handle };
        tasks.spawn(async move {
            if let Some(greeting) = greeting
                && output.data(Bytes::from(greeting)).await.is_err()
            {
                return;
            }
            let exit = match process {
                Process::Pty(process) => process.run(controls, &output).await,
                Process::Pipes(process) => process.run(controls, &output).await,
            };
            if let Some(exit) = exit {
                output.finish(exit).await;
            }
        });
        Some(Running { input: Some(sender), size, signals, _end: end.drop_guard() })
    }
}

impl Running {
    /// Hands input to the program.
    pub(super) async fn input(&self, data: &[u8]) -> Result<(), Overflow> {
        match &self.input {
            Some(input) => input.send(data).await,
            None => Ok(()),
        }
    }

    /// The client sends nothing more.
    pub(super) fn finish_input(&mut self) {
        self.input = None;
    }

    pub(super) fn resize(&self, size: Size) {
        self.size.send_replace(size);
    }

    pub(super) fn signal(&self, signal: Sig) {
        // one more among so many undelivered ones would change nothing
        let _ = self.signals.try_send(signal);
    }
}

impl Output {
    pub(super) async fn data(&self, bytes: Bytes) -> Result<(), russh::Error> {
        self.write.data_bytes(bytes).await
    }

    pub(super) async fn error(&self, bytes: Bytes) -> Result<(), russh::Error> {
        self.write.extended_data_bytes(STDERR, bytes).await
    }

    async fn finish(self, exit: Exit) {
        #[cfg(unix)]
        let id = self.write.id();
        // where the connection is gone, there is nobody to tell
        let _ = match exit {
            Exit::Status(status) => self.write.exit_status(status).await.is_ok(),
            #[cfg(unix)]
            Exit::Signal(signal) => {
                let (text, language) = (String::new(), String::new());
                self.handle.exit_signal_request(id, signal, false, text, language).await.is_ok()
            }
        };
        let _ = self.write.eof().await;
        let _ = self.write.close().await;
    }
}
