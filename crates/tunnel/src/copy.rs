//! Bytes between a local connection and a tunnel.

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{BufMut as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};

use crate::Stream;
use crate::driver::{Aboard, Round};
use crate::pipe::{Look, Pipe};

/// Bytes that are read from the local side in one go.
const BLOCK: usize = 64 * 1024;
/// Pieces that are written to the local side in one go.
const PIECES: usize = 16;
/// Rounds after which the task lets others run.
const MAX_ROUNDS: usize = 16;

/// How a copy ended.
#[derive(Debug)]
pub(crate) enum Copied {
    /// The backend closed and all of it was delivered, or both sides finished.
    Ended,
    /// The local side failed or went away.
    Local(io::Error),
    /// The tunnel failed; its watch says how.
    Tunnel,
}

/// Copies both ways until the tunnel's end is delivered or one side fails, and drives the session meanwhile.
/// The local end of file becomes the stream's `shutdown` and nothing more: late replies still arrive
/// (specification section 6.3).
pub(crate) async fn copy<R, W>(stream: &mut Stream, reader: &mut R, writer: &mut W) -> Copied
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (aboard, pipe) = stream.take_over().await;
    let mut up = Up { reader, block: BytesMut::new(), done: false };
    let mut down = Down { writer, pieces: Default::default(), stage: Stage::Copying };
    let mut copying = Copying { aboard, pipe };
    std::future::poll_fn(|cx| {
        copying.aboard.register(cx);
        for _ in 0..MAX_ROUNDS {
            // Neither direction waits for the other: all are polled, and any may end the copy.
            let mut progress = match up.poll(cx, &mut copying) {
                Ok(progress) => progress,
                Err(error) => return Poll::Ready(Copied::Local(error)),
            };
            progress |= copying.aboard.step(cx) == Round::Progress;
            match down.poll(cx, &copying.pipe) {
                Ok(Moved::Nothing) => {}
                Ok(Moved::Some) => progress = true,
                Ok(Moved::All(end)) => return Poll::Ready(end),
                Err(error) => return Poll::Ready(Copied::Local(error)),
            }
            if !progress {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

struct Copying {
    aboard: Aboard,
    pipe: Arc<Pipe>,
}

/// The local bytes.
struct Up<'a, R> {
    reader: &'a mut R,
    /// There is memory in it only while bytes are being read.
    block: BytesMut,
    done: bool,
}

impl<R: AsyncRead + Unpin> Up<'_, R> {
    /// Reads what is there, as far as there is room for it; whether there was anything.
    fn poll(&mut self, cx: &mut Context<'_>, copying: &mut Copying) -> io::Result<bool> {
        let mut progress = false;
        while !self.done {
            let room = match copying.aboard.room() {
                Some(0) => break,
                Some(room) => room,
                None => {
                    self.done = true;
                    break;
                }
            };
            self.block.reserve(BLOCK);
            let mut limited = (&mut self.block).limit(room.min(BLOCK));
            let Poll::Ready(read) = pin!(self.reader.read_buf(&mut limited)).poll(cx) else { break };
            progress = true;
            match read? {
                0 => {
                    copying.pipe.shut_down();
                    self.done = true;
                }
                length if length < BLOCK / 4 * 3 => {
                    // A block must not be kept for a few bytes of it.
                    copying.aboard.send(Bytes::copy_from_slice(&self.block));
                    self.block.clear();
                }
                _ => copying.aboard.send(std::mem::take(&mut self.block).freeze()),
            }
        }
        self.block = BytesMut::new();
        Ok(progress)
    }
}

/// The bytes for the local side.
struct Down<'a, W> {
    writer: &'a mut W,
    pieces: [Bytes; PIECES],
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Copying,
    /// Written, but not yet flushed.
    Flushing,
    ShuttingDown,
}

enum Moved {
    Nothing,
    Some,
    /// Everything there was.
    All(Copied),
}

impl<W: AsyncWrite + Unpin> Down<'_, W> {
    fn poll(&mut self, cx: &mut Context<'_>, pipe: &Pipe) -> io::Result<Moved> {
        let mut moved = Moved::Nothing;
        if self.stage == Stage::ShuttingDown {
            return self.shut_down(cx);
        }
        loop {
            let count = match pipe.look(&mut self.pieces) {
                Look::Pieces(count) => count,
                Look::Nothing => break,
                Look::Eof => {
                    self.stage = Stage::ShuttingDown;
                    return self.shut_down(cx);
                }
                Look::Lost(lost) => {
                    tracing::debug!(error = %lost, "the tunnel of a local connection failed");
                    return Ok(Moved::All(Copied::Tunnel));
                }
            };
            let pieces = self.pieces.get(..count).unwrap_or_default();
            let mut slices = [IoSlice::new(&[]); PIECES];
            for (slice, piece) in slices.iter_mut().zip(pieces) {
                *slice = IoSlice::new(piece);
            }
            let slices = slices.get(..count).unwrap_or_default();
            let written = Pin::new(&mut *self.writer).poll_write_vectored(cx, slices);
            self.pieces = Default::default();
            let Poll::Ready(written) = written else { return Ok(moved) };
            let written = written?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            pipe.consume(written);
            self.stage = Stage::Flushing;
            moved = Moved::Some;
        }
        if self.stage == Stage::Flushing
            && let Poll::Ready(flushed) = Pin::new(&mut *self.writer).poll_flush(cx)
        {
            flushed?;
            self.stage = Stage::Copying;
        }
        Ok(moved)
    }

    fn shut_down(&mut self, cx: &mut Context<'_>) -> io::Result<Moved> {
        match Pin::new(&mut *self.writer).poll_shutdown(cx) {
            Poll::Ready(ended) => ended.map(|()| Moved::All(Copied::Ended)),
            Poll::Pending => Ok(Moved::Nothing),
        }
    }
}
