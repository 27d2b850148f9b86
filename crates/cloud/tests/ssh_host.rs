//! The built-in SSH host, through the relay: by a client library, and by OpenSSH where it is installed.

#![cfg(test)]
#![cfg(unix)]

mod wire;

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use adit_cloud::{Cloud, Options};
use russh::client::{self, AuthResult, Handle};
use russh::keys::{Algorithm, PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh::{Channel, ChannelMsg, Sig};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::process::Command;

const SSH: u16 = 22;
const PATIENCE: Duration = Duration::from_secs(60);

struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from(russh::keys::ssh_key::private::Ed25519Keypair::from_seed(&[seed; 32]))
}

/// A cloud whose hosts know one user, `sam`, by the key of seed 1.
async fn cloud() -> Cloud {
    let line = format!("sam:{}", key(1).public_key().to_openssh().unwrap());
    let landscape = wire::landscape(&json!({"22": "ssh"}), &json!({"ssh-keys": line}));
    Cloud::start(Options::new(landscape)).await.unwrap()
}

async fn log_in(cloud: &Cloud, user: &str, key: PrivateKey, window: u32) -> (Handle<Trusting>, bool) {
    let stream = wire::stream(cloud, SSH).await;
    let config = client::Config { window_size: window, ..client::Config::default() };
    let mut handle = client::connect_stream(Arc::new(config), stream, Trusting).await.unwrap();
    let key = PrivateKeyWithHashAlg::new(Arc::new(key), None);
    let result = handle.authenticate_publickey(user, key).await.unwrap();
    (handle, matches!(result, AuthResult::Success))
}

async fn next(channel: &mut Channel<client::Msg>) -> Option<ChannelMsg> {
    tokio::time::timeout(PATIENCE, channel.wait()).await.expect("nothing arrives")
}

/// Reads a terminal until its output ends with or contains `wanted`.
async fn read_until(channel: &mut Channel<client::Msg>, wanted: &str) -> String {
    let mut text = String::new();
    while !text.contains(wanted) {
        match next(channel).await {
            Some(ChannelMsg::Data { data }) => text.push_str(&String::from_utf8_lossy(&data)),
            Some(ChannelMsg::Success | ChannelMsg::WindowAdjusted { .. }) => {}
            other => panic!("{other:?} after {text:?}"),
        }
    }
    text
}

async fn shell(handle: &Handle<Trusting>) -> Channel<client::Msg> {
    let channel = handle.channel_open_session().await.unwrap();
    channel.request_pty(true, "xterm-256color", 91, 33, 0, 0, &[]).await.unwrap();
    channel.request_shell(true).await.unwrap();
    channel
}

#[tokio::test]
async fn lets_in_whose_key_the_guest_knows_and_nobody_else() {
    let cloud = cloud().await;
    for (user, seed, admitted) in
        [("sam", 1, true), ("sam", 2, false), ("eve", 1, false), ("../sam", 1, false)]
    {
        let (_, let_in) = log_in(&cloud, user, key(seed), 1 << 20).await;
        assert_eq!(let_in, admitted, "{user} {seed}");
    }
    assert_eq!(key(1).algorithm(), Algorithm::Ed25519);
}

#[tokio::test]
async fn a_shell_has_a_real_terminal() {
    let cloud = cloud().await;
    let (handle, _) = log_in(&cloud, "sam", key(1), 1 << 20).await;
    let mut channel = shell(&handle).await;
    let greeting = read_until(&mut channel, "$ ").await;
    assert!(greeting.contains("Linux web-1"), "{greeting:?}");
    channel.data(&b"echo $((6*7))-$(stty size)-$TERM-$(basename $HOME)\n"[..]).await.unwrap();
    read_until(&mut channel, "42-33 91-xterm-256color-sam\r\n").await;
    channel.window_change(100, 40, 0, 0).await.unwrap();
    // the size arrives apart from the input, so the shell is asked until it has it
    channel
        .data(&b"until [ \"$(stty size)\" = '40 100' ]; do :; done; echo now-$((6*7))\n"[..])
        .await
        .unwrap();
    read_until(&mut channel, "now-42\r\n").await;
    channel.data(&b"exit 7\n"[..]).await.unwrap();
    let (mut status, mut ended) = (None, false);
    while let Some(message) = next(&mut channel).await {
        match message {
            ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
            ChannelMsg::Eof => ended = true,
            _ => {}
        }
    }
    assert_eq!((status, ended), (Some(7), true));
}

#[tokio::test]
async fn a_flood_stops_at_the_window_and_an_interrupt_gets_through() {
    let cloud = cloud().await;
    let window = 200_000;
    let (handle, _) = log_in(&cloud, "sam", key(1), window).await;
    let mut channel = shell(&handle).await;
    read_until(&mut channel, "$ ").await;
    channel.data(&b"yes\n"[..]).await.unwrap();
    // a good part of the flood, then the interrupt while more of it waits everywhere
    let mut flood = 0;
    while flood < 3 * window as usize {
        if let Some(ChannelMsg::Data { data }) = next(&mut channel).await {
            flood += data.len();
        }
    }
    channel.data(&b"\x03"[..]).await.unwrap();
    read_until(&mut channel, "^C").await;
    channel.data(&b"echo after-$((6*7))\n"[..]).await.unwrap();
    read_until(&mut channel, "after-42\r\n").await;
}

