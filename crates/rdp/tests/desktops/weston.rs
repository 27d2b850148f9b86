//! weston's remote desktop: a compositor of its own, with TLS, without Network Level Authentication and without accounts.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use adit_rdp::{
    Credentials, Error, Fingerprint, Options, Security, Session, Size, connect,
    input::{Button, Input, Press},
};
use secrecy::SecretString;
use tokio::net::TcpStream;

use crate::{
    process::{Running, free_port, programs, wait_for},
    support::{Eyes, Pin},
};

struct Weston {
    // In the order in which they end.
    _window: Running,
    _server: Running,
    _folder: tempfile::TempDir,
    port: u16,
    certificate: Fingerprint,
}

impl Weston {
    fn start() -> Option<Self> {
        let [weston, window, openssl] = programs(["weston", "weston-simple-shm", "openssl"])?;
        let folder = tempfile::tempdir().expect("a folder");
        // As it wants the folder of its sockets.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).expect("it is ours");
        let at = |name: &str| folder.path().join(name).display().to_string();
        let made = Command::new(&openssl)
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
            .args([
                "-addext",
                "subjectAltName=DNS:localhost",
                "-addext",
                "basicConstraints=critical,CA:FALSE",
            ])
            .args(["-keyout", &at("key.pem"), "-out", &at("cert.pem")])
            .output()
            .expect("it runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        // The only form of a key that it reads.
        let made = Command::new(&openssl)
            .args(["rsa", "-traditional", "-in", &at("key.pem"), "-out", &at("key_traditional.pem")])
            .output()
            .expect("it runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let told = Command::new(&openssl)
            .args(["x509", "-in", &at("cert.pem"), "-noout", "-fingerprint", "-sha256"])
            .output()
            .expect("it runs");
        let told = String::from_utf8_lossy(&told.stdout).replace(':', "").to_lowercase();
        let certificate =
            told.trim().rsplit('=').next().and_then(|hex| hex.parse().ok()).expect("a fingerprint");

        let port = free_port();
        let server = Running::start(
            Command::new(weston)
                .args(["--backend=rdp-backend.so", "--address=127.0.0.1", "--width=1024", "--height=768"])
                .args(["--no-clients-resize", "--idle-time=0", "--socket=wl-rdp", "--no-config"])
                .arg(format!("--port={port}"))
                .arg(format!("--rdp-tls-cert={}", at("cert.pem")))
                .arg(format!("--rdp-tls-key={}", at("key_traditional.pem")))
                .env("XDG_RUNTIME_DIR", folder.path())
                .env("HOME", folder.path()),
        );
        wait_for(port);
        // One window that never stands still.
        let window = Running::start(
            Command::new(window).env("XDG_RUNTIME_DIR", folder.path()).env("WAYLAND_DISPLAY", "wl-rdp"),
        );
        Some(Self { _window: window, _server: server, _folder: folder, port, certificate })
    }

    async fn open(&self, security: Security) -> Result<Session, Error> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("it listens");
        let credentials = Credentials {
            user: "anybody".to_owned(),
            domain: None,
            password: SecretString::from("anything"),
        };
        let mut options = Options::new("localhost", Size::new(1024, 768));
        options.security = security;
        Box::pin(connect(stream, options, &credentials, &Pin(self.certificate))).await
    }
}

#[tokio::test]
async fn a_desktop_of_weston_is_shown_by_tls_and_moves() {
    let Some(weston) = Weston::start() else { return };
    let refused = weston.open(Security::Nla).await.expect_err("it has no NLA");
    // Asked for NLA alone, it would speak plain RDP.
    assert_eq!(refused, Error::NoNla);
    let mut eyes = Eyes::new(weston.open(Security::PinnedTls).await.expect("it opens"));
    let size = |canvas: &adit_rdp::Canvas| (canvas.width(), canvas.height());
    // Its panel is at the top of a picture that is not of one color.
    eyes.until("the desktop", |canvas| {
        size(canvas) == (1024, 768) && canvas.pixel(512, 10) != canvas.pixel(512, 400)
    })
    .await;
    let press = vec![
        Input::Move { x: 300, y: 300 },
        Input::Button(Button::Left, Press::Down),
        Input::Button(Button::Left, Press::Up),
    ];
    eyes.session.control.input(press).await.expect("the session lasts");
    // The window is somewhere, and every picture of it is another: so many changes come from nothing else here.
    let before: Vec<_> = pixels(&eyes.canvas);
    eyes.until("another picture", |canvas| {
        pixels(canvas).iter().zip(&before).filter(|(a, b)| a != b).count() > 500
    })
    .await;
}

fn pixels(canvas: &adit_rdp::Canvas) -> Vec<Option<[u8; 3]>> {
    (0..canvas.height())
        .step_by(4)
        .flat_map(|y| (0..canvas.width()).step_by(4).map(move |x| canvas.pixel(x, y)))
        .collect()
}
