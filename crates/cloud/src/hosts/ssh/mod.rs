//! The SSH host: a real SSH server with a real shell of the user who runs the cloud. It honours the keys that the
//! guest of an instance would honour at that moment, and no other way to log in.

mod connection;
mod environment;
mod group;
mod input;
mod pipes;
mod program;
mod pty;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::server::{self, Config};
use russh::{MethodKind, MethodSet, SshId};
use tokio::io::DuplexStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::scratch::Scratch;
use crate::state::{Guest, GuestId, State};
use connection::Connection;

/// Bytes that each direction of a connection holds between the relay and the server.
const DUPLEX: usize = 256 * 1024;

/// How long a client may take to log in.
const LOGIN: Duration = Duration::from_secs(120);

/// Between two questions whether a silent client is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Unread input of one channel that the client may send ahead.
const WINDOW: u32 = 2 * 1024 * 1024;

/// The SSH hosts of one cloud; a clone is another handle on the same.
#[derive(Clone)]
pub(super) struct Hosts {
    state: State,
    tasks: TaskTracker,
    stop: CancellationToken,
    homes: Homes,
}

/// The home directories of the guests' users: private, made when first needed, removed with the cloud.
#[derive(Clone, Default)]
pub(super) struct Homes(Arc<Mutex<HashMap<u64, Scratch>>>);

impl Homes {
    /// The directory of `user` on the guest with this id.
    ///
    /// # Errors
    /// It cannot be made, or the name is not one of a user.
    pub(super) fn directory(&self, guest: u64, user: &str) -> io::Result<PathBuf> {
        if !is_user_name(user) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut homes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let root = match homes.entry(guest) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => entry.insert(Scratch::new("adit-home-")?),
        };
        let home = root.path().join(user);
        std::fs::create_dir_all(&home)?;
        Ok(home)
    }
}

/// Whether a name is fit to be a user's, and therefore a directory's.
fn is_user_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && !name.starts_with(['-', '.'])
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

impl Hosts {
    pub(super) fn new(state: State, tasks: TaskTracker, stop: CancellationToken) -> Self {
        Self { state, tasks, stop, homes: Homes::default() }
    }

    /// One connection to the server of a guest, which runs until either side ends it.
    ///
    /// # Errors
    /// There is no such guest.
    pub(super) fn connect(&self, id: GuestId) -> io::Result<DuplexStream> {
        let guest = self.state.guest(&id).ok_or(io::ErrorKind::ConnectionRefused)?;
        let (near, far) = tokio::io::duplex(DUPLEX);
        let this = self.clone();
        self.tasks.spawn(async move {
            if let Err(error) = this.serve(guest, far).await {
                tracing::debug!(%error, "an SSH connection ended early");
            }
        });
        Ok(near)
    }

    async fn serve(self, guest: Guest, stream: DuplexStream) -> Result<(), russh::Error> {
        let config = Arc::new(Config {
            server_id: SshId::Standard(concat!("SSH-2.0-Adit_", env!("CARGO_PKG_VERSION")).into()),
            methods: MethodSet::from([MethodKind::PublicKey].as_slice()),
            auth_rejection_time: Duration::ZERO,
            keys: guest.host_key().into_iter().collect(),
            window_size: WINDOW,
            inactivity_timeout: None,
            keepalive_interval: Some(KEEPALIVE),
            nodelay: true,
            ..Config::default()
        });
        let logged_in = CancellationToken::new();
        let connection = Connection::new(guest, self.homes.clone(), self.tasks.clone(), logged_in.clone());
        let started = tokio::time::timeout(LOGIN, server::run_stream(config, stream, connection));
        let mut running = tokio::select! {
            () = self.stop.cancelled() => return Ok(()),
            started = started => match started {
                Ok(started) => started?,
                Err(_) => return Ok(()),
            },
        };
        let handle = running.handle();
        let too_late = async {
            tokio::select! {
                () = logged_in.cancelled() => std::future::pending().await,
                () = tokio::time::sleep(LOGIN) => {}
            }
        };
        tokio::select! {
            ended = &mut running => return ended,
            () = self.stop.cancelled() => {}
            () = too_late => {}
        }
        let goodbye =
            handle.disconnect(russh::Disconnect::ByApplication, "the host closes".to_owned(), String::new());
        // a server whose queue is full learns it when its stream ends
        let _ = tokio::time::timeout(Duration::from_millis(200), goodbye).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_stays_inside_its_guest() {
        for name in ["", "..", "a/b", "a\\b", "-rf", ".ssh", "a\0b", "ä", &"x".repeat(65)] {
            assert!(Homes::default().directory(1, name).is_err(), "{name}");
        }
        let homes = Homes::default();
        let (one, other) =
            (homes.directory(1, "sam_example_com").unwrap(), homes.directory(2, "sam_example_com").unwrap());
        assert_ne!(one, other);
        assert!(one.is_dir());
        drop(homes);
        assert!(!one.exists() && !other.exists());
    }
}