#[tokio::test]
async fn closing_the_channel_ends_what_runs_on_it() {
    let cloud = cloud().await;
    let (handle, _) = log_in(&cloud, "sam", key(1), 1 << 20).await;
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("alive");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    // whoever holds the writing end keeps the reader from its end of file
    let command = format!("exec 3>{}; trap '' HUP; sleep 1000 & echo started; wait", fifo.display());
    for terminal in [false, true] {
        let mut channel = handle.channel_open_session().await.unwrap();
        if terminal {
            channel.request_pty(true, "xterm", 80, 24, 0, 0, &[]).await.unwrap();
        }
        channel.exec(true, command.as_str()).await.unwrap();
        let path = fifo.clone();
        let gone = tokio::task::spawn_blocking(move || std::fs::read(path));
        read_until(&mut channel, "started").await;
        channel.close().await.unwrap();
        let read = tokio::time::timeout(PATIENCE, gone).await.expect("it still runs").unwrap();
        assert!(read.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_command_has_two_outputs_an_input_and_an_exit() {
    let cloud = cloud().await;
    let (handle, _) = log_in(&cloud, "sam", key(1), 1 << 20).await;
    let mut channel = handle.channel_open_session().await.unwrap();
    channel.set_env(true, "LC_TEST", "ünïcode").await.unwrap();
    channel.exec(true, "wc -c; echo $LC_TEST; echo bad >&2; exit 300").await.unwrap();
    let input = vec![b'x'; 300_000];
    channel.data(&input[..]).await.unwrap();
    channel.eof().await.unwrap();
    let (mut out, mut err, mut status) = (Vec::new(), Vec::new(), None);
    while let Some(message) = next(&mut channel).await {
        match message {
            ChannelMsg::Data { data } => out.extend_from_slice(&data),
            ChannelMsg::ExtendedData { data, ext: 1 } => err.extend_from_slice(&data),
            ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
            _ => {}
        }
    }
    let out = String::from_utf8(out).unwrap();
    assert_eq!(out.split_whitespace().collect::<Vec<_>>(), ["300000", "ünïcode"]);
    assert_eq!((err.as_slice(), status), (b"bad\n".as_slice(), Some(300 % 256)));

    let mut channel = handle.channel_open_session().await.unwrap();
    channel.exec(true, "echo ready; exec sleep 1000").await.unwrap();
    read_until(&mut channel, "ready").await;
    channel.signal(Sig::TERM).await.unwrap();
    loop {
        match next(&mut channel).await {
            Some(ChannelMsg::ExitSignal { signal_name: Sig::TERM, .. }) => break,
            Some(_) => {}
            None => panic!("no exit signal"),
        }
    }
}

#[tokio::test]
async fn openssh_logs_in() {
    let installed =
        Command::new("ssh").arg("-V").stderr(Stdio::null()).status().await.is_ok_and(|s| s.success());
    if !installed {
        println!("not run: ssh is not installed");
        return;
    }
    let cloud = cloud().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let identity = folder.path().join("key");
    key(1).write_openssh_file(&identity, russh::keys::ssh_key::LineEnding::LF).unwrap();
    let ssh = |terminal: &'static str, command: &str| {
        let mut ssh = Command::new("ssh");
        ssh.args(["-F", "none", "-p", &port, terminal, "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"])
            .args(["-o", "StrictHostKeyChecking=accept-new", "-o"])
            .arg(format!("UserKnownHostsFile={}", folder.path().join("known").display()))
            .arg("-i")
            .arg(&identity)
            .args(["sam@127.0.0.1", command])
            .stdin(Stdio::null())
            .kill_on_drop(true);
        ssh
    };
    let serving = async {
        loop {
            let (mut local, _) = listener.accept().await.unwrap();
            let mut tunnel = wire::stream(&cloud, SSH).await;
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut local, &mut tunnel).await });
        }
    };
    let asking = async {
        let plain = ssh("-T", "echo out; echo err >&2; exit 5").output().await.unwrap();
        assert_eq!(plain.status.code(), Some(5), "{plain:?}");
        assert_eq!(plain.stdout, b"out\n");
        assert!(String::from_utf8_lossy(&plain.stderr).contains("err"));
        let terminal = ssh("-tt", "test -t 0 && stty size && echo $USER").output().await.unwrap();
        assert_eq!(terminal.status.code(), Some(0), "{terminal:?}");
        assert!(String::from_utf8_lossy(&terminal.stdout).contains("sam"));
    };
    tokio::select! {
        () = serving => {}
        done = tokio::time::timeout(PATIENCE, asking) => done.unwrap(),
    }
}
