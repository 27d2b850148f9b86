//! What a tunnel may hold, whatever is done to it: at most 16 MiB when it is busy, and almost nothing beside
//! TLS when it is idle.
//!
//! A counting allocator looks at the threads that run tunnels and at no others: the relay and the local
//! programs of these tests run elsewhere.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what is missing fails the test")]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use adit_relay::Frame;
use bytes::Bytes;
use support::tunnels::{Alone, spec};
use support::{Cut, FLOOD, Relay, Reply};
use tokio::runtime::{Builder, Runtime};
use tokio_tungstenite::tungstenite::Message;

/// Most that a busy tunnel may hold.
const BUSY: isize = 16 * 1024 * 1024;
/// Most that an idle one may hold, besides TLS.
const IDLE: isize = 64 * 1024;
/// A write that waits as long as this is taken to wait for good.
const STUCK: Duration = Duration::from_millis(500);
const DEADLINE: Duration = Duration::from_secs(60);

static HELD: AtomicIsize = AtomicIsize::new(0);
static MOST: AtomicIsize = AtomicIsize::new(0);

thread_local! {
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}

/// Counts what is allocated and freed on the threads that are marked.
struct Counting;

fn count(change: isize) {
    if COUNTED.get() {
        let held = HELD.fetch_add(change, Ordering::Relaxed) + change;
        MOST.fetch_max(held, Ordering::Relaxed);
    }
}

// SAFETY: everything is left to the system's allocator; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One test at a time: they share the counters.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A relay on one runtime, tunnels on another whose threads are counted.
struct Stage {
    tunnels: Runtime,
    relays: Runtime,
    relay: Relay,
}

