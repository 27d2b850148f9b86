//! The programs that are measured, each a process with a local port.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::peer::Peer;

/// How long a program may take to open its port.
const START: Duration = Duration::from_secs(20);
/// The port of the instance; the peer has the same backend behind each.
const TARGET_PORT: u16 = 7;

/// How to start one.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// Plain TLS: this program.
    Raw,
    /// `adit tunnel`, at this place.
    Adit(PathBuf),
    /// A command line with placeholders: `{port}` to listen on, `{target-port}`, `{relay-url}`, `{ca}` and
    /// `{token-file}`. Words are split at spaces.
    Other(String),
}

/// A running one, ended with this value.
pub(crate) struct Contender {
    child: Child,
    /// Its local port.
    pub(crate) port: u16,
}

/// What the programs need to know of the peer, in files.
pub(crate) struct Place {
    pub(crate) ca: PathBuf,
    pub(crate) token: PathBuf,
}

impl Contender {
    /// Starts it and waits for its port.
    pub(crate) fn start(kind: &Kind, peer: &Peer, place: &Place) -> Result<Self> {
        let relay = format!("wss://localhost:{}/v4", peer.relay.port());
        match kind {
            Kind::Raw => {
                let mut command = Command::new(std::env::current_exe()?);
                command.args(["forward", &peer.raw.to_string()]).arg(&place.ca);
                Self::announced(command, |line| line.trim().parse().ok())
            }
            Kind::Adit(program) => {
                let mut command = Command::new(program);
                command
                    .args(["tunnel", "bench-vm", &TARGET_PORT.to_string(), "--project", "bench"])
                    .args(["--zone", "bench-a", "--local", "127.0.0.1:0", "--json", "--relay-url", &relay])
                    .arg("--ca")
                    .arg(&place.ca)
                    .arg("--token-file")
                    .arg(&place.token);
                Self::announced(command, |line| {
                    let event: serde_json::Value = serde_json::from_str(line).ok()?;
                    event.get("local")?.as_str()?.rsplit_once(':')?.1.parse().ok()
                })
            }
            Kind::Other(line) => {
                let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
                let filled = |word: &str| {
                    word.replace("{port}", &port.to_string())
                        .replace("{target-port}", &TARGET_PORT.to_string())
                        .replace("{relay-url}", &relay)
                        .replace("{ca}", &place.ca.to_string_lossy())
                        .replace("{token-file}", &place.token.to_string_lossy())
                };
                let mut words = line.split_whitespace().map(filled);
                let mut command = Command::new(words.next().context("an empty command")?);
                command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
                let contender = Self { child: command.spawn().with_context(|| line.clone())?, port };
                let began = Instant::now();
                while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
                    if began.elapsed() > START {
                        bail!("`{line}` did not open its port");
                    }
                    std::thread::sleep(Duration::from_millis(50));
                }
                Ok(contender)
            }
        }
    }

    /// Starts one that prints its port in its first line. What it prints later is read and forgotten.
    fn announced(mut command: Command, port: impl Fn(&str) -> Option<u16>) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start {}", Path::new(command.get_program()).display()))?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let mut contender = Self { child, port: 0 };
        let first = lines.next().context("it ended at once")??;
        contender.port = port(&first).with_context(|| format!("it said: {first}"))?;
        std::thread::spawn(move || while let Some(Ok(_)) = lines.next() {});
        Ok(contender)
    }

    /// Memory in use, in bytes; `None` where the system does not tell.
    pub(crate) fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
    }

    /// Processor time used so far; `None` where the system does not tell.
    pub(crate) fn processor(&self) -> Option<Duration> {
        // In nanoseconds, for each thread.
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).ok()?;
        let mut total = 0;
        for task in tasks.filter_map(Result::ok) {
            let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            total += text.split_whitespace().next()?.parse::<u64>().ok()?;
        }
        Some(Duration::from_nanos(total))
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
