//! What is sent to a channel: a queue bounded in bytes, and the task that empties it.

use std::sync::Arc;

use bytes::Bytes;
use russh::client::Msg;
use russh::{ChannelWriteHalf, Error as Ssh};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::backlog::{Backlog, EndsWithPanic};
use crate::terminal::Size;

/// At most this many bytes wait to be sent.
pub const INPUT_LIMIT: usize = 1024 * 1024;

/// What one queued piece costs at least, so that many small pieces are bounded too.
const PIECE_COST: usize = 64;

/// Largest piece that is queued at once.
const PIECE: usize = 32 * 1024;

/// Why input was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// The session has ended.
    #[error("the session has ended")]
    Closed,
    /// [`INPUT_LIMIT`] bytes wait already.
    #[error("the remote side does not take input fast enough")]
    Full,
}

enum Item {
    Data(Bytes, OwnedSemaphorePermit),
    Eof,
}

/// The sending end of the queue.
#[derive(Clone)]
pub(crate) struct Queue {
    items: mpsc::UnboundedSender<Item>,
    room: Arc<Semaphore>,
    size: Arc<watch::Sender<Size>>,
    backlog: Arc<Backlog>,
}

impl Queue {
    /// Starts the task that sends to `channel` until the backlog says that the channel is over.
    pub(crate) fn start(channel: ChannelWriteHalf<Msg>, size: Size, backlog: &Arc<Backlog>) -> Self {
        let (items, queued) = mpsc::unbounded_channel();
        let (size, resized) = watch::channel(size);
        tokio::spawn(write(channel, queued, resized, Arc::clone(backlog)));
        Self {
            items,
            room: Arc::new(Semaphore::new(INPUT_LIMIT)),
            size: Arc::new(size),
            backlog: Arc::clone(backlog),
        }
    }

    pub(crate) async fn send(&self, mut data: Bytes) -> Result<(), InputError> {
        while !data.is_empty() {
            let piece = data.split_to(data.len().min(PIECE));
            let room = tokio::select! {
                room = Arc::clone(&self.room).acquire_many_owned(cost(&piece)) => room,
                () = self.backlog.over() => return Err(InputError::Closed),
            };
            self.put(Item::Data(piece, room.map_err(|_| InputError::Closed)?))?;
        }
        Ok(())
    }

    pub(crate) fn try_send(&self, data: Bytes) -> Result<(), InputError> {
        if data.is_empty() {
            return Ok(());
        }
        // all or nothing: half a paste is worse than none
        let room =
            Arc::clone(&self.room).try_acquire_many_owned(cost(&data)).map_err(|_| InputError::Full)?;
        self.put(Item::Data(data, room))
    }

    pub(crate) fn finish(&self) -> Result<(), InputError> {
        self.put(Item::Eof)
    }

    pub(crate) fn resize(&self, size: Size) {
        self.size.send_if_modified(|current| std::mem::replace(current, size) != size);
    }

    pub(crate) fn backlog(&self) -> &Backlog {
        &self.backlog
    }

    fn put(&self, item: Item) -> Result<(), InputError> {
        self.items.send(item).map_err(|_| InputError::Closed)
    }
}

/// More than fits into the queue at all costs more than there is, so that it is refused.
fn cost(data: &Bytes) -> u32 {
    u32::try_from(data.len().max(PIECE_COST)).unwrap_or(u32::MAX)
}

async fn write(
    channel: ChannelWriteHalf<Msg>,
    mut queued: mpsc::UnboundedReceiver<Item>,
    mut resized: watch::Receiver<Size>,
    backlog: Arc<Backlog>,
) {
    let _guard = EndsWithPanic(Arc::clone(&backlog));
    // a resize must not wait behind input for which the remote program has no room
    let data = async {
        while let Some(item) = queued.recv().await {
            match item {
                Item::Data(data, _room) => channel.data_bytes(data).await?,
                Item::Eof => channel.eof().await?,
            }
        }
        std::future::pending().await
    };
    let resize = async {
        while resized.changed().await.is_ok() {
            let Size { columns, rows } = *resized.borrow_and_update();
            channel.window_change(columns.into(), rows.into(), 0, 0).await?;
        }
        std::future::pending().await
    };
    let result: Result<(), Ssh> = tokio::select! {
        // what is typed after a change of the size finds the new one
        biased;
        result = resize => result,
        result = data => result,
        () = backlog.over() => Ok(()),
    };
    match result {
        Ok(()) => {
            // may be closed already; while the connection is stuck there is nobody to wait for it
            let _ = tokio::time::timeout(crate::client::CLOSING, channel.close()).await;
        }
        Err(error) => tracing::debug!(%error, "the SSH connection takes no more input"),
    }
}