impl Stage {
    fn new(script: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Self {
        let tunnels =
            Builder::new_multi_thread().enable_all().on_thread_start(|| COUNTED.set(true)).build().unwrap();
        let relays = Runtime::new().unwrap();
        let relay = relays.block_on(Relay::start(script));
        Self { tunnels, relays, relay }
    }

    fn listen(&self) -> Alone {
        let dialer = self.relay.dialer();
        // On a counted thread, as all the rest of it.
        let binding = self.tunnels.spawn(async move { Alone::open(&dialer, spec()).await });
        self.tunnels.block_on(binding).unwrap().unwrap()
    }

    /// What one tunnel holds at most while `busy` goes on with its local end.
    fn most(&self, busy: impl FnOnce(TcpStream)) -> isize {
        let listener = self.listen();
        let before = HELD.load(Ordering::Relaxed);
        MOST.store(before, Ordering::Relaxed);
        busy(TcpStream::connect(listener.address()).unwrap());
        MOST.load(Ordering::Relaxed) - before
    }

    /// Waits until the relay cannot send any more.
    fn wait_until_stalled(&self) {
        wait_for(|| self.relay.seen().stalled);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let idle = || Builder::new_current_thread().build().unwrap();
        std::mem::replace(&mut self.tunnels, idle()).shutdown_background();
        std::mem::replace(&mut self.relays, idle()).shutdown_background();
    }
}

fn wait_for(mut held: impl FnMut() -> bool) {
    let began = Instant::now();
    while !held() {
        assert!(began.elapsed() < DEADLINE, "it did not come to that");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Writes until nobody takes any more, and says how much was taken.
fn write_until_stuck(mut local: &TcpStream, piece: &[u8]) -> usize {
    local.set_write_timeout(Some(STUCK)).unwrap();
    let mut total = 0;
    loop {
        match local.write(piece) {
            Ok(length) => total += length,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return total;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

fn assert_bounded(name: &str, most: isize) {
    println!("{name}: {} KiB at most", most / 1024);
    assert!(most <= BUSY, "{name} holds {most} bytes");
    // Else it is not the tunnel that was measured.
    assert!(most > 256 * 1024, "{name} holds only {most} bytes");
}

fn data(payload: &[u8]) -> Message {
    Message::Binary(Frame::Data(Bytes::copy_from_slice(payload)).encode())
}

/// A message that is no frame of any use, of so many bytes.
fn junk(length: usize) -> Message {
    let mut message = vec![0; length];
    message[..2].copy_from_slice(&[0x7F, 0xFF]);
    Message::Binary(message.into())
}

/// A relay that sends without end to a local program that reads nothing.
#[test]
fn a_local_side_that_reads_nothing() {
    let _alone = alone();
    let trailing = {
        let mut message = Frame::Data(Bytes::from_static(&FLOOD[..4096])).encode().to_vec();
        message.resize(900_000, 0);
        Message::Binary(message.into())
    };
    let cases = [
        ("full frames", vec![data(&FLOOD)]),
        ("frames of one byte", vec![data(b"x")]),
        ("frames that are just not small", vec![data(&FLOOD[..2048])]),
        ("the largest messages", vec![data(&[7; 1_000_000])]),
        ("frames with much behind them", vec![trailing]),
        ("frames among junk", vec![data(&FLOOD[..2048]), junk(60_000), data(b"x"), junk(1_000_000)]),
    ];
    for (name, messages) in cases {
        let stage = Stage::new(move |_, _| Reply::Repeat(messages.clone()));
        let most = stage.most(|local| {
            stage.wait_until_stalled();
            drop(local);
        });
        assert_bounded(name, most);
    }
}

/// A local program that writes without end to a relay that acknowledges nothing.
#[test]
fn a_relay_that_acknowledges_nothing() {
    let _alone = alone();
    for (name, size) in [("blocks", 256 * 1024), ("pieces that are just not small", 1100), ("bytes", 1)] {
        let stage = Stage::new(|_, _| Reply::Echo(Cut::Mute));
        let most = stage.most(|local| {
            local.set_nodelay(true).unwrap();
            let taken = write_until_stuck(&local, &vec![7; size]);
            assert!(taken > 1024 * 1024 || size == 1, "only {taken} bytes were taken");
        });
        assert_bounded(name, most);
    }
}

/// A relay that does not even read.
#[test]
fn a_relay_that_takes_nothing() {
    let _alone = alone();
    let stage = Stage::new(|_, _| Reply::Flood);
    let most = stage.most(|local| {
        write_until_stuck(&local, &[7; 256 * 1024]);
    });
    assert_bounded("both sides", most);
}

/// Everything comes back to a local program that writes and reads nothing.
#[test]
fn an_echo_that_nobody_reads() {
    let _alone = alone();
    let stage = Stage::new(|_, _| Reply::Echo(Cut::Never));
    let most = stage.most(|local| {
        write_until_stuck(&local, &[7; 256 * 1024]);
    });
    assert_bounded("an echo", most);
}

/// A connection to the relay that is TLS and nothing else.
async fn bare(relay: &Relay) -> tokio_rustls::client::TlsStream<tokio::net::TcpStream> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let tcp = tokio::net::TcpStream::connect(relay.address()).await.unwrap();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let mut tls = tokio_rustls::TlsConnector::from(relay.tls()).connect(name, tcp).await.unwrap();
    let request = "GET /v4/connect HTTP/1.1\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Protocol: x\r\n\r\n";
    tls.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 512];
    assert!(tls.read(&mut answer).await.unwrap() > 0);
    tls
}

#[test]
fn idle_tunnels_hold_little_beside_tls() {
    const COUNT: usize = 100;
    let _alone = alone();
    let stage = Stage::new(|_, _| Reply::Echo(Cut::Never));
    let listener = stage.listen();

    let before = HELD.load(Ordering::Relaxed);
    let relay = std::sync::Arc::new(stage.relay.clone());
    let opening = stage.tunnels.spawn(async move {
        let mut open = Vec::with_capacity(COUNT);
        for _ in 0..COUNT {
            open.push(bare(&relay).await);
        }
        open
    });
    let open = stage.tunnels.block_on(opening).unwrap();
    let tls = (HELD.load(Ordering::Relaxed) - before) / COUNT.cast_signed();
    stage.tunnels.block_on(stage.tunnels.spawn(async move { drop(open) })).unwrap();

    let before = HELD.load(Ordering::Relaxed);
    let locals: Vec<TcpStream> = (0..COUNT)
        .map(|number| {
            let mut local = TcpStream::connect(listener.address()).unwrap();
            // One byte on most of them, bulk on some: what bulk needs must not stay.
            let sent = vec![7; if number % 10 == 0 { 1_000_000 } else { 1 }];
            let mut got = vec![0; sent.len()];
            let mut writer = local.try_clone().unwrap();
            let writing = std::thread::spawn(move || writer.write_all(&sent).unwrap());
            local.read_exact(&mut got).unwrap();
            writing.join().unwrap();
            local
        })
        .collect();
    let each = || (HELD.load(Ordering::Relaxed) - before) / COUNT.cast_signed() - tls;
    wait_for(|| each() <= IDLE / 4);
    println!("an idle tunnel holds {} bytes, TLS {tls}", each());
    assert_eq!(locals.len(), COUNT);
}
