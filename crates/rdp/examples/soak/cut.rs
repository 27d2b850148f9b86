//! Between the session and the stand-in: what carries both ways until it is told to break.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use anyhow::Result;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Carries connections, all of which break at once when that is asked for.
pub(crate) struct Cut {
    pub(crate) port: u16,
    breaks: watch::Sender<u32>,
    count: Arc<AtomicU32>,
}

impl Cut {
    pub(crate) async fn start(to: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let breaks = watch::Sender::new(0);
        let count = Arc::new(AtomicU32::new(0));
        let (told, counted) = (breaks.clone(), Arc::clone(&count));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (told, counted) = (told.subscribe(), Arc::clone(&counted));
                tokio::spawn(carry(near, to, told, counted));
            }
        });
        Ok(Self { port, breaks, count })
    }

    /// Breaks what is carried.
    pub(crate) fn now(&self) {
        self.breaks.send_modify(|times| *times += 1);
    }

    /// How many were broken.
    pub(crate) fn count(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }
}

async fn carry(mut near: TcpStream, to: u16, mut told: watch::Receiver<u32>, counted: Arc<AtomicU32>) {
    let Ok(mut far) = TcpStream::connect(("127.0.0.1", to)).await else { return };
    tokio::select! {
        // Either side may leave at any time.
        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
        changed = told.changed() => {
            if changed.is_ok() {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}
