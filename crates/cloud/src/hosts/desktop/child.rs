//! The process of one desktop: how it is started, told what it needs to know, and ended.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{ChildStdin, Command};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::{Identity, Shared};
use crate::state::{Account, Guest, GuestId, State};

/// How long a server may take until it listens.
const START: Duration = Duration::from_secs(8);
/// How long one that was told to end may take, before it is ended.
const END: Duration = Duration::from_secs(2);
/// Longest line that is read from it.
const LONGEST_LINE: u64 = 64 * 1024;

/// A running server. Dropped, it ends.
pub(super) struct Child {
    address: SocketAddr,
    /// What a connection begins with.
    key: SecretString,
    /// Fires when the process has ended.
    ended: CancellationToken,
    /// Ends the process.
    end: CancellationToken,
}

impl Drop for Child {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

/// What it says when it listens.
#[derive(Deserialize)]
struct Ready {
    port: u16,
}

impl Child {
    /// Starts the server of a guest, and waits until it listens.
    pub(super) async fn start(
        program: &Path,
        guest: &Guest,
        identity: &Identity,
        shared: &Shared,
        place: OwnedSemaphorePermit,
    ) -> io::Result<Self> {
        let id = GuestId(guest.id);
        let mut process = Command::new(program)
            .args(["--stdin-accounts", "--name", &guest.name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // when its task goes without its end, as with the runtime
            .kill_on_drop(true)
            .spawn()?;
        let (Some(mut stdin), Some(stdout)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(io::Error::other("no pipes"));
        };
        let key: [u8; 32] = rand::random();
        let key = SecretString::from(key.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        let mut changes = shared.state.account_changes();
        changes.mark_unchanged();
        let first = json!({
            "key": key.expose_secret(),
            "certificate": identity.certificate,
            "private": identity.key.expose_secret(),
        });
        let mut output = BufReader::new(stdout);
        let ready = async {
            tell(&mut stdin, &SecretString::from(first.to_string())).await?;
            tell_accounts(&mut stdin, &shared.state, id).await?;
            read_ready(&mut output).await
        };
        let ready = match tokio::time::timeout(START, ready).await {
            Ok(ready) => ready?,
            Err(_) => return Err(io::Error::new(io::ErrorKind::TimedOut, "it did not say that it listens")),
        };
        let (ended, end) = (CancellationToken::new(), shared.stop.child_token());
        let child = Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, ready.port)),
            key,
            ended: ended.clone(),
            end: end.clone(),
        };
        let (state, boot) = (shared.state.clone(), shared.state.instance_stopped(&id));
        shared.tasks.spawn(async move {
            let _ended = ended.drop_guard();
            let _place = place;
            // nothing that it says later is for us, but a full pipe would hold it up
            let drain = async { drop(tokio::io::copy(&mut output, &mut tokio::io::sink()).await) };
            let watch = async {
                while changes.changed().await.is_ok() {
                    if tell_accounts(&mut stdin, &state, id).await.is_err() {
                        return;
                    }
                }
            };
            tokio::select! {
                () = end.cancelled() => {}
                () = boot.cancelled() => {}
                () = drain => {}
                () = watch => {}
                _ = process.wait() => return,
            }
            // nobody is to connect to one that is ending
            end.cancel();
            // the end of its input is what tells it to end
            drop(stdin);
            if tokio::time::timeout(END, process.wait()).await.is_err() {
                drop(process.kill().await);
            }
        });
        Ok(child)
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.ended.is_cancelled() && !self.end.is_cancelled()
    }

    /// A connection that the server takes for ours.
    pub(super) async fn connect(&self) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        stream.write_all(self.key.expose_secret().as_bytes()).await?;
        Ok(stream)
    }
}

/// One line on its standard input.
async fn tell(stdin: &mut ChildStdin, line: &SecretString) -> io::Result<()> {
    stdin.write_all(line.expose_secret().as_bytes()).await?;
    stdin.write_all(b"\n").await?;
    stdin.flush().await
}

/// The accounts of its guest, all of them: the server forgets those that it knew.
async fn tell_accounts(stdin: &mut ChildStdin, state: &State, id: GuestId) -> io::Result<()> {
    let shown =
        |account: &Account| json!({"name": account.name, "password": account.password.expose_secret()});
    let accounts: Vec<_> = state.accounts(&id).iter().map(shown).collect();
    tell(stdin, &SecretString::from(json!({"accounts": accounts}).to_string())).await
}

async fn read_ready(output: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Ready> {
    let mut line = Vec::new();
    output.take(LONGEST_LINE).read_until(b'\n', &mut line).await?;
    serde_json::from_slice(&line).map_err(|_| io::Error::other("it ended without saying that it listens"))
}
