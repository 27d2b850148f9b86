//! The end of a backend whose client has closed the session.

use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use super::super::upstream::Upstream;
use crate::hosts::Stream;

/// How long the backend may take to accept what the client sent before it left.
const LINGER: Duration = Duration::from_secs(10);

/// Gives the backend what the client sent before it closed, then lets the backend go. What the backend still
/// says is read and dropped, so that it is not stuck saying it.
pub(super) async fn linger(mut backend: Stream, mut up: Upstream) {
    let mut scratch = vec![0; 16 * 1024];
    let mut shut = false;
    let rest = std::future::poll_fn(|cx| {
        while let Poll::Ready(Ok(_)) = up.poll_drain(cx, &mut backend) {}
        if up.is_empty() && !shut {
            shut = AsyncWrite::poll_shutdown(Pin::new(&mut backend), cx).is_ready();
        }
        loop {
            let mut buffer = tokio::io::ReadBuf::new(&mut scratch);
            match AsyncRead::poll_read(Pin::new(&mut backend), cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                Poll::Ready(Ok(()) | Err(_)) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    });
    // a backend that does not take it in time loses it, as behind any closed connection
    let _ = tokio::time::timeout(LINGER, rest).await;
}
