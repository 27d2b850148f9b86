//! A program on a real pseudo-terminal.
//!
//! The terminal's calls block, so each direction has a thread of its own. Output passes through a short queue: when
//! the client's window is full, the reader stands still, and with it the program; input does not care.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use bytes::Bytes;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tokio::sync::{mpsc, oneshot, watch};

use super::group::{Group, HANG_UP};
use super::input;
use super::program::{Controls, Exit, Output, Program, Size};

/// Chunks of output between the reader and the channel.
const QUEUE: usize = 4;

/// Bytes of one chunk at most.
const CHUNK: usize = 32 * 1024;

/// The terminal's controlling side, until the terminal is taken away.
type Master = Arc<Mutex<Option<Box<dyn MasterPty + Send>>>>;

/// A started program.
pub(super) struct Process {
    master: Master,
    writer: Box<dyn Write + Send>,
    output: mpsc::Receiver<Bytes>,
    exit: oneshot::Receiver<Exit>,
    group: Arc<Group>,
}

impl From<Size> for PtySize {
    fn from(size: Size) -> Self {
        Self { rows: size.rows, cols: size.columns, pixel_width: size.width, pixel_height: size.height }
    }
}

/// Opens a terminal and starts a program on it.
///
/// # Errors
/// The system's own: no terminal or no process left, or no such program.
pub(super) fn start(program: &Program, size: Size) -> io::Result<Process> {
    let pair = native_pty_system().openpty(size.into()).map_err(io::Error::other)?;
    let mut command = CommandBuilder::new(&program.file);
    command.args(&program.arguments);
    command.env_clear();
    for (name, value) in &program.variables {
        command.env(name, value);
    }
    command.cwd(&program.home);
    #[cfg(unix)]
    unix::prepare(pair.master.as_ref());
    let child = pair.slave.spawn_command(command).map_err(io::Error::other)?;
    drop(pair.slave);
    let group = Arc::new(group_of(child.as_ref())?);
    let reader = pair.master.try_clone_reader().map_err(io::Error::other)?;
    let writer = pair.master.take_writer().map_err(io::Error::other)?;
    let (chunks, output) = mpsc::channel(QUEUE);
    let (ended, exit) = oneshot::channel();

    #[cfg(unix)]
    let waiter = {
        let (near, far) = std::os::unix::net::UnixStream::pair()?;
        let terminal = unix::Terminal::new(pair.master.as_ref(), reader, near)?;
        spawn("pty output", move || terminal.copy(&chunks))?;
        far
    };
    #[cfg(not(unix))]
    spawn("pty output", move || copy(reader, &chunks))?;

    let master: Master = Arc::new(Mutex::new(Some(pair.master)));
    let (watched, terminal) = (Arc::clone(&group), Arc::clone(&master));
    spawn("pty exit", move || {
        let exit = wait(child, &watched);
        // the one who waits for it may be gone
        let _ = ended.send(exit);
        // from here on, what is left of the output is all there is
        #[cfg(unix)]
        drop((waiter, terminal));
        #[cfg(not(unix))]
        take_away(&terminal);
    })?;
    Ok(Process { master, writer, output, exit, group })
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}

