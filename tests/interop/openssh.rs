//! A real OpenSSH client logs in to a real `sshd` through `adit proxy` and the local cloud's relay.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::{ADIT, Cloud, Running};
use serde_json::json;

fn program(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths)
        .chain(["/usr/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// The programs, or `None` where they are not installed; CI has them.
fn openssh() -> Option<(PathBuf, PathBuf, PathBuf)> {
    let found = (|| Some((program("sshd")?, program("ssh")?, program("ssh-keygen")?)))();
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "OpenSSH is not installed");
        eprintln!("not run: OpenSSH is not installed");
    }
    found
}

fn make_key(keygen: &Path, path: &Path) {
    let status = Command::new(keygen)
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(path)
        .status()
        .expect("ssh-keygen starts");
    assert!(status.success(), "ssh-keygen made no key");
}

fn start_sshd(sshd: &Path, folder: &Path) -> (Running, u16) {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    // Run as root, sshd insists on its folder for unprivileged children.
    let _ = fs::create_dir_all("/run/sshd");
    let config = folder.join("sshd_config");
    let text = format!(
        "ListenAddress 127.0.0.1:{port}\nHostKey {host}\nAuthorizedKeysFile {keys}\nPidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\nPermitRootLogin yes\n",
        host = folder.join("host").display(),
        keys = folder.join("user.pub").display(),
    );
    fs::write(&config, text).expect("the configuration is written");
    let child = Command::new(sshd)
        .args(["-D", "-e", "-f"])
        .arg(&config)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sshd starts");
    let server = Running(child);
    let limit = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < limit, "sshd does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    (server, port)
}

#[test]
fn openssh_logs_in_through_adit_proxy() {
    let Some((sshd, ssh, keygen)) = openssh() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    make_key(&keygen, &folder.path().join("host"));
    make_key(&keygen, &folder.path().join("user"));
    let (_server, port) = start_sshd(&sshd, folder.path());
    let cloud = Cloud::with_ports(&json!({ "22": format!("127.0.0.1:{port}") }), &[]);

    let proxy = format!("{ADIT} proxy project-1/europe-west1-b/web-1 %p {}", cloud.relay_options().join(" "));
    let known = folder.path().join("known_hosts");
    let host_key = fs::read_to_string(folder.path().join("host.pub")).expect("the host key");
    fs::write(&known, format!("web-1 {host_key}")).expect("known hosts are written");
    let output = Command::new(ssh)
        .args([
            "-F",
            "none",
            "-o",
            "BatchMode=yes",
            "-o",
            "StrictHostKeyChecking=yes",
            "-o",
            "IdentitiesOnly=yes",
        ])
        .arg("-o")
        .arg(format!("UserKnownHostsFile={}", known.display()))
        .arg("-o")
        .arg(format!("ProxyCommand={proxy}"))
        .arg("-i")
        .arg(folder.path().join("user"))
        .args(["web-1", "echo $((6*7)); exit 3"])
        .stdin(Stdio::null())
        .output()
        .expect("ssh starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "42", "{said}");
    assert_eq!(output.status.code(), Some(3), "the remote status comes through: {said}");
}
