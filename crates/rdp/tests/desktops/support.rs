//! The stand-in for a Windows VM as a program of its own, and a person in front of it.

use std::{
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use adit_rdp::{
    Canvas, Certificate, Credentials, Error, Fingerprint, Options, Session, Size, Trust, Verdict, connect,
    message::{Kind, Message},
};
use async_trait::async_trait;
use secrecy::SecretString;
use tokio::net::TcpStream;

/// The most that anything here takes; a test that waits longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
pub(crate) const USER: &str = "tester";
pub(crate) const PASSWORD: &str = "correct horse";

/// A running stand-in; ended with its value.
pub(crate) struct Host {
    child: Child,
    pub(crate) port: u16,
    pub(crate) certificate: Fingerprint,
}

impl Host {
    pub(crate) fn start(options: &[&str]) -> Self {
        let program = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../../tests/rdp-host/target/debug/rdp-host")
            .with_extension(std::env::consts::EXE_EXTENSION);
        let mut child = Command::new(&program)
            .args(["--user", USER, "--password", PASSWORD])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "{}: {error}; `cargo xtask test` builds it, as does `cargo build` in its folder",
                    program.display()
                )
            });
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is piped"))
            .read_line(&mut line)
            .expect("it says that it is ready");
        let field = |name: &str| {
            let rest = line.split_once(&format!("\"{name}\":")).expect("the field is there").1;
            rest.trim_matches(['"', '}', '\n'])
                .split([',', '"', '}'])
                .next()
                .expect("it has a value")
                .to_owned()
        };
        let port = field("port").parse().expect("a port");
        let certificate = field("certificate").parse().expect("a fingerprint");
        Self { child, port, certificate }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Decides the same each time.
pub(crate) struct Decided(pub(crate) Verdict);

#[async_trait]
impl Trust for Decided {
    async fn decide(&self, _certificate: &Certificate) -> Verdict {
        self.0
    }
}

/// Trusts this certificate alone.
pub(crate) struct Pin(pub(crate) Fingerprint);

#[async_trait]
impl Trust for Pin {
    async fn decide(&self, certificate: &Certificate) -> Verdict {
        if certificate.fingerprint == self.0 {
            Verdict::Pinned
        } else {
            Verdict::Changed { expected: self.0 }
        }
    }
}

pub(crate) fn options() -> Options {
    Options::new("windows", Size::new(800, 600))
}

pub(crate) fn credentials(password: &str) -> Credentials {
    Credentials { user: USER.to_owned(), domain: None, password: SecretString::from(password) }
}

pub(crate) async fn open(
    port: u16,
    options: Options,
    password: &str,
    trust: &dyn Trust,
) -> Result<Session, Error> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("it listens");
    Box::pin(connect(stream, options, &credentials(password), trust)).await
}

/// Whether a pixel has about this color; the pictures are packed with some loss.
pub(crate) fn is(canvas: &Canvas, (x, y): (u16, u16), color: [u8; 3]) -> bool {
    canvas
        .pixel(x, y)
        .is_some_and(|pixel| pixel.iter().zip(color).all(|(one, other)| one.abs_diff(other) <= 12))
}

/// What somebody in front of the desktop sees.
pub(crate) struct Eyes {
    pub(crate) session: Session,
    pub(crate) canvas: Canvas,
    pub(crate) seen: Vec<Kind>,
}

impl Eyes {
    pub(crate) fn new(session: Session) -> Self {
        Self { session, canvas: Canvas::new(), seen: Vec::new() }
    }

    /// Looks until `what` is true of the picture.
    pub(crate) async fn until(&mut self, words: &str, what: impl Fn(&Canvas) -> bool) {
        let looking = async {
            while !what(&self.canvas) {
                self.look().await;
            }
        };
        if tokio::time::timeout(PATIENCE, looking).await.is_err() {
            let last = &self.seen.get(self.seen.len().saturating_sub(10)..);
            panic!("never seen: {words}; {} x {} after {last:?}", self.canvas.width(), self.canvas.height());
        }
    }

    /// Looks at the next message.
    pub(crate) async fn next(&mut self) {
        assert!(tokio::time::timeout(PATIENCE, self.look()).await.is_ok(), "nothing is to be seen");
    }

    async fn look(&mut self) {
        let bytes = self.session.pictures.next().await.expect("the session lasts");
        let message = Message::read(&bytes).expect("a message");
        self.seen.push(message.header.kind);
        self.canvas.paint(&message).expect("it fits");
    }

    /// How many pixels of a part of the picture are dark, as ink is.
    pub(crate) fn ink(canvas: &Canvas, (x, y, width, height): (u16, u16, u16, u16)) -> usize {
        (y..y + height)
            .flat_map(|row| (x..x + width).map(move |column| (column, row)))
            .filter(|(column, row)| {
                canvas.pixel(*column, *row).is_some_and(|pixel| pixel.iter().all(|part| *part < 90))
            })
            .count()
    }
}
