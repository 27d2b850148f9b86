//! The connection: from a stream to an authenticated session, and its end.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, Handle};
use russh::{ChannelReadHalf, ChannelWriteHalf, Disconnect, Preferred, Pty, SshId, cipher, compression};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::auth::{Interaction, authenticate};
use crate::backlog::{BACKLOG_LIMIT, Backlog, pump, record};
use crate::error::{Error, Request, Stage};
use crate::exec::Exec;
use crate::handler::{Handler, Notes};
use crate::host_key::{Expect, HostKey};
use crate::input::Queue;
use crate::key_pair::KeyPair;
use crate::severable::Severable;
use crate::terminal::{Size, Term, Terminal};

/// How long the end of a connection may take in good order.
pub(crate) const CLOSING: Duration = Duration::from_secs(2);

/// How long nothing may come before the server is asked for a sign of life. Relays drop what is silent for an
/// hour. While the stream takes nothing no further one is sent, so that they do not pile up.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// How long each step may take, without the time that the user needs to decide or answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// The whole handshake.
    pub handshake: Duration,
    /// One answer of the server to an authentication request.
    pub authentication: Duration,
    /// The server's judgement of one answer to its prompts: it may ask the user's telephone meanwhile.
    pub second_factor: Duration,
    /// One answer of the server while a channel is opened.
    pub channel: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(30),
            // an OS Login guest asks the metadata server first
            authentication: Duration::from_secs(30),
            second_factor: Duration::from_secs(120),
            channel: Duration::from_secs(30),
        }
    }
}

/// How to connect.
#[derive(Clone)]
pub struct Options {
    /// The login name.
    pub user: String,
    /// The key to log in with.
    pub key: KeyPair,
    /// What is known of the host.
    pub expect: Expect,
    /// Who answers what only the user can.
    pub interaction: Arc<dyn Interaction>,
    /// How long each step may take.
    pub timeouts: Timeouts,
}

impl Options {
    /// With the default timeouts.
    pub fn new(
        user: impl Into<String>,
        key: KeyPair,
        expect: Expect,
        interaction: Arc<dyn Interaction>,
    ) -> Self {
        Self { user: user.into(), key, expect, interaction, timeouts: Timeouts::default() }
    }
}

/// Connects and authenticates over `stream`. Dropping the future ends the connection.
pub async fn connect<S>(stream: S, options: Options) -> Result<Client, Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let cut = CancellationToken::new();
    let guard = cut.clone().drop_guard();
    let notes = Arc::new(Notes::default());
    let (asking, asked) = watch::channel(false);
    let handler = Handler {
        expect: options.expect.clone(),
        interaction: Arc::clone(&options.interaction),
        asking,
        cut: cut.clone(),
        notes: Arc::clone(&notes),
    };
    let config = Arc::new(config(&options.expect));
    let shake = Box::pin(client::connect_stream(config, Severable::new(stream, &cut), handler));
    let mut handle = without_asking(options.timeouts.handshake, asked, shake)
        .await
        .ok_or(Error::TimedOut(Stage::Handshake))?
        .map_err(|error| notes.handshake_error(error, &options.expect))?;
    let host_key = notes.lock().host_key.clone().ok_or_else(|| notes.disconnected())?;
    authenticate(&mut handle, &options, &notes).await?;
    let connection = Connection { handle: Some(handle), cut: guard.disarm(), notes };
    Ok(Client { connection, host_key, timeouts: options.timeouts })
}

fn config(expect: &Expect) -> client::Config {
    client::Config {
        client_id: SshId::Standard(Cow::Borrowed(concat!("SSH-2.0-Adit_", env!("CARGO_PKG_VERSION")))),
        keepalive_interval: Some(KEEPALIVE),
        // never counted (0): a stream that stalls may be a tunnel that is being resumed, for as long as it takes
        // somebody to sign in. Whether it is lost is for the stream to say, by ending.
        keepalive_max: 0,
        // a terminal may be silent for days
        inactivity_timeout: None,
        preferred: Preferred {
            key: Cow::Owned(expect.algorithms()),
            cipher: Cow::Borrowed(&[
                cipher::AES_256_GCM,
                cipher::CHACHA20_POLY1305,
                cipher::AES_256_CTR,
                cipher::AES_192_CTR,
                cipher::AES_128_CTR,
            ]),
            compression: Cow::Borrowed(&[compression::NONE]),
            ..Preferred::DEFAULT
        },
        // the default window: a larger one only lengthens the wait after an interrupt
        ..client::Config::default()
    }
}

/// Waits for `future` for as long as `limit`, not counting the time during which the user is being asked.
async fn without_asking<T>(
    limit: Duration,
    mut asked: watch::Receiver<bool>,
    mut future: impl Future<Output = T> + Unpin,
) -> Option<T> {
    let mut left = limit;
    loop {
        let since = Instant::now();
        let asking = *asked.borrow_and_update();
        tokio::select! {
            result = &mut future => return Some(result),
            Ok(()) = asked.changed() => {}
            () = tokio::time::sleep(left), if !asking => return None,
        }
        if !asking {
            left = left.saturating_sub(since.elapsed());
        }
    }
}

/// An authenticated connection, which becomes one terminal or one command.
pub struct Client {
    connection: Connection,
    host_key: HostKey,
    timeouts: Timeouts,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("host_key", &self.host_key).finish_non_exhaustive()
    }
}

impl Client {
    /// The key that the server proved to have.
    pub fn host_key(&self) -> &HostKey {
        &self.host_key
    }

