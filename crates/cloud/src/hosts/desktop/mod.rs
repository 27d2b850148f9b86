//! Remote desktops: for each Windows guest that somebody connects to, a server of its own as a child process.
//!
//! The server is another program, since it is built on another release line of the same library than the product's
//! client (`docs/decisions/0012-remote-desktops.md`). It listens on loopback, where everybody on this machine could
//! connect; so it lets in only whoever begins with a key that it has learnt over its standard input.

mod child;
mod identity;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::state::{GuestId, State};
use child::Child;
use identity::Identity;

/// Desktops at once: each is a process with pictures in memory.
const MOST: usize = 16;
/// Guests whose desktop's certificate is kept.
const MOST_KEPT: usize = 4096;

/// Where the server of desktops comes from.
#[derive(Debug, Clone)]
pub(crate) struct DesktopServer {
    /// Without a program there are no desktops.
    pub(crate) program: Option<PathBuf>,
    /// Who is told what keeps a desktop away.
    pub(crate) notice: fn(&str),
}

/// All desktops of one cloud; a clone is another handle on the same.
#[derive(Clone)]
pub(super) struct Desktops(Arc<Shared>);

struct Shared {
    server: DesktopServer,
    told: AtomicBool,
    state: State,
    tasks: TaskTracker,
    stop: CancellationToken,
    places: Arc<Semaphore>,
    slots: Mutex<HashMap<GuestId, Arc<Slot>>>,
}

/// One guest's desktop. The identity outlives the process: after a restart the certificate is the same.
#[derive(Default)]
struct Slot {
    identity: std::sync::OnceLock<Identity>,
    child: tokio::sync::Mutex<Option<Child>>,
}

impl Desktops {
    pub(super) fn new(
        server: DesktopServer,
        state: State,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        Self(Arc::new(Shared {
            server,
            told: AtomicBool::new(false),
            state,
            tasks,
            stop,
            places: Arc::new(Semaphore::new(MOST)),
            slots: Mutex::default(),
        }))
    }

    /// Connects to a guest's desktop, whose server is started where it does not run.
    ///
    /// # Errors
    /// There is no program, it could not be started or does not answer, or too many run already.
    pub(super) async fn connect(&self, id: GuestId) -> io::Result<TcpStream> {
        let shared = &self.0;
        let Some(program) = &shared.server.program else {
            self.tell("no remote desktops: nobody said where their server is (--rdp-host PROGRAM)");
            return Err(io::ErrorKind::ConnectionRefused.into());
        };
        let slot = self.slot(id)?;
        let mut child = slot.child.lock().await;
        if let Some(running) = child.as_ref().filter(|running| running.is_alive())
            // else it has ended a moment ago, or is about to
            && let Ok(stream) = running.connect().await
        {
            return Ok(stream);
        }
        *child = None;
        let guest = shared.state.guest(&id).ok_or(io::ErrorKind::NotFound)?;
        let identity = match slot.identity.get() {
            Some(identity) => identity,
            None => {
                let made = Identity::new(&guest.name).map_err(io::Error::other)?;
                slot.identity.get_or_init(|| made)
            }
        };
        let place = Arc::clone(&shared.places)
            .try_acquire_owned()
            .map_err(|_| io::Error::other(format!("{MOST} remote desktops run already")));
        let started = match place {
            Ok(place) => Child::start(program, &guest, identity, shared, place).await,
            Err(error) => Err(error),
        };
        let running = match started {
            Ok(running) => running,
            Err(error) => {
                self.tell(&format!("the server of remote desktops could not be started: {error}"));
                return Err(error);
            }
        };
        let stream = running.connect().await?;
        *child = Some(running);
        Ok(stream)
    }

    fn slot(&self, id: GuestId) -> io::Result<Arc<Slot>> {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(&id) {
            return Ok(Arc::clone(slot));
        }
        if slots.len() >= MOST_KEPT {
            return Err(io::Error::other("too many guests have had a remote desktop"));
        }
        let slot = Arc::new(Slot::default());
        slots.insert(id, Arc::clone(&slot));
        Ok(slot)
    }

    /// Says something once, not at each connection.
    fn tell(&self, words: &str) {
        if !self.0.told.swap(true, Ordering::Relaxed) {
            (self.0.server.notice)(words);
        }
    }
}
