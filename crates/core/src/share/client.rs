//! The command line's side of the shared socket.

use std::time::Duration;

use adit_contract::{Failure, TunnelAction, TunnelInfo, TunnelPeer, TunnelSpec, TunnelTarget};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, ReadHalf, WriteHalf};

use super::{Answer, Ask, Broken, LONGEST_ANSWER, Patient, Wait, What, frame, hear, say, socket};
use crate::{config::Config, failure, tunnels::Told, words};

type Reader = BufReader<ReadHalf<socket::Outgoing>>;
type Writer = WriteHalf<socket::Outgoing>;

/// How long an app may take to show that it is there.
const FIND_LIMIT: Duration = Duration::from_secs(3);
/// How long it may take for an answer that needs nobody else's.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);

/// The pool of the running app.
#[derive(Debug, Clone)]
pub struct Shared {
    folder: std::path::PathBuf,
    cloud: String,
}

impl Shared {
    /// The app of this user that would talk to the same cloud, whether or not it runs.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self { folder: config.folders.run.clone(), cloud: config.cloud.id.clone() }
    }

    /// The running app of this user that talks to the same cloud; `None` when there is none, or it cannot be
    /// asked.
    pub async fn find(config: &Config) -> Option<Self> {
        let found = Self::of(config);
        match tokio::time::timeout(FIND_LIMIT, found.tunnels())
            .await
            .unwrap_or_else(|_| Err(words::share::silent()))
        {
            Ok(_) => Some(found),
            Err(failure) => {
                tracing::debug!(code = ?failure.code, title = failure.title, "no app shares its tunnels");
                None
            }
        }
    }

    async fn ask(&self, what: What) -> Result<(Reader, Writer), Failure> {
        let socket = socket::connect(&self.folder).await.map_err(|error| broken(error.into()))?;
        let socket = socket.ok_or_else(words::share::no_app)?;
        let (reader, mut writer) = tokio::io::split(socket);
        say(&mut writer, &Ask { cloud: self.cloud.clone(), what }).await.map_err(broken)?;
        Ok((BufReader::new(reader), writer))
    }

    async fn ask_once(&self, what: What) -> Result<Answer, Failure> {
        let asked = async {
            let (mut reader, _writer) = self.ask(what).await?;
            answer(&mut reader).await
        };
        tokio::time::timeout(ANSWER_LIMIT, asked).await.unwrap_or_else(|_| Err(words::share::silent()))
    }

    /// All tunnels of the app.
    ///
    /// # Errors
    /// [`FailureCode::NotFound`](adit_contract::FailureCode::NotFound) when no app runs,
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) when it talks to another cloud.
    pub async fn tunnels(&self) -> Result<Vec<TunnelInfo>, Failure> {
        match self.ask_once(What::List).await? {
            Answer::Tunnels(all) => Ok(all),
            other => Err(out_of_place(&other)),
        }
    }

    /// Who is connected to a tunnel.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for an unknown tunnel, as with [`Shared::act`].
    pub async fn peers(&self, id: &str) -> Result<Vec<TunnelPeer>, Failure> {
        match self.ask_once(What::Peers { id: id.to_owned() }).await? {
            Answer::Peers(all) => Ok(all),
            other => Err(out_of_place(&other)),
        }
    }

    /// Does something to a tunnel; returns once that has begun.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for an unknown tunnel.
    pub async fn act(&self, id: &str, action: TunnelAction) -> Result<(), Failure> {
        match self.ask_once(What::Act { id: id.to_owned(), action }).await? {
            Answer::Done => Ok(()),
            other => Err(out_of_place(&other)),
        }
    }

    /// Opens a tunnel in the app's pool, for as long as the result lives. `local` stands in place of the
    /// specification's own place. `waiting` hears what it waits for.
    ///
    /// # Errors
    /// What stands in the way, in the app's words.
    pub async fn open(
        &self,
        spec: TunnelSpec,
        local: Option<std::net::SocketAddr>,
        waiting: impl Fn(Wait),
    ) -> Result<SharedTunnel, Failure> {
        let (mut reader, writer) = self.ask(What::Open { spec: Box::new(spec), local }).await?;
        loop {
            match answer(&mut reader).await? {
                Answer::Waiting(wait) => waiting(wait),
                Answer::Listening(local) => return Ok(SharedTunnel { local, reader, _writer: writer }),
                other => return Err(out_of_place(&other)),
            }
        }
    }

    /// Opens a stream to a target. `waiting` hears what it waits for.
    ///
    /// # Errors
    /// What stands in the way, in the app's words.
    pub async fn dial(
        &self,
        target: TunnelTarget,
        patient: Patient,
        waiting: impl Fn(Wait),
    ) -> Result<SharedStream, Failure> {
        let (mut reader, writer) = self.ask(What::Dial { target, patient }).await?;
        loop {
            match answer(&mut reader).await? {
                Answer::Waiting(wait) => waiting(wait),
                Answer::Stream => return Ok(SharedStream { reader, writer }),
                other => return Err(out_of_place(&other)),
            }
        }
    }
}

/// A tunnel that the app holds open for us. It goes with this.
#[derive(Debug)]
pub struct SharedTunnel {
    /// Where it listens.
    pub local: String,
    reader: Reader,
    /// The app takes its end for ours.
    _writer: Writer,
}

impl SharedTunnel {
    /// What happens to its connections; `None` once it has been stopped in the app.
    ///
    /// # Errors
    /// When the app has gone, or stopped it for a reason of its own.
    pub async fn next(&mut self) -> Result<Option<Told>, Failure> {
        match answer(&mut self.reader).await? {
            Answer::Told(told) => Ok(Some(told)),
            Answer::Done => Ok(None),
            other => Err(out_of_place(&other)),
        }
    }
}

/// A stream that the app dialled for us.
#[derive(Debug)]
pub struct SharedStream {
    reader: Reader,
    writer: Writer,
}

impl SharedStream {
    /// Carries bytes both ways until the far side's end has been written out.
    ///
    /// # Errors
    /// How the stream was lost, or that the app has gone.
    pub async fn carry<R, W>(self, from: &mut R, to: &mut W) -> Result<(), Failure>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        let Self { mut reader, mut writer } = self;
        let up = async {
            if let Err(error) = frame::wrap(from, &mut writer).await {
                tracing::debug!(%error, "nothing more goes up");
            }
            // The far side's end decides, not ours.
            std::future::pending::<()>().await;
        };
        let down = async {
            match frame::unwrap(&mut reader, to).await {
                Ok(()) => {}
                // The program at the other end of the pipe has gone: that is how ssh ends.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
                Err(error) => return Err(broken(error.into())),
            }
            // Whoever reads has all of it; a pipe that cannot be shut needs no complaint.
            let _ = to.shutdown().await;
            match answer(&mut reader).await? {
                Answer::Done => Ok(()),
                other => Err(out_of_place(&other)),
            }
        };
        tokio::select! {
            result = down => result,
            () = up => Ok(()),
        }
    }
}

/// The next answer, failures being errors.
async fn answer(reader: &mut Reader) -> Result<Answer, Failure> {
    match hear(reader, LONGEST_ANSWER).await.map_err(broken)? {
        Answer::Failed(failure) => Err(failure),
        answer => Ok(answer),
    }
}

fn broken(error: Broken) -> Failure {
    words::share::broken_off(error.to_string())
}

fn out_of_place(answer: &Answer) -> Failure {
    failure::internal(format!("an answer of the app was out of place: {answer:?}"))
}
