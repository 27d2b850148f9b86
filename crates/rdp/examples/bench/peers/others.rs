//! Servers of other makers, as their packages install them, each with windows that never stand still.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use adit_rdp::{Codec, Graphics, Security};
use anyhow::{Context as _, Result, ensure};

use super::{Content, Peer, SIZE};
use crate::{
    proc::{Display, Running, find, free_port, wait_for},
    view::How,
};

/// Fills a terminal about thirty times a second, without using the machine up.
const SCROLL: &str =
    "i=0; while :; do i=$((i+1)); printf '%06d vacuum checkpoint listen replica\\n' $i; sleep 0.03; done";
/// The system user that xrdp lets in.
const USER: &str = "adit-rdp-bench";

fn peer(
    name: &str,
    port: u16,
    security: Security,
    (user, password): (&str, &str),
    running: Vec<Box<dyn std::any::Any>>,
) -> Peer {
    let how = How { port, security, codec: Codec::RemoteFx, graphics: Graphics::Classic, size: SIZE };
    Peer {
        name: name.to_owned(),
        content: Content::Work,
        how,
        user: user.to_owned(),
        password: password.to_owned(),
        report: None,
        _running: running,
    }
}

/// FreeRDP's shadow server, which shows an X display.
pub(super) fn shadow() -> Result<Option<Peer>> {
    let (Some(server), Some(hash), Some(xterm)) =
        (find("freerdp-shadow-cli"), find("winpr-hash"), find("xterm"))
    else {
        return Ok(None);
    };
    let folder = tempfile::tempdir()?;
    let sam = folder.path().join("sam");
    let made = Command::new(hash).args(["-u", "tester", "-p", "secret", "-f", "sam"]).output()?;
    fs::write(&sam, made.stdout)?;
    let display = Display::start(&format!("{}x{}", SIZE.0, SIZE.1))?;
    let mut window = Command::new(xterm);
    window.args(["-display", &display.name, "-geometry", "160x60+0+0", "-bg", "#203040", "-fg", "white"]);
    let window = Running::quietly(window.args(["-e", "sh", "-c", SCROLL]))?;
    // A display that is black would not be told from one that was not sent.
    let painted = Command::new("xsetroot").args(["-display", &display.name, "-solid", "#205080"]).status()?;
    ensure!(painted.success(), "the display cannot be painted");
    let port = free_port()?;
    let server = Running::quietly(
        Command::new(server)
            .args([&format!("/port:{port}"), "/bind-address:127.0.0.1", "+auth", "/sec:nla"])
            .arg(format!("/sam-file:{}", sam.display()))
            .env("DISPLAY", &display.name)
            .env("HOME", folder.path()),
    )?;
    wait_for(port)?;
    let running: Vec<Box<dyn std::any::Any>> =
        vec![Box::new(server), Box::new(window), Box::new(display), Box::new(folder)];
    Ok(Some(peer("FreeRDP shadow", port, Security::Nla, ("tester", "secret"), running)))
}

/// weston's own desktop, without accounts.
pub(super) fn weston() -> Result<Option<Peer>> {
    let (Some(weston), Some(window), Some(openssl)) =
        (find("weston"), find("weston-simple-shm"), find("openssl"))
    else {
        return Ok(None);
    };
    let folder = tempfile::tempdir()?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700))?;
    let at = |name: &str| folder.path().join(name).display().to_string();
    let made = Command::new(&openssl)
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-keyout", &at("key.pem"), "-out", &at("cert.pem")])
        .output()?;
    ensure!(made.status.success(), "no certificate");
    // The only form of a key that it reads.
    let made = Command::new(&openssl)
        .args(["rsa", "-traditional", "-in", &at("key.pem"), "-out", &at("traditional.pem")])
        .output()?;
    ensure!(made.status.success(), "no key");
    let port = free_port()?;
    let server = Running::quietly(
        Command::new(weston)
            .args(["--backend=rdp-backend.so", "--address=127.0.0.1", "--no-clients-resize", "--idle-time=0"])
            .args([&format!("--width={}", SIZE.0), &format!("--height={}", SIZE.1)])
            .args(["--socket=wl-rdp-bench", "--no-config", &format!("--port={port}")])
            .args([
                &format!("--rdp-tls-cert={}", at("cert.pem")),
                &format!("--rdp-tls-key={}", at("traditional.pem")),
            ])
            .env("XDG_RUNTIME_DIR", folder.path())
            .env("HOME", folder.path()),
    )?;
    wait_for(port)?;
    let mut shown = Command::new(window);
    let window =
        Running::quietly(shown.env("XDG_RUNTIME_DIR", folder.path()).env("WAYLAND_DISPLAY", "wl-rdp-bench"))?;
    let running: Vec<Box<dyn std::any::Any>> = vec![Box::new(window), Box::new(server), Box::new(folder)];
    Ok(Some(peer("weston", port, Security::PinnedTls, ("anybody", "anything"), running)))
}

/// A system user that goes with this value, and all that it runs.
struct User;