    /// Starts the user's shell on a pseudo-terminal.
    pub async fn terminal(self, size: Size, term: Term) -> Result<Terminal, Error> {
        let backlog = Backlog::new(BACKLOG_LIMIT);
        let (mut from, to) = self.open().await?;
        // Input is UTF-8, so that the server erases whole characters; the speeds only satisfy old programs.
        let modes = [(Pty::IUTF8, 1), (Pty::TTY_OP_ISPEED, 38_400), (Pty::TTY_OP_OSPEED, 38_400)];
        let (columns, rows) = (size.columns.into(), size.rows.into());
        self.sent(to.request_pty(true, &term.name, columns, rows, 0, 0, &modes)).await?;
        self.granted(&mut from, &backlog, Request::Terminal).await?;
        for (name, value) in term.environment {
            self.sent(to.set_env(false, name, value)).await?;
        }
        self.sent(to.request_shell(true)).await?;
        self.granted(&mut from, &backlog, Request::Shell).await?;
        tokio::spawn(pump(from, Arc::clone(&backlog)));
        let queue = Queue::start(to, size, &backlog);
        Ok(Terminal::new(self.connection, backlog, queue))
    }

    /// Runs a command, which the user's shell interprets, without a terminal.
    pub async fn exec(self, command: &str) -> Result<Exec, Error> {
        let backlog = Backlog::new(BACKLOG_LIMIT);
        let (mut from, to) = self.open().await?;
        self.sent(to.exec(true, command)).await?;
        self.granted(&mut from, &backlog, Request::Command).await?;
        tokio::spawn(pump(from, Arc::clone(&backlog)));
        let queue = Queue::start(to, Size { columns: 80, rows: 24 }, &backlog);
        Ok(Exec::new(self.connection, backlog, queue))
    }

    /// Ends the connection in good order, within a few seconds. Dropping does the same without waiting.
    pub async fn close(self) {
        self.connection.close().await;
    }

    async fn open(&self) -> Result<(ChannelReadHalf, ChannelWriteHalf<client::Msg>), Error> {
        let handle = self.connection.handle.as_ref().ok_or(Error::Disconnected { reason: None })?;
        match self.in_time(handle.channel_open_session()).await? {
            Ok(channel) => Ok(channel.split()),
            Err(russh::Error::ChannelOpenFailure(_)) => Err(Error::Refused(Request::Channel)),
            Err(error) => Err(self.connection.notes.error(error)),
        }
    }

    async fn sent(&self, sending: impl Future<Output = Result<(), russh::Error>>) -> Result<(), Error> {
        self.in_time(sending).await?.map_err(|error| self.connection.notes.error(error))
    }

    async fn granted(
        &self,
        from: &mut ChannelReadHalf,
        backlog: &Backlog,
        request: Request,
    ) -> Result<(), Error> {
        let reply = async {
            loop {
                match from.wait().await {
                    Some(russh::ChannelMsg::Success) => return Ok(()),
                    Some(russh::ChannelMsg::Failure) => return Err(Error::Refused(request)),
                    Some(russh::ChannelMsg::Close) | None => {
                        return Err(self.connection.notes.disconnected());
                    }
                    // some servers let output run ahead of the reply; the limit keeps a hostile one short
                    Some(message) if backlog.bytes() < BACKLOG_LIMIT => {
                        let _ = record(message, backlog);
                    }
                    Some(_) => return Err(Error::Refused(request)),
                }
            }
        };
        self.in_time(reply).await?
    }

    async fn in_time<T>(&self, future: impl Future<Output = T>) -> Result<T, Error> {
        tokio::time::timeout(self.timeouts.channel, future).await.map_err(|_| Error::TimedOut(Stage::Channel))
    }
}

/// Keeps a connection open; ends it when dropped.
pub(crate) struct Connection {
    handle: Option<Handle<Handler>>,
    cut: CancellationToken,
    notes: Arc<Notes>,
}

impl Connection {
    pub(crate) fn why_closed(&self) -> Option<Error> {
        self.notes.lock().ended.clone()
    }

    pub(crate) async fn close(mut self) {
        if let Some(handle) = self.handle.take() {
            finish(handle, self.cut.clone()).await;
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(handle) = self.handle.take() else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(finish(handle, self.cut.clone()))),
            Err(_) => self.cut.cancel(),
        }
    }
}

/// Says goodbye, and cuts the stream if that takes too long.
async fn finish(handle: Handle<Handler>, cut: CancellationToken) {
    // also when this task itself is dropped
    let _guard = cut.drop_guard();
    let goodbye = async {
        let _ = handle.disconnect(Disconnect::ByApplication, "", "").await;
        let _ = handle.await;
    };
    let _ = tokio::time::timeout(CLOSING, goodbye).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_time_of_asking_does_not_count() {
        let (asking, asked) = watch::channel(false);
        let limit = Duration::from_secs(10);
        let work = Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(6)).await;
            asking.send_replace(true);
            tokio::time::sleep(Duration::from_secs(3600)).await;
            asking.send_replace(false);
            tokio::time::sleep(Duration::from_secs(3)).await;
            drop(asking);
        });
        assert_eq!(without_asking(limit, asked, work).await, Some(()));

        let (asking, asked) = watch::channel(true);
        let work = Box::pin(async move {
            asking.send_replace(false);
            tokio::time::sleep(Duration::from_secs(11)).await;
        });
        assert_eq!(without_asking(limit, asked, work).await, None);
    }

    #[test]
    fn no_sha1_and_no_compression_is_offered() {
        let config = config(&Expect::FirstUse);
        assert!(!config.preferred.key.contains(&russh::keys::Algorithm::Rsa { hash: None }));
        assert_eq!(&*config.preferred.compression, [compression::NONE]);
        assert!(config.preferred.host_key_certificates.is_empty());
    }
}
