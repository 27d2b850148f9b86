//! Bytes between a local connection and a tunnel.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};

use crate::Stream;

/// Bytes that are read from the local side in one go.
const BUFFER: usize = 64 * 1024;

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

enum Up {
    Reading,
    Writing { from: usize, to: usize },
    Done,
}

enum Down {
    Copying,
    /// Written, but not yet flushed: the tunnel has nothing more for now.
    ShuttingDown,
}

/// Copies both ways until the tunnel's end is delivered or one side fails. The local end of file becomes the
/// stream's `shutdown` and nothing more: late replies still arrive (specification section 6.3).
pub(crate) async fn copy<R, W>(stream: &mut Stream, reader: &mut R, writer: &mut W) -> Copied
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut buffer = vec![0_u8; BUFFER];
    let mut up = Up::Reading;
    let mut down = Down::Copying;
    let mut unflushed = false;
    std::future::poll_fn(|cx| {
        // Neither direction waits for the other: both are polled, and either may end the copy.
        if let Poll::Ready(Err(end)) = poll_up(cx, stream, reader, &mut buffer, &mut up) {
            return Poll::Ready(end);
        }
        match ready!(poll_down(cx, stream, writer, &mut down, &mut unflushed)) {
            Ok(()) => Poll::Ready(Copied::Ended),
            Err(end) => Poll::Ready(end),
        }
    })
    .await
}

fn poll_up<R: AsyncRead + Unpin>(
    cx: &mut Context<'_>,
    stream: &mut Stream,
    reader: &mut R,
    buffer: &mut [u8],
    up: &mut Up,
) -> Poll<Result<(), Copied>> {
    loop {
        match up {
            Up::Reading => {
                let mut read = ReadBuf::new(buffer);
                ready!(Pin::new(&mut *reader).poll_read(cx, &mut read)).map_err(Copied::Local)?;
                let to = read.filled().len();
                if to == 0 {
                    ready!(Pin::new(&mut *stream).poll_shutdown(cx)).map_err(|error| lost(&error))?;
                    *up = Up::Done;
                } else {
                    *up = Up::Writing { from: 0, to };
                }
            }
            Up::Writing { from, to } => {
                let rest = buffer.get(*from..*to).unwrap_or_default();
                match ready!(Pin::new(&mut *stream).poll_write(cx, rest)) {
                    Ok(written) => *from += written,
                    // The backend is gone; what it said last is still to be delivered.
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                        *up = Up::Done;
                        continue;
                    }
                    Err(error) => return Poll::Ready(Err(lost(&error))),
                }
                if *from >= *to {
                    *up = Up::Reading;
                }
            }
            Up::Done => return Poll::Ready(Ok(())),
        }
    }
}

fn poll_down<W: AsyncWrite + Unpin>(
    cx: &mut Context<'_>,
    stream: &mut Stream,
    writer: &mut W,
    down: &mut Down,
    unflushed: &mut bool,
) -> Poll<Result<(), Copied>> {
    loop {
        match down {
            Down::Copying => {
                let piece = match Pin::new(&mut *stream).poll_fill_buf(cx) {
                    Poll::Ready(Ok(piece)) => piece,
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(lost(&error))),
                    Poll::Pending => {
                        if *unflushed {
                            ready!(Pin::new(&mut *writer).poll_flush(cx)).map_err(Copied::Local)?;
                            *unflushed = false;
                        }
                        return Poll::Pending;
                    }
                };
                if piece.is_empty() {
                    *down = Down::ShuttingDown;
                    continue;
                }
                let written = ready!(Pin::new(&mut *writer).poll_write(cx, piece)).map_err(Copied::Local)?;
                if written == 0 {
                    return Poll::Ready(Err(Copied::Local(io::ErrorKind::WriteZero.into())));
                }
                Pin::new(&mut *stream).consume(written);
                *unflushed = true;
            }
            Down::ShuttingDown => {
                return Pin::new(&mut *writer).poll_shutdown(cx).map_err(Copied::Local);
            }
        }
    }
}

fn lost(error: &io::Error) -> Copied {
    tracing::debug!(%error, "the tunnel of a local connection failed");
    Copied::Tunnel
}
