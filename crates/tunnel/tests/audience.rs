//! Who comes in, with real processes at the far end.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "what is missing fails the test")]

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use adit_tunnel::audience::{Audience, Launched, Refusal, RefusalKind};
use adit_tunnel::peer::{Link, PeerLookup, Process, SystemPeers};
use tokio::net::{TcpListener, UnixListener};
use tokio::process::{Child, Command};
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(20);
/// A user who is not root: `nobody`.
const OTHER: u32 = 65_534;

/// Connects to 127.0.0.1 by the shell's own means and stays until its standard input ends.
const CONNECT: &str = r#"exec 3<>"/dev/tcp/127.0.0.1/$0"; read -r _"#;

fn bash(script: &str, argument: &str) -> Command {
    let mut command = Command::new("bash");
    command.args(["-c", script, argument]).stdin(Stdio::piped()).kill_on_drop(true);
    command
}

fn peers() -> Arc<dyn PeerLookup> {
    Arc::new(SystemPeers)
}

async fn admit(listener: &TcpListener, audience: &Audience) -> Result<Option<Process>, Refusal> {
    let (stream, _) = timeout(LIMIT, listener.accept()).await.unwrap().unwrap();
    audience.admit(Link::tcp(&stream).unwrap(), &peers()).await
}

/// Starts a program, or says why this machine cannot show anything here.
fn start(mut command: Command) -> Option<Child> {
    match command.spawn() {
        Ok(child) => Some(child),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn as_another_user(mut command: Command) -> Command {
    command.as_std_mut().uid(OTHER).gid(OTHER);
    command.current_dir("/");
    command
}

#[tokio::test]
async fn another_users_process_is_refused_and_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let Some(theirs) = start(as_another_user(bash(CONNECT, &port))) else { return };
    let refusal = admit(&listener, &Audience::User).await.unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::OtherUser);
    let pid = theirs.id().unwrap();
    assert_eq!(refusal.why, format!("bash (pid {pid}) of another user is not let in"));
    // Whoever is let in by name or by launch has to be of this user besides.
    for audience in
        [Audience::Programs(vec!["/bin/bash".into()]), Audience::Launched(begun(pid, &SystemPeers))]
    {
        let again = start(as_another_user(bash(CONNECT, &port))).unwrap();
        assert_eq!(admit(&listener, &audience).await.unwrap_err().kind, RefusalKind::OtherUser);
        drop(again);
    }
    let again = start(as_another_user(bash(CONNECT, &port))).unwrap();
    assert_eq!(admit(&listener, &Audience::Everyone).await, Ok(None));
    drop((theirs, again));
}

#[tokio::test]
async fn a_program_comes_in_by_its_file_and_what_was_launched_by_its_descent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    // A child of the shell connects, not the shell itself.
    let nested = r#"bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0"; read -r _' "$0"; true"#;
    let Some(ours) = start(bash(nested, &port)) else { return };
    let launched = begun(ours.id().unwrap(), &SystemPeers);
    let process = admit(&listener, &Audience::Launched(launched.clone())).await.unwrap().unwrap();
    assert_ne!(Some(process.pid), ours.id());
    assert_eq!(process.name().as_deref(), Some("bash"));

    let stranger = start(bash(CONNECT, &port)).unwrap();
    let refusal = admit(&listener, &Audience::Launched(launched)).await.unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::NotLaunched);
    assert_eq!(refusal.process.map(|process| process.pid), stranger.id());

    let named = process.program.unwrap();
    for (audience, let_in) in [(vec![named], true), (vec!["/bin/false".into()], false)] {
        let client = start(bash(CONNECT, &port)).unwrap();
        assert_eq!(admit(&listener, &Audience::Programs(audience)).await.is_ok(), let_in);
        drop(client);
    }
    drop((ours, stranger));
}

#[tokio::test]
async fn a_unix_sockets_other_user_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    for open in [folder.path(), &path] {
        std::fs::set_permissions(open, std::fs::Permissions::from_mode(0o777)).unwrap();
    }
    let mut curl = Command::new("curl");
    curl.args(["-s", "--unix-socket"]).arg(&path).arg("http://localhost/").kill_on_drop(true);
    let Some(client) = start(as_another_user(curl)) else { return };
    let (stream, _) = timeout(LIMIT, listener.accept()).await.unwrap().unwrap();
    let refusal = Audience::User.admit(Link::unix(&stream).unwrap(), &peers()).await.unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::OtherUser);
    assert_eq!(refusal.process.map(|process| process.pid), client.id());
}

fn begun(pid: u32, peers: &dyn PeerLookup) -> Launched {
    let launched = Launched::awaited();
    launched.begun(pid, peers).unwrap();
    launched
}
