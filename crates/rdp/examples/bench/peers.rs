//! The servers: the stand-in in three dresses, and those of other makers that are installed.

mod others;

use std::{
    io::BufReader,
    path::Path,
    process::{Command, Stdio},
};

use adit_rdp::{Codec, Graphics, Security};
use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{
    proc::{self, Running},
    view::How,
};

/// What there is to be measured against.
pub(crate) const NAMES: [&str; 6] =
    ["double RemoteFX", "double bitmaps", "double pipeline", "xrdp", "FreeRDP shadow", "weston"];
/// The size of every picture.
pub(crate) const SIZE: (u16, u16) = (1920, 1080);
/// Changes a second of the double.
const TIMES: &str = "30";

/// What a server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// A text that scrolls and a window that moves; on the others, a terminal that scrolls.
    Work,
    /// The whole screen changes.
    Full,
}

/// A running server.
pub(crate) struct Peer {
    pub(crate) name: String,
    pub(crate) content: Content,
    pub(crate) how: How,
    pub(crate) user: String,
    pub(crate) password: String,
    report: Option<std::path::PathBuf>,
    // In the order in which they end.
    _running: Vec<Box<dyn std::any::Any>>,
}

impl Peer {
    /// Its name and what it shows.
    pub(crate) fn title(&self) -> String {
        let content = match self.content {
            Content::Work => "desktop work",
            Content::Full => "full change",
        };
        format!("{}, {content}", self.name)
    }

    /// Whether it says what it sends.
    pub(crate) fn reports(&self) -> bool {
        self.report.is_some()
    }

    /// Pixels that it has sent so far; 0 where it does not say.
    pub(crate) fn sent(&self) -> Result<f64> {
        let Some(report) = &self.report else { return Ok(0.0) };
        let text = std::fs::read_to_string(report).unwrap_or_default();
        Ok(text
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|line| line.get("event").is_some_and(|event| event == "updates"))
            .filter_map(|line| line.get("pixels").and_then(Value::as_f64))
            .sum())
    }
}

/// Whether it is our stand-in, which shows what it is told to.
pub(crate) fn is_double(name: &str) -> bool {
    name.starts_with("double")
}

/// Whether its first picture waits for an X session to start.
pub(crate) fn starts_a_session(name: &str) -> bool {
    name == "xrdp"
}

/// Starts one; `None` where it is not installed or may not be started.
pub(crate) fn start(name: &str, content: Content, host: &Path) -> Result<Option<Peer>> {
    match name {
        "double RemoteFX" => double(name, content, host, &[], Codec::RemoteFx, Graphics::Classic).map(Some),
        "double bitmaps" => {
            double(name, content, host, &["--bitmaps"], Codec::Bitmap, Graphics::Classic).map(Some)
        }
        "double pipeline" => {
            let options = ["--graphics", "pipeline"];
            double(name, content, host, &options, Codec::RemoteFx, Graphics::Pipeline).map(Some)
        }
        "FreeRDP shadow" => others::shadow(),
        "weston" => others::weston(),
        _ => others::xrdp(),
    }
}

fn double(
    name: &str,
    content: Content,
    host: &Path,
    options: &[&str],
    codec: Codec,
    graphics: Graphics,
) -> Result<Peer> {
    let (user, password) = ("tester", "correct horse");
    let folder = tempfile::tempdir()?;
    let report = folder.path().join("report");
    let busy = match content {
        Content::Work => "--busy",
        Content::Full => "--busy-full",
    };
    let mut child = Command::new(host)
        .args(["--user", user, "--password", password, busy, TIMES])
        .args(options)
        .env("RDP_HOST_REPORT", &report)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| host.display().to_string())?;
    let stdout = child.stdout.take().context("it is piped")?;
    let running = Running(child);
    let ready: Value = serde_json::from_str(&proc::line(&mut BufReader::new(stdout))?)?;
    let port = ready.get("port").and_then(Value::as_u64).context("no port")?;
    Ok(Peer {
        name: name.to_owned(),
        content,
        how: How { port: u16::try_from(port)?, security: Security::Nla, codec, graphics, size: SIZE },
        user: user.to_owned(),
        password: password.to_owned(),
        report: Some(report),
        _running: vec![Box::new(running), Box::new(folder)],
    })
}
