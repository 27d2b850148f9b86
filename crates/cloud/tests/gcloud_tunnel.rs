//! The real gcloud through the relay, where there is one on this machine.

#![cfg(test)]

mod wire;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

/// It is written in Python and asks for patience.
const PATIENCE: Duration = Duration::from_secs(120);

fn gcloud() -> Option<PathBuf> {
    let names: &[&str] = if cfg!(windows) { &["gcloud.cmd"] } else { &["gcloud"] };
    std::env::split_paths(&std::env::var_os("PATH")?)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .find(|path| path.is_file())
}

#[tokio::test]
async fn start_iap_tunnel_carries_bytes_both_ways() {
    let Some(gcloud) = gcloud() else {
        println!("not run: gcloud is not installed");
        return;
    };
    let cloud = wire::cloud(json!({"7": "echo"})).await;
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, cloud.token()).unwrap();
    let mut child = Command::new(gcloud)
        .args(["compute", "start-iap-tunnel", "web-1", "7", "--listen-on-stdin", "--quiet"])
        .args(["--project=mine", "--zone=test-a"])
        .arg(format!("--iap-tunnel-url-override={}", cloud.relay_url()))
        .env("CLOUDSDK_CONFIG", folder.path())
        .env("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", &token)
        .env("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", cloud.ca_path())
        .env("CLOUDSDK_CORE_DISABLE_USAGE_REPORTING", "true")
        .env("CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK", "true")
        .env("CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE", format!("{}/compute/v1/", cloud.url()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut stderr = child.stderr.take().unwrap();
    let said = tokio::spawn(async move {
        let mut text = String::new();
        let _ = stderr.read_to_string(&mut text).await;
        text
    });
    // beyond its ACK threshold, and not at a frame's edge
    let sent = wire::pattern(500_001);
    let copy = sent.clone();
    let writing = tokio::spawn(async move {
        stdin.write_all(&copy).await.unwrap();
        stdin.flush().await.unwrap();
        stdin
    });
    let mut got = vec![0; sent.len()];
    let read = tokio::time::timeout(PATIENCE, stdout.read_exact(&mut got)).await;
    if !matches!(read, Ok(Ok(_))) {
        drop(child.start_kill());
        panic!("{read:?}: {}", said.await.unwrap());
    }
    assert!(got == sent);
    drop(writing.await.unwrap());
    let status = tokio::time::timeout(PATIENCE, child.wait()).await.expect("gcloud stays").unwrap();
    assert!(status.success(), "{status}: {}", said.await.unwrap());
}
