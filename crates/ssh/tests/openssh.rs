//! Against OpenSSH's own `sshd`, which runs in the foreground for one connection each, on a pair of pipes.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use adit_ssh::{
    BACKLOG_LIMIT, CHUNK_LIMIT, Client, Error, Exit, Expect, HostKey, KeyPair, Options, Output, Size, Term,
    Terminal, connect,
};
use common::{User, soon};
use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// A directory with a host key, a user's key and a configuration.
struct Host {
    directory: TempDir,
    sshd: PathBuf,
    user: String,
    key: KeyPair,
    host_key: HostKey,
    _running: Option<Child>,
}

/// The server's program; without it the tests fail in CI and say elsewhere that they did not run.
fn sshd() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into(), "/sbin".into()])
        .map(|directory| directory.join("sshd"))
        .find(|program| program.is_file());
    assert!(found.is_some() || std::env::var_os("CI").is_none(), "sshd is not installed");
    if found.is_none() {
        eprintln!("not run: sshd is not installed");
    }
    found
}

fn write_secret(path: &Path, text: &str) {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

impl Host {
    async fn new() -> Option<Self> {
        let sshd = sshd()?;
        let directory = tempfile::tempdir().unwrap();
        let whoami = Command::new("id").arg("-un").output().await.unwrap();
        let user = String::from_utf8(whoami.stdout).unwrap().trim().to_owned();
        if user == "root" {
            // where sshd shuts its unprivileged part in
            std::fs::create_dir_all("/run/sshd").unwrap();
        }
        let (host, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let at = |name: &str| directory.path().join(name);
        write_secret(&at("host_key"), host.to_openssh().unwrap().expose_secret());
        write_secret(&at("authorized_keys"), &format!("{}\n", key.public_line()));
        let config = format!(
            "HostKey {host}\nAuthorizedKeysFile {keys}\nStrictModes no\nUsePAM no\nPidFile none\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n\
             AcceptEnv LANG COLORTERM\nPrintMotd no\nPrintLastLog no\nLogLevel ERROR\n",
            host = at("host_key").display(),
            keys = at("authorized_keys").display(),
        );
        std::fs::write(at("sshd_config"), config).unwrap();
        let host_key = HostKey::from_line(host.public_line()).unwrap();
        Some(Self { directory, sshd, user, key, host_key, _running: None })
    }

    /// A stream to a server of its own.
    fn stream(&mut self) -> tokio::io::Join<tokio::process::ChildStdout, tokio::process::ChildStdin> {
        let mut child = Command::new(&self.sshd)
            .args(["-i", "-e", "-f"])
            .arg(self.directory.path().join("sshd_config"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stream = tokio::io::join(child.stdout.take().unwrap(), child.stdin.take().unwrap());
        self._running = Some(child);
        stream
    }

    fn options(&self, user: &Arc<User>) -> Options {
        let expect = Expect::Exactly(vec![self.host_key.clone()]);
        Options::new(self.user.clone(), self.key.clone(), expect, Arc::clone(user) as _)
    }

    async fn client(&mut self) -> Client {
        let options = self.options(&Arc::default());
        soon("connecting", connect(self.stream(), options)).await.unwrap()
    }

    async fn terminal(&mut self) -> Shell {
        let client = self.client().await;
        let size = Size { columns: 80, rows: 24 };
        let term = Term::default().with_lang("C.UTF-8");
        let terminal = soon("opening", client.terminal(size, term)).await.unwrap();
        let mut shell = Shell { terminal, seen: String::new() };
        // whatever shell the user has, its own prompt and line editor would only disturb
        shell
            .type_in("exec env -i HOME=/ TERM=$TERM LANG=\"$LANG\" COLORTERM=$COLORTERM PATH=$PATH PS1= sh\r")
            .await;
        shell.type_in("echo rea''dy\r").await;
        shell.until("ready").await;
        shell
    }
}

struct Shell {
    terminal: Terminal,
    seen: String,
}

impl Shell {
    async fn type_in(&mut self, keys: &'static str) {
        self.terminal.input().send(keys).await.unwrap();
    }

    /// Reads until `text` has come since the last call.
    async fn until(&mut self, text: &str) {
        soon(text, async {
            while !self.seen.contains(text) {
                let chunk = self.terminal.read().await;
                let chunk = chunk.unwrap_or_else(|| panic!("ended before {text:?} in {:?}", self.seen));
                assert!(!chunk.is_empty() && chunk.len() <= CHUNK_LIMIT);
                self.seen.push_str(&String::from_utf8_lossy(&chunk));
            }
        })
        .await;
        let end = self.seen.find(text).unwrap() + text.len();
        self.seen.drain(..end);
    }
}

#[tokio::test]
async fn a_terminal_runs_commands_and_gives_the_exit_status() {
    let Some(mut host) = Host::new().await else { return };
    let mut shell = host.terminal().await;
    shell.type_in("echo result $((6*7))\r").await;
    shell.until("result 42").await;
    shell.type_in("echo $TERM,$COLORTERM,$LANG,; stty -a\r").await;
    shell.until("xterm-256color,truecolor,C.UTF-8,").await;
    shell.until(" iutf8").await;
    shell.type_in("printf '\\303\\244\\n'\r").await;
    shell.until("\u{e4}").await;
    shell.type_in("exit 7\r").await;
    assert_eq!(soon("exit", shell.terminal.exit()).await, Exit::Status(7));
    assert_eq!(shell.terminal.read().await, None);
    let input = shell.terminal.input();
    soon("input", async { while input.send("x").await.is_ok() {} }).await;
}

#[tokio::test]
async fn a_resize_is_seen_by_the_remote_side() {
    let Some(mut host) = Host::new().await else { return };
    let mut shell = host.terminal().await;
    shell.type_in("stty size\r").await;
    shell.until("24 80").await;
    shell.type_in("trap 'stty size' WINCH; echo tra''pped\r").await;
    shell.until("trapped").await;
    shell.terminal.input().resize(Size { columns: 132, rows: 50 });
    // the trap runs once the shell gets control
    soon("resize", async {
        while !shell.seen.contains("50 132") {
            shell.terminal.input().send("\r").await.unwrap();
            let chunk = shell.terminal.read().await.unwrap();
            shell.seen.push_str(&String::from_utf8_lossy(&chunk));
        }
    })
    .await;
}

#[tokio::test]
async fn a_signal_ends_a_shell_and_is_named() {
    let Some(mut host) = Host::new().await else { return };
    let mut shell = host.terminal().await;
    shell.type_in("kill -KILL $$\r").await;
    assert_eq!(soon("exit", shell.terminal.exit()).await, Exit::Signal("KILL".to_owned()));
}

#[tokio::test]
async fn a_command_has_its_input_outputs_and_status() {
    let Some(mut host) = Host::new().await else { return };
    let client = host.client().await;
    let mut exec = soon("exec", client.exec("wc -c; echo oops >&2; exit 3")).await.unwrap();
    let stdin = exec.stdin();
    let sending = tokio::spawn(async move {
        // more than all windows together
        for _ in 0..128 {
            stdin.send(vec![b'x'; 64 * 1024]).await.unwrap();
        }
        stdin.finish().unwrap();
    });
    let (mut out, mut err) = (Vec::new(), Vec::new());
    soon("output", async {
        while let Some(output) = exec.read().await {
            match output {
                Output::Stdout(data) => out.extend_from_slice(&data),
                Output::Stderr(data) => err.extend_from_slice(&data),
            }
        }
    })
    .await;
    sending.await.unwrap();
    assert_eq!(String::from_utf8_lossy(&out).trim(), (128 * 64 * 1024).to_string());
    assert_eq!(err, b"oops\n");
    assert_eq!(exec.exit().await, Exit::Status(3));
}

#[tokio::test]
async fn a_large_output_comes_whole_although_it_is_read_late() {
    let Some(mut host) = Host::new().await else { return };
    let client = host.client().await;
    let length = 4 * BACKLOG_LIMIT;
    let mut exec = soon("exec", client.exec(&format!("head -c {length} /dev/zero"))).await.unwrap();
    exec.stdin().finish().unwrap();
    let mut bytes = 0;
    soon("output", async {
        while let Some(output) = exec.read().await {
            match output {
                Output::Stdout(data) => bytes += data.len(),
                Output::Stderr(data) => panic!("{data:?}"),
            }
        }
    })
    .await;
    assert_eq!((bytes, exec.exit().await), (length, Exit::Status(0)));
}

#[tokio::test]
async fn another_key_is_refused() {
    let Some(mut host) = Host::new().await else { return };
    let mut options = host.options(&Arc::default());
    options.key = KeyPair::generate().unwrap();
    let error = soon("connecting", connect(host.stream(), options)).await.unwrap_err();
    assert_eq!(error, Error::KeyRefused { methods: vec!["publickey".to_owned()] });
    let mut options = host.options(&Arc::default());
    options.user = "no-such-user".to_owned();
    let error = soon("connecting", connect(host.stream(), options)).await.unwrap_err();
    assert_eq!(error, Error::KeyRefused { methods: vec!["publickey".to_owned()] });
}

#[tokio::test]
async fn a_changed_host_key_is_an_error_that_shows_both() {
    let Some(mut host) = Host::new().await else { return };
    let user = Arc::new(User { trusts: true, ..User::default() });
    let other = HostKey::from_line(KeyPair::generate().unwrap().public_line()).unwrap();
    let options = Options { expect: Expect::Exactly(vec![other.clone()]), ..host.options(&user) };
    let error = soon("connecting", connect(host.stream(), options)).await.unwrap_err();
    let presented = Some(host.host_key.clone());
    assert_eq!(error, Error::HostKeyChanged { expected: vec![other.clone()], presented });

    // a known key of a type that the server does not have any more
    let ecdsa = HostKey::from_line(
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDRQUNVv16CXwNNdUBnOLGGlcYVEAEioY\
         N0665VqGVgZx/HauufYrTtYAKW1LKNk8qwp+TqJyVOaGYY+uT1v3Sg=",
    )
    .unwrap();
    let options = Options { expect: Expect::Exactly(vec![ecdsa.clone()]), ..host.options(&user) };
    let error = soon("connecting", connect(host.stream(), options)).await.unwrap_err();
    assert_eq!(error, Error::HostKeyChanged { expected: vec![ecdsa.clone()], presented: None });

    // one of several known keys is enough
    let known = vec![ecdsa, other, host.host_key.clone()];
    let options = Options { expect: Expect::Exactly(known), ..host.options(&user) };
    let client = soon("connecting", connect(host.stream(), options)).await.unwrap();
    assert_eq!(client.host_key(), &host.host_key);
    assert!(user.seen_keys.lock().unwrap().is_empty(), "the user was asked about a known host");
}

#[tokio::test]
async fn an_unknown_host_key_is_asked_about_once() {
    let Some(mut host) = Host::new().await else { return };
    for trusts in [true, false] {
        let user = Arc::new(User { trusts, ..User::default() });
        let options = Options { expect: Expect::FirstUse, ..host.options(&user) };
        let result = soon("connecting", connect(host.stream(), options)).await;
        assert_eq!(*user.seen_keys.lock().unwrap(), std::slice::from_ref(&host.host_key));
        match result {
            Ok(client) => {
                assert!(trusts);
                assert_eq!(client.host_key(), &host.host_key);
                soon("closing", client.close()).await;
            }
            Err(error) => {
                assert!(!trusts);
                assert_eq!(error, Error::HostKeyRejected { presented: host.host_key.clone() });
            }
        }
    }
}

#[tokio::test]
async fn an_interrupt_gets_through_a_flood_that_nobody_reads() {
    let Some(mut host) = Host::new().await else { return };
    let mut shell = host.terminal().await;
    shell.type_in("yes flood\r").await;
    shell.until("flood\r\nflood\r\n").await;
    // nobody reads now; the backlog fills, and what comes beyond it stays with the server
    soon("the backlog", async {
        while shell.terminal.backlog() < BACKLOG_LIMIT {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    })
    .await;
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        let backlog = shell.terminal.backlog();
        assert!(backlog < BACKLOG_LIMIT + CHUNK_LIMIT, "{backlog} bytes wait");
    }
    // and still nobody reads: only the key itself can make way for what follows it
    let marker = host.directory.path().join("alive");
    let input = shell.terminal.input();
    input.send("\u{3}").await.unwrap();
    input.send(format!("touch '{}'; echo al''ive $((6*7))\r", marker.display())).await.unwrap();
    soon("the interrupt", async {
        while !marker.exists() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    })
    .await;
    shell.seen.clear();
    shell.until("alive 42").await;
}

#[tokio::test]
async fn a_dropped_terminal_ends_the_connection() {
    let Some(mut host) = Host::new().await else { return };
    let mut shell = host.terminal().await;
    shell.type_in("yes flood\r").await;
    shell.until("flood\r\nflood\r\n").await;
    let input = shell.terminal.input();
    drop(shell);
    let mut server = host._running.take().unwrap();
    let status = soon("the server's end", server.wait()).await.unwrap();
    assert!(status.code().is_some(), "{status}");
    assert!(input.send("x").await.is_err());
}
