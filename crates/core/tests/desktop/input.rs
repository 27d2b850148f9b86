//! What is typed while the picture is busy: it all arrives, in order.
//!
//! `cargo xtask bench rdp` names a file in `ADIT_FIGURES`, and it is measured as well: from an input's arrival in the core
//! until its bytes have gone through relay and tunnel, on their way to the server.

use std::{
    io::Write as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use adit_rdp::message::{Kind, Message as Picture};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    PATIENCE,
    host::is_key,
    page::{Page, keys},
    scene::Scene,
};

/// Keys that are typed one after the other, with their scan codes.
const KEYS: [(&str, u8); 4] = [("KeyA", 0x1E), ("KeyS", 0x1F), ("KeyD", 0x20), ("KeyF", 0x21)];
/// How often they all are.
const ROUNDS: usize = 10;
/// How many inputs are measured.
const INPUTS: usize = 300;
/// Between two of them: not in step with any picture.
const EVERY: Duration = Duration::from_millis(23);
/// How long is listened without input.
const QUIET: Duration = Duration::from_secs(3);

/// When bytes left for the server.
#[derive(Clone, Default)]
struct Left(Arc<Mutex<Vec<Instant>>>);

impl Left {
    fn note(&self) {
        self.0.lock().unwrap().push(Instant::now());
    }

    fn since(&self, began: Instant) -> Option<Instant> {
        self.0.lock().unwrap().iter().find(|at| **at >= began).copied()
    }

    /// Forgets what it has; says how much that was.
    fn forget(&self) -> usize {
        std::mem::take(&mut *self.0.lock().unwrap()).len()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_typed_while_the_picture_is_busy_arrives_in_order() {
    for (dress, options) in [("RemoteFX", &["--busy", "30"][..]), ("bitmaps", &["--busy", "30", "--bitmaps"])]
    {
        let left = Left::default();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let scene = Scene::behind(options, Some(port)).await;
        tokio::spawn(tap(listener, scene.host.port, left.clone()));
        let id = scene.live().await;
        let page = looks(Page::attach(&scene, &id).await);
        page.sees_more().await;

        let mut place = scene.host.report.lock().unwrap().len();
        for _ in 0..ROUNDS {
            for (name, _) in KEYS {
                page.typed.send(keys(&[name])).await.unwrap();
            }
        }
        for _ in 0..ROUNDS {
            for (_, code) in KEYS {
                place = scene.host.got(place, is_key(code)).await;
            }
        }

        if let Some(figures) = std::env::var_os("ADIT_FIGURES") {
            let (waits, others) = measure(&page.typed, &left).await;
            page.sees_more().await;
            let line = json!({ "dress": dress, "waits": waits, "others": others });
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(figures).unwrap();
            writeln!(file, "{line}").unwrap();
        }
    }
}

/// Someone who looks at the picture all the time.
struct Looking {
    /// What is sent there goes the way of a page's input.
    typed: mpsc::Sender<Vec<u8>>,
    /// How many pictures were painted.
    painted: Arc<AtomicUsize>,
}

impl Looking {
    /// Waits until the picture has changed some times.
    async fn sees_more(&self) {
        let from = self.painted.load(Ordering::Relaxed);
        let more = async {
            while self.painted.load(Ordering::Relaxed) < from + 3 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, more).await.expect("the picture is busy");
    }
}

fn looks(page: Page) -> Looking {
    let Page { socket, mut canvas, .. } = page;
    let (mut sink, mut stream) = socket.split();
    let (sender, mut typed) = mpsc::channel::<Vec<u8>>(64);
    let next = sender.downgrade();
    let painted = Arc::new(AtomicUsize::new(0));
    let count = painted.clone();
    tokio::spawn(async move {
        while let Some(bytes) = typed.recv().await {
            sink.send(Message::binary(bytes)).await.unwrap();
        }
    });
    tokio::spawn(async move {
        loop {
            // Nobody types any more.
            let Some(next) = next.upgrade() else { return };
            next.send(vec![1]).await.unwrap();
            drop(next);
            let bytes = loop {
                match stream.next().await {
                    Some(Ok(Message::Binary(bytes))) => break bytes,
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return,
                }
            };
            let picture = Picture::read(&bytes).unwrap();
            canvas.paint(&picture).unwrap();
            if picture.header.kind == Kind::Frame {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    Looking { typed: sender, painted }
}

/// Milliseconds that each input took, and the writes a second without any.
async fn measure(page: &mpsc::Sender<Vec<u8>>, left: &Left) -> (Vec<f64>, f64) {
    sleep(QUIET).await;
    left.forget();
    sleep(QUIET).await;
    let others = left.forget() as f64 / QUIET.as_secs_f64();
    let mut waits = Vec::new();
    for number in 0..INPUTS {
        sleep(EVERY).await;
        left.forget();
        let began = Instant::now();
        page.send(keys(&[KEYS[number % KEYS.len()].0])).await.unwrap();
        let leaves = async {
            loop {
                if let Some(at) = left.since(began) {
                    return at;
                }
                sleep(Duration::from_millis(1)).await;
            }
        };
        // What never leaves counts as long as it was waited for.
        let at = timeout(Duration::from_secs(1), leaves).await.unwrap_or_else(|_| Instant::now());
        waits.push(at.duration_since(began).as_secs_f64() * 1000.0);
    }
    (waits, others)
}

/// Stands between relay and server, and notes what leaves.
async fn tap(listener: TcpListener, server: u16, left: Left) {
    while let Ok((client, _)) = listener.accept().await {
        let left = left.clone();
        tokio::spawn(async move {
            let server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
            server.set_nodelay(true).unwrap();
            client.set_nodelay(true).unwrap();
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
            let mut bytes = vec![0; 16 * 1024];
            while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
                left.note();
                if to_server.write_all(&bytes[..length]).await.is_err() {
                    return;
                }
            }
        });
    }
}
