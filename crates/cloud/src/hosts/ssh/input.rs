//! Input on its way to a program that may not be reading.
//!
//! The library opens a channel's window by itself as data arrives, so that the window does not hold a client back.
//! The queue does: above a mark each message waits a moment for the program, which slows the sender down without
//! ever stopping output, window adjustments or an interrupt for longer than that moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, mpsc};

/// Unread bytes above which each message waits.
const HIGH: usize = 1024 * 1024;

/// How long it waits.
const WAIT: Duration = Duration::from_millis(50);

/// Unread bytes above which each message waits longer, so that a program that reads slowly, or begins to after
/// minutes, still gets all of a large paste.
const HIGHER: usize = MAX / 2;

/// How long it waits then.
const LONGER: Duration = Duration::from_secs(1);

/// Unread bytes at most.
const MAX: usize = 8 * 1024 * 1024;

#[derive(Default)]
struct Level {
    queued: AtomicUsize,
    drained: Notify,
}

impl Level {
    async fn drained_to(&self, mark: usize) {
        while self.queued.load(Ordering::Acquire) > mark {
            self.drained.notified().await;
        }
    }
}

/// The client's end of the queue; the program reads its end of input when this is dropped.
pub(super) struct Sender {
    messages: mpsc::UnboundedSender<Bytes>,
    level: Arc<Level>,
}

/// The program's end of the queue.
pub(super) struct Receiver {
    messages: mpsc::UnboundedReceiver<Bytes>,
    level: Arc<Level>,
}

/// The program leaves too much unread.
#[derive(Debug)]
pub(super) struct Overflow;

/// A queue bounded by the bytes in it.
pub(super) fn queue() -> (Sender, Receiver) {
    // the channel has no bound of its own; `send` refuses above `MAX` bytes, and no message is empty
    let (sender, receiver) = mpsc::unbounded_channel();
    let level = Arc::new(Level::default());
    (Sender { messages: sender, level: Arc::clone(&level) }, Receiver { messages: receiver, level })
}

impl Sender {
    /// Queues input. What a program that has ended would have read is dropped.
    pub(super) async fn send(&self, data: &[u8]) -> Result<(), Overflow> {
        if data.is_empty() {
            return Ok(());
        }
        let queued = self.level.queued.load(Ordering::Acquire);
        let (mark, wait) = if queued > HIGHER { (HIGHER, LONGER) } else { (HIGH, WAIT) };
        // whether there is room then or not, the connection has to go on
        let _ = tokio::time::timeout(wait, self.level.drained_to(mark)).await;
        let queued = self.level.queued.fetch_add(data.len(), Ordering::AcqRel);
        if queued.saturating_add(data.len()) > MAX {
            return Err(Overflow);
        }
        if self.messages.send(Bytes::copy_from_slice(data)).is_err() {
            // an ended program reads nothing
            self.level.queued.fetch_sub(data.len(), Ordering::AcqRel);
        }
        Ok(())
    }
}

impl Receiver {
    /// The next input; none when the client has sent its last.
    pub(super) async fn receive(&mut self) -> Option<Bytes> {
        self.messages.recv().await
    }

    /// The same for a thread.
    pub(super) fn blocking_receive(&mut self) -> Option<Bytes> {
        self.messages.blocking_recv()
    }

    /// The program has read this much of it.
    pub(super) fn read(&self, count: usize) {
        self.level.queued.fetch_sub(count, Ordering::AcqRel);
        self.level.drained.notify_one();
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // nobody reads any more, so that nobody has to wait
        self.messages.close();
        while let Ok(message) = self.messages.try_recv() {
            self.read(message.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_program_that_reads_slowly_gets_all() {
        let (sender, mut receiver) = queue();
        let piece = [7; 32 * 1024];
        let count = 2 * MAX / piece.len();
        let program = tokio::spawn(async move {
            let mut all = 0;
            while let Some(data) = receiver.receive().await {
                for part in data.chunks(4096) {
                    tokio::time::sleep(Duration::from_millis(40)).await;
                    all += part.len();
                    receiver.read(part.len());
                }
            }
            all
        });
        for _ in 0..count {
            sender.send(&piece).await.unwrap();
        }
        drop(sender);
        assert_eq!(program.await.unwrap(), count * piece.len());
    }

    #[tokio::test(start_paused = true)]
    async fn goes_on_above_the_mark_and_refuses_beyond_all_measure() {
        let (sender, mut receiver) = queue();
        let most = vec![0; MAX];
        sender.send(&most[1..]).await.unwrap();
        sender.send(&[0]).await.unwrap();
        assert!(sender.send(&[0]).await.is_err());
        assert_eq!(receiver.receive().await.unwrap().len(), MAX - 1);
    }

    #[tokio::test]
    async fn input_for_a_program_that_has_ended_is_dropped() {
        let (sender, receiver) = queue();
        sender.send(&[0; 10]).await.unwrap();
        drop(receiver);
        sender.send(&[0; 10]).await.unwrap();
        assert_eq!(sender.level.queued.load(Ordering::Acquire), 0);
    }
}
