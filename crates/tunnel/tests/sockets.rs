//! Unix sockets before a tunnel.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use adit_tunnel::Config;
use adit_tunnel::listen::{BindError, Local, Place, What};
use adit_tunnel::pool::Spec;
use support::tunnels::{Alone, spec};
use support::{Cut, Relay, Reply, pattern};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

fn at(path: &Path) -> Spec {
    Spec { place: Place::Socket(path.to_owned()), ..spec() }
}

async fn refused(path: &Path) -> BindError {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let error = Alone::open(&relay.dialer(), at(path)).await.err().unwrap();
    assert!(relay.seen().heads.is_empty(), "nothing is dialled for a place that cannot be had");
    error
}

/// A folder that is gone after the test, and a private one in it that is not there yet.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let temporary = tempfile::tempdir().unwrap();
    let private = temporary.path().join("tunnels");
    (temporary, private)
}

#[tokio::test]
async fn a_socket_carries_bytes_in_a_folder_of_its_own() {
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let (_temporary, folder) = folder();
    let path = folder.join("db");
    let config = Config { grace: Duration::from_millis(50), ..Config::default() };
    let mut tunnel = Alone::open(&relay.dialer().with_config(config), at(&path)).await.unwrap();
    assert_eq!(tunnel.lease.tunnel().local(), &Local::Socket(path.clone()));
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);

    let mut local = UnixStream::connect(&path).await.unwrap();
    let sent = pattern(300_000);
    let mut received = vec![0; sent.len()];
    let (mut reader, mut writer) = local.split();
    let (read, written) = tokio::join!(reader.read_exact(&mut received), writer.write_all(&sent));
    read.unwrap();
    written.unwrap();
    assert!(received == sent, "the echo differs");
    let connections = tunnel.lease.tunnel().connections().await;
    let process = connections.first().unwrap().process.as_ref().unwrap();
    assert_eq!(process.pid, std::process::id());
    drop(local);
    assert_eq!(tunnel.told().await, What::Connected);
    assert!(matches!(tunnel.told().await, What::Closed { sent: 300_000, .. }));

    tunnel.lease.tunnel().stop();
    assert_eq!(tunnel.next().await, None);
    assert!(!path.exists(), "the file goes with the listener");
}

#[tokio::test]
async fn what_a_crash_left_behind_is_no_obstacle_and_a_living_listener_is() {
    let (_temporary, folder) = folder();
    let path = folder.join("db");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
    // Its file outlives it.
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    assert!(matches!(refused(&path).await, BindError::InUse { .. }));
    drop(listener);
    let relay = Relay::start(|_, _| Reply::Echo(Cut::Never)).await;
    let tunnel = Alone::open(&relay.dialer(), at(&path)).await.unwrap();
    UnixStream::connect(&path).await.unwrap();
    // Somebody else's file at the same path is left alone.
    fs::remove_file(&path).unwrap();
    fs::write(&path, "mine").unwrap();
    let ending = tunnel.lease.tunnel().clone();
    drop(tunnel);
    ending.ended().await;
    assert_eq!(fs::read(&path).unwrap(), b"mine");
    assert!(matches!(refused(&path).await, BindError::Socket { .. }));
}

#[tokio::test]
async fn a_folder_that_others_may_enter_is_refused() {
    let (_temporary, folder) = folder();
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o750)).unwrap();
    let error = refused(&folder.join("db")).await;
    assert!(matches!(error, BindError::NotPrivate { .. }), "{error:?}");

    fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
    let link = folder.with_file_name("link");
    symlink(&folder, &link).unwrap();
    let error = refused(&link.join("db")).await;
    assert!(matches!(error, BindError::NotPrivate { .. }), "{error:?}");

    let error = refused(Path::new("db")).await;
    assert!(matches!(error, BindError::Socket { .. }), "{error:?}");
}