impl User {
    fn make(home: &Path, password: &str) -> Result<Self> {
        let made =
            Command::new("useradd").args(["-M", "-s", "/bin/sh", "-d"]).arg(home).arg(USER).status()?;
        ensure!(made.success(), "the user cannot be made");
        let user = Self;
        let mut child = Command::new("chpasswd").stdin(Stdio::piped()).spawn()?;
        let mut input = child.stdin.take().context("it is piped")?;
        writeln!(input, "{USER}:{password}")?;
        drop(input);
        ensure!(child.wait()?.success(), "the password cannot be set");
        Ok(user)
    }
}

impl Drop for User {
    fn drop(&mut self) {
        // Nobody but the server runs anything as this user, which the bench has made.
        let id = Command::new("id").args(["-u", USER]).output().map(|output| output.stdout);
        let id: Option<u32> = String::from_utf8_lossy(&id.unwrap_or_default()).trim().parse().ok();
        for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let theirs = id.is_some() && process.metadata().is_ok_and(|process| Some(process.uid()) == id);
            let number =
                process.file_name().to_str().filter(|name| name.parse::<u32>().is_ok()).map(str::to_owned);
            if let (true, Some(number)) = (theirs, number) {
                drop(Command::new("kill").args(["-KILL", &number]).stderr(Stdio::null()).status());
            }
        }
        drop(Command::new("userdel").args(["--force", USER]).stderr(Stdio::null()).status());
    }
}

/// The package's configuration, with `key=value` lines of a section set.
fn with(text: &str, section: &str, values: &[(&str, &str)]) -> String {
    let mut inside = false;
    let mut out = String::new();
    for line in text.lines() {
        let replaced = inside && values.iter().any(|(key, _)| line.starts_with(&format!("{key}=")));
        if line.starts_with('[') {
            inside = line == format!("[{section}]");
            out.push_str(&format!("{line}\n"));
            if inside {
                values.iter().for_each(|(key, value)| out.push_str(&format!("{key}={value}\n")));
            }
        } else if !replaced {
            out.push_str(&format!("{line}\n"));
        }
    }
    out
}

fn write(path: &PathBuf, text: &str, mode: u32) -> Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    Ok(())
}

/// xrdp with an X session of a system user, who is made where that may be: as root, in CI or a container.
pub(super) fn xrdp() -> Result<Option<Peer>> {
    let (Some(xrdp), Some(sesman), Some(_)) = (find("xrdp"), find("xrdp-sesman"), find("xterm")) else {
        return Ok(None);
    };
    let root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    if !root || std::env::var_os("CI").is_none() {
        return Ok(None);
    }
    // It has one port for its sessions; whoever has it now is not ours.
    if std::net::TcpStream::connect(("127.0.0.1", 3350)).is_ok() {
        return Ok(None);
    }
    let folder = tempfile::tempdir()?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
    let home = folder.path().join("home");
    let password = format!("bench {}", std::process::id());
    let user = User::make(&home, &password)?;
    fs::create_dir(&home)?;
    let script = format!(
        "xsetroot -solid '#205080'\nxterm -geometry 160x60+20+20 -e sh -c \"{}\" &\nexec sleep 3600\n",
        SCROLL.replace('$', "\\$")
    );
    write(&home.join(".xsession"), &script, 0o755)?;
    let owned = Command::new("chown").args(["-R", USER]).arg(&home).status()?;
    ensure!(owned.success(), "the home cannot be given away");
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let at = |name: &str| folder.path().join(name);
    write(&at("cert.pem"), &pair.cert.pem(), 0o644)?;
    write(&at("key.pem"), &pair.signing_key.serialize_pem(), 0o600)?;
    let port = free_port()?;
    let path = |name: &str| at(name).display().to_string();
    let globals = [
        ("port", format!("tcp://127.0.0.1:{port}")),
        ("autorun", "Xorg".to_owned()),
        ("security_layer", "tls".to_owned()),
        ("certificate", path("cert.pem")),
        ("key_file", path("key.pem")),
    ];
    let globals: Vec<(&str, &str)> = globals.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let (log, sesman_log) = (path("log"), path("sesman-log"));
    let ini = with(&fs::read_to_string("/etc/xrdp/xrdp.ini")?, "Globals", &globals);
    let ini = with(&ini, "Logging", &[("LogFile", &log), ("EnableSyslog", "false")]);
    write(&at("xrdp.ini"), &ini, 0o644)?;
    let ini = fs::read_to_string("/etc/xrdp/sesman.ini")?;
    let ini = with(&ini, "Logging", &[("LogFile", &sesman_log), ("EnableSyslog", "false")]);
    write(&at("sesman.ini"), &ini, 0o644)?;
    // With the package's own mode the session starts and stays black.
    let sockets = Command::new("install").args(["-d", "-m", "3777", "/run/xrdp/sockdir"]).status()?;
    ensure!(sockets.success(), "the folder for its sockets cannot be made");
    let sessions = Running::quietly(Command::new(sesman).args(["-n", "-c"]).arg(at("sesman.ini")))?;
    wait_for(3350)?;
    let server = Running::quietly(Command::new(xrdp).args(["-n", "-c"]).arg(at("xrdp.ini")))?;
    wait_for(port)?;
    let running: Vec<Box<dyn std::any::Any>> =
        vec![Box::new(server), Box::new(sessions), Box::new(user), Box::new(folder)];
    Ok(Some(peer("xrdp", port, Security::PinnedTls, (USER, &password), running)))
}
