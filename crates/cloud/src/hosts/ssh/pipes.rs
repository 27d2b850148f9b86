//! A program on pipes: standard output and standard error arrive apart, and input has an end.

use std::io;
use std::process::{ExitStatus, Stdio};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};

#[cfg(unix)]
use super::group::{Group, HANG_UP};
use super::input;
use super::program::{Controls, Exit, Output, Program};

/// Bytes read at once.
const CHUNK: usize = 32 * 1024;

/// A started program.
pub(super) struct Process {
    child: Child,
}

/// Which of the two outputs.
#[derive(Clone, Copy)]
enum Pipe {
    Output,
    Error,
}

/// Starts a program in a process group of its own.
///
/// # Errors
/// The system's own.
pub(super) fn start(program: &Program) -> io::Result<Process> {
    let mut command = Command::new(&program.file);
    command
        .args(&program.arguments)
        .env_clear()
        .envs(program.variables.iter().map(|(name, value)| (name, value)))
        .current_dir(&program.home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    command.spawn().map(|child| Process { child })
}

impl Process {
    /// Runs to the end of the program and of its output; `None` where the channel ended first.
    pub(super) async fn run(mut self, controls: Controls, output: &Output) -> Option<Exit> {
        let Controls { input, size: _, mut signals, end } = controls;
        let (stdin, stdout, stderr) =
            (self.child.stdin.take()?, self.child.stdout.take()?, self.child.stderr.take()?);
        #[cfg(unix)]
        let group = self.child.id().and_then(Group::new)?;
        let deliver = async {
            while let Some(signal) = signals.recv().await {
                #[cfg(unix)]
                group.signal(&signal);
                #[cfg(not(unix))]
                drop(signal);
            }
        };
        let exit = tokio::select! {
            exit = async {
                tokio::join!(pump(stdout, output, Pipe::Output), pump(stderr, output, Pipe::Error));
                self.child.wait().await
            } => exit.ok().map(exit_of),
            () = end.cancelled() => None,
            ((), (), ()) = async { tokio::join!(feed(stdin, input), deliver, std::future::pending()) } => None,
        };
        #[cfg(unix)]
        {
            if exit.is_none() {
                group.hang_up();
            }
            if tokio::time::timeout(HANG_UP, self.child.wait()).await.is_ok() {
                group.reap(|| ());
            }
        }
        // otherwise the group, or the child outside Unix, is killed as it is dropped
        exit
    }
}

async fn feed(mut stdin: ChildStdin, mut input: input::Receiver) {
    while let Some(bytes) = input.receive().await {
        if stdin.write_all(&bytes).await.is_err() {
            // the program has closed its input; the rest is dropped with the queue
            return;
        }
        input.read(bytes.len());
    }
}

async fn pump(mut from: impl AsyncRead + Unpin, output: &Output, pipe: Pipe) {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(CHUNK);
        match from.read_buf(&mut buffer).await {
            Ok(count) if count > 0 => {}
            Ok(_) | Err(_) => return,
        }
        let bytes = buffer.split().freeze();
        let sent = match pipe {
            Pipe::Output => output.data(bytes).await,
            Pipe::Error => output.error(bytes).await,
        };
        if sent.is_err() {
            return;
        }
    }
}

fn exit_of(status: ExitStatus) -> Exit {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return super::group::exit_of_signal(signal);
        }
    }
    Exit::Status(status.code().and_then(|code| u32::try_from(code).ok()).unwrap_or(255))
}
