//! A desktop that is shown: what its pictures go to, what steers it, and the thread that it runs on.

mod active;
mod beside;
#[cfg(test)]
mod clipboards;
mod draw;
mod exchange;
#[cfg(any(test, feature = "fuzz"))]
#[cfg_attr(not(feature = "fuzz"), expect(unreachable_pub, reason = "it is public for the fuzzer alone"))]
pub mod fuzz;
#[cfg(test)]
mod hostile;
#[cfg(test)]
pub(crate) mod peer;
#[cfg(test)]
mod pipeline;
mod resize;
#[cfg(test)]
mod resized;
mod run;
mod screen;
#[cfg(test)]
mod shown;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread,
};

use bytes::Bytes;
use ironrdp_connector::ConnectionResult;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::{
    clipboard::{ClipboardKind, Notes},
    connect::Private,
    display::Size,
    error::Error,
    input::Input,
    options::{Cookie, Options},
    sequence::Parked,
    wire::Wire,
};

/// How many commands wait; whoever has another one waits too.
const COMMANDS: usize = 64;

/// What is asked of a session.
#[derive(Debug)]
enum Command {
    Input(Vec<Input>),
    Resize(Size),
    Show(Visibility),
    Redraw,
    Offer,
    Fetch(ClipboardKind),
    SaveFiles(PathBuf),
    CancelFiles,
}

/// Whether anyone sees the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// It is shown.
    Shown,
    /// It is not; the server is asked to send none.
    Hidden,
}

/// A desktop that has been opened. It ends when both halves have gone.
#[derive(Debug)]
pub struct Session {
    /// Where its pictures come from.
    pub pictures: Pictures,
    /// What steers it.
    pub control: Control,
}

/// Where a session's pictures come from, one message at a time. Nothing is sent that is not asked for: changes are
/// merged meanwhile, so a slow reader sees fewer pictures and never older ones.
#[derive(Debug)]
pub struct Pictures {
    credits: mpsc::Sender<oneshot::Sender<Bytes>>,
    shared: Arc<Shared>,
}

/// What steers a session; a clone steers the same.
#[derive(Debug, Clone)]
pub struct Control {
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
}

/// What the session's thread leaves for its holders.
#[derive(Debug, Default)]
struct Shared {
    end: OnceLock<Error>,
    cookie: Mutex<Option<Cookie>>,
    /// It is to end. Beside the commands, which wait while the server does not read.
    close: Notify,
}

impl Shared {
    fn end(&self) -> Error {
        self.end.get().cloned().unwrap_or(Error::Crashed)
    }
}

impl Session {
    pub(crate) fn start(
        wire: Wire<Private>,
        result: ConnectionResult,
        parked: Parked,
        options: Options,
        notes: Notes,
    ) -> Result<Self, Error> {
        let shared = Arc::new(Shared::default());
        // One at a time: the next is asked for when the last has been painted.
        let (credits, asked) = mpsc::channel(1);
        let (commands, told) = mpsc::channel(COMMANDS);
        let active = active::Active::new(wire, result, options, notes, Arc::clone(&shared))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|_| Error::Crashed)?;
        let theirs = Arc::clone(&shared);
        // A thread of its own: what a busy picture costs does not hold up anything else, and a mistake in what reads
        // a stranger's bytes ends this session alone.
        thread::Builder::new()
            .name("rdp".to_owned())
            .spawn(move || runtime.block_on(run::run(active, parked, asked, told, &theirs)))
            .map_err(|_| Error::Crashed)?;
        Ok(Self {
            pictures: Pictures { credits, shared: Arc::clone(&shared) },
            control: Control { commands, shared },
        })
    }
}

impl Pictures {
    /// The next message ([`crate::message`]), as soon as there is something to paint. A call that is dropped loses
    /// nothing.
    ///
    /// # Errors
    /// Why the session ended.
    pub async fn next(&mut self) -> Result<Bytes, Error> {
        let (send, message) = oneshot::channel();
        if self.credits.send(send).await.is_ok() {
            // What is asked just as the session ends may stay unread in the channel, and then nobody answers it.
            tokio::select! {
                biased;
                Ok(message) = message => return Ok(message),
                () = self.credits.closed() => {}
            }
        }
        Err(self.shared.end())
    }
}

impl Control {
    /// Sends what a person did, ahead of everything else. Waits while too much is on its way.
    ///
    /// # Errors
    /// Why the session ended.
    pub async fn input(&self, input: Vec<Input>) -> Result<(), Error> {
        self.send(Command::Input(input)).await
    }

    /// Asks for another size of the picture or of what is on it, once this has been the last wish for a moment. A server that does not
    /// do that is told of by a [`crate::message::Kind::State`].
    ///
    /// # Errors
    /// Why the session ended.
    pub async fn resize(&self, size: Size) -> Result<(), Error> {
        self.send(Command::Resize(size)).await
    }

    /// Says whether anyone sees the picture.
    ///
    /// # Errors
    /// Why the session ended.
    pub async fn show(&self, visibility: Visibility) -> Result<(), Error> {
        self.send(Command::Show(visibility)).await
    }

    /// Gives the whole picture anew, as to somebody who has just come.
    ///
    /// # Errors
    /// Why the session ended.
    pub async fn redraw(&self) -> Result<(), Error> {
        self.send(Command::Redraw).await
    }

    /// Tells the server what the clipboard on this side has.
    ///
    /// # Errors
    /// Why the session ended.
    pub async fn offer(&self) -> Result<(), Error> {
        self.send(Command::Offer).await
    }

    /// Asks for what the server's clipboard has of a kind, but for files. It comes to the
    /// [`crate::Clipboard`], or that it is not to be had.
    ///
    /// # Errors
    /// Why the session ended.
    pub async fn fetch(&self, kind: ClipboardKind) -> Result<(), Error> {
        self.send(Command::Fetch(kind)).await
    }

    /// Saves the files of the server's clipboard in this folder, which has to be there. What becomes of it is told
    /// to the [`crate::Clipboard`].
    ///
    /// # Errors
    /// Why the session ended.
    pub async fn save_files(&self, folder: PathBuf) -> Result<(), Error> {
        self.send(Command::SaveFiles(folder)).await
    }

    /// Ends the saving of files.
    ///
    /// # Errors
    /// Why the session ended.
    pub async fn cancel_files(&self) -> Result<(), Error> {
        self.send(Command::CancelFiles).await
    }

    /// Ends the session; what runs in it goes on at the server.
    pub fn close(&self) {
        // One that has ended already is closed.
        self.shared.close.notify_one();
    }

    /// Waits until the session has ended, and gives why. A call that is dropped loses nothing.
    pub async fn ended(&self) -> Error {
        self.commands.closed().await;
        self.shared.end()
    }

    /// What brings the session back after its connection was lost, where the server has given it.
    #[must_use]
    pub fn cookie(&self) -> Option<Cookie> {
        self.shared.cookie.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn send(&self, command: Command) -> Result<(), Error> {
        self.commands.send(command).await.map_err(|_| self.shared.end())
    }
}