#[cfg(unix)]
fn group_of(child: &(dyn Child + Send + Sync)) -> io::Result<Group> {
    child.process_id().and_then(Group::new).ok_or_else(|| io::ErrorKind::NotFound.into())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix a process without a number is an error")]
fn group_of(child: &(dyn Child + Send + Sync)) -> io::Result<Group> {
    Ok(Group::new(child.clone_killer()))
}

#[cfg(unix)]
fn wait(mut child: Box<dyn Child + Send + Sync>, group: &Group) -> Exit {
    let exit = super::group::wait(group.leader());
    // its end is known already; this only reaps it
    group.reap(|| drop(child.wait()));
    exit.unwrap_or(Exit::Status(255))
}

#[cfg(not(unix))]
fn wait(mut child: Box<dyn Child + Send + Sync>, _: &Group) -> Exit {
    Exit::Status(child.wait().map_or(255, |status| status.exit_code()))
}

fn take_away(master: &Master) {
    drop(master.lock().unwrap_or_else(PoisonError::into_inner).take());
}

impl Process {
    /// Runs to the end of the program and of its output; `None` where the channel ended first.
    pub(super) async fn run(self, controls: Controls, output: &Output) -> Option<Exit> {
        let Self { master, writer, output: mut chunks, exit, group } = self;
        let Controls { input, mut size, mut signals, end } = controls;
        let (running, ended) = std::sync::mpsc::channel();
        let (fed, sizes) = (Arc::clone(&master), size.clone());
        spawn("pty input", move || feed(writer, input, (&fed, sizes), &ended)).ok()?;
        let shown = async {
            while let Some(chunk) = chunks.recv().await {
                output.data(chunk).await.ok()?;
            }
            exit.await.ok()
        };
        let told = async {
            loop {
                tokio::select! {
                    Ok(()) = size.changed() => resize(&master, *size.borrow_and_update()),
                    Some(signal) = signals.recv() => group.signal(&signal),
                    else => std::future::pending().await,
                }
            }
        };
        let exit = tokio::select! {
            exit = shown => exit,
            () = end.cancelled() => None,
            () = told => None,
        };
        // a reader that waits for room in the queue goes with it
        drop(chunks);
        if exit.is_none() {
            group.hang_up();
            tokio::time::sleep(HANG_UP).await;
            group.kill();
        }
        take_away(&master);
        drop(running);
        exit
    }
}

fn resize(master: &Master, size: Size) {
    let master = master.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(master) = master.as_ref() {
        // a terminal that has just ended has no size
        let _ = master.resize(size.into());
    }
}

fn feed(
    mut writer: Box<dyn Write + Send>,
    mut input: input::Receiver,
    (master, mut size): (&Master, watch::Receiver<Size>),
    ended: &std::sync::mpsc::Receiver<()>,
) {
    while let Some(bytes) = input.blocking_receive() {
        // what was typed after a change of the size finds the new one
        if size.has_changed().unwrap_or(false) {
            resize(master, *size.borrow_and_update());
        }
        if writer.write_all(&bytes).and_then(|()| writer.flush()).is_err() {
            return;
        }
        input.read(bytes.len());
    }
    // dropped, the writer types an end of file, and a client that only stopped sending does not mean that
    let _ = ended.recv();
}

#[cfg(not(unix))]
fn copy(mut reader: Box<dyn Read + Send>, chunks: &mpsc::Sender<Bytes>) {
    let mut buffer = vec![0; CHUNK];
    while let Ok(count) = reader.read(&mut buffer) {
        let chunk = Bytes::copy_from_slice(buffer.get(..count).unwrap_or_default());
        if count == 0 || chunks.blocking_send(chunk).is_err() {
            return;
        }
    }
}

#[cfg(unix)]
mod unix {
    use std::os::fd::{AsRawFd, RawFd};
    use std::os::unix::net::UnixStream;

    use bytes::BytesMut;

    use super::{Bytes, CHUNK, MasterPty, Read, io, mpsc};

    /// How long output may still be on its way after the program has ended, in milliseconds. Needed only where
    /// something in the background keeps the terminal open; otherwise the terminal itself says when it is empty.
    const LATE: i32 = 100;

    /// Room below which a chunk is sent rather than filled further.
    const ROOM: usize = 4096;

    /// The reading side of a terminal, and what tells that its program has ended.
    pub(super) struct Terminal {
        reader: Box<dyn Read + Send>,
        /// The reader's own descriptor is not to be had; this is a duplicate of the same terminal.
        descriptor: std::os::fd::OwnedFd,
        ended: UnixStream,
    }

    /// What a wait for the terminal brought.
    enum Ready {
        Output(More),
        Ended,
        Nothing,
    }

    /// Whether a read is sure to return.
    enum More {
        Certain,
        /// The terminal has ended, or cannot be watched on this system.
        Perhaps,
    }

    impl Terminal {
        pub(super) fn new(
            master: &dyn MasterPty,
            reader: Box<dyn Read + Send>,
            ended: UnixStream,
        ) -> io::Result<Self> {
            let raw = master.as_raw_fd().ok_or(io::ErrorKind::Unsupported)?;
            // SAFETY: `raw` belongs to `master`, which is borrowed and therefore open during this call.
            let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(raw) };
            Ok(Self { reader, descriptor: borrowed.try_clone_to_owned()?, ended })
        }

        /// Copies output until the terminal is closed, or until its program has ended and nothing more comes.
        pub(super) fn copy(mut self, chunks: &mpsc::Sender<Bytes>) {
            let mut buffer = BytesMut::new();
            let mut ended = false;
            loop {
                match self.wait(ended, if ended { LATE } else { -1 }) {
                    Ready::Output(_) => {}
                    Ready::Ended => {
                        ended = true;
                        continue;
                    }
                    Ready::Nothing => return,
                }
                buffer.resize(CHUNK, 0);
                let Some(filled) = self.fill(&mut buffer) else { return };
                if chunks.blocking_send(buffer.split_to(filled).freeze()).is_err() {
                    return;
                }
            }
        }

        /// Reads what is there into one chunk: terminals hand it out in small pieces.
        fn fill(&mut self, buffer: &mut BytesMut) -> Option<usize> {
            let mut filled = 0;
            while let Some(free) = buffer.get_mut(filled..).filter(|free| free.len() >= ROOM) {
                match self.reader.read(free) {
                    Ok(0) => break,
                    Ok(count) => filled += count,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
                if !matches!(self.wait(true, 0), Ready::Output(More::Certain)) {
                    break;
                }
            }
            (filled > 0).then_some(filled)
        }

        fn wait(&self, ended: bool, milliseconds: i32) -> Ready {
            let watch = |descriptor: RawFd| libc::pollfd { fd: descriptor, events: libc::POLLIN, revents: 0 };
            // a negative descriptor is left out
            let other = if ended { -1 } else { self.ended.as_raw_fd() };
            let mut set = [watch(self.descriptor.as_raw_fd()), watch(other)];
            loop {
                // SAFETY: `set` is an array of two valid `pollfd`, and both descriptors are owned by `self`.
                let count = unsafe { libc::poll(set.as_mut_ptr(), 2, milliseconds) };
                if count >= 0 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
                    break;
                }
            }
            let [terminal, end] = set;
            match (terminal.revents, end.revents) {
                (0, 0) => Ready::Nothing,
                (0, _) => Ready::Ended,
                (reported, _) if reported & libc::POLLIN != 0 => Ready::Output(More::Certain),
                _ => Ready::Output(More::Perhaps),
            }
        }
    }

    /// Tells the terminal that its characters are UTF-8, so that erasing one erases all of it.
    pub(super) fn prepare(master: &dyn MasterPty) {
        let Some(raw) = master.as_raw_fd() else { return };
        // SAFETY: all-zero bytes are a valid `termios`, a plain structure of integers, which `tcgetattr` fills.
        let mut modes: libc::termios = unsafe { std::mem::zeroed() };
        // SAFETY: `raw` belongs to `master`, which is borrowed, and `modes` is a valid place for the answer.
        if unsafe { libc::tcgetattr(raw, &raw mut modes) } == 0 {
            modes.c_iflag |= libc::IUTF8;
            // SAFETY: as above; `modes` is what `tcgetattr` gave, with one flag more.
            let _ = unsafe { libc::tcsetattr(raw, libc::TCSANOW, &raw const modes) };
        }
    }
}
