//! The private local socket by which a running app and the command line share one pool of tunnels.
//!
//! It hands out states and streams, never a token. Each connection carries one [`Ask`], a line of JSON, and
//! its answers, a line each; after [`Answer::Stream`] both sides send frames (`frame.rs`). Every line and every
//! frame is bounded.

mod client;
mod frame;
mod server;
mod socket;

use adit_contract::{Failure, TunnelAction, TunnelInfo, TunnelPeer, TunnelSpec, TunnelTarget};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::tunnels::Told;

pub use self::client::{Shared, SharedStream, SharedTunnel};
pub(crate) use self::server::serve;

/// The longest answer, in bytes: one that lists all tunnels is the longest there is.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;
/// The longest ask, in bytes: one tunnel with all that belongs to it.
const LONGEST_ASK: usize = 512 * 1024;

/// What the command line asks for.
#[derive(Debug, Serialize, Deserialize)]
struct Ask {
    /// The id of the cloud that it means: tunnels of another one are not its business.
    cloud: String,
    what: What,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
enum What {
    /// All tunnels.
    List,
    /// Who is connected to one.
    Peers { id: String },
    /// Do something to one.
    Act { id: String, action: TunnelAction },
    /// Open one, for as long as the connection lasts.
    Open { spec: Box<TunnelSpec>, local: Option<std::net::SocketAddr> },
    /// Open a stream.
    Dial { target: TunnelTarget, patient: Patient },
}

/// Whether a VM that still starts is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Patient {
    /// It is.
    Yes,
    /// What stands in the way is told at once.
    No,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Answer {
    Tunnels(Vec<TunnelInfo>),
    Peers(Vec<TunnelPeer>),
    Done,
    Failed(Failure),
    /// Still on the way.
    Waiting(Wait),
    /// A tunnel listens here.
    Listening(String),
    /// Something happened to one of its connections.
    Told(Told),
    /// Frames follow.
    Stream,
}

/// A try that failed, and when the next one follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// The try that comes next, from 1.
    pub attempt: u32,
    /// Why the last one failed.
    pub reason: String,
    /// Milliseconds until the next one.
    pub in_ms: u64,
}

impl Wait {
    /// Tells of it; one that finds no room would be out of date by the time it is read.
    pub(crate) fn tell(waits: &tokio::sync::mpsc::Sender<Self>, retry: &adit_tunnel::Retry) {
        let _ = waits.try_send(retry.into());
    }
}

impl From<&adit_tunnel::Retry> for Wait {
    fn from(retry: &adit_tunnel::Retry) -> Self {
        let in_ms = u64::try_from(retry.wait().as_millis()).unwrap_or(u64::MAX);
        Self { attempt: retry.attempt, reason: retry.reason.clone(), in_ms }
    }
}

/// Why a conversation broke off.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the other side ended the conversation")]
    Ended,
    #[error("a line is longer than {0} bytes")]
    TooLong(usize),
    #[error("it does not speak as expected: {0}")]
    Foreign(#[from] serde_json::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Sends one line.
async fn say<W: AsyncWrite + Unpin>(to: &mut W, what: &impl Serialize) -> Result<(), Broken> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    to.write_all(&line).await?;
    to.flush().await?;
    Ok(())
}

/// Reads one line of at most so many bytes, byte by byte from what is buffered: what follows it may be no line any more.
async fn hear<R, T>(from: &mut R, longest: usize) -> Result<T, Broken>
where
    R: AsyncRead + Unpin,
    T: for<'a> Deserialize<'a>,
{
    let mut line = Vec::new();
    loop {
        match from.read_u8().await {
            Ok(b'\n') => return Ok(serde_json::from_slice(&line)?),
            Ok(byte) if line.len() < longest => line.push(byte),
            Ok(_) => return Err(Broken::TooLong(longest)),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Err(Broken::Ended),
            Err(error) => return Err(error.into()),
        }
    }
}
