//! FreeRDP's shadow server: another implementation of Network Level Authentication, showing an X display.

use std::process::Command;

use adit_rdp::{Credentials, Error, Options, Session, SignIn, Size, Verdict, connect};
use secrecy::SecretString;
use tokio::net::TcpStream;

use crate::{
    process::{Display, Running, free_port, programs, wait_for},
    support::{Decided, Eyes, is},
};

struct Shadow {
    // In the order in which they end.
    _server: Running,
    _window: Running,
    _display: Display,
    _folder: tempfile::TempDir,
    port: u16,
}

impl Shadow {
    fn start() -> Option<Self> {
        let [xvfb, server, hash, xterm] = programs(["Xvfb", "freerdp-shadow-cli", "winpr-hash", "xterm"])?;
        let folder = tempfile::tempdir().expect("a folder");
        let sam = folder.path().join("sam");
        let made =
            Command::new(hash).args(["-u", "tester", "-p", "secret", "-f", "sam"]).output().expect("it runs");
        std::fs::write(&sam, made.stdout).expect("it is written");
        let display = Display::start(&xvfb, folder.path(), "1024x768");
        // Its paper is of a color of its own. What is typed does not reach it: Debian's server passes no input on, from
        // no client.
        let window = Running::start(Command::new(xterm).args([
            "-display",
            &display.name,
            "-geometry",
            "100x30+0+0",
            "-bg",
            "#203040",
            "-fg",
            "white",
            "-e",
            "cat",
        ]));
        let port = free_port();
        let server = Running::start(
            Command::new(server)
                .args([&format!("/port:{port}"), "/bind-address:127.0.0.1", "+auth", "/sec:nla"])
                .arg(format!("/sam-file:{}", sam.display()))
                .env("DISPLAY", &display.name)
                .env("HOME", folder.path()),
        );
        wait_for(port);
        Some(Self { _server: server, _window: window, _display: display, _folder: folder, port })
    }

    async fn open(&self, password: &str) -> Result<Session, Error> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("it listens");
        let credentials =
            Credentials { user: "tester".to_owned(), domain: None, password: SecretString::from(password) };
        let options = Options::new("localhost", Size::new(1024, 768));
        Box::pin(connect(stream, options, &credentials, &Decided(Verdict::Once))).await
    }
}

#[tokio::test]
async fn the_shadow_server_lets_in_by_network_level_authentication() {
    let Some(shadow) = Shadow::start() else { return };
    let refused = shadow.open("wrong").await.expect_err("the password is wrong");
    assert!(matches!(refused, Error::SignIn(SignIn::WrongPassword | SignIn::Closed)), "{refused:?}");
    let mut eyes = Eyes::new(shadow.open("secret").await.expect("it opens"));
    let paper = [0x20, 0x30, 0x40];
    eyes.until("the window", |canvas| is(canvas, (300, 300), paper)).await;
}
