//! Against the local cloud's relay, which was written from the same specification by others.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use adit_cloud::{Cloud, Faults, Landscape, Options};
use adit_tunnel::{
    Config, Connection, DialErrorKind, Dialer, Event, FailureKind, Freshness, Lost, RelayEndpoint, Roots,
    Target, TokenError, TokenSource,
};
use secrecy::SecretString;
use support::pattern;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const LENGTH: usize = 256 * 1024;

struct Fixed(SecretString);

#[async_trait::async_trait]
impl TokenSource for Fixed {
    async fn access_token(&self, _: Freshness) -> Result<SecretString, TokenError> {
        Ok(self.0.clone())
    }
}

async fn cloud(faults: &[(&str, &str)]) -> (Cloud, Dialer) {
    let mut options = Options::new(Landscape::demo().unwrap());
    let mut chosen = Faults::default();
    for (name, value) in faults {
        chosen.set(name, value).unwrap();
    }
    options.faults = chosen;
    let cloud = Cloud::start(options).await.unwrap();
    let dialer = dialer(&cloud, cloud.token());
    (cloud, dialer)
}

fn dialer(cloud: &Cloud, token: &str) -> Dialer {
    let endpoint = RelayEndpoint::new(
        cloud.relay_url().parse().unwrap(),
        Roots::Pem(cloud.ca_pem().as_bytes().to_vec()),
    );
    // The waits between attempts are not what is tested here.
    let config = Config {
        first_delay: Duration::from_millis(1),
        longest_delay: Duration::from_millis(2),
        grace: Duration::from_millis(200),
        ..Config::default()
    };
    let tokens = Fixed(SecretString::from(token.to_owned()));
    Dialer::new(endpoint, Arc::new(tokens)).unwrap().with_config(config)
}

fn at(project: &str, instance: &str, port: u16) -> Target {
    Target::Instance {
        project: project.to_owned(),
        zone: "europe-west1-b".to_owned(),
        instance: instance.to_owned(),
        interface: "nic0".to_owned(),
        port,
    }
}

fn echo() -> Target {
    at("acme-prod", "web-1", 7)
}

/// Sends [`LENGTH`] bytes and reads their echo at the same time; how often the session was resumed.
async fn there_and_back(faults: &[(&str, &str)]) -> usize {
    let (cloud, dialer) = cloud(faults).await;
    let Connection { stream, mut watch } = dialer.dial(&echo()).await.unwrap();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let sent = pattern(LENGTH);
    let mut received = vec![0; LENGTH];
    let (written, read) = tokio::join!(writer.write_all(&sent), reader.read_exact(&mut received));
    written.unwrap();
    read.unwrap();
    assert!(received == sent, "the echo differs");
    drop((reader, writer));
    let mut resumed = 0;
    let mut last = None;
    while let Some(event) = watch.next().await {
        resumed += usize::from(event == Event::Resumed);
        last = Some(event);
    }
    assert!(matches!(last, Some(Event::Closed { .. })), "{last:?}");
    cloud.stop().await;
    resumed
}

#[tokio::test]
async fn echo_without_faults() {
    assert_eq!(there_and_back(&[]).await, 0);
}

#[tokio::test]
async fn cut_on_the_way_down() {
    let resumed = there_and_back(&[("drop-after", "10240"), ("repeat", "true")]).await;
    assert!(resumed >= 10, "{resumed}");
}

#[tokio::test]
async fn cut_on_the_way_down_with_close_notify() {
    let resumed =
        there_and_back(&[("drop-after", "10240"), ("repeat", "true"), ("drop-clean", "true")]).await;
    assert!(resumed >= 10, "{resumed}");
}

#[tokio::test]
async fn cut_on_the_way_up() {
    let resumed = there_and_back(&[("drop-up-after", "10240"), ("repeat", "true")]).await;
    assert!(resumed >= 10, "{resumed}");
}

#[tokio::test]
async fn cut_on_the_way_up_with_close_notify() {
    let resumed =
        there_and_back(&[("drop-up-after", "10240"), ("repeat", "true"), ("drop-clean", "true")]).await;
    assert!(resumed >= 10, "{resumed}");
}

#[tokio::test]
async fn a_difficult_relay_is_borne() {
    there_and_back(&[
        ("ping", "true"),
        ("junk", "true"),
        ("frame", "777"),
        ("ack-every", "5000"),
        ("partial-ack", "true"),
        ("drop-up-after", "50001"),
        ("repeat", "true"),
    ])
    .await;
}

#[tokio::test]
async fn a_close_that_asks_for_a_new_token_is_resumed() {
    assert_eq!(there_and_back(&[("close-after", "100000:4004")]).await, 1);
}

#[tokio::test]
async fn obstacles_have_kinds() {
    let (cloud, dialer) = cloud(&[]).await;
    for (target, kind, code) in [
        (at("acme-data-platform", "billing-db-7", 5432), DialErrorKind::Denied, 4033),
        (at("acme-prod", "nowhere", 22), DialErrorKind::NotFound, 4047),
        (at("acme-prod", "appliance-1", 22), DialErrorKind::Backend, 4003),
    ] {
        let error = dialer.dial(&target).await.unwrap_err();
        assert_eq!((error.kind, error.code), (kind, Some(code)), "{target:?}: {error}");
    }
    cloud.stop().await;
}

#[tokio::test]
async fn an_unknown_token_needs_a_sign_in() {
    let (cloud, _) = cloud(&[]).await;
    let error = dialer(&cloud, "not-a-token").dial(&echo()).await.unwrap_err();
    assert_eq!(error.kind, DialErrorKind::SignInNeeded);
    cloud.stop().await;
}

#[tokio::test]
async fn lost_data_is_never_an_end() {
    let (cloud, dialer) = cloud(&[("drop-after", "10240"), ("reconnect-close", "4074")]).await;
    let Connection { stream, .. } = dialer.dial(&echo()).await.unwrap();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let sent = pattern(100_000);
    let writing = tokio::spawn(async move {
        let _ = writer.write_all(&sent).await;
        writer
    });
    let mut received = Vec::new();
    let error = reader.read_to_end(&mut received).await.unwrap_err();
    assert_eq!(Lost::of(&error).unwrap().failure.kind, FailureKind::DataLost);
    drop(writing.await);
    cloud.stop().await;
}

#[tokio::test]
async fn a_relay_that_is_gone_is_unreachable() {
    let (cloud, dialer) = cloud(&[]).await;
    let config = Config { connect_budget: Duration::from_millis(20), ..Config::default() };
    cloud.stop().await;
    let error = dialer.with_config(config).dial(&echo()).await.unwrap_err();
    assert_eq!(error.kind, DialErrorKind::RelayUnreachable, "{error}");
}
