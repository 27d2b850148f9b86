//! Tunnels that are opened at the same time share what is done about a token that the relay refuses.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use adit_cloud::{Landscape, Options};
use adit_core::{Access, Cloud};
use adit_google::{Credentials, OAuthClient};
use adit_tunnel::Target;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A token endpoint whose first token is good for nothing and whose others are `good`. Counts its answers.
async fn token_endpoint(good: String) -> (url::Url, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap()).parse().unwrap();
    let answers = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&answers);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut request = Vec::new();
            // The form's last field is the whole of what matters; it comes in one piece or a few.
            while !String::from_utf8_lossy(&request).contains("refresh_token=") {
                let mut piece = [0; 4096];
                let length = client.read(&mut piece).await.unwrap();
                request.extend_from_slice(&piece[..length]);
            }
            let token = match counted.fetch_add(1, Ordering::SeqCst) {
                0 => "stale",
                _ => &good,
            };
            let body = format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":3600}}"#);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
            let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            client.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, answers)
}

#[tokio::test]
async fn one_refresh_serves_all_tunnels_whose_token_was_refused() {
    let cloud = adit_cloud::Cloud::start(Options::new(Landscape::demo().unwrap())).await.unwrap();
    let mut ours = Cloud::local(&cloud.url().parse().unwrap()).await.unwrap();
    let (token, answers) = token_endpoint(cloud.token().to_owned()).await;
    ours.endpoints.token = token;
    let refresh_token = SecretString::from("refresh".to_owned());
    let credentials =
        Credentials::from_refresh_token(&ours.endpoints, OAuthClient::local_cloud(), refresh_token).unwrap();
    let access = Access::new(&ours, credentials, None).unwrap();
    let echo = Target::Instance {
        project: "acme-prod".to_owned(),
        zone: "europe-west1-b".to_owned(),
        instance: "web-1".to_owned(),
        interface: "nic0".to_owned(),
        port: 7,
    };
    let dials = (0..20).map(|_| access.dialer().dial(&echo));
    for connection in futures_util::future::join_all(dials).await {
        connection.unwrap();
    }
    assert_eq!(answers.load(Ordering::SeqCst), 2, "the token that was refused, and one in its place");
    cloud.stop().await;
}
