//! The two clients, each for a while on the same server.

use std::{
    io::{BufReader, Read as _, Write as _},
    net::TcpListener,
    process::{ChildStdin, Command, Stdio},
    time::{Duration, Instant},
};

use adit_rdp::{Codec, Graphics};
use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::{
    peers::Peer,
    proc::{self, Display, Running},
};

/// How long a client may take until it shows something.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a client shows its picture before anything is counted.
const WARM: Duration = Duration::from_secs(2);

/// Who is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Contender {
    Ours,
    Other,
}

/// What a client used.
pub(crate) struct Spent {
    /// Cores, of the client's own process.
    pub(crate) processor: f64,
    /// Pixels a second that the server sent, where it says that.
    pub(crate) sent: f64,
    /// Pictures a second that were taken, where the client says that.
    pub(crate) pictures: f64,
    /// Seconds from the bare stream to the first full picture.
    pub(crate) first: Option<f64>,
}

/// Has one of them show the server's picture for so many seconds.
pub(crate) fn run(side: Contender, peer: &Peer, seconds: u64) -> Result<Spent> {
    let window = Duration::from_secs(seconds);
    match side {
        Contender::Ours => ours(peer, window),
        Contender::Other => other(peer, window),
    }
}

fn ours(peer: &Peer, window: Duration) -> Result<Spent> {
    let sink = TcpListener::bind("127.0.0.1:0")?;
    let mut child = Command::new(std::env::current_exe()?)
        .arg("view")
        .args(peer.how.words())
        .arg(sink.local_addr()?.port().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().context("it is piped")?;
    let mut output = BufReader::new(child.stdout.take().context("it is piped")?);
    let running = Running(child);
    write!(input, "{}\n{}\n", peer.user, peer.password)?;
    std::thread::spawn(move || {
        // What is read is what the page would have read.
        let Ok((mut stream, _)) = sink.accept() else { return };
        let mut buffer = vec![0; 256 * 1024];
        while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
    });
    let first: Value = serde_json::from_str(&proc::line(&mut output)?)?;
    std::thread::sleep(WARM);
    let mut pictures = || count(&mut input, &mut output);
    let before = pictures()?;
    let mut spent = window_of(&running, peer, window)?;
    spent.pictures = (pictures()? - before) / window.as_secs_f64();
    spent.first = first.get("first").and_then(Value::as_f64);
    Ok(spent)
}

/// How many pictures our side has taken.
fn count(input: &mut ChildStdin, output: &mut BufReader<std::process::ChildStdout>) -> Result<f64> {
    writeln!(input)?;
    let counts: Value = serde_json::from_str(&proc::line(output)?)?;
    counts.get("pictures").and_then(Value::as_f64).context("no count")
}

fn other(peer: &Peer, window: Duration) -> Result<Spent> {
    let program = proc::find(crate::run::OTHER).context("it is not installed")?;
    let (width, height) = peer.how.size;
    let display = Display::start(&format!("{width}x{height}"))?;
    let home = tempfile::tempdir()?;
    let mut command = Command::new(program);
    command
        .args([format!("/v:127.0.0.1:{}", peer.how.port), format!("/u:{}", peer.user)])
        .args([format!("/size:{width}x{height}"), "/bpp:32".to_owned(), "/cert-ignore".to_owned()])
        .args(["/log-level:OFF", "-grab-keyboard", "-decorations"])
        // Our side has neither here.
        .args(["-clipboard", "/audio-mode:2"])
        // By standard input only with a terminal; the account is the bench's own.
        .arg(format!("/p:{}", peer.password))
        .env("DISPLAY", &display.name)
        .env("HOME", home.path());
    match (peer.how.codec, peer.how.graphics) {
        (_, Graphics::Pipeline) => command.args(["/gfx", "/network:lan"]),
        (Codec::RemoteFx, Graphics::Classic) => command.args(["/rfx", "/network:lan"]),
        (Codec::Bitmap, Graphics::Classic) => command.args(["/network:lan"]),
    };
    let mut running = Running::quietly(&mut command)?;
    // It does not say when it has begun; the server does, or its processor time.
    let limit = Instant::now() + PATIENCE;
    while running.processor()? < 0.05 {
        if Instant::now() > limit {
            bail!("it does nothing");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(WARM * 2);
    if let Some(status) = running.0.try_wait()? {
        bail!("it ended with {status}");
    }
    let spent = window_of(&running, peer, window)?;
    if let Some(status) = running.0.try_wait()? {
        bail!("it ended with {status}");
    }
    if peer.reports() && spent.sent <= 0.0 {
        bail!("the server sent it nothing");
    }
    Ok(spent)
}

fn window_of(running: &Running, peer: &Peer, window: Duration) -> Result<Spent> {
    let (began, before, sent) = (Instant::now(), running.processor()?, peer.sent()?);
    std::thread::sleep(window);
    let elapsed = began.elapsed().as_secs_f64();
    Ok(Spent {
        processor: (running.processor()? - before) / elapsed,
        sent: (peer.sent()? - sent) / elapsed,
        pictures: 0.0,
        first: None,
    })
}
