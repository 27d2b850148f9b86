//! A tunnel between a pair of local streams, such as standard input and output for OpenSSH's ProxyCommand.

use std::io;

use adit_relay::Failure;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::copy::{Copied, copy};
use crate::{Connection, Event, Stream, Watch};

/// Payload bytes that a tunnel carried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// The relay's close code, where it was the relay that ended it.
    pub code: Option<u16>,
    /// To the backend.
    pub sent: u64,
    /// From the backend.
    pub received: u64,
}

/// Why a tunnel between local streams ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The session was lost: what was delivered is not the whole.
    #[error("the tunnel was lost: {}", .failure.reason)]
    Lost {
        /// Why.
        failure: Failure,
        /// What was carried until then.
        totals: Totals,
    },
    /// The local side failed.
    #[error("the local side failed: {error}")]
    Local {
        /// How.
        #[source]
        error: io::Error,
        /// What was carried until then.
        totals: Totals,
    },
}

/// Carries bytes until the backend's end is delivered, or, after the local end of file, until the grace period
/// for late replies is over (specification section 6.3). `on_event` hears what happens meanwhile, on this task.
///
/// # Errors
/// [`ProxyError`] when the session is lost or a local stream fails.
pub async fn proxy<R, W>(
    connection: Connection,
    reader: &mut R,
    writer: &mut W,
    mut on_event: impl FnMut(&Event),
) -> Result<Totals, ProxyError>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let Connection { mut stream, mut watch } = connection;
    let mut copied = None;
    let mut last = None;
    {
        let mut copying = std::pin::pin!(copy(&mut stream, reader, writer));
        while copied.is_none() {
            tokio::select! {
                end = &mut copying => copied = Some(end),
                event = watch.next(), if last.is_none() => {
                    if let Some(event) = event {
                        on_event(&event);
                        last = Outcome::of(event);
                    }
                }
            }
        }
    }
    let outcome = match last {
        Some(outcome) => outcome,
        None => wind_up(stream, &mut watch, copied.as_ref(), &mut on_event).await,
    };
    match (copied, outcome) {
        (_, Outcome::Failed(failure, totals)) => Err(ProxyError::Lost { failure, totals }),
        (Some(Copied::Local(error)), Outcome::Closed(totals)) => Err(ProxyError::Local { error, totals }),
        (None | Some(Copied::Ended | Copied::Tunnel), Outcome::Closed(totals)) => Ok(totals),
    }
}

/// How the session itself ended.
pub(crate) enum Outcome {
    Closed(Totals),
    Failed(Failure, Totals),
}

impl Outcome {
    pub(crate) fn of(event: Event) -> Option<Self> {
        match event {
            Event::Closed { code, sent, received } => Some(Self::Closed(Totals { code, sent, received })),
            Event::Failed { failure, sent, received } => {
                Some(Self::Failed(failure, Totals { code: None, sent, received }))
            }
            Event::Reconnecting { .. }
            | Event::SignInNeeded { .. }
            | Event::Resumed
            | Event::RoundTrip(_) => None,
        }
    }
}

/// Lets go of the stream and waits for the session's last word.
pub(crate) async fn wind_up(
    stream: Stream,
    watch: &mut Watch,
    copied: Option<&Copied>,
    on_event: &mut impl FnMut(&Event),
) -> Outcome {
    if matches!(copied, Some(Copied::Local(_))) {
        // Nobody is left who could want what was not yet sent.
        watch.control().abort();
    }
    drop(stream);
    while let Some(event) = watch.next().await {
        on_event(&event);
        if let Some(outcome) = Outcome::of(event) {
            return outcome;
        }
    }
    Outcome::Closed(Totals::default())
}
