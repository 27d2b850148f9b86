//! What a channel has said and nobody has taken yet.
//!
//! The library below hands a channel's messages over a bounded queue on which its one task waits: while that
//! queue is full, nothing can be sent either. So a pump always takes from it into this backlog, which is
//! bounded too, and only when the backlog is full does the pump stop. Then the stop reaches the remote
//! program by the windows of SSH, of the tunnel and of TCP, which is what one wants of a slow screen.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use russh::{ChannelMsg, ChannelReadHalf, Sig};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::text::printable;

/// When this many bytes wait to be taken, nothing more is read from the server.
pub const BACKLOG_LIMIT: usize = 4 * 1024 * 1024;

/// Largest piece that is handed out, in bytes.
pub const CHUNK_LIMIT: usize = 64 * 1024;

/// How a remote shell or command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    /// It ended with this status.
    Status(u32),
    /// It was ended by this signal, named without `SIG`.
    Signal(String),
    /// The channel or the connection ended without saying.
    Closed,
}

/// Which of a command's outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Stdout,
    Stderr,
}

#[derive(Default)]
struct State {
    chunks: VecDeque<(Source, BytesMut)>,
    bytes: usize,
    exit: Option<Exit>,
}

/// The backlog of one channel: one pump fills it, one reader takes from it.
pub(crate) struct Backlog {
    state: Mutex<State>,
    limit: usize,
    filled: Notify,
    taken: Notify,
    /// Cancelled when the channel has ended or nobody will read any more.
    over: CancellationToken,
}

