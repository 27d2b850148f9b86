//! Being told to end.

/// Ctrl+C and, where there are signals, SIGTERM. From the moment it exists they no longer end the process by
/// themselves.
pub(crate) struct ToldToEnd {
    #[cfg(unix)]
    signals: Vec<tokio::signal::unix::Signal>,
}

impl ToldToEnd {
    /// Begins to listen for them. One that cannot be listened for keeps its old meaning.
    #[cfg(unix)]
    pub(crate) fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
        Self { signals: kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect() }
    }

    /// Waits for the next one.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) {
        std::future::poll_fn(|context| {
            let told = self.signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if told { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }

    /// Begins to listen for Ctrl+C.
    #[cfg(not(unix))]
    pub(crate) fn new() -> Self {
        Self {}
    }

    /// Waits for the next one.
    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
