//! xrdp with an X session: TLS without Network Level Authentication, and changes of size while it draws.
//!
//! It lets in system users alone, so the test makes one, where it may: as root, in CI or a container that says so.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use adit_rdp::{
    Clipboard, ClipboardKind, Codec, Credentials, Error, Fingerprint, Options, Security, Session, Size,
    connect,
    input::{Input, Press, scancode},
    message::Kind,
};
use secrecy::SecretString;
use tokio::net::TcpStream;

use crate::{
    process::{Running, free_port, programs, wait_for},
    support::{Eyes, PATIENCE, Pin, is},
};

const USER: &str = "adit-rdp-test";
const PASSWORD: &str = "a password of the test";
/// What the session's desktop is painted with, and with what once it has been told the word.
const DESKTOP: [u8; 3] = [0x20, 0x50, 0x80];
const TOLD: [u8; 3] = [0x80, 0x20, 0x50];

/// A system user that goes with this value, and all that it runs.
struct User;

impl User {
    fn make(home: &Path) -> Option<Self> {
        let root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
        if !root || std::env::var_os("CI").is_none() {
            eprintln!("not run: a system user is made as root in CI alone");
            return None;
        }
        let made = Command::new("useradd").args(["-M", "-s", "/bin/sh", "-d"]).arg(home).arg(USER).status();
        assert!(made.is_ok_and(|status| status.success()), "the user cannot be made");
        let user = Self;
        let mut child = Command::new("chpasswd").stdin(Stdio::piped()).spawn().expect("it starts");
        child
            .stdin
            .take()
            .expect("it is piped")
            .write_all(format!("{USER}:{PASSWORD}\n").as_bytes())
            .expect("it reads");
        assert!(child.wait().is_ok_and(|status| status.success()), "the password cannot be set");
        Some(user)
    }
}

impl Drop for User {
    fn drop(&mut self) {
        // Nobody but the server runs anything as this user, which this test has made.
        let id =
            Command::new("id").args(["-u", USER]).output().map(|output| output.stdout).unwrap_or_default();
        let id: Option<u32> = String::from_utf8_lossy(&id).trim().parse().ok();
        for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let theirs = process.metadata().is_ok_and(|process| Some(process.uid()) == id);
            if let (true, Some(number)) =
                (theirs, process.file_name().to_str().filter(|name| name.parse::<u32>().is_ok()))
            {
                let _ = Command::new("kill").args(["-KILL", number]).stderr(Stdio::null()).status();
            }
        }
        let _ = Command::new("userdel").args(["--force", USER]).stderr(Stdio::null()).status();
    }
}

struct Xrdp {
    // In the order in which they end.
    _server: Running,
    _sessions: Running,
    _user: User,
    _folder: tempfile::TempDir,
    port: u16,
    certificate: Fingerprint,
}

/// Sets `key=value` lines in one section of a configuration.
fn with(text: &str, section: &str, values: &[(&str, &str)]) -> String {
    let mut inside = false;
    let mut out = String::new();
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line == format!("[{section}]");
            out.push_str(&format!("{line}\n"));
            if inside {
                values.iter().for_each(|(key, value)| out.push_str(&format!("{key}={value}\n")));
            }
        } else if !(inside && values.iter().any(|(key, _)| line.starts_with(&format!("{key}=")))) {
            out.push_str(&format!("{line}\n"));
        }
    }
    out
}

fn write(path: &PathBuf, text: &str, mode: u32) {
    fs::write(path, text).expect("it is written");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
}

impl Xrdp {
    fn start() -> Option<Self> {
        let [xrdp, sesman, _] = programs(["xrdp", "xrdp-sesman", "xterm"])?;
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
        let home = folder.path().join("home");
        let user = User::make(&home)?;
        fs::create_dir(&home).expect("it is made");
        let session = home.join(".xsession");
        // One window that never stands still, one that waits for a word; on a plain desktop.
        // One more waits for a text on the clipboard, and answers it by another.
        let script = "xsetroot -solid '#205080'\n\
                      (until [ \"$(xclip -o -selection clipboard 2>/dev/null)\" = 'from here' ]; do sleep 0.3; done; \
                      printf 'from there' | xclip -selection clipboard) &\n\
                      xterm -geometry 60x20+20+20 -e sh -c 'while :; do date; done' &\n\
                      xterm -geometry 20x4+500+20 -e sh -c 'read word; test \"$word\" = hi && xsetroot -solid \"#802050\"; sleep 600' &\n\
                      exec sleep 600\n";
        write(&session, script, 0o755);
        let owned = Command::new("chown").args(["-R", USER]).arg(&home).status();
        assert!(owned.is_ok_and(|status| status.success()), "the home cannot be given away");

        let key = rcgen::KeyPair::generate().expect("a key");
        let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("a certificate");
        let (cert_file, key_file) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        write(&cert_file, &certificate.pem(), 0o644);
        write(&key_file, &key.serialize_pem(), 0o600);

        let port = free_port();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let ini = fs::read_to_string("/etc/xrdp/xrdp.ini").expect("the package's");
        let address = format!("tcp://127.0.0.1:{port}");
        let ini = with(
            &ini,
            "Globals",
            &[
                ("port", &address),
                ("autorun", "Xorg"),
                ("security_layer", "tls"),
                ("certificate", &at("cert.pem")),
                ("key_file", &at("key.pem")),
            ],
        );
        let log = at("log");
        let ini = with(&ini, "Logging", &[("LogFile", &log), ("EnableSyslog", "false")]);
        let ini_file = folder.path().join("xrdp.ini");
        write(&ini_file, &ini, 0o644);
        let sesman_ini = fs::read_to_string("/etc/xrdp/sesman.ini").expect("the package's");
        let sesman_log = at("sesman-log");
        let sesman_ini = with(&sesman_ini, "Logging", &[("LogFile", &sesman_log), ("EnableSyslog", "false")]);
        let sesman_file = folder.path().join("sesman.ini");
        write(&sesman_file, &sesman_ini, 0o644);

        // With the package's own mode the session starts and stays black.
        let sockets = Command::new("install").args(["-d", "-m", "3777", "/run/xrdp/sockdir"]).status();
        assert!(sockets.is_ok_and(|status| status.success()), "the folder for its sockets cannot be made");
        let sessions = Running::start(Command::new(sesman).args(["-n", "-c"]).arg(&sesman_file));
        wait_for(3350);
        let server = Running::start(Command::new(xrdp).args(["-n", "-c"]).arg(&ini_file));
        wait_for(port);
        let certificate = Fingerprint::of(certificate.der());
        Some(Self { _server: server, _sessions: sessions, _user: user, _folder: folder, port, certificate })
    }