impl Backlog {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            limit,
            filled: Notify::new(),
            taken: Notify::new(),
            over: CancellationToken::new(),
        })
    }

    /// The next piece; none when the channel has ended and everything is taken. Can be dropped and repeated.
    pub(crate) async fn read(&self) -> Option<(Source, Bytes)> {
        loop {
            let filled = self.filled.notified();
            if let Some(chunk) = self.take() {
                return Some(chunk);
            }
            if self.over.is_cancelled() {
                return self.take();
            }
            filled.await;
        }
    }

    /// How the channel ended; none while it has not.
    pub(crate) fn exit(&self) -> Option<Exit> {
        self.lock().exit.clone()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Drops everything that waits, if it is at least `least` bytes. Gives the bytes dropped.
    pub(crate) fn discard(&self, least: usize, instead: &'static [u8]) -> usize {
        let mut state = self.lock();
        let dropped = state.bytes;
        if dropped < least.max(1) {
            return 0;
        }
        state.chunks.clear();
        state.chunks.push_back((Source::Stdout, BytesMut::from(instead)));
        state.bytes = instead.len();
        drop(state);
        self.taken.notify_one();
        dropped
    }

    pub(crate) fn push(&self, source: Source, data: &[u8]) {
        let mut state = self.lock();
        for piece in data.chunks(CHUNK_LIMIT) {
            match state.chunks.back_mut() {
                Some((last_source, last))
                    if *last_source == source && last.len().saturating_add(piece.len()) <= CHUNK_LIMIT =>
                {
                    last.extend_from_slice(piece);
                }
                Some(_) | None => state.chunks.push_back((source, BytesMut::from(piece))),
            }
            state.bytes = state.bytes.saturating_add(piece.len());
        }
        drop(state);
        self.filled.notify_one();
    }

    pub(crate) fn finish(&self, exit: Exit) {
        self.lock().exit.get_or_insert(exit);
        self.over.cancel();
        self.filled.notify_one();
    }

    /// Nobody will read any more.
    pub(crate) fn abandon(&self) {
        self.over.cancel();
    }

    /// Waits until the channel has ended or nobody will read any more.
    pub(crate) async fn over(&self) {
        self.over.cancelled().await;
    }

    /// Waits until there is room.
    async fn room(&self) {
        loop {
            let taken = self.taken.notified();
            if self.bytes() < self.limit {
                return;
            }
            taken.await;
        }
    }

    fn take(&self) -> Option<(Source, Bytes)> {
        let mut state = self.lock();
        let (source, chunk) = state.chunks.pop_front()?;
        state.bytes = state.bytes.saturating_sub(chunk.len());
        drop(state);
        self.taken.notify_one();
        Some((source, chunk.freeze()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the channel for its reader when a task that serves it panics: nobody would ever do so otherwise.
pub(crate) struct EndsWithPanic(pub(crate) Arc<Backlog>);

impl Drop for EndsWithPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.finish(Exit::Closed);
        }
    }
}

/// Takes everything that the channel says until it ends, as far as there is room.
pub(crate) async fn pump(mut from: ChannelReadHalf, backlog: Arc<Backlog>) {
    let _guard = EndsWithPanic(Arc::clone(&backlog));
    let mut exit = None;
    let ended = async {
        loop {
            backlog.room().await;
            match from.wait().await {
                Some(message) => match record(message, &backlog) {
                    Heard::Nothing => {}
                    Heard::Exit(how) => exit = exit.take().or(Some(how)),
                    Heard::Close => break,
                },
                None => break,
            }
        }
    };
    tokio::select! {
        () = ended => {}
        () = backlog.over() => {}
    }
    backlog.finish(exit.unwrap_or(Exit::Closed));
}

/// What a channel's message means, beyond the output in it.
pub(crate) enum Heard {
    Nothing,
    Exit(Exit),
    Close,
}

/// Puts a message's output into the backlog.
pub(crate) fn record(message: ChannelMsg, backlog: &Backlog) -> Heard {
    match message {
        ChannelMsg::Data { data } => backlog.push(Source::Stdout, &data),
        // 1 is stderr (RFC 4254, section 5.2), the only type there is
        ChannelMsg::ExtendedData { data, ext: 1 } => backlog.push(Source::Stderr, &data),
        ChannelMsg::ExitStatus { exit_status } => return Heard::Exit(Exit::Status(exit_status)),
        ChannelMsg::ExitSignal { signal_name, .. } => {
            return Heard::Exit(Exit::Signal(printable(&name(signal_name), 64)));
        }
        ChannelMsg::Close => return Heard::Close,
        _ => {}
    }
    Heard::Nothing
}

fn name(signal: Sig) -> String {
    match signal {
        Sig::Custom(name) => name,
        Sig::ABRT
        | Sig::ALRM
        | Sig::FPE
        | Sig::HUP
        | Sig::ILL
        | Sig::INT
        | Sig::KILL
        | Sig::PIPE
        | Sig::QUIT
        | Sig::SEGV
        | Sig::TERM
        | Sig::USR1 => format!("{signal:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn small_pieces_are_gathered_and_large_ones_cut() {
        let backlog = Backlog::new(BACKLOG_LIMIT);
        for _ in 0..40 {
            backlog.push(Source::Stdout, &[b'a'; 4096]);
        }
        backlog.push(Source::Stderr, b"e");
        backlog.push(Source::Stdout, &[b'b'; 3 * CHUNK_LIMIT + 1]);
        assert_eq!(backlog.bytes(), 40 * 4096 + 1 + 3 * CHUNK_LIMIT + 1);
        backlog.finish(Exit::Status(3));
        let mut sizes = Vec::new();
        while let Some((source, chunk)) = backlog.read().await {
            sizes.push((source, chunk.len()));
        }
        use Source::{Stderr, Stdout};
        let c = CHUNK_LIMIT;
        let wanted = [
            (Stdout, c),
            (Stdout, c),
            (Stdout, c / 2),
            (Stderr, 1),
            (Stdout, c),
            (Stdout, c),
            (Stdout, c),
            (Stdout, 1),
        ];
        assert_eq!(sizes, wanted);
        assert_eq!((backlog.bytes(), backlog.exit()), (0, Some(Exit::Status(3))));
    }

    #[tokio::test]
    async fn room_is_waited_for_and_comes_from_reading_and_from_discarding() {
        let backlog = Backlog::new(8);
        backlog.push(Source::Stdout, b"12345678");
        for free in
            [(|b: &Backlog| b.take().is_some()) as fn(&Backlog) -> bool, |b| b.discard(1, b"\x18") == 8]
        {
            let waiting = tokio::spawn({
                let backlog = Arc::clone(&backlog);
                async move { backlog.room().await }
            });
            tokio::task::yield_now().await;
            assert!(!waiting.is_finished());
            assert!(free(&backlog));
            waiting.await.unwrap();
            backlog.push(Source::Stdout, &b"12345678"[backlog.bytes()..]);
        }
    }

    #[tokio::test]
    async fn a_task_that_panics_ends_the_channel_for_its_reader() {
        let backlog = Backlog::new(8);
        backlog.push(Source::Stdout, b"x");
        let guard = EndsWithPanic(Arc::clone(&backlog));
        let task = tokio::spawn(async move {
            let _guard = guard;
            panic!("a mistake");
        });
        assert!(task.await.unwrap_err().is_panic());
        assert!(backlog.read().await.is_some(), "what has come is not lost");
        assert_eq!((backlog.read().await, backlog.exit()), (None, Some(Exit::Closed)));

        let calm = Backlog::new(8);
        drop(EndsWithPanic(Arc::clone(&calm)));
        assert_eq!(calm.exit(), None);
    }

    #[test]
    fn only_a_large_backlog_is_dropped() {
        let backlog = Backlog::new(BACKLOG_LIMIT);
        assert_eq!(backlog.discard(0, b"\x18"), 0);
        assert_eq!(backlog.bytes(), 0);
        backlog.push(Source::Stdout, b"12345678");
        assert_eq!(backlog.discard(9, b"\x18"), 0);
        assert_eq!(backlog.bytes(), 8);
        assert_eq!(backlog.discard(8, b"\x18"), 8);
        assert_eq!(backlog.take().unwrap().1, &b"\x18"[..]);
    }

    #[tokio::test]
    async fn a_reader_that_waits_learns_of_the_end() {
        let backlog = Backlog::new(8);
        let reading = tokio::spawn({
            let backlog = Arc::clone(&backlog);
            async move { backlog.read().await }
        });
        tokio::task::yield_now().await;
        backlog.finish(Exit::Closed);
        assert_eq!(reading.await.unwrap(), None);
        backlog.finish(Exit::Status(0));
        assert_eq!(backlog.exit(), Some(Exit::Closed));
    }
}
