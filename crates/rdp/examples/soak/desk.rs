//! The stand-in, and a session with somebody in front of it.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use adit_rdp::{
    Canvas, Certificate, Credentials, Error, Options, Session, Size, Trust, Verdict, Visibility, connect,
    input::{Input, Press, scancode},
    message::Message,
};
use anyhow::{Context as _, Result, bail, ensure};
use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::Value;
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::Chance;

/// The most that anything here may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The desktop stands still when nothing came for so long; its clock changes each second.
const STILL: Duration = Duration::from_millis(300);
/// Keys that are held when the keyboard is lost; the stand-in knows them by their place.
const KEYS: [&str; 8] =
    ["ShiftLeft", "ControlLeft", "AltLeft", "KeyA", "KeyX", "ArrowLeft", "F5", "ControlRight"];

/// The running stand-in; ended with its value.
pub(crate) struct Host {
    child: Child,
    pub(crate) port: u16,
}

impl Host {
    pub(crate) fn start(program: &Path, report: &Path) -> Result<Self> {
        let mut child = Command::new(program)
            .args(["--user", "tester", "--password", "correct horse", "--bitmaps"])
            .env("RDP_HOST_REPORT", report)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| program.display().to_string())?;
        let stdout = child.stdout.take().context("it is piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line)?;
        let port = u16::try_from(ready.get("port").and_then(Value::as_u64).context("no port")?)?;
        Ok(Self { child, port })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Trusts whatever is shown: the stand-in was started a moment ago.
struct Anything;

#[async_trait]
impl Trust for Anything {
    async fn decide(&self, _certificate: &Certificate) -> Verdict {
        Verdict::Pinned
    }
}

/// A session, and what has been painted of it.
pub(crate) struct Desk {
    session: Session,
    canvas: Canvas,
}

impl Desk {
    pub(crate) async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        let credentials = Credentials {
            user: "tester".to_owned(),
            domain: None,
            password: SecretString::from("correct horse"),
        };
        let options = Options::new("soak", Size::new(1024, 768));
        let session = Box::pin(connect(stream, options, &credentials, &Anything)).await?;
        let mut desk = Self { session, canvas: Canvas::new() };
        desk.settle().await?;
        ensure!(desk.canvas.width() == 1024, "the first picture is {} wide", desk.canvas.width());
        Ok(desk)
    }

    /// Changes the size, and compares the picture that has come to be with one that is whole.
    pub(crate) async fn resize(&mut self, (width, height): (u16, u16)) -> Result<()> {
        self.session.control.resize(Size::new(width, height)).await?;
        let coming = async {
            while (self.canvas.width(), self.canvas.height()) != (width, height) {
                self.paint_one().await?;
            }
            anyhow::Ok(())
        };
        timeout(PATIENCE, coming).await.with_context(|| format!("no picture of {width} x {height}"))??;
        self.compare().await
    }

    /// Whether what was painted is what the session has. The desktop's clock may change in between, so a difference
    /// counts only when it is there again and again.
    async fn compare(&mut self) -> Result<()> {
        let mut found = String::new();
        for _ in 0..5 {
            self.settle().await?;
            let painted = std::mem::take(&mut self.canvas);
            self.session.control.redraw().await?;
            // The first picture after that is whole.
            while !self.is_drawn() {
                timeout(PATIENCE, self.paint_one()).await.context("no whole picture")??;
            }
            ensure!(
                (painted.width(), painted.height()) == (self.canvas.width(), self.canvas.height()),
                "the whole picture has another size"
            );
            let pairs = painted.pixels().chunks_exact(4).zip(self.canvas.pixels().chunks_exact(4));
            let differ: Vec<usize> =
                pairs.enumerate().filter(|(_, (a, b))| a != b).map(|(at, _)| at).collect();
            let (Some(first), Some(last)) = (differ.first(), differ.last()) else { return Ok(()) };
            let width = usize::from(painted.width()).max(1);
            found.push_str(&format!(
                "{} pixels in rows {} to {}; ",
                differ.len(),
                first / width,
                last / width
            ));
        }
        bail!("the picture differs from the whole one, time and again: {found}")
    }

    /// Holds keys, loses the keyboard, and gets it back.
    pub(crate) async fn lose_the_keyboard(&mut self, chance: &mut Chance) -> Result<()> {
        let mut input = Vec::new();
        for code in KEYS {
            if chance.below(2) == 0 {
                input.push(Input::Key(scancode(code).context("no such key")?, Press::Down));
            }
        }
        self.session.control.input(input).await?;
        self.settle().await?;
        self.session.control.input(vec![Input::ReleaseAll]).await?;
        self.settle().await
    }

    /// Is not seen for a while, and is whole when it is seen again.
    pub(crate) async fn hide(&mut self, length: Duration) -> Result<()> {
        self.session.control.show(Visibility::Hidden).await?;
        sleep(length).await;
        self.session.control.show(Visibility::Shown).await?;
        self.compare().await
    }

    /// Waits until the session has seen that its connection is lost.
    pub(crate) async fn until_lost(mut self) -> Result<()> {
        let losing = async {
            loop {
                if let Err(error) = self.session.pictures.next().await {
                    return error;
                }
            }
        };
        match timeout(PATIENCE, losing).await.context("a lost connection is not seen")? {
            Error::Disconnected(_) => Ok(()),
            other => bail!("a lost connection is told as {other:?}"),
        }
    }

    /// Ends it.
    pub(crate) async fn close(mut self) {
        self.session.control.close();
        while self.session.pictures.next().await.is_ok() {}
    }

    async fn paint_one(&mut self) -> Result<()> {
        let bytes = self.session.pictures.next().await?;
        self.canvas.paint(&Message::read(&bytes)?)?;
        Ok(())
    }

    /// Paints until the desktop stands still.
    async fn settle(&mut self) -> Result<()> {
        let limit = std::time::Instant::now() + PATIENCE;
        while std::time::Instant::now() < limit {
            match timeout(STILL, self.paint_one()).await {
                // A new size is black until the server has drawn, which it may take its time for.
                Err(_) if self.is_drawn() => return Ok(()),
                Err(_) => {}
                Ok(painted) => painted?,
            }
        }
        ensure!(self.is_drawn(), "a quarter of the picture stays black");
        bail!("the desktop does not stand still")
    }

    fn is_drawn(&self) -> bool {
        let pixels = self.canvas.pixels().chunks_exact(4);
        let black = pixels.filter(|pixel| pixel.starts_with(&[0, 0, 0])).count();
        black * 4 < self.canvas.pixels().len() / 4
    }
}
