//! The tunnels of one dialer. Notices that the machine woke up or that its network is another one, and tells
//! every one of them at once, without anybody having to ask for it (hard case 17).

mod system;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use tokio::task::JoinHandle;

use crate::watch::Board;
use system::SystemChanges;

/// The pause before the watch begins again after a panic.
const PAUSE: Duration = Duration::from_secs(10);

/// Tells when the machine's network may be another one.
#[async_trait]
pub trait NetworkChanges: Send {
    /// Returns after the next change. One report for many changes in a row will do.
    async fn changed(&mut self);
}

/// The tunnels of one dialer, and the task that tells them. The task begins with the first tunnel, since it needs
/// the runtime, and ends with the dialer and its last tunnel.
#[derive(Default)]
pub(crate) struct Network {
    boards: Arc<Mutex<Vec<Weak<Board>>>>,
    task: Mutex<Task>,
}

#[derive(Default)]
struct Task {
    /// Used in place of the system's.
    given: Option<Box<dyn NetworkChanges>>,
    running: Option<JoinHandle<()>>,
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").finish_non_exhaustive()
    }
}

impl Network {
    pub(crate) fn with(changes: Box<dyn NetworkChanges>) -> Self {
        let task = Mutex::new(Task { given: Some(changes), running: None });
        Self { boards: Arc::default(), task }
    }

    /// Tells this tunnel of every change from now on. To be called in a tokio runtime.
    pub(crate) fn tell(&self, board: &Arc<Board>) {
        {
            let mut boards = self.boards.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that ended go when there is no more room: rarely, and before the list grows.
            if boards.len() == boards.capacity() {
                boards.retain(|board| board.strong_count() > 0);
            }
            boards.push(Arc::downgrade(board));
        }
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        // It ends early only with the runtime it was begun in.
        if task.running.as_ref().is_none_or(JoinHandle::is_finished) {
            let changes = task.given.take().unwrap_or_else(|| Box::new(SystemChanges::new()));
            task.running = Some(tokio::spawn(keep_up(changes, Arc::clone(&self.boards))));
        }
    }

    /// All tunnels that have not ended.
    pub(crate) fn tunnels(&self) -> Vec<Arc<Board>> {
        alive(&self.boards)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let task = self.task.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = &task.running {
            running.abort();
        }
    }
}

/// Runs for as long as it is wanted, a panic notwithstanding: tunnels that hear of no change would only resume later.
async fn keep_up(mut changes: Box<dyn NetworkChanges>, boards: Arc<Mutex<Vec<Weak<Board>>>>) {
    while AssertUnwindSafe(run(&mut *changes, &boards)).catch_unwind().await.is_err() {
        tracing::error!("the watch over the network broke off and begins again after a pause");
        tokio::time::sleep(PAUSE).await;
    }
}

async fn run(changes: &mut dyn NetworkChanges, boards: &Mutex<Vec<Weak<Board>>>) {
    loop {
        changes.changed().await;
        let boards = alive(boards);
        tracing::debug!(tunnels = boards.len(), "the network changed");
        for board in boards {
            board.network_changed();
        }
    }
}

fn alive(boards: &Mutex<Vec<Weak<Board>>>) -> Vec<Arc<Board>> {
    let mut boards = boards.lock().unwrap_or_else(PoisonError::into_inner);
    boards.retain(|board| board.strong_count() > 0);
    boards.iter().filter_map(Weak::upgrade).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::Pipe;

    /// Panics when it is asked first, and then tells of one change.
    struct Faulty(u32);

    #[async_trait]
    impl NetworkChanges for Faulty {
        async fn changed(&mut self) {
            self.0 += 1;
            match self.0 {
                1 => panic!("a mistake"),
                2 => {}
                _ => std::future::pending().await,
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_watch_that_breaks_off_begins_again_and_the_tunnels_hear_of_the_next_change() {
        let network = Network::with(Box::new(Faulty(0)));
        let board = Arc::new(Board::new(Arc::new(Pipe::default())));
        network.tell(&board);
        while !board.asked().network_changed {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}
