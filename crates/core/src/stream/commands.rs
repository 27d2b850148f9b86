//! The way by commands, for a front end whose WebSocket does not come up: bytes are pulled by a long poll,
//! frames are pushed one by one and put back into their order.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use adit_contract::Failure;
use bytes::Bytes;

use super::way::{Attachment, NotTaken, Way};

use crate::words;

/// How long one pull may wait.
pub(crate) const LONGEST_PULL: Duration = Duration::from_secs(20);
/// How long one push may wait until input is taken.
const LONGEST_PUSH: Duration = Duration::from_secs(20);
/// The largest frame that may be pushed, in bytes.
pub(crate) const LARGEST_FRAME: usize = 256 * 1024;
/// Frames that may come before those they follow.
const AHEAD: u64 = 64;

/// One session's stream with its way by commands.
#[derive(Debug)]
pub(crate) struct Outlet<W> {
    pub(crate) way: Arc<W>,
    commands: Mutex<Commands>,
}

#[derive(Debug, Default)]
struct Commands {
    /// The way by commands has the stream.
    attachment: Option<Attachment>,
    next: u64,
    early: BTreeMap<u64, Bytes>,
}

impl<W: Way> Outlet<W> {
    pub(crate) fn new(way: W) -> Self {
        Self { way: Arc::new(way), commands: Mutex::default() }
    }

    fn commands(&self) -> MutexGuard<'_, Commands> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A front end is about to attach: the first pull or push from now on takes the stream, unless the socket
    /// did before and no pull comes.
    pub(crate) fn expect_front_end(&self) {
        *self.commands() = Commands::default();
    }

    fn attached(&self) -> Attachment {
        let mut commands = self.commands();
        *commands.attachment.get_or_insert_with(|| self.way.attach())
    }

    /// The next bytes; none after 20 seconds without any, and none at once when nothing comes any more.
    pub(crate) async fn pull(&self) -> Bytes {
        let attachment = self.attached();
        // What no push waits for any more. A frame that is none was the mistake of the push that brought it.
        let _ = self.hand_on(attachment);
        self.way.ask(attachment);
        match tokio::time::timeout(LONGEST_PULL, self.way.next(attachment)).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => Bytes::new(),
            Err(_) => {
                self.way.ask_no_more(attachment);
                Bytes::new()
            }
        }
    }

    /// Takes a frame with its number. While no more input is taken this waits, for at most 20 seconds; the frame is
    /// kept then, and goes on with the next push or pull after there is room.
    pub(crate) async fn push(&self, seq: u64, frame: Bytes) -> Result<(), Failure> {
        if frame.len() > LARGEST_FRAME {
            return Err(words::sessions::stream_broke("a frame is too large"));
        }
        let attachment = self.attached();
        {
            let mut commands = self.commands();
            if seq < commands.next || commands.early.contains_key(&seq) {
                return Err(words::sessions::stream_broke("a frame came twice"));
            }
            if seq - commands.next >= AHEAD {
                return Err(words::sessions::stream_broke("a frame came too early"));
            }
            commands.early.insert(seq, frame);
        }
        let handed_on = async {
            while self.hand_on(attachment)? == Handed::Stuck {
                self.way.input_room(attachment).await;
            }
            Ok(())
        };
        tokio::time::timeout(LONGEST_PUSH, handed_on).await.unwrap_or(Ok(()))
    }

    /// Gives on the frames whose turn it is, until no more are taken.
    fn hand_on(&self, attachment: Attachment) -> Result<Handed, Failure> {
        let mut commands = self.commands();
        if commands.attachment != Some(attachment) {
            return Ok(Handed::All);
        }
        while let Some(frame) = commands.early.get(&commands.next).cloned() {
            let taken = match W::decode(frame) {
                Ok(frame) => self.way.take(attachment, frame),
                Err(error) => Err(NotTaken::Wrong(error)),
            };
            if taken == Err(NotTaken::Full) {
                return Ok(Handed::Stuck);
            }
            let done = commands.next;
            commands.early.remove(&done);
            commands.next += 1;
            taken.map_err(|error| words::sessions::stream_broke(&error.to_string()))?;
        }
        Ok(Handed::All)
    }
}

/// How far frames were given on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handed {
    All,
    Stuck,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{Input, pipe::Pipe, typed::MOST};
    use futures_util::FutureExt as _;

    #[tokio::test(start_paused = true)]
    async fn frames_are_put_back_into_their_order() {
        let outlet = Outlet::new(Pipe::new());
        outlet.expect_front_end();
        outlet.push(1, Bytes::from_static(b"\0b")).await.unwrap();
        assert!(outlet.way.input().now_or_never().is_none());
        outlet.push(0, Bytes::from_static(b"\0a")).await.unwrap();
        assert_eq!(outlet.way.input().await, Some(Input::Bytes(Bytes::from_static(b"ab"))));
        assert!(outlet.push(0, Bytes::from_static(b"\0a")).await.is_err());
        assert!(outlet.push(2 + AHEAD, Bytes::from_static(b"\0a")).await.is_err());
        assert!(outlet.push(2, Bytes::from_static(b"\x09")).await.is_err());
        assert!(outlet.push(3, Bytes::from(vec![0; LARGEST_FRAME + 1])).await.is_err());
        outlet.expect_front_end();
        outlet.push(0, Bytes::from_static(b"\0c")).await.unwrap();
        assert_eq!(outlet.way.input().await, Some(Input::Bytes(Bytes::from_static(b"c"))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_push_waits_for_room_and_what_it_brought_is_not_lost() {
        let outlet = Outlet::new(Pipe::new());
        outlet.expect_front_end();
        let frame = |n: u8| Bytes::from([vec![0], vec![n; LARGEST_FRAME - 1]].concat());
        let most = u8::try_from(MOST.div_ceil(LARGEST_FRAME - 1)).unwrap();
        for n in 0..most {
            outlet.push(n.into(), frame(n)).now_or_never().unwrap().unwrap();
        }
        // Nobody reads: the wait ends, and the frame is kept.
        outlet.push(most.into(), frame(most)).await.unwrap();
        let mut waiting = std::pin::pin!(outlet.push(u64::from(most) + 1, frame(most + 1)));
        assert!(waiting.as_mut().now_or_never().is_none());
        for n in 0..=most + 1 {
            let Some(Input::Bytes(bytes)) = outlet.way.input().await else { panic!("no input") };
            assert!(bytes == frame(n).slice(1..), "frame {n}");
            if n == 0 {
                waiting.as_mut().now_or_never();
            }
            if n == 1 {
                waiting.as_mut().await.unwrap();
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pull_ends_empty_when_nothing_comes() {
        let outlet = Outlet::new(Pipe::new());
        outlet.way.push(Bytes::from_static(b"hello"));
        assert_eq!(outlet.pull().await.as_ref(), b"hello");
        assert!(outlet.pull().await.is_empty());
        outlet.expect_front_end();
        assert_eq!(outlet.pull().await.as_ref(), b"hello", "a new page gets the last bytes");
        outlet.way.end();
        assert!(outlet.pull().await.is_empty());
    }
}
