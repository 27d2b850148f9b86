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

/// The longest line, in bytes: an answer that lists all tunnels is the longest there is.
const LONGEST_LINE: usize = 8 * 1024 * 1024;

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
    /// Still on the way, in words.
    Waiting(String),
    /// A tunnel listens here.
    Listening(String),
    /// Something happened to one of its connections.
    Told(Told),
    /// Frames follow.
    Stream,
}

/// Why a conversation broke off.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the other side ended the conversation")]
    Ended,
    #[error("a line is longer than {LONGEST_LINE} bytes")]
    TooLong,
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

/// Reads one line, byte by byte from what is buffered: what follows it may be no line any more.
async fn hear<R, T>(from: &mut R) -> Result<T, Broken>
where
    R: AsyncRead + Unpin,
    T: for<'a> Deserialize<'a>,
{
    let mut line = Vec::new();
    loop {
        match from.read_u8().await {
            Ok(b'\n') => return Ok(serde_json::from_slice(&line)?),
            Ok(byte) if line.len() < LONGEST_LINE => line.push(byte),
            Ok(_) => return Err(Broken::TooLong),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Err(Broken::Ended),
            Err(error) => return Err(error.into()),
        }
    }
}