    async fn open(&self, codec: Codec, security: Security) -> Result<Session, Error> {
        let mut options = Options::new("localhost", Size::new(1024, 768));
        (options.codec, options.security) = (codec, security);
        self.open_with(options).await
    }

    async fn open_with(&self, options: Options) -> Result<Session, Error> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("it listens");
        let credentials =
            Credentials { user: USER.to_owned(), domain: None, password: SecretString::from(PASSWORD) };
        Box::pin(connect(stream, options, &credentials, &Pin(self.certificate))).await
    }
}

/// Ten sizes while a window scrolls: a client that throws away what comes within an activation shows a picture that
/// is frozen or in pieces.
#[tokio::test]
async fn xrdp_takes_ten_sizes_while_it_draws() {
    let Some(xrdp) = Xrdp::start() else { return };
    let refused = xrdp.open(Codec::RemoteFx, Security::Nla).await.expect_err("it has no NLA");
    assert!(matches!(refused, Error::NoTls | Error::NoNla), "{refused:?}");
    for codec in [Codec::RemoteFx, Codec::Bitmap] {
        let mut eyes = Eyes::new(xrdp.open(codec, Security::PinnedTls).await.expect("it opens"));
        eyes.until("the desktop", |canvas| is(canvas, (900, 700), DESKTOP)).await;
        for round in 0..10_u16 {
            let (width, height) = (1000 + 100 * (round % 3), 740 - 20 * (round % 2));
            if (width, height) == (eyes.canvas.width(), eyes.canvas.height()) {
                continue;
            }
            eyes.session.control.resize(Size::new(width, height)).await.expect("the session lasts");
            eyes.session
                .control
                .input(vec![Input::Move { x: 10 + round, y: 10 }])
                .await
                .expect("the session lasts");
            eyes.until("the desktop at its new size", |canvas| {
                (canvas.width(), canvas.height()) == (width, height)
                    && is(canvas, (width - 40, height - 40), DESKTOP)
            })
            .await;
        }
        let resized = eyes.seen.iter().filter(|kind| **kind == Kind::Resized).count();
        assert!(resized > 9, "{resized}");
        if codec == Codec::Bitmap {
            say_hi(&mut eyes).await;
        }
        eyes.session.control.close();
    }
    text_goes_both_ways(&xrdp).await;
}

/// A clipboard with a text, which remembers what came.
#[derive(Default)]
struct Paper(Mutex<(usize, Option<String>)>);

impl Clipboard for Paper {
    fn text(&self) -> Option<String> {
        Some("from here".to_owned())
    }

    fn offers(&self, kinds: &[ClipboardKind]) {
        let texts = kinds.iter().filter(|kind| **kind == ClipboardKind::Text).count();
        self.0.lock().expect("nobody panicked").0 += texts;
    }

    fn fetched(&self, text: String) {
        self.0.lock().expect("nobody panicked").1 = Some(text);
    }
}

/// A program there reads the text of this side, and this side that of another program there.
async fn text_goes_both_ways(xrdp: &Xrdp) {
    let paper = Arc::new(Paper::default());
    let mut options = Options::new("localhost", Size::new(1024, 768));
    options.security = Security::PinnedTls;
    options.clipboard = Some(Arc::clone(&paper) as Arc<dyn Clipboard>);
    let mut session = xrdp.open_with(options).await.expect("it opens");
    let mut asked = 0;
    let pasting = async {
        loop {
            // Pictures are looked at meanwhile; a server that may not send them says nothing else either.
            let _ = tokio::time::timeout(Duration::from_millis(300), session.pictures.next()).await;
            let (offers, text) = paper.0.lock().expect("nobody panicked").clone();
            if text.as_deref() == Some("from there") {
                return;
            }
            if offers > asked {
                asked = offers;
                session.control.fetch(ClipboardKind::Text).await.expect("the session lasts");
            }
        }
    };
    tokio::time::timeout(PATIENCE, pasting).await.expect("the text comes");
    session.control.close();
}

/// Types into the window that waits for it.
async fn say_hi(eyes: &mut Eyes) {
    let mut input = vec![Input::Move { x: 540, y: 50 }];
    for code in ["KeyH", "KeyI", "Enter"] {
        let key = scancode(code).expect("a key");
        input.extend([Input::Key(key, Press::Down), Input::Key(key, Press::Up)]);
    }
    eyes.session.control.input(input).await.expect("the session lasts");
    eyes.until("the word's color", |canvas| is(canvas, (canvas.width() - 40, canvas.height() - 40), TOLD))
        .await;
}
